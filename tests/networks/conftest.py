"""Small networks that spike a lot."""

import numpy as np
import pytest

from networks.description import Connection, Network, Population, Votes
from networks.neurons import LIF, Input
from networks.transforms import Convolution, Dense, SumPooling


def build_network(*, length=7, features=6, widths=(2, 3), maps=4, decay=1.0, threshold=1.0, seed=0):
    """Return a network with random weights, two classes of three neurons each."""
    rng = np.random.default_rng(seed)
    neuron = LIF(decay=decay, threshold=threshold)
    populations = [Population("input", (length, features), Input())]
    connections = []
    for width in widths:
        windows = length - width + 1
        kernel = Convolution(rng.normal(0.1, 0.5, (maps, width, features)))
        counting = LIF(decay=decay, threshold=threshold * windows)
        populations.append(Population(f"conv{width}", (windows, maps), neuron))
        populations.append(Population(f"pool{width}", (maps,), counting))
        connections.append(Connection(("input",), f"conv{width}", kernel))
        connections.append(Connection((f"conv{width}",), f"pool{width}", SumPooling()))
    weight = rng.normal(0.3, 0.6, (6, maps * len(widths)))
    populations.append(Population("output", (6,), neuron))
    pools = tuple(f"pool{width}" for width in widths)
    connections.append(Connection(pools, "output", Dense(weight)))
    return Network(tuple(populations), tuple(connections), Votes("output", 2))


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
