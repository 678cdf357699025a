"""Recording a Brian 2 network: spikes of its layers, membranes of chosen neurons.

Brian 2 records on one long time axis. A recorder cuts it into presentations and takes the latency
of each layer out: step n of a presentation that begins at simulation step s is, in a layer with
latency l, simulation step s + n + l.
"""

from __future__ import annotations

from collections.abc import Iterable

import brian2
import numpy as np

from networks.activity import LayerActivity, Membranes
from networks.brian.network import BrianNetwork


class Recorder:
    """Monitors on a network.

    Parameters
    ----------
    network : BrianNetwork
        Not yet run.
    layers : iterable of str, optional
        Layers whose spikes are recorded; all by default.
    membranes : mapping of str to iterable of int, optional
        Neurons whose membrane voltage is recorded, as C-order indices into the shape that the
        layer has for the longest sentence.

    Attributes
    ----------
    spikes : dict of str to brian2.SpikeMonitor
        By layer.
    membranes : dict of str to brian2.StateMonitor
        By layer; they record just before the threshold test.
    """

    def __init__(
        self,
        network: BrianNetwork,
        layers: Iterable[str] | None = None,
        membranes: Membranes | None = None,
    ):
        self._network = network
        self._read: dict[str, tuple] = {}
        names = list(network.groups if layers is None else layers)
        self.spikes = {
            name: brian2.SpikeMonitor(network.groups[name], name=f"{name}_spikes*")
            for name in names
        }
        self.membranes = {
            name: brian2.StateMonitor(
                network.groups[name],
                "v",
                record=np.sort(np.fromiter(neurons, dtype=int)),
                when="before_thresholds",
                clock=network.clock,
                name=f"{name}_membranes*",
            )
            for name, neurons in (membranes or {}).items()
        }
        network.network.add(*self.spikes.values(), *self.membranes.values())

    def activity(self, presentation: int) -> dict[str, LayerActivity]:
        """Return what the recorded layers did in one presentation.

        Parameters
        ----------
        presentation : int
            Number of the sentence in the stimulus.

        Returns
        -------
        dict of str to LayerActivity
            With the shapes that the layers have for this sentence.
        """
        words = self._network.stimulus.words[presentation]
        shapes = self._network.description.shapes(words)
        return {
            name: self._layer_activity(name, presentation, shapes[name]) for name in self.spikes
        }

    def counts(self, layer: str) -> np.ndarray:
        """Count a layer's spikes.

        Parameters
        ----------
        layer : str
            A recorded layer.

        Returns
        -------
        numpy.ndarray of int, shape (presentations, neurons)
            Spikes of each neuron within the window of each presentation.
        """
        step, neuron = self._events(layer)
        begin, durations = self._network.begin, np.array(self._network.stimulus.durations)
        kept = (step >= begin[0]) & (step < begin[-1])
        step, neuron = step[kept], neuron[kept]
        presentation = np.searchsorted(begin, step, side="right") - 1
        size = (len(durations), len(self._network.groups[layer]))
        inside = step - begin[presentation] < durations[presentation]
        counts = np.zeros(size, dtype=np.int64)
        np.add.at(counts, (presentation[inside], neuron[inside]), 1)
        return counts

    def _events(self, layer: str) -> tuple[np.ndarray, np.ndarray]:
        """Step, free of latency, and neuron of every spike of a layer, in order of time."""
        # Reading a monitor converts all of it, so it is kept until there is another run.
        network, monitor = self._network, self.spikes[layer]
        key, events = self._read.get(layer, (None, None))
        if key is not network.begin:
            step = np.rint(np.asarray(monitor.t / network.dt)).astype(int)
            step -= network.description.latency[layer]
            events = step, np.array(monitor.i)
            self._read[layer] = network.begin, events
        return events

    def _layer_activity(
        self, name: str, presentation: int, shape: tuple[int, ...]
    ) -> LayerActivity:
        steps = self._network.stimulus.durations[presentation]
        start = int(self._network.begin[presentation])
        step, neuron = self._events(name)
        inside = slice(*np.searchsorted(step, [start, start + steps]))
        spikes = np.zeros((steps, len(self._network.groups[name])), dtype=bool)
        spikes[step[inside] - start, neuron[inside]] = True
        size = int(np.prod(shape))
        monitor = self.membranes.get(name)
        if monitor is None:
            recorded, membrane = np.zeros(0, dtype=int), np.zeros((steps, 0))
        else:
            recorded = np.asarray(monitor.record)
            recorded = recorded[recorded < size]
            first = start + self._network.description.latency[name]
            membrane = np.asarray(monitor.v)[: len(recorded), first : first + steps].T
        return LayerActivity(spikes[:, :size].reshape(steps, *shape), membrane, recorded)
