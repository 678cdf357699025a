"""Options that the experiments share, and how their lists are read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from bionlp.cli import completion
from bionlp.errors import UsageError
from bionlp.experiments.cells import DATASETS, METHODS
from bionlp.files import make_folder
from bionlp.limits import MOST_SEED
from bionlp.training.settings import RECIPES


def only(what: str, known: Iterable[str]) -> Any:
    """Return the option that takes some of what is known."""
    return typer.Option(
        metavar="A,B,C",
        help=f"Only these {what}, of {', '.join(known)}.",
        autocompletion=completion.listed(known),
    )


Datasets = Annotated[str, only("datasets", DATASETS)]
Methods = Annotated[str, only("methods", METHODS)]
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


def work_folder(out: Path, work: Path | None) -> Path:
    """Make the folder of results, and return that of trainings."""
    make_folder(out)

    from networks.brian.cache import usable_cache_folder

    return work or usable_cache_folder("experiments")


def listed(text: str) -> list[str]:
    """Split a list with commas; each entry once."""
    return list(dict.fromkeys(entry.strip() for entry in text.split(",")))


def numbers(seeds: str) -> list[int]:
    """Read seeds.

    Raises
    ------
    UsageError
        If one is none.
    """
    entries = listed(seeds)
    digits = len(str(MOST_SEED))
    if not all(seed.isdecimal() and len(seed) <= digits for seed in entries) or any(
        int(seed) > MOST_SEED for seed in entries
    ):
        raise UsageError(
            f"seeds are whole numbers from 0 to {MOST_SEED}, such as 0,1,2, not {seeds[:60]!r}"
        )
    return [int(seed) for seed in entries]
