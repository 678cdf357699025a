import shutil
import subprocess
from pathlib import Path

import brian2
import numpy as np
import pytest
from brian2 import ms, mV, volt
from brian2.codegen.cpp_prefs import get_compiler_and_args
from brian2.codegen.runtime.cython_rt import CythonCodeObject
from brian2.codegen.runtime.numpy_rt import NumpyCodeObject
from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject
from brian2.devices.device import reset_device
from hypothesis import example, given, settings
from hypothesis import strategies as st

import networks.brian
from networks.brian import BrianNetwork, ConvolutionalSynapses, PoolingSynapses, SpikeStimulus
from networks.brian.backends import codegen_target
from networks.brian.numpy_kernels import convolve, pool
from networks.brian.targets import with_templates

HEADERS = Path(networks.brian.__file__).parent / "templates/common"
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


DRIVER = """
#include "convolve.h"
#include <cstdio>
#include <vector>

template <class T> std::vector<T> read(int64_t size)
{
    std::vector<T> values(size);
    if (fread(values.data(), sizeof(T), size, stdin) != (size_t)size)
        throw "truncated";
    return values;
}

template <class T> void run(const std::vector<int64_t>& n)
{
    const std::vector<int32_t> spikes = read<int32_t>(n[0]);
    const std::vector<T> w = read<T>(n[1]);
    std::vector<T> v = read<T>(n[2]);
    const int64_t events = n[3]
        ? shared_weights::convolve(
            spikes.data(), n[0], n[4], n[5], w.data(), n[6], n[7], n[8], n[9], n[10], v.data(),
            n[11])
        : shared_weights::pool(spikes.data(), n[0], n[4], n[5], w[0], n[6], n[7], v.data(), n[2]);
    fwrite(&events, sizeof(events), 1, stdout);
    fwrite(v.data(), sizeof(T), v.size(), stdout);
}

int main()
{
    for (int64_t cases = read<int64_t>(1)[0]; cases > 0; cases--) {
        const std::vector<int64_t> n = read<int64_t>(13);
        n[12] == 8 ? run<double>(n) : run<float>(n);
    }
}
"""


def compile_driver(folder, source):
    compiler = next(filter(shutil.which, ("g++", "clang++", "c++")), None)
    if compiler is None:
        pytest.skip("needs a C++ compiler")
    (folder / "driver.cpp").write_text(source)
    _, options = get_compiler_and_args()
    subprocess.run(
        [compiler, *options, f"-I{HEADERS}", "driver.cpp", "-o", "driver"], cwd=folder, check=True
    )
    return folder / "driver"


def random_convolution(rng, dtype):
    features, width = rng.integers(1, 200), rng.integers(1, 6)
    maps = rng.choice([rng.integers(1, 41), rng.integers(41, 200)])
    positions, windows = rng.integers(1, 9), rng.integers(1, 12)
    stride, padding, before, after = rng.integers([1, 0, 0, 0], [4, 4, 9, 9])
    spikes = np.flatnonzero(
        rng.random(before + positions * features + after) < rng.choice([0, 0.05, 0.5, 1])
    )
    if rng.random() < 0.5:
        rng.shuffle(spikes)
    return (
        convolve,
        spikes.astype(np.int32),
        rng.normal(size=width * features * maps).astype(dtype),
        rng.normal(size=windows * maps).astype(dtype),
        (before, positions, features, width, maps, stride, padding, windows),
    )


def random_pooling(rng, dtype):
    maps, positions, targets = rng.integers(1, 50), rng.integers(1, 9), rng.integers(1, 5)
    before, after = rng.integers(0, 9, 2)
    spikes = np.flatnonzero(rng.random(before + positions * maps + after) < rng.random())
    rng.shuffle(spikes)
    return (
        pool,
        spikes.astype(np.int32),
        rng.normal(size=1).astype(dtype),
        rng.normal(size=targets * maps).astype(dtype),
        (before, before + positions * maps, rng.integers(1, 10), maps, 0, 0, 0, 0),
    )


def test_the_header_adds_the_same_as_the_numpy_kernels(tmp_path):
    driver = compile_driver(tmp_path, DRIVER)
    rng = np.random.default_rng(0)
    cases = [
        make(rng, dtype)
        for make in (random_convolution, random_pooling)
        for dtype in (np.float64, np.float32)
        for _ in range(150)
    ]
    blocks = [np.int64(len(cases)).tobytes()]
    for kernel, spikes, w, v, numbers in cases:
        sizes = len(spikes), len(w), len(v), kernel is convolve, *numbers, v.itemsize
        blocks += [np.array(sizes, dtype=np.int64), spikes, w, v]
    answer = subprocess.run(
        [driver], input=b"".join(map(bytes, blocks)), capture_output=True, check=True
    ).stdout
    place = 0
    for kernel, spikes, w, v, numbers in cases:
        if kernel is convolve:
            start, positions, features, width, maps, stride, padding, _ = numbers
            events = convolve(
                spikes, start, positions, w, features, width, maps, stride, padding, v
            )
            message = f"convolution {numbers}, {len(spikes)} spikes, {v.dtype}"
        else:
            events = pool(spikes, *numbers[:2], w[0], *numbers[2:4], v)
            message = f"pooling {numbers[:4]}, {len(spikes)} spikes, {v.dtype}"
        (counted,) = np.frombuffer(answer, np.int64, 1, place)
        found = np.frombuffer(answer, v.dtype, len(v), place + 8)
        place += 8 + v.nbytes
        assert counted == events, message
        tolerance = 1e-11 if v.dtype == np.float64 else 1e-3
        np.testing.assert_allclose(found, v, rtol=tolerance, atol=tolerance, err_msg=message)
    assert place == len(answer)


