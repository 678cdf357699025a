"""Attention of spikes: the sums that it stands for, and what it refuses."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from networks.activity import synaptic_events
from networks.description import Connection, Network, Population
from networks.neurons import LIF, Input
from networks.neurons.bpsn import BPSN
from networks.pytorch import SpikingNetwork
from networks.pytorch.attention import attend
from networks.transforms import Attention, Chain, Dense, Scaling
from tests.networks.encoders import attending, sentence


def summed(trains, heads, causal):
    """Return the currents, and count the additions, spike by spike."""
    steps, width = len(trains), trains.shape[1] // 3
    size, events = width // heads, 0
    queries, keys, values = trains.reshape(steps, 3, width).transpose(1, 0, 2)
    memory, found = np.zeros((width, width)), np.zeros((steps, width))

    def learn(n):
        nonlocal events
        for i in np.flatnonzero(keys[n]):
            for j in np.flatnonzero(values[n]):
                if i // size == j // size:
                    memory[i, j] += 1
                    events += 1

    for n in range(0 if causal else steps):
        learn(n)
    for n in range(steps):
        if causal:
            learn(n)
        for i in np.flatnonzero(queries[n]):
            found[n] += memory[i]
            events += size
    return found, events


@given(st.integers(0, 1000), st.integers(1, 6), st.sampled_from([1, 2, 3]), st.booleans())
def test_it_is_the_sum_of_values_by_met_keys(seed, steps, heads, causal):
    rng = np.random.default_rng(seed)
    trains = rng.random((steps, 18)) < 0.4
    found, events = summed(trains, heads, causal)
    weight, bias = rng.normal(size=6), rng.normal(size=6)
    transform = Attention(weight, heads, causal, bias)
    weights = {"weight": torch.tensor(weight), "bias": torch.tensor(bias)}
    currents = attend(transform, weights, torch.tensor(trains, dtype=torch.float64)[:, None])
    assert currents[:, 0].numpy() == pytest.approx(found * weight + bias)
    assert transform.events(trains) == events


def test_events_of_a_network_count_those_of_attention():
    rng = np.random.default_rng(0)
    network = attending(rng, causal=False)
    activity = SpikingNetwork(network).double().eval().activity(sentence(rng, 6))
    trains = np.hstack([activity[name].spikes for name in ("query", "key", "value")])
    assert synaptic_events(network, activity)["found"] == summed(trains, 2, causal=False)[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weight": np.ones(6), "heads": 4}, "multiple of 4 heads"),
        ({"weight": np.ones((2, 3))}, "one axis"),
        ({"weight": np.ones(6), "causal": 1}, "causal is True or False"),
        ({"weight": np.ones(6), "bias": np.ones(5)}, "bias has shape"),
    ],
)
def test_what_is_no_attention_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Attention(**options)


def test_it_has_no_matrix_and_is_no_link():
    attention = Attention(np.ones(4))
    with pytest.raises(ValueError, match="no matrix"):
        attention.matrix((12,))
    with pytest.raises(ValueError, match="Attention is no link of a chain"):
        Chain((attention, Scaling(2.0)))


def small(*connections, neuron=None):
    populations = [Population("input", (4, 1), Input())]
    populations += [Population(name, (4,), neuron or LIF()) for name in "abcd"]
    return Network(tuple(populations), connections)


@pytest.mark.parametrize(
    ("connection", "message"),
    [
        (Connection(("a",), "d", Attention(np.ones(4))), "queries, keys and values are 12 neurons"),
        (Connection(("a", "b", "c"), "d", Attention(np.ones(4)), 1), "attention has no delay"),
    ],
)
def test_a_network_has_three_sources_and_no_delay(connection, message):
    with pytest.raises(ValueError, match=message):
        small(connection)


def test_two_large_sources_are_not_three():
    populations = (
        Population("input", (8, 1), Input()),
        Population("a", (8,), LIF()),
        Population("b", (4,), LIF()),
        Population("d", (4,), LIF()),
    )
    wrong = Connection(("a", "b"), "d", Attention(np.ones(4)))
    with pytest.raises(ValueError, match="three sources, queries, keys and values"):
        Network(populations, (wrong,))


def test_nothing_on_a_cycle_needs_to_know_what_comes_later():
    ones = Dense(np.ones((4, 4)))
    with pytest.raises(ValueError, match="'a' looks both ways in time"):
        small(Connection(("a",), "a", ones, 1), neuron=BPSN())
    back = Connection(("d",), "a", ones, 1)
    with pytest.raises(ValueError, match="attention onto 'd' is on a cycle"):
        small(Connection(("a", "b", "c"), "d", Attention(np.ones(4))), back)
