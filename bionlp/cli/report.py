"""``bionlp report``: a page about one sentence, to look at in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bionlp.cli import completion
from bionlp.cli.options import Backend, Decay, Record, Seed, Steps, Threshold, given
from bionlp.errors import UsageError
from bionlp.files import is_file
from bionlp.progress import Reporter

if TYPE_CHECKING:
    import xarray as xr

    from bionlp.classifier import TextClassifier

EXAMPLE = 'Example: bionlp report mr --text "not a dull moment" --out page.html'

OF_A_RECORDING = ("steps", "seed", "decay", "threshold", "text", "record")
"""Options that a recording has already answered."""


def report(
    context: typer.Context,
    source: Annotated[
        str,
        typer.Argument(
            metavar="RECORDING_OR_MODEL",
            help="A recording, as simulate --out writes it, or a model: bundled (mr, waimai) or a "
            "folder.",
            autocompletion=completion.recordings_and_models,
        ),
    ],
    out: Annotated[Path, typer.Option(help="The page.")] = Path("report.html"),
    text: Annotated[
        str | None, typer.Option(help="Sentence to show a model. Default: a sample.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="Model of a recording, if it is not a bundled one.",
            autocompletion=completion.models,
        ),
    ] = None,
    backend: Backend = "auto",
    steps: Steps = None,
    seed: Seed = 0,
    decay: Decay = None,
    threshold: Threshold = None,
    record: Record = None,
) -> None:
    """Write one HTML file about a sentence: words, spikes, membranes, votes, energy.

    It opens in any browser, without a network. Each word is shaded by how much
    its spikes moved the decision: the sentence is simulated again without them.
    """
    from analysis.recordings import words
    from bionlp.cli.output import load_model, warn_of_reading
    from bionlp.cli.simulate import warn_of_undecided
    from bionlp.membranes import DEFAULT
    from bionlp.report import write_report
    from bionlp.samples import SAMPLES
    from bionlp.simulation import Engine, simulate

    engine, progress = Engine(backend), Reporter()
    if source.endswith(".nc") or is_file(source):
        answered = given(context, OF_A_RECORDING)
        if answered:
            raise UsageError(f"a recording has its own {answered[0]}; leave out --{answered[0]}")
        recording, classifier = _recorded(Path(source), model)
    elif model is not None:
        raise UsageError(f"--model is for recordings; {source!r} is a model itself")
    else:
        classifier = load_model(source, decay, threshold)
        if text is None:
            text = SAMPLES[classifier.language][0]
        (recording,) = simulate(
            classifier,
            [text],
            steps=steps,
            seed=seed,
            engine=engine,
            record=record or DEFAULT,
        )
    warn_of_reading(classifier, [recording.attrs["text"]], progress)
    warn_of_undecided([recording], progress)
    with progress.fraction("words", len(words(recording))) as advance:
        write_report(recording, classifier, out, engine=engine, advance=advance)
    typer.echo(out)


def _recorded(path: Path, model: str | None) -> tuple[xr.DataTree, TextClassifier]:
    """Read a recording, and the model that made it."""
    from bionlp.checkpoint import bundled_models
    from bionlp.cli.output import load_model
    from bionlp.recording import open_recording

    recording = open_recording(path)
    name = recording.attrs["model"]
    if model is None and name not in bundled_models():
        raise UsageError(f"{path} was made by {name!r}, no bundled model: name its folder, --model")
    return recording, load_model(model or name)
