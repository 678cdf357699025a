"""``bionlp confidence``: measure how sure a model's answers are."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from bionlp.cli.options import (
    DatasetOption,
    DeviceName,
    Json,
    LabelColumn,
    Limit,
    Seed,
    Steps,
    TextColumn,
)
from bionlp.errors import UsageError
from bionlp.progress import Reporter

if TYPE_CHECKING:
    import numpy as np

EXAMPLE = "Example: bionlp confidence models/mr --dataset mr"


def confidence(
    folder: Annotated[
        Path, typer.Argument(metavar="MODEL", help="The folder of a model; it is written to.")
    ],
    dataset: DatasetOption,
    split: Annotated[
        str,
        typer.Option(help="dev or test; or all, of a table that the model was not trained on."),
    ] = "dev",
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    limit: Limit = None,
    steps: Steps = None,
    seed: Seed = 0,
    device: DeviceName = "auto",
    as_json: Json = False,
) -> None:
    """Calibrate the confidence of a model's answers, and keep that with the model.

    Training does so itself on its dev part. The sentences must be none that the
    model has learned from.
    """
    from bionlp.checkpoint import add_calibration
    from bionlp.cli.output import load_model, load_unlearned, print_json
    from bionlp.confidence import calibrate
    from bionlp.devices import choose_device
    from bionlp.evaluation import evaluate
    from bionlp.files import make_folder

    report = Reporter()
    classifier = load_model(str(folder))
    if not folder.is_dir():
        raise UsageError(f"{folder} is bundled with the program; give the folder of a model")
    make_folder(folder)
    columns = {"text_column": text_column, "label_column": label_column}
    selection = load_unlearned(classifier, dataset, split, limit, report, **columns)
    steps = steps or classifier.steps
    with report.fraction("sentences", len(selection.examples)) as advance:
        result = evaluate(
            classifier,
            selection.examples,
            steps=steps,
            seed=seed,
            device=choose_device(device),
            advance=advance,
        )
    found = calibrate(
        cast("np.ndarray", result.votes),
        result.labels,
        steps=steps,
        dataset=dataset,
        split=selection.split,
    )
    add_calibration(found, folder)
    if as_json:
        print_json({"model": classifier.name, "seed": seed, **asdict(found)})
    else:
        typer.echo(
            f"{folder}: p ~ (votes + {found.offset:.4g})^{found.exponent:.4g} at {steps} steps, "
            f"from {found.sentences:,} sentences of {dataset} {selection.split}; log loss "
            f"{found.log_loss:.4f}"
        )
