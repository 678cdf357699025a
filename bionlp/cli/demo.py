"""``bionlp demo``: the whole path on sample sentences, English and Chinese."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from bionlp.cli.options import Backend, Out, Seed, Steps
from bionlp.errors import OutputError
from bionlp.files import make_folder
from bionlp.progress import Reporter

EXAMPLE = "Example: bionlp demo --out runs"


def demo(
    out: Out = Path("runs"), backend: Backend = "auto", steps: Steps = None, seed: Seed = 0
) -> None:
    """Simulate sample sentences with every bundled model, and check each against PyTorch.

    Exits with code 1 if a spike differs.
    """
    from bionlp.checkpoint import bundled_models, load_classifier
    from bionlp.cli.output import print_table
    from bionlp.cli.simulate import print_summary, recording_name, write_results
    from bionlp.engine import Engine
    from bionlp.report import write_report
    from bionlp.samples import SAMPLES
    from bionlp.simulation import present
    from bionlp.validation import compare_with_pytorch

    make_folder(out)
    for name in bundled_models():
        _check_own(out, name, SAMPLES[load_classifier(name).language])
    report = Reporter()
    names: list[str] = []
    differences: list[Any] = []
    for name in bundled_models():
        classifier = load_classifier(name)
        sentences = [classifier.read(text) for text in SAMPLES[classifier.language]]
        with report.fraction(f"{name}: sentences", len(sentences)) as advance:
            made, activities = present(
                classifier,
                sentences,
                steps=steps or classifier.steps,
                seed=seed,
                engine=Engine(backend),
                advance=advance,
            )
        differences.extend(compare_with_pytorch(classifier.network, activities))
        folder, *_ = write_results(made, out, report)
        write_report(made[0], classifier, folder / "report.html", engine=Engine(backend))
        print_summary(made)
        names.extend(recording_name(tree, number) for number, tree in enumerate(made, start=1))
    print_table(
        "spikes that differ from PyTorch (float64, same input)",
        ["", *differences[0], "spikes compared"],
        [
            (
                name,
                *(layer.differing for layer in difference.values()),
                sum(layer.spikes for layer in difference.values()),
            )
            for name, difference in zip(names, differences, strict=True)
        ],
    )
    typer.echo(f"figures and recordings: {out}/*/; pages: {out}/*/report.html")
    if any(layer.differing for difference in differences for layer in difference.values()):
        raise typer.Exit(1)


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
