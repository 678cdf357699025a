"""When spikes are delivered: delays, slots, clocks, refractory neurons, runs and programs."""

import shutil

import brian2
import numpy as np
import pytest
from brian2 import ms, mV, volt
from brian2.devices.device import reset_device

from networks.brian.shared_weights import ConvolutionalSynapses, PoolingSynapses

DT = 1 * ms
SLOTS = ["start", "groups", "thresholds", "mine", "synapses", "resets", "end"]


@pytest.fixture(autouse=True)
def numpy_target():
    before = brian2.prefs.codegen.target
    brian2.prefs.codegen.target = "numpy"
    yield
    brian2.prefs.codegen.target = before


def times(group, source, **options):
    """Steps in whose end slot the target has got a spike."""
    target = brian2.NeuronGroup(1, "v : 1", dt=DT)
    synapses = ConvolutionalSynapses(source, target, [[[1]]], **options)
    monitor = brian2.StateMonitor(target, "v", record=True, when="end", order=2, dt=DT)
    network = brian2.Network(group, target, synapses, monitor)
    network.schedule = SLOTS
    network.run(8 * DT)
    assert int(synapses.events[:]) == round(float(target.v[0]))
    return np.flatnonzero(np.diff(monitor.v[0], prepend=0)).tolist()


AFTER = ["thresholds", "after_thresholds", "mine", "synapses", "end"]
BEFORE = ["start", "before_groups", "groups"]


@pytest.mark.parametrize("delay", [None, 0 * ms, 1 * ms, 2 * ms, 3 * ms, 5000 * brian2.us])
@pytest.mark.parametrize("when", [*BEFORE, *AFTER])
def test_spikes_are_delivered_after_their_delay_in_any_slot(when, delay):
    steps = 0 if delay is None else round(float(delay / DT))
    # Before the thresholds, spikes of the same step cannot be known yet.
    steps = max(steps, when in BEFORE)
    order = 1 if when == "thresholds" else 0
    expected = [step + steps for step in (0, 2, 3) if step + steps < 8]
    source = brian2.SpikeGeneratorGroup(1, [0, 0, 0], [0, 2, 3] * DT, dt=DT)
    assert times(source, source, when=when, order=order, delay=delay) == expected


@pytest.mark.parametrize("when", ["mine", "before_start", "end"])
def test_sources_may_spike_in_another_slot(when):
    for slot in "start", "synapses":
        group = brian2.NeuronGroup(3, "", threshold="i == 1 and t_in_timesteps % 3 == 0", dt=DT)
        group.thresholder["spike"].when = when
        assert times(group, group[1:2], when=slot, delay=2 * DT) == [2, 5]


def test_a_source_may_be_given_another_slot_afterwards():
    source = brian2.NeuronGroup(1, "", threshold="t_in_timesteps == 0", dt=DT)
    target = brian2.NeuronGroup(1, "v : 1", dt=DT)
    synapses = ConvolutionalSynapses(source, target, [[[1]]], delay=DT, when="start")
    source.thresholder["spike"].when = "end"
    network = brian2.Network(source, target, synapses)
    network.run(DT)
    assert target.v[0] == 0
    network.run(DT)
    assert target.v[0] == 1


def delayed(delay=2 * DT):
    source = brian2.SpikeGeneratorGroup(3, [0, 1, 2], [0, 1, 2] * DT, dt=DT)
    target = brian2.NeuronGroup(3, "v : 1", dt=DT)
    synapses = PoolingSynapses(source, target, maps=3, delay=delay)
    return target, synapses, brian2.Network(source, target, synapses)


def test_spikes_in_flight_can_be_forgotten():
    target, synapses, network = delayed()
    network.run(2 * DT)
    synapses.variables[synapses.pending].set_value(0)
    network.run(6 * DT)
    assert target.v[:].tolist() == [0, 0, 1]
    assert synapses.events == 1


def test_spikes_in_flight_are_stored_and_restored():
    target, synapses, network = delayed()
    network.run(2 * DT)
    network.store()
    for _ in range(2):
        network.run(6 * DT)
        assert target.v[:].tolist() == [1, 1, 1]
        network.restore()
    assert synapses.events == 0


