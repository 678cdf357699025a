"""The connections of a network with shared weights; see :mod:`networks.brian.shared_weights`."""

from __future__ import annotations

from functools import singledispatch

import numpy as np

from networks.brian.groups import Pathway
from networks.brian.shared_weights import (
    ConvolutionalSynapses,
    PoolingSynapses,
    SharedWeightSynapses,
)
from networks.description import Convolution, Dense, Layer, Pooling


@singledispatch
def connect(layer: Layer, pathway: Pathway) -> SharedWeightSynapses:
    """Make the synapses from one source onto a layer.

    Parameters
    ----------
    layer : Convolution, Pooling or Dense
        The target; gives the weights.
    pathway : Pathway
        What is connected.

    Returns
    -------
    SharedWeightSynapses
        The connection. Its weights ``w`` are divided by the layer's decay.
    """
    raise TypeError(f"no layer: {layer!r}")


@connect.register
def _(layer: Convolution, pathway):
    kernel = layer.weight.astype(np.float64) / layer.decay
    return ConvolutionalSynapses(pathway.source, pathway.target, kernel, name=pathway.name)


@connect.register
def _(layer: Pooling, pathway):
    source, target = pathway.source, pathway.target
    return PoolingSynapses(source, target, maps=len(target), w=1 / layer.decay, name=pathway.name)


@connect.register
def _(layer: Dense, pathway):
    inputs = slice(pathway.first_input, pathway.first_input + len(pathway.source))
    kernel = layer.weight[:, None, inputs].astype(np.float64) / layer.decay
    return ConvolutionalSynapses(pathway.source, pathway.target, kernel, name=pathway.name)
