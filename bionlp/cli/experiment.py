"""``bionlp experiment``: the paper's comparisons, cell by cell."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bionlp.cli.options import Json
from bionlp.errors import UsageError
from bionlp.experiments.cells import DATASETS, METHODS, TABLES, list_cells
from bionlp.progress import Reporter
from bionlp.training.settings import RECIPES

EXAMPLE = "Example: bionlp experiment table1 --datasets mr,sst2 --seeds 0,1,2 --out results"


def experiment(
    table: Annotated[
        str,
        typer.Argument(
            help="; ".join(f"{name}: {table.title}" for name, table in TABLES.items()),
        ),
    ],
    datasets: Annotated[str, typer.Option(metavar="A,B,C", help="Only these datasets.")] = ",".join(
        DATASETS
    ),
    methods: Annotated[str, typer.Option(metavar="A,B,C", help="Only these methods.")] = ",".join(
        METHODS
    ),
    seeds: Annotated[str, typer.Option(metavar="0,1,2", help="A cell for each seed.")] = "0",
    recipe: Annotated[
        str, typer.Option(help=f"How networks are trained: {' or '.join(RECIPES)}.")
    ] = "default",
    english: Annotated[
        str, typer.Option(help="English word vectors, as of bionlp train.")
    ] = "glove-wiki-gigaword-300",
    chinese: Annotated[str | None, typer.Option(help="Chinese word vectors.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of the finished cells.")] = Path("results"),
    work: Annotated[
        Path | None,
        typer.Option(help="Folder of trainings. Default: in the user's cache folder."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compute a table of the paper: methods by datasets, accuracy on test.

    Cells that are finished are taken from --out, and trainings that were interrupted go on, so the
    command can be stopped and started at will.
    """
    wanted = {"datasets": datasets.split(","), "methods": methods.split(",")}
    try:
        numbers = [int(seed) for seed in seeds.split(",")]
    except ValueError as error:
        raise UsageError(f"seeds are whole numbers, such as 0,1,2, not {seeds!r}") from error
    vectors = {"english": english, "chinese": chinese}
    cells = list_cells(table, **wanted, seeds=numbers, recipe_name=recipe, embeddings=vectors)

    from bionlp.cli.output import print_json
    from bionlp.experiments.page import markdown_table
    from bionlp.experiments.results import Results
    from bionlp.experiments.run import run_cells
    from networks.brian.program import cache_folder

    results = Results(out, table)
    records = run_cells(cells, results, work or cache_folder() / "experiments", Reporter())
    if as_json:
        print_json({"table": table, "cells": records})
    else:
        typer.echo(markdown_table(records))
