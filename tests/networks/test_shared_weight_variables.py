"""Weights by name, with units and of any type; and what is refused."""

import brian2
import numpy as np
import pytest
from brian2 import ms, mV, nA, volt

from networks.brian.shared_weights import ConvolutionalSynapses, PoolingSynapses

DT = 0.1 * ms


@pytest.fixture(autouse=True)
def numpy_target():
    before = brian2.prefs.codegen.target
    brian2.prefs.codegen.target = "numpy"
    yield
    brian2.prefs.codegen.target = before


# --- weights by name ---


def connected(maps=2, width=3, features=2, unit=1, equations="v : 1", **options):
    source = brian2.SpikeGeneratorGroup(5 * features, np.arange(5), np.zeros(5) * ms)
    target = brian2.NeuronGroup(4 * maps, equations)
    kernel = np.arange(1.0, 1 + maps * width * features).reshape(maps, width, features)
    return source, target, ConvolutionalSynapses(source, target, kernel * unit, **options), kernel


def of_an_image():
    source = brian2.SpikeGeneratorGroup(4 * 5 * 2, [0], [0] * ms)
    kernel = np.arange(1.0, 37).reshape(3, 2, 3, 2)
    target = brian2.NeuronGroup(3 * 3 * 3, "v : 1")
    return ConvolutionalSynapses(source, target, kernel, shape=(4, 5)), kernel


def test_weights_are_in_the_order_offset_feature_map():
    *_, synapses, kernel = connected()
    assert synapses.w[:].shape == (12,)
    np.testing.assert_array_equal(
        synapses.w[:], kernel[synapses.map[:], synapses.offset[:], synapses.feature[:]]
    )
    np.testing.assert_array_equal(synapses.offset[:], np.repeat([0, 1, 2], 4))
    np.testing.assert_array_equal(synapses.map[:], np.tile([0, 1], 6))


def test_weights_of_an_image_have_rows_and_columns():
    synapses, kernel = of_an_image()
    place = synapses.map[:], synapses.row[:], synapses.column[:], synapses.feature[:]
    np.testing.assert_array_equal(synapses.w[:], kernel[place])
    np.testing.assert_array_equal(synapses.kernel, kernel)
    np.testing.assert_array_equal(np.unique(place[1]), [0, 1])
    np.testing.assert_array_equal(np.unique(place[2]), [0, 1, 2])
    synapses.w = "row * 10 + column"
    np.testing.assert_array_equal(synapses.kernel[2, :, :, 1], [[0, 1, 2], [10, 11, 12]])


def test_weights_are_set_by_value_and_by_part():
    *_, synapses, _ = connected()
    synapses.w = np.arange(12) * 0.5
    np.testing.assert_array_equal(synapses.w[:], np.arange(12) * 0.5)
    synapses.w["map == 1 and offset == 2"] = 7
    np.testing.assert_array_equal(synapses.w[8:], [4, 7, 5, 7])
    assert synapses.kernel[1, 2].tolist() == [7, 7]


def test_weights_are_set_by_an_expression():
    *_, synapses, _ = connected()
    scale = 3  # found where the statement is
    synapses.w = "scale * exp(-offset) * (map + 1)"
    expected = scale * np.exp(-np.arange(3))[:, None] * np.array([1, 2])[:, None, None] * np.ones(2)
    np.testing.assert_allclose(synapses.kernel, expected, rtol=1e-15)


# --- kernels with their units ---


@pytest.mark.parametrize(("unit", "equations"), [(1, "v : 1"), (mV, "v : volt")])
def test_the_kernel_comes_back_and_is_what_is_delivered(unit, equations):
    source, target, synapses, kernel = connected(unit=unit, equations=equations)
    np.testing.assert_allclose(synapses.kernel_, kernel * float(unit), rtol=1e-15)
    assert type(synapses.kernel) is (np.ndarray if equations == "v : 1" else brian2.Quantity)
    other = np.random.default_rng(0).normal(size=kernel.shape)
    synapses.kernel = other * unit
    np.testing.assert_array_equal(synapses.kernel, other * unit)
    synapses.kernel = synapses.kernel
    np.testing.assert_array_equal(synapses.kernel, other * unit)
    brian2.Network(source, target, synapses).run(DT)
    # The 5 spikes are both features of positions 0 and 1, and the first of position 2.
    expected = other[:, 0].sum(axis=1) + other[:, 1].sum(axis=1) + other[:, 2, 0]
    np.testing.assert_allclose(np.asarray(target.v)[:2], expected * float(unit), rtol=1e-12)


