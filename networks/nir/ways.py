"""Ways from one neuron to another through nodes without a state.

Where ways meet, their currents add up, so each is a connection of its own. A constant current comes
once to each way on, whatever the number of ways up to its node: the first of them brings it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from networks.described import Shape
from networks.nir.container import GraphError
from networks.nir.neurons import arranged
from networks.nir.nodes import NEURONS, SPIKING
from networks.nir.structure import Flat, features_last
from networks.nir.transforms import STATELESS, transform, without_bias
from networks.transforms import Part, Scaling, Transform

CLOSE = 1e-6
"""How far a delay may be from a whole number of steps, in steps."""
MOST_DELAYS = 256
"""Different delays in one node."""
MOST_WAYS = 4096
"""To one node."""


@dataclass
class Way:
    """From a spiking node to the node that is looked at.

    Attributes
    ----------
    source : str
        The spiking node.
    links : list of Transform
        What becomes of its spikes.
    delay : int
        Steps.
    constant : bool
        Whether there is a constant current in it.
    """

    source: str
    links: list[Transform]
    delay: int = 0
    constant: bool = False


class Ways:
    """All ways in a graph.

    Parameters
    ----------
    flat : Flat
        The graph.
    dt : float
        Time step.
    remarks : list of str
        Takes what is rounded.
    round_delays : bool
        Whether delays may be.
    """

    def __init__(self, flat: Flat, dt: float, remarks: list[str], *, round_delays: bool):
        self._flat, self._dt = flat, dt
        self._remarks, self._round_delays = remarks, round_delays
        self._parts = self._numbered(flat.of_type("Input"))

    def _numbered(self, inputs: list[str]) -> dict[str, Part]:
        """Return which neurons of the input each Input is, where there are several."""
        parts, first = {}, 0
        for name in inputs if len(inputs) > 1 else ():
            parts[name] = Part(first, features_last(self._flat.shapes[name]))
            first += prod(self._flat.shapes[name])
        return parts

    def into(self, name: str) -> list[Way]:
        """Return all paths to a node from the spiking ones, in the order of edges."""
        found: list[Way] = []
        for source in sorted(self._flat.before[name], key=self._flat.order.index):
            found += self._from(source, (name,))
        return found

    def _from(self, name: str, visited: tuple[str, ...]) -> list[Way]:
        """Return all paths to what a node gives."""
        flat, node = self._flat, self._flat.nodes[name]
        if node.type == "Threshold":
            return [Way(flat.before[name][0], [])]
        if node.type == "Input" or node.type in SPIKING:
            return [Way(name, [self._parts[name]] if name in self._parts else [])]
        if node.type in NEURONS:
            raise GraphError(f"node {name!r}, {node.type}, gives no spikes")
        if name in visited:
            raise GraphError(f"node {name!r} is on a cycle without neurons")
        paths = [
            path
            for source in sorted(flat.before[name], key=flat.order.index)
            for path in self._from(source, (*visited, name))
        ]
        if not paths:
            raise GraphError(f"node {name!r}, {node.type}, hears nothing")
        if len(paths) > MOST_WAYS:
            raise GraphError(
                f"node {name!r}, {node.type}, is reached on more than {MOST_WAYS} ways"
            )
        heard = flat.shapes[flat.before[name][0]]
        if node.type == "Delay":
            return [late for path in paths for late in self._delayed(name, path, heard)]
        if node.type not in STATELESS:
            raise GraphError(f"node {name!r} is of type {node.type}, which is not supported here")
        link = transform(name, node, heard)
        if link is None:
            return paths
        bare, biased = without_bias(link), getattr(link, "bias", None) is not None
        return [
            replace(
                path,
                links=[*path.links, bare if number else link],
                constant=path.constant or (biased and number == 0),
            )
            for number, path in enumerate(paths)
        ]

    def _delayed(self, name: str, path: Way, shape: Shape) -> Iterator[Way]:
        """Split a path by the delays that its currents have."""
        if path.constant:
            raise GraphError(
                f"node {name!r}, Delay, is behind a constant current, which would begin late"
            )
        steps = np.asarray(self._flat.nodes[name].fields["delay"], dtype=np.float64) / self._dt
        nearest = np.round(steps)
        if (nearest < 0).any():
            raise GraphError(f"node {name!r}, Delay: delays are negative")
        if (np.abs(steps - nearest) > CLOSE).any():
            worst = steps.flat[np.abs(steps - nearest).argmax()]
            if not self._round_delays:
                raise GraphError(
                    f"node {name!r}, Delay: {worst:g} time steps are no whole number; choose a "
                    "time step that divides the delays, or have them rounded"
                )
            self._remarks.append(f"{name}: delays are rounded, at worst from {worst:g} steps")
        different = np.unique(nearest)
        if len(different) > MOST_DELAYS:
            raise GraphError(f"node {name!r}, Delay: {len(different)} different delays")
        if len(different) == 1:
            yield replace(path, delay=path.delay + int(different[0]))
            return
        late = arranged(nearest, shape)
        for delay in different:
            mask = Scaling((late == delay).astype(np.float64))
            yield replace(path, links=[*path.links, mask], delay=path.delay + int(delay))
