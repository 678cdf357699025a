"""``bionlp plot``: figures of a recording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bionlp.cli import completion
from bionlp.errors import UsageError

EXAMPLE = "Example: bionlp plot runs/mr-01/recording.nc --kind raster --out raster.pdf"


def plot(
    recording: Annotated[
        Path,
        typer.Argument(
            help="A recording, as simulate --out writes it.", autocompletion=completion.files(".nc")
        ),
    ],
    kind: Annotated[
        str,
        typer.Option(
            help="raster, traces, counts, or all (into a folder).",
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
) -> None:
    """Draw a recording: raster of all layers, membrane traces, class counts over time."""
    from bionlp.figures import KINDS, write_figure, write_figures
    from bionlp.recording import open_recording

    if kind not in ("all", *KINDS):
        raise UsageError(f"unknown kind {kind!r}; choose one of all, {', '.join(KINDS)}")
    tree = open_recording(recording)
    if kind == "all":
        written = write_figures(tree, out or recording.parent)
    else:
        written = [write_figure(tree, kind, out or recording.with_name(f"{kind}.png"))]
    for path in written:
        typer.echo(path)
