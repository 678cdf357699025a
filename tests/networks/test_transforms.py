"""Transforms: what they say of themselves, against each other and against PyTorch."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn import functional

from networks.description import Connection
from networks.pytorch.transforms import currents
from networks.transforms import (
    AveragePooling,
    Chain,
    Convolution,
    Dense,
    Flattening,
    Scaling,
    SumPooling,
    Transform,
    transform_kinds,
)

paddings = st.tuples(st.integers(0, 2), st.integers(0, 2))


def per_axis(axes, numbers):
    return st.tuples(*[numbers] * axes)


def array(draw, *shape):
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    return rng.normal(size=shape)


@st.composite
def convolutions(draw, source):
    axes = len(source) - 1
    groups = draw(st.sampled_from([g for g in (1, 2, 3) if source[-1] % g == 0]))
    maps = groups * draw(st.integers(1, 2))
    width = draw(per_axis(axes, st.integers(1, 3)))
    return Convolution(
        array(draw, maps, *width, source[-1] // groups),
        draw(st.none() | st.just(array(draw, maps))),
        draw(per_axis(axes, st.integers(1, 3))),
        draw(per_axis(axes, paddings)),
        draw(per_axis(axes, st.integers(1, 2))),
        groups,
    )


@st.composite
def poolings(draw, source):
    kind = draw(st.sampled_from([SumPooling, AveragePooling]))
    if draw(st.booleans()):
        return kind()
    axes = len(source) - 1
    return kind(
        draw(per_axis(axes, st.integers(1, 4))),
        draw(st.none() | per_axis(axes, st.integers(1, 3))),
        draw(per_axis(axes, paddings)),
    )


@st.composite
def transforms(draw, source):
    options = ["dense", "scaling", "flattening"]
    options += ["convolution", "pooling"] * 3 if len(source) > 1 else []
    kind = draw(st.sampled_from(options))
    if kind == "convolution":
        return draw(convolutions(source))
    if kind == "pooling":
        return draw(poolings(source))
    if kind == "dense":
        bias = draw(st.none() | st.just(array(draw, 3)))
        return Dense(array(draw, 3, int(np.prod(source))), bias)
    if kind == "scaling":
        return Scaling(draw(st.just(0.5) | st.just(array(draw, *source))))
    return Flattening()


sources = st.sampled_from([(7, 6), (5, 2), (4, 5, 6), (6, 3, 2), (4,)])


def in_pytorch(links, trains):
    trains = torch.from_numpy(trains).double()
    for link in links:
        weights = {
            field: torch.tensor(getattr(link, field)).double()
            for field in link.trained
            if getattr(link, field) is not None
        }
        trains = currents(link, weights, trains)
    return trains.numpy()


def check(transform, links, source, seed):
    """See that a transform's shape, matrix and constant are what PyTorch computes."""
    trains = np.random.default_rng(seed).random((3, *source)) < 0.5
    found = in_pytorch(links, trains)
    assert found.shape[1:] == transform.shape(source)
    matrix, constant = transform.matrix(source), transform.constant(source)
    assert matrix.shape == (found[0].size, trains[0].size)
    expected = (matrix @ trains.reshape(3, -1).T).T.reshape(found.shape)
    expected = expected if constant is None else expected + constant
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
    fan_out = np.broadcast_to(transform.fan_out(source), source)
    np.testing.assert_array_equal(fan_out.ravel(), np.diff(matrix.tocsc().indptr))
    if constant is not None:
        assert constant.shape == transform.shape(source)


@settings(max_examples=300)
@given(data=st.data(), source=sources, seed=st.integers(0, 100))
def test_matrices_are_what_pytorch_computes(data, source, seed):
    transform = data.draw(transforms(source))
    try:
        transform.shape(source)
    except ValueError:
        assume(False)
    check(transform, [transform], source, seed)


