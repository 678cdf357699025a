"""``bionlp calibrate``: fit other neurons to those that a model was trained with."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bionlp.cli import completion
from bionlp.cli.options import (
    Backend,
    DatasetOption,
    Json,
    LabelColumn,
    Model,
    Seed,
    Steps,
    TextColumn,
    TimeStep,
)
from bionlp.errors import OutputError
from bionlp.limits import MOST_SENTENCES
from bionlp.progress import Reporter

if TYPE_CHECKING:
    from networks.brian.fitting import Fit

EXAMPLE = "Example: bionlp calibrate mr --neurons adex --dataset mr --out adex-mr.toml"


def calibrate(
    model: Model,
    neurons: Annotated[
        str,
        typer.Option(
            metavar="FILE|NAME",
            help="The other neurons: a TOML file, or a name (see bionlp neurons).",
            autocompletion=completion.neurons,
        ),
    ],
    dataset: DatasetOption,
    out: Annotated[Path, typer.Option(help="TOML file to write, for --neurons.")],
    split: Annotated[str, typer.Option(help="train or dev.")] = "train",
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST_SENTENCES, help="So many sentences.")] = 20,
    compared: Annotated[
        int,
        typer.Option("--neurons-compared", min=1, max=100_000, help="Of a layer, so many neurons."),
    ] = 400,
    backend: Backend = "auto",
    steps: Steps = None,
    seed: Seed = 0,
    dt: TimeStep = 1.0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the file if it is there.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Fit a gain and a bias of each layer, so that other neurons fire as trained ones.

    A trained weight means something for the neuron that it was trained with.
    Layer by layer, other neurons are handed the currents of the network, and
    those gain and bias are taken with which they fire as often as the trained
    ones do. Labels play no part. The file is for --neurons of simulate,
    evaluate, predict, report and energy; with --dt, give it there, too.
    """
    from bionlp.cli.output import (
        evaluation,
        load_examples,
        load_model,
        neurons_and_step,
        print_json,
    )
    from bionlp.engine import Engine
    from bionlp.errors import UsageError
    from bionlp.files import atomic_path
    from bionlp.neuron_fitting import fit_to_trained, spread
    from networks.brian.neuron_files import write_neurons

    if split not in ("train", "dev"):
        raise UsageError(f"neurons are fitted on train or dev, and judged on test, not {split!r}")
    if out.exists() and not overwrite:
        raise OutputError(f"{out} is there already; choose another file, or --overwrite it")
    report = Reporter()
    classifier = load_model(model)
    engine = Engine(backend, "shared", **neurons_and_step(neurons, dt))
    columns = {"text_column": text_column, "label_column": label_column}
    selection = load_examples(classifier, dataset, split, None, report, **columns)
    some = spread(selection.examples, limit)
    with report.fraction("layers", len(classifier.network.hidden)) as advance:
        fitted, fits = fit_to_trained(
            classifier,
            some,
            steps=steps or classifier.steps,
            seed=seed,
            engine=engine,
            compared=compared,
            advance=advance,
        )
    with atomic_path(out) as temporary:
        temporary.write_text(write_neurons(fitted), encoding="utf-8")
    if as_json:
        print_json(
            {
                "model": classifier.name,
                "neurons": engine.document["neurons"],
                "dataset": dataset,
                "split": selection.split,
                "sentences": len(some),
                "seed": seed,
                "dt_ms": dt,
                "layers": {name: asdict(fit) for name, fit in fits.items()},
                "out": str(out),
            }
        )
    else:
        _print(fits)
        typer.echo(f"{out}; try: {evaluation(model, dataset, str(out), dt)}")


def _print(fits: dict[str, Fit]) -> None:
    from bionlp.cli.output import print_table

    print_table(
        "spikes of a neuron in a sentence; error: root of the mean squared difference",
        ["layer", "gain", "bias", "trained", "before", "error", "fitted", "error"],
        [
            (
                name,
                f"{fit.gain:.3g}",
                f"{fit.bias:.3g}",
                f"{fit.trained:.2f}",
                f"{fit.before:.2f}",
                f"{fit.error_before:.2f}",
                f"{fit.after:.2f}",
                f"{fit.error_after:.2f}",
            )
            for name, fit in fits.items()
        ],
    )
