"""From a description of neurons that look both ways to Brian 2's objects.

A presentation is gone through in sweeps (:mod:`networks.description.sweeps`). No population hears
another of which it is not known what it did, so the order within a step does not matter, and all
populations are one group (:mod:`networks.brian.tape`), all weights a matrix from it to itself, and
all attention one memory (:mod:`networks.brian.hebbian`).
"""

from __future__ import annotations

from typing import cast

import brian2
import numpy as np
from scipy import sparse

from networks.brian.backends import Unsupported
from networks.brian.builder import Built, SharedBuilder
from networks.brian.hebbian import Meeting, attention
from networks.brian.shared_weights import SparseSynapses
from networks.brian.stimulus import Stimulus
from networks.brian.tape import SCHEDULE, Tape, tape
from networks.description import Network
from networks.transforms import Attention


class SweepingBuilder(SharedBuilder):
    """One group for all populations, and a tape.

    Raises
    ------
    Unsupported
        If a population could not wait for others, or a connection has a delay.
    """

    def __init__(self, network: Network, dtype: type[np.floating]):
        super().__init__(network, dtype)
        self.counts_events, self._steps = False, 0
        for population in network.hidden:
            if not population.neuron.hindsight:
                raise Unsupported(
                    f"{population.name!r} would have to wait for populations that look both ways, "
                    f"which neurons of type {type(population.neuron).__name__} cannot in Brian 2; "
                    "give it BPSN neurons"
                )
        for connection in network.connections:
            if connection.delay:
                raise Unsupported(
                    f"connection {connection} has a delay, which Brian 2 cannot keep over sweeps"
                )

    def check(self, stimulus: Stimulus) -> None:
        """See that the tape is long enough.

        Raises
        ------
        ValueError
            If a presentation is longer than those that the network was built for.
        """
        longest = max(stimulus.durations, default=0)
        if self._steps and longest > self._steps:
            raise ValueError(
                f"the network was built for presentations of up to {self._steps} steps, and one "
                f"has {longest}; build another"
            )

    def moment(self, name: str) -> str:
        """Return the slot before which a membrane is what is tested."""
        return "test"

    def build(self, stimulus: Stimulus, clock: brian2.Clock) -> Built:
        """Make all objects, for presentations up to the length of the longest."""
        self._steps = max(stimulus.durations)
        built = Built(schedule=SCHEDULE)
        presents = self._input(stimulus, self.begin(stimulus), clock)
        made = tape(self.network, presents, steps=self._steps, dtype=self.dtype)
        built.groups[self.network.input.name] = presents
        built.groups |= {name: made.neurons[place] for name, place in made.places.items()}
        built.others += [made.neurons, made.cells, made.reading, *self._synapses(presents, made)]
        meetings = self._meetings(made)
        if meetings:
            built.others += attention(
                meetings, presents, receives="current", when="input", name="attention"
            )
        for group, variable in ((made.cells, "held"), (made.neurons, "f"), (made.neurons, "v")):
            presents.clears(group, variable)
        presents.empties(made.neurons)
        return built

    def _synapses(self, presents: brian2.Group, made: Tape) -> list[brian2.BrianObject]:
        """Return all linear connections: those from the input, and those from everything else."""
        name = self.network.input.name
        places = made.places | {name: slice(0, self.network.input.size)}
        parts: dict[bool, list[tuple[np.ndarray, ...]]] = {True: [], False: []}
        for connection in self.network.connections:
            if not connection.transform.linear:
                continue
            matrix = connection.transform.matrix(self.network.source_shape(connection)).tocsc()
            first, row = 0, places[connection.target].start
            for source in connection.sources:
                last = first + self.network[source].size
                part, column = matrix[:, first:last].tocoo(), places[source].start
                parts[source == name].append((part.data, part.row + row, part.col + column))
                first = last
        made_of = {True: (presents, "from_input*"), False: (made.neurons, "from_neurons*")}
        return [
            SparseSynapses(
                made_of[kind][0],
                made.neurons,
                _joined(found, (len(made.neurons), len(made_of[kind][0]))),
                variable="current",
                when="input",
                name=made_of[kind][1],
            )
            for kind, found in parts.items()
            if found
        ]

    def _meetings(self, made: Tape) -> list[Meeting]:
        """Return all attentions."""
        found = []
        for connection in self.network.connections:
            transform = connection.transform
            if transform.linear:
                continue
            transform = cast(Attention, transform)
            places = [made.places[name] for name in (*connection.sources, connection.target)]
            queries, keys, values, target = [
                (made.neurons, np.arange(place.start, place.stop)) for place in places
            ]
            reads = self.network.sweeps.hears[connection.target]
            learns = reads if transform.causal else reads - 1
            found.append(Meeting(transform, (queries, keys, values), target, learns, reads))
        return found


def _joined(parts: list[tuple[np.ndarray, ...]], shape: tuple[int, int]) -> sparse.csc_array:
    """Return the sum of matrices that are given by their entries, rows and columns."""
    entries, rows, columns = (np.concatenate(part) for part in zip(*parts, strict=True))
    return sparse.coo_array((entries, (rows, columns)), shape=shape).tocsc()