def test_spikes_that_come_due_in_a_pause_are_lost_and_not_delivered_late():
    target, synapses, network = delayed()
    network.run(2 * DT)
    synapses.active = False
    network.run(1 * DT)
    synapses.active = True
    network.run(9 * DT)
    assert target.v[:].tolist() == [0, 1, 0]


def test_there_is_nothing_pending_without_a_delay():
    for delay in None, 0 * ms:
        _, synapses, _ = delayed(delay)
        assert synapses.pending is None
        assert synapses.delay == 0 * ms
    _, synapses, _ = delayed()
    assert synapses.delay == 2 * DT
    with pytest.raises(AttributeError):
        synapses.delay = 3 * DT


@pytest.mark.parametrize("delay", [0.5 * ms, 1.001 * ms, -1 * ms, [1, 2] * ms, np.inf * ms])
def test_delays_are_whole_steps(delay):
    with pytest.raises(ValueError, match="delay"):
        delayed(delay)


@pytest.mark.parametrize("delay", [2, 1 * mV])
def test_delays_are_times(delay):
    with pytest.raises(brian2.DimensionMismatchError):
        delayed(delay)


# --- clocks ---


@pytest.mark.parametrize("dt", [1 * ms, 0.001 * brian2.second, 1000 * brian2.us, 3 * ms / 3])
def test_clocks_may_differ_if_time_steps_do_not(dt):
    source = brian2.SpikeGeneratorGroup(1, [0, 0], [0, 20] * ms, dt=1 * ms)
    target = brian2.NeuronGroup(1, "v : 1", dt=dt)
    synapses = ConvolutionalSynapses(source, target, [[[1]]], delay=2 * ms)
    brian2.Network(source, target, synapses).run(23 * ms)
    assert target.v[0] == 2


def test_time_steps_do_not_differ():
    source = brian2.SpikeGeneratorGroup(1, [0], [0] * ms, dt=1 * ms)
    with pytest.raises(ValueError, match="has a time step of 1. ms and .* one of 2. ms"):
        ConvolutionalSynapses(source, brian2.NeuronGroup(1, "v : 1", dt=2 * ms), [[[1]]])
    target = brian2.NeuronGroup(1, "v : 1", dt=1 * ms)
    synapses = ConvolutionalSynapses(source, target, [[[1]]], delay=2 * ms)
    target.clock.dt = 2 * ms
    network = brian2.Network(source, target, synapses)
    for message in "has a time step of", "time step has changed since":
        with pytest.raises(brian2.BrianObjectException) as caught:
            network.run(4 * ms)
        assert message in str(caught.value.__cause__)
        source.clock.dt = 2 * ms


# --- refractory targets ---


def test_refractory_neurons_do_not_receive():
    source = brian2.SpikeGeneratorGroup(2, [0, 0, 0, 1, 0], [0, 1, 2, 2, 4] * DT, dt=DT)
    target = brian2.NeuronGroup(
        4,
        "dv/dt = 0*Hz : 1 (unless refractory)\nfree : 1",
        threshold="v > 0.5",
        reset="v = 0",
        refractory=2.5 * DT,
        method="euler",
        dt=DT,
    )
    objects = source, target[1:3]
    synapses = [PoolingSynapses(*objects, maps=2, variable=name) for name in ("v", "free")]
    monitor = brian2.SpikeMonitor(target)
    brian2.Network(source, target, *synapses, monitor).run(7 * DT)
    # Neuron 1 spikes in step 1 by the spike of step 0, and the next two find it refractory.
    steps = np.round(monitor.t / DT).astype(int)
    assert list(zip(monitor.i, steps, strict=True)) == [(1, 1), (2, 3), (1, 5)]
    assert target.free[:].tolist() == [0, 4, 1, 0]
    assert [int(pathway.events[:]) for pathway in synapses] == [5, 5]


# --- time in expressions, runs ---


def weighted(unit=1, equations="v : 1"):
    source = brian2.SpikeGeneratorGroup(2, [0, 1], [0, 0] * DT, dt=DT)
    target = brian2.NeuronGroup(2, equations, dt=DT)
    synapses = ConvolutionalSynapses(source, target, np.ones((2, 1, 2)) * unit)
    return source, target, synapses


