"""Networks that look both ways, and attention, in Brian 2."""

import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from networks.brian import BrianNetwork, Recorder, SpikeStimulus, Unsupported
from networks.description import Connection, Network, Population
from networks.neurons import LIF, Input
from networks.neurons.bpsn import BPSN
from networks.pytorch import SpikingNetwork
from networks.transforms import Dense
from tests.networks.encoders import attending, sentence

needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")
both_ways = pytest.mark.parametrize("causal", [False, True], ids=["both ways", "causal"])
LENGTHS = (5, 1, 7)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BIONLP_CACHE_DIR", str(tmp_path))


def everyone(network):
    return {population.name: range(population.size) for population in network.hidden}


def check(network, recorded, presentations):
    """See that each spike and each membrane is that of PyTorch."""
    model = SpikingNetwork(network).double().eval()
    for number, spikes in enumerate(presentations):
        expected, found = model.activity(spikes, everyone(network)), recorded.activity(number)
        for name in expected:
            assert np.array_equal(expected[name].spikes, found[name].spikes), name
            assert found[name].membrane == pytest.approx(expected[name].membrane, abs=1e-12), name
            counted = expected[name].spikes.sum(axis=0).ravel()
            assert np.array_equal(recorded.counts(name)[number], counted)


def run(network, presentations, **options):
    with BrianNetwork(network, SpikeStimulus(presentations), **options) as brian:
        recorder = Recorder(brian, membranes=everyone(network))
        brian.run(seed=0)
        check(network, recorder.read(), presentations)


@both_ways
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000))
def test_every_spike_is_that_of_pytorch(causal, seed):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 9, size=3)
    run(attending(rng, causal=causal), [sentence(rng, n) for n in lengths], backend="numpy")


@needs_compiler
@pytest.mark.parametrize("backend", ["cython", "cpp_standalone"])
def test_looking_both_ways_in_compiled_code(backend):
    rng = np.random.default_rng(1)
    network = attending(rng, causal=False)
    run(network, [sentence(rng, n) for n in LENGTHS], backend=backend)


@needs_compiler
def test_causal_attention_in_a_compiled_program():
    rng = np.random.default_rng(2)
    network = attending(rng, causal=True, width=4)
    run(network, [sentence(rng, n) for n in LENGTHS], backend="cpp_standalone")


def test_single_precision_runs():
    rng = np.random.default_rng(3)
    network = attending(rng, causal=False)
    stimulus = SpikeStimulus([sentence(rng, 4)])
    with BrianNetwork(network, stimulus, backend="numpy", precision="single") as brian:
        recorder = Recorder(brian)
        brian.run(seed=0)
        assert recorder.activity(0)["output"].spikes.shape == (4, 8)


@both_ways
def test_other_sentences_can_be_shown_to_the_same_objects(causal):
    rng = np.random.default_rng(4)
    network = attending(rng, causal=causal)
    first, second = ([sentence(rng, n) for n in lengths] for lengths in ((6, 2), (3, 6, 4)))
    with BrianNetwork(network, SpikeStimulus(first), backend="numpy") as brian:
        recorder = Recorder(brian, membranes=everyone(network))
        for shown in (first, second, first):
            brian.run(seed=0, stimulus=SpikeStimulus(shown))
            check(network, recorder.read(), shown)


def test_longer_sentences_need_another_network():
    rng = np.random.default_rng(5)
    network = attending(rng, causal=False)
    with (
        BrianNetwork(network, SpikeStimulus([sentence(rng, 3)]), backend="numpy") as brian,
        pytest.raises(ValueError, match="built for presentations of up to 3 steps, and one"),
    ):
        brian.run(seed=0, stimulus=SpikeStimulus([sentence(rng, 4)]))


@both_ways
def test_events_are_not_counted_where_they_would_be_wrong(causal):
    rng = np.random.default_rng(8)
    network = attending(rng, causal=causal)
    stimulus = SpikeStimulus([sentence(rng, 2)])
    with BrianNetwork(network, stimulus, backend="numpy") as brian:
        brian.run(seed=0)
        with pytest.raises(ValueError, match=r"count them from recorded spikes"):
            brian.synaptic_events()


def test_a_presentation_is_gone_through_in_sweeps():
    sweeps = attending(np.random.default_rng(6), causal=False).sweeps
    assert sweeps.count == 6
    assert sweeps.hears == {
        **{"words": 0, "read": 0, "query": 1, "key": 1, "value": 1, "found": 3, "output": 4}
    }
    assert sweeps.fires == {
        **{"words": (0, 4), "read": (1,), "key": (2,), "value": (2,), "query": (3,)},
        **{"found": (4,), "output": (5,)},
    }
    assert attending(np.random.default_rng(6), causal=True).sweeps.count == 1


@both_ways
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backend": "numpy", "synapses": "stock"}, "come with shared weights"),
        ({"backend": "genn-cpu"}, "has no attention"),
    ],
)
def test_what_cannot_carry_it_says_so(causal, options, message, monkeypatch):
    # Whether GeNN is here does not matter: the network is refused before it is asked for.
    monkeypatch.setattr("networks.brian.network.choose_backend", lambda backend, *_: backend)
    rng = np.random.default_rng(7)
    network = attending(rng, causal=causal)
    with pytest.raises(Unsupported, match=message):
        BrianNetwork(network, SpikeStimulus([sentence(rng, 3)]), **options)


@pytest.mark.parametrize(
    ("neuron", "delay", "message"),
    [(LIF(), 0, "'b' would have to wait"), (BPSN(), 1, "has a delay, which Brian 2 cannot keep")],
)
def test_what_could_not_wait_is_refused(neuron, delay, message):
    ones = Dense(np.ones((2, 2)))
    network = Network(
        (
            Population("input", (2, 1), Input()),
            Population("a", (2,), BPSN()),
            Population("b", (2,), neuron),
        ),
        (Connection(("input",), "a", ones), Connection(("a",), "b", ones, delay)),
    )
    with pytest.raises(Unsupported, match=message):
        BrianNetwork(network, SpikeStimulus([np.ones((3, 2, 1), bool)]), backend="numpy")