def test_the_kernel_is_set_without_its_unit_by_its_name_with_an_underscore():
    *_, synapses, kernel = connected(unit=mV, equations="v : volt")
    synapses.kernel_ = kernel * 2
    np.testing.assert_array_equal(synapses.kernel, kernel * 2 * volt)


def test_weights_have_the_unit_of_the_variable():
    *_, synapses, _ = connected(unit=mV, equations="v : volt")
    assert synapses.w[:].dim == synapses.kernel.dim == volt.dim
    assert synapses.w[0] == 1 * mV
    synapses.w = "2*mV * (map + 1)"
    assert synapses.w[1] == 4 * mV


@pytest.mark.parametrize(("unit", "equations"), [(mV, "v : 1"), (1, "v : volt"), (ms, "v : volt")])
def test_weights_of_another_unit_are_refused(unit, equations):
    with pytest.raises(brian2.DimensionMismatchError):
        connected(unit=unit, equations=equations)
    with pytest.raises(brian2.DimensionMismatchError):
        PoolingSynapses(*groups(equations=equations), maps=4, w=2 * unit)


@pytest.mark.parametrize("unit", [1, nA])
def test_weights_of_another_unit_cannot_be_set(unit):
    *_, synapses, kernel = connected(unit=mV, equations="v : volt")
    for name, value in (
        ("w", 2 * unit),
        ("w", "map * ms"),
        ("kernel", 2 * np.ones((2, 3, 2)) * unit),
    ):
        with pytest.raises(brian2.DimensionMismatchError):
            setattr(synapses, name, value)
    np.testing.assert_allclose(synapses.kernel_, kernel / 1000)


def test_weights_are_set_in_place():
    *_, synapses, kernel = connected(unit=mV, equations="v : volt")
    synapses.w *= 2
    synapses.w_ *= 5
    synapses.w += 1 * mV
    np.testing.assert_allclose(synapses.kernel_, kernel / 100 + 1e-3)
    with pytest.raises(brian2.DimensionMismatchError):
        synapses.w += 1 * nA


# --- kernels of any type ---


def as_list(kernel):
    return kernel.tolist()


def as_quantities(kernel):
    return [[[value * mV for value in row] for row in rows] for rows in kernel]


def as_xarray(kernel):
    return pytest.importorskip("xarray").DataArray(kernel, attrs={"dim": "unused"})


def as_tensor(kernel):
    return pytest.importorskip("torch").tensor(kernel)


def as_parameter(kernel):
    torch = pytest.importorskip("torch")
    return torch.nn.Parameter(torch.tensor(kernel, dtype=torch.float32))


def as_bfloat16(kernel):
    return pytest.importorskip("torch").tensor(kernel).bfloat16()


@pytest.mark.parametrize(
    "as_type",
    [as_list, as_quantities, as_xarray, as_tensor, as_parameter, as_bfloat16, np.int8, np.float32],
)
def test_kernels_are_of_any_type(as_type):
    unit, equations = (mV, "v : volt") if as_type is as_quantities else (1, "v : 1")
    kernel = np.arange(12.0).reshape(2, 3, 2)
    source, target, expected, _ = connected(unit=unit, equations=equations)
    synapses = ConvolutionalSynapses(source, target, as_type(kernel))
    np.testing.assert_allclose(synapses.kernel_, kernel * float(unit), rtol=1e-15)
    assert synapses.kernel.base is None or synapses.kernel.base is not kernel
    expected.kernel = as_type(kernel)
    np.testing.assert_allclose(expected.kernel_, kernel * float(unit), rtol=1e-15)
    expected.w = as_type(kernel.ravel()) if as_type is not as_quantities else kernel.ravel() * mV
    np.testing.assert_allclose(expected.w_[:], kernel.ravel() * float(unit), rtol=1e-15)


