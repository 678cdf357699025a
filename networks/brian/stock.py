"""A network of Brian 2's own objects alone: the reference, and for devices that need it.

Input is a :class:`brian2.PoissonGroup` or a :class:`brian2.SpikeGeneratorGroup`, all connections
are :class:`brian2.Synapses`, one synapse per use of a weight, and membranes are cleared by
``run_regularly``, so all presentations have the same number of steps.
"""

from __future__ import annotations

from functools import singledispatch

import brian2
import numpy as np

from networks.brian.groups import Shape
from networks.brian.stimulus import PoissonStimulus, SpikeStimulus, Stimulus
from networks.description import Convolution, Dense, Layer, Pooling


@singledispatch
def input_group(
    stimulus: Stimulus, name: str, shape: tuple[int, int], period: int, clock: brian2.Clock
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
    period : int
        Steps from the start of one presentation to the next.
    clock : brian2.Clock
        Ticks once a step.

    Returns
    -------
    brian2.PoissonGroup or brian2.SpikeGeneratorGroup
        ``words * features`` neurons, in C order.
    """
    raise TypeError(f"no stimulus: {stimulus!r}")


@input_group.register
def _(stimulus: PoissonStimulus, name, shape, period, clock):
    table = np.zeros((len(stimulus.ids), *shape))
    for row, ids in zip(table, stimulus.ids, strict=True):
        row[: len(ids)] = stimulus.table[ids]
    size = shape[0] * shape[1]
    rates = brian2.TimedArray(
        table.reshape(-1, size) / clock.dt, dt=period * clock.dt, name=f"{name}_rates*"
    )
    return brian2.PoissonGroup(
        size, rates="table(t, i)", clock=clock, name=f"{name}*", namespace={"table": rates}
    )


@input_group.register
def _(stimulus: SpikeStimulus, name, shape, period, clock):
    indices, times = [], []
    for number, spikes in enumerate(stimulus.spikes):
        step, word, feature = np.nonzero(spikes)
        indices.append(word * shape[1] + feature)
        times.append(step + number * period)
    return brian2.SpikeGeneratorGroup(
        shape[0] * shape[1],
        np.concatenate(indices),
        np.concatenate(times) * clock.dt,
        clock=clock,
        name=f"{name}*",
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