@settings(max_examples=150)
@given(data=st.data(), source=sources, seed=st.integers(0, 100))
def test_chains_are_their_links_in_a_row(data, source, seed):
    links, shape = [], source
    for _ in range(data.draw(st.integers(1, 4))):
        link = data.draw(transforms(shape))
        try:
            shape = link.shape(shape)
        except ValueError:
            assume(False)
        links.append(link)
    chain = Chain(tuple(links))
    assert chain.shapes(source)[-1] == shape
    check(chain, Connection(("a",), "b", chain).links, source, seed)


def test_synapses_of_weight_zero_are_counted():
    for transform, source, count in [
        (Dense(np.zeros((3, 4))), (4,), 12),
        (Convolution(np.zeros((2, 3, 4))), (5, 4), 2 * 3 * 3 * 4),
        (Scaling(0.0), (4, 2), 8),
    ]:
        assert transform.matrix(source).nnz == count
        assert np.broadcast_to(transform.fan_out(source), source).sum() == count


def test_a_convolution_along_one_axis_by_hand():
    rng = np.random.default_rng(0)
    weight, bias = rng.normal(size=(4, 2, 3)), rng.normal(size=4)
    transform = Convolution(weight, bias, stride=2, padding=((1, 2),), dilation=3)
    spikes = rng.random((6, 3))
    padded = np.vstack([np.zeros((1, 3)), spikes, np.zeros((2, 3))])
    expected = [
        [(weight[m] * padded[[2 * p, 2 * p + 3]]).sum() + bias[m] for m in range(4)]
        for p in range(3)
    ]
    np.testing.assert_allclose(in_pytorch([transform], spikes[None])[0], expected)


def test_a_convolution_along_two_axes_is_that_of_pytorch():
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(2, 5, 6, 4, generator=generator, dtype=torch.float64)
    weight = torch.randn(6, 3, 2, 2, generator=generator, dtype=torch.float64)
    bias = torch.randn(6, generator=generator, dtype=torch.float64)
    options = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 2}
    transform = Convolution(weight.numpy(), bias.numpy(), **options)
    expected = functional.conv2d(
        images.permute(0, 3, 1, 2), weight.permute(0, 3, 1, 2), bias, **options
    )
    found = in_pytorch([transform], images.numpy())
    np.testing.assert_allclose(found, expected.permute(0, 2, 3, 1).numpy())


def test_poolings_are_those_of_pytorch():
    images = torch.rand(2, 6, 6, 3, dtype=torch.float64)
    average = functional.avg_pool2d(images.permute(0, 3, 1, 2), (3, 2), (2, 2), (1, 1))
    average = average.permute(0, 2, 3, 1).numpy()
    options = {"window": (3, 2), "stride": (2, 2), "padding": (1, 1)}
    for kind, factor in ((AveragePooling, 1), (SumPooling, 6)):
        found = in_pytorch([kind(**options)], images.numpy())
        np.testing.assert_allclose(found, average * factor)
    for kind, factor in ((AveragePooling, 1), (SumPooling, 36)):
        found = in_pytorch([kind()], images.numpy())
        np.testing.assert_allclose(found, images.mean(dim=(1, 2)).numpy() * factor)


