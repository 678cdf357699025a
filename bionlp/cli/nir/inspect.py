"""``bionlp nir inspect``: what is in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from bionlp.cli.nir.options import File, Like, TimeStep
from bionlp.cli.options import Json

if TYPE_CHECKING:
    from networks.nir.report import GraphReport

EXAMPLE = "Example: bionlp nir inspect network.nir --like snntorch"


def inspect(file: File, like: Like = "file", dt: TimeStep = None, as_json: Json = False) -> None:
    """Say what is in a file, and how each node will be understood.

    Exits with code 1 if there is a node that cannot be simulated.
    """
    from bionlp.cli.output import print_json
    from bionlp.graphs import conventions_of, graph_errors
    from networks.nir import read_graph
    from networks.nir.report import inspect as look_at

    with graph_errors():
        report = look_at(read_graph(file), conventions_of(like), dt=dt)
    if as_json:
        print_json(_inspected(report))
    else:
        _print_graph(file, report)
    if report.imported is None:
        raise typer.Exit(1)


def _inspected(report: GraphReport) -> dict[str, Any]:
    from dataclasses import asdict

    imported = report.imported
    return {
        "version": report.version,
        "conventions": asdict(report.conventions),
        "dt": report.dt,
        "nodes": [asdict(node) for node in report.nodes],
        "populations": {} if imported is None else imported.nodes,
        "remarks": [] if imported is None else list(imported.remarks),
        "not_supported": report.reason or None,
    }


def _print_graph(file: Path, report: GraphReport) -> None:
    from bionlp.cli.output import print_table

    step = "unknown" if report.dt is None else f"{report.dt:g}"
    print_table(
        f"{file.name}, written by nir {report.version or '(unknown)'}; conventions "
        f"{report.conventions.name}, time step {step}",
        ["node", "type", "gives", "hears", "parameters"],
        [
            (
                node.name,
                node.type,
                "?" if node.shape is None else " x ".join(map(str, node.shape)),
                ", ".join(node.hears) or "-",
                "; ".join(f"{name} {value}" for name, value in node.parameters.items()) or "-",
            )
            for node in report.nodes
        ],
        cut="parameters",
    )
    for node in report.nodes:
        typer.echo(f"{node.name}: {node.status}{f' ({node.remark})' if node.remark else ''}")
    for remark in report.imported.remarks if report.imported else ():
        typer.echo(remark)
    if report.reason:
        typer.echo(f"cannot be simulated: {report.reason}")
