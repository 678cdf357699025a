"""``bionlp evaluate``: how often a model is right on a dataset, by PyTorch or by Brian 2."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bionlp.cli.options import (
    Backend,
    DatasetOption,
    Decay,
    DeviceName,
    Engines,
    Intervene,
    Json,
    LabelColumn,
    Limit,
    Margin,
    Model,
    Neurons,
    Perturb,
    PerturbSeed,
    Precision,
    Scheduler,
    Seed,
    Split,
    Steps,
    Synapses,
    TextColumn,
    Threshold,
    TimeStep,
    Workers,
    chosen_engine,
    chosen_workers,
)
from bionlp.errors import INTERRUPTED
from bionlp.progress import Reporter

if TYPE_CHECKING:
    from bionlp.evaluation_report import EvaluationReport

EXAMPLE = "Example: bionlp evaluate mr --dataset mr --split test --engine torch"
OF_BRIAN = ("backend", "synapses", "precision", "workers", "scheduler", "neurons", "dt")
"""Options that mean nothing to PyTorch."""
MOST_SEEDS = 1000
MOST_ERRORS = 10_000


def evaluate(
    context: typer.Context,
    model: Model,
    dataset: DatasetOption,
    split: Split = None,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    engine: Engines = None,
    device: DeviceName = "auto",
    limit: Limit = None,
    backend: Backend = "auto",
    synapses: Synapses = "auto",
    precision: Precision = "double",
    workers: Workers = None,
    scheduler: Scheduler = None,
    steps: Steps = None,
    seed: Seed = 0,
    seeds: Annotated[
        int,
        typer.Option(
            min=1,
            max=MOST_SEEDS,
            help="Present all sentences with so many seeds, from --seed on: how far does the "
            "noise of the input move labels and accuracy?",
        ),
    ] = 1,
    show_errors: Annotated[
        int,
        typer.Option(min=0, max=MOST_ERRORS, help="Show so many wrong answers, the surest first."),
    ] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for evaluation.json, the confusion matrix and the reliability diagram."
        ),
    ] = None,
    decay: Decay = None,
    threshold: Threshold = None,
    perturb: Perturb = None,
    perturb_seed: PerturbSeed = 0,
    intervene: Intervene = None,
    margin: Margin = None,
    neurons: Neurons = None,
    dt: TimeStep = 1.0,
    as_json: Json = False,
) -> None:
    """Measure how many sentences of a dataset are labelled rightly.

    Of the table that a model was trained on, the test part is taken, and all of
    another table. Sentences without a word that the model knows, without output
    spikes, or with a tie have no label: they are counted, and not right.

    In Brian 2, votes are kept while the work goes on: after an interruption
    the same command presents only the sentences that are missing.
    """
    from bionlp.cli.output import (
        done_to,
        load_examples,
        load_model,
        neurons_and_step,
        print_json,
    )
    from bionlp.devices import choose_device
    from bionlp.evaluation import evaluate as measure
    from bionlp.files import make_folder

    engine = chosen_engine(context, engine, OF_BRIAN)
    by_whom, count = chosen_workers(context, workers, scheduler)
    report = Reporter()
    classifier = load_model(model, decay, threshold, perturb, perturb_seed, intervene, margin)
    steps = steps or classifier.steps
    columns = {"text_column": text_column, "label_column": label_column}
    selection = load_examples(classifier, dataset, split, limit, report, **columns)
    if out:
        make_folder(out)
    by: dict[str, Any] = {"device": choose_device(device)}
    if engine == "brian":
        from bionlp.engine import Engine, as_run

        asked = Engine(backend, synapses, precision, **neurons_and_step(neurons, dt))
        chosen = asked.chosen(len(selection.examples))
        classifier = as_run(classifier, chosen)
        ran = chosen.document | {"workers": count, "scheduler": scheduler}
        by = {"engine": chosen, "workers": by_whom}
    started = time.perf_counter()
    results = []
    try:
        for number in range(seed, seed + seeds):
            title = "sentences" if seeds == 1 else f"seed {number}"
            with report.fraction(title, len(selection.examples)) as advance:
                results.append(
                    measure(
                        classifier,
                        selection.examples,
                        steps=steps,
                        seed=number,
                        advance=advance,
                        **by,
                    )
                )
    except KeyboardInterrupt:
        if engine == "brian":
            report.note("interrupted; the same command resumes where it stopped")
        raise typer.Exit(INTERRUPTED) from None
    from bionlp.evaluation_report import EvaluationReport, write_report

    found = EvaluationReport(classifier, selection, results, steps)
    document: dict[str, Any] = {
        "model": classifier.name,
        "dataset": dataset,
        "split": selection.split,
        "engine": engine,
        "brian": ran if engine == "brian" else None,
        **found.document(show_errors),
        "table": selection.table,
        "total": selection.total,
        "skipped": selection.skipped,
        "rows": selection.rows,
        "seconds": round(time.perf_counter() - started, 2),
        "steps": steps,
        "seed": seed,
        **done_to(classifier),
    }
    if found.pooled.reasons:
        report.note(f"warning: {_undecided(found)}")
    if found.unscored:
        report.note(
            f"warning: {found.unscored} of {found.pooled.n} without a vote are scored by the "
            "middle of the scale"
        )
    if out:
        write_report(found, document, out)
        report.note(f"evaluation.json and figures are in {out}")
    if as_json:
        print_json(document)
    else:
        _print(document, found, show_errors)


def _print(document: dict[str, Any], found: EvaluationReport, show_errors: int) -> None:
    from bionlp.cli.output import as_done_to, print_table
    from bionlp.metrics import METRICS

    repeated, classifier = found.repeated, found.classifier
    done = as_done_to(classifier.perturbations, classifier.interventions)
    typer.echo(
        f"{document['model']} on {document['dataset']} {document['split']} ({document['engine']}, "
        f"{classifier.pace(document['steps'])}, seed {document['seed']}{done}): "
        f"{repeated.accuracy:.2%} of {document['n']} right (standard error "
        f"{repeated.standard_error:.2%}; always the largest class: {document['majority']:.2%}; "
        f"undecided: {len(found.pooled.reasons)}), "
        f"{document['seconds']} s"
    )
    if repeated.noise is not None:
        typer.echo(
            f"over {len(repeated.evaluations)} seeds the accuracy varies by {repeated.noise:.2%} "
            f"(standard deviation), and a sentence is labelled otherwise with probability "
            f"{repeated.flips:.2%}"
        )
    if classifier.margin is not None:
        typer.echo(f"a presentation lasted {document['mean_steps']:.1f} steps on average")
    if found.reliability is not None:
        typer.echo(f"expected calibration error of the confidence: {found.reliability.error:.2%}")
    names = found.classifier.label_names
    for name, metric in document["metrics"].items():
        typer.echo(
            f"{METRICS[name].title.format(*names)}: {_decimal(metric['value'])} (always the "
            f"largest class: {_decimal(metric['majority'])})"
        )
    print_table(
        f"macro-F1 {document['macro_f1']:.2%}",
        ["true class", *(f"as {name}" for name in names), "undecided", "precision", "recall", "F1"],
        [
            (name, *row, *(_percent(found.pooled, measure, number) for measure in MEASURES))
            for number, (name, row) in enumerate(
                zip(names, found.pooled.confusion.tolist(), strict=True)
            )
        ],
        cut="true class",
    )
    if show_errors:
        print_table(
            "wrong answers, the surest first",
            ["row", "sentence", "true", "given", "votes"],
            [
                (
                    "-" if error["row"] is None else error["row"],
                    error["text"],
                    error["true"],
                    error["label"],
                    f"{error['votes'][error['label']]:,} : {error['votes'][error['true']]:,}",
                )
                for error in document["errors"]
            ],
        )


MEASURES = ("precision", "recall", "f1")


def _percent(evaluation: Any, measure: str, number: int) -> str:
    value = getattr(evaluation, measure)[number]
    return "-" if value != value else f"{value:.1%}"


def _decimal(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


WORDS_OF_REASONS = {
    "unknown_words": "without a word that the model knows",
    "silent": "without an output spike",
    "tie": "with a tie of the classes with most votes",
}


def _undecided(found: EvaluationReport) -> str:
    """Say how many presentations ended without a label, and why."""
    pooled = found.pooled
    number = len(pooled.reasons)
    counts = ", ".join(
        f"{count} {WORDS_OF_REASONS[reason]}" for reason, count in pooled.undecided.items() if count
    )
    are = "is" if number == 1 else "are"
    what = "sentences" if len(found.results) == 1 else "presentations"
    return f"{number} of {pooled.n} {what} {are} undecided, and not right: {counts}"
