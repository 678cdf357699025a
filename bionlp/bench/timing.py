"""Runs, and which of them counts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

PATIENCE = 60.0
"""Seconds of warm runs after which there is no further one."""


@dataclass(frozen=True)
class Run:
    """One run over all sentences.

    Attributes
    ----------
    wall : float
        Seconds from the call to the votes.
    stepping : float
        Seconds of it between the first step of the network and the last.
    votes : numpy.ndarray of int, shape (sentences, classes), or None
        What came out; nothing does of training.
    """

    wall: float
    stepping: float
    votes: np.ndarray | None = None

    @property
    def start(self) -> float:
        """Seconds that do not depend on how many sentences there are."""
        return max(self.wall - self.stepping, 0.0)


def repeat(run: Callable[[], Run], times: int) -> list[Run]:
    """Run at least once, and up to ``times`` times as long as it does not take too long.

    Parameters
    ----------
    run : callable
        Returns a run.
    times : int
        Most runs.

    Returns
    -------
    list of Run
        All of them.
    """
    runs = [run()]
    while len(runs) < times and sum(done.wall for done in runs) < PATIENCE:
        runs.append(run())
    return runs


def costs(
    warm: list[Run],
    sentences: int,
    *,
    build: float | None,
    compiling: float | None,
    start: float | None,
) -> dict[str, float | int | None]:
    """Put what was measured into a row.

    Parameters
    ----------
    warm : list of Run
        Runs after the first one.
    sentences : int
        How many each of them presented.
    build, compiling, start : float or None
        Seconds; None for what cannot be told apart.

    Returns
    -------
    dict
        The keys that every engine measures itself.
    """
    best = min(warm, key=lambda run: run.wall)
    return {
        "build_s": build,
        "compile_s": compiling,
        "start_s": start,
        "ms_per_sentence": 1000 * best.wall / sentences,
        "output_spikes_per_sentence": (
            None if best.votes is None else float(best.votes.sum() / sentences)
        ),
        "runs": len(warm),
    }


def timed(work: Callable[[], np.ndarray | None]) -> Run:
    """Run something whose start is not told apart."""
    started = time.perf_counter()
    votes = work()
    wall = time.perf_counter() - started
    return Run(wall, wall, votes)