# --- weights by name ---


def connected(maps=2, width=3, features=2, unit=1, equations="v : 1"):
    source = brian2.SpikeGeneratorGroup(5 * features, np.arange(5), np.zeros(5) * ms)
    target = brian2.NeuronGroup(4 * maps, equations)
    kernel = np.arange(1.0, 1 + maps * width * features).reshape(maps, width, features)
    return source, target, ConvolutionalSynapses(source, target, kernel * unit), kernel


def test_weights_are_in_the_order_offset_feature_map():
    *_, synapses, kernel = connected()
    assert synapses.w[:].shape == (12,)
    np.testing.assert_array_equal(
        synapses.w[:], kernel[synapses.map[:], synapses.offset[:], synapses.feature[:]]
    )
    np.testing.assert_array_equal(synapses.offset[:], np.repeat([0, 1, 2], 4))
    np.testing.assert_array_equal(synapses.map[:], np.tile([0, 1], 6))


def test_weights_are_set_by_value_and_by_part():
    *_, synapses, _ = connected()
    synapses.w = np.arange(12) * 0.5
    np.testing.assert_array_equal(synapses.w[:], np.arange(12) * 0.5)
    synapses.w["map == 1 and offset == 2"] = 7
    np.testing.assert_array_equal(synapses.w[8:], [4, 7, 5, 7])
    assert synapses.kernel[1, 2].tolist() == [7, 7]


def test_weights_are_set_by_an_expression():
    *_, synapses, _ = connected()
    synapses.w = "exp(-offset) * (map + 1)"
    expected = np.exp(-np.arange(3))[:, None] * np.array([1, 2])[:, None, None] * np.ones(2)
    np.testing.assert_allclose(synapses.kernel, expected, rtol=1e-15)


@pytest.mark.parametrize(("unit", "equations"), [(1, "v : 1"), (mV, "v : volt")])
def test_the_kernel_comes_back_and_is_what_is_delivered(unit, equations):
    source, target, synapses, kernel = connected(unit=unit, equations=equations)
    np.testing.assert_allclose(synapses.kernel, kernel * float(unit), rtol=1e-15)
    other = np.random.default_rng(0).normal(size=kernel.shape)
    synapses.kernel = other
    np.testing.assert_array_equal(synapses.kernel, other)
    brian2.Network(source, target, synapses).run(DT)
    # The 5 spikes are both features of positions 0 and 1, and the first of position 2.
    expected = other[:, 0].sum(axis=1) + other[:, 1].sum(axis=1) + other[:, 2, 0]
    np.testing.assert_allclose(np.asarray(target.v)[:2], expected, rtol=1e-12)


def test_weights_have_the_unit_of_the_variable():
    *_, synapses, _ = connected(unit=mV, equations="v : volt")
    assert synapses.w[:].dim == volt.dim
    assert synapses.w[0] == 1 * mV
    synapses.w = "2*mV * (map + 1)"
    assert synapses.w[1] == 4 * mV


@pytest.mark.parametrize(("unit", "equations"), [(mV, "v : 1"), (1, "v : volt"), (ms, "v : volt")])
def test_weights_of_another_unit_are_refused(unit, equations):
    with pytest.raises(brian2.DimensionMismatchError):
        connected(unit=unit, equations=equations)


def test_weights_of_another_unit_cannot_be_set():
    *_, synapses, _ = connected(unit=mV, equations="v : volt")
    with pytest.raises(brian2.DimensionMismatchError):
        synapses.w = 1.0
    with pytest.raises(brian2.DimensionMismatchError):
        synapses.w = "map * ms"


def test_kernels_of_another_shape_cannot_be_set():
    *_, synapses, kernel = connected()
    with pytest.raises(ValueError, match=r"shape \(2, 3, 2\), not \(2, 2, 3\)"):
        synapses.kernel = kernel.transpose(0, 2, 1)


