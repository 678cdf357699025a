"""How commands print results and read their common input."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from bionlp.errors import UsageError

if TYPE_CHECKING:
    from bionlp.classifier import Sentence, TextClassifier
    from bionlp.datasets import Example
    from bionlp.progress import Reporter


def print_json(document: Any) -> None:
    """Print one JSON document; JSON has no NaN, so what is not a number becomes null."""
    typer.echo(json.dumps(_finite(document), ensure_ascii=False, indent=2, allow_nan=False))


def _finite(document: Any) -> Any:
    if isinstance(document, dict):
        return {key: _finite(value) for key, value in document.items()}
    if isinstance(document, list):
        return [_finite(value) for value in document]
    if isinstance(document, float) and not math.isfinite(document):
        return None
    return document


PAGE = 110
"""Width of a table that is not printed to a terminal."""
SENTENCE = "sentence"
"""The column that is cut."""
GAP = 3


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table; a column of sentences is cut to what room the others leave."""
    import sys

    from rich import box
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table

    rows = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows]
    table = Table(box=box.SIMPLE, pad_edge=False)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else PAGE)
    widths = {
        column: max(map(cell_len, [column, *(row[number] for row in rows)]))
        for number, column in enumerate(columns)
    }
    others = sum(width + GAP for column, width in widths.items() if column != SENTENCE)
    for number, column in enumerate(columns):
        table.add_column(
            column,
            justify="right" if all(row[number][:1].isdigit() for row in rows) else "left",
            no_wrap=True,
            overflow="ellipsis",
            max_width=max(console.width - others - GAP, 10) if column == SENTENCE else None,
        )
    for row in rows:
        table.add_row(*row)
    console.print(title, style="bold")
    console.print(table)


def load_model(
    name: str, decay: float | None = None, threshold: float | None = None
) -> TextClassifier:
    """Load a classifier, with another decay or threshold if one is asked for."""
    from bionlp.checkpoint import load_classifier
    from bionlp.classifier import with_all_neurons

    classifier = load_classifier(name)
    try:
        network = with_all_neurons(classifier.network, decay=decay, threshold=threshold)
    except ValueError as error:
        raise UsageError(str(error)) from error
    return replace(classifier, network=network)


def load_examples(
    classifier: TextClassifier, dataset: str, split: str, limit: int | None
) -> Sequence[Example]:
    """Load labelled sentences that fit a classifier.

    A known dataset is split by the seed that the model was trained with, so that its test part
    holds no sentence that the model has seen.
    """
    from bionlp.datasets import load_dataset
    from bionlp.datasets.registry import KNOWN
    from bionlp.errors import DatasetError

    if dataset in KNOWN:
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
        seed = classifier.training.get("settings", {}).get("split_seed", 0)
        examples = load_dataset(dataset, seed=seed).split(split)
    else:
        examples = load_dataset(Path(dataset), label_names=classifier.label_names).split("all")
    if not examples:
        raise DatasetError(f"{dataset} has no sentences in split {split!r}")
    return examples[:limit]


def warn_of_reading(classifier: TextClassifier, texts: Sequence[str], report: Reporter) -> None:
    """Say which words of texts are unknown to a classifier or beyond its length."""
    for text in texts:
        for warning in classifier.read(text).warnings:
            report.note(f"warning: {warning}")


def note_left_out(silent: int, report: Reporter) -> None:
    """Say how many sentences of a dataset were left out, if any were."""
    if silent:
        report.note(f"left out {silent} sentences without a word that the model knows")


def read_known(
    classifier: TextClassifier, texts: Sequence[str], report: Reporter
) -> list[Sentence]:
    """Read the sentences of a dataset, leaving out those without a word that the model knows."""
    from bionlp.errors import TextError

    sentences, silent = [], 0
    for text in texts:
        try:
            sentences.append(classifier.read(text))
        except TextError:
            silent += 1
    note_left_out(silent, report)
    if not sentences:
        raise TextError(f"model {classifier.name!r} knows no word of these sentences")
    return sentences
