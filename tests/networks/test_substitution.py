"""Presentations that differ in one position have the votes that they have as a whole."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from networks.conversion import convert
from networks.description import Connection, Network, Population, Potentials
from networks.neurons import LIF
from networks.pytorch import SpikingNetwork
from networks.pytorch.substitution import BATCH, Substitutions, branches_of
from networks.textcnn import TailoredTextCNN
from networks.transforms import Dense

LENGTH, FEATURES, STEPS = 9, 20, 12


def network(widths=(1, 2, 4), decay=0.9):
    torch.manual_seed(0)
    model = TailoredTextCNN(torch.rand(5, FEATURES), 3, LENGTH, widths=widths, maps=4, gain=8.0)
    return convert(model, neurons_per_class=2, threshold=0.4, decay=decay)


def whole(network, base, places, trains):
    """Return the votes of each presentation, computed as a whole."""
    spikes = np.repeat(base[:, None], len(places), axis=1)
    for number, place in enumerate(places):
        spikes[:, number, place] = trains[:, number]
    model = SpikingNetwork(network).double().eval()
    with torch.no_grad():
        return model(torch.from_numpy(spikes).double()).sum(dim=0).numpy().astype(np.int64)


@given(
    words=st.integers(1, LENGTH),
    decay=st.sampled_from([1.0, 0.7]),
    widths=st.sampled_from([(3,), (1, 2, 4), (9,)]),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=40)
def test_one_other_train_is_as_good_as_a_whole_presentation(words, decay, widths, seed):
    rng = np.random.default_rng(seed)
    net = network(widths, decay)
    base = rng.random((STEPS, words, FEATURES)) < 0.4
    places = rng.integers(0, words, 5)
    trains = rng.random((STEPS, 5, FEATURES)) < rng.random((5, 1))
    trains[:, 0] = False
    found = Substitutions(net, base)
    np.testing.assert_array_equal(found.votes(places, trains), whole(net, base, places, trains))
    kept, base = places[-1], base.copy()
    base[:, kept] = trains[:, -1]
    found.keep(int(kept), base[:, kept])
    expected = whole(net, base, places, trains)
    np.testing.assert_array_equal(found.votes(places, trains), expected)
    assert expected.shape == (5, 3)


def test_spikes_are_compared_and_not_silence():
    rng = np.random.default_rng(1)
    base = rng.random((STEPS, LENGTH, FEATURES)) < 0.5
    votes = Substitutions(network(), base).votes(
        range(LENGTH), np.zeros((STEPS, LENGTH, FEATURES), dtype=bool)
    )
    assert votes.any(axis=1).all()
    assert len(np.unique(votes, axis=0)) > 1


def test_more_presentations_than_fit_together():
    rng = np.random.default_rng(2)
    net, number = network(), 2 * BATCH + 3
    base = rng.random((STEPS, LENGTH, FEATURES)) < 0.5
    places = rng.integers(0, LENGTH, number)
    trains = rng.random((STEPS, number, FEATURES)) < 0.5
    found = Substitutions(net, base).votes(places, trains)
    np.testing.assert_array_equal(found, whole(net, base, places, trains))
    assert Substitutions(net, base).votes([], trains[:, :0]).shape == (0, 3)


def test_another_kind_of_network_is_told():
    net = network()
    assert len(branches_of(net)[0]) == 3
    looped = Network(
        net.populations,
        (*net.connections, Connection(("output",), "output", Dense(np.eye(6)), delay=1)),
        net.readout,
    )
    deep = Network(
        (*net.populations, Population("last", (3,), LIF())),
        (*net.connections, Connection(("output",), "last", Dense(np.eye(3, 6)))),
        type(net.readout)("last", 3),
    )
    read = Network(net.populations, net.connections, Potentials("output", 3))
    conv = net["conv2"]
    own = net.with_neurons({"conv2": LIF(threshold=np.full(conv.shape, 0.5))})
    for other in (looped, deep, read, own):
        assert branches_of(other) is None
        with pytest.raises(ValueError, match="no convolution that is pooled"):
            Substitutions(other, np.zeros((2, LENGTH, FEATURES), dtype=bool))
