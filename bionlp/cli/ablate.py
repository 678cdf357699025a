"""``bionlp ablate``: which feature maps, or which words, carry the decisions of a model."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bionlp.cli import completion
from bionlp.cli.options import (
    DatasetOption,
    DeviceName,
    Json,
    LabelColumn,
    Limit,
    Model,
    Seed,
    Split,
    Steps,
    TextColumn,
)
from bionlp.errors import UsageError
from bionlp.limits import MOST_SENTENCES
from bionlp.progress import Reporter

if TYPE_CHECKING:
    from bionlp.ablation import Ablated

EXAMPLE = "Example: bionlp ablate mr --dataset mr --of maps --layers conv3 --top 10"
MAPS, WORDS = "maps", "words"


def ablate(
    model: Model,
    dataset: DatasetOption,
    of: Annotated[
        str,
        typer.Option(
            help="What is taken away, one after the other: maps or words.",
            autocompletion=completion.choices((MAPS, WORDS)),
        ),
    ] = MAPS,
    layers: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="Only the maps of these layers. Default: of all."),
    ] = None,
    split: Split = None,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    limit: Limit = 100,
    top: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="Show so many, the weightiest first.")
    ] = 20,
    at_least: Annotated[
        int, typer.Option(min=1, max=MOST_SENTENCES, help="Only words of so many sentences.")
    ] = 1,
    steps: Steps = None,
    seed: Seed = 0,
    device: DeviceName = "auto",
    out: Annotated[Path | None, typer.Option(help="Write all of them to this CSV file.")] = None,
    as_json: Json = False,
) -> None:
    """Take away each feature map, or each word, and see what becomes of the votes.

    A map sends no spikes, a word is silent; the noise of everything else stays,
    so all that changes is the part's doing. Computed in PyTorch, which fires as
    Brian 2 does.
    """
    from bionlp.ablation import ablate_maps, ablate_words, layers_with_maps
    from bionlp.cli.output import load_examples, load_model, print_json
    from bionlp.devices import choose_device

    if of not in (MAPS, WORDS):
        raise UsageError(f"--of is {MAPS} or {WORDS}, not {of!r}")
    if of == WORDS and layers is not None:
        raise UsageError("--layers are of maps; leave them out, or take --of maps")
    report = Reporter()
    classifier = load_model(model)
    classifier.require_rates("ablations are")
    columns = {"text_column": text_column, "label_column": label_column}
    selection = load_examples(classifier, dataset, split, limit, report, **columns)
    examples = selection.examples
    common: dict[str, Any] = {
        "steps": steps or classifier.steps,
        "seed": seed,
        "device": choose_device(device),
    }
    with report.fraction("sentences", len(examples)) as advance:
        if of == WORDS:
            found = ablate_words(classifier, examples, **common, advance=advance)
            found = [part for part in found if part.sentences >= at_least]
        else:
            chosen = layers.split(",") if layers else list(layers_with_maps(classifier.network))
            found = ablate_maps(classifier, examples, chosen, **common, advance=advance)
    found.sort(key=lambda part: -part.weight)
    if out is not None:
        _write(out, classifier.label_names, found)
    if as_json:
        print_json(
            {
                "model": classifier.name,
                "dataset": dataset,
                "split": selection.split,
                "n": len(examples),
                "steps": common["steps"],
                "seed": seed,
                "of": of,
                "parts": [_entry(classifier.label_names, part) for part in found],
            }
        )
    else:
        title = f"{classifier.name} without each of {len(found)} {of}, {len(examples)} sentences"
        _print(title, classifier.label_names, found[:top], of)


def _entry(labels: Sequence[str], part: Ablated) -> dict[str, Any]:
    worth = dict(zip(labels, part.worth, strict=True))
    own = {name: getattr(part, name) for name in ("name", "sentences", "lost", "gained", "flips")}
    return own | {"worth": worth}


def _print(title: str, labels: Sequence[str], parts: Sequence[Ablated], of: str) -> None:
    from bionlp.cli.output import print_table

    # Of two classes, what speaks for one speaks against the other.
    shown = labels[-1:] if len(labels) == 2 else labels
    print_table(
        title,
        [of[:-1], "sentences", "lost", "gained", "flips", *(f"votes for {n}" for n in shown)],
        [
            (
                part.name,
                part.sentences,
                part.lost,
                part.gained,
                part.flips,
                *(f"{worth:+.1f}" for worth in part.worth[-len(shown) :]),
            )
            for part in parts
        ],
    )


def _write(path: Path, labels: Sequence[str], parts: Sequence[Ablated]) -> None:
    from bionlp.files import atomic_path

    with (
        atomic_path(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as stream,
    ):
        writer = csv.writer(stream)
        writer.writerow(["name", "sentences", "lost", "gained", "flips", *labels])
        for part in parts:
            counts = (part.sentences, part.lost, part.gained, part.flips)
            writer.writerow([part.name, *counts, *part.worth])
