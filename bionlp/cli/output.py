"""How commands print results and read their common input."""

from __future__ import annotations

import codecs
import json
import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import typer

from bionlp.cli.streams import encodable
from bionlp.errors import UsageError
from bionlp.files import is_file
from bionlp.text import printable

if TYPE_CHECKING:
    import xarray as xr

    from bionlp.classifier import TextClassifier
    from bionlp.datasets.selection import Selection
    from bionlp.progress import Reporter
    from bionlp.sentences import Sentence


def print_json(document: Any) -> None:
    """Print one JSON document; JSON has no NaN, so what is not a number becomes null.

    Characters that standard output may lack are escaped as JSON does it.
    """
    typer.echo(_json(document, indent=2))


def json_line(document: Any) -> str:
    """Return one JSON document on a line; see :func:`print_json`."""
    return _json(document, indent=None)


def _json(document: Any, indent: int | None) -> str:
    ascii_only = not is_utf8(sys.stdout)
    return json.dumps(_finite(document), ensure_ascii=ascii_only, indent=indent, allow_nan=False)


def is_utf8(stream: TextIO) -> bool:
    """Tell whether a stream takes any character."""
    try:
        return codecs.lookup(stream.encoding or "utf-8").name == "utf-8"
    except (AttributeError, LookupError):
        return False


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
CORPUS = ".zarr"
"""How the name of a store of recordings ends."""
LEAST_CUT = 30
"""Letters of that column that there is always room for."""


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], cut: str = SENTENCE
) -> None:
    """Print a table; one column, usually of sentences, is cut to what room the others leave."""
    from rich import box
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    rows = [[_cell(cell) for cell in row] for row in rows]
    table = Table(box=box.SIMPLE, pad_edge=False)
    widths = {
        column: max(map(cell_len, [column, *(row[number] for row in rows)]))
        for number, column in enumerate(columns)
    }
    others = sum(width + GAP for column, width in widths.items() if column != cut)
    # Nothing but the one column is cut, unless a terminal is too narrow.
    page = max(PAGE, others + GAP + min(widths.get(cut, 0), LEAST_CUT))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else page)
    for number, column in enumerate(columns):
        table.add_column(
            column,
            justify="right" if all(row[number][:1].isdigit() for row in rows) else "left",
            no_wrap=True,
            overflow="ellipsis",
            max_width=max(console.width - others - GAP, LEAST_CUT) if column == cut else None,
        )
    for row in rows:
        # A string would be searched for markup: [red], :smile:.
        table.add_row(*map(Text, row))
    if title:
        console.print(Text(printable(title)), style="bold")
    console.print(table)


def _cell(value: Any) -> str:
    text = f"{value:,}" if isinstance(value, int) else printable(str(value))
    return encodable(text, sys.stdout.encoding or "utf-8")


def load_model(
    name: str,
    decay: float | None = None,
    threshold: float | None = None,
    perturb: Sequence[str] | None = None,
    perturb_seed: int = 0,
    intervene: Sequence[str] | None = None,
    margin: int | None = None,
) -> TextClassifier:
    """Load a classifier, with another decay, threshold and margin, perturbed, and intervened."""
    from bionlp.checkpoint import load_classifier

    classifier = _with_neurons(load_classifier(name), decay, threshold)
    if margin is not None:
        classifier = classifier.with_margin(margin)
    if not perturb and not intervene:
        return classifier
    from networks.intervention import parse as parse_interventions
    from networks.perturbation import parse

    try:
        perturbations = parse(perturb or (), perturb_seed)
        interventions = parse_interventions(intervene or ())
    except ValueError as error:
        raise UsageError(str(error)) from error
    if perturb:
        classifier = classifier.perturbed(perturbations)
    return classifier.intervened(interventions) if intervene else classifier


