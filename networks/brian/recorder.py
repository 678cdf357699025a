"""Recording a Brian 2 network: spikes of its layers, membranes of chosen neurons."""

from __future__ import annotations

from collections.abc import Iterable

import brian2
import numpy as np

from networks.activity import LayerActivity, Membranes
from networks.brian.network import BrianNetwork
from networks.brian.recorded import Events, Recorded, Voltages
from networks.description import firing_threshold


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
        By layer; they record just before the threshold test, where the backend can.
    """

    def __init__(
        self,
        network: BrianNetwork,
        layers: Iterable[str] | None = None,
        membranes: Membranes | None = None,
    ):
        self._network = network
        self._recorded: Recorded | None = None
        names = list(network.groups if layers is None else layers)
        unseen = set(membranes or ()) - set(names)
        if network.records_after_reset and unseen:
            raise ValueError(
                f"on {network.backend} a membrane is recorded after the reset, so the spikes of "
                f"{', '.join(sorted(unseen))} have to be recorded too"
            )
        when = "end" if network.records_after_reset else "before_thresholds"
        self.spikes = {
            name: brian2.SpikeMonitor(network.groups[name], name=f"{name}_spikes*")
            for name in names
        }
        self.membranes = {
            name: brian2.StateMonitor(
                network.groups[name],
                "v",
                record=np.sort(np.fromiter(neurons, dtype=int)),
                when=when,
                clock=network.clock,
                name=f"{name}_membranes*",
            )
            for name, neurons in (membranes or {}).items()
        }
        network.network.add(*self.spikes.values(), *self.membranes.values())

    def read(self) -> Recorded:
        """Return what the last run left in the monitors."""
        network = self._network
        # Reading a monitor converts all of it, so it is kept until there is another run.
        if self._recorded is None or self._recorded.begin is not network.begin:
            self._recorded = Recorded(
                network.description,
                network.stimulus.words,
                network.stimulus.durations,
                network.begin,
                {name: self._events(name) for name in self.spikes},
                {name: self._voltages(name) for name in self.membranes},
            )
        return self._recorded

    def activity(self, presentation: int) -> dict[str, LayerActivity]:
        """Return what the recorded layers did in one presentation; see :class:`Recorded`."""
        return self.read().activity(presentation)

    def counts(self, layer: str) -> np.ndarray:
        """Count a layer's spikes in each presentation; see :class:`Recorded`."""
        return self.read().counts(layer)

    def _events(self, layer: str) -> Events:
        network, monitor = self._network, self.spikes[layer]
        step = np.rint(np.asarray(monitor.t / network.dt)).astype(int)
        step -= network.description.latency[layer]
        return Events(step, np.array(monitor.i), len(network.groups[layer]))

    def _voltages(self, layer: str) -> Voltages:
        monitor = self.membranes[layer]
        neurons, voltage = np.asarray(monitor.record), np.asarray(monitor.v)
        if self._network.records_after_reset:
            self._undo_reset(layer, neurons, voltage)
        return Voltages(neurons, voltage)

    def _undo_reset(self, name: str, neurons: np.ndarray, voltage: np.ndarray) -> None:
        """Add what the reset took from each neuron that fired, in place."""
        (layer,) = (layer for layer in self._network.description.layers if layer.name == name)
        events = self._events(name)
        row = np.searchsorted(neurons, events.neuron)
        row[row == len(neurons)] = 0
        ours = neurons[row] == events.neuron
        step = events.step[ours] + self._network.description.latency[name]
        voltage[row[ours], step] += firing_threshold(layer) / layer.decay
