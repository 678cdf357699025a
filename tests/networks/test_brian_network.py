import gc
import shutil
import signal

import brian2
import numpy as np
import pytest
from brian2.devices.device import runtime_device
from hypothesis import given, settings
from hypothesis import strategies as st

from networks.activity import synaptic_events
from networks.brian import (
    SYNAPSES,
    BackendUnavailable,
    BrianNetwork,
    ConvolutionalSynapses,
    PoissonStimulus,
    PoolingSynapses,
    Recorder,
    SpikeStimulus,
    choose_backend,
)
from networks.brian.backends import MANY
from networks.description import Connection, Network, Population
from networks.neurons import LIF, Input
from networks.pytorch import SpikingNetwork
from networks.transforms import Chain, Convolution, Dense, SumPooling

EVERYTHING = {
    "conv2": range(24),
    "conv3": range(20),
    "pool2": range(4),
    "pool3": range(4),
    "output": range(6),
}


needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")
both_kinds = pytest.mark.parametrize("synapses", SYNAPSES)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BIONLP_CACHE_DIR", str(tmp_path))
    return tmp_path


def simulate(network, presentations, backend="numpy", **options):
    with BrianNetwork(network, SpikeStimulus(presentations), backend=backend, **options) as brian:
        membranes = {name: EVERYTHING[name] for name in EVERYTHING if name in brian.shapes}
        recorder = Recorder(brian, membranes=membranes)
        brian.run(seed=0)
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
        assert activity[network.populations[-1].name].spikes.any()


@both_kinds
@pytest.mark.parametrize(("decay", "threshold"), [(1.0, 1.0), (0.9, 0.7)])
def test_every_spike_equals_pytorch(make_network, make_spikes, decay, threshold, synapses):
    network = make_network(decay=decay, threshold=threshold)
    presentations = [make_spikes(words, seed=words) for words in (5, 7, 1, 5)]
    assert_equal(network, presentations, simulate(network, presentations, synapses=synapses))


def test_sentences_may_have_different_numbers_of_steps(network, make_spikes):
    presentations = [
        make_spikes(words, seed=words, steps=steps) for words, steps in ((5, 20), (7, 8), (3, 30))
    ]
    assert_equal(network, presentations, simulate(network, presentations))


@pytest.mark.slow
@pytest.mark.optimised
@needs_compiler
@both_kinds
@pytest.mark.parametrize("backend", ["cython", "cpp_standalone"])
def test_compiled_backends_equal_pytorch(make_network, make_spikes, backend, synapses, cache):
    # One width only: each group and pathway is compiled by itself, which takes most of the time.
    network = make_network(widths=(2,), decay=0.9)
    if backend == "cython":  # a dense connection is a convolution of one window
        network = Network(network.populations[:3], network.connections[:2])
    presentations = [make_spikes(words, seed=words) for words in (5, 7, 1)]
    found = simulate(network, presentations, backend, synapses=synapses)
    assert_equal(network, presentations, found)
    assert (cache / "programs").exists() == (backend == "cpp_standalone" and synapses == "shared")


@settings(max_examples=10)
@given(
    synapses=st.sampled_from(SYNAPSES),
    decay=st.floats(0.05, 1),
    threshold=st.floats(0.2, 3),
    words=st.lists(st.integers(1, 7), min_size=1, max_size=3),
    seed=st.integers(0, 1000),
)
def test_any_neuron_and_any_stream_equals_pytorch(
    make_network, make_spikes, decay, threshold, words, seed, synapses
):
    network = make_network(widths=(2,), decay=decay, threshold=threshold, seed=seed)
    presentations = [make_spikes(n, steps=15, seed=seed + n) for n in words]
    activities = simulate(network, presentations, synapses=synapses)
    model = SpikingNetwork(network).double().eval()
    for spikes, activity in zip(presentations, activities, strict=True):
        for name, expected in model.activity(spikes).items():
            np.testing.assert_array_equal(expected.spikes, activity[name].spikes, err_msg=name)


@both_kinds
def test_a_presentation_does_not_depend_on_its_neighbours(network, make_spikes, synapses):
    sentence, other = make_spikes(4, seed=1), make_spikes(7, seed=2, rate=0.9)
    alone = simulate(network, [sentence], synapses=synapses)[0]
    stream = simulate(network, [sentence, other, sentence, other, sentence], synapses=synapses)
    for number in (0, 2, 4):
        for name, layer in alone.items():
            np.testing.assert_array_equal(layer.spikes, stream[number][name].spikes)


@both_kinds
def test_poisson_input_is_what_pytorch_is_given_back(network, synapses):
    rates = [np.random.default_rng(n).random((n, 6)) for n in (3, 7)]
    stimulus = PoissonStimulus.of_rates(rates, 40)
    with BrianNetwork(network, stimulus, backend="numpy", synapses=synapses) as brian:
        recorder = Recorder(brian)
        brian.run(seed=3)
        activities = [recorder.activity(number) for number in range(2)]
    model = SpikingNetwork(network).double().eval()
    for activity in activities:
        for name, expected in model.activity(activity["input"].spikes).items():
            np.testing.assert_array_equal(expected.spikes, activity[name].spikes)


