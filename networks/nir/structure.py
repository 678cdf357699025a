"""A graph without graphs in it, the shapes of its nodes, and the order in which it flows.

Names come back from a file in alphabetical order, "10" before "2", so no order is taken from it:
nodes are ordered by how many edges they are from an input. An edge into or out of a nested graph
is one to its Input or from its Output.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from networks.described import Shape
from networks.nir.container import Graph, GraphError, Node
from networks.nir.nodes import NEURONS, check_node, whole

PASSING = "Passing"
"""Type of what an Input or Output becomes whose graph is in another one."""


@dataclass(frozen=True)
class Flat:
    """A graph without graphs in it.

    Attributes
    ----------
    nodes : dict of str to Node
        By name; those of nested graphs are called ``graph.node``.
    edges : tuple of (str, str)
        From and to.
    metadata : dict of str to numpy.ndarray or str
        Of the outermost graph.
    """

    nodes: dict[str, Node]
    edges: tuple[tuple[str, str], ...]
    metadata: dict[str, np.ndarray | str]

    @cached_property
    def before(self) -> dict[str, list[str]]:
        """Nodes that each node hears."""
        found: dict[str, list[str]] = {name: [] for name in self.nodes}
        for source, target in self.edges:
            found[target].append(source)
        return found

    @cached_property
    def after(self) -> dict[str, list[str]]:
        """Nodes that hear each node."""
        found: dict[str, list[str]] = {name: [] for name in self.nodes}
        for source, target in self.edges:
            found[source].append(target)
        return found

    def of_type(self, *types: str) -> list[str]:
        """Return the names of all nodes of some types, in order."""
        return [name for name in self.order if self.nodes[name].type in types]

    @cached_property
    def order(self) -> tuple[str, ...]:
        """All nodes, by the number of edges from an input, then by name; numbers as such."""
        distance = {name: 0 for name, node in self.nodes.items() if node.type == "Input"}
        waiting = sorted(distance)
        for name in waiting:
            for following in self.after[name]:
                if following not in distance:
                    distance[following] = distance[name] + 1
                    waiting.append(following)
        far = len(self.nodes)
        return tuple(sorted(self.nodes, key=lambda name: (distance.get(name, far), _natural(name))))

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """Shape of what each node gives, as NIR has it: channels first.

        Raises
        ------
        GraphError
            If something does not fit.
        """
        return _shapes(self)


def flatten(graph: Graph) -> Flat:
    """Take nodes out of the graphs that they are in.

    Parameters
    ----------
    graph : Graph
        What was read.

    Returns
    -------
    Flat
        The same without graphs in it.

    Raises
    ------
    GraphError
        If an edge leads nowhere, or there is no input.
    """
    nodes: dict[str, Node] = {}
    edges: list[tuple[str, str]] = []
    _collect(graph, "", nodes, edges)
    if len(set(edges)) < len(edges):
        twice = next(edge for edge in edges if edges.count(edge) > 1)
        raise GraphError(f"the edge {twice[0]} -> {twice[1]} is there twice")
    if not any(node.type == "Input" for node in nodes.values()):
        raise GraphError("it has no Input")
    return Flat(nodes, tuple(edges), graph.metadata)


def checked(flat: Flat) -> Flat:
    """Return a graph whose nodes are all known and complete.

    Raises
    ------
    GraphError
        If one is not.
    """
    for name, node in flat.nodes.items():
        if node.type != PASSING:
            check_node(name, node)
    return flat


def _collect(
    graph: Graph, prefix: str, nodes: dict[str, Node], edges: list[tuple[str, str]]
) -> None:
    ends: dict[str, dict[str, list[str]]] = {}
    for name, node in graph.nodes.items():
        full = prefix + name
        if isinstance(node, Graph):
            _collect(node, f"{full}.", nodes, edges)
            ends[name] = {
                kind: [
                    f"{full}.{inner}"
                    for inner, of in node.nodes.items()
                    if isinstance(of, Node) and of.type == kind
                ]
                for kind in ("Input", "Output")
            }
            continue
        if full in nodes:
            raise GraphError(f"two nodes are called {full!r}")
        passing = prefix and node.type in ("Input", "Output")
        nodes[full] = Node(PASSING, node.fields, node.metadata) if passing else node
    for source, target in graph.edges:
        edges.append(
            (
                _end(source, "Output", graph, prefix, ends),
                _end(target, "Input", graph, prefix, ends),
            )
        )


def _end(
    name: str, kind: str, graph: Graph, prefix: str, ends: dict[str, dict[str, list[str]]]
) -> str:
    """Return the node that an edge ends in."""
    if name not in graph.nodes:
        raise GraphError(f"an edge ends in {prefix + name!r}, and there is no such node")
    if name not in ends:
        return prefix + name
    found = ends[name][kind]
    if len(found) != 1:
        raise GraphError(
            f"an edge ends in the graph {prefix + name!r}, which has {len(found)} nodes of type "
            f"{kind}, so it does not say where"
        )
    return found[0]


def _natural(name: str) -> list[tuple[int, int, str]]:
    return [
        (0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part)
        for part in name.replace("_", ".").split(".")
    ]


def _shapes(flat: Flat) -> dict[str, Shape]:
    """Go through the graph again and again until nothing new is known; cycles take some rounds."""
    shapes: dict[str, Shape] = {}
    waiting = list(flat.order)
    while waiting:
        left: list[str] = []
        for name in waiting:
            known = [shapes[source] for source in flat.before[name] if source in shapes]
            node = flat.nodes[name]
            shape: Shape | None
            if node.type == "Input":
                shape = _of_input(name, flat)
            else:
                shape = _given(name, node, known[0] if known else None)
            if shape is None:
                left.append(name)
            else:
                shapes[name] = shape
        if len(left) == len(waiting):
            raise GraphError(f"the shape of {left[0]!r} cannot be known: it hears nothing")
        waiting = left
    for name in flat.order:
        for source in flat.before[name]:
            if flat.nodes[name].type == "Input":
                raise GraphError(f"an edge leads into the input {name!r}")
            _given(name, flat.nodes[name], shapes[source])
    return shapes


def _given(name: str, node: Node, heard: Shape | None) -> Shape | None:
    """Return the shape of what a node gives for what it hears, None if that cannot be said yet."""
    if node.type in NEURONS or node.type in ("Threshold", "Scale", "Delay"):
        own = _of_parameters(name, node)
        if heard is not None and own not in (None, heard) and prod(own) != 1:
            raise GraphError(f"node {name!r}, {node.type}, has the shape {own} and hears {heard}")
        return heard if own is None or (heard is not None and prod(own) == 1) else own
    if heard is None:
        return None
    return _STATELESS[node.type](name, node, heard)


def _of_input(name: str, flat: Flat) -> Shape:
    """Return the shape of an input, less the axis for a batch that some writers put first."""
    numbers = np.atleast_1d(flat.nodes[name].fields["shape"]).ravel()
    if numbers.dtype.kind not in "iu" or (numbers < 1).any() or prod(numbers.tolist()) > 2**31:
        raise GraphError(f"input {name!r} has the shape {numbers.tolist()}")
    shape = tuple(numbers.tolist())
    axes = [_axes(name, flat.nodes[name]) for name in flat.after[name]]
    return shape[1:] if shape[0] == 1 and len(shape) - 1 in axes else shape


def _axes(name: str, node: Node) -> int | None:
    """Return how many axes a node expects in what it hears, if it expects anything."""
    if node.type in _AXES:
        return _AXES[node.type]
    own = _of_parameters(name, node) if node.type in NEURONS else None
    return None if own is None or prod(own) == 1 else len(own)


def _of_parameters(name: str, node: Node) -> Shape | None:
    """Return the shape of a node's parameters; None if they are numbers for any shape."""
    shapes = {np.shape(value) for value in node.fields.values() if np.ndim(value)}
    larger = {shape for shape in shapes if prod(shape) > 1}
    if len(larger) > 1:
        raise GraphError(f"node {name!r}, {node.type}, has parameters of shapes {sorted(larger)}")
    return next(iter(larger or shapes), None)


