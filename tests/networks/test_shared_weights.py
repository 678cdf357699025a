"""Convolutions and pooling against Brian 2's own synapses, unrolled."""

import shutil
from contextlib import contextmanager

import brian2
import numpy as np
import pytest
from brian2 import ms, mV
from brian2.devices.device import reset_device, runtime_device
from hypothesis import example, given, settings
from hypothesis import strategies as st

from networks.brian.private import compile_program
from networks.brian.shared_weights import ConvolutionalSynapses, PoolingSynapses

STEPS = 8
DT = 0.1 * ms

# Sums of such weights are exact, so no order of additions can make a neuron spike or not.
WEIGHTS = np.arange(-8, 9) / 8


@contextmanager
def codegen_target(target):
    before = brian2.prefs.codegen.target
    brian2.prefs.codegen.target = target
    yield
    brian2.prefs.codegen.target = before


@pytest.fixture(autouse=True)
def numpy_target():
    with codegen_target("numpy"):
        yield


# --- what a convolution and pooling are, pair by pair; all along two axes ---


def covered(window, offset, stride, padding, dilation, positions):
    """The position of an offset in a window as a number, or None outside the source."""
    place = [
        w * s - p + o * d
        for w, s, p, o, d in zip(window, stride, padding, offset, dilation, strict=True)
    ]
    if all(0 <= at < size for at, size in zip(place, positions, strict=True)):
        return place[0] * positions[1] + place[1]
    return None


