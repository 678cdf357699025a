"""A benchmark from its beginning to its files."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.benchmark import plot_benchmark, plot_scaling
from bionlp.bench.engines import ENGINES, WHOLE, Conditions, EngineSpec
from bionlp.bench.machine import describe_machine
from bionlp.bench.scaling import measure_curves, points
from bionlp.bench.session import add_events, comparison, run_tasks, whole_tasks
from bionlp.bench.workload import Workload
from bionlp.files import atomic_path
from bionlp.progress import Reporter


@dataclass(frozen=True)
class Plan:
    """What is measured.

    Attributes
    ----------
    engines : sequence of EngineSpec
        What is compared.
    sentences : int
        How many each is shown.
    threads, repeats : int
        See :class:`bionlp.bench.engines.Conditions`.
    cached : bool
        Whether to take what was compiled before.
    whole, scaling : bool
        Whether to label all sentences on all cores, too, and to measure curves.
    """

    engines: Sequence[EngineSpec]
    sentences: int = 20
    threads: int = 1
    repeats: int = 3
    cached: bool = False
    whole: bool = False
    scaling: bool = False


def benchmark(plan: Plan, everything: Workload, report: Reporter) -> dict[str, Any]:
    """Measure all of a plan.

    Parameters
    ----------
    plan : Plan
        What.
    everything : Workload
        All sentences there are; the comparison takes the first ones, again from the first if there
        are too few.
    report : Reporter
        Hears of every engine.

    Returns
    -------
    dict
        Circumstances, ``rows`` (see :mod:`bionlp.bench`) and, if asked for, ``scaling``.
    """
    workload = everything.repeated(plan.sentences)
    document = {
        "sentences": len(workload),
        "words": workload.words,
        "steps": workload.steps,
        "seed": workload.seed,
        "threads": plan.threads,
        "repeats": plan.repeats,
        "cached": plan.cached,
        "machine": describe_machine(),
    }
    with tempfile.TemporaryDirectory(prefix="bionlp-bench-cache-") as cache:
        conditions = Conditions(plan.threads, plan.repeats, None if plan.cached else cache)
        tasks = comparison(plan.engines, workload, conditions)
        if plan.whole:
            tasks += whole_tasks(everything, conditions)
        rows = run_tasks(tasks, "engines", report)
        add_events(rows, tasks)
        add_ratios(rows)
        document["rows"] = rows
        if plan.scaling:
            curves = points(plan.engines, workload, everything, conditions)
            document["scaling"] = measure_curves(curves, report)
    return document


def add_ratios(rows: Sequence[dict[str, Any]]) -> None:
    """Say in each row how many times as fast it is as its reference, in place."""
    specs = ENGINES | {spec.name: spec for spec in WHOLE}
    costs = {row["engine"]: row["ms_per_sentence"] for row in rows}
    for row in rows:
        reference = specs[row["engine"]].reference
        if row["ms_per_sentence"] and costs.get(reference):
            row["reference"] = reference
            row["times_as_fast"] = costs[reference] / row["ms_per_sentence"]


def write_benchmark(document: dict[str, Any], folder: Path) -> None:
    """Write a benchmark and its figures, each whole or not at all.

    Parameters
    ----------
    document : dict
        Of :func:`benchmark`.
    folder : Path
        Gets ``bench.json``, ``bench.png`` and, if there are curves, ``scaling.png``.
    """
    with atomic_path(folder / "bench.json") as temporary:
        text = json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False)
        temporary.write_text(text, encoding="utf-8")
    figures = {"bench.png": plot_benchmark(document["rows"])}
    if "scaling" in document:
        figures["scaling.png"] = plot_scaling(document["scaling"])
    for name, figure in figures.items():
        with atomic_path(folder / name) as temporary:
            figure.savefig(temporary)