def _dense(name: str, node: Node, heard: Shape) -> Shape:
    weight = np.asarray(node.fields["weight"])
    if weight.ndim != 2:
        raise GraphError(f"node {name!r}, {node.type}: weight has {weight.ndim} axes, not 2")
    if heard != weight.shape[1:]:
        raise GraphError(
            f"node {name!r}, {node.type}, takes {weight.shape[1]} numbers in a row and hears the "
            f"shape {heard}"
        )
    if node.type == "Affine" and np.asarray(node.fields["bias"]).shape != weight.shape[:1]:
        raise GraphError(f"node {name!r}, Affine: bias has shape {np.shape(node.fields['bias'])}")
    return weight.shape[:1]


def _convolution(name: str, node: Node, heard: Shape) -> Shape:
    weight, axes = np.asarray(node.fields["weight"]), int(node.type[4])
    (groups,) = whole(name, node, "groups", 1, 1)
    if weight.ndim != axes + 2:
        raise GraphError(f"node {name!r}, {node.type}: weight has {weight.ndim} axes")
    if len(heard) != axes + 1 or heard[0] != weight.shape[1] * groups:
        raise GraphError(
            f"node {name!r}, {node.type}, takes {weight.shape[1] * groups} channels along {axes} "
            f"axes and hears the shape {heard}"
        )
    bias = node.fields.get("bias")
    if bias is not None and np.shape(bias) not in ((), weight.shape[:1]):
        raise GraphError(f"node {name!r}, {node.type}: bias has shape {np.shape(bias)}")
    _check_input_shape(name, node, heard)
    stride, dilation = (whole(name, node, f, axes, 1) for f in ("stride", "dilation"))
    ends = padding(name, node, axes)
    sizes = tuple(
        (size + sum(end) - d * (width - 1) - 1) // s + 1
        for size, end, width, s, d in zip(
            heard[1:], ends, weight.shape[2:], stride, dilation, strict=True
        )
    )
    if min(sizes) < 1:
        raise GraphError(f"node {name!r}, {node.type}: its kernel is larger than what it hears")
    return (len(weight), *sizes)


