"""The connections of a network with shared weights; see :mod:`networks.brian.shared_weights`.

What keeps a weight once is registered here by its type of transform. Everything else is delivered
by its matrix, which holds a weight for each synapse.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np

from networks.brian.pathways import Pathway
from networks.brian.shared_weights import (
    ConvolutionalSynapses,
    PoolingSynapses,
    SharedWeightSynapses,
    SparseSynapses,
)
from networks.described import Shape
from networks.transforms import Chain, Convolution, Dense, Flattening, Offset, Pooling, Transform


def connect(pathway: Pathway) -> SharedWeightSynapses | None:
    """Make the synapses of a pathway.

    Parameters
    ----------
    pathway : Pathway
        What is connected.

    Returns
    -------
    SharedWeightSynapses or None
        The connection. None if there is no synapse, as where all windows lie in padding.
    """
    return _connect(_simplified(pathway.transform, pathway.shape), pathway)


def _simplified(transform: Transform, source: Shape) -> Transform:
    """Return a transform without what leaves each spike as it is and where it is.

    Neurons are numbered in C order all the time, and constant currents are those of neurons.
    """
    if not isinstance(transform, Chain):
        return transform
    pairs = zip(transform.links, transform.shapes(source), strict=False)
    links = tuple(link for link, shape in pairs if not _is_idle(link, shape))
    return links[0] if len(links) == 1 else transform


def _is_idle(link: Transform, source: Shape) -> bool:
    if isinstance(link, Flattening):
        return not link.rearranges(source)
    return isinstance(link, Offset)


@singledispatch
def _connect(transform: Transform, pathway: Pathway) -> SharedWeightSynapses | None:
    if pathway.matrix.nnz == 0:
        return None
    return SparseSynapses(pathway.source, pathway.target, pathway.matrix, **_options(pathway))


@_connect.register
def _(transform: Convolution, pathway: Pathway) -> SharedWeightSynapses | None:
    if not pathway.whole:
        return _connect.dispatch(Transform)(transform, pathway)
    windows = transform.shape(pathway.shape)[:-1]
    return ConvolutionalSynapses(
        pathway.source,
        pathway.target,
        transform.weight.astype(np.float64),
        shape=pathway.shape[:-1],
        windows=windows,
        stride=transform.stride,
        padding=tuple(before for before, _ in transform.padding),
        dilation=transform.dilation,
        groups=transform.groups,
        **_options(pathway),
    )


@_connect.register
def _(transform: Dense, pathway: Pathway) -> SharedWeightSynapses | None:
    kernel = transform.weight[:, None, pathway.inputs].astype(np.float64)
    return ConvolutionalSynapses(pathway.source, pathway.target, kernel, **_options(pathway))


@_connect.register
def _(transform: Pooling, pathway: Pathway) -> SharedWeightSynapses | None:
    if not pathway.whole or any(axis.before or axis.after for axis in transform.windows):
        return _connect.dispatch(Transform)(transform, pathway)
    return PoolingSynapses(
        pathway.source,
        pathway.target,
        maps=pathway.shape[-1],
        window=transform.window,
        stride=transform.stride,
        shape=None if transform.window is None else pathway.shape[:-1],
        w=transform.weight(pathway.shape),
        **_options(pathway),
    )


def _options(pathway: Pathway) -> dict[str, Any]:
    return {
        "variable": pathway.receives,
        "delay": pathway.delay * pathway.target.clock.dt if pathway.delay else None,
        "when": pathway.when,
        "name": pathway.name,
    }
