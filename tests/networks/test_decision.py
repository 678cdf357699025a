"""Presentations that are over by a margin of votes, in PyTorch and in Brian 2."""

from dataclasses import replace

import brian2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from networks.activity import synaptic_events
from networks.brian import BrianNetwork, PoissonStimulus, Recorder, SpikeStimulus, Unsupported
from networks.brian.neuron_files import shelf_model
from networks.described import digest_of
from networks.description import Connection, Network, Population, Votes
from networks.description.readout import ends_of
from networks.neurons import Input
from networks.neurons.bpsn import BPSN
from networks.pytorch import SpikingNetwork
from networks.transforms import Dense

COMPILED = ["numpy", "cython", pytest.param("cpp_standalone", marks=pytest.mark.slow)]


def with_margin(network, margin):
    return replace(network, readout=replace(network.readout, margin=margin))


@pytest.fixture(scope="module")
def looping(make_network):
    """A network with a delay, and with output neurons that excite those of their class."""
    network = make_network()
    late = [replace(c, delay=2) if c.target == "pool2" else c for c in network.connections]
    same = np.kron(np.eye(2), np.full((3, 3), 0.2))
    back = Connection(("output",), "output", Dense(same), delay=1)
    return Network(network.populations, (*late, back), network.readout)


@pytest.fixture(scope="module")
def given_spikes(make_spikes):
    rates, words = (0.5, 0.3, 0.7, 0.5, 0.02, 0.6), (7, 5, 7, 3, 7, 6)
    drawn = zip(words, (30, 25, 30, 1, 9, 30), rates, strict=True)
    return SpikeStimulus(
        [make_spikes(w, steps=s, rate=r, seed=n) for n, (w, s, r) in enumerate(drawn)]
    )


votes_of_steps = arrays(
    np.int64,
    st.tuples(st.integers(1, 12), st.integers(1, 4), st.integers(2, 4)),
    elements=st.integers(0, 3),
)


@given(votes_of_steps, st.integers(1, 12))
def test_a_presentation_is_over_at_the_first_step_with_the_margin(votes, margin):
    ends = Votes("output", votes.shape[2], margin).ends(votes)
    for number, end in enumerate(ends):
        so_far = np.sort(votes[:, number].cumsum(axis=0), axis=1)
        ahead = so_far[:, -1] - so_far[:, -2]
        assert (ahead[: end - 1] < margin).all()
        assert ahead[end - 1] >= margin or end == len(votes)
    assert (Votes("output", votes.shape[2]).ends(votes) == len(votes)).all()
    np.testing.assert_array_equal(ends, ends_of(votes.cumsum(axis=0), margin))


@pytest.mark.parametrize("margin", [0, -1, 1.5, True, "3"])
def test_margins_there_cannot_be(margin):
    with pytest.raises(ValueError, match="the margin of votes must be a whole number"):
        Votes("output", 2, margin)


def test_a_margin_is_between_groups():
    with pytest.raises(ValueError, match="a single one"):
        Votes("output", 1, 3)


def test_without_a_margin_digests_are_what_they_were(network):
    assert digest_of(Votes("output", 2)) == digest_of(Votes("output", 2, None))
    assert digest_of(Votes("output", 2)) == (
        "70152e0d66e377113df5da3f8d60405de30848b805d157f165c1891a31d30cd5"
    )
    assert digest_of(with_margin(network, 3)) != digest_of(network)
    assert digest_of(with_margin(network, 3)) != digest_of(with_margin(network, 4))


@pytest.mark.parametrize("backend", COMPILED)
def test_brian_ends_presentations_where_pytorch_does(backend, looping, given_spikes):
    network = with_margin(looping, 6)
    model = SpikingNetwork(network).double().eval()
    membranes = {"output": range(6), "pool2": range(4)}
    expected = [model.activity(spikes, membranes) for spikes in given_spikes.spikes]
    lasted = [len(activity["input"].spikes) for activity in expected]
    assert min(lasted[0], lasted[2], lasted[-1]) > 1
    assert lasted[0] < 30  # the first, and the last, are over early
    assert lasted[-1] < 30
    assert lasted[3:5] == [1, 9]  # and some never are
    with BrianNetwork(network, given_spikes, backend=backend) as brian:
        recorder = Recorder(brian, membranes=membranes)
        for _ in range(2):
            brian.run(seed=0)
            assert brian.durations == recorder.read().durations == tuple(lasted)
            assert brian.begin.tolist() == [0, *np.cumsum(lasted)]
            assert brian.network.t == sum(lasted) * brian2.ms or backend == "cpp_standalone"
            for number, layers in enumerate(expected):
                found = recorder.activity(number)
                for name, layer in layers.items():
                    np.testing.assert_array_equal(found[name].spikes, layer.spikes, err_msg=name)
                    np.testing.assert_allclose(found[name].membrane, layer.membrane, atol=1e-12)
            counted = brian.synaptic_events()
            for name in counted:
                events = [synaptic_events(network, activity)[name] for activity in expected]
                assert counted[name] == sum(events)
        # Others, and fewer, of which the last one is not over early.
        few = SpikeStimulus([given_spikes.spikes[number] for number in (2, 0, 4)])
        brian.run(seed=0, stimulus=few)
        assert brian.durations == (lasted[2], lasted[0], 9)
        counts = recorder.counts("output")
        np.testing.assert_array_equal(counts[1], expected[0]["output"].spikes.sum(axis=0))


