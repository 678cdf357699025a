"""What a run leaves behind, on every backend: its own records, and nothing of the run before."""

import shutil

import brian2
import numpy as np
import pytest

from networks.activity import synaptic_events
from networks.brian import (
    SYNAPSES,
    BackendUnavailable,
    BrianNetwork,
    ConvolutionalSynapses,
    Recorder,
    SpikeStimulus,
)
from networks.pytorch import SpikingNetwork

needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")
both_kinds = pytest.mark.parametrize("synapses", SYNAPSES)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BIONLP_CACHE_DIR", str(tmp_path))


@pytest.fixture(scope="module")
def single(make_network):
    """A network with one width of kernels; what is compiled of it serves other tests as well."""
    return make_network(widths=(2,), decay=0.9)


def watch(brian):
    """Monitors of a user, as they come."""
    conv, output = brian.groups["conv2"], brian.groups["output"]
    monitors = {
        "spikes": brian2.SpikeMonitor(conv, name="users_spikes"),
        "counts": brian2.SpikeMonitor(conv, record=False, name="users_counts"),
        "part": brian2.SpikeMonitor(conv[3:9], name="users_part"),
        "rate": brian2.PopulationRateMonitor(conv, name="users_rate"),
        "states": brian2.StateMonitor(
            output, "v", record=[4, 1], when="end", clock=brian.clock, name="users_states"
        ),
        "input": brian2.SpikeMonitor(brian.groups["input"], name="users_input"),
    }
    brian.network.add(monitors)
    return monitors


def read(monitors):
    """Everything that the monitors of :func:`watch` hold."""
    found = {}
    for name in ("spikes", "part", "input"):
        monitor = monitors[name]
        found[name, "t"], found[name, "i"] = np.array(monitor.t), np.array(monitor.i)
        found[name, "count"] = np.array(monitor.count)
        found[name, "total"] = monitor.num_spikes
    found["counts", "count"] = np.array(monitors["counts"].count)
    found["counts", "total"] = monitors["counts"].num_spikes
    found["rate", "t"] = np.array(monitors["rate"].t)
    found["rate", "rate"] = np.array(monitors["rate"].rate)
    found["states", "t"] = np.array(monitors["states"].t)
    found["states", "v"] = np.array(monitors["states"].v)
    return found


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for key in expected:
        np.testing.assert_allclose(found[key], expected[key], rtol=1e-9, atol=1e-9, err_msg=key)


def watched_runs(network, stimuli, backend):
    """What monitors hold after each of several runs, and how many events synapses count."""
    found = []
    with BrianNetwork(network, stimuli[0], backend=backend) as brian:
        monitors, recorder = watch(brian), Recorder(brian, membranes={"output": [0, 5]})
        for stimulus in stimuli:
            brian.run(seed=0, stimulus=stimulus)
            found.append((read(monitors), recorder.read().activities(), brian.synaptic_events()))
        size = brian.groups["conv2"].N
    return found, size


@pytest.fixture
def streams(make_spikes):
    return [
        SpikeStimulus([make_spikes(7, seed=1, steps=12), make_spikes(4, seed=2, steps=9)]),
        SpikeStimulus([make_spikes(5, seed=3, steps=7)]),
        SpikeStimulus([make_spikes(7, seed=4, steps=15), make_spikes(7, seed=5, steps=11)]),
    ]


def check_runs(network, streams, backend):
    found, size = watched_runs(network, streams, backend)
    assert size == network["conv2"].size
    model = SpikingNetwork(network).double().eval()
    for stream, (held, activities, events) in zip(streams, found, strict=True):
        steps = sum(stream.durations)
        for name in ("rate", "states"):
            np.testing.assert_allclose(held[name, "t"], np.arange(steps) / 1000, atol=1e-9)
        assert held["spikes", "total"] == held["counts", "total"] == len(held["spikes", "i"]) > 0
        np.testing.assert_array_equal(held["counts", "count"], held["spikes", "count"])
        np.testing.assert_array_equal(held["part", "count"], held["spikes", "count"][3:9])
        expected = dict.fromkeys(events, 0)
        spikes = np.zeros((0, size), dtype=bool)
        for given, activity in zip(stream.spikes, activities, strict=True):
            counted = synaptic_events(network, activity)
            expected = {name: expected[name] + counted[name] for name in expected}
            conv = model.activity(given)["conv2"].spikes.reshape(len(given), -1)
            spikes = np.concatenate([spikes, np.pad(conv, ((0, 0), (0, size - conv.shape[1])))])
        assert events == expected
        # A rate is that of all neurons, also of those that a short presentation does not reach.
        np.testing.assert_allclose(held["rate", "rate"], spikes.mean(axis=1) * 1000)
        step, neuron = np.nonzero(spikes)
        np.testing.assert_allclose(held["spikes", "t"] * 1000, step, atol=1e-6)
        np.testing.assert_array_equal(held["spikes", "i"], neuron)
    return found


