"""``bionlp energy``: what a sentence costs as spikes, and in the TextCNN."""

from __future__ import annotations

from typing import Any

from bionlp.cli.options import (
    Backend,
    DatasetOption,
    Decay,
    Json,
    LabelColumn,
    Limit,
    Margin,
    Model,
    Neurons,
    Seed,
    Split,
    Steps,
    TextColumn,
    Threshold,
    TimeStep,
)
from bionlp.progress import Reporter

EXAMPLE = "Example: bionlp energy mr --dataset mr --limit 100"


def energy(
    model: Model,
    dataset: DatasetOption,
    split: Split = None,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    limit: Limit = 100,
    backend: Backend = "auto",
    steps: Steps = None,
    seed: Seed = 0,
    decay: Decay = None,
    threshold: Threshold = None,
    margin: Margin = None,
    neurons: Neurons = None,
    dt: TimeStep = 1.0,
    as_json: Json = False,
) -> None:
    """Count the operations of sentences in Brian 2, and say what they cost.

    Synaptic operations are counted one by one, and estimated from firing rates.
    Energy is that of a sentence, under several cost models, beside that of the
    TextCNN with the same weights, which is not charged for padding, or of the
    non-spiking twin of a network that reads a word a step.
    """
    from bionlp.cli.output import (
        load_examples,
        load_model,
        neurons_and_step,
        note_left_out,
        print_json,
    )
    from bionlp.energy import measure_energy
    from bionlp.engine import Engine

    classifier = load_model(model, decay, threshold, margin=margin)
    if margin is not None:
        classifier.require_rates("energy with --margin is")
    steps = steps or classifier.steps
    report = Reporter()
    columns = {"text_column": text_column, "label_column": label_column}
    selection = load_examples(classifier, dataset, split, limit, report, **columns)
    examples = selection.examples
    engine = Engine(backend, "shared", **neurons_and_step(neurons, dt))
    with report.fraction("sentences", len(examples)) as advance:
        document = measure_energy(
            classifier, examples, steps=steps, seed=seed, engine=engine, advance=advance
        )
    note_left_out(len(examples) - document["sentences"], report)
    document |= {
        "model": classifier.name,
        "dataset": dataset,
        "split": selection.split,
        "margin": classifier.margin,
    }
    if as_json:
        print_json(document)
    else:
        _print(document, classifier.pace(steps))


def _print(document: dict[str, Any], pace: str) -> None:
    import typer

    from analysis.energy import reference_key
    from bionlp.cli.output import print_table

    reference = document["reference"]
    rows = [
        (
            row["layer"],
            round(row["macs"]),
            round(row["counted"]),
            round(row["estimated"]),
            "-" if row["difference"] is None else f"{round(row['difference'], 4) + 0.0:+.2%}",
        )
        for row in document["layers"]
    ]
    print_table(
        f"Operations of a sentence, mean of {document['sentences']} ({document['model']}, "
        f"{document['dataset']} {document['split']}, {pace}, "
        f"seed {document['seed']}, {document['backend']})",
        ("layer", f"{reference}, MACs", "SNN, counted", "SNN, estimated", "difference"),
        rows,
    )
    if document["margin"] is not None:
        typer.echo(f"A presentation lasted {document['mean_steps']:.1f} steps on average.\n")
    rows = [
        (
            row["cost_model"],
            f"{row[reference_key(reference)] * 1e6:.2f}",
            f"{row['spiking_joules'] * 1e6:.2f}",
            f"{row['ratio']:.2f}",
            "spiking" if row["ratio"] < 1 else reference,
        )
        for row in document["energy"]
    ]
    print_table(
        "Energy of a sentence, microjoules",
        ("cost model", reference, "SNN", f"SNN / {reference}", "less"),
        rows,
    )
    for row in document["energy"]:
        typer.echo(f"{row['cost_model']}: {row['source']}.")
