"""A comparison: one engine after the other, each in a process of its own."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bionlp.bench.engines import WHOLE, Conditions, EngineSpec
from bionlp.bench.worker import JOB, ROW
from bionlp.bench.workload import Workload, count_events
from bionlp.cores import cores, thread_variables
from bionlp.progress import Reporter
from networks.brian.cache import CACHE_VARIABLE

MEASURED = ("build_s", "compile_s", "start_s", "ms_per_sentence", "events_per_s", "peak_mib")
"""Keys that every row has; null where an engine has no such number."""


@dataclass(frozen=True)
class Task:
    """One engine on one workload.

    Attributes
    ----------
    spec : EngineSpec
        The engine.
    workload : Workload
        What it is shown.
    conditions : Conditions
        How it is measured.
    """

    spec: EngineSpec
    workload: Workload
    conditions: Conditions


def comparison(
    engines: Sequence[EngineSpec], workload: Workload, conditions: Conditions
) -> list[Task]:
    """List the tasks of a comparison.

    An engine that computes batches is shown the sentences repeated until a batch is full, or it
    would be measured at a smaller one.
    """
    return [Task(spec, workload.at_least(spec.batch), conditions) for spec in engines]


def whole_tasks(workload: Workload, conditions: Conditions) -> list[Task]:
    """List the tasks of labelling all sentences on all cores."""
    return [Task(spec, workload, replace(conditions, threads=cores())) for spec in WHOLE]


def run_tasks(tasks: Iterable[Task], title: str, report: Reporter) -> list[dict[str, Any]]:
    """Measure engines, one after the other.

    Parameters
    ----------
    tasks : iterable of Task
        What to measure.
    title : str
        Of the progress bar.
    report : Reporter
        Hears of every engine.

    Returns
    -------
    list of dict
        A row each: what is measured (:mod:`bionlp.bench`), or why it was ``skipped``.
    """
    tasks, rows = list(tasks), []
    with report.bar(title, len(tasks)) as bar:
        for task in tasks:
            row = _row(task, _run(task))
            rows.append(row)
            report.note(f"{title}: {row['engine']}: {_news(row)}")
            bar.advance(1)
    return rows


def add_events(rows: Sequence[dict[str, Any]], tasks: Sequence[Task]) -> None:
    """Put synaptic events and their speed into the rows of inference, in place."""
    counted: dict[tuple[str, int], float] = {}
    for row, task in zip(rows, tasks, strict=True):
        if row["skipped"] or task.spec.part not in ("inference", "whole"):
            continue
        sentences = task.spec.part, len(task.workload)  # the same ones, within a part
        if sentences not in counted:
            counted[sentences] = float(count_events(task.workload).mean())
        row["events_per_sentence"] = counted[sentences]
        row["events_per_s"] = 1000 * counted[sentences] / row["ms_per_sentence"]


def _row(task: Task, measured: dict[str, Any]) -> dict[str, Any]:
    known = {
        "engine": task.spec.name,
        "part": task.spec.part,
        "sentences": len(task.workload),
        "threads": task.conditions.threads,
        "skipped": None,
    }
    return known | dict.fromkeys(MEASURED) | measured


def _news(row: dict[str, Any]) -> str:
    if row["skipped"]:
        return f"skipped: {row['skipped']}"
    return f"{row['ms_per_sentence']:.1f} ms a sentence"


def _run(task: Task) -> dict[str, Any]:
    """Measure a task, in a second process once more if code is compiled in the first."""
    measured = _start(task)
    if not task.spec.twice or task.conditions.cache is None or "skipped" in measured:
        return measured
    again = _start(task)
    if "skipped" not in again:
        prepared = again["build_s"] + again["start_s"]
        again["compile_s"] = max(_preparation(measured) - prepared, 0.0)
    return again


def _preparation(row: dict[str, Any]) -> float:
    return row["build_s"] + row["compile_s"] + row["start_s"]


def _start(task: Task) -> dict[str, Any]:
    """Start a process for a task and read what it measured."""
    conditions = task.conditions
    environment = os.environ | thread_variables(conditions.threads)
    if conditions.cache is not None:
        # Each engine compiles for itself: some code is the same for several of them.
        cache = str(Path(conditions.cache) / task.spec.name.removesuffix("-all"))
        conditions = replace(conditions, cache=cache)
        environment[CACHE_VARIABLE] = cache
    with tempfile.TemporaryDirectory(prefix="bionlp-bench-") as name:
        folder = Path(name)
        (folder / JOB).write_bytes(pickle.dumps((task.spec, task.workload, conditions)))
        with (folder / "log.txt").open("wb") as log:
            done = subprocess.run(
                [sys.executable, "-m", "bionlp.bench.worker", name],
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode == 0:
            return json.loads((folder / ROW).read_text(encoding="utf-8"))
        return {"skipped": _failure(done.returncode, folder / "log.txt")}


def _failure(code: int, log: Path) -> str:
    if code < 0:
        return f"its process was killed by {signal.Signals(-code).name}; is there enough memory?"
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else f"its process ended with code {code}"
