"""A network of Brian 2's own objects alone: the reference, and for devices that need it.

Input is a :class:`brian2.PoissonGroup` or a :class:`brian2.SpikeGeneratorGroup`, all connections
are :class:`brian2.Synapses`, one synapse per use of a weight, and membranes are cleared by
``run_regularly``, so all presentations have the same number of steps.
"""

from __future__ import annotations

from functools import singledispatch

import brian2
import numpy as np

from networks.brian.groups import Pathway
from networks.brian.numpy_kernels import all_spikes
from networks.brian.schedule import schedule
from networks.brian.stimulus import PoissonStimulus, SpikeStimulus, Stimulus
from networks.description import Convolution, Dense, Layer, Pooling


@singledispatch
def input_group(
    stimulus: Stimulus, name: str, shape: tuple[int, int], begin: np.ndarray, clock: brian2.Clock
) -> brian2.Group:
    """Make the group of input neurons.

    Parameters
    ----------
    stimulus : PoissonStimulus or SpikeStimulus
        What is shown.
    name : str
        Name of the group.
    shape : tuple of int
        Words and features of the largest sentence.
    begin : numpy.ndarray of int, shape (presentations + 1,)
        Step in which each presentation begins; all last the same.
    clock : brian2.Clock
        Ticks once a step.

    Returns
    -------
    brian2.PoissonGroup or brian2.SpikeGeneratorGroup
        ``words * features`` neurons, in C order.
    """
    raise TypeError(f"no stimulus: {stimulus!r}")


@input_group.register
def _(stimulus: PoissonStimulus, name, shape, begin, clock):
    table = np.zeros((len(stimulus.ids), *shape))
    for row, ids in zip(table, stimulus.ids, strict=True):
        row[: len(ids)] = stimulus.table[ids]
    size = shape[0] * shape[1]
    rates = brian2.TimedArray(
        table.reshape(-1, size) / clock.dt, dt=begin[1] * clock.dt, name=f"{name}_rates*"
    )
    return brian2.PoissonGroup(
        size, rates="table(t, i)", clock=clock, name=f"{name}*", namespace={"table": rates}
    )


@input_group.register
def _(stimulus: SpikeStimulus, name, shape, begin, clock):
    neurons, steps = all_spikes(schedule(stimulus, begin, seed=0), shape[1])
    return brian2.SpikeGeneratorGroup(
        shape[0] * shape[1], neurons, steps * clock.dt, clock=clock, name=f"{name}*"
    )


def connect(layer: Layer, pathway: Pathway) -> brian2.Synapses:
    """Make the synapses from one source onto a layer.

    Parameters
    ----------
    layer : Convolution, Pooling or Dense
        The target; gives the weights.
    pathway : Pathway
        What is connected.

    Returns
    -------
    brian2.Synapses
        The connection; where weights differ it holds them in ``w``.
    """
    i, j, weight = unrolled(layer, pathway)
    synapses = brian2.Synapses(
        pathway.source,
        pathway.target,
        model="" if weight is None else "w : 1 (constant)",
        on_pre="v_post += 1 / decay" if weight is None else "v_post += w / decay",
        clock=pathway.target.clock,
        name=pathway.name,
        namespace={"decay": layer.decay},
    )
    synapses.connect(i=i, j=j)
    if weight is not None:
        synapses.w = weight
    return synapses


@singledispatch
def unrolled(layer: Layer, pathway: Pathway) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """List the synapses from one source onto a layer.

    Parameters
    ----------
    layer : Convolution, Pooling or Dense
        The target.
    pathway : Pathway
        What is connected.

    Returns
    -------
    i, j : numpy.ndarray of int, shape (synapses,)
        Source and target neuron of each synapse, sorted by source.
    weight : numpy.ndarray of float64, shape (synapses,), or None
        Weight of each; None if all are 1.
    """
    raise TypeError(f"no layer: {layer!r}")


@unrolled.register
def _(layer: Convolution, pathway):
    source, target = pathway.source_shape, pathway.target_shape
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


@unrolled.register
def _(layer: Pooling, pathway):
    neurons = np.arange(len(pathway.source))
    return neurons, neurons % len(pathway.target), None


@unrolled.register
def _(layer: Dense, pathway):
    inputs, outputs = len(pathway.source), len(pathway.target)
    i, j = np.divmod(np.arange(inputs * outputs), outputs)
    weight = layer.weight[:, pathway.first_input : pathway.first_input + inputs]
    return i, j, weight.T.astype(np.float64).ravel()