def pairs_of_convolution(kernel, positions, windows, stride, padding, dilation, groups):
    """Source, target and weight of each synapse."""
    maps, *size, features = kernel.shape
    return [
        (
            (position * groups + m // (maps // groups)) * features + feature,
            number * maps + m,
            kernel[(m, *offset, feature)],
        )
        for number, window in enumerate(np.ndindex(*windows))
        for offset in np.ndindex(*size)
        if (position := covered(window, offset, stride, padding, dilation, positions)) is not None
        for feature in range(features)
        for m in range(maps)
    ]


def pairs_of_pooling(weight, positions, windows, window, stride, maps):
    return [
        (position * maps + m, number * maps + m, weight)
        for number, place in enumerate(np.ndindex(*windows))
        for offset in np.ndindex(*window)
        if (position := covered(place, offset, stride, (0, 0), (1, 1), positions)) is not None
        for m in range(maps)
    ]


# --- objects against brian2.Synapses ---


def spiking_group(spikes, dt):
    """Neurons that fire as told, in a group that has slices, as spike generators have not."""
    return brian2.NeuronGroup(
        spikes.shape[1],
        "",
        threshold="told(t, i) > 0",
        namespace={"told": brian2.TimedArray(spikes.astype(float), dt=dt)},
        dt=dt,
    )


def run_shared_and_stock(make_shared, pairs, sources, targets, world):
    """Present the same random spikes to both, on slices in the middle of larger groups."""
    before, after, delay, refractory, seed = world
    rng = np.random.default_rng(seed)
    everything = spiking_group(rng.random((STEPS, before + sources + after)) < 0.4, DT)
    received, expected = (
        brian2.NeuronGroup(
            after + targets + before,
            "dv/dt = 0*Hz : 1 (unless refractory)\nn : integer"
            if refractory
            else "v : 1\nn : integer",
            threshold="v > 1",
            reset="v -= 1",
            refractory=2 * DT if refractory else False,
            method="euler",
            dt=DT,
        )
        for _ in range(2)
    )
    received.v = expected.v = rng.choice(WEIGHTS, len(received))
    monitors = [brian2.SpikeMonitor(group) for group in (received, expected)]
    source = everything[before : before + sources]
    shared = make_shared(source, received[after : after + targets], delay * DT if delay else None)
    objects = [everything, source, received, expected, shared, *monitors]
    if pairs:
        i, j, weight = map(np.array, zip(*pairs, strict=True))
        stock = brian2.Synapses(
            source,
            expected[after : after + targets],
            "w : 1",
            on_pre="v += w\nn += 1",
            delay=delay * DT,
            dt=DT,
        )
        stock.connect(i=i, j=j)
        stock.w = weight
        objects.append(stock)
    brian2.Network(objects).run(STEPS * DT)
    np.testing.assert_array_equal(received.v, expected.v)
    np.testing.assert_array_equal(monitors[0].i, monitors[1].i)
    np.testing.assert_array_equal(monitors[0].t, monitors[1].t)
    assert int(shared.events[:]) == expected.n[:].sum()


worlds = st.tuples(
    st.integers(0, 3),  # neurons before the slice, and after it
    st.integers(0, 3),
    st.integers(0, 3),  # steps of delay
    st.booleans(),  # refractory
    st.integers(0, 1000),  # seed
)


def pair(low, high):
    return st.tuples(st.integers(low, high), st.integers(low, high))


convolutions = {
    "features": st.integers(1, 3),
    "maps": st.integers(1, 3),
    "groups": st.integers(1, 3),
    "width": pair(1, 3),
    "positions": pair(1, 5),
    "windows": pair(1, 4),
    "stride": pair(1, 3),
    "padding": pair(0, 2),
    "dilation": pair(1, 2),
    "world": worlds,
}


def random_kernel(shape, world):
    return np.random.default_rng(world[-1] + 1).choice(WEIGHTS, shape)


@settings(max_examples=20)
@given(**convolutions)
@example(  # windows beyond all ends
    features=1, maps=2, groups=2, width=(2, 3), positions=(2, 3), windows=(4, 4), stride=(1, 1),
    padding=(2, 1), dilation=(1, 2), world=(2, 1, 1, True, 0),
)  # fmt: skip
def test_a_convolution_of_an_image_equals_unrolled_synapses(
    features, maps, groups, width, positions, windows, stride, padding, dilation, world
):
    kernel = random_kernel((maps * groups, *width, features), world)
    run_shared_and_stock(
        lambda source, target, delay: ConvolutionalSynapses(
            source, target, kernel, shape=positions, windows=windows, stride=stride,
            padding=padding, dilation=dilation, groups=groups, delay=delay,
        ),
        pairs_of_convolution(kernel, positions, windows, stride, padding, dilation, groups),
        int(np.prod(positions)) * features * groups,
        int(np.prod(windows)) * maps * groups,
        world,
    )  # fmt: skip


row = {
    "width": st.integers(1, 5),
    "positions": st.integers(1, 7),
    "windows": st.integers(1, 9),
    "stride": st.integers(1, 3),
    "padding": st.integers(0, 3),
    "dilation": st.integers(1, 2),
    "features": st.integers(1, 70),
    "maps": st.integers(1, 40),
}


@settings(max_examples=20)
@given(**convolutions | row)
@example(  # windows beyond both ends, one map more than fills vectors of four and of eight
    features=3, maps=9, groups=1, width=4, positions=2, windows=9, stride=1, padding=3, dilation=1,
    world=(2, 1, 0, False, 0),
)  # fmt: skip
@example(  # no window reaches the source
    features=2, maps=2, groups=1, width=1, positions=3, windows=1, stride=1, padding=3, dilation=1,
    world=(0, 0, 0, False, 0),
)  # fmt: skip
def test_a_convolution_equals_unrolled_synapses(
    features, maps, groups, width, positions, windows, stride, padding, dilation, world
):
    kernel = random_kernel((maps * groups, width, features), world)
    run_shared_and_stock(
        lambda source, target, delay: ConvolutionalSynapses(
            source, target, kernel, stride=stride, padding=padding, dilation=dilation,
            groups=groups, delay=delay,
        ),
        pairs_of_convolution(
            kernel[:, None], (1, positions), (1, windows), (1, stride), (0, padding), (1, dilation),
            groups,
        ),
        positions * features * groups,
        windows * maps * groups,
        world,
    )  # fmt: skip


@settings(max_examples=20)
@given(
    maps=st.integers(1, 20),
    positions=pair(1, 7),
    window=st.none() | pair(1, 7),
    stride=st.none() | pair(1, 4),
    axes=st.integers(1, 2),
    world=worlds,
)
def test_pooling_equals_unrolled_synapses(maps, positions, window, stride, axes, world):
    if axes == 1:
        positions = 1, positions[1]
    width = np.minimum(window or positions, positions)
    step = np.where(np.array(positions) > 1, stride or width, 1)
    windows = (np.array(positions) - width) // step + 1
    given_window = None if window is None else width[-axes:]
    given_stride = None if stride is None else step[-axes:]
    run_shared_and_stock(
        lambda source, target, delay: PoolingSynapses(
            source, target, maps=maps, shape=None if axes == 1 else positions, window=given_window,
            stride=given_stride, w=0.75, delay=delay,
        ),
        pairs_of_pooling(0.75, positions, windows, width, step, maps),
        int(np.prod(positions)) * maps,
        int(np.prod(windows)) * maps,
        world,
    )  # fmt: skip


def test_a_convolution_of_an_image_is_that_of_torch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    kernel, image = rng.normal(size=(6, 2, 3, 2)), rng.random((1, 4, 7, 6)) < 0.5
    options = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 2}
    expected = torch.nn.functional.conv2d(*map(torch.tensor, (image * 1.0, kernel)), **options)
    source = spiking_group(image[0].transpose(1, 2, 0).reshape(1, -1), DT)
    target = brian2.NeuronGroup(expected.numel(), "v : 1", dt=DT)
    synapses = ConvolutionalSynapses(
        source, target, kernel.transpose(0, 2, 3, 1), shape=(7, 6), **options
    )
    brian2.Network(source, target, synapses).run(DT)
    assert synapses.windows == expected.shape[2:]
    np.testing.assert_allclose(
        target.v[:], expected[0].permute(1, 2, 0).ravel().numpy(), rtol=1e-12, atol=1e-12
    )


