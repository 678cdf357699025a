"""``bionlp experiment``: the paper's comparisons, cell by cell."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bionlp.cli.options import Json
from bionlp.errors import UsageError
from bionlp.experiments.cells import DATASETS, METHODS, TABLES, list_cells
from bionlp.files import make_folder
from bionlp.progress import Reporter
from bionlp.training.settings import RECIPES

EXAMPLE = "Example: bionlp experiment {} --datasets mr,sst2 --seeds 0,1,2 --out results"
PAGE_EXAMPLE = "Example: bionlp experiment page --out results --page RESULTS.md"

app = typer.Typer(
    no_args_is_help=True,
    help="The paper's comparisons: methods by datasets, accuracy on test.",
    epilog=EXAMPLE.format("table1"),
)

Results = Annotated[Path, typer.Option("--out", help="Folder of the finished cells.")]


def table(
    context: typer.Context,
    datasets: Annotated[str, typer.Option(metavar="A,B,C", help="Only these datasets.")] = ",".join(
        DATASETS
    ),
    methods: Annotated[str, typer.Option(metavar="A,B,C", help="Only these methods.")] = ",".join(
        METHODS
    ),
    seeds: Annotated[str, typer.Option(metavar="0,1,2", help="A cell for each seed.")] = "0",
    recipe: Annotated[
        str, typer.Option(help=f"How networks are trained: {', '.join(RECIPES)}.")
    ] = "default",
    english: Annotated[
        str, typer.Option(help="English word vectors, as of bionlp train.")
    ] = "glove-wiki-gigaword-300",
    chinese: Annotated[str | None, typer.Option(help="Chinese word vectors.")] = None,
    out: Results = Path("results"),
    work: Annotated[
        Path | None,
        typer.Option(help="Folder of trainings. Default: in the user's cache folder."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compute a table; the command can be stopped and started at will.

    Cells that are finished are taken from --out, and trainings that were interrupted go on.
    """
    name = context.info_name
    wanted = {"datasets": _listed(datasets), "methods": _listed(methods)}
    if not all(seed.isdecimal() for seed in _listed(seeds)):
        raise UsageError(f"seeds are whole numbers from 0, such as 0,1,2, not {seeds!r}")
    numbers = [int(seed) for seed in _listed(seeds)]
    vectors = {"english": english, "chinese": chinese}
    cells = list_cells(name, **wanted, seeds=numbers, recipes=[recipe], embeddings=vectors)
    make_folder(out)

    from bionlp.cli.output import print_json
    from bionlp.experiments.page import markdown_table
    from bionlp.experiments.results import Results
    from bionlp.experiments.run import run_cells
    from networks.brian.program import cache_folder

    folder = work or cache_folder() / "experiments"
    records = run_cells(cells, Results(out, name), folder, Reporter())
    if as_json:
        print_json({"table": name, "cells": records})
    else:
        typer.echo(markdown_table(records))


def _listed(text: str) -> list[str]:
    """Split a list with commas; each entry once."""
    return list(dict.fromkeys(entry.strip() for entry in text.split(",")))


for name, described in TABLES.items():
    app.command(name, epilog=EXAMPLE.format(name), short_help=f"{described.title}.")(table)


@app.command(epilog=PAGE_EXAMPLE)
def page(
    out: Results = Path("results"),
    page: Annotated[Path, typer.Option(help="Markdown file to write.")] = Path("RESULTS.md"),
) -> None:
    """Write a page of all finished cells, and their figures; nothing is computed."""
    from bionlp.experiments.page import write_page

    for path in write_page(out, page):
        typer.echo(path)
