"""Small networks that spike a lot."""

import numpy as np
import pytest

from networks.description import Convolution, Dense, Input, NetworkDescription, Pooling


def build_network(*, length=7, features=6, widths=(2, 3), maps=4, decay=1.0, threshold=1.0, seed=0):
    """Return a network with random weights, two classes of three neurons each."""
    rng = np.random.default_rng(seed)
    neuron = {"threshold": threshold, "decay": decay}
    convolutions = [
        Convolution(f"conv{w}", "input", rng.normal(0.1, 0.5, (maps, w, features)), **neuron)
        for w in widths
    ]
    poolings = [Pooling(f"pool{w}", f"conv{w}", length - w + 1, **neuron) for w in widths]
    output = Dense(
        "output",
        tuple(pooling.name for pooling in poolings),
        rng.normal(0.3, 0.6, (6, maps * len(widths))),
        **neuron,
    )
    return NetworkDescription(
        Input("input", length, features), (*convolutions, *poolings, output), 2
    )


def draw_spikes(words, *, steps=30, features=6, rate=0.5, seed=0):
    """Return random input spikes, shape (steps, words, features)."""
    return np.random.default_rng(seed).random((steps, words, features)) < rate


@pytest.fixture(scope="session")
def make_network():
    """Return the maker of small networks."""
    return build_network


@pytest.fixture(scope="session")
def make_spikes():
    """Return the maker of input spikes."""
    return draw_spikes


@pytest.fixture(scope="session")
def network():
    """Return the default small network."""
    return build_network()
