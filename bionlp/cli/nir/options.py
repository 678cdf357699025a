"""Options that the commands of ``bionlp nir`` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bionlp.cli import completion
from bionlp.errors import UsageError


def _positive(dt: float | None) -> float | None:
    if dt is not None and not 1e-12 <= dt <= 1e12:
        raise UsageError(f"--dt must be a positive number, not {dt}")
    return dt


File = Annotated[Path, typer.Argument(help="A NIR file.", autocompletion=completion.files(".nir"))]
Like = Annotated[
    str,
    typer.Option(
        help="Whose conventions it follows: snntorch, norse, sinabs, spikingjelly, nir, ...; "
        "bionlp nir conventions lists them. Default: those in the file's metadata, else nir.",
        autocompletion=completion.choices(completion.CONVENTIONS),
    ),
]
TimeStep = Annotated[
    float | None,
    typer.Option(
        callback=_positive,
        help="Time step in the unit of the file. Default: of the conventions, or file.",
    ),
]
RoundDelays = Annotated[
    bool, typer.Option("--round-delays", help="Round delays to whole time steps.")
]
Reference = Annotated[
    Path,
    typer.Option(
        help="What the library computed: an .npz with input, s_0, v_0, s_1, ... in the order of "
        "flow, each of shape (steps, ...) with channels first."
    ),
]
