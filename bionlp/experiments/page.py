"""Tables in Markdown, made of finished cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bionlp.experiments.cells import DATASETS, METHODS
from bionlp.experiments.results import Record


def markdown_table(records: Sequence[Record], score: str = "accuracy") -> str:
    """Lay out cells: a row for each method, a column for each dataset.

    Parameters
    ----------
    records : sequence of dict
        Finished cells of one table and one recipe.
    score : {"accuracy", "macro_f1"}
        What is shown, on test, in percent: the mean over the seeds and the standard deviation.

    Returns
    -------
    str
        Markdown.
    """
    datasets = [name for name in DATASETS if any(r["dataset"] == name for r in records)]
    lines = [["Method", *datasets], ["---", *("---:" for _ in datasets)]]
    majority = {r["dataset"]: r["test"]["majority"] for r in records}
    if score == "accuracy":
        lines.append(["Largest class", *(f"{100 * majority[d]:.2f}" for d in datasets)])
    for method, title in METHODS.items():
        row = [
            _summary([r["test"][score] for r in records if _is(r, dataset, method)])
            for dataset in datasets
        ]
        if any(row):
            lines.append([title, *row])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _is(record: Record, dataset: str, method: str) -> bool:
    return record["dataset"] == dataset and record["method"] == method


def _summary(values: Sequence[float]) -> str:
    """Return mean and standard deviation in percent; nothing for nothing."""
    if not values:
        return ""
    percent = 100 * np.array(values)
    spread = f" ± {percent.std(ddof=1):.2f}" if len(values) > 1 else ""
    return f"{percent.mean():.2f}{spread}"