def test_weights_follow_time():
    source, target, synapses = weighted(volt, "v : volt")
    synapses.run_regularly("w *= (1 - dt/(10*ms))", dt=DT)
    network = brian2.Network(source, target, synapses)
    network.run(3 * DT)
    np.testing.assert_allclose(synapses.kernel, 0.9**3 * np.ones((2, 1, 2)) * volt)
    assert synapses.t == 3 * ms
    assert synapses.dt == 1 * ms
    assert synapses.t_in_timesteps == 3
    ta = brian2.TimedArray([1, 2, 3, 4] * volt, dt=DT)  # noqa: F841, found by its name
    synapses.w = "ta(t)"
    np.testing.assert_array_equal(synapses.w_[:], [4] * 4)
    synapses.w = "w*exp(-dt/(1*ms)) + ta(t)"
    np.testing.assert_allclose(synapses.w_[:], [4 * np.exp(-1) + 4] * 4)


def test_weights_are_recorded():
    source, target, synapses = weighted()
    synapses.run_regularly("w += 1", dt=DT)
    monitor = brian2.StateMonitor(synapses, "w", record=[0, 3], dt=DT)
    brian2.Network(source, target, synapses, monitor).run(2 * DT)
    assert monitor.w.tolist() == [[1, 2]] * 2 or monitor.w.tolist() == [[2, 3]] * 2
    assert synapses.get_states(["w", "events", "t"])["w"].tolist() == [3] * 4


def test_events_are_counted_over_runs_and_cannot_be_set():
    source, target, synapses = weighted()
    network = brian2.Network(source, target, synapses)
    network.run(DT)
    assert synapses.events == 4
    network.run(DT)
    assert synapses.events == 4
    with pytest.raises(TypeError, match="read-only"):
        synapses.events = 0


def test_a_network_stores_and_restores_weights_and_events():
    source, target, synapses = weighted()
    network = brian2.Network(source, target, synapses)
    network.store()
    network.run(DT)
    synapses.w = 0
    network.restore()
    assert synapses.events == 0
    np.testing.assert_array_equal(synapses.kernel, np.ones((2, 1, 2)))


def test_the_magic_network_takes_them_up():
    source = brian2.SpikeGeneratorGroup(4, [0, 1, 2], [0, 0, 0] * ms)
    target = brian2.NeuronGroup(2, "v : 1")
    convolution = ConvolutionalSynapses(source, target, np.ones((1, 1, 2)))
    pooling = PoolingSynapses(source, target, maps=1, window=2, w=10, delay=brian2.defaultclock.dt)
    brian2.run(2 * brian2.defaultclock.dt)
    assert target.v[:].tolist() == [22, 11]
    assert [convolution.events, pooling.events] == [3, 3]


# --- compiled programs ---


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")
def test_a_compiled_program_runs_with_other_weights(tmp_path):
    brian2.set_device("cpp_standalone", directory=str(tmp_path), build_on_run=False)
    try:
        source, target, synapses = weighted(volt, "v : volt")
        pooling = PoolingSynapses(source, target, maps=2, w=3 * volt, delay=DT)
        synapses.run_regularly("w *= (1 - dt/(2*ms))", when="end")
        much = 7 * np.e * volt  # noqa: F841, found by its name
        synapses.w = "w + much*map*exp(-dt/ms)"
        brian2.Network(source, target, synapses, pooling).run(2 * DT)
        brian2.device.build(run=False, directory=str(tmp_path))
        for arguments, expected, weights in (
            ({}, [5, 19], [0.25, 2] * 2),
            ({synapses.w: np.arange(4) * volt, pooling.w: 1 * volt}, [3, 5], [0, 0.25, 0.5, 0.75]),
            ({synapses.w: 2 * volt}, [7, 7], [0.5] * 4),
        ):
            brian2.device.run(run_args=arguments)
            np.testing.assert_allclose(target.v_[:], expected)
            np.testing.assert_allclose(synapses.w_[:], weights)
            assert [int(pathway.events[:]) for pathway in (synapses, pooling)] == [4, 2]
    finally:
        brian2.device.reinit()
        reset_device()
