import brian2
import numpy as np
import pytest
from brian2.devices.device import runtime_device
from hypothesis import given, settings
from hypothesis import strategies as st

from networks.activity import synaptic_events
from networks.brian import (
    BackendUnavailable,
    BrianNetwork,
    PoissonStimulus,
    Recorder,
    SpikeStimulus,
    choose_backend,
)
from networks.spiking import SpikingNetwork

EVERYTHING = {
    "conv2": range(24),
    "conv3": range(20),
    "pool2": range(4),
    "pool3": range(4),
    "output": range(6),
}


def clip(membranes, shapes):
    sizes = {name: int(np.prod(shape)) for name, shape in shapes.items()}
    return {
        name: range(min(len(neurons), sizes[name]))
        for name, neurons in membranes.items()
        if name in sizes
    }


def simulate(network, presentations, backend, seed=0):
    with BrianNetwork(network, SpikeStimulus(presentations), backend=backend) as brian:
        recorder = Recorder(brian, membranes=clip(EVERYTHING, brian.shapes))
        brian.run(seed=seed)
        return [recorder.activity(number) for number in range(len(presentations))]


def assert_equal(network, presentations, activities):
    model = SpikingNetwork(network).double().eval()
    for spikes, activity in zip(presentations, activities, strict=True):
        for name, expected in model.activity(spikes, EVERYTHING).items():
            np.testing.assert_array_equal(expected.spikes, activity[name].spikes, err_msg=name)
            np.testing.assert_array_equal(expected.recorded, activity[name].recorded)
            np.testing.assert_allclose(
                expected.membrane, activity[name].membrane, rtol=1e-10, atol=1e-10
            )
        assert activity["output"].spikes.any()


@pytest.mark.parametrize(("decay", "threshold"), [(1.0, 1.0), (0.9, 0.7)])
def test_every_spike_equals_pytorch(make_network, make_spikes, decay, threshold):
    network = make_network(decay=decay, threshold=threshold)
    presentations = [make_spikes(words, seed=words) for words in (5, 7, 1, 5)]
    assert_equal(network, presentations, simulate(network, presentations, "numpy"))


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["cython", "cpp_standalone"])
def test_compiled_backends_equal_pytorch(make_network, make_spikes, backend):
    # One width only: each group and pathway is compiled by itself, which takes most of the time.
    network = make_network(widths=(2,), decay=0.9)
    presentations = [make_spikes(words, seed=words) for words in (5, 7, 1)]
    assert_equal(network, presentations, simulate(network, presentations, backend))


@settings(max_examples=15)
@given(
    decay=st.floats(0.05, 1),
    threshold=st.floats(0.2, 3),
    words=st.lists(st.integers(1, 7), min_size=1, max_size=3),
    seed=st.integers(0, 1000),
)
def test_any_neuron_and_any_stream_equals_pytorch(
    make_network, make_spikes, decay, threshold, words, seed
):
    network = make_network(decay=decay, threshold=threshold, seed=seed)
    presentations = [make_spikes(n, steps=15, seed=seed + n) for n in words]
    activities = simulate(network, presentations, "numpy")
    model = SpikingNetwork(network).double().eval()
    for spikes, activity in zip(presentations, activities, strict=True):
        for name, expected in model.activity(spikes).items():
            np.testing.assert_array_equal(expected.spikes, activity[name].spikes, err_msg=name)


def test_a_presentation_does_not_depend_on_its_neighbours(network, make_spikes):
    sentence, other = make_spikes(4, seed=1), make_spikes(7, seed=2, rate=0.9)
    alone = simulate(network, [sentence], "numpy")[0]
    stream = simulate(network, [sentence, other, sentence, other, sentence], "numpy")
    for number in (0, 2, 4):
        for name, layer in alone.items():
            np.testing.assert_array_equal(layer.spikes, stream[number][name].spikes)


def test_poisson_input_is_what_pytorch_is_given_back(network):
    rates = [np.random.default_rng(n).random((n, 6)) for n in (3, 7)]
    with BrianNetwork(network, PoissonStimulus(rates, 40), backend="numpy") as brian:
        recorder = Recorder(brian)
        brian.run(seed=3)
        activities = [recorder.activity(number) for number in range(2)]
    model = SpikingNetwork(network).double().eval()
    for activity in activities:
        for name, expected in model.activity(activity["input"].spikes).items():
            np.testing.assert_array_equal(expected.spikes, activity[name].spikes)


def test_poisson_rates_and_seed(network):
    rates = np.linspace(0, 1, 42).reshape(7, 6)

    def fired(seed):
        with BrianNetwork(network, PoissonStimulus([rates], 2000), backend="numpy") as brian:
            recorder = Recorder(brian, layers=["input"])
            brian.run(seed=seed)
            return recorder.activity(0)["input"].spikes

    first = fired(1)
    np.testing.assert_array_equal(first, fired(1))
    assert not np.array_equal(first, fired(2))
    error = np.sqrt(rates * (1 - rates) / 2000)
    assert (np.abs(first.mean(axis=0) - rates) <= 5 * error).all()


def test_synapses_are_those_of_the_description(network, make_spikes):
    spikes = make_spikes(5)
    with BrianNetwork(network, SpikeStimulus([spikes]), backend="numpy") as brian:
        recorder = Recorder(brian)
        brian.run(seed=0)
        activity = recorder.activity(0)
        counted = dict.fromkeys(activity, 0)
        for (source, target), synapses in brian.synapses.items():
            outgoing = np.bincount(synapses.i, minlength=len(brian.groups[source]))
            fired = activity[source].spikes.sum(axis=0).ravel()
            counted[target] += int((outgoing * fired).sum())
    assert counted == synaptic_events(network, activity)


def test_counts_are_the_spikes_of_each_presentation(network, make_spikes):
    presentations = [make_spikes(words, seed=words) for words in (5, 2)]
    with BrianNetwork(network, SpikeStimulus(presentations), backend="numpy") as brian:
        recorder = Recorder(brian)
        brian.run(seed=0)
        for number in range(2):
            output = recorder.activity(number)["output"].spikes
            np.testing.assert_array_equal(recorder.counts("output")[number], output.sum(axis=0))


def test_the_network_is_live(network, make_spikes):
    with BrianNetwork(network, SpikeStimulus([make_spikes(5)]), backend="numpy") as brian:
        own = brian2.PopulationRateMonitor(brian.groups["conv2"])
        brian.network.add(own)
        recorder = Recorder(brian, layers=["conv2"])
        brian.run(seed=0)
        total = float(np.sum(own.rate * brian.dt)) * len(brian.groups["conv2"])
        assert round(total) == len(recorder.spikes["conv2"].t)
        assert isinstance(brian.synapses["input", "conv2"], brian2.Synapses)


def test_brian_is_left_as_it_was(network, make_spikes):
    before = brian2.prefs.codegen.target
    simulate(network, [make_spikes(3)], "numpy")
    assert brian2.prefs.codegen.target == before
    assert brian2.get_device() is runtime_device


def test_backends_that_cannot_run(network, make_spikes, monkeypatch):
    with pytest.raises(BackendUnavailable, match="choose one of auto, numpy"):
        choose_backend("fpga", 1)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BackendUnavailable, match="C\\+\\+ compiler"):
        choose_backend("cpp_standalone", 1)
    assert choose_backend("auto", 1000) == "numpy"


def test_auto_compiles_for_many():
    assert choose_backend("auto", 1) == "numpy"
    assert choose_backend("auto", 1000) == "cpp_standalone"
