"""``bionlp demo``: the whole path on sample sentences, English and Chinese."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bionlp.cli.options import Backend, Figures, Out, Seed, Steps
from bionlp.errors import OutputError
from bionlp.files import make_folder
from bionlp.progress import Reporter

if TYPE_CHECKING:
    from bionlp.validation import Difference

EXAMPLE = "Example: bionlp demo --out runs"


def demo(
    out: Out = Path("runs"),
    backend: Backend = "auto",
    steps: Steps = None,
    seed: Seed = 0,
    figures: Figures = None,
) -> None:
    """Simulate sample sentences with every bundled model, and check each against PyTorch.

    Exits with code 1 if a spike differs.
    """
    from bionlp.checkpoint import bundled_models, load_classifier
    from bionlp.cli.output import print_table
    from bionlp.cli.simulate import (
        kinds_of_figures,
        print_summary,
        recording_name,
        write_results,
    )
    from bionlp.engine import Engine
    from bionlp.report import write_report
    from bionlp.samples import SAMPLES
    from bionlp.simulation import present
    from bionlp.validation import compare_with_pytorch

    kinds = kinds_of_figures(figures, out)
    make_folder(out)
    for name in bundled_models():
        _check_own(out, name, SAMPLES[load_classifier(name).language])
    report = Reporter()
    names: list[str] = []
    differences: list[dict[str, Difference]] = []
    for name in bundled_models():
        classifier = load_classifier(name)
        sentences = [classifier.read(text) for text in SAMPLES[classifier.language]]
        with report.fraction(f"{name}: sentences", len(sentences)) as advance:
            made, activities = present(
                classifier,
                sentences,
                # A word a step is no number of steps that could be another one.
                steps=classifier.steps if classifier.word_a_step else steps or classifier.steps,
                seed=seed,
                engine=Engine(backend),
                advance=advance,
            )
        # What was run has no inputs for words of which none was read.
        shown, _ = classifier.narrowed([sentence.ids for sentence in sentences])
        differences.extend(compare_with_pytorch(shown.network, activities))
        folder, *_ = write_results(made, out, report, kinds)
        write_report(made[0], classifier, folder / "report.html", engine=Engine(backend))
        print_summary(made)
        names.extend(recording_name(tree, number) for number, tree in enumerate(made, start=1))
    print_table(
        "spikes that differ from PyTorch (float64, same input)",
        ["", "populations", "spikes compared", "differing"],
        [
            (name, len(layers), *_counts(layers))
            for name, layers in zip(names, differences, strict=True)
        ],
    )
    typer.echo(
        f"recordings{'' if kinds == () else ' and figures'}: {out}/*/; pages: {out}/*/report.html"
    )
    if any(layer.differing for layers in differences for layer in layers.values()):
        raise typer.Exit(1)


def _counts(layers: Mapping[str, Difference]) -> tuple[int, int]:
    """Return the spikes of all populations, and how many of them differ."""
    return (
        sum(layer.spikes for layer in layers.values()),
        sum(layer.differing for layer in layers.values()),
    )


def _check_own(out: Path, model: str, texts: Sequence[str]) -> None:
    """See that only what an earlier demonstration has written is written anew.

    Raises
    ------
    OutputError
        If there is a recording of something else.
    """
    from bionlp.cli.simulate import RECORDING, folder_name
    from bionlp.recording import open_recording

    for number, text in enumerate(texts, start=1):
        path = out / folder_name(model, number) / RECORDING
        if os.path.lexists(path) and open_recording(path).attrs["text"] != text:
            raise OutputError(
                f"{path.parent} has a recording of another sentence; choose another --out"
            )
