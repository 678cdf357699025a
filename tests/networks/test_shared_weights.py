import shutil

import brian2
import numpy as np
import pytest
from brian2 import ms, mV
from brian2.codegen.runtime.cython_rt import CythonCodeObject
from brian2.codegen.runtime.numpy_rt import NumpyCodeObject
from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject
from brian2.devices.device import reset_device
from hypothesis import example, given, settings
from hypothesis import strategies as st

from networks.brian import BrianNetwork, ConvolutionalSynapses, PoolingSynapses, SpikeStimulus
from networks.brian.backends import codegen_target
from networks.brian.numpy_kernels import convolve
from networks.brian.targets import with_templates

STEPS = 3
DT = 0.1 * ms


@pytest.fixture(autouse=True)
def numpy_target():
    with codegen_target("numpy"):
        yield


# --- what a convolution and pooling are, pair by pair ---


def pairs_of_convolution(kernel, positions, windows, stride, padding):
    """Source, target and weight of each synapse."""
    maps, width, features = kernel.shape
    return [
        (position * features + feature, window * maps + m, kernel[m, offset, feature])
        for window in range(windows)
        for offset in range(width)
        if 0 <= (position := window * stride - padding + offset) < positions
        for feature in range(features)
        for m in range(maps)
    ]


def pairs_of_pooling(weight, positions, windows, window, maps):
    return [
        (position * maps + m, position // window * maps + m, weight)
        for position in range(positions)
        for m in range(maps)
        if position // window < windows
    ]


def deliver(pairs, spikes, size):
    """Sums per target and number of events of a step, added one by one."""
    v, events = np.zeros(size), 0
    fired = set(spikes)
    for i, j, weight in pairs:
        if i in fired:
            v[j] += weight
            events += 1
    return v, events


convolutions = {
    "features": st.integers(1, 70),
    "width": st.integers(1, 5),
    "maps": st.integers(1, 40),
    "positions": st.integers(1, 7),
    "windows": st.integers(1, 9),
    "stride": st.integers(1, 3),
    "padding": st.integers(0, 3),
    "before": st.integers(0, 5),
    "after": st.integers(0, 5),
    "seed": st.integers(0, 1000),
}


# --- objects against brian2.Synapses ---


def spiking_group(spikes, clock):
    """Neurons that fire as told, in a group that has slices, as spike generators have not."""
    return brian2.NeuronGroup(
        spikes.shape[1],
        "",
        threshold="told(t, i) > 0",
        namespace={"told": brian2.TimedArray(spikes.astype(float), dt=clock.dt)},
        clock=clock,
    )


def run_shared_and_stock(make_shared, pairs, sources, targets, before, after, seed):
    """Present the same random spikes to both, on slices in the middle of larger groups."""
    rng = np.random.default_rng(seed)
    clock = brian2.Clock(DT)
    everything = spiking_group(rng.random((STEPS, before + sources + after)) < 0.4, clock)
    received, expected = (
        brian2.NeuronGroup(after + targets + before, "v : 1\nn : integer", clock=clock)
        for _ in range(2)
    )
    received.v = expected.v = rng.normal(size=len(received))
    source = everything[before : before + sources]
    shared = make_shared(source, received[after : after + targets])
    objects = [everything, source, received, expected, shared]
    if pairs:
        i, j, weight = map(np.array, zip(*pairs, strict=True))
        stock = brian2.Synapses(
            source, expected[after : after + targets], "w : 1", on_pre="v += w\nn += 1", clock=clock
        )
        stock.connect(i=i, j=j)
        stock.w = weight
        objects.append(stock)
    brian2.Network(objects).run(STEPS * DT)
    np.testing.assert_allclose(received.v, expected.v, rtol=1e-12, atol=1e-12)
    assert int(shared.events[:]) == expected.n[:].sum()


@settings(max_examples=20)
@given(**convolutions)
@example(  # windows beyond both ends, one map more than fills vectors of four and of eight
    features=3, width=4, maps=9, positions=2, windows=9, stride=1, padding=3, before=2, after=1,
    seed=0,
)  # fmt: skip
@example(  # no window reaches the source
    features=2, width=1, maps=2, positions=3, windows=1, stride=1, padding=3, before=0, after=0,
    seed=0,
)  # fmt: skip
def test_a_convolution_equals_unrolled_synapses(
    features, width, maps, positions, windows, stride, padding, before, after, seed
):
    kernel = np.random.default_rng(seed + 1).normal(size=(maps, width, features))
    run_shared_and_stock(
        lambda source, target: ConvolutionalSynapses(
            source, target, kernel, stride=stride, padding=padding
        ),
        pairs_of_convolution(kernel, positions, windows, stride, padding),
        positions * features,
        windows * maps,
        before,
        after,
        seed,
    )


@settings(max_examples=15)
@given(
    maps=st.integers(1, 20),
    positions=st.integers(1, 9),
    windows=st.integers(1, 4),
    window=st.none() | st.integers(1, 10),
    before=st.integers(0, 5),
    after=st.integers(0, 5),
    seed=st.integers(0, 1000),
)
def test_pooling_equals_unrolled_synapses(maps, positions, windows, window, before, after, seed):
    run_shared_and_stock(
        lambda source, target: PoolingSynapses(source, target, maps=maps, window=window, w=0.7),
        pairs_of_pooling(0.7, positions, windows, window or positions, maps),
        positions * maps,
        windows * maps,
        before,
        after,
        seed,
    )


def layered():
    """Slices of layers with 8 positions of 3 features, 8 windows of 5 maps, and 3 of 5."""
    rng = np.random.default_rng(8)
    source = spiking_group(rng.random((20, 30)) < 0.4, brian2.Clock(1 * ms))
    hidden = brian2.NeuronGroup(
        43, "v : volt", threshold="v > 1*mV", reset="v = 0*mV", clock=source.clock
    )
    output = brian2.NeuronGroup(20, "v : 1", clock=source.clock, dtype=np.float32)
    layers = hidden[2:42], output[3:18]
    return (
        source,
        hidden,
        output,
        ConvolutionalSynapses(
            source[4:28], layers[0], rng.normal(0.2, 0.5, (5, 3, 3)) * mV, padding=1
        ),
        PoolingSynapses(*layers, maps=5, window=3, w=0.5),
        ConvolutionalSynapses(*layers, rng.normal(0.2, 0.5, (5, 2, 5)), stride=3),
    )


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")
@pytest.mark.parametrize("target", ["cython", "cpp_standalone"])
def test_compiled_targets_equal_numpy(target, tmp_path):
    def results():
        objects = _, hidden, output, *synapses = layered()
        brian2.Network(objects).run(20 * ms)
        weights = [pathway.w[:] for pathway in synapses]
        events = [int(pathway.events[:]) for pathway in synapses]
        return np.array(hidden.v), np.array(output.v), events, *map(np.asarray, weights)

    expected = results()
    if target == "cpp_standalone":
        brian2.set_device(target, directory=str(tmp_path))
    try:
        with codegen_target(target):
            found = results()
    finally:
        if target == "cpp_standalone":
            brian2.device.reinit()
            reset_device()
    assert expected[0].any()
    assert expected[1].any()
    assert found[2] == expected[2]
    for one, other in zip(found, expected, strict=True):
        tolerance = 1e-5 if np.asarray(other).dtype == np.float32 else 1e-12
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


# --- kernels ---


@settings(max_examples=100)
@given(**convolutions)
def test_the_numpy_kernel_adds_what_is_in_the_windows(
    features, width, maps, positions, windows, stride, padding, before, after, seed
):
    rng = np.random.default_rng(seed)
    sources = positions * features
    spikes = np.flatnonzero(rng.random(before + sources + after) < rng.choice([0, 0.1, 0.9]))
    rng.shuffle(spikes)
    kernel = rng.normal(size=(maps, width, features))
    v = rng.normal(size=windows * maps)
    expected, events = deliver(
        pairs_of_convolution(kernel, positions, windows, stride, padding),
        spikes - before,
        windows * maps,
    )
    expected += v
    found = convolve(
        spikes.astype(np.int32), before, positions, kernel.transpose(1, 2, 0).ravel(), features,
        width, maps, stride, padding, v,
    )  # fmt: skip
    np.testing.assert_allclose(v, expected, rtol=1e-12, atol=1e-12)
    assert found == events


# --- nothing leaks ---


def run_stock():
    source = brian2.SpikeGeneratorGroup(6, [0, 3, 5], [0, 0.1, 0.2] * ms)
    target = brian2.NeuronGroup(3, "dv/dt = -v / (10*ms) : 1", method="exact")
    synapses = brian2.Synapses(source, target, "w : 1", on_pre="v += w")
    synapses.connect()
    synapses.w = "0.1 * i + j"
    monitor = brian2.StateMonitor(target, "v", record=True)
    brian2.Network(source, target, synapses, monitor).run(1 * ms)
    return np.array(monitor.v)


def test_other_simulations_of_the_process_stay_as_they_were(network, make_spikes):
    classes = NumpyCodeObject, CythonCodeObject, CPPStandaloneCodeObject
    before = run_stock()
    templaters = [target.templater for target in classes]
    preferences = brian2.prefs.as_file
    with BrianNetwork(network, SpikeStimulus([make_spikes(4)]), backend="numpy") as brian:
        brian.run(seed=0)
        np.testing.assert_array_equal(run_stock(), before)
    np.testing.assert_array_equal(run_stock(), before)
    assert brian2.prefs.as_file == preferences
    for target, templater in zip(classes, templaters, strict=True):
        with_templates(target)
        assert target.templater is templater
        for name in ("convolution", "pooling", "presentations"):
            with pytest.raises((AttributeError, KeyError)):  # the first from Brian 2 2.10 on
                getattr(target.templater, name)
            assert getattr(with_templates(target).templater, name)


def test_the_magic_network_takes_them_up():
    source = brian2.SpikeGeneratorGroup(4, [0, 1, 2], [0, 0, 0] * ms)
    target = brian2.NeuronGroup(2, "v : 1")
    convolution = ConvolutionalSynapses(source, target, np.ones((1, 1, 2)))
    pooling = PoolingSynapses(source, target, maps=1, window=2, w=10)
    brian2.run(DT)
    assert target.v[:].tolist() == [22, 11]
    assert [convolution.events, pooling.events] == [3, 3]
