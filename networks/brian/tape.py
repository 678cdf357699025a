"""Neurons that look both ways, as groups of Brian 2.

The membrane of step n is known when the presentation is over, so it has to be held for each step.
Of all populations together, N neurons, there are three objects:

    filter   N neurons: the synaptic current of this step, the forward filter df/dt = -f / tau, and
             v, the membrane of the step that is told of
    tape     steps x N cells: cell (n, c) holds f of neuron c when step n comes, and adds power
             times the current of each later step, while its power, 1 in step n, loses the factor
             ``backward`` a step
    reading  a summed variable: v of neuron c is what cell (step, c) holds

In the sweep in which a neuron takes its input its tape is written, in those in which it fires it is
read (:mod:`networks.description.sweeps`). The order of additions is that of
:func:`networks.pytorch.bidirectional.step_both_ways`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import brian2
import numpy as np

from networks.brian.groups import CONSTANT, time_constant
from networks.brian.integration import integration
from networks.brian.pathways import constant_current
from networks.brian.presentations import Presentations
from networks.description import Network, Population

SCHEDULE = ["start", "read", "test", "input", "integrate", "groups", "thresholds", "end"]
"""What happens in a step: what the tape holds is read and tested, spikes are delivered, and what
they bring is written to the tape."""
NEVER = -1

CLOCKED = "sweep : integer (linked)\nstep : integer (linked)\n"
"""What a group knows of the time, once :func:`tell_time` was called."""


@dataclass(frozen=True)
class Tape:
    """The objects of all populations.

    Attributes
    ----------
    neurons : brian2.NeuronGroup
        The filter, which fires; the populations one after the other.
    cells : brian2.NeuronGroup
        The tape.
    reading : brian2.Synapses
        From the cells to the neurons.
    places : dict of str to slice
        Where each population is among the neurons.
    """

    neurons: brian2.NeuronGroup
    cells: brian2.NeuronGroup
    reading: brian2.Synapses
    places: dict[str, slice]


def tape(
    network: Network, presents: Presentations, *, steps: int, dtype: type[np.floating]
) -> Tape:
    """Make all populations of a network of neurons that look both ways.

    Parameters
    ----------
    network : Network
        Whose hidden populations are :class:`~networks.neurons.bpsn.BPSN`.
    presents : Presentations
        The input of the network, which tells the time.
    steps : int
        Of the longest presentation.
    dtype : type
        Precision of variables.

    Returns
    -------
    Tape
        The objects, in the slots of :data:`SCHEDULE`.
    """
    ends = np.cumsum([population.size for population in network.hidden])
    places = {
        population.name: slice(int(end) - population.size, int(end))
        for population, end in zip(network.hidden, ends, strict=True)
    }
    hears = _of_each(network, lambda p: network.sweeps.hears[p.name]).astype(int)
    neurons = _filter(network, presents, hears, dtype)
    cells = _cells(network, presents, neurons, hears, steps, dtype)
    reading = brian2.Synapses(
        cells,
        neurons,
        "v_post = held_pre * int(token_pre == step_pre) : 1 (summed)",
        clock=presents.clock,
        name="reading*",
        namespace={},
    )
    every = np.arange(len(cells))
    reading.connect(i=every, j=every % len(neurons))
    reading.summed_updaters["v_post"].when = "read"
    return Tape(neurons, cells, reading, places)


def tell_time(group: brian2.NeuronGroup, presents: Presentations) -> None:
    """Link what a group knows of the time."""
    group.sweep = brian2.linked_var(presents, "sweep")
    group.step = brian2.linked_var(presents, "step")


def _of_each(network: Network, value: Callable[[Population], float | np.ndarray]) -> np.ndarray:
    """Return a value of each neuron, given a function that has it, or them, for a population."""
    return np.concatenate(
        [np.broadcast_to(value(p), p.shape).ravel() for p in network.hidden], dtype=float
    )


def _filter(
    network: Network, presents: Presentations, hears: np.ndarray, dtype: type[np.floating]
) -> brian2.NeuronGroup:
    fires = network.sweeps.fires
    times = [f"fires_{n}" for n in range(max(len(fires[p.name]) for p in network.hidden))]
    equations = "df/dt = -f / tau_f : 1\ncurrent : 1\nv : 1\ntau_f : second (constant)\n" + CLOCKED
    equations += (
        f"threshold : 1 (constant)\n{CONSTANT} : 1 (constant)\nhears : integer (constant)\n"
    )
    equations += "".join(f"{time} : integer (constant)\n" for time in times)
    group = brian2.NeuronGroup(
        len(hears),
        equations,
        threshold=f"v > threshold and ({' or '.join(f'sweep == {time}' for time in times)})",
        reset="",
        method=integration("exact"),
        clock=presents.clock,
        name="neurons*",
        namespace={},
        dtype=dtype,
    )
    group.hears = hears
    group.threshold = _of_each(network, lambda p: p.neuron.values["threshold"])
    decays = _of_each(network, lambda p: p.neuron.values["forward"])
    group.tau_f = time_constant(decays, "exact", presents.clock.dt)
    group.constant_current = _of_each(network, lambda p: _constant(network, p))
    for place, time in enumerate(times):

        def entry(population: Population, place: int = place) -> int:
            return _entry(fires[population.name], place)

        setattr(group, time, _of_each(network, entry))
    tell_time(group, presents)
    group.state_updater.when = "integrate"
    group.thresholder["spike"].when = "test"
    group.resetter["spike"].when = "test"
    group.resetter["spike"].order = 1
    group.run_regularly(
        f"current = (current + {CONSTANT}) * int(sweep == hears)\nf = f + current",
        when="integrate",
        order=1,
        name="neurons_run_regularly_*",
    )
    group.run_regularly("current = 0", when="read", name="neurons_run_regularly_*")
    return group


def _constant(network: Network, population: Population) -> np.ndarray | float:
    constant = constant_current(network, population.name)
    return 0.0 if constant is None else constant.reshape(population.shape)


def _entry(sweeps: Sequence[int], place: int) -> int:
    return sweeps[place] if place < len(sweeps) else NEVER


def _cells(
    network: Network,
    presents: Presentations,
    neurons: brian2.NeuronGroup,
    hears: np.ndarray,
    steps: int,
    dtype: type[np.floating],
) -> brian2.NeuronGroup:
    group = brian2.NeuronGroup(
        steps * len(neurons),
        "held : 1\npower : 1\nbackward : 1 (constant)\n"
        "hears : integer (constant)\ntoken : integer (constant)\n"
        "f : 1 (linked)\ncurrent : 1 (linked)\n" + CLOCKED,
        clock=presents.clock,
        name="tape*",
        namespace={},
        dtype=dtype,
    )
    group.token = np.repeat(np.arange(steps), len(neurons))
    group.hears = np.tile(hears, steps)
    group.backward = np.tile(_of_each(network, lambda p: p.neuron.values["backward"]), steps)
    of_cell = np.tile(np.arange(len(neurons)), steps)
    for variable in ("f", "current"):
        setattr(group, variable, brian2.linked_var(neurons, variable, index=of_cell))
    tell_time(group, presents)
    group.run_regularly(
        "power = power * backward * int(token < step) + int(token == step)\n"
        "held = held + int(sweep == hears)"
        " * (power * current * int(token < step) + f * int(token == step))",
        when="integrate",
        order=2,
        name="tape_run_regularly_*",
    )
    return group
