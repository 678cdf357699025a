"""What transforms do to tensors.

A function for each kind takes the transform for its geometry, its weights as tensors, which may be
others than the transform's own, and trains of shape ``(batch, *source)``. Steps are part of the
batch: a transform has no memory, so all of a presentation go through it at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch
from math import prod

from torch import Tensor
from torch.nn import functional

from networks.pytorch.convolution import convolve
from networks.transforms import (
    AveragePooling,
    Convolution,
    Dense,
    Flattening,
    Offset,
    Part,
    Pooling,
    Scaling,
    SumPooling,
    Transform,
)
from networks.transforms.windows import Padding

Weights = Mapping[str, Tensor]
"""Weights of a transform by the names of its fields, without those that are None."""


@singledispatch
def currents(transform: Transform, weights: Weights, trains: Tensor) -> Tensor:
    r"""Apply a transform.

    Parameters
    ----------
    transform : Transform
        The geometry; any kind but :class:`~networks.transforms.Chain`, whose links are applied one
        after the other.
    weights : mapping of str to Tensor
        Values of its trained fields.
    trains : Tensor, shape (batch, \*source)
        What goes in.

    Returns
    -------
    Tensor, shape (batch, \*target)
        What comes out.

    Raises
    ------
    TypeError
        If there is no function for this kind.
    """
    raise TypeError(
        f"PyTorch does not know the transform {type(transform).__name__}: register a function for "
        "it with @currents.register in networks/pytorch/transforms.py"
    )


@currents.register
def _(transform: Dense, weights: Weights, trains: Tensor) -> Tensor:
    return _biased(trains.flatten(1) @ weights["weight"].T, weights)


@currents.register
def _(transform: Convolution, weights: Weights, trains: Tensor) -> Tensor:
    plain = transform.groups == 1 and transform.stride == transform.dilation == (1,)
    if plain and transform.padding[0][0] == 0:
        return _biased(convolve(trains, weights["weight"], transform.padding[0][1]), weights)
    run = functional.conv1d if transform.axes == 1 else functional.conv2d
    result = run(
        _padded(trains, transform.padding).movedim(-1, 1),
        weights["weight"].movedim(-1, 1),
        weights.get("bias"),
        stride=transform.stride,
        dilation=transform.dilation,
        groups=transform.groups,
    )
    return result.movedim(1, -1)


@currents.register
def _(transform: SumPooling, weights: Weights, trains: Tensor) -> Tensor:
    return _summed(transform, trains)


@currents.register
def _(transform: AveragePooling, weights: Weights, trains: Tensor) -> Tensor:
    return _summed(transform, trains) / transform.size(tuple(trains.shape[1:]))


@currents.register
def _(transform: Scaling, weights: Weights, trains: Tensor) -> Tensor:
    return trains * weights["weight"]


@currents.register
def _(transform: Offset, weights: Weights, trains: Tensor) -> Tensor:
    return trains + weights["bias"]


@currents.register
def _(transform: Part, weights: Weights, trains: Tensor) -> Tensor:
    row = trains.flatten(1)[:, transform.first : transform.first + prod(transform.size)]
    part: Tensor = row.unflatten(1, transform.size)
    return part


@currents.register
def _(transform: Flattening, weights: Weights, trains: Tensor) -> Tensor:
    if transform.axes is not None:
        trains = trains.permute(0, *(axis + 1 for axis in transform.axes))
    return trains.flatten(1)


def _summed(transform: Pooling, trains: Tensor) -> Tensor:
    """Add up each window."""
    if transform.window is None:
        return trains.flatten(1, -2).sum(dim=1)
    trains = _padded(trains, transform.padding)
    pairs = zip(transform.window, transform.stride or (), strict=True)
    for axis, (width, stride) in enumerate(pairs):
        trains = trains.unfold(1 + axis, width, stride)
    return trains.flatten(-len(transform.window)).sum(dim=-1)


def _padded(trains: Tensor, padding: Padding) -> Tensor:
    """Put silence around the positions."""
    if not any(map(any, padding)):
        return trains
    return functional.pad(trains, (0, 0, *(n for axis in reversed(padding) for n in axis)))


def _biased(result: Tensor, weights: Weights) -> Tensor:
    return result + weights["bias"] if "bias" in weights else result
