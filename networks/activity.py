"""What a population did in one presentation, whichever simulator ran it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import cast

import numpy as np

from networks.brief import Brief
from networks.description import Connection, Network, Shape, crop
from networks.transforms import Attention


@dataclass(frozen=True)
class Activity(Brief):
    """Spikes and membranes of one population.

    Step n is step n of the mathematics in every population; the latency of a simulator is taken
    out.

    Attributes
    ----------
    spikes : numpy.ndarray of bool, shape (steps, ...)
        True where a neuron fired.
    membrane : numpy.ndarray of float64, shape (steps, recorded)
        Voltage of the recorded neurons at the moment it was tested against the threshold, in the
        unit of the weights.
    recorded : numpy.ndarray of int, shape (recorded,)
        Those neurons, as C-order indices into the population's shape.

    Examples
    --------
    >>> import numpy as np
    >>> from networks import Activity
    >>> silent = Activity(np.zeros((5, 3), dtype=bool), np.zeros((5, 1)), np.array([2]))
    >>> silent.spikes.shape
    (5, 3)
    """

    spikes: np.ndarray
    membrane: np.ndarray
    recorded: np.ndarray


Membranes = Mapping[str, Iterable[int]]
"""For each population by name, which neurons' membranes to record (C-order indices)."""


def synaptic_events(network: Network, activity: Mapping[str, Activity]) -> dict[str, int]:
    """Count how often a weight was added to a membrane.

    Parameters
    ----------
    network : Network
        The network.
    activity : mapping of str to Activity
        What each of its populations did in a presentation. On fewer positions than the input has,
        synapses onto neurons that were left out do not count.

    Returns
    -------
    dict of str to int
        Events that arrived in each population within the presentation, 0 for the input. A spike
        whose delay takes it beyond the end does not arrive.

    Examples
    --------
    >>> import numpy as np
    >>> from networks import Connection, Dense, Input, LIF, Network, Population
    >>> from networks import SpikingNetwork, synaptic_events
    >>> network = Network(
    ...     (Population("input", (1, 3), Input()), Population("output", (2,), LIF())),
    ...     (Connection(("input",), "output", Dense(np.ones((2, 3)))),),
    ... )
    >>> activity = SpikingNetwork(network).activity(np.ones((4, 1, 3), dtype=bool))
    >>> synaptic_events(network, activity)  # 4 steps, 3 spikes in each, 2 synapses of each neuron
    {'input': 0, 'output': 24}
    """
    positions = activity[network.input.name].spikes.shape[1]
    network = crop(network, positions)
    events = dict.fromkeys((network.input.name, *(p.name for p in network.hidden)), 0)
    for connection in network.connections:
        if not connection.transform.linear:
            trains = [activity[name].spikes for name in connection.sources]
            row = np.hstack([spikes.reshape(len(spikes), -1) for spikes in trains])
            events[connection.target] += cast(Attention, connection.transform).events(row)
            continue
        for source, fan in _fan_out(network, connection).items():
            spikes = activity[source].spikes
            counts = spikes[: max(len(spikes) - connection.delay, 0)].sum(axis=0)
            # Where a network could not be cropped, its input may still have been a short one.
            spoken = fan[tuple(slice(size) for size in counts.shape)]
            events[connection.target] += int((counts * spoken).sum())
    return events


def _fan_out(network: Network, connection: Connection) -> dict[str, np.ndarray]:
    """Count the synapses of each neuron of each source, in arrays of the sources' shapes."""
    row: Shape = network.source_shape(connection)
    counted = np.broadcast_to(connection.transform.fan_out(row), row)
    shapes = [network.shapes[source] for source in connection.sources]
    parts = np.split(counted.ravel(), np.cumsum([prod(shape) for shape in shapes])[:-1])
    return {
        source: part.reshape(shape)
        for source, part, shape in zip(connection.sources, parts, shapes, strict=True)
    }