def test_a_margin_that_nobody_reaches_changes_nothing(network):
    rng = np.random.default_rng(0)
    stimulus = PoissonStimulus.of_rates([rng.random((words, 6)) for words in (7, 4)], steps=20)
    counts = []
    for shown in (network, with_margin(network, 10**6)):
        with BrianNetwork(shown, stimulus, backend="numpy") as brian:
            recorder = Recorder(brian, ["output"])
            brian.run(seed=3)
            assert brian.durations == (20, 20)
            counts.append(recorder.counts("output"))
    assert counts[0].any()
    np.testing.assert_array_equal(*counts)


def test_a_sentence_ends_alike_alone_and_in_a_stream(network):
    rng = np.random.default_rng(1)
    rates = [rng.random((words, 6)) for words in (7, 4, 6)]
    stimulus = PoissonStimulus.of_rates(rates, steps=30)
    network = with_margin(network, 4)

    def presented(shown):
        with BrianNetwork(network, shown, backend="numpy") as brian:
            recorder = Recorder(brian, ["output"])
            brian.run(seed=3)
            return list(zip(brian.durations, recorder.counts("output").tolist(), strict=True))

    together = presented(stimulus)
    assert len({steps for steps, _ in together}) > 1
    for number, expected in enumerate(together):
        alone = replace(stimulus, ids=[stimulus.ids[number]], durations=(30,), numbers=(number,))
        assert presented(alone) == [expected]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12))
def test_votes_of_pytorch_are_silent_after_the_end(network, make_spikes, seed, margin):
    spikes = np.stack([make_spikes(7, seed=seed + n, rate=0.2 + 0.2 * n) for n in range(3)], axis=1)
    given = torch.from_numpy(spikes).double()
    whole = SpikingNetwork(network).double().eval()(given).detach().numpy()
    network = with_margin(network, margin)
    early = SpikingNetwork(network).double().eval()(given).detach().numpy()
    for number, end in enumerate(network.readout.ends(whole)):
        np.testing.assert_array_equal(early[:end, number], whole[:end, number])
        assert not early[end:, number].any()


@pytest.mark.parametrize("backend", ["numpy", "cython"])
def test_presentations_that_are_laid_out_beforehand_cannot_end_early(network, backend):
    stimulus = SpikeStimulus([np.ones((5, 7, 6), dtype=bool)])
    with pytest.raises(Unsupported, match="margin of votes with shared weights alone"):
        BrianNetwork(with_margin(network, 3), stimulus, backend=backend, synapses="stock")


def test_a_network_that_looks_both_ways_has_no_margin():
    populations = (
        Population("input", (4, 1), Input()),
        Population("output", (2,), BPSN(0.5, 0.5, 1.0)),
    )
    connection = Connection(("input",), "output", Dense(np.ones((2, 4))))
    with pytest.raises(ValueError, match="votes when all has been read"):
        Network(populations, (connection,), Votes("output", 2, 3))


def test_neurons_that_are_given_decide_too(network):
    rng = np.random.default_rng(1)
    stimulus = PoissonStimulus.of_rates([rng.random((7, 6)) for _ in range(3)], steps=60)
    network = with_margin(network, 3)
    options = {"backend": "numpy", "precision": "single", "neurons": {"output": shelf_model("lif")}}
    with BrianNetwork(network, stimulus, **options) as brian:
        recorder = Recorder(brian, ["output"])
        brian.run(seed=3)
        votes = network.readout.votes(recorder.counts("output"))
        assert min(brian.durations) < 60
        over = np.array(brian.durations) < 60
        assert (abs(votes[over, 0] - votes[over, 1]) >= 3).all()
