"""Layers as Brian 2 neurons.

    dv/dt = -v / tau,  tau = -dt / ln(decay),  integrated exactly: v decays by ``decay`` a step
    v > theta:  a spike, and  v -= theta / decay
    on a presynaptic spike:  v += w / decay

See :mod:`networks.brian` for why both are divided by ``decay``. A decay of 1 is a tau so long that
``exp(-dt / tau)`` is 1 in every precision; some devices cannot write infinity into their code.
"""

from __future__ import annotations

from dataclasses import dataclass

import brian2
import numpy as np

from networks.description import Layer, firing_threshold

Shape = tuple[int, ...]

LONGEST_TAU = 1e30 * brian2.second


@dataclass(frozen=True)
class Gate:
    """When neurons may fire: in the first ``open`` steps of every ``period`` steps."""

    open: int
    period: int


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
    layer: Layer,
    shape: Shape,
    clock: brian2.Clock,
    dtype: type[np.floating] = np.float64,
    gate: Gate | None = None,
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
    gate : Gate, optional
        When neurons may fire; always without it.

    Returns
    -------
    brian2.NeuronGroup
        With the membrane voltage ``v``, named like the layer.
    """
    namespace = {"theta": firing_threshold(layer), "decay": layer.decay}
    threshold = "v > theta"
    if gate:
        # Times are in the middle of a step, where rounding does not matter.
        threshold += " and (t + half_a_step) % period < open_for"
        namespace |= {
            "half_a_step": clock.dt / 2,
            "period": gate.period * clock.dt,
            "open_for": gate.open * clock.dt,
        }
    tau = LONGEST_TAU if layer.decay == 1 else -clock.dt / np.log(layer.decay)
    return brian2.NeuronGroup(
        int(np.prod(shape)),
        "dv/dt = -v / tau : 1",
        threshold=threshold,
        reset="v -= theta / decay",
        method="exact",
        clock=clock,
        name=f"{layer.name}*",
        namespace=namespace | {"tau": tau},
        dtype=dtype,
    )
