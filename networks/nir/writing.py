"""From a network to a NIR file that reads back as the same network.

A factor ``decay`` a step becomes tau = dt / (1 - decay), the time constant of which Euler's method
makes this factor again, and R = tau / dt, so weights stay what they are. What NIR does not say, the
resets above all, goes to the metadata as :mod:`conventions <networks.nir.conventions>`.

Features come first in NIR. Of sources in a row, each gets a Linear with its part of the weights.
NIR pools images alone, so words become images one pixel wide where a network pools over words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import singledispatchmethod
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from networks.described import Shape
from networks.description import Connection, Network, Population
from networks.neurons import IF, LIF, Input, Neuron
from networks.neurons.cuba import CubaLI, CubaLIF, ResetCubaLIF
from networks.neurons.integrator import LI
from networks.neurons.reset_to_value import ResetLIF
from networks.neurons.unreset import UnresetLIF
from networks.nir.container import Graph, GraphError, Node, write_graph
from networks.nir.conventions import Conventions, to_metadata
from networks.transforms import (
    AveragePooling,
    Convolution,
    Dense,
    Flattening,
    Offset,
    Pooling,
    Scaling,
    SumPooling,
    Transform,
)

DT = 1e-3
"""Seconds of a step, unless another is asked for."""


def write(network: Network, path: str | Path, *, dt: float = DT) -> Graph:
    """Write a network as a NIR file.

    Parameters
    ----------
    network : Network
        What is written. Its readout is not: an Output follows the population that is read, and all
        that nobody listens to.
    path : str or Path
        The file.
    dt : float
        Seconds of a step.

    Returns
    -------
    Graph
        What was written.

    Raises
    ------
    GraphError
        If NIR has no node for something.
    OSError
        If the file cannot be written.
    """
    graph = to_graph(network, dt=dt)
    write_graph(graph, path)
    return graph


def to_graph(network: Network, *, dt: float = DT) -> Graph:
    """Return a network as a graph of NIR; see :func:`write`."""
    return _Writer(network, dt).run()


class _Writer:
    """One network on its way into a graph."""

    def __init__(self, network: Network, dt: float):
        self._network, self._dt = network, dt
        self._nodes: dict[str, Node | Graph] = {}
        self._edges: list[tuple[str, str]] = []
        self._images = any(
            isinstance(link, Pooling) and len(shape) == 2
            for connection in network.connections
            for link, shape in zip(
                connection.links,
                connection.transform.shapes(network.source_shape(connection)),
                strict=False,
            )
        )
        self._conventions = _conventions(network)

    def run(self) -> Graph:
        network = self._network
        spikes: dict[str, str] = {}
        for population in network.populations:
            spikes[population.name] = self._population(population)
        for key, connection in zip(network.keys, network.connections, strict=True):
            self._connection(key.replace(":", "_"), connection, spikes)
        heard = {source for connection in network.connections for source in connection.sources}
        read = network.readout and network.readout.population
        ends = [p.name for p in network.hidden if p.name == read or p.name not in heard]
        for name in ends:
            shape = self._shape(network.shapes[name])
            output = "output" if len(ends) == 1 else f"output_{name}"
            self._add(output, "Output", spikes[name], shape=np.array(shape))
        metadata = to_metadata(self._conventions, self._dt)
        return Graph(self._nodes, tuple(self._edges), metadata)

    def _add(self, name: str, kind: str, *sources: str, **fields: Any) -> str:
        while name in self._nodes:
            name += "_"
        self._nodes[name] = Node(kind, {key: np.asarray(value) for key, value in fields.items()})
        self._edges += [(source, name) for source in sources]
        return name

    def _shape(self, shape: Shape) -> Shape:
        """Return a shape with features first, and words as an image if need be."""
        if len(shape) == 1:
            return shape
        return (shape[-1], *shape[:-1], *((1,) if self._images and len(shape) == 2 else ()))

    def _population(self, population: Population) -> str:
        """Add the nodes of a population; return the one that spikes."""
        shape, name = self._shape(population.shape), population.name
        if len(shape) > 3:
            raise GraphError(f"population {name!r} has {len(shape)} axes, and NIR at most 3")
        if isinstance(population.neuron, Input):
            return self._add(name, "Input", shape=np.array(shape))
        kind, fields = _neuron(population, self._dt)
        values = {key: _arranged(value, population.shape, shape) for key, value in fields.items()}
        threshold = values.pop("threshold", None)
        self._add(name, kind, **values)
        if threshold is None:
            return name
        return self._add(f"{name}_spikes", "Threshold", name, threshold=threshold)

    def _connection(self, key: str, connection: Connection, spikes: Mapping[str, str]) -> None:
        """Add the nodes between populations."""
        network, links = self._network, list(connection.links)
        target = connection.target
        several = len(connection.sources) > 1
        if several:
            while links and isinstance(links[0], Flattening) and not links[0].axes:
                links.pop(0)
        first = 0
        for number, source in enumerate(connection.sources):
            shape = network.shapes[source]
            chain = links
            if several:
                part = slice(first, first + prod(shape))
                first += prod(shape)
                chain = [_part_of(links, part, number, connection), *links[1:]]
            name = f"{source}_to_{key}"
            end = spikes[source]
            if connection.delay:
                delay = np.full(self._shape(shape), connection.delay * self._dt)
                end = self._add(f"{name}_delay", "Delay", end, delay=delay)
            end = self._links(name, end, chain, shape, network.shapes[target], connection)
            self._edges.append((end, target))

    def _links(
        self,
        name: str,
        end: str,
        links: list[Transform],
        shape: Shape,
        target: Shape,
        connection: Connection,
    ) -> str:
        links = _without_offsets(links, connection)
        for number, link in enumerate(links):
            if isinstance(link, Flattening) and not link.rearranges(shape):
                following = links[number + 1] if number + 1 < len(links) else None
                if isinstance(following, Dense | Flattening):
                    continue  # a Dense takes its rows from any shape
            end = self._link(link, f"{name}_{type(link).__name__.lower()}", end, shape, connection)
            shape = link.shape(shape)
        if shape != target:
            raise _refusal(connection, f"a row of currents onto neurons of the shape {target}")
        return end

    @singledispatchmethod
    def _link(
        self, link: Transform, name: str, end: str, shape: Shape, connection: Connection
    ) -> str:
        raise _refusal(connection, f"a transform {type(link).__name__}")

    @_link.register
    def _(self, link: Dense, name: str, end: str, shape: Shape, connection: Connection) -> str:
        end = self._flattened(name, end, shape)
        weight = np.moveaxis(link.weight.reshape(-1, *shape), -1, 1).reshape(link.weight.shape)
        if link.bias is None:
            return self._add(name, "Linear", end, weight=weight)
        return self._add(name, "Affine", end, weight=weight, bias=link.bias)

    def _flattened(self, name: str, end: str, shape: Shape) -> str:
        given = self._shape(shape)
        if len(given) == 1:
            return end
        return self._add(
            f"{name}_flatten", "Flatten", end, start_dim=0, end_dim=-1, input_type=np.array(given)
        )

    @_link.register
    def _(self, link: Flattening, name: str, end: str, shape: Shape, connection: Connection) -> str:
        channels_first = (len(shape) - 1, *range(len(shape) - 1))
        if len(shape) > 1 and link.axes != channels_first:
            raise _refusal(connection, "a flattening that keeps features last")
        return self._flattened(name, end, shape)

    @_link.register
    def _(self, link: Scaling, name: str, end: str, shape: Shape, connection: Connection) -> str:
        return self._add(
            name, "Scale", end, scale=_arranged(link.weight, shape, self._shape(shape))
        )

    @_link.register
    def _(
        self, link: Convolution, name: str, end: str, shape: Shape, connection: Connection
    ) -> str:
        padding = _symmetric(link.padding, connection)
        weight = np.moveaxis(link.weight, -1, 1)
        image = self._images and link.axes == 1
        axes = {"stride": link.stride, "padding": padding, "dilation": link.dilation}
        if image:
            weight = weight[..., None]
            ones = {"stride": 1, "padding": 0, "dilation": 1}
            axes = {key: (*value, ones[key]) for key, value in axes.items()}
        two = link.axes == 2 or image
        plain: Callable[[Sequence[int]], np.ndarray] = (
            np.array if two else (lambda value: np.array(value[0]))
        )
        bias = np.zeros(link.maps) if link.bias is None else link.bias
        return self._add(
            name,
            "Conv2d" if two else "Conv1d",
            end,
            weight=weight,
            bias=bias,
            groups=link.groups,
            input_shape=plain(self._shape(shape)[1:]),
            **{key: plain(value) for key, value in axes.items()},
        )

    @_link.register
    def _(self, link: Pooling, name: str, end: str, shape: Shape, connection: Connection) -> str:
        kinds = {SumPooling: "SumPool2d", AveragePooling: "AvgPool2d"}
        if type(link) not in kinds:
            raise _refusal(connection, f"a transform {type(link).__name__}")
        whole = link.window is None
        window: tuple[int, ...] = shape[:-1] if link.window is None else link.window
        stride: tuple[int, ...] = window if whole else (link.stride or ())
        padding = (0,) * len(window) if whole else _symmetric(link.padding, connection)
        if len(window) == 1:
            window, stride, padding = (*window, 1), (*stride, 1), (*padding, 0)
        end = self._add(
            name,
            kinds[type(link)],
            end,
            kernel_size=np.array(window),
            stride=np.array(stride),
            padding=np.array(padding),
        )
        if not whole:
            return end
        one = np.array((shape[-1], *[1] * len(window)))
        return self._add(f"{name}_flatten", "Flatten", end, start_dim=0, end_dim=-1, input_type=one)


def _refusal(connection: Connection, reason: str) -> GraphError:
    return GraphError(f"connection {connection} has {reason}, and NIR has no node for it")


def _part_of(links: list[Transform], part: slice, number: int, connection: Connection) -> Transform:
    """Return the weights of one source among several in a row; the first takes the bias."""
    if not links or not isinstance(links[0], Dense):
        raise _refusal(connection, "several sources in a row before something else than a Dense")
    return Dense(links[0].weight[:, part], links[0].bias if number == 0 else None)


def _without_offsets(links: list[Transform], connection: Connection) -> list[Transform]:
    """Put constant currents into the biases of what is before them."""
    found: list[Transform] = []
    for link in links:
        if not isinstance(link, Offset):
            found.append(link)
            continue
        last = found[-1] if found else None
        if not isinstance(last, Dense):
            raise _refusal(connection, "a constant current behind something else than a Dense")
        bias = np.broadcast_to(link.bias, last.weight.shape[:1])
        found[-1] = Dense(last.weight, bias if last.bias is None else last.bias + bias)
    return found


def _symmetric(padding: tuple[tuple[int, int], ...], connection: Connection) -> tuple[int, ...]:
    if any(before != after for before, after in padding):
        raise _refusal(connection, "padding that differs before and after")
    return tuple(before for before, _ in padding)


def _arranged(value: float | np.ndarray, own: Shape, shape: Shape) -> np.ndarray:
    """Return numbers of a population with features first; one number for all is repeated."""
    array = np.broadcast_to(np.asarray(value, dtype=np.float64), own)
    return np.moveaxis(array, -1, 0).reshape(shape).copy()


def _neuron(population: Population, dt: float) -> tuple[str, dict[str, Any]]:
    """Return the type and the fields of a neuron's node; ``threshold`` is for a node of its own."""
    neuron = population.neuron
    kind = _TYPES.get(type(neuron))
    if kind is None:
        raise GraphError(
            f"population {population.name!r} has neurons of type {type(neuron).__name__}, and NIR "
            f"has none of their kind, only of {', '.join(known.__name__ for known in _TYPES)}"
        )
    fields: dict[str, Any] = {}
    # With a resistance of tau / dt a unit of input adds one to the membrane in a step.
    if kind.startswith("Cuba"):
        synapse, membrane = neuron.values["synaptic_decay"], neuron.values["decay"]
        fields |= {"tau_syn": _tau(synapse, dt), "tau_mem": _tau(membrane, dt)}
        fields["w_in"] = fields["tau_syn"] / dt
        fields["r"] = fields["tau_mem"] / dt * neuron.values["gain"]
        leaks = True
    else:
        decay = getattr(neuron, "decay", 1.0)
        leaks = kind not in ("I", "IF") and not np.all(np.equal(decay, 1))
        kind = kind if leaks else kind.replace("L", "")
        if leaks:
            fields["tau"] = _tau(decay, dt)
            fields["r"] = fields["tau"] / dt
        else:
            fields["r"] = 1 / dt
    if leaks:
        fields["v_leak"] = 0.0
    if isinstance(neuron, UnresetLIF):
        return kind, fields | {"threshold": neuron.threshold}
    if neuron.spikes:
        fields["v_threshold"] = neuron.values["threshold"]
        fields["v_reset"] = getattr(neuron, "reset_value", 0.0)
    return kind, fields


