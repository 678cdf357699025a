"""``bionlp evaluate``: accuracy on a dataset, by PyTorch or by Brian 2."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bionlp.cli.options import (
    Backend,
    DatasetOption,
    Decay,
    Json,
    LabelColumn,
    Limit,
    Model,
    Precision,
    Seed,
    Split,
    Steps,
    Synapses,
    TextColumn,
    Threshold,
    Workers,
    given,
)
from bionlp.cores import cores
from bionlp.errors import INTERRUPTED, UsageError
from bionlp.progress import Reporter

if TYPE_CHECKING:
    from bionlp.evaluation import Evaluation

EXAMPLE = "Example: bionlp evaluate mr --dataset mr --split test --engine torch"
ENGINES = ("torch", "brian")
OF_BRIAN = ("backend", "synapses", "precision", "workers")
"""Options that mean nothing to PyTorch."""


def evaluate(
    context: typer.Context,
    model: Model,
    dataset: DatasetOption,
    split: Split = None,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    engine: Annotated[
        str | None,
        typer.Option(
            help="torch or brian. Default: torch, or brian if one of its own options is given: "
            f"{', '.join(f'--{name}' for name in OF_BRIAN)}."
        ),
    ] = None,
    limit: Limit = None,
    backend: Backend = "auto",
    synapses: Synapses = "auto",
    precision: Precision = "double",
    workers: Workers = None,
    steps: Steps = None,
    seed: Seed = 0,
    decay: Decay = None,
    threshold: Threshold = None,
    as_json: Json = False,
) -> None:
    """Measure how many sentences of a dataset are labelled rightly.

    Of the table that a model was trained on, the test part is taken, and all of
    another table. Sentences without a word that the model knows, without output
    spikes, or with a tie have no label: they are counted, and not right.

    In Brian 2, votes are kept while the work goes on: after an interruption
    the same command presents only the sentences that are missing.
    """
    from bionlp.cli.output import load_examples, load_model, print_json
    from bionlp.evaluation import evaluate as measure

    engine = _engine(engine, given(context, OF_BRIAN))
    report = Reporter()
    classifier = load_model(model, decay, threshold)
    steps = steps or classifier.steps
    columns = {"text_column": text_column, "label_column": label_column}
    selection = load_examples(classifier, dataset, split, limit, report, **columns)
    examples, split = selection.examples, selection.split
    brian = None
    if engine == "brian":
        from bionlp.simulation import Engine

        brian = Engine(backend, synapses, precision).chosen(len(examples))
    workers = workers or cores()
    started = time.perf_counter()
    try:
        with report.fraction("sentences", len(examples)) as advance:
            result = measure(
                classifier,
                examples,
                steps=steps,
                seed=seed,
                engine=brian,
                workers=workers,
                advance=advance,
            )
    except KeyboardInterrupt:
        if brian:
            report.note("interrupted; the same command goes on where it stopped")
        raise typer.Exit(INTERRUPTED) from None
    document: dict[str, Any] = {
        "model": classifier.name,
        "dataset": dataset,
        "split": split,
        "engine": engine,
        "brian": None if brian is None else asdict(brian) | {"workers": workers},
        "accuracy": result.accuracy,
        "standard_error": result.standard_error,
        "majority": result.majority,
        "n": result.n,
        "undecided": result.undecided,
        "table": selection.table,
        "total": selection.total,
        "skipped": selection.skipped,
        "rows": selection.rows,
        "seconds": round(time.perf_counter() - started, 2),
        "steps": steps,
        "seed": seed,
    }
    if result.reasons:
        report.note(f"warning: {_undecided(result)}")
    if as_json:
        print_json(document)
    else:
        typer.echo(
            f"{classifier.name} on {dataset} {split} ({engine}, {steps} steps, seed {seed}): "
            f"{result.accuracy:.2%} of {result.n} right (standard error "
            f"{result.standard_error:.2%}; always the largest class: {result.majority:.2%}; "
            f"undecided: {len(result.reasons)}), {document['seconds']} s"
        )


WORDS_OF_REASONS = {
    "unknown_words": "without a word that the model knows",
    "silent": "without an output spike",
    "tie": "with a tie of the classes with most votes",
}


def _undecided(result: Evaluation) -> str:
    """Say how many sentences have no label, and why."""
    number = len(result.reasons)
    counts = ", ".join(
        f"{count} {WORDS_OF_REASONS[reason]}" for reason, count in result.undecided.items() if count
    )
    are = "is" if number == 1 else "are"
    return f"{number} of {result.n} sentences {are} undecided, and not right: {counts}"


def _engine(engine: str | None, of_brian: list[str]) -> str:
    """Return what measures, given the options of Brian 2 on the command line."""
    if engine not in (None, *ENGINES):
        raise UsageError(f"unknown engine {engine!r}; choose one of {', '.join(ENGINES)}")
    if engine == "torch" and of_brian:
        raise UsageError(f"--{of_brian[0]} is for --engine brian; leave out one of the two")
    return engine or ("brian" if of_brian else "torch")
