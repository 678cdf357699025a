"""``bionlp margin``: how many votes a class has to be ahead for its decision to be safe."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from bionlp.cli.options import (
    DatasetOption,
    DeviceName,
    Json,
    LabelColumn,
    Limit,
    Model,
    Seed,
    Steps,
    TextColumn,
)
from bionlp.errors import UsageError
from bionlp.progress import Reporter

if TYPE_CHECKING:
    from bionlp.early import AtMargin, Margins

EXAMPLE = "Example: bionlp margin mr --dataset mr"


def margin(
    model: Model,
    dataset: DatasetOption,
    split: Annotated[
        str, typer.Option(help="dev; or all, of a table that the model was not trained on.")
    ] = "dev",
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    limit: Limit = None,
    steps: Steps = None,
    seed: Seed = 0,
    device: DeviceName = "auto",
    as_json: Json = False,
) -> None:
    """Find the margin of votes with which presentations can end early and lose nothing.

    A presentation that ends as soon as a class is so many output spikes ahead
    of all others takes fewer steps, and fewer operations. The smaller the
    margin, the more decisions come too early; the smallest with which as many
    sentences are right as in whole presentations is what --margin of evaluate,
    predict, simulate, record, validate and energy is for.
    """
    from bionlp.cli.output import load_model, load_unlearned, print_json
    from bionlp.devices import choose_device
    from bionlp.early import calibrate_margin

    if split == "test":
        raise UsageError("a margin is chosen on dev, and judged on test; take dev")
    report = Reporter()
    classifier = load_model(model)
    columns = {"text_column": text_column, "label_column": label_column}
    selection = load_unlearned(classifier, dataset, split, limit, report, **columns)
    steps = steps or classifier.steps
    with report.fraction("sentences", len(selection.examples)) as advance:
        found = calibrate_margin(
            classifier,
            selection.examples,
            steps=steps,
            seed=seed,
            device=choose_device(device),
            advance=advance,
        )
    if as_json:
        print_json(
            {
                "model": classifier.name,
                "dataset": dataset,
                "split": selection.split,
                "n": len(selection.examples),
                "steps": steps,
                "seed": seed,
                "margin": found.chosen.margin,
                **asdict(found),
            }
        )
    else:
        title = (
            f"{classifier.name} on {dataset} {selection.split}, {len(selection.examples):,} "
            f"sentences, {classifier.pace(steps)}, seed {seed}"
        )
        _print(title, found)
        typer.echo(
            f"try: bionlp evaluate {model} --dataset {dataset} --margin {found.chosen.margin}"
        )


def _print(title: str, found: Margins) -> None:
    from bionlp.cli.output import print_table

    rows: list[AtMargin] = [*found.looked_at]
    if found.chosen not in rows:
        rows = sorted([*rows, found.chosen], key=lambda row: row.margin or 0)
    print_table(
        title,
        ["margin", "right", "steps", ""],
        [
            (
                "whole" if row.margin is None else row.margin,
                f"{row.accuracy:.2%}",
                f"{row.steps:.1f}",
                "the smallest that loses nothing" if row == found.chosen else "",
            )
            for row in [*rows, found.whole]
        ],
    )
