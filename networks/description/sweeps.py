"""How often a simulator goes through a presentation until each population is known.

A neuron that looks both ways is known when its input is over, and so is what attention finds among
all keys. Whoever has all steps at once sees nothing of this. In a simulator time goes by, so the
steps of a presentation are gone through again and again, in sweeps. A population takes its input in
one sweep, and fires in those in which somebody hears it:

    hears(p) = the latest of  first(s)  for its sources,
               and one more than that of keys and values for attention to all steps
    first(p) = hears(p), or hears(p) + 1 if it looks both ways

A network without either is gone through once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from networks.transforms import Attention

if TYPE_CHECKING:
    from networks.description.network import Network
    from networks.description.parts import Connection


@dataclass(frozen=True)
class Sweeps:
    """Who takes input, and who fires, in which sweep.

    Attributes
    ----------
    hears : mapping of str to int
        For each population, the sweep in which it takes its input.
    first : mapping of str to int
        The first sweep in which its spikes are known; of one that never fires, its membrane.
    fires : mapping of str to tuple of int
        The sweeps in which it fires: those of its targets, and always :attr:`first` if it has none.
    """

    hears: Mapping[str, int]
    first: Mapping[str, int]
    fires: Mapping[str, tuple[int, ...]]

    @property
    def count(self) -> int:
        """Sweeps of a presentation."""
        return 1 + max(max(fires) for fires in self.fires.values())

    @property
    def told(self) -> dict[str, int]:
        """The first sweep in which each population fires, which is what is recorded of it."""
        return {name: fires[0] for name, fires in self.fires.items()}


def find_sweeps(network: Network) -> Sweeps:
    """Find the sweeps of a network.

    Parameters
    ----------
    network : Network
        The network.

    Returns
    -------
    Sweeps
        As few as there can be.
    """
    hears: dict[str, int] = {}
    first: dict[str, int] = {}
    for component in network.components:
        known = [
            sweep
            for name in component
            for connection in network.into(name)
            for source, sweep in _taken(connection, first)
            if source not in component
        ]
        for name in component:
            hears[name] = max(known, default=0)
            first[name] = hears[name] + bool(network[name].neuron.hindsight)
    fires: dict[str, set[int]] = {name: set() for name in first}
    for connection in network.connections:
        for source, before in zip(connection.sources, _waits(connection), strict=True):
            fires[source].add(hears[connection.target] - before)
    return Sweeps(
        hears, first, {name: tuple(sorted(at or {first[name]})) for name, at in fires.items()}
    )


def _taken(connection: Connection, first: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return from which sweep on each source can be heard by the target."""
    return [
        (source, first.get(source, 0) + wait)
        for source, wait in zip(connection.sources, _waits(connection), strict=True)
    ]


def _waits(connection: Connection) -> tuple[int, ...]:
    """Return how many sweeps before the target hears it each source fires."""
    transform = connection.transform
    if transform.linear or cast(Attention, transform).causal:
        return (0,) * len(connection.sources)
    return (0, 1, 1)  # queries; keys and values