@both_kinds
def test_poisson_rates_and_seed(network, synapses):
    rates = np.linspace(0, 1, 42).reshape(7, 6)
    steps = 300

    def fired(seed):
        stimulus = PoissonStimulus.of_rates([rates], steps)
        with BrianNetwork(network, stimulus, backend="numpy", synapses=synapses) as brian:
            recorder = Recorder(brian, layers=["input"])
            brian.run(seed=seed)
            return recorder.activity(0)["input"].spikes

    first = fired(1)
    np.testing.assert_array_equal(first, fired(1))
    assert not np.array_equal(first, fired(2))
    error = np.sqrt(rates * (1 - rates) / steps)
    assert (np.abs(first.mean(axis=0) - rates) <= 5 * error).all()


def test_stock_synapses_are_those_of_the_description(network, make_spikes):
    stimulus = SpikeStimulus([make_spikes(7)])
    with BrianNetwork(network, stimulus, backend="numpy", synapses="stock") as brian:
        recorder = Recorder(brian)
        brian.run(seed=0)
        activity = recorder.activity(0)
        counted = dict.fromkeys(activity, 0)
        for (source, target), synapses in brian.synapses.items():
            outgoing = np.bincount(synapses.i, minlength=len(brian.groups[source]))
            fired = activity[source].spikes.sum(axis=0).ravel()
            counted[target] += int((outgoing * fired).sum())
        with pytest.raises(ValueError, match="only shared weights count"):
            brian.synaptic_events()
    assert counted == synaptic_events(network, activity)


@pytest.mark.parametrize("words", [7, 5])
def test_shared_synapses_count_the_events_of_the_description(network, make_spikes, words):
    with BrianNetwork(network, SpikeStimulus([make_spikes(words)]), backend="numpy") as brian:
        recorder = Recorder(brian)
        brian.run(seed=0)
        expected = synaptic_events(network, recorder.activity(0))
        assert brian.synaptic_events() == {p.name: expected[p.name] for p in network.hidden}
    assert min(expected[population.name] for population in network.hidden) > 0


EMPTY = {
    "a convolution": Convolution(np.ones((2, 1, 2)), None, 4, ((1, 2),)),
    "a convolution with a bias": Convolution(np.ones((2, 1, 2)), np.ones(2), 4, ((1, 2),)),
    "pooling": SumPooling((1,), (4,), ((1, 2),)),
    "a chain": Chain((Convolution(np.ones((2, 1, 2)), None, 4, ((1, 2),)), SumPooling())),
    "every other position": Convolution(np.ones((2, 1, 2)), None, 2),
}


@both_kinds
@pytest.mark.parametrize("transform", EMPTY.values(), ids=EMPTY)
def test_neurons_need_not_have_synapses(make_spikes, transform, synapses):
    shape = transform.shape((3, 2))
    populations = (
        Population("input", (3, 2), Input()),
        Population("heard", shape, LIF(threshold=0.5)),
        Population("output", (2,), LIF(threshold=0.5)),
    )
    weight = np.ones((2, int(np.prod(shape))))
    connections = (
        Connection("input", "heard", transform),
        Connection("heard", "output", Dense(weight)),
    )
    network = Network(populations, connections)
    spikes = make_spikes(3, features=2, rate=0.8)
    with BrianNetwork(
        network, SpikeStimulus([spikes]), backend="numpy", synapses=synapses
    ) as brian:
        recorder = Recorder(brian)
        brian.run(seed=0)
        activity = recorder.activity(0)
        if synapses == "shared":
            expected = synaptic_events(network, activity)
            assert brian.synaptic_events() == {n: expected[n] for n in ("heard", "output")}
    for name, expected in SpikingNetwork(network).double().eval().activity(spikes).items():
        np.testing.assert_array_equal(expected.spikes, activity[name].spikes, err_msg=name)


def test_weights_of_shared_synapses_are_those_of_the_description(make_network, make_spikes):
    network = make_network(decay=0.9)
    with BrianNetwork(network, SpikeStimulus([make_spikes(3)]), backend="numpy") as brian:
        for name in ("conv2", "conv3"):
            np.testing.assert_array_equal(
                brian.synapses["input", name].kernel, network.weights[name]
            )
        dense = [brian.synapses[source, "output"].kernel[:, 0] for source in ("pool2", "pool3")]
        np.testing.assert_array_equal(np.concatenate(dense, axis=1), network.weights["output"])
        assert brian.synapses["conv2", "pool2"].w[0] == 1


