"""``bionlp experiment``: the paper's comparisons, cell by cell."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bionlp.cli import completion
from bionlp.cli.options import DeviceName, Json
from bionlp.errors import UsageError
from bionlp.experiments.cells import (
    DATASETS,
    ENERGY,
    EXPERIMENTS,
    FIGURES,
    METHODS,
    TABLES,
    Cell,
    list_cells,
)
from bionlp.files import make_folder
from bionlp.limits import MOST_SEED
from bionlp.progress import Reporter
from bionlp.training.settings import RECIPES

EXAMPLE = "Example: bionlp experiment {} --datasets mr,sst2 --seeds 0,1,2 --out results"
PAGE_EXAMPLE = "Example: bionlp experiment page --out results --page RESULTS.md"

app = typer.Typer(
    no_args_is_help=True,
    help="The paper's comparisons: methods by datasets, sweeps of settings, energy.",
    epilog=EXAMPLE.format("table1"),
)

Datasets = Annotated[
    str,
    typer.Option(
        metavar="A,B,C",
        help=f"Only these datasets, of {', '.join(DATASETS)}.",
        autocompletion=completion.listed(DATASETS),
    ),
]
Methods = Annotated[
    str,
    typer.Option(
        metavar="A,B,C",
        help=f"Only these methods, of {', '.join(METHODS)}.",
        autocompletion=completion.listed(METHODS),
    ),
]
Seeds = Annotated[str, typer.Option(metavar="0,1,2", help="A cell for each seed.")]
Recipes = Annotated[
    str,
    typer.Option(
        "--recipe",
        metavar="A,B",
        help=f"How networks are trained: {', '.join(RECIPES)}.",
        autocompletion=completion.listed(RECIPES),
    ),
]
English = Annotated[
    str,
    typer.Option(
        help="English word vectors, as of bionlp train.", autocompletion=completion.word_vectors
    ),
]
Chinese = Annotated[
    str | None, typer.Option(help="Chinese word vectors.", autocompletion=completion.word_vectors)
]
Results = Annotated[Path, typer.Option("--out", help="Folder of the finished cells.")]
Work = Annotated[
    Path | None, typer.Option(help="Folder of trainings. Default: in the user's cache folder.")
]

ALL_DATASETS, ALL_METHODS = ", ".join(DATASETS), ", ".join(METHODS)
GLOVE = "glove-wiki-gigaword-300"


def table(
    context: typer.Context,
    datasets: Datasets = ALL_DATASETS,
    methods: Methods = ALL_METHODS,
    seeds: Seeds = "0",
    recipes: Recipes = "default",
    english: English = GLOVE,
    chinese: Chinese = None,
    out: Results = Path("results"),
    work: Work = None,
    device: DeviceName = "auto",
    as_json: Json = False,
) -> None:
    """Compute a table; the command can be stopped and started at will.

    Cells that are finished are taken from --out, and trainings that were interrupted go on.
    """
    name = context.info_name
    vectors = {"english": english, "chinese": chinese}
    cells = list_cells(
        name, _listed(datasets), _listed(methods), _numbers(seeds), _listed(recipes), vectors
    )
    _run(name, cells, out, work, device, as_json)


def energy(
    context: typer.Context,
    datasets: Datasets = ALL_DATASETS,
    methods: Methods = "original,tailored,finetuned",
    seeds: Seeds = "0",
    recipes: Recipes = "default,sparse",
    english: English = GLOVE,
    chinese: Chinese = None,
    out: Results = Path("results"),
    work: Work = None,
    device: DeviceName = "auto",
    as_json: Json = False,
) -> None:
    """Compute what sentences cost as spikes, in Brian 2, and in the TextCNNs.

    Trainings are shared with table1. The command can be stopped and started at will.
    """
    table(context, datasets, methods, seeds, recipes, english, chinese, out, work, device, as_json)


def figure(
    context: typer.Context,
    datasets: Datasets = "mr",
    seeds: Seeds = "0",
    recipes: Recipes = "default",
    english: English = GLOVE,
    chinese: Chinese = None,
    out: Results = Path("results"),
    work: Work = None,
    device: DeviceName = "auto",
    as_json: Json = False,
) -> None:
    """Compute a sweep of settings; the command can be stopped and started at will.

    Points that are finished are taken from --out, and interrupted trainings go
    on. All start from the tailored TextCNN of table1.
    """
    from bionlp.experiments.sweeps import list_points

    name = context.info_name
    vectors = {"english": english, "chinese": chinese}
    cells = list_points(name, _listed(datasets), _numbers(seeds), _listed(recipes), vectors)
    _run(name, cells, out, work, device, as_json)


def _run(
    name: str, cells: list[Cell], out: Path, work: Path | None, device: str, as_json: bool
) -> None:
    """Compute what is missing and print it all."""
    make_folder(out)

    from bionlp.cli.output import print_json
    from bionlp.devices import choose_device
    from bionlp.experiments.page import make_tables
    from bionlp.experiments.results import Results
    from bionlp.experiments.run import run_cells
    from networks.brian.cache import usable_cache_folder

    folder = work or usable_cache_folder("experiments")
    records = run_cells(cells, Results(out, name), folder, Reporter(), choose_device(device))
    if as_json:
        print_json({"table": name, "cells": records})
    else:
        typer.echo(make_tables(name, records))


def _listed(text: str) -> list[str]:
    """Split a list with commas; each entry once."""
    return list(dict.fromkeys(entry.strip() for entry in text.split(",")))


def _numbers(seeds: str) -> list[int]:
    listed = _listed(seeds)
    digits = len(str(MOST_SEED))
    if not all(seed.isdecimal() and len(seed) <= digits for seed in listed) or any(
        int(seed) > MOST_SEED for seed in listed
    ):
        raise UsageError(
            f"seeds are whole numbers from 0 to {MOST_SEED}, such as 0,1,2, not {seeds[:60]!r}"
        )
    return [int(seed) for seed in listed]


for names, function in ((TABLES, table), ([ENERGY], energy), (FIGURES, figure)):
    for name in names:
        title = EXPERIMENTS[name].title
        app.command(name, epilog=EXAMPLE.format(name), short_help=f"{title}.")(function)


@app.command(epilog=PAGE_EXAMPLE)
def page(
    out: Results = Path("results"),
    page: Annotated[Path, typer.Option(help="Markdown file to write.")] = Path("RESULTS.md"),
) -> None:
    """Write a page of all finished cells, and their figures; nothing is computed."""
    from bionlp.experiments.page import write_page

    for path in write_page(out, page):
        typer.echo(path)