@pytest.mark.parametrize("kernel", [np.ones((2, 1, 2)) * 1j, [[["1", "2"]]], np.array([[[None]]])])
def test_kernels_are_real_numbers(kernel):
    with pytest.raises(TypeError):
        ConvolutionalSynapses(*groups(), kernel)


def test_kernels_have_rows_of_one_length():
    with pytest.raises(ValueError, match="rows of the same length"):
        ConvolutionalSynapses(*groups(), [[[1, 2], [3]]])


def test_kernels_of_another_shape_cannot_be_set():
    *_, synapses, kernel = connected()
    with pytest.raises(ValueError, match=r"shape \(2, 3, 2\), not \(2, 2, 3\)"):
        synapses.kernel = kernel.transpose(0, 2, 1)


def test_weights_have_the_precision_of_the_variable():
    source = brian2.SpikeGeneratorGroup(2, [0], [0] * ms)
    target = brian2.NeuronGroup(2, "v : 1", dtype=np.float32)
    synapses = ConvolutionalSynapses(source, target, np.full((2, 1, 2), 1 / 3))
    assert synapses.w[:].dtype == np.float32
    brian2.Network(source, target, synapses).run(DT)
    assert target.v[:].tolist() == [np.float32(1 / 3)] * 2


def test_weights_onto_integers_are_whole():
    source, target = groups(equations="v : integer")
    synapses = ConvolutionalSynapses(source, target, 2 * np.ones((2, 1, 2)))
    brian2.Network(source, target, synapses).run(DT)
    assert target.v[:].tolist() == [2, 2, 0, 0]
    for weights in 0.5, np.full(4, 1.5):
        with pytest.raises(ValueError, match="whole numbers"):
            synapses.w = weights


# --- what is refused ---


def groups(sources=4, targets=4, equations="v : 1"):
    return (
        brian2.SpikeGeneratorGroup(sources, [0], [0] * ms),
        brian2.NeuronGroup(targets, equations),
    )


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 2), r"\(maps, width, features\) or \(maps, height, width, features\), not \(2, 2\)"),
        ((0, 1, 2), r"an axis of the kernel is empty, its shape is \(0, 1, 2\)"),
        ((2, 1, 0), "an axis of the kernel is empty"),
        ((2, 0, 1, 2), "an axis of the kernel is empty"),
        ((2, 1, 3), "4 neurons, no multiple of 3 features"),
        ((3, 1, 2), "4 neurons, no multiple of 3 maps"),
        ((2, 1, 1, 2), r"as shape=\(rows, columns\)"),
    ],
)
def test_kernels_that_do_not_fit(shape, message):
    with pytest.raises(ValueError, match=message):
        ConvolutionalSynapses(*groups(), np.ones(shape))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shape": (2, 2)}, "shape is one whole number, or one for each of 1 axis"),
        ({"shape": 3}, "3 positions of 2 features are 6 neurons, and spikegenerator.* has 4"),
        ({"windows": 3}, "3 windows of 2 maps are 6 neurons, and neurongroup.* has 4"),
        ({"groups": 3}, "2 maps cannot be divided into 3 groups"),
    ],
)
def test_sizes_that_do_not_fit(options, message):
    with pytest.raises(ValueError, match=message):
        ConvolutionalSynapses(*groups(), np.ones((2, 1, 2)), **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shape": 6}, r"is \(rows, columns\), not 6"),
        ({"shape": (2, 2)}, "2 × 2 positions of 1 features are 4 neurons, and .* has 6"),
        ({"shape": (2, 3), "stride": (1, 1, 1)}, "stride is one .* or one for each of 2 axes"),
        ({"shape": (2, 3), "padding": 1}, "3 × 4 windows of 1 maps are 12 neurons, and .* has 2"),
        ({"shape": (2, 3), "dilation": (2, 1)}, "covers 3 × 2 positions, more than the 2 × 3"),
    ],
)
def test_images_that_do_not_fit(options, message):
    with pytest.raises(ValueError, match=message):
        ConvolutionalSynapses(*groups(6, 2), np.ones((1, 2, 2, 1)), **options)
    ConvolutionalSynapses(*groups(6, 2), np.ones((1, 2, 2, 1)), shape=(2, 3))


