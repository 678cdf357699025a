"""Layers as Brian 2 neurons.

    dv/dt = -v / tau,  tau = -dt / ln(decay),  integrated exactly: v decays by ``decay`` a step
    v > theta:  a spike, and  v -= theta / decay
    on a presynaptic spike:  v += w / decay

See :mod:`networks.brian` for why both are divided by ``decay``. A decay of 1 is tau = infinity.
"""

from __future__ import annotations

from dataclasses import dataclass

import brian2
import numpy as np

from networks.description import Layer, firing_threshold

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Pathway:
    """What is to be connected.

    Attributes
    ----------
    source, target : brian2.Group
        The neurons of two layers.
    source_shape, target_shape : tuple of int
        Shapes of the layers.
    first_input : int
        Index of the source's first neuron among all inputs of the target layer.
    name : str
        Of the synapses.
    """

    source: brian2.Group
    target: brian2.Group
    source_shape: Shape
    target_shape: Shape
    first_input: int
    name: str


def neuron_group(
    layer: Layer, shape: Shape, clock: brian2.Clock, dtype: type[np.floating] = np.float64
) -> brian2.NeuronGroup:
    """Make the neurons of a layer.

    Parameters
    ----------
    layer : Convolution, Pooling or Dense
        Gives threshold and decay.
    shape : tuple of int
        Neurons of the layer, numbered in C order.
    clock : brian2.Clock
        Ticks once a step.
    dtype : type
        Precision of the membranes.

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
        dtype=dtype,
    )
