"""A spiking network as a graph: populations of neurons, and connections between them.

In step n of every population

    I[n] = sum over its connections of  A S[n - delay] + b

where S are the spikes of the connection's sources, one after the other, and A and b are what its
transforms make of them (:mod:`networks.transforms`); attention alone remembers earlier steps. What
a population does with its current is a matter of its neuron (:mod:`networks.neurons`). A connection
without a delay acts in the step of the spike, so populations are computed in an order in which each
comes after those it listens to without a delay; a cycle needs a delay somewhere. Where a neuron or
an attention has to know what comes later, :mod:`networks.description.sweeps` says how time passes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import cast

import numpy as np

from networks.described import Described, Shape
from networks.description.order import components
from networks.description.parts import Connection, Population
from networks.description.readout import Readout, Votes
from networks.description.sweeps import Sweeps, find_sweeps
from networks.description.weights import reweighted, weight_names
from networks.neurons import Input, Neuron
from networks.transforms import Attention, Chain, Flattening, SumPooling, Transform


@dataclass(frozen=True, eq=False)
class Network(Described):
    """Populations, connections and what is read from them.

    Attributes
    ----------
    populations : tuple of Population
        One of them has :class:`~networks.neurons.Input` neurons.
    connections : tuple of Connection
        Several onto one population add up.
    readout : Readout or None
        What the answer of the network is.

    Raises
    ------
    ValueError
        If names, shapes or delays do not fit; the message says where.

    Examples
    --------
    >>> import numpy as np
    >>> from networks import Connection, Dense, Input, LIF, Network, Population, Votes
    >>> network = Network(
    ...     (Population("input", (5, 4), Input()), Population("output", (2,), LIF(decay=0.9))),
    ...     (Connection(("input",), "output", Dense(np.ones((2, 20)))),),
    ...     Votes("output", 2),
    ... )
    >>> network["output"].neuron
    LIF(decay=0.9)
    >>> network.weights["output"].shape
    (2, 20)
    """

    populations: tuple[Population, ...]
    connections: tuple[Connection, ...]
    readout: Readout | None = None

    def __post_init__(self) -> None:
        self._set("populations", tuple(self.populations))
        self._set("connections", tuple(self.connections))
        names = [population.name for population in self.populations]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"two populations are named {min(twice)!r}")
        inputs = [p.name for p in self.populations if isinstance(p.neuron, Input)]
        if len(inputs) != 1:
            raise ValueError(f"a network has one population of Input neurons, not {len(inputs)}")
        for connection in self.connections:
            self._check(connection)
        for component in self.components:  # finds cycles without a delay
            self._check_time(component)
        if self.readout is not None:
            self.readout.check(self)

    def __repr__(self) -> str:
        populations = ", ".join(
            f"{p.name} {'x'.join(map(str, p.shape))} {type(p.neuron).__name__}"
            for p in self.populations
        )
        return f"<Network of {populations}; {len(self.connections)} connections; {self.readout}>"

    def _check(self, connection: Connection) -> None:
        for name in (*connection.sources, connection.target):
            if name not in self.shapes:
                raise ValueError(f"connection {connection} has an unknown population {name!r}")
        for name in connection.sources:
            if not self[name].neuron.spikes:
                raise ValueError(f"connection {connection}: neurons of {name!r} never spike")
        target = self[connection.target]
        if isinstance(target.neuron, Input):
            raise ValueError(f"connection {connection} ends in the input, which hears nothing")
        try:
            shape = connection.transform.shape(self.source_shape(connection))
        except ValueError as error:
            raise ValueError(f"connection {connection}: {error}") from error
        if shape not in (target.shape, (target.size,)):
            raise ValueError(
                f"connection {connection} gives currents of shape {shape}, and {target.name!r} has "
                f"the shape {target.shape}"
            )

        if not connection.transform.linear:
            self._check_attention(connection)

    def _check_attention(self, connection: Connection) -> None:
        """See that there are queries, keys and values, and that they come without a delay."""
        sizes = [self[name].size for name in connection.sources]
        features = cast(Attention, connection.transform).features
        if sizes != [features] * 3:
            raise ValueError(
                f"connection {connection}: attention has three sources, queries, keys and values, "
                f"of {features} neurons each, not of {sizes}"
            )
        if connection.delay:
            raise ValueError(f"connection {connection}: attention has no delay")

    def _check_time(self, component: tuple[str, ...]) -> None:
        """See that nothing on a cycle needs to know what comes later."""
        heard = {source for name in component for c in self.into(name) for source in c.sources}
        if heard.isdisjoint(component):
            return
        for name in component:
            if self[name].neuron.hindsight:
                raise ValueError(f"{name!r} looks both ways in time, so it cannot be on a cycle")
            if not all(c.transform.linear for c in self.into(name)):
                raise ValueError(f"attention onto {name!r} is on a cycle, which it cannot be")

    def __getitem__(self, name: str) -> Population:
        """Return a population by its name."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, Population]:
        return {population.name: population for population in self.populations}

    @property
    def input(self) -> Population:
        """The population that spikes come in through."""
        return next(p for p in self.populations if isinstance(p.neuron, Input))

    @property
    def voting(self) -> Votes:
        """The readout of a network whose answer is votes.

        Raises
        ------
        ValueError
            If its answer is another one, or it has none.
        """
        if not isinstance(self.readout, Votes):
            raise ValueError(f"no neurons of this network vote: its readout is {self.readout}")
        return self.readout

    @property
    def margin(self) -> int | None:
        """Votes that end a presentation before its input does; None if there are no such."""
        return self.readout.margin if isinstance(self.readout, Votes) else None

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """Shape of each population."""
        return {population.name: population.shape for population in self.populations}

    @cached_property
    def components(self) -> tuple[tuple[str, ...], ...]:
        """Populations in an order in which they can be computed, those of a cycle together.

        Raises
        ------
        ValueError
            If a cycle has no delay.
        """
        edges = [
            (source, connection.target, connection.delay)
            for connection in self.connections
            for source in connection.sources
        ]
        return components([population.name for population in self.populations], edges)

    @cached_property
    def loops(self) -> tuple[tuple[str, ...], ...]:
        """Those :attr:`components` whose populations hear themselves, if only through others."""
        return tuple(
            component
            for component in self.components
            if len(component) > 1 or any(component[0] in c.sources for c in self.into(component[0]))
        )

    @cached_property
    def order(self) -> tuple[str, ...]:
        """All populations in the order in which a step of them is computed."""
        return tuple(name for component in self.components for name in component)

    @cached_property
    def hidden(self) -> tuple[Population, ...]:
        """All populations but the input, in :attr:`order`."""
        return tuple(self[name] for name in self.order if name != self.input.name)

    @cached_property
    def sweeps(self) -> Sweeps:
        """How often a simulator goes through a presentation, and who does what in which sweep."""
        return find_sweeps(self)

    def into(self, name: str) -> tuple[Connection, ...]:
        """Return the connections onto a population."""
        return tuple(c for c in self.connections if c.target == name)

    def is_feedback(self, source: str, target: str) -> bool:
        """Tell whether a step of ``source`` is computed after that of ``target``, or is it."""
        return self.order.index(source) >= self.order.index(target)

    def source_shape(self, connection: Connection) -> Shape:
        """Return the shape of what a connection listens to: of several sources, one row."""
        shapes = [self.shapes[source] for source in connection.sources]
        return shapes[0] if len(shapes) == 1 else (sum(map(prod, shapes)),)

    def unit(self, name: str) -> int:
        """Return how many counts stand for one where a population counts what it averages.

        A population that hears nothing but sums over windows has thresholds and membranes that are
        larger by the positions of a window than those of averages would be. Windows over all
        positions are smaller in a cropped network, so it is the whole network that knows.
        """
        units = [
            _unit(c.links, self.source_shape(c)) if c.transform.linear else 0
            for c in self.into(name)
        ]
        return sum(units) if units and all(units) else 1

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """A name for each connection: its target's, numbered where there are several onto one."""
        seen: dict[str, int] = {}
        keys = []
        for connection in self.connections:
            number = seen[connection.target] = seen.get(connection.target, -1) + 1
            several = len(self.into(connection.target)) > 1
            keys.append(f"{connection.target}:{number}" if several else connection.target)
        return tuple(keys)

    @property
    def weights(self) -> dict[str, np.ndarray]:
        """All weights by name: the key of the connection, the place in a chain, the field.

        ``conv3`` is the weight of the only transform of the only connection onto conv3,
        ``out:1:0:bias`` the bias of the first transform of the second connection onto out.
        """
        return {
            name: getattr(link, field)
            for key, connection in zip(self.keys, self.connections, strict=True)
            for name, link, field in weight_names(key, connection.links)
        }

    def with_weights(self, weights: Mapping[str, np.ndarray]) -> Network:
        """Return the same network with other values of some weights, given by their names.

        Raises
        ------
        ValueError
            If there is no such weight, or it has another shape.
        """
        own = self.weights
        for name, weight in weights.items():
            if name not in own:
                raise ValueError(f"there is no weight {name!r}, only {', '.join(own)}")
            if np.shape(weight) != own[name].shape:
                raise ValueError(
                    f"weight {name!r} has shape {own[name].shape}, not {np.shape(weight)}"
                )
        connections = tuple(
            replace(connection, transform=reweighted(key, connection, weights))
            for key, connection in zip(self.keys, self.connections, strict=True)
        )
        return replace(self, connections=connections)

    def with_neurons(self, neurons: Mapping[str, Neuron]) -> Network:
        """Return the same network with other neurons, given by the names of populations."""
        populations = tuple(
            replace(population, neuron=neurons.get(population.name, population.neuron))
            for population in self.populations
        )
        return replace(self, populations=populations)


def _unit(links: tuple[Transform, ...], source: Shape) -> int:
    """Return the positions that a chain ends in a sum over, 0 if it ends in something else."""
    pairs = list(zip(links, Chain(links).shapes(source), strict=False))
    while pairs and isinstance(pairs[-1][0], Flattening):
        pairs.pop()
    link, shape = pairs[-1] if pairs else (None, source)
    return link.size(shape) if isinstance(link, SumPooling) else 0
