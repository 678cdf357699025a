"""Weights by name, and what is refused."""

import brian2
import numpy as np
import pytest
from brian2 import ms, mV, volt
from brian2.codegen.runtime.numpy_rt import NumpyCodeObject

from networks.brian import ConvolutionalSynapses, PoolingSynapses
from networks.brian.backends import codegen_target
from networks.brian.targets import with_templates

DT = 0.1 * ms


@pytest.fixture(autouse=True)
def numpy_target():
    with codegen_target("numpy"):
        yield


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


def test_a_network_stores_and_restores_weights_and_events():
    source, target, synapses, kernel = connected()
    network = brian2.Network(source, target, synapses)
    network.store()
    network.run(DT)
    synapses.w = 0
    network.restore()
    assert synapses.events == 0
    np.testing.assert_array_equal(synapses.kernel, kernel)


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


@pytest.mark.parametrize("w", [np.ones(2), []])
def test_pooling_has_a_single_weight(w):
    with pytest.raises(ValueError, match="a single weight"):
        PoolingSynapses(*groups(), maps=2, w=w)


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
