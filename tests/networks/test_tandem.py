"""Gradients through spikes that another simulator made."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from networks.activity import Activity
from networks.brian import BrianNetwork, NeuronModel, Recorder, SpikeStimulus
from networks.description import Connection, Network, Population, Potentials, Votes
from networks.intervention import intervene, parse
from networks.neurons import LIF, Input
from networks.neurons.integrator import LI
from networks.pytorch.tandem import Tandem
from networks.transforms import Dense
from tests.networks.encoders import attending

NOTHING = np.zeros(0, dtype=int)


def active(spikes):
    """Return the activity of a population whose membranes nobody looked at."""
    return Activity(spikes, np.zeros((len(spikes), 0)), NOTHING)


def two_layers(first, second, thresholds=(2.0, 3.0)):
    """Return a network of dense layers whose output votes for two classes."""
    neurons = [LIF(threshold=threshold) for threshold in thresholds]
    return Network(
        (
            Population("input", (1, first.shape[1]), Input()),
            Population("hidden", (len(first),), neurons[0]),
            Population("output", (len(second),), neurons[1]),
        ),
        (
            Connection(("input",), "hidden", Dense(first)),
            Connection(("hidden",), "output", Dense(second)),
        ),
        Votes("output", 2),
    )


@given(seed=st.integers(0, 2**32 - 1), steps=st.integers(1, 12))
def test_votes_are_those_that_were_and_gradients_those_of_straight_lines(seed, steps):
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=(5, 3)), rng.normal(size=(4, 5))
    spikes = {
        "input": rng.random((steps, 1, 3)) < 0.5,
        "hidden": rng.random((steps, 5)) < 0.2,
        "output": rng.random((steps, 4)) < 0.3,
    }
    tandem = Tandem(two_layers(first, second))
    votes = tandem.votes({name: active(fired) for name, fired in spikes.items()})
    rates = {name: fired.mean(axis=0).ravel() for name, fired in spikes.items()}
    np.testing.assert_allclose(
        votes.detach().numpy(), rates["output"].reshape(1, 2, 2).sum(axis=-1), rtol=1e-12
    )
    # d votes[0] / dW by hand: through output neurons 0 and 1 and hidden ones, that fired or might.
    votes[0, 0].backward()
    to_first, to_second = (weight.grad.numpy() for weight in tandem.model.weights.values())
    may_fire = {
        "hidden": (rates["hidden"] > 0) | (first @ rates["input"] > 0),
        "output": (rates["output"] > 0) | (second @ rates["hidden"] > 0),
    }
    out = may_fire["output"] * [1.0, 1.0, 0.0, 0.0] / 3.0
    np.testing.assert_allclose(to_second, np.outer(out, rates["hidden"]), atol=1e-12)
    hidden = (out @ second) * may_fire["hidden"] / 2.0
    np.testing.assert_allclose(to_first, np.outer(hidden, rates["input"]), atol=1e-12)


def test_what_brian_did_is_what_votes_are_of(make_network, make_spikes):
    network, spikes = make_network(), make_spikes(5)
    slow = NeuronModel("dv/dt = -v / (5*ms) : 1", "v > threshold", "v = 0")
    with BrianNetwork(
        network, SpikeStimulus([spikes]), backend="numpy", neurons={"conv2": slow}
    ) as brian:
        recorder = Recorder(brian)
        brian.run(seed=0)
        activity = recorder.activity(0)
    tandem = Tandem(network)
    votes = tandem.votes(activity)
    counted = activity["output"].spikes.reshape(len(spikes), 2, 3).sum(axis=(0, 2))
    np.testing.assert_allclose(votes.detach().numpy()[0] * len(spikes), counted, rtol=1e-12)
    votes[0, 0].backward()
    assert all(weight.grad.abs().sum() > 0 for weight in tandem.model.weights.values())


def test_straight_lines_stand_in_for_no_interventions_and_no_attention():
    plain = two_layers(np.ones((5, 3)), np.ones((4, 5)))
    silenced = intervene(plain, [parse(["silence:hidden"])[0]])
    with pytest.raises(ValueError, match="something is done to the neurons of 'hidden'"):
        Tandem(silenced)
    with pytest.raises(ValueError, match="Attention, that is not linear"):
        Tandem(attending(np.random.default_rng(0), causal=True))


def changed(network, readout=True, neurons=None, more=()):
    """Return a network with something of its own that straight lines cannot stand in for."""
    populations = [
        Population(p.name, p.shape, (neurons or {}).get(p.name, p.neuron))
        for p in network.populations
    ]
    return Network(
        tuple(populations),
        (*network.connections, *more),
        network.readout if readout is True else readout,
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"readout": None}, "nothing votes"),
        (
            {"readout": Potentials("output", 2), "neurons": {"output": LI(decay=0.9)}},
            "nothing votes",
        ),
        ({"more": (Connection(("hidden",), "hidden", Dense(np.eye(5)), delay=1),)}, "has loops"),
    ],
)
def test_networks_that_have_no_such_line_say_why(options, said):
    with pytest.raises(ValueError, match=said):
        Tandem(changed(two_layers(np.ones((5, 3)), np.ones((4, 5))), **options))