def test_weights_are_those_that_are_given():
    weight = torch.randn(3, 2, 4, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(3, dtype=torch.float64, requires_grad=True)
    trains = torch.rand(5, 6, 4, dtype=torch.float64)
    for options in ({}, {"padding": 1}, {"stride": 2}):
        geometry = Convolution(np.zeros((3, 2, 4)), np.zeros(3), **options)
        result = currents(geometry, {"weight": weight, "bias": bias}, trains)
        grads = torch.autograd.grad(result.square().sum(), (weight, bias))
        assert all(grad.abs().sum() > 0 for grad in grads)


def test_an_unknown_transform_is_refused():
    class Reversal(Transform):
        def shape(self, source):
            return source

        def matrix(self, source):
            return Scaling().matrix(source)[::-1]

    with pytest.raises(TypeError, match="Reversal.*networks/pytorch/transforms.py"):
        currents(Reversal(), {}, torch.zeros(1, 2))


KERNEL = np.ones((2, 3, 4))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Convolution(np.ones((2, 3))), "weight has shape"),
        (lambda: Convolution(np.ones((2, 3, 4, 5, 6))), "weight has shape"),
        (lambda: Convolution(np.full((2, 3, 4), np.nan)), "finite real numbers"),
        (lambda: Convolution(KERNEL > 0), "finite real numbers"),
        (lambda: Convolution(KERNEL, np.ones(3)), "bias has shape"),
        (lambda: Convolution(KERNEL, groups=3), "divided into 3 groups"),
        (lambda: Convolution(KERNEL, groups=0), "groups must be"),
        (lambda: Convolution(KERNEL, stride=0), "stride must be"),
        (lambda: Convolution(KERNEL, stride=1.5), "stride must be"),
        (lambda: Convolution(KERNEL, stride=True), "stride must be"),
        (lambda: Convolution(KERNEL, stride=(1, 1)), "stride needs one number or 1"),
        (lambda: Convolution(KERNEL, dilation=(1, 2)), "dilation needs"),
        (lambda: Convolution(KERNEL, padding=-1), "padding must be"),
        (lambda: Convolution(KERNEL, padding=((1, 2), (3, 4))), "padding needs"),
        (lambda: Dense(np.ones(3)), "weight has shape"),
        (lambda: Dense(np.ones((2, 3)), np.ones(3)), "bias has shape"),
        (lambda: Dense(np.ones((0, 3))), "finite real numbers, at least one"),
        (lambda: Scaling(np.inf), "finite real numbers"),
        (lambda: SumPooling(stride=2), "neither stride nor padding"),
        (lambda: SumPooling((2, 2, 2)), "one axis or two"),
        (lambda: SumPooling(0), "a window must be"),
        (lambda: SumPooling(2, padding="same"), "padding must be|padding needs"),
        (lambda: Chain(()), "at least one"),
        (lambda: Chain([Flattening()]), "a tuple"),
        (lambda: Chain((Chain((Flattening(),)),)), "made of transforms"),
    ],
)
def test_faults_are_found_when_a_transform_is_made(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("transform", "source", "message"),
    [
        (Convolution(KERNEL), (5,), "convolution needs a source of shape"),
        (Convolution(KERNEL), (5, 5, 4), "convolution needs a source of shape"),
        (Convolution(KERNEL), (5, 3), "takes 4 features, and the source has 3"),
        (Convolution(KERNEL), (2, 4), "3 positions wide, and there are only 2"),
        (Convolution(np.ones((2, 3, 3, 4))), (5, 2, 4), "3 positions wide"),
        (SumPooling(), (5,), "needs a source with positions"),
        (SumPooling(2), (5, 5, 4), "pooling needs a source of shape"),
        (SumPooling(6), (5, 4), "6 positions wide"),
        (Dense(np.ones((2, 3))), (4,), "expected \\(neurons, 4\\)"),
        (Scaling(np.ones((2, 3))), (3, 2), "factors have shape"),
    ],
)
def test_sources_that_do_not_fit_are_refused(transform, source, message):
    with pytest.raises(ValueError, match=message):
        transform.shape(source)


def test_transforms_are_values():
    kinds = transform_kinds()
    assert set(kinds) >= {"Dense", "Convolution", "SumPooling", "Scaling", "Flattening"}
    for make in (
        lambda: Convolution(KERNEL, np.ones(2), stride=2),
        lambda: Dense(np.ones((2, 3))),
        lambda: SumPooling(2),
        lambda: Scaling(2.0),
        lambda: Chain((Convolution(KERNEL), SumPooling(2))),
    ):
        assert make() == make()
    assert Convolution(KERNEL) != Convolution(KERNEL.astype(np.float32))
    assert Convolution(KERNEL) != Convolution(KERNEL, stride=2)
    assert Convolution(KERNEL, stride=2) == Convolution(KERNEL, stride=(2,))
    assert SumPooling(2) != AveragePooling(2)
    assert SumPooling(2) == SumPooling((2,), 2, ((0, 0),))