def test_monitors_hold_the_last_run_which_began_at_time_0(single, streams):
    found = check_runs(single, streams, "numpy")
    for stream, (held, _, events) in zip(streams, found, strict=True):
        ((alone, _, counted),), _ = watched_runs(single, [stream], "numpy")
        assert_same(held, alone)
        assert events == counted


@pytest.mark.slow
@needs_compiler
@pytest.mark.parametrize("backend", ["cython", "cpp_standalone"])
def test_compiled_backends_leave_what_numpy_leaves(single, streams, backend):
    found = check_runs(single, streams, backend)
    expected, _ = watched_runs(single, streams, "numpy")
    for (held, _, events), (others, _, counted) in zip(found, expected, strict=True):
        assert_same(held, others)
        assert events == counted


@both_kinds
@pytest.mark.parametrize("backend", ["numpy", "cython", "cpp_standalone"])
def test_groups_have_the_sizes_of_the_description(
    single, make_spikes, monkeypatch, backend, synapses
):
    # Nothing is compiled before a run.
    monkeypatch.setattr("networks.brian.network.choose_backend", lambda name, *_: name)
    stimulus = SpikeStimulus([make_spikes(2)])
    with BrianNetwork(single, stimulus, backend=backend, synapses=synapses) as brian:
        assert brian.shapes == single.shapes
        assert {name: group.N for name, group in brian.groups.items()} == {
            population.name: population.size for population in single.populations
        }
        assert set(brian.latency.values()) == {0}


@both_kinds
def test_monitors_of_a_user_show_the_steps_of_the_mathematics(make_network, make_spikes, synapses):
    network = make_network(decay=0.9)
    spikes = make_spikes(7)
    expected = SpikingNetwork(network).double().eval()
    expected = expected.activity(spikes, {p.name: range(p.size) for p in network.hidden})
    with BrianNetwork(
        network, SpikeStimulus([spikes]), backend="numpy", synapses=synapses
    ) as brian:
        fired = {p.name: brian2.SpikeMonitor(brian.groups[p.name]) for p in network.hidden}
        # These neurons are reset in the step after a spike, so this is what was tested.
        states = {
            p.name: brian2.StateMonitor(
                brian.groups[p.name], "v", record=True, when="end", clock=brian.clock
            )
            for p in network.hidden
        }
        brian.network.add(fired, states)
        brian.run(seed=0)
        for name in fired:
            step, neuron = np.nonzero(expected[name].spikes.reshape(len(spikes), -1))
            assert len(step) > 0
            np.testing.assert_allclose(fired[name].t / brian.dt, step[: len(fired[name].t)])
            np.testing.assert_array_equal(fired[name].i, neuron)
            np.testing.assert_allclose(
                states[name].v[:, : len(spikes)].T, expected[name].membrane, rtol=1e-9, atol=1e-9
            )


@both_kinds
def test_neurons_and_synapses_of_a_user_run_in_the_same_network(network, make_spikes, synapses):
    spikes = make_spikes(7)
    with BrianNetwork(
        network, SpikeStimulus([spikes]), backend="numpy", synapses=synapses
    ) as brian:
        conv, size = brian.groups["conv3"], network["conv3"].size
        own = brian2.NeuronGroup(
            size, "v : 1", threshold="v >= 3", reset="v = 0", clock=brian.clock, name="own"
        )
        heard = brian2.NeuronGroup(size, "one : 1\nlater : 1\nshared : 1", clock=brian.clock)
        to_own = brian2.Synapses(conv, own, on_pre="v_post += 1", clock=brian.clock)
        at_once = brian2.Synapses(conv, heard, on_pre="one_post += 1", clock=brian.clock)
        delayed = brian2.Synapses(
            conv, heard, on_pre="later_post += 1", delay=3 * brian.dt, clock=brian.clock
        )
        for connection in (to_own, at_once, delayed):
            connection.connect(j="i")
        shared = ConvolutionalSynapses(conv, heard, [[[1]]], variable="shared")
        fired = brian2.SpikeMonitor(own)
        counted = brian2.StateMonitor(
            heard, ["one", "later", "shared"], record=True, when="end", clock=brian.clock
        )
        recorder = Recorder(brian)
        brian.network.add(own, heard, to_own, at_once, delayed, shared, fired, counted)
        brian.run(seed=0)
        activity = recorder.activity(0)
        found = {name: getattr(counted, name)[:, : len(spikes)].T for name in ("one", "shared")}
        later = counted.later[:, : len(spikes)].T
        own_spikes = np.zeros((len(spikes) + 2, size), dtype=bool)
        own_spikes[np.rint(np.asarray(fired.t / brian.dt)).astype(int), fired.i] = True
    trains = activity["conv3"].spikes.reshape(len(spikes), -1)
    total = np.cumsum(trains, axis=0)
    for name in found:
        np.testing.assert_array_equal(found[name], total, err_msg=name)
    np.testing.assert_array_equal(later, np.concatenate([np.zeros((3, size)), total[:-3]]))
    # They are tested before spikes are delivered, as in any network of Brian 2.
    v, expected = np.zeros(size), []
    for step in trains:
        expected.append(v >= 3)
        v = np.where(expected[-1], 0, v + step)
    np.testing.assert_array_equal(own_spikes[: len(spikes)], expected)
    # And nothing of ours is changed by those who listen.
    for name, other in SpikingNetwork(network).double().eval().activity(spikes).items():
        np.testing.assert_array_equal(activity[name].spikes, other.spikes, err_msg=name)


