"""Progress on standard error, so that standard output stays clean for results."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from bionlp.text import printable


@dataclass(frozen=True)
class Bar:
    """A running progress bar; ``advance(n)`` says that n more are done."""

    advance: Callable[[int], None]


class _RateColumn(ProgressColumn):
    """How many are done a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f}/s" if task.speed else "", style="progress.data.speed")


class Reporter:
    """Tells a waiting person how far long work has come.

    Parameters
    ----------
    quiet : bool
        Say nothing at all.
    """

    def __init__(self, *, quiet: bool = False):
        self._console = Console(stderr=True, quiet=quiet, highlight=False, soft_wrap=True)

    def __reduce__(self) -> tuple[Any, ...]:
        """Tell in another process what there is to tell there, on its standard error."""
        return partial(Reporter, quiet=self._console.quiet), ()

    def note(self, message: str) -> None:
        """Print one line, as it stands."""
        self._console.print(Text(printable(message)))

    @contextmanager
    def bar(self, title: str, total: int | None) -> Iterator[Bar]:
        """Show a bar with rate and time left while the block runs; only on a terminal.

        The total is None where nobody knows how many there will be.
        """
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            _RateColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        shown = self._console.is_terminal and not self._console.quiet
        with Progress(
            *columns, console=self._console, transient=True, disable=not shown
        ) as progress:
            task = progress.add_task(title, total=total)
            yield Bar(lambda count: progress.advance(task, count))

    @contextmanager
    def fraction(self, title: str, total: int) -> Iterator[Callable[[float], None]]:
        """Show a bar that is told the fraction done instead of a count."""
        done = 0

        def advance(fraction: float) -> None:
            nonlocal done
            bar.advance(round(total * fraction) - done)
            done = round(total * fraction)

        with self.bar(title, total) as bar:
            yield advance