_TYPES: dict[type[Neuron], str] = {
    IF: "IF",
    LIF: "LIF",
    ResetLIF: "LIF",
    LI: "LI",
    UnresetLIF: "LI",
    CubaLI: "CubaLI",
    CubaLIF: "CubaLIF",
    ResetCubaLIF: "CubaLIF",
}


def _tau(decay: float | np.ndarray, dt: float) -> np.ndarray:
    """Return the time constant of which Euler's method makes this decay again, to 2**-52."""
    decay = np.asarray(decay, dtype=np.float64)
    with np.errstate(divide="ignore"):
        return dt / (1 - decay)


def _conventions(network: Network) -> Conventions:
    """Return the conventions that hold for all neurons of a network.

    Raises
    ------
    GraphError
        If neurons differ in them.
    """
    found: dict[str, set[Any]] = {"reset": set(), "timing": set(), "inclusive": set()}
    for population in network.hidden:
        neuron = population.neuron
        if not neuron.spikes:
            continue
        found["inclusive"].add(getattr(neuron, "inclusive", False))
        if neuron.resets:
            found["reset"].add("value" if hasattr(neuron, "reset_value") else "subtract")
            found["timing"].add(getattr(neuron, "reset"))  # noqa: B009, not all models have one
    for what, values in found.items():
        if len(values) > 1:
            raise GraphError(
                f"neurons of the network differ in {what} ({', '.join(map(str, sorted(values)))}), "
                "and a NIR file is read with the same for all"
            )
    said = {what: next(iter(values)) for what, values in found.items() if values}
    timing = said.get("timing", "at once")
    return Conventions(
        "bionlp", **{**said, "recurrent_timing": timing}, library="bionlp", plain_input=True
    )
