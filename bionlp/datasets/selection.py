"""Which sentences a classifier is measured on.

A model is measured on the test part of what it was trained on. It knows the seed of the split, and
the digest of its dataset, so its own table is known again, in whatever format; another table is
taken as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bionlp.classifier import TextClassifier
from bionlp.datasets.loading import load_dataset
from bionlp.datasets.model import SPLITS, Dataset, Example
from bionlp.datasets.registry import KNOWN
from bionlp.errors import DatasetError, UsageError

USUAL = "test"


@dataclass(frozen=True)
class Selection:
    """Sentences of a dataset.

    Attributes
    ----------
    examples : sequence of Example
        What was chosen.
    split : str
        The part that they are.
    table : {"own", "foreign"} or None
        Whether a model was trained on this table; None for a known dataset.
    total : int
        Sentences of the whole dataset.
    skipped : int
        Rows that were left out because their text is empty.
    metrics : tuple of str
        What answers are measured by besides accuracy (:data:`bionlp.metrics.METRICS`).
    """

    examples: Sequence[Example]
    split: str
    table: str | None
    total: int
    skipped: int
    metrics: tuple[str, ...] = ()

    @property
    def rows(self) -> list[int] | None:
        """The rows of the file that the examples are, None if it has none."""
        rows = [example.row for example in self.examples if example.row is not None]
        whole = self.table is not None and len(rows) == len(self.examples)
        return rows if whole else None

    def notes(self, dataset: str, model: str) -> list[str]:
        """Say what a user should know about the choice, a sentence a line."""
        notes = []
        if self.skipped:
            notes.append(f"left out {self.skipped} rows of {dataset} without a text")
        if self.table == "own":
            part = "all parts" if self.split == "all" else f"the {self.split} part"
            notes.append(
                f"{model} was trained on {dataset}: {len(self.examples)} of its {self.total} rows "
                f"are taken, of {part}"
                + (", which it has learned from" if self.split in ("all", "train") else "")
            )
        elif self.table == "foreign":
            taken = "all" if len(self.examples) == self.total else f"{len(self.examples)} of"
            notes.append(
                f"{model} was not trained on {dataset} as it is now: {taken} its {self.total} rows "
                "are taken"
            )
        return notes


def select(
    classifier: TextClassifier,
    dataset: str,
    split: str | None = None,
    limit: int | None = None,
    *,
    text_column: str | None = None,
    label_column: str | None = None,
) -> Selection:
    """Choose labelled sentences that fit a classifier.

    Parameters
    ----------
    classifier : TextClassifier
        The model.
    dataset : str
        A known name, or the path of a table.
    split : {"train", "dev", "test", "all"}, optional
        The part; by default the test part, or all of a table that the model was not trained on.
    limit : int, optional
        Only the first so many.
    text_column, label_column : str, optional
        As of :func:`bionlp.datasets.load_dataset`.

    Returns
    -------
    Selection
        The sentences, at least one.

    Raises
    ------
    UsageError
        If there is no such part.
    DatasetError
        If the dataset cannot be read, does not fit the model, or the part is empty.
    """
    if split not in (None, *SPLITS):
        raise UsageError(f"unknown split {split!r}; choose one of {', '.join(SPLITS)}")
    seed = classifier.training.get("settings", {}).get("split_seed", 0)
    columns: dict[str, Any] = {"text_column": text_column, "label_column": label_column}
    metrics: tuple[str, ...] = ()
    if dataset in KNOWN:
        _check_fit(classifier, dataset)
        found, table = load_dataset(dataset, seed=seed, **columns), None
        metrics = KNOWN[dataset].metrics
    else:
        found = load_dataset(
            Path(dataset), seed=seed, label_names=classifier.label_names, **columns
        )
        table = "own" if _is_own(classifier, found) else "foreign"
    split = _part(classifier, dataset, split, table)
    examples = found.split(split)
    if not examples:
        raise DatasetError(f"{dataset} has no sentences in split {split!r}")
    total = len(found.split("all"))
    return Selection(examples[:limit], split, table, total, found.skipped, metrics)


def _check_fit(classifier: TextClassifier, dataset: str) -> None:
    known = KNOWN[dataset]
    if known.language != classifier.language:
        raise DatasetError(
            f"{dataset} is in language {known.language!r}, model {classifier.name!r} in "
            f"{classifier.language!r}; choose a dataset in the model's language"
        )
    if len(known.label_names) != len(classifier.label_names):
        raise DatasetError(
            f"{dataset} has {len(known.label_names)} classes, model {classifier.name!r} "
            f"{len(classifier.label_names)}; choose a dataset with the model's classes"
        )


def _is_own(classifier: TextClassifier, dataset: Dataset) -> bool:
    return classifier.training.get("dataset_sha256") == dataset.digest


def _part(classifier: TextClassifier, dataset: str, split: str | None, table: str | None) -> str:
    if table != "foreign":
        return split or USUAL
    if split in (None, "all"):
        return "all"
    why = (
        f"{classifier.name} was not trained on it as it is now"
        if "dataset_sha256" in classifier.training
        else f"{classifier.name} does not say which table it was trained on"
    )
    raise UsageError(
        f"{dataset} has no {split} part: {why}; leave out --split, and all rows are taken"
    )
