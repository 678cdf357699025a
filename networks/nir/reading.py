"""From a NIR graph to a network: populations, and what leads from one to another.

A population is a node with a state, or an integrator with the Threshold behind it. Between two of
them, every path through stateless nodes is a connection, a chain of transforms; where paths meet,
they add up. A constant current is delivered by the first of the paths that come through its node.

A cycle takes a step: where the spikes of a step would have to be known before themselves, the
connection back, to a population that is nearer to the input, is delayed by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

import numpy as np

from networks.described import Shape
from networks.description import Connection, Network, Population
from networks.neurons import Input
from networks.nir.container import Graph, GraphError, read_graph
from networks.nir.conventions import NIR, Conventions, from_metadata
from networks.nir.neurons import Interpreted, Reader
from networks.nir.nodes import NEURONS
from networks.nir.structure import Flat, checked, features_last, flatten
from networks.nir.transforms import chained, multiplied, offset
from networks.nir.ways import Way, Ways


@dataclass(frozen=True)
class Imported:
    """A network that was read, and where its parts come from.

    Attributes
    ----------
    network : Network
        The network.
    conventions : Conventions
        What the file did not say.
    dt : float
        Time step in the unit of the file.
    nodes : dict of str to str
        For each population but the input, the node that it was made of.
    shapes : dict of str to tuple of int
        For each of them, the shape that NIR gives it, channels first.
    inputs : dict of str to tuple of int
        For each Input of the graph in order, its shape. Neurons of several are in a row.
    outputs : dict of str to tuple of str
        For each Output of the graph, the populations that lead to it.
    remarks : tuple of str
        What was understood by convention, in words.
    """

    network: Network
    conventions: Conventions
    dt: float
    nodes: dict[str, str]
    shapes: dict[str, Shape]
    inputs: dict[str, Shape]
    outputs: dict[str, tuple[str, ...]]
    remarks: tuple[str, ...] = ()

    def shown(self, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
        r"""Return what the network is shown, of what each Input is shown.

        Parameters
        ----------
        arrays : mapping of str to numpy.ndarray, each of shape (steps, ...)
            By the names of Inputs, channels first; of a single one the name may be empty.

        Returns
        -------
        numpy.ndarray, shape (steps, \*input)
            Features last.

        Raises
        ------
        GraphError
            If one is missing, or has another shape.
        """
        if arrays.keys() == {""} and len(self.inputs) == 1:
            arrays = {name: arrays[""] for name in self.inputs}
        if arrays.keys() != self.inputs.keys():
            raise GraphError(
                f"there is input for {', '.join(arrays) or 'nothing'}, and the network has "
                f"{', '.join(self.inputs)}"
            )
        rows = []
        for name, shape in self.inputs.items():
            array = arrays[name]
            if array.shape[1:] != shape or len(array) != len(arrays[next(iter(self.inputs))]):
                raise GraphError(
                    f"input {name!r} is shown {len(array)} steps of the shape {array.shape[1:]}, "
                    f"and takes {shape}; all inputs have the same steps"
                )
            rows.append(np.moveaxis(array, 1, -1).reshape(len(array), -1))
        together: np.ndarray = np.concatenate(rows, axis=1)
        return together.reshape(-1, *self.network.input.shape)


def read(
    path: str | Path,
    conventions: Conventions | None = None,
    *,
    dt: float | None = None,
    round_delays: bool = False,
) -> Imported:
    """Read a network from a NIR file.

    Parameters
    ----------
    path : str or Path
        The file.
    conventions : Conventions
        What the file does not say, see :data:`networks.nir.CONVENTIONS`; by default what is in
        its metadata, as :func:`networks.nir.write` puts it there, and else NIR as it is written.
    dt : float, optional
        Time step in the unit of the file; by default that of the conventions, or of the file.
    round_delays : bool
        Whether delays that are no whole number of steps are rounded.

    Returns
    -------
    Imported
        The network, and what its parts were in the file.

    Raises
    ------
    GraphError
        If the file cannot be read, or holds something that cannot be simulated.
    """
    return interpret(read_graph(path), conventions, dt=dt, round_delays=round_delays)


def interpret(
    graph: Graph,
    conventions: Conventions | None = None,
    *,
    dt: float | None = None,
    round_delays: bool = False,
) -> Imported:
    """Make a network of a graph; see :func:`read`."""
    flat = checked(flatten(graph))
    conventions = conventions or own_conventions(flat)
    return _Interpreter(flat, conventions, time_step(flat, conventions, dt), round_delays).run()


def own_conventions(flat: Flat) -> Conventions:
    """Return the conventions that a file says it has, or NIR as it is written.

    Raises
    ------
    GraphError
        If it says something that cannot be understood.
    """
    try:
        return from_metadata(flat.metadata) or NIR
    except ValueError as error:
        raise GraphError(str(error)) from error


def time_step(flat: Flat, conventions: Conventions, dt: float | None = None) -> float:
    """Return the time step of a graph: what is asked for, the conventions', or the file's.

    Raises
    ------
    GraphError
        If none of them says it, or it is not positive.
    """
    said = flat.metadata.get("dt")
    for step in (dt, conventions.dt, said):
        if step is not None:
            number = np.ravel(step)[0] if not isinstance(step, str) else np.nan
            if not (np.isfinite(number) and number > 0):
                raise GraphError(f"the time step is {step}, and must be a positive number")
            return float(number)
    raise GraphError(
        f"the file does not say its time step, and the conventions {conventions.name!r} do not "
        "either: give it (dt), in the unit of the file's time constants"
    )


class _Interpreter:
    """One reading of a graph."""

    def __init__(self, flat: Flat, conventions: Conventions, dt: float, round_delays: bool):
        self._flat, self._conventions, self._dt = flat, conventions, dt
        self._remarks: list[str] = []
        self._paths = Ways(flat, dt, self._remarks, round_delays=round_delays)
        self._thresholds = self._merged()
        self._names = self._named()

    def run(self) -> Imported:
        flat = self._flat
        inputs = flat.of_type("Input")
        paths = {name: self._paths.into(name) for name in self._names if name not in inputs}
        neurons = {name: self._neuron(name, found) for name, found in paths.items()}
        populations = [self._input(inputs)]
        for name, read in neurons.items():
            shape = features_last(flat.shapes[name])
            populations.append(Population(self._names[name], shape, read.neuron))
        connections = [
            connection
            for name, found in paths.items()
            for connection in self._connections(name, found, neurons[name])
        ]
        network = _described(populations, self._with_feedback(connections, populations))
        nodes = {self._names[name]: name for name in neurons}
        return Imported(
            network,
            self._conventions,
            self._dt,
            nodes,
            {name: flat.shapes[node] for name, node in nodes.items()},
            {name: flat.shapes[name] for name in inputs},
            {name: self._heard_by(name) for name in flat.of_type("Output")},
            tuple(self._remarks),
        )

    def _merged(self) -> dict[str, str]:
        """Find the integrators that a Threshold makes spikes of."""
        flat, found = self._flat, {}
        for name in flat.of_type("Threshold"):
            before = flat.before[name]
            if len(before) != 1 or flat.nodes[before[0]].type not in ("I", "LI", "CubaLI"):
                raise GraphError(
                    f"node {name!r}: a Threshold is supported right behind an I or LI, and this "
                    f"one hears {', '.join(map(repr, before)) or 'nothing'}"
                )
            found[before[0]] = name
        for name in flat.of_type("I", "LI", "CubaLI"):
            silent = [after for after in flat.after[name] if flat.nodes[after].type != "Output"]
            if silent not in ([], [found.get(name)]):
                raise GraphError(
                    f"node {name!r}, {flat.nodes[name].type}, gives no spikes and leads to "
                    f"{', '.join(map(repr, silent))}; only an Output or one Threshold may hear it"
                )
        return found

    def _named(self) -> dict[str, str]:
        """Name the population of each node that has one, in order."""
        names: dict[str, str] = {}
        several = len(self._flat.of_type("Input")) > 1
        for node in self._flat.order:
            kind = self._flat.nodes[node].type
            if kind == "Input" and several:
                names[node] = "input"
                continue
            if kind != "Input" and kind not in NEURONS:
                continue
            name = re.sub(r"[^A-Za-z0-9_]", "_", node)
            name = name if name[:1].isalpha() else f"{kind.lower()}_{name.lstrip('_')}"
            while name in names.values():
                name += "_"
            names[node] = name
        return names

    def _input(self, inputs: list[str]) -> Population:
        """Return the input: one Input as it is, or several in a row."""
        if len(inputs) == 1:
            return Population(
                self._names[inputs[0]], features_last(self._flat.shapes[inputs[0]]), Input()
            )
        return Population(
            "input", (sum(prod(self._flat.shapes[name]) for name in inputs),), Input()
        )

    def _neuron(self, name: str, paths: list[Way]) -> Interpreted:
        flat = self._flat
        threshold = self._thresholds.get(name)
        return Reader(
            name,
            flat.nodes[name],
            flat.shapes[name],
            self._conventions,
            self._dt,
            hears_itself=any(path.source == name for path in paths),
            threshold=None if threshold is None else flat.nodes[threshold],
        ).interpreted()

    def _connections(self, name: str, paths: list[Way], read: Interpreted) -> Iterator[Connection]:
        """Make connections of the paths into a node."""
        if not paths and np.any(read.current):
            raise GraphError(f"node {name!r} has a v_leak and hears nothing")
        for number, path in enumerate(paths):
            links = multiplied(path.links, read.gain)
            if number == 0:
                links = offset(links, read.current)
            yield Connection(
                (self._names[path.source],), self._names[name], chained(links), path.delay
            )

    def _with_feedback(
        self, connections: list[Connection], populations: list[Population]
    ) -> list[Connection]:
        """Have connections back take a step where a cycle has no delay."""
        rank = {population.name: number for number, population in enumerate(populations)}
        found = []
        for connection in connections:
            (source,), target = connection.sources, connection.target
            at_once = [c for c in connections if c.delay == 0]
            back = connection.delay == 0 and rank[source] >= rank[target]
            if back and _leads(at_once, target, source):
                connection = replace(connection, delay=1)
                self._remarks.append(f"{source} -> {target}: the way back takes one step")
            found.append(connection)
        return found

    def _heard_by(self, name: str) -> tuple[str, ...]:
        """Return the populations that an Output hears, past nothing but stateless nodes."""
        found, waiting = [], list(self._flat.before[name])
        for node in waiting:
            if node in self._names:
                found.append(self._names[node])
            else:
                waiting += self._flat.before[node]
        return tuple(found)


def _leads(connections: list[Connection], first: str, last: str) -> bool:
    """Tell whether connections lead from one population to another, or they are the same."""
    reached = [first]
    for name in reached:
        if name == last:
            return True
        for connection in connections:
            if connection.sources == (name,) and connection.target not in reached:
                reached.append(connection.target)
    return False


def _described(populations: list[Population], connections: list[Connection]) -> Network:
    try:
        return Network(tuple(populations), tuple(connections))
    except ValueError as error:
        raise GraphError(str(error)) from error
