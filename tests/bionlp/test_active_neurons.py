"""The share of a network that is at work, against a count of the spikes of each sentence."""

import numpy as np
import pytest

from bionlp.encoding import poisson_spikes
from bionlp.evaluation import active_neurons
from networks.description import Connection, Network, Population, Votes
from networks.neurons import LIF, Input
from networks.pytorch import SpikingNetwork
from networks.transforms import Convolution, Dense, SumPooling

FEATURES, STEPS, LENGTH = 5, 12, 9


def build(threshold):
    """Return a network of one convolution, in which a part of the neurons fires."""
    rng = np.random.default_rng(4)
    windows = LENGTH - 2
    kernel = Convolution(rng.normal(0, 0.3, (8, 3, FEATURES)))
    dense = Dense(rng.normal(0.2, 0.5, (6, 8)))
    return Network(
        (
            Population("input", (LENGTH, FEATURES), Input()),
            Population("conv", (windows, 8), LIF(threshold=threshold)),
            Population("pool", (8,), LIF(threshold=threshold * windows)),
            Population("output", (6,), LIF(threshold=threshold)),
        ),
        (
            Connection(("input",), "conv", kernel),
            Connection(("conv",), "pool", SumPooling()),
            Connection(("pool",), "output", dense),
        ),
        Votes("output", 2),
    )


@pytest.mark.parametrize("threshold", [0.5, 1.0, 2.0])
def test_active_neurons_are_those_with_a_spike(threshold):
    rng = np.random.default_rng(1)
    # In one batch, so that all but the longest are padded; not in the order of their lengths.
    rates = [rng.random((words, FEATURES)) for words in (4, 9, 1, 6, 3, 9)]
    model = SpikingNetwork(build(threshold)).double().eval()
    expected = []
    for number, sentence in enumerate(rates):
        spikes = poisson_spikes(sentence, STEPS, seed=7, sentence=number)
        activity = model.activity(spikes)
        del activity["input"]
        active = sum(int(layer.spikes.any(axis=0).sum()) for layer in activity.values())
        windows = min(len(sentence) + 2, LENGTH) - 2
        neurons = windows * 8 + 8 + 6
        expected.append(active / neurons)
    assert 0 < np.mean(expected) < 1
    np.testing.assert_allclose(active_neurons(model, rates, STEPS, seed=7), expected)


def test_nothing_is_active_without_input_or_above_all_membranes():
    rates = [np.ones((4, FEATURES)), np.zeros((2, FEATURES))]
    model = SpikingNetwork(build(0.1)).eval()
    first, second = active_neurons(model, rates, STEPS, seed=0)
    assert first > 0
    assert second == 0
    silent = SpikingNetwork(build(1e6)).eval()
    assert not active_neurons(silent, rates, STEPS, seed=0).any()