def test_events_are_counted_over_runs_and_cannot_be_set():
    source, target, synapses, _ = connected()
    network = brian2.Network(source, target, synapses)
    network.run(DT)
    first = int(synapses.events[:])
    assert first > 0
    network.run(DT)
    assert synapses.events == first
    with pytest.raises(TypeError, match="read-only"):
        synapses.events = 0


def test_weights_have_the_precision_of_the_variable():
    source = brian2.SpikeGeneratorGroup(2, [0], [0] * ms)
    target = brian2.NeuronGroup(2, "v : 1", dtype=np.float32)
    synapses = ConvolutionalSynapses(source, target, np.full((2, 1, 2), 1 / 3))
    assert synapses.w[:].dtype == np.float32
    brian2.Network(source, target, synapses).run(DT)
    assert target.v[:].tolist() == [np.float32(1 / 3)] * 2


# --- what is refused ---


def groups(sources=4, targets=4, equations="v : 1"):
    return (
        brian2.SpikeGeneratorGroup(sources, [0], [0] * ms),
        brian2.NeuronGroup(targets, equations),
    )


def test_kernels_have_three_axes():
    with pytest.raises(ValueError, match=r"\(maps, width, features\), not \(2, 2\)"):
        ConvolutionalSynapses(*groups(), np.ones((2, 2)))


def test_sizes_are_multiples():
    with pytest.raises(ValueError, match="4 neurons, no multiple of 3 features"):
        ConvolutionalSynapses(*groups(), np.ones((2, 1, 3)))
    with pytest.raises(ValueError, match="4 neurons, no multiple of 3 maps"):
        ConvolutionalSynapses(*groups(), np.ones((3, 1, 2)))
    with pytest.raises(ValueError, match="multiples of 3 maps"):
        PoolingSynapses(*groups(6, 4), maps=3)
    with pytest.raises(ValueError, match="multiples of 3 maps"):
        PoolingSynapses(*groups(4, 6), maps=3)


@pytest.mark.parametrize("option", [{"stride": 0}, {"padding": -1}])
def test_stride_and_padding_have_bounds(option):
    with pytest.raises(ValueError, match="stride is at least 1"):
        ConvolutionalSynapses(*groups(), np.ones((2, 1, 2)), **option)


def test_pooling_windows_are_not_empty():
    with pytest.raises(ValueError, match="at least one position"):
        PoolingSynapses(*groups(), maps=2, window=0)


def test_both_groups_have_one_clock():
    source, _ = groups()
    target = brian2.NeuronGroup(4, "v : 1", dt=0.2 * ms)
    with pytest.raises(ValueError, match="different clocks"):
        ConvolutionalSynapses(source, target, np.ones((2, 1, 2)))


def test_the_source_has_to_spike():
    _, target = groups()
    for silent in (brian2.NeuronGroup(4, "v : 1"), range(4)):
        with pytest.raises(TypeError, match="has to spike"):
            PoolingSynapses(silent, target, maps=2)


@pytest.mark.parametrize(
    ("equations", "message"),
    [
        ("x : 1", "no variable 'v'"),
        ("v : 1 (shared)", "no variable 'v' with a value per neuron"),
        ("v = 1 : 1", "no variable 'v' with a value per neuron"),
    ],
)
def test_the_target_has_the_variable(equations, message):
    with pytest.raises(TypeError, match=message):
        ConvolutionalSynapses(*groups(equations=equations), np.ones((2, 1, 2)))


def test_what_cannot_be_written_is_no_variable():
    with pytest.raises(TypeError, match="read-only"):
        ConvolutionalSynapses(*groups(), np.ones((2, 1, 2)), variable="i")


def test_linked_variables_are_refused():
    source, target = groups(equations="v : 1 (linked)")
    other = brian2.NeuronGroup(2, "v : 1")
    target.v = brian2.linked_var(other, "v", index=np.array([0, 1, 0, 1]))
    with pytest.raises(TypeError, match="another group's"):
        ConvolutionalSynapses(source, target, np.ones((2, 1, 2)))


def test_refractory_variables_are_refused():
    source, _ = groups()
    target = brian2.NeuronGroup(
        4, "dv/dt = -v / ms : 1 (unless refractory)", threshold="v > 1", refractory=1 * ms
    )
    with pytest.raises(TypeError, match="unless refractory"):
        ConvolutionalSynapses(source, target, np.ones((2, 1, 2)))


def test_other_targets_have_no_templates():
    class GeNNCodeObject(NumpyCodeObject):
        pass

    with pytest.raises(NotImplementedError, match="not on GeNNCodeObject; use brian2.Synapses"):
        with_templates(GeNNCodeObject)


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
            with pytest.raises(KeyError, match="No template"):
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


def test_a_network_stores_and_restores_weights_and_events():
    source, target, synapses, kernel = connected()
    network = brian2.Network(source, target, synapses)
    network.store()
    network.run(DT)
    synapses.w = 0
    network.restore()
    assert synapses.events == 0
    np.testing.assert_array_equal(synapses.kernel, kernel)
