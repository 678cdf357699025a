import numpy as np
import pytest

from networks.description import (
    Convolution,
    Dense,
    Input,
    NetworkDescription,
    Pooling,
    firing_threshold,
)


def test_latency_counts_the_synapses_from_the_input(network):
    assert network.latency == {
        "input": 0,
        "conv2": 1,
        "conv3": 1,
        "pool2": 2,
        "pool3": 2,
        "output": 3,
    }


@pytest.mark.parametrize(
    ("words", "windows2", "windows3"), [(7, 6, 5), (6, 6, 5), (5, 5, 5), (3, 3, 3), (1, 1, 1)]
)
def test_windows_that_a_sentence_can_reach(network, words, windows2, windows3):
    shapes = network.shapes(words)
    assert shapes["conv2"] == (windows2, 4)
    assert shapes["conv3"] == (windows3, 4)
    assert shapes["pool2"] == (4,)
    assert shapes["output"] == (6,)


@pytest.mark.parametrize("words", [0, 8])
def test_a_sentence_must_fit(network, words):
    with pytest.raises(ValueError, match="1 to 7 words"):
        network.shapes(words)


def test_a_pooling_neuron_counts():
    assert firing_threshold(Pooling("pool", "conv", 35, threshold=0.5)) == 17.5


def test_other_neurons_keep_the_weights(network):
    other = network.with_neurons(decay=0.9, threshold=2)
    assert {layer.decay for layer in other.layers} == {0.9}
    assert {layer.threshold for layer in other.layers} == {2}
    assert other.output.weight is network.output.weight


@pytest.mark.parametrize("neuron", [{"decay": 0.0}, {"decay": 1.1}, {"threshold": 0.0}])
def test_neurons_out_of_range_are_refused(network, neuron):
    with pytest.raises(ValueError, match=next(iter(neuron))):
        network.with_neurons(**neuron)


def test_layers_that_do_not_fit_are_refused():
    source = Input("input", 5, 3)
    good = Convolution("conv", "input", np.zeros((2, 2, 3)))
    output = Dense("output", ("pool",), np.zeros((2, 2)))
    pool = Pooling("pool", "conv", 4)
    NetworkDescription(source, (good, pool, output), 2)
    for layers, message in [
        ((Convolution("conv", "input", np.zeros((2, 2, 4))), pool, output), "shape"),
        ((Convolution("conv", "input", np.zeros((2, 6, 3))), pool, output), "wide"),
        ((pool, good, output), "unknown layer 'conv'"),
        ((good, pool, Dense("output", ("pool",), np.zeros((2, 3)))), "shape"),
        ((good, pool), "last layer"),
        ((good, pool, Dense("output", ("pool",), np.zeros((3, 2)))), "last layer"),
    ]:
        with pytest.raises(ValueError, match=message):
            NetworkDescription(source, layers, 2)
