"""The order in which populations are computed, and the cycles among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

Edge = tuple[str, str, int]
"""Source, target, and delay in steps."""


def components(names: Sequence[str], edges: Iterable[Edge]) -> tuple[tuple[str, ...], ...]:
    """Sort the nodes of a graph so that whatever acts in the same step comes first.

    Parameters
    ----------
    names : sequence of str
        The nodes; where the order is free, it is theirs.
    edges : iterable of (str, str, int)
        Source, target, delay.

    Returns
    -------
    tuple of tuple of str
        Nodes that lie on common cycles are together, all others alone. Each group comes after all
        that it listens to, and within a group each node after those it hears without a delay.

    Raises
    ------
    ValueError
        If nodes form a cycle without a delay.
    """
    listens: dict[str, set[str]] = {name: set() for name in names}
    at_once: dict[str, set[str]] = {name: set() for name in names}
    for source, target, delay in edges:
        listens[target].add(source)
        if delay == 0:
            at_once[target].add(source)
    before = {name: reachable(name, listens) for name in names}
    groups: dict[str, list[str]] = {}
    for name in names:
        first = next(other for other in names if other == name or _cyclic(name, other, before))
        groups.setdefault(first, []).append(name)
    leader = {name: first for first, members in groups.items() for name in members}
    between = {
        first: {leader[source] for name in members for source in listens[name]} - {first}
        for first, members in groups.items()
    }
    return tuple(
        tuple(_sorted(groups[first], {n: at_once[n] & set(groups[first]) for n in groups[first]}))
        for first in _sorted(list(groups), between)
    )


def _cyclic(a: str, b: str, before: dict[str, set[str]]) -> bool:
    return b in before[a] and a in before[b]


def reachable(name: str, edges: Mapping[str, set[str]]) -> set[str]:
    """Return all nodes that edges lead to from a node, directly or not."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        new = edges[waiting.pop()] - found
        found |= new
        waiting.extend(new)
    return found


def _sorted(names: list[str], after: dict[str, set[str]]) -> list[str]:
    """Sort nodes so that each comes after others, and otherwise stays where it is."""
    order: list[str] = []
    waiting = list(names)
    while waiting:
        ready = next((name for name in waiting if after[name] <= set(order)), None)
        if ready is None:
            raise ValueError(
                f"populations {', '.join(waiting)} hear one another without a delay; give one of "
                "the connections that close the cycle a delay of at least one step"
            )
        waiting.remove(ready)
        order.append(ready)
    return order