def test_a_user_may_act_on_our_groups(network, make_spikes):
    """A current from outside comes in the slot of the synapses, and counts in the next step."""
    spikes = np.zeros((6, 7, 6), dtype=bool)
    with BrianNetwork(network, SpikeStimulus([spikes]), backend="numpy") as brian:
        source = brian2.SpikeGeneratorGroup(1, [0], [2] * brian.dt, clock=brian.clock)
        synapses = brian2.Synapses(
            source, brian.groups["output"], on_pre="v_post += 1.5", clock=brian.clock
        )
        synapses.connect()
        brian.network.add(source, synapses)
        recorder = Recorder(brian)
        brian.run(seed=0)
        fired = recorder.activity(0)["output"].spikes
    np.testing.assert_array_equal(np.flatnonzero(fired.any(axis=1)), [3])
    assert fired[3].all()


def test_what_a_user_adds_begins_anew_with_each_run(network, make_spikes):
    """Neurons keep their state, but nothing of the time before: there is no such time any more."""
    stimulus = SpikeStimulus([make_spikes(7)])
    with BrianNetwork(network, stimulus, backend="numpy") as brian:
        clock, dt = brian.clock, brian.dt
        source = brian2.SpikeGeneratorGroup(2, [0, 1, 0], [0, 3, 29] * dt, clock=clock)
        own = brian2.NeuronGroup(
            2, "v : 1", threshold="v > 2.5", reset="v = 0", refractory=4 * dt, clock=clock
        )
        often = brian2.Synapses(brian.groups["conv2"], own, on_pre="v_post += 0.1", clock=clock)
        often.connect()
        heard = brian2.NeuronGroup(2, "n : 1", clock=clock)
        late = brian2.Synapses(
            source,
            heard,
            "dx/dt = -x / (5*ms) : 1 (event-driven)",
            on_pre="n_post += x",
            delay=5 * dt,
            clock=clock,
        )
        late.connect(j="i")
        fired, given = brian2.SpikeMonitor(own), brian2.SpikeMonitor(source)
        counted = brian2.StateMonitor(heard, "n", record=True, clock=clock)
        brian.network.add(source, own, often, heard, late, fired, given, counted)
        found = []
        for _ in range(3):
            own.v, late.x, heard.n = 0, 1, 0
            brian.run(seed=0)
            found.append([np.array(m) for m in (fired.t, fired.i, given.t, given.i, counted.n)])
    assert len(found[0][0]) > 3
    # Neuron 1 hears its spike of step 3 in step 8; what neuron 0 is sent in step 29 is too late.
    np.testing.assert_allclose(found[0][4][:, -1], np.exp([-1, -1.6]))
    for later in found[1:]:
        for one, other in zip(later, found[0], strict=True):
            np.testing.assert_array_equal(one, other)


@both_kinds
def test_another_time_step_changes_no_spike(make_network, make_spikes, synapses):
    network = make_network(decay=0.9)
    presentations = [make_spikes(7, seed=1), make_spikes(4, seed=2)]

    def activities(dt):
        with BrianNetwork(
            network, SpikeStimulus(presentations), backend="numpy", synapses=synapses, dt=dt
        ) as brian:
            recorder = Recorder(brian)
            brian.run(seed=0)
            assert recorder.spikes["input"].t[-1] < brian.begin[-1] * dt
            return recorder.read().activities()

    expected = activities(1 * brian2.ms)
    for dt in (0.1 * brian2.ms, 0.3 * brian2.ms, 1 * brian2.second):
        for one, other in zip(activities(dt), expected, strict=True):
            for name in other:
                np.testing.assert_array_equal(one[name].spikes, other[name].spikes)


@both_kinds
def test_a_run_tells_how_far_it_has_come(network, make_spikes, synapses):
    told = []
    with BrianNetwork(
        network, SpikeStimulus([make_spikes(3)]), backend="numpy", synapses=synapses
    ) as brian:
        brian.run(seed=0, advance=told.append)
    assert told == sorted(told)
    assert told[-1] == 1


def test_there_is_one_device_for_a_process(network, make_spikes, monkeypatch):
    monkeypatch.setattr("networks.brian.network.choose_backend", lambda name, *_: name)
    stimulus = SpikeStimulus([make_spikes(3)])
    with (
        BrianNetwork(network, stimulus, backend="cpp_standalone"),
        pytest.raises(BackendUnavailable, match="another device of Brian 2 is in use"),
    ):
        BrianNetwork(network, stimulus, backend="cpp_standalone")
    with BrianNetwork(network, stimulus, backend="cpp_standalone") as brian:
        brian.close()
        brian.close()
