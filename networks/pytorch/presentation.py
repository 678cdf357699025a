"""How the steps of a presentation are computed.

A population's current in step n depends on spikes of the same step and of earlier ones. Where it
does not hear itself, not even through others, its sources can be known for all steps before it is
computed for any. Then time is one more batch axis for the transforms, and only the membranes are
scanned (:func:`networks.pytorch.neurons.scan`). Populations on a cycle are stepped together; what
reaches them from outside is still computed at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import add
from typing import cast

import torch
from torch import Tensor

from networks.description import Connection, Network
from networks.description.weights import weight_names
from networks.pytorch.attention import attend
from networks.pytorch.stepping import Stepper
from networks.pytorch.transforms import Weights, currents
from networks.transforms import Attention, Dense, Transform

Trace = tuple[Tensor, Tensor]
"""Spikes and membranes of a population, in all steps."""


class Presentation:
    """One run of a network.

    Parameters
    ----------
    network : Network
        Its geometry and its neurons.
    weights : mapping of str to Tensor
        Its weights.
    scan : callable
        As :func:`networks.pytorch.neurons.scan`.
    scales : mapping of str to float
        Unit of each population's membrane for the surrogate gradient.
    dropout : float
        Probability that a train into a dense transform is dropped, for all steps.
    """

    def __init__(
        self,
        network: Network,
        weights: Mapping[str, Tensor],
        *,
        scan: Callable[..., Trace],
        scales: Mapping[str, float],
        dropout: float = 0.0,
    ):
        self._network, self._scan, self._scales = network, scan, scales
        self._dropout = dropout
        self._keys = dict(zip(network.keys, network.connections, strict=True))
        self._links = {key: _links(key, c, weights) for key, c in self._keys.items()}
        self._masks: dict[tuple[str, int], Tensor] = {}
        self._trains: dict[str, Tensor] = {}

    def run(self, spikes: Tensor, known: Mapping[str, Tensor] | None = None) -> dict[str, Trace]:
        r"""Compute all populations, or those that hear of what is known.

        Parameters
        ----------
        spikes : Tensor, shape (steps, batch, \*input)
            Input spikes.
        known : mapping of str to Tensor, optional
            Spikes of populations that are not to be computed, of shape (steps, batch, \*shape).

        Returns
        -------
        dict of str to (Tensor, Tensor)
            Spikes and membranes of each population that was computed, in the order of the network.
        """
        self._trains = {self._network.input.name: spikes} | dict(known or {})
        traces: dict[str, Trace] = {}
        for component in self._network.components:
            if self._trains.keys() & set(component):
                continue
            if component in self._network.loops:
                found = self._stepped(component)
            else:
                (name,) = component
                found = {name: self._scanned(name)}
            self._trains.update({name: trains for name, (trains, _) in found.items()})
            traces.update(found)
        return traces

    def _scanned(self, name: str) -> Trace:
        current = self._from_outside(name, (name,))
        return self._scan(self._network[name].neuron, current, self._scales[name])

    def _stepped(self, component: tuple[str, ...]) -> dict[str, Trace]:
        """Step the populations of a cycle, in the order in which they act on each other."""
        outside = {name: self._from_outside(name, component) for name in component}
        inside = {name: self._inside(name, component) for name in component}
        steppers = {
            name: Stepper(self._network[name].neuron, outside[name][0], self._scales[name])
            for name in component
        }
        fired: dict[str, list[Tensor]] = {name: [] for name in component}
        heard: dict[str, Sequence[Tensor] | Tensor] = {**self._trains, **fired}
        membranes: dict[str, list[Tensor]] = {name: [] for name in component}
        for n in range(len(next(iter(outside.values())))):
            for name in component:
                current = outside[name][n]
                for key in inside[name]:
                    current = current + self._in_step(key, n, heard)
                spikes, membrane = steppers[name].step(current)
                fired[name].append(spikes)
                membranes[name].append(membrane)
        return {
            name: (torch.stack(fired[name]), torch.stack(membranes[name])) for name in component
        }

    def _inside(self, name: str, component: tuple[str, ...]) -> list[str]:
        """Return the connections onto a population that hear any of its component."""
        return [
            key
            for key, connection in self._keys.items()
            if connection.target == name and not set(component).isdisjoint(connection.sources)
        ]

    def _from_outside(self, name: str, component: tuple[str, ...]) -> Tensor:
        """Return the current that a population receives from outside of its component."""
        found = [
            self._delivered(key)
            for key, connection in self._keys.items()
            if connection.target == name and set(component).isdisjoint(connection.sources)
        ]
        if found:
            return reduce(add, found)
        spikes = self._trains[self._network.input.name]
        return spikes.new_zeros((*spikes.shape[:2], *self._network.shapes[name]))

    def _delivered(self, key: str) -> Tensor:
        """Return what a connection delivers, in all steps at once."""
        connection = self._keys[key]
        row = _row([self._trains[source] for source in connection.sources], 2)
        steps, batch = row.shape[:2]
        if not connection.transform.linear:
            ((link, weights),) = self._links[key]
            current = attend(cast(Attention, link), weights, row)
            return current.reshape(steps, batch, *self._network.shapes[connection.target])
        current = self._through(key, _late(row, connection.delay).flatten(0, 1), batch)
        delivered: Tensor = current.unflatten(0, (steps, batch))
        return delivered

    def _in_step(self, key: str, n: int, heard: Mapping[str, Sequence[Tensor] | Tensor]) -> Tensor:
        """Return what a connection delivers in one step."""
        connection = self._keys[key]
        spikes = self._trains[self._network.input.name]
        sources = [
            heard[source][n - connection.delay]
            if n >= connection.delay
            else spikes.new_zeros((spikes.shape[1], *self._network.shapes[source]))
            for source in connection.sources
        ]
        return self._through(key, _row(sources, 1), spikes.shape[1])

    def _through(self, key: str, trains: Tensor, batch: int) -> Tensor:
        for place, (link, weights) in enumerate(self._links[key]):
            if self._dropout and isinstance(link, Dense):
                trains = self._dropped((key, place), trains.flatten(1), batch)
            trains = currents(link, weights, trains)
        # Currents in one row may be meant for a target with positions.
        return trains.reshape(len(trains), *self._network.shapes[self._keys[key].target])

    def _dropped(self, place: tuple[str, int], trains: Tensor, batch: int) -> Tensor:
        """Drop the same trains in all steps, or the network would see the average instead."""
        steps: Tensor = trains.unflatten(0, (-1, batch))
        if place not in self._masks:
            self._masks[place] = torch.rand_like(steps[0]) >= self._dropout
        return (steps * self._masks[place] / (1 - self._dropout)).flatten(0, 1)


def _links(
    key: str, connection: Connection, weights: Mapping[str, Tensor]
) -> list[tuple[Transform, Weights]]:
    """Return the transforms of a connection, each with its weights."""
    names = iter(weight_names(key, connection.links))
    return [
        (
            link,
            {
                field: weights[next(names)[0]]
                for field in link.trained
                if getattr(link, field) is not None
            },
        )
        for link in connection.links
    ]


def _row(sources: list[Tensor], leading: int) -> Tensor:
    """Put several sources in one row; a single one keeps its shape."""
    if len(sources) == 1:
        return sources[0]
    return torch.cat([source.flatten(leading) for source in sources], dim=-1)


def _late(trains: Tensor, delay: int) -> Tensor:
    """Return trains that come some steps later, and nothing before."""
    if not delay:
        return trains
    late = torch.zeros_like(trains)
    late[delay:] = trains[: max(len(trains) - delay, 0)]
    return late
