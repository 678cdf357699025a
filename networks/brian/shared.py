"""The connections of a network with shared weights; see :mod:`networks.brian.shared_weights`."""

from __future__ import annotations

from functools import singledispatch

import brian2
import numpy as np

from networks.brian.groups import Shape
from networks.brian.shared_weights import (
    ConvolutionalSynapses,
    PoolingSynapses,
    SharedWeightSynapses,
)
from networks.description import Convolution, Dense, Layer, Pooling


def connect(
    layer: Layer, groups: dict[str, brian2.Group], shapes: dict[str, Shape]
) -> list[SharedWeightSynapses]:
    """Make the synapses onto a layer, one object per source.

    Parameters
    ----------
    layer : Convolution, Pooling or Dense
        The target.
    groups : dict of str to brian2.Group
        The groups of all layers, by name.
    shapes : dict of str to tuple of int
        Their shapes.

    Returns
    -------
    list of SharedWeightSynapses
        Named ``SOURCE_to_TARGET``. Their weights ``w`` are divided by the layer's decay.
    """
    pathways = []
    first_input = 0
    for source in layer.sources:
        inputs = int(np.prod(shapes[source]))
        name = f"{source}_to_{layer.name}*"
        pathways.append(pathway(layer, groups[source], groups[layer.name], first_input, name))
        first_input += inputs
    return pathways


@singledispatch
def pathway(
    layer: Layer, source: brian2.Group, target: brian2.Group, first_input: int, name: str
) -> SharedWeightSynapses:
    """Make the synapses from one source onto a layer.

    Parameters
    ----------
    layer : Convolution, Pooling or Dense
        Gives the weights.
    source, target : brian2.Group
        Who is connected.
    first_input : int
        Index of the source's first neuron among all inputs of the layer.
    name : str
        Of the object.

    Returns
    -------
    SharedWeightSynapses
        The connection.
    """
    raise TypeError(f"no layer: {layer!r}")


@pathway.register
def _(layer: Convolution, source, target, first_input, name):
    kernel = layer.weight.astype(np.float64) / layer.decay
    return ConvolutionalSynapses(source, target, kernel, name=name)


@pathway.register
def _(layer: Pooling, source, target, first_input, name):
    return PoolingSynapses(source, target, maps=len(target), w=1 / layer.decay, name=name)


@pathway.register
def _(layer: Dense, source, target, first_input, name):
    weight = layer.weight[:, first_input : first_input + len(source)].astype(np.float64)
    return ConvolutionalSynapses(source, target, weight[:, None] / layer.decay, name=name)