def test_single_precision_changes_few_spikes(make_network, make_spikes):
    network = make_network(decay=0.9)
    presentations = [make_spikes(words, seed=words) for words in (5, 7, 3)]
    with BrianNetwork(
        network, SpikeStimulus(presentations), backend="numpy", precision="single"
    ) as brian:
        for population in network.hidden:
            assert brian.groups[population.name].v[:].dtype == np.float32
        for synapses in brian.synapses.values():
            assert synapses.w[:].dtype == np.float32
    double = simulate(network, presentations)
    single = simulate(network, presentations, precision="single")
    different, total = 0, 0
    for one, other in zip(double, single, strict=True):
        for name in EVERYTHING:
            different += np.count_nonzero(one[name].spikes != other[name].spikes)
            total += one[name].spikes.size
    assert different < 0.01 * total
    # They are not the same numbers: it is computed in single precision throughout.
    assert not np.array_equal(double[0]["conv2"].membrane, single[0]["conv2"].membrane)


@pytest.mark.parametrize("option", ["synapses", "precision"])
def test_options_that_do_not_exist(network, make_spikes, option):
    with pytest.raises(ValueError, match="not 'triple'"):
        BrianNetwork(network, SpikeStimulus([make_spikes(3)]), **{option: "triple"})


def test_counts_are_the_spikes_of_each_presentation(network, make_spikes):
    presentations = [
        make_spikes(words, seed=words, steps=steps) for words, steps in ((5, 30), (2, 10), (7, 20))
    ]
    with BrianNetwork(network, SpikeStimulus(presentations), backend="numpy") as brian:
        recorder = Recorder(brian)
        brian.run(seed=0)
        for number in range(3):
            output = recorder.activity(number)["output"].spikes
            np.testing.assert_array_equal(recorder.counts("output")[number], output.sum(axis=0))


@pytest.mark.parametrize(
    ("synapses", "kinds"),
    [
        ("shared", (ConvolutionalSynapses, PoolingSynapses)),
        ("stock", (brian2.Synapses, brian2.Synapses)),
    ],
)
def test_the_network_is_live(network, make_spikes, synapses, kinds):
    stimulus = SpikeStimulus([make_spikes(5)])
    with BrianNetwork(network, stimulus, backend="numpy", synapses=synapses) as brian:
        own = brian2.PopulationRateMonitor(brian.groups["conv2"])
        brian.network.add(own)
        recorder = Recorder(brian, layers=["conv2"])
        brian.run(seed=0)
        total = float(np.sum(own.rate * brian.dt)) * len(brian.groups["conv2"])
        assert round(total) == len(recorder.spikes["conv2"].t) > 0
        for pair, kind in zip((("input", "conv2"), ("conv2", "pool2")), kinds, strict=True):
            assert isinstance(brian.synapses[pair], kind)
        assert all(pathway.name in brian.network for pathway in brian.synapses.values())


@both_kinds
def test_brian_is_left_as_it_was(network, make_spikes, monkeypatch, synapses):
    monkeypatch.setitem(brian2.prefs, "codegen.target", "cython")
    simulate(network, [make_spikes(3)], synapses=synapses)
    assert brian2.prefs.codegen.target == "cython"
    assert brian2.get_device() is runtime_device


def test_a_run_begins_without_a_collection_of_garbage(network, make_spikes, monkeypatch):
    collected, collect = [], gc.collect
    monkeypatch.setattr(gc, "collect", lambda: collected.append(True) or collect())
    with BrianNetwork(network, SpikeStimulus([make_spikes(6)]), backend="numpy") as brian:
        collected.clear()
        brian.run(seed=0)
        assert collected == []
    # Networks of others begin with one, as ever.
    group = brian2.NeuronGroup(1, "v : 1")
    brian2.Network(group).run(1 * brian2.ms)
    assert collected == [True]


def test_ctrl_c_ends_a_run_at_once(network, make_spikes, ctrl_c):
    ran = []
    with BrianNetwork(network, SpikeStimulus([make_spikes(6)]), backend="numpy") as brian:

        def interrupt():
            ran.append(True)
            signal.raise_signal(signal.SIGINT)

        brian.network.add(brian2.NetworkOperation(interrupt, dt=brian.dt))
        with pytest.raises(KeyboardInterrupt):
            brian.run(seed=0)
        assert len(ran) == 1
        # The next Ctrl-C is none for the run, which is over.
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_backends_that_cannot_run(network, make_spikes, monkeypatch):
    with pytest.raises(BackendUnavailable, match="choose one of auto, numpy"):
        choose_backend("fpga", 1)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BackendUnavailable, match="C\\+\\+ compiler"):
        choose_backend("cpp_standalone", 1)
    assert choose_backend("auto", 1000) == "numpy"


@needs_compiler
@both_kinds
def test_auto_compiles_for_many(synapses):
    assert choose_backend("auto", MANY[synapses] - 1, synapses) == "numpy"
    assert choose_backend("auto", MANY[synapses], synapses) == "cpp_standalone"
