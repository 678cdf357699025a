"""The stateless nodes of NIR as transforms.

NIR keeps channels first, (channel, row, column), and a description keeps features last, (row,
column, feature). So kernels are turned, arrays with a number a neuron too, and flattening takes the
axes in NIR's order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from networks.described import Shape
from networks.nir.container import GraphError, Node
from networks.nir.neurons import arranged
from networks.nir.nodes import whole
from networks.nir.structure import PASSING, padding
from networks.transforms import (
    AveragePooling,
    Chain,
    Convolution,
    Dense,
    Flattening,
    Offset,
    Scaling,
    SumPooling,
    Transform,
)


def transform(name: str, node: Node, shape: Shape) -> Transform | None:
    """Return what a stateless node does.

    Parameters
    ----------
    name : str
        Of the node, for errors.
    node : Node
        The node.
    shape : tuple of int
        Of what it hears, channels first.

    Returns
    -------
    Transform or None
        None if it leaves everything as it is.

    Raises
    ------
    GraphError
        If there is no transform for it.
    """
    try:
        return _KINDS[node.type](name, node, shape)
    except GraphError:
        raise
    except ValueError as error:
        raise GraphError(f"node {name!r}, {node.type}: {error}") from error


def _nothing(name: str, node: Node, shape: Shape) -> None:
    return None


def _dense(name: str, node: Node, shape: Shape) -> Transform:
    bias = node.fields.get("bias")
    weight = np.asarray(node.fields["weight"])
    return Dense(weight, None if bias is None else np.asarray(bias))


def _scale(name: str, node: Node, shape: Shape) -> Transform:
    return Scaling(arranged(np.asarray(node.fields["scale"]), shape))


def _convolution(name: str, node: Node, shape: Shape) -> Transform:
    weight, axes = np.asarray(node.fields["weight"]), int(node.type[4])
    given = node.fields.get("bias")
    bias = None
    if given is not None:
        bias = np.broadcast_to(np.asarray(given), weight.shape[:1])
    return Convolution(
        np.moveaxis(weight, 1, -1),
        bias if bias is not None and bias.any() else None,
        stride=whole(name, node, "stride", axes, 1),
        padding=padding(name, node, axes),
        dilation=whole(name, node, "dilation", axes, 1),
        groups=whole(name, node, "groups", 1, 1)[0],
    )


def _pooling(kind: type[SumPooling] | type[AveragePooling]) -> Callable[..., Transform]:
    def pooled(name: str, node: Node, shape: Shape) -> Transform:
        window, stride = (whole(name, node, f, 2, 1) for f in ("kernel_size", "stride"))
        return kind(window, stride, padding(name, node, 2))

    return pooled


def _flattening(name: str, node: Node, shape: Shape) -> Transform | None:
    axes = len(shape)
    return Flattening((axes - 1, *range(axes - 1))) if axes > 1 else None


_KINDS = {
    "Linear": _dense,
    "Affine": _dense,
    "Scale": _scale,
    "Conv1d": _convolution,
    "Conv2d": _convolution,
    "SumPool2d": _pooling(SumPooling),
    "AvgPool2d": _pooling(AveragePooling),
    "Flatten": _flattening,
    "Output": _nothing,
    PASSING: _nothing,
}
STATELESS = tuple(_KINDS)


def without_bias(link: Transform) -> Transform:
    """Return a transform without its constant current."""
    return replace(link, bias=None) if isinstance(link, Dense | Convolution) else link


def multiplied(links: list[Transform], factor: float | np.ndarray) -> list[Transform]:
    """Multiply what a chain gives, in its last weights if they can hold it.

    Parameters
    ----------
    links : list of Transform
        The chain.
    factor : float or numpy.ndarray
        For all currents, or one for each in the shape of the target.

    Returns
    -------
    list of Transform
        A chain.
    """
    if np.ndim(factor) == 0 and factor == 1:
        return links
    last = links[-1] if links else None
    if isinstance(last, Dense):
        rows = np.broadcast_to(np.ravel(factor), (len(last.weight),))
        bias = None if last.bias is None else last.bias.astype(np.float64) * rows
        weight = last.weight.astype(np.float64) * rows[:, None]
        return [*links[:-1], replace(last, weight=weight, bias=bias)]
    if isinstance(last, Convolution):
        windows = np.reshape(factor, (-1, last.maps if np.ndim(factor) else 1))
        if (windows == windows[0]).all():
            of_map = np.broadcast_to(windows[0], (last.maps,))
            kernels = last.weight.astype(np.float64) * np.expand_dims(
                of_map, tuple(range(1, last.weight.ndim))
            )
            bias = None if last.bias is None else last.bias * of_map
            return [*links[:-1], replace(last, weight=kernels, bias=bias)]
    return [*links, Scaling(factor)]


def offset(links: list[Transform], current: float | np.ndarray) -> list[Transform]:
    """Add a constant current to what a chain gives; see :func:`multiplied`."""
    return links if np.ndim(current) == 0 and current == 0 else [*links, Offset(current)]


def chained(links: list[Transform]) -> Transform:
    """Return a chain of any number of links as one transform."""
    if not links:
        return Scaling()
    return links[0] if len(links) == 1 else Chain(tuple(links))
