"""Layers as Brian 2 groups and synapses: one function per kind of layer.

    dv/dt = -v / tau,  tau = -dt / ln(decay),  integrated exactly: v decays by ``decay`` a step
    v > theta:  a spike, and  v -= theta / decay
    on a presynaptic spike:  v += w / decay

See :mod:`networks.brian` for why both are divided by ``decay``. A decay of 1 is tau = infinity.
"""

from __future__ import annotations

from functools import singledispatch

import brian2
import numpy as np

from networks.description import Convolution, Dense, Layer, Pooling, firing_threshold

Shape = tuple[int, ...]


def neuron_group(layer: Layer, shape: Shape, clock: brian2.Clock) -> brian2.NeuronGroup:
    """Make the neurons of a layer.

    Parameters
    ----------
    layer : Convolution, Pooling or Dense
        Gives threshold and decay.
    shape : tuple of int
        Neurons of the layer, numbered in C order.
    clock : brian2.Clock
        Ticks once a step.

    Returns
    -------
    brian2.NeuronGroup
        With the membrane voltage ``v``, named like the layer.
    """
    tau = np.inf * brian2.second if layer.decay == 1 else -clock.dt / np.log(layer.decay)
    return brian2.NeuronGroup(
        int(np.prod(shape)),
        "dv/dt = -v / tau : 1",
        threshold="v > theta",
        reset="v -= theta / decay",
        method="exact",
        clock=clock,
        name=f"{layer.name}*",
        namespace={"tau": tau, "theta": firing_threshold(layer), "decay": layer.decay},
    )


def connect(
    layer: Layer,
    groups: dict[str, brian2.Group],
    shapes: dict[str, Shape],
) -> list[brian2.Synapses]:
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
    list of brian2.Synapses
        Named ``SOURCE_to_TARGET``; those with a weight hold it in ``w``.
    """
    pathways = []
    first_input = 0
    for source in layer.sources:
        i, j, weight = pathway(layer, shapes[source], shapes[layer.name], first_input)
        first_input += int(np.prod(shapes[source]))
        synapses = brian2.Synapses(
            groups[source],
            groups[layer.name],
            model="" if weight is None else "w : 1 (constant)",
            on_pre="v_post += 1 / decay" if weight is None else "v_post += w / decay",
            clock=groups[layer.name].clock,
            name=f"{source}_to_{layer.name}*",
            namespace={"decay": layer.decay},
        )
        synapses.connect(i=i, j=j)
        if weight is not None:
            synapses.w = weight
        pathways.append(synapses)
    return pathways


@singledispatch
def pathway(
    layer: Layer, source: Shape, target: Shape, first_input: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """List the synapses from one source onto a layer.

    Parameters
    ----------
    layer : Convolution, Pooling or Dense
        The target.
    source, target : tuple of int
        Shapes of both.
    first_input : int
        Index of the source's first neuron among all inputs of the layer.

    Returns
    -------
    i, j : numpy.ndarray of int, shape (synapses,)
        Source and target neuron of each synapse, sorted by source.
    weight : numpy.ndarray of float64, shape (synapses,), or None
        Weight of each; None if all are 1.
    """
    raise TypeError(f"no layer: {layer!r}")


@pathway.register
def _(layer: Convolution, source, target, first_input):
    place, feature, offset, maps = np.ogrid[: source[0], : source[1], : layer.width, : layer.maps]
    window = place - offset
    inside = np.broadcast_to(
        (window >= 0) & (window < target[0]), (*source, layer.width, layer.maps)
    )
    weight = layer.weight.transpose(2, 1, 0)[None].astype(np.float64)

    def kept(values: np.ndarray) -> np.ndarray:
        return np.broadcast_to(values, inside.shape)[inside]

    i = (place * source[1] + feature).astype(np.int32)
    j = (window * layer.maps + maps).astype(np.int32)
    return kept(i), kept(j), kept(weight)


@pathway.register
def _(layer: Pooling, source, target, first_input):
    neurons = np.arange(int(np.prod(source)))
    return neurons, neurons % target[0], None


@pathway.register
def _(layer: Dense, source, target, first_input):
    inputs = int(np.prod(source))
    i, j = np.divmod(np.arange(inputs * target[0]), target[0])
    weight = layer.weight[:, first_input : first_input + inputs]
    return i, j, weight.T.astype(np.float64).ravel()