# --- compiled targets ---


def layered():
    """Slices of layers, in one and two dimensions, with delays, refractory neurons and all that."""
    rng = np.random.default_rng(8)
    dt = 1 * ms
    source = spiking_group(rng.random((20, 40)) < 0.4, dt)
    hidden = brian2.NeuronGroup(43, "v : volt", threshold="v > 1*mV", reset="v = 0*mV", dt=dt)
    image = brian2.NeuronGroup(
        40,
        "dv/dt = -v/(5*ms) : 1 (unless refractory)",
        threshold="v > 1",
        reset="v = 0",
        refractory=3 * dt,
        method="exact",
        dt=dt,
    )
    output = brian2.NeuronGroup(20, "v : 1", dt=dt, dtype=np.float32)
    layers = hidden[2:42], output[3:18]  # 8 windows of 5 maps, and 3 of 5
    return (
        source,
        hidden,
        image,
        output,
        ConvolutionalSynapses(
            source[4:28], layers[0], rng.normal(0.2, 0.5, (5, 3, 3)) * mV, padding=1
        ),
        ConvolutionalSynapses(*layers, rng.normal(0.2, 0.5, (5, 2, 5)), stride=3),
        ConvolutionalSynapses(  # 3 x 6 positions of 2 features; 2 x 4 windows of 4 maps
            source[4:], image[5:37], rng.normal(0.2, 0.5, (4, 2, 2, 1)), shape=(3, 6), groups=2,
            padding=(1, 1), stride=(2, 2), windows=(2, 4), dilation=(1, 2), delay=2 * dt,
        ),
        PoolingSynapses(*layers, maps=5, shape=(2, 4), window=2, stride=1, w=0.5, when="start",
            delay=1 * dt),
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")
@pytest.mark.parametrize("target", ["cython", "cpp_standalone"])
def test_compiled_targets_equal_numpy(target, tmp_path):
    def results():
        objects = _, hidden, image, output, *synapses = layered()
        monitor = brian2.SpikeMonitor(image)
        brian2.Network(objects, monitor).run(20 * ms)
        if brian2.get_device() is not runtime_device:
            brian2.device.build(directory=str(tmp_path), compile=False, run=False)
            compile_program(tmp_path)
            brian2.device.run(directory=str(tmp_path), with_output=False, run_args=[])
        weights = [pathway.w[:] for pathway in synapses]
        events = [int(pathway.events[:]) for pathway in synapses]
        values = hidden.v, image.v, output.v, monitor.i, *weights
        return events, *(np.array(value) for value in values)

    expected = results()
    if target == "cpp_standalone":
        brian2.set_device(target, build_on_run=False)
    try:
        with codegen_target("numpy" if target == "cpp_standalone" else target):
            found = results()
    finally:
        if target == "cpp_standalone":
            brian2.device.reinit()
            reset_device()
    assert min(expected[0]) > 0
    assert len(expected[4]) > 0
    assert found[0] == expected[0]
    for one, other in zip(found, expected, strict=True):
        tolerance = 1e-5 if np.asarray(other).dtype == np.float32 else 1e-12
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)
