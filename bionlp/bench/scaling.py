"""How the cost of a sentence depends on its length, on the steps, on their number, and on cores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bionlp.bench.engines import WORKERS, Conditions, EngineSpec
from bionlp.bench.session import Task, run_tasks
from bionlp.bench.workload import Workload
from bionlp.cores import cores
from bionlp.progress import Reporter

WORDS = (5, 10, 20)
STEPS = (10, 25, 50, 100)
SENTENCES = (1, 10, 50, 200)
MANY = 200
"""Least sentences for the curve of workers: starting them takes seconds."""


@dataclass(frozen=True)
class Point:
    """A point of a curve.

    Attributes
    ----------
    curve : str
        What is varied: ``words``, ``steps``, ``sentences`` or ``workers``.
    value : int
        Its value.
    task : Task
        What is measured.
    """

    curve: str
    value: int
    task: Task


def points(
    engines: Sequence[EngineSpec], workload: Workload, everything: Workload, conditions: Conditions
) -> list[Point]:
    """List what is measured.

    Parameters
    ----------
    engines : sequence of EngineSpec
        Those of the comparison; training is left out.
    workload : Workload
        Sentences of the comparison.
    everything : Workload
        All sentences there are, for curves that need many.
    conditions : Conditions
        How they are measured.

    Returns
    -------
    list of Point
        Curve by curve.
    """
    length = workload.classifier.length
    shown = [
        *(("words", n, workload.of_length(n)) for n in (*(w for w in WORDS if w < length), length)),
        *(("steps", n, replace(workload, steps=n)) for n in STEPS),
        *(("sentences", n, everything.repeated(n)) for n in SENTENCES),
    ]
    engines = [spec for spec in engines if spec.part == "inference"]
    curves = [
        # The curve of sentences shows what a batch that is not full costs; the others do not.
        Point(curve, value, Task(spec, _full(curve, load, spec), conditions))
        for curve, value, load in shown
        for spec in engines
    ]
    if any(spec.name == WORKERS.name for spec in engines):
        many = everything.at_least(MANY)
        curves += [
            Point("workers", n, Task(WORKERS, many, replace(conditions, threads=n)))
            for n in _powers_of_two(cores())
        ]
    return curves


def measure_curves(curves: Sequence[Point], report: Reporter) -> dict[str, list[dict[str, Any]]]:
    """Measure all points.

    Parameters
    ----------
    curves : sequence of Point
        See :func:`points`.
    report : Reporter
        Hears of every point.

    Returns
    -------
    dict of str to list of dict
        For each curve its points, ``engine``, ``value`` and ``ms_per_sentence``, and ``skipped``.
    """
    rows = run_tasks([point.task for point in curves], "scaling", report)
    measured: dict[str, list[dict[str, Any]]] = {}
    for point, row in zip(curves, rows, strict=True):
        kept = {key: row[key] for key in ("engine", "ms_per_sentence", "start_s", "skipped")}
        measured.setdefault(point.curve, []).append(kept | {"value": point.value})
    return measured


def _full(curve: str, workload: Workload, spec: EngineSpec) -> Workload:
    return workload if curve == "sentences" else workload.at_least(spec.batch)


def _powers_of_two(last: int) -> list[int]:
    powers = [2**n for n in range(last.bit_length()) if 2**n < last]
    return [*powers, last]