def _with_neurons(
    classifier: TextClassifier, decay: float | None, threshold: float | None
) -> TextClassifier:
    if decay is None and threshold is None:
        return classifier
    from networks.description import with_all_neurons

    try:
        network = with_all_neurons(classifier.network, decay=decay, threshold=threshold)
    except ValueError as error:
        raise UsageError(str(error)) from error
    # How sure it is was measured with its own neurons.
    return replace(classifier, network=network, calibration=None)


def done_to(classifier: TextClassifier) -> dict[str, Any]:
    """Return what was done to a classifier, and is done while it reads, as JSON has it."""
    return {
        "perturbations": classifier.perturbations and classifier.perturbations.document,
        "interventions": [each.document for each in classifier.interventions] or None,
        "margin": classifier.margin,
    }


def as_done_to(
    perturbations: object, interventions: Iterable[object], margin: int | None = None
) -> str:
    """Return the end of a title that says what was done, and is done while it reads."""
    perturbed = f", perturbed: {perturbations}" if perturbations else ""
    intervened = " ".join(map(str, interventions))
    ended = f", ended by a margin of {margin}" if margin else ""
    return perturbed + (f", intervened: {intervened}" if intervened else "") + ended


def neurons_and_step(neurons: str | None, dt: float) -> dict[str, Any]:
    """Return the options --neurons and --dt for :class:`bionlp.engine.Engine`."""
    from bionlp.neurons import find_neurons

    return {"neurons": None if neurons is None else find_neurons(neurons), "dt_ms": dt}


def evaluation(model: str, dataset: str, neurons: str, dt: float) -> str:
    """Return the command that evaluates a model with other neurons."""
    told = f"bionlp evaluate {model} --dataset {dataset} --engine brian --neurons {neurons}"
    return told if dt == 1 else f"{told} --dt {dt:g}"


def load_examples(
    classifier: TextClassifier,
    dataset: str,
    split: str | None,
    limit: int | None,
    report: Reporter,
    **columns: str | None,
) -> Selection:
    """Choose labelled sentences that fit a classifier, and say what is worth knowing of them.

    See :func:`bionlp.datasets.selection.select`.
    """
    from bionlp.datasets.selection import select

    selection = select(classifier, dataset, split, limit, **columns)
    for note in selection.notes(dataset, classifier.name):
        report.note(note)
    return selection


def load_unlearned(
    classifier: TextClassifier,
    dataset: str,
    split: str,
    limit: int | None,
    report: Reporter,
    **columns: str | None,
) -> Selection:
    """Choose sentences to measure on what a classifier has not learned from.

    Raises
    ------
    UsageError
        If it has learned from some of them.
    """
    if split == "train":
        raise UsageError("the model has learned from the train part; take dev")
    selection = load_examples(classifier, dataset, split, limit, report, **columns)
    if selection.split == "all" and selection.table != "foreign":
        raise UsageError(f"the model has learned from a part of {dataset}; take dev")
    return selection


def warn_of_reading(classifier: TextClassifier, texts: Sequence[str], report: Reporter) -> None:
    """Say which words of texts are unknown to a classifier or beyond its length."""
    for text in texts:
        for warning in classifier.read(text).warnings:
            report.note(f"warning: {warning}")


def span(numbers: Iterable[int]) -> str:
    """Return the least and the greatest of some numbers, or the one that all of them are."""
    found = {*numbers}
    return "-".join(map(str, sorted({min(found), max(found)})))


def is_corpus(path: Path) -> bool:
    """Tell whether a path is that of recordings of many sentences."""
    return path.suffix == CORPUS or is_file(path / "zarr.json")


def read_recording(path: Path, sentence: int | None) -> xr.DataTree:
    """Read a recording: a file, or a sentence of a corpus, by its number from 1."""
    from bionlp.recording import open_corpus, open_recording, take_sentence

    if not is_corpus(path):
        if sentence is not None:
            raise UsageError(f"--sentence is of a corpus ({CORPUS}); {path} is of one sentence")
        return open_recording(path)
    if sentence is None:
        raise UsageError(f"{path} is a corpus; choose a sentence of it, as in: --sentence 1")
    return take_sentence(open_corpus(path), sentence - 1)


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