@pytest.mark.parametrize("number", [2.0, np.int64(2), np.float32(2), np.array(2)])
def test_numbers_are_whole_of_any_type(number):
    kernel = np.ones((2, 1, 2))
    for name in "stride", "padding", "dilation", "windows", "shape":
        ConvolutionalSynapses(*groups(), kernel, **{name: number})
    ConvolutionalSynapses(*groups(), kernel[:, :, :1], groups=number)
    PoolingSynapses(*groups(), maps=number, window=1, stride=1)
    PoolingSynapses(*groups(8, 4), maps=2, window=number, stride=number)


@pytest.mark.parametrize("number", [1.5, -1, "2", None, True, float("nan"), 2 * ms, [[1]]])
def test_numbers_that_are_not_whole_are_refused(number):
    kernel = np.ones((2, 1, 2))
    optional = ["windows", "shape"] if number is not None else []
    for name in ["stride", "padding", "dilation", "groups", *optional]:
        with pytest.raises(ValueError, match=name if name != "groups" else "groups is a whole"):
            ConvolutionalSynapses(*groups(), kernel, **{name: number})
    for name in ["maps", *(["window", "stride", "shape"] if number is not None else [])]:
        with pytest.raises(ValueError, match=rf"{name} "):
            PoolingSynapses(*groups(), **{"maps": 2, name: number})


@pytest.mark.parametrize("name", ["stride", "dilation", "groups", "windows", "shape"])
def test_numbers_have_bounds(name):
    with pytest.raises(ValueError, match=f"{name} is a whole number of at least 1, not 0"):
        ConvolutionalSynapses(*groups(), np.ones((2, 1, 2)), **{name: 0})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"maps": 0}, "maps is a whole number of at least 1, not 0"),
        ({"maps": 3}, "multiples of 3 maps"),
        ({"maps": 2, "window": 0}, "window is a whole number of at least 1"),
        ({"maps": 2, "window": 4}, "a window of 4 positions does not fit into the 3 of"),
        ({"maps": 2, "window": 1}, "3 windows lie within .* they are 6 neurons, and .* has 4"),
        ({"maps": 2, "window": 3}, "1 windows lie within .* they are 2 neurons, and .* has 4"),
        ({"maps": 2, "shape": (2, 2)}, r"has 3 positions of 2 maps, and not the shape \(2, 2\)"),
        ({"maps": 2, "shape": (1, 1, 3)}, r"not the shape \(1, 1, 3\)"),
        ({"maps": 2, "w": np.ones(2)}, "a single weight, not 2"),
        ({"maps": 2, "w": []}, "a single weight, not 0"),
    ],
)
def test_pooling_that_does_not_fit(options, message):
    with pytest.raises(ValueError, match=message):
        PoolingSynapses(*groups(6, 4), **options)


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
        ("v : boolean", "nothing to add to"),
    ],
)
def test_the_target_has_the_variable(equations, message):
    with pytest.raises(TypeError, match=message):
        ConvolutionalSynapses(*groups(equations=equations), np.ones((2, 1, 2)))


def test_what_cannot_be_written_is_no_variable():
    with pytest.raises(TypeError, match="read-only"):
        ConvolutionalSynapses(*groups(), np.ones((2, 1, 2)), variable="i")


def test_variables_may_have_any_name():
    source = brian2.NeuronGroup(4, "source : 1\nstart : 1", threshold="i == 0")
    target = brian2.NeuronGroup(4, "source : 1\nstart : 1\nthresholder : 1", threshold="i == 1")
    synapses = PoolingSynapses(
        source, target, maps=4, variable="source", delay=brian2.defaultclock.dt
    )
    back = PoolingSynapses(target, source, maps=4, variable="start", w=2, delay=1 * ms)
    brian2.Network(source, target, synapses, back).run(2 * DT)
    assert target.source[:].tolist() == [1, 0, 0, 0]


def test_linked_variables_are_refused():
    source, target = groups(equations="v : 1 (linked)")
    other = brian2.NeuronGroup(2, "v : 1")
    target.v = brian2.linked_var(other, "v", index=np.array([0, 1, 0, 1]))
    with pytest.raises(TypeError, match="another group's"):
        ConvolutionalSynapses(source, target, np.ones((2, 1, 2)))