def _check_input_shape(name: str, node: Node, heard: Shape) -> None:
    """See that a convolution hears what its writer thought; some wrote nothing."""
    thought = node.fields.get("input_shape")
    if thought is None or tuple(np.atleast_1d(thought).ravel()) in (heard[1:], heard):
        return
    raise GraphError(
        f"node {name!r}, {node.type}, is for the input shape {np.ravel(thought).tolist()} and "
        f"hears {heard}"
    )


def padding(name: str, node: Node, axes: int) -> tuple[tuple[int, int], ...]:
    """Return the silent positions at both ends of each axis.

    Parameters
    ----------
    name : str
        Of the node, for the error.
    node : Node
        A convolution or pooling.
    axes : int
        Axes that it slides along.

    Returns
    -------
    tuple of (int, int)
        Before and after; 'same' adds the odd one after, as PyTorch does.
    """
    given = node.fields["padding"]
    if isinstance(given, str):
        if given == "valid":
            return ((0, 0),) * axes
        if set(whole(name, node, "stride", axes, 1)) != {1}:
            raise GraphError(f"node {name!r}: padding 'same' needs a stride of 1")
        dilation = whole(name, node, "dilation", axes, 1)
        totals = [
            d * (w - 1)
            for d, w in zip(dilation, np.asarray(node.fields["weight"]).shape[2:], strict=True)
        ]
        return tuple((total // 2, total - total // 2) for total in totals)
    return tuple((end, end) for end in whole(name, node, "padding", axes, 0))


def _pooling(name: str, node: Node, heard: Shape) -> Shape:
    if len(heard) != 3:
        raise GraphError(f"node {name!r}, {node.type}, pools along 2 axes and hears {heard}")
    window, stride = (whole(name, node, f, 2, 1) for f in ("kernel_size", "stride"))
    sizes = tuple(
        (size + sum(end) - width) // s + 1
        for size, end, width, s in zip(
            heard[1:], padding(name, node, 2), window, stride, strict=True
        )
    )
    if min(sizes) < 1:
        raise GraphError(f"node {name!r}, {node.type}: its window is larger than what it hears")
    return (heard[0], *sizes)


def _flattened(name: str, node: Node, heard: Shape) -> Shape:
    start, end = (int(np.ravel(node.fields[f])[0]) for f in ("start_dim", "end_dim"))
    if len(heard) > 1 and (start != 0 or end not in (-1, len(heard) - 1)):
        raise GraphError(
            f"node {name!r}, Flatten, is from axis {start} to {end} of the shape {heard}, and only "
            "all axes can become one"
        )
    return (prod(heard),)


def _passed(name: str, node: Node, heard: Shape) -> Shape:
    return heard


_AXES = {"Linear": 1, "Affine": 1, "Conv1d": 2, "Conv2d": 3, "SumPool2d": 3, "AvgPool2d": 3}

_STATELESS = {
    "Linear": _dense,
    "Affine": _dense,
    "Conv1d": _convolution,
    "Conv2d": _convolution,
    "SumPool2d": _pooling,
    "AvgPool2d": _pooling,
    "Flatten": _flattened,
    "Output": _passed,
    PASSING: _passed,
}


def features_last(shape: Shape) -> Shape:
    """Return a shape with channels first as one with features last."""
    return (*shape[1:], shape[0])
