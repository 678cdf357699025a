"""A network of Brian 2's own objects alone: the reference, and for devices that need it.

Input is a :class:`brian2.PoissonGroup` or a :class:`brian2.SpikeGeneratorGroup`, and all
connections are :class:`brian2.Synapses`, one synapse for each entry of a transform's matrix.
"""

from __future__ import annotations

from functools import singledispatch

import brian2
import numpy as np

from networks.brian.numpy_kernels import all_spikes
from networks.brian.pathways import Pathway
from networks.brian.schedule import schedule
from networks.brian.stimulus import PoissonStimulus, SpikeStimulus, Stimulus
from networks.description import Population


@singledispatch
def input_group(
    stimulus: Stimulus,
    population: Population,
    begin: np.ndarray,
    clock: brian2.Clock,
) -> brian2.Group:
    """Make the group of input neurons.

    Parameters
    ----------
    stimulus : PoissonStimulus or SpikeStimulus
        What is shown.
    population : Population
        The input.
    begin : numpy.ndarray of int, shape (presentations + 1,)
        Step in which each presentation begins; all last the same.
    clock : brian2.Clock
        Ticks once a step.

    Returns
    -------
    brian2.PoissonGroup or brian2.SpikeGeneratorGroup
        The neurons, in C order.
    """
    raise TypeError(f"no stimulus: {stimulus!r}; register a function for its type here")


@input_group.register
def _(
    stimulus: PoissonStimulus, population: Population, begin: np.ndarray, clock: brian2.Clock
) -> brian2.Group:
    table = np.zeros((len(stimulus.ids), population.size))
    for row, ids in zip(table, stimulus.ids, strict=True):
        shown = stimulus.table[ids].ravel()
        row[: len(shown)] = shown
    rates = brian2.TimedArray(
        table / clock.dt,
        dt=begin[1] * clock.dt,
        name=f"{population.name}_rates*",
    )
    # Presentations may be apart by a few steps, in which the input is silent like all neurons.
    pause = {"period": begin[1] * clock.dt, "shown": stimulus.durations[0] * clock.dt}
    group = brian2.PoissonGroup(
        population.size,
        rates="table(t, i) * int((t + half_a_step) % period < shown)",
        clock=clock,
        name=f"{population.name}*",
        namespace={"table": rates, "half_a_step": clock.dt / 2} | pause,
    )
    # Its slot is not that of what draws its spikes.
    group.thresholder["spike"].when = "start"
    return group


@input_group.register
def _(
    stimulus: SpikeStimulus, population: Population, begin: np.ndarray, clock: brian2.Clock
) -> brian2.Group:
    neurons, steps = all_spikes(schedule(stimulus, begin, seed=0), population.shape[-1])
    return brian2.SpikeGeneratorGroup(
        population.size,
        neurons,
        steps * clock.dt,
        clock=clock,
        when="start",
        name=f"{population.name}*",
    )


def connect(
    pathway: Pathway, factor: np.ndarray | float = 1.0, *, own_slot: bool = True
) -> brian2.Synapses | None:
    """Make the synapses of a pathway.

    Parameters
    ----------
    pathway : Pathway
        What is connected.
    factor : float or numpy.ndarray, shape (target neurons,)
        On all weights onto each neuron.
    own_slot : bool
        Whether it acts in the pathway's slot, or in Brian 2's.

    Returns
    -------
    brian2.Synapses or None
        The connection; where weights differ it holds them in ``w``. None if there is no synapse, as
        where all windows lie in padding: Brian 2 would have some.
    """
    matrix = pathway.matrix.tocoo()
    if matrix.nnz == 0:
        return None
    j, i = matrix.coords
    weight = matrix.data * np.broadcast_to(factor, matrix.shape[:1])[j]
    same = (weight == weight[0]).all()
    # Brian 2 counts a delay from the slot in which synapses look for spikes.
    steps = pathway.delay - pathway.feedback
    delay = {"delay": steps * pathway.target.clock.dt} if steps else {}
    synapses = brian2.Synapses(
        pathway.source,
        pathway.target,
        model="" if same else "w : 1 (constant)",
        on_pre=f"{pathway.receives}_post += w",
        clock=pathway.target.clock,
        name=pathway.name,
        namespace={"w": float(weight[0])} if same else {},
        **delay,
    )
    if own_slot:
        synapses.pre.when = pathway.when
    synapses.connect(i=i, j=j)
    if not same:
        synapses.w = weight
    return synapses
