"""``bionlp predict``: labels for texts, as many as there are."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from bionlp.cli.options import (
    Backend,
    Decay,
    DeviceName,
    Engines,
    IdColumn,
    Intervene,
    Json,
    Margin,
    Model,
    Neurons,
    Perturb,
    PerturbSeed,
    Precision,
    Scheduler,
    Seed,
    Steps,
    Synapses,
    TextColumn,
    Threshold,
    TimeStep,
    chosen_cluster,
    chosen_engine,
)
from bionlp.errors import UsageError
from bionlp.progress import Reporter
from bionlp.text import SEPARATOR

if TYPE_CHECKING:
    from bionlp.classifier import TextClassifier
    from bionlp.datasets.model import Question
    from bionlp.prediction import Answer

EXAMPLE = "Example: bionlp predict mr --file reviews.txt --jsonl > labels.jsonl"
OF_BRIAN = ("backend", "synapses", "precision", "scheduler", "neurons", "dt")
BLOCK = 256
"""Rows of a table that are printed together."""


def predict(
    context: typer.Context,
    model: Model,
    texts: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TEXT]...", help="Texts in quotes, or - for standard input."),
    ] = None,
    file: Annotated[
        str | None,
        typer.Option(help="Read texts from a file: lines, or a table by its name (.csv, .jsonl)."),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            "--input",
            help="What the input is: lines, jsonl, csv or tsv. Default: by the name of the file, "
            "lines from standard input.",
        ),
    ] = None,
    text_column: TextColumn = None,
    id_column: IdColumn = None,
    engine: Engines = None,
    device: DeviceName = "auto",
    backend: Backend = "auto",
    synapses: Synapses = "auto",
    precision: Precision = "double",
    scheduler: Scheduler = None,
    steps: Steps = None,
    seed: Seed = 0,
    decay: Decay = None,
    threshold: Threshold = None,
    perturb: Perturb = None,
    perturb_seed: PerturbSeed = 0,
    intervene: Intervene = None,
    margin: Margin = None,
    neurons: Neurons = None,
    dt: TimeStep = 1.0,
    as_lines: Annotated[
        bool, typer.Option("--jsonl", help="Print a JSON object a line, as answers come.")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, as answers come.")] = False,
    as_json: Json = False,
) -> None:
    """Label texts: the class with the most votes, the votes, how sure it is.

    Each line or row has an answer. What cannot be read, has no word that the
    model knows, or ends in a tie has no label but a reason, and the work goes
    on. How sure an answer is was measured on sentences that the model did not
    learn from; see bionlp confidence. A model of pairs of sentences is asked about
    "first [SEP] second".
    """
    from bionlp.cli.output import (
        as_done_to,
        done_to,
        load_model,
        neurons_and_step,
        print_json,
    )
    from bionlp.devices import choose_device
    from bionlp.prediction import CHUNK
    from bionlp.prediction import predict as run

    if as_lines + as_csv + as_json > 1:
        raise UsageError("choose one of --jsonl, --csv and --json")
    by_brian = chosen_engine(context, engine, OF_BRIAN) == "brian"
    report = Reporter()
    classifier = load_model(model, decay, threshold, perturb, perturb_seed, intervene, margin)
    steps = steps or classifier.steps
    if perturb or intervene or margin:
        done = as_done_to(classifier.perturbations, classifier.interventions, margin)
        report.note(f"note: {classifier.name}{done}")
    options: dict[str, Any] = {}
    if by_brian:
        from bionlp.engine import Engine, as_run

        options["engine"] = Engine(backend, synapses, precision, **neurons_and_step(neurons, dt))
        options["workers"] = chosen_cluster(context, scheduler)
        classifier = as_run(classifier, options["engine"])
    else:
        options["device"] = choose_device(device)
    if not classifier.is_calibrated(steps):
        report.note(_uncalibrated(classifier, steps))
    with _questions(texts, file, kind, text_column, id_column) as (questions, interactive):
        if interactive and scheduler:
            raise UsageError("what is typed is answered here; leave --scheduler out")
        options["chunk"] = 1 if interactive else CHUNK
        answers = _counted(run(classifier, questions, steps=steps, seed=seed, **options), report)
        if as_lines:
            _print_lines(classifier, answers)
        elif as_csv:
            _print_csv(classifier, answers)
        elif as_json:
            print_json(
                {
                    "model": classifier.name,
                    "engine": "brian" if by_brian else "torch",
                    "steps": steps,
                    "seed": seed,
                    **done_to(classifier),
                    "dt_ms": options["engine"].dt_ms if by_brian else None,
                    "neurons": options["engine"].document["neurons"] if by_brian else None,
                    "answers": [entry(classifier, answer) for answer in answers],
                }
            )
        else:
            _print_tables(classifier, answers, 1 if interactive else BLOCK)


def _uncalibrated(classifier: TextClassifier, steps: int) -> str:
    if classifier.calibration is None:
        return (
            f"note: answers have no confidence: {classifier.name} as it is used here is not "
            "calibrated; see bionlp confidence"
        )
    return (
        f"note: answers have no confidence: {classifier.name} is calibrated for "
        f"{classifier.calibration.steps} steps, not {steps}"
    )


@contextmanager
def _questions(
    texts: list[str] | None,
    file: str | None,
    kind: str | None,
    text_column: str | None,
    id_column: str | None,
) -> Iterator[tuple[Iterator[Question], bool]]:
    """Yield the texts, and whether a person types them."""
    from bionlp.questions import STANDARD_INPUT, given_texts, open_questions

    if file is not None and texts:
        raise UsageError("give texts or a file, not both")
    if texts == [STANDARD_INPUT]:
        file = STANDARD_INPUT
    if file is None:
        if not texts:
            raise UsageError('give at least one text, as in: bionlp predict mr "a moving film"')
        if kind or text_column or id_column:
            raise UsageError("--input and columns are for --file and for standard input")
        yield given_texts(texts), False
        return
    columns = {"text_column": text_column, "id_column": id_column}
    with open_questions(file, kind, **columns) as questions:
        typed = file == STANDARD_INPUT and sys.stdin.isatty()
        yield questions, typed


def _counted(answers: Iterable[Answer], report: Reporter) -> Iterator[Answer]:
    """Pass answers on; at the end say how many have no label, and why."""
    from bionlp.prediction import WHY_NO_LABEL

    without: dict[str, int] = {}
    total = unpaired = 0
    with report.bar("texts", None) as bar:
        for answer in answers:
            total += 1
            unpaired += answer.unpaired
            if answer.reason:
                without[answer.reason] = without.get(answer.reason, 0) + 1
            yield answer
            bar.advance(1)
    for reason, count in without.items():
        report.note(f"warning: {count:,} of {total:,} without a label: {WHY_NO_LABEL[reason]}")
    if unpaired:
        report.note(
            f"warning: {unpaired:,} of {total:,} are not read as two sentences with one "
            f"{SEPARATOR} between them, which this model compares"
        )


def entry(classifier: TextClassifier, answer: Answer) -> dict[str, Any]:
    """Return an answer as JSON has it."""
    names, question = classifier.label_names, answer.question

    def by_class(values: tuple | None) -> dict[str, Any] | None:
        return None if values is None else dict(zip(names, values, strict=True))

    return {
        "number": question.number,
        "id": question.id,
        "text": question.text,
        "label": None if answer.label is None else names[answer.label],
        "label_index": answer.label,
        "confidence": answer.confidence,
        "probabilities": by_class(answer.probabilities),
        "votes": by_class(answer.votes),
        "steps": answer.steps,
        "score": answer.score,
        "reason": answer.reason,
        "message": answer.message,
        "unknown": list(answer.unknown),
        "cut": answer.cut,
    }


def _print_lines(classifier: TextClassifier, answers: Iterable[Answer]) -> None:
    from bionlp.cli.output import json_line

    for answer in answers:
        print(json_line(entry(classifier, answer)))


def _print_csv(classifier: TextClassifier, answers: Iterable[Answer]) -> None:
    votes = [f"votes {name}" for name in classifier.label_names]
    score = ("score",) if classifier.scored else ()
    steps = ("steps",) if classifier.margin is not None else ()
    columns = ("number", "id", "text", "label", "confidence", *score, *votes)
    columns += (*steps, "reason", "message")
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for answer in answers:
        found = entry(classifier, answer)
        found |= dict(zip(votes, answer.votes or (), strict=False))
        writer.writerow([found.get(column) for column in columns])


def _print_tables(classifier: TextClassifier, answers: Iterator[Answer], block: int) -> None:
    from bionlp.cli.output import SENTENCE, print_table

    names, scored = classifier.label_names, classifier.scored
    early = classifier.margin is not None
    while some := list(islice(answers, block)):
        print_table(
            "",
            [
                *("", SENTENCE, "label"),
                *(["score"] if scored else []),
                *(["steps"] if early else []),
                *("confidence", "votes"),
            ],
            [
                (
                    answer.question.id or answer.question.number,
                    answer.question.text,
                    f"- ({answer.reason})" if answer.reason else names[cast(int, answer.label)],
                    *(["-" if answer.score is None else f"{answer.score:.2f}"] if scored else []),
                    *(["-" if answer.steps is None else f"{answer.steps:g}"] if early else []),
                    "-" if answer.confidence is None else f"{answer.confidence:.2f}",
                    "-" if answer.votes is None else ", ".join(_votes(names, answer.votes)),
                )
                for answer in some
            ],
        )


def _votes(names: tuple[str, ...], votes: tuple[int, ...]) -> list[str]:
    return [f"{name} {count:,}" for name, count in zip(names, votes, strict=True)]
