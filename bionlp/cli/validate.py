"""``bionlp validate``: Brian 2 against PyTorch, spike for spike."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bionlp.cli import completion
from bionlp.cli.options import (
    LEAST_STEP,
    Backend,
    Decay,
    Intervene,
    Json,
    LabelColumn,
    Limit,
    Margin,
    Model,
    Perturb,
    PerturbSeed,
    Precision,
    Scheduler,
    Seed,
    Split,
    Steps,
    TextColumn,
    Threshold,
    chosen_cluster,
    given,
)
from bionlp.errors import UsageError
from bionlp.progress import Reporter

if TYPE_CHECKING:
    from analysis.statistics import Interval
    from bionlp.independent import Independent
    from bionlp.validation import Replay

BOTH = "both"
EXAMPLE = "Example: bionlp validate mr --dataset mr --split test --limit 20 --backend numpy"


def validate(
    context: typer.Context,
    model: Model,
    dataset: Annotated[
        str | None,
        typer.Option(
            help="A name, or a table: CSV, TSV or JSON lines. Default: a few sample sentences.",
            autocompletion=completion.datasets,
        ),
    ] = None,
    split: Split = None,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    limit: Limit = 20,
    backend: Backend = "auto",
    synapses: Annotated[
        str,
        typer.Option(
            help="shared, stock, auto as in simulate, or both, and compare the two.",
            autocompletion=completion.choices((*completion.SYNAPSES, BOTH)),
        ),
    ] = "auto",
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
    old_stock: Annotated[bool, typer.Option("--stock", hidden=True)] = False,
    independent: Annotated[
        int,
        typer.Option(
            metavar="SEEDS",
            min=0,
            max=10_000,
            help="Also compare independent Poisson input over so many seeds.",
        ),
    ] = 0,
    other_neurons: Annotated[str | None, typer.Option("--neurons", hidden=True)] = None,
    other_step: Annotated[
        float | None, typer.Option("--dt", min=LEAST_STEP, max=1, hidden=True)
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare every spike of Brian 2 with PyTorch, both given the same input.

    With --synapses both, the network runs with shared weights and with Brian 2's
    own synapses, and these are compared with each other, too.

    Exits with code 1 if a spike differs.
    """
    from bionlp.cli.output import (
        as_done_to,
        done_to,
        load_examples,
        load_model,
        print_json,
        read_known,
    )
    from bionlp.engine import Engine
    from bionlp.independent import compare_independent
    from bionlp.samples import SAMPLES
    from bionlp.validation import replay

    if (other_neurons, other_step) != (None, None):
        raise UsageError(
            "validate compares with PyTorch, which has the trained neurons and steps alone; leave "
            "--neurons and --dt out"
        )
    if scheduler and independent:
        raise UsageError(
            "--independent draws the input of all sentences from one stream, on this machine; "
            "leave --scheduler out"
        )
    cluster = chosen_cluster(context, scheduler)
    report = Reporter()
    if old_stock:
        report.note("note: --stock is --synapses both now")
    stock = old_stock or synapses == BOTH
    synapses = "auto" if synapses == BOTH else synapses
    classifier = load_model(model, decay, threshold, perturb, perturb_seed, intervene, margin)
    steps = steps or classifier.steps
    if dataset is None:
        of_dataset = given(context, ["split", "text_column", "label_column"])
        if of_dataset:
            option = of_dataset[0].replace("_", "-")
            raise UsageError(f"--{option} is of a dataset; name one with --dataset")
        texts = SAMPLES[classifier.language][:limit]
    else:
        columns = {"text_column": text_column, "label_column": label_column}
        selection = load_examples(classifier, dataset, split, limit, report, **columns)
        texts = tuple(example.text for example in selection.examples)
    sentences = read_known(classifier, texts, report)
    if independent:
        classifier.require_rates("--independent is")
    if independent and classifier.changes_input:
        what = (perturb or [])[0]
        raise UsageError(
            f"--independent has Brian 2 draw its own input, and {what} changes input spikes; "
            "leave out one of the two"
        )
    if independent and len(sentences) < 2:
        raise UsageError("--independent needs at least two sentences; raise --limit")
    options: dict[str, Any] = {
        "steps": steps,
        "seed": seed,
        "engine": Engine(backend, synapses, precision),
    }
    with report.fraction("replayed sentences", len(sentences)) as advance:
        result = replay(
            classifier, sentences, stock=stock, workers=cluster, advance=advance, **options
        )
    drawn = None
    if independent:
        with report.fraction("independent input", len(sentences) * independent) as advance:
            drawn = compare_independent(
                classifier.network, sentences, seeds=independent, advance=advance, **options
            )
    if as_json:
        document = _document(classifier.name, len(sentences), steps, seed, result, drawn)
        print_json(document | done_to(classifier))
    else:
        done = as_done_to(classifier.perturbations, classifier.interventions)
        title = f"{len(sentences)} sentences, {classifier.pace(steps)}{done}"
        print_replay(title, result)
        if drawn:
            _print_independent(drawn)
    if result.differing:
        raise typer.Exit(1)


def print_replay(title: str, result: Replay) -> None:
    """Print what differs in each layer."""
    from bionlp.cli.output import print_table

    compared = {"PyTorch (float64)": result.layers, "Brian 2's own synapses": result.stock_layers}
    for other, layers in compared.items():
        if not layers:
            continue
        rows = [
            (name, layer.spikes, layer.differing, _number(layer.membrane, ".1e"))
            for name, layer in layers.items()
        ]
        total = sum(layer.differing for layer in layers.values())
        print_table(
            f"Brian 2 ({result.backend}) against {other}, same input: {title}",
            ["layer", "spikes", "differing", "largest membrane difference"],
            [*rows, ("all", result.spikes, total, "")],
        )


def _number(value: float, form: str) -> str:
    return "-" if math.isnan(value) else format(value, form)


def _print_independent(drawn: Independent) -> None:
    from bionlp.cli.output import print_table

    def percent(interval: Interval) -> str:
        low, high = _number(interval.low, ".2%"), _number(interval.high, ".2%")
        return f"{_number(interval.estimate, '.2%')} [{low}, {high}]"

    print_table(
        f"independent Poisson input, {drawn.presentations} presentations: labels agree in "
        f"{percent(drawn.agreement)}; PyTorch with itself under two seeds in "
        f"{percent(drawn.baseline)} (95 % confidence)",
        ["layer", "PyTorch spikes", "Brian 2 spikes", "difference"],
        [
            (name, f"{layer.pytorch:.1f}", f"{layer.brian:.1f}", percent(layer.difference))
            for name, layer in drawn.layers.items()
        ],
    )


def _document(
    model: str, sentences: int, steps: int, seed: int, result: Replay, drawn: Independent | None
) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "model": model,
        "sentences": sentences,
        "steps": steps,
        "seed": seed,
        "backend": result.backend,
        "spikes": result.spikes,
        "differing": result.differing,
        "layers": {name: asdict(layer) for name, layer in result.layers.items()},
        "stock": {name: asdict(layer) for name, layer in result.stock_layers.items()} or None,
        "independent": None if drawn is None else asdict(drawn),
    }
