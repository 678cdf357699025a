"""Another decay or threshold of all neurons of a network."""

import pytest

from bionlp.checkpoint import load_classifier
from networks.description import with_all_neurons
from networks.neurons import IF


def test_populations_that_count_have_thresholds_of_sums():
    network = load_classifier("mr").network
    changed = with_all_neurons(network, decay=0.9, threshold=0.5)
    assert {p.neuron.decay for p in changed.hidden} == {0.9}
    thresholds = {p.name: p.neuron.threshold for p in changed.hidden}
    assert thresholds["conv3"] == thresholds["output"] == 0.5
    assert [thresholds[f"pool{width}"] for width in (3, 4, 5)] == [18.5, 18.0, 17.5]
    assert with_all_neurons(changed, decay=1.0, threshold=1.0) == network
    assert with_all_neurons(network) == network


def test_neurons_keep_what_they_alone_have(make_classifier):
    network = make_classifier().network
    changed = with_all_neurons(network, threshold=2.0)
    assert changed["conv"].neuron.threshold == changed["hidden"].neuron.threshold == 2.0
    # A window of two is counted.
    assert changed["pool"].neuron.threshold == 4.0
    assert changed["hidden"].neuron.strength == network["hidden"].neuron.strength


def test_values_out_of_range_are_named():
    network = load_classifier("mr").network
    with pytest.raises(ValueError, match=r"decay of a LIF must lie in \(0, 1\]"):
        with_all_neurons(network, decay=1.5)


def test_a_parameter_that_no_neuron_has_is_named(make_classifier):
    network = make_classifier().network
    neurons = {p.name: IF() for p in network.hidden}
    with pytest.raises(ValueError, match="no neuron of this network has a decay"):
        with_all_neurons(network.with_neurons(neurons), decay=0.9)
