"""``bionlp evaluate``: accuracy on a dataset, by PyTorch or by Brian 2."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Annotated, Any

import typer

from bionlp.cli.options import (
    Backend,
    DatasetOption,
    Decay,
    Json,
    Limit,
    Model,
    Precision,
    Seed,
    Split,
    Steps,
    Synapses,
    Threshold,
    Workers,
    given,
)
from bionlp.cores import cores
from bionlp.errors import UsageError
from bionlp.progress import Reporter

EXAMPLE = "Example: bionlp evaluate mr --dataset mr --split test --engine torch"
ENGINES = ("torch", "brian")
OF_BRIAN = ("backend", "synapses", "precision", "workers")
"""Options that mean nothing to PyTorch."""
INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


def evaluate(
    context: typer.Context,
    model: Model,
    dataset: DatasetOption,
    split: Split = "test",
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

    In Brian 2, votes are kept while the work goes on: after an interruption
    the same command presents only the sentences that are missing.
    """
    from bionlp.cli.output import load_examples, load_model, print_json
    from bionlp.evaluation import evaluate as measure
    from bionlp.simulation import Engine

    engine = _engine(engine, given(context, OF_BRIAN))
    report = Reporter()
    classifier = load_model(model, decay, threshold)
    steps = steps or classifier.steps
    examples = load_examples(classifier, dataset, split, limit)
    brian = (
        None if engine == "torch" else Engine(backend, synapses, precision).chosen(len(examples))
    )
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
        "seconds": round(time.perf_counter() - started, 2),
        "steps": steps,
        "seed": seed,
    }
    if as_json:
        print_json(document)
    else:
        typer.echo(
            f"{classifier.name} on {dataset} {split} ({engine}, {steps} steps, seed {seed}): "
            f"{result.accuracy:.2%} of {result.n} right (standard error "
            f"{result.standard_error:.2%}; always the largest class: {result.majority:.2%}), "
            f"{document['seconds']} s"
        )


def _engine(engine: str | None, of_brian: list[str]) -> str:
    """Return what measures, given the options of Brian 2 on the command line."""
    if engine not in (None, *ENGINES):
        raise UsageError(f"unknown engine {engine!r}; choose one of {', '.join(ENGINES)}")
    if engine == "torch" and of_brian:
        raise UsageError(f"--{of_brian[0]} is for --engine brian; leave out one of the two")
    return engine or ("brian" if of_brian else "torch")
