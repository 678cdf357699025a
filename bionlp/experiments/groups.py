"""Cells given to workers: one by one to this process; to a cluster those of one training together.

What two workers trained in one folder would be neither's; so cells that start from one training
are a single task, and are kept when the last of them is done.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, TypeVar

from bionlp.progress import Reporter
from bionlp.workers import Processes, Work, Workers

Cell = TypeVar("Cell")
"""What a table is made of."""


def computed(
    missing: Sequence[Cell],
    work: Work,
    training: Callable[[Cell], Hashable],
    report: Reporter,
    workers: Workers | None = None,
) -> Iterator[tuple[Cell, Any]]:
    """Have cells computed.

    Parameters
    ----------
    missing : sequence of Cell
        The cells; those of one training lie behind each other.
    work : Work
        Takes several cells, and returns a result for each.
    training : callable
        Tells what is the same for cells that start from one training.
    report : Reporter
        Hears of every cell when it is given out.
    workers : Workers, optional
        A cluster; this process without it.

    Yields
    ------
    cell : Cell
        One that is done.
    result : object
        What came of it.
    """
    groups: list[list[Cell]] = [[cell] for cell in missing]
    if workers is not None:
        together: dict[Hashable, list[Cell]] = {}
        for cell in missing:
            together.setdefault(training(cell), []).append(cell)
        groups = list(together.values())

    def tasks() -> Iterator[tuple[list[Cell]]]:
        number = 0
        for group in groups:
            for cell in group:
                number += 1
                report.note(f"{number}/{len(missing)}: {cell}")
            yield (group,)

    for index, results in (workers or Processes()).run(work, tasks()):
        yield from zip(groups[index], results, strict=True)
