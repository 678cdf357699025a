"""``bionlp export``: a classifier as a file that other libraries read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bionlp.cli.options import Json, Model

EXAMPLE = "Example: bionlp export mr --nir mr.nir"


def export(
    model: Model,
    nir: Annotated[Path, typer.Option(help="The NIR file to write.")],
    as_json: Json = False,
) -> None:
    """Write the spiking network of a classifier as a NIR file.

    Words become an image one pixel wide, features its channels: (features, words, 1).
    """
    from bionlp.cli.output import load_model, print_json
    from bionlp.graphs import graph_errors
    from networks.nir import write

    classifier = load_model(model)
    with graph_errors():
        graph = write(classifier.network, nir)
    if as_json:
        print_json({"model": classifier.name, "nir": str(nir), "nodes": len(graph.nodes)})
    else:
        typer.echo(f"{nir}: {len(graph.nodes)} nodes, {len(graph.edges)} edges")
