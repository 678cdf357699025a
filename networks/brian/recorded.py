"""What a network did in its presentations, free of Brian 2's objects.

Brian 2 records on one long time axis. Here it is cut into presentations. Where a device lets a
population lag behind, step n of a presentation that begins in step s of the simulation is step
s + n + latency; elsewhere, step s + n. Where a presentation is gone through in sweeps
(:mod:`networks.description.sweeps`), what counts of a population is the first sweep in which it
fires.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from networks.activity import Activity
from networks.brief import Brief
from networks.description import Network, Shape, crop


def listing(spikes: Iterable[str], membranes: Mapping[str, int]) -> str:
    """Say in a line what is recorded.

    Parameters
    ----------
    spikes : iterable of str
        Populations whose spikes are.
    membranes : mapping of str to int
        How many membranes of each population are.

    Returns
    -------
    str
        As in ``spikes of input, output; membranes of 20 output``.
    """
    parts = [
        f"spikes of {', '.join(spikes)}",
        f"membranes of {', '.join(f'{count:,} {name}' for name, count in membranes.items())}",
    ]
    return "; ".join(part for part in parts if not part.endswith("of "))


@dataclass(frozen=True)
class Events(Brief):
    """The spikes of a population.

    Attributes
    ----------
    step, neuron : numpy.ndarray of int, shape (spikes,)
        When, free of the population's latency, and who, in order of time.
    neurons : int
        Size of the population.
    """

    step: np.ndarray
    neuron: np.ndarray
    neurons: int


@dataclass(frozen=True)
class Voltages(Brief):
    """Membranes of a population.

    Attributes
    ----------
    neurons : numpy.ndarray of int, shape (n,)
        Whose.
    voltage : numpy.ndarray, shape (n, simulation steps)
        When tested against the threshold.
    """

    neurons: np.ndarray
    voltage: np.ndarray


@dataclass(frozen=True)
class Recorded:
    """A recorded run; it can be handed from process to process.

    Attributes
    ----------
    description : Network
        The network.
    words, durations : sequence of int
        Positions of each presentation, and steps it lasted.
    begin : numpy.ndarray of int, shape (presentations + 1,)
        Simulation step in which each presentation begins, and the end of the last.
    spikes : mapping of str to Events
        By recorded population.
    membranes : mapping of str to Voltages
        By population.
    latency : mapping of str to int
        Steps that each population lags behind.

    Examples
    --------
    >>> import numpy as np
    >>> from networks import Connection, Dense, Input, LIF, Network, Population
    >>> from networks.brian import BrianNetwork, Recorded, Recorder, SpikeStimulus
    >>> network = Network(
    ...     (Population("input", (1, 3), Input()), Population("output", (2,), LIF(threshold=2))),
    ...     (Connection(("input",), "output", Dense(np.ones((2, 3)))),),
    ... )
    >>> stimulus = SpikeStimulus([np.ones((10, 1, 3), dtype=bool)])
    >>> with BrianNetwork(network, stimulus, backend="numpy") as brian:
    ...     recorder = Recorder(brian)
    ...     brian.run(seed=0)
    ...     recorded = recorder.read()
    >>> isinstance(recorded, Recorded), recorded.counts("output").tolist()
    (True, [[10, 10]])
    """

    description: Network
    words: Sequence[int]
    durations: Sequence[int]
    begin: np.ndarray
    spikes: Mapping[str, Events]
    membranes: Mapping[str, Voltages]
    latency: Mapping[str, int]

    def __repr__(self) -> str:
        membranes = {name: len(voltages.neurons) for name, voltages in self.membranes.items()}
        return (
            f"<Recorded {len(self.words):,} presentations in {sum(self.durations):,} steps: "
            f"{listing(self.spikes, membranes)}>"
        )

    def activity(self, presentation: int) -> dict[str, Activity]:
        """Return what the recorded populations did in one presentation.

        Parameters
        ----------
        presentation : int
            Number of the sentence in the stimulus.

        Returns
        -------
        dict of str to Activity
            With the shapes of the network that is cropped to the presentation
            (:func:`networks.description.crop`): what is left out was silent.
        """
        shapes = crop(self.description, self.words[presentation]).shapes
        return {
            name: self._layer_activity(name, presentation, shapes[name]) for name in self.spikes
        }

    def activities(self) -> list[dict[str, Activity]]:
        """Return what the recorded populations did in each presentation."""
        return [self.activity(number) for number in range(len(self.words))]

    def counts(self, layer: str) -> np.ndarray:
        """Count a population's spikes.

        Parameters
        ----------
        layer : str
            A recorded population.

        Returns
        -------
        numpy.ndarray of int, shape (presentations, neurons)
            Spikes of each neuron within the window of each presentation.
        """
        events, begin = self.spikes[layer], self.begin
        kept = (events.step >= begin[0]) & (events.step < begin[-1])
        step, neuron = events.step[kept], events.neuron[kept]
        presentation = np.searchsorted(begin, step, side="right") - 1
        lasting = np.array(self.durations)[presentation]
        since = step - begin[presentation] - self._sweep(layer) * lasting
        inside = (since >= 0) & (since < lasting)
        counts = np.zeros((len(self.words), events.neurons), dtype=np.int64)
        np.add.at(counts, (presentation[inside], neuron[inside]), 1)
        return counts

    def _sweep(self, name: str) -> int:
        """Return the sweep that counts."""
        return self.description.sweeps.told[name]

    def _layer_activity(self, name: str, presentation: int, shape: Shape) -> Activity:
        steps = self.durations[presentation]
        start = int(self.begin[presentation]) + self._sweep(name) * steps
        events = self.spikes[name]
        inside = slice(*np.searchsorted(events.step, [start, start + steps]))
        spikes = np.zeros((steps, events.neurons), dtype=bool)
        spikes[events.step[inside] - start, events.neuron[inside]] = True
        size = int(np.prod(shape))
        recorded, membrane = np.zeros(0, dtype=int), np.zeros((steps, 0))
        if name in self.membranes:
            kept = self.membranes[name].neurons < size
            recorded = self.membranes[name].neurons[kept]
            first = start + self.latency[name]
            membrane = self.membranes[name].voltage[kept, first : first + steps].T
        return Activity(spikes[:, :size].reshape(steps, *shape), membrane, recorded)
