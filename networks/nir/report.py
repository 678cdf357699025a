"""What is in a NIR file, node by node, and how each will be understood.

A node is ``exact`` where NIR says all that is needed, ``by convention`` where a library's habit
decides what happens, and ``not supported`` with the reason. A graph is only simulated if no node is
of the last kind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np

from networks.described import Shape
from networks.nir.container import Graph, GraphError, Node
from networks.nir.conventions import Conventions
from networks.nir.neurons import Reader
from networks.nir.nodes import NEURONS, check_node
from networks.nir.reading import Imported, interpret, own_conventions, time_step
from networks.nir.structure import PASSING, Flat, flatten
from networks.nir.transforms import STATELESS, transform

EXACT, BY_CONVENTION, UNSUPPORTED = "exact", "by convention", "not supported"


@dataclass(frozen=True)
class NodeReport:
    """A node.

    Attributes
    ----------
    name, type : str
        What it is called, and of which type it is.
    shape : tuple of int or None
        Of what it gives, channels first; None if that cannot be known.
    parameters : dict of str to str
        Its fields in words.
    hears : tuple of str
        Nodes with an edge to it.
    status : str
        :data:`EXACT`, :data:`BY_CONVENTION` or :data:`UNSUPPORTED`.
    remark : str
        What the convention is, or why it is not supported.
    """

    name: str
    type: str
    shape: Shape | None
    parameters: dict[str, str]
    hears: tuple[str, ...]
    status: str
    remark: str


@dataclass(frozen=True)
class GraphReport:
    """A graph.

    Attributes
    ----------
    version : str
        Of the package that wrote it.
    nodes : tuple of NodeReport
        In the order of flow.
    conventions : Conventions
        How it is understood.
    dt : float or None
        With which time step; None if none is known.
    imported : Imported or None
        The network; None if there is something that cannot be simulated.
    reason : str
        What that is.
    """

    version: str
    nodes: tuple[NodeReport, ...]
    conventions: Conventions
    dt: float | None
    imported: Imported | None
    reason: str


def inspect(
    graph: Graph, conventions: Conventions | None = None, *, dt: float | None = None
) -> GraphReport:
    """Say what is in a graph.

    Parameters
    ----------
    graph : Graph
        What was read.
    conventions : Conventions, optional
        How it is to be understood; see :func:`networks.nir.read`.
    dt : float, optional
        Time step.

    Returns
    -------
    GraphReport
        All nodes, also if some cannot be simulated.

    Raises
    ------
    GraphError
        If edges lead nowhere, so that it is no graph.
    """
    flat = flatten(graph)
    conventions = conventions or own_conventions(flat)
    step = _tried(lambda: time_step(flat, conventions, dt))[0]
    shapes = _tried(lambda: flat.shapes if _all_known(flat) else None)[0] or {}
    examine = _Examiner(flat, shapes, conventions, step)
    imported, reason = _tried(lambda: interpret(graph, conventions, dt=dt))
    return GraphReport(
        graph.version,
        tuple(examine(name) for name in flat.order if flat.nodes[name].type != PASSING),
        conventions,
        step,
        imported,
        reason,
    )


T = TypeVar("T")


def _tried(attempt: Callable[[], T]) -> tuple[T | None, str]:
    """Return what an attempt gives and an empty text, or None and why it failed."""
    try:
        return attempt(), ""
    except GraphError as error:
        return None, str(error)


def _all_known(flat: Flat) -> bool:
    return not any(
        _tried(partial(check_node, name, node))[1]
        for name, node in flat.nodes.items()
        if node.type != PASSING
    )


class _Examiner:
    def __init__(
        self, flat: Flat, shapes: dict[str, Shape], conventions: Conventions, dt: float | None
    ):
        self._flat, self._shapes, self._conventions, self._dt = flat, shapes, conventions, dt

    def __call__(self, name: str) -> NodeReport:
        node = self._flat.nodes[name]
        status, remark = self._status(name, node)
        return NodeReport(
            name,
            node.type,
            self._shapes.get(name),
            {field: in_words(value) for field, value in node.fields.items()},
            tuple(self._flat.before[name]),
            status,
            remark,
        )

    def _status(self, name: str, node: Node) -> tuple[str, str]:
        reason = _tried(lambda: check_node(name, node))[1]
        if not reason:
            reason = _tried(lambda: self._interpret(name, node))[1]
        if reason:
            return UNSUPPORTED, reason.removeprefix(f"node {name!r}, {node.type}: ")
        if node.type not in NEURONS or self._dt is None:
            return EXACT, ""
        words = self._conventions.described()
        said = ["step", "input"]
        if node.type in ("IF", "LIF", "CubaLIF"):
            said += ["reset", "fires at"]
        if node.type.startswith("Cuba"):
            said += ["input of a current", "time constants"]
        return BY_CONVENTION, "; ".join(f"{what} {words[what]}" for what in said)

    def _interpret(self, name: str, node: Node) -> None:
        """See whether a node can be understood on its own."""
        heard = [self._shapes[source] for source in self._flat.before[name] if self._shapes]
        if node.type in NEURONS:
            if self._dt is None:
                raise GraphError("no time step is known; give one")
            if name in self._shapes:
                Reader(name, node, self._shapes[name], self._conventions, self._dt).interpreted()
        elif node.type in STATELESS and heard:
            transform(name, node, heard[0])


def in_words(value: np.ndarray | str) -> str:
    """Return numbers as people write them: one if all are the same, else their range and shape."""
    if isinstance(value, str):
        return value
    array = np.asarray(value)
    if array.size == 1 or (array.size > 4 and (array == array.flat[0]).all()):
        text = f"{array.flat[0]:g}"
    elif array.ndim == 1 and array.size <= 4:
        text = ", ".join(f"{number:g}" for number in array)
    else:
        text = f"{array.min():g} to {array.max():g}"
    shape = " x ".join(map(str, array.shape))
    return f"{text} ({shape})" if array.ndim and array.size > 4 else text
