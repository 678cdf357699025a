"""``bionlp plot``: figures of a recording."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bionlp.cli import completion
from bionlp.cli.options import OfCorpus
from bionlp.errors import UsageError
from bionlp.limits import LEAST_DPI, LEAST_INCHES, MOST_DPI, MOST_INCHES, MOST_NEURONS

if TYPE_CHECKING:
    from analysis.view import View

EXAMPLE = (
    "Example: bionlp plot runs/mr-01/recording.nc --kind raster --window 0:25 --width single "
    "--out raster.pdf"
)


def plot(
    recording: Annotated[
        Path,
        typer.Argument(
            help="A recording, as simulate --out writes it, or a corpus, as record does.",
            autocompletion=completion.recordings,
        ),
    ],
    sentence: OfCorpus = None,
    kind: Annotated[
        str,
        typer.Option(
            help="raster, ratemap, traces, counts, or all (into a folder).",
            autocompletion=completion.choices(completion.KINDS),
        ),
    ] = "all",
    out: Annotated[
        Path | None,
        typer.Option(
            help="File to write (png, pdf or svg), or for all the folder. "
            "Default: beside the recording."
        ),
    ] = None,
    window: Annotated[
        str | None,
        typer.Option(
            metavar="FROM:TO", help="Only these milliseconds, such as 0:25; either may be left out."
        ),
    ] = None,
    layers: Annotated[
        str | None, typer.Option(help="Only these layers, separated by commas (not for counts).")
    ] = None,
    neurons: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MOST_NEURONS,
            help="Neurons of each layer: in a raster a random sample, always the same; in a rate "
            "map groups of neighbours; in traces those that fire most, in the output of each "
            "class. Default: as many as can be told apart, in traces 1.",
        ),
    ] = None,
    width: Annotated[
        str | None, typer.Option(help="Inches, or single (3.5) or double (7.2) for a column.")
    ] = None,
    height: Annotated[
        float | None,
        typer.Option(min=LEAST_INCHES, max=MOST_INCHES, help="Inches. Default: what is needed."),
    ] = None,
    dpi: Annotated[
        int,
        typer.Option(
            min=LEAST_DPI, max=MOST_DPI, help="Pixels in an inch, also of images in vector files."
        ),
    ] = 300,
    title: Annotated[
        str | None,
        typer.Option(help='Instead of the sentence and its label; "" is no title.'),
    ] = None,
) -> None:
    """Draw a recording: spikes, rates of all neurons, membrane traces, class counts over time."""
    from bionlp.cli.output import read_recording
    from bionlp.figures import KINDS, write_figure, write_figures

    if kind not in ("all", *KINDS):
        raise UsageError(f"unknown kind {kind!r}; choose one of all, {', '.join(KINDS)}")
    view = _view(window, layers, neurons, width, height, title)
    tree = read_recording(recording, sentence)
    if kind == "all":
        written = write_figures(tree, out or recording.parent, view, dpi)
    else:
        target = out or recording.with_name(f"{kind}.png")
        written = [write_figure(tree, kind, target, view, dpi)]
    for path in written:
        typer.echo(path)


def _view(
    window: str | None,
    layers: str | None,
    neurons: int | None,
    width: str | None,
    height: float | None,
    title: str | None,
) -> View:
    """Read options into what is drawn."""
    from analysis.view import View

    start, end = (None, None) if window is None else _window(window)
    names = None if layers is None else [name.strip() for name in layers.split(",")]
    inches = None if width is None else _inches(width)
    try:
        return View(start, end, names, neurons, inches, height, title)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _window(text: str) -> tuple[float | None, float | None]:
    try:
        start, end = (float(part) if part.strip() else None for part in text.split(":"))
    except ValueError as error:
        raise UsageError(
            f"--window must be two times in milliseconds, such as 0:25, not {text!r}"
        ) from error
    return start, end


def _inches(text: str) -> float:
    from analysis.style import DOUBLE_COLUMN, SINGLE_COLUMN

    columns = {"single": SINGLE_COLUMN, "double": DOUBLE_COLUMN}
    try:
        return columns[text] if text in columns else float(text)
    except ValueError as error:
        raise UsageError(f"--width must be inches, single or double, not {text!r}") from error
