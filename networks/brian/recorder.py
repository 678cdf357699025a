"""Recording a Brian 2 network: spikes of its populations, membranes of chosen neurons."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import brian2
import numpy as np

from networks.activity import Activity, Membranes
from networks.brian import lag
from networks.brian.network import BrianNetwork
from networks.brian.recorded import Events, Recorded, Voltages, listing
from networks.neurons import IF, LIF


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

    Raises
    ------
    ValueError
        If membranes are recorded after the reset, as on GeNN, and spikes of the layer are not.

    Examples
    --------
    >>> import numpy as np
    >>> from networks import Connection, Dense, Input, LIF, Network, Population
    >>> from networks.brian import BrianNetwork, Recorder, SpikeStimulus
    >>> network = Network(
    ...     (Population("input", (1, 3), Input()), Population("output", (2,), LIF(threshold=2))),
    ...     (Connection(("input",), "output", Dense(np.ones((2, 3)))),),
    ... )
    >>> stimulus = SpikeStimulus([np.ones((2, 1, 3), dtype=bool)])
    >>> with BrianNetwork(network, stimulus, backend="numpy") as brian:
    ...     recorder = Recorder(brian, ["output"], {"output": [0]})
    ...     brian.run(seed=0)
    ...     recorder.activity(0)["output"].membrane.ravel().tolist()
    [3.0, 4.0]
    """

    def __init__(
        self,
        network: BrianNetwork,
        layers: Iterable[str] | None = None,
        membranes: Membranes | None = None,
    ):
        self._network = network
        self._recorded: Recorded | None = None
        self._names = list(network.groups if layers is None else layers)
        unseen = set(membranes or ()) - set(self._names)
        if network.records_after_reset and unseen:
            raise ValueError(
                f"on {network.backend} a membrane is recorded after the reset, so the spikes of "
                f"{', '.join(sorted(unseen))} have to be recorded too"
            )
        with network.names.choosing():
            self.spikes = {
                name: brian2.SpikeMonitor(network.groups[name], name=f"{name}_spikes*")
                for name in self._names
                if network.description[name].neuron.spikes
            }
            self.membranes = {
                name: brian2.StateMonitor(
                    network.groups[name],
                    "v",
                    record=np.sort(np.fromiter(neurons, dtype=int)),
                    when=_moment(network, name),
                    clock=network.clock,
                    name=f"{name}_membranes*",
                )
                for name, neurons in (membranes or {}).items()
            }
        network.network.add(*self.spikes.values(), *self.membranes.values())

    def __repr__(self) -> str:
        membranes = {name: len(monitor.record) for name, monitor in self.membranes.items()}
        return f"<Recorder of {listing(self.spikes, membranes)}>"

    def read(self) -> Recorded:
        """Return what the last run left in the monitors."""
        network = self._network
        # Reading a monitor converts all of it, so it is kept until there is another run.
        if self._recorded is None or self._recorded.begin is not network.begin:
            self._recorded = Recorded(
                network.description,
                network.stimulus.words,
                network.durations,
                network.begin,
                {name: self._events(name) for name in self._names},
                {name: self._voltages(name) for name in self.membranes},
                network.latency,
            )
        return self._recorded

    def activity(self, presentation: int) -> dict[str, Activity]:
        """Return what the recorded layers did in one presentation; see :class:`Recorded`."""
        return self.read().activity(presentation)

    def counts(self, layer: str) -> np.ndarray:
        """Count a layer's spikes in each presentation; see :class:`Recorded`."""
        return self.read().counts(layer)

    def _events(self, layer: str) -> Events:
        network, monitor = self._network, self.spikes.get(layer)
        if monitor is None:
            nobody = np.zeros(0, dtype=int)
            return Events(nobody, nobody, len(network.groups[layer]))
        step = np.rint(np.asarray(monitor.t / network.dt)).astype(int)
        step -= network.latency[layer]
        return Events(step, np.array(monitor.i), len(network.groups[layer]))

    def _voltages(self, layer: str) -> Voltages:
        monitor = self.membranes[layer]
        neurons, voltage = np.asarray(monitor.record), np.asarray(monitor.v)
        if self._network.records_after_reset:
            self._undo_reset(layer, neurons, voltage)
        self._network.check_values(layer, "v", voltage)
        return Voltages(neurons, voltage)

    def _undo_reset(self, name: str, neurons: np.ndarray, voltage: np.ndarray) -> None:
        """Add what the reset took from each neuron that fired, in place."""
        network = self._network
        subtracted = lag.subtracted(cast(IF | LIF, network.description[name].neuron))
        subtracted = np.broadcast_to(subtracted, network.shapes[name]).ravel()
        events = self._events(name)
        row = np.searchsorted(neurons, events.neuron)
        row[row == len(neurons)] = 0
        ours = neurons[row] == events.neuron
        step = events.step[ours] + network.latency[name]
        voltage[row[ours], step] += subtracted[events.neuron[ours]]


def _moment(network: BrianNetwork, name: str) -> str:
    """Return the slot in which a membrane is what is tested against the threshold."""
    if network.records_after_reset:
        return "end"
    if network.network.schedule[1] == "groups":
        return "before_thresholds"
    return f"before_{network.moment(name)}"
