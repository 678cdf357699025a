"""``bionlp nir conventions``: what files do not say, listed and found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bionlp.cli import completion
from bionlp.cli.nir.options import TimeStep
from bionlp.cli.options import Json
from bionlp.errors import UsageError

if TYPE_CHECKING:
    from networks.nir.proof import Attempt

EXAMPLE = "Example: bionlp nir conventions network.nir --reference computed.npz"


def conventions(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="A NIR file. Without it, the conventions are listed.",
            autocompletion=completion.files(".nir"),
        ),
    ] = None,
    reference: Annotated[
        Path | None,
        typer.Option(help="What the library computed, as for bionlp nir prove."),
    ] = None,
    dt: TimeStep = None,
    as_json: Json = False,
) -> None:
    """Find the conventions that reproduce what a library computed.

    Exits with code 1 if none does.
    """
    if file is None:
        if reference is not None:
            raise UsageError("--reference is of a file; name it, too")
        _list_conventions(as_json)
        return
    if reference is None:
        raise UsageError("conventions are found by a --reference: spikes that a library computed")

    from bionlp.cli.output import print_json
    from bionlp.graphs import graph_errors
    from networks.nir import read_graph
    from networks.nir.proof import try_conventions
    from networks.nir.reference import read_reference

    with graph_errors():
        attempts = try_conventions(read_graph(file), read_reference(reference), dt=dt)
    if as_json:
        print_json([_attempted(attempt) for attempt in attempts])
    else:
        _print_attempts(file, attempts)
    if attempts[0].differing != 0:
        raise typer.Exit(1)


def _list_conventions(as_json: bool) -> None:
    from dataclasses import asdict

    from bionlp.cli.output import print_json, print_table
    from networks.nir import CONVENTIONS as RECORDS

    if as_json:
        print_json([asdict(record) for record in RECORDS.values()])
        return
    print_table(
        "conventions of NIR files",
        ["name", "step", "reset", "fires at", "of"],
        [
            (
                record.name,
                *(record.described()[what] for what in ("step", "reset", "fires at")),
                f"{record.library} {record.versions}",
            )
            for record in RECORDS.values()
        ],
        cut="of",
    )


def _attempted(attempt: Attempt) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "conventions": attempt.conventions.name,
        "dt": attempt.dt,
        "differing": attempt.differing,
        "membrane": attempt.membrane if attempt.layers else None,
        "reproduces": attempt.differing == 0,
        "layers": [asdict(layer) for layer in attempt.layers],
        "reason": attempt.reason or None,
    }


def _print_attempts(file: Path, attempts: list[Attempt]) -> None:
    from bionlp.cli.output import print_table

    print_table(
        f"{file.name} under all conventions",
        ["conventions", "step", "differing spikes", "largest membrane difference", ""],
        [
            (
                attempt.conventions.name,
                f"{attempt.dt:g}",
                "-" if attempt.differing is None else attempt.differing,
                f"{attempt.membrane:.1e}" if attempt.layers else "-",
                attempt.reason or ("reproduces it" if attempt.differing == 0 else ""),
            )
            for attempt in attempts
        ],
        cut="",
    )
