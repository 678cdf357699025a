"""``bionlp evaluate``: accuracy on a dataset, by PyTorch or by Brian 2."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from bionlp.cli.options import (
    Backend,
    DatasetOption,
    Decay,
    Json,
    Limit,
    Model,
    Seed,
    Split,
    Steps,
    Threshold,
)
from bionlp.errors import UsageError
from bionlp.progress import Reporter

EXAMPLE = "Example: bionlp evaluate mr --dataset mr --split test --engine torch"
ENGINES = ("torch", "brian")


def evaluate(
    model: Model,
    dataset: DatasetOption,
    split: Split = "test",
    engine: Annotated[str, typer.Option(help="torch or brian.")] = "torch",
    limit: Limit = None,
    backend: Backend = "auto",
    steps: Steps = 50,
    seed: Seed = 0,
    decay: Decay = None,
    threshold: Threshold = None,
    as_json: Json = False,
) -> None:
    """Measure how many sentences of a dataset are labelled rightly."""
    from bionlp.cli.output import load_examples, load_model, print_json
    from bionlp.evaluation import evaluate as measure

    if engine not in ENGINES:
        raise UsageError(f"unknown engine {engine!r}; choose one of {', '.join(ENGINES)}")
    report = Reporter()
    classifier = load_model(model, decay, threshold)
    examples = load_examples(classifier, dataset, split, limit)
    started = time.perf_counter()
    with report.fraction(f"{len(examples)} sentences") as advance:
        result = measure(
            classifier,
            examples,
            steps=steps,
            seed=seed,
            backend=None if engine == "torch" else backend,
            advance=advance,
        )
    document: dict[str, Any] = {
        "model": classifier.name,
        "dataset": dataset,
        "split": split,
        "engine": engine,
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
