"""What is compared: tables, methods, datasets, and the cells they make."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from bionlp.errors import UsageError
from bionlp.training.settings import RECIPES, TrainingSettings, recipe

DATASETS = {
    "mr": "MR",
    "sst2": "SST-2",
    "sst5": "SST-5",
    "subj": "Subj",
    "chnsenti": "ChnSenti",
    "waimai": "Waimai",
}
"""Datasets in the order of the paper's table 1, and what it calls them."""

METHODS = {
    "original": "Original TextCNN",
    "tailored": "Tailored TextCNN",
    "direct": "Directly trained SNN",
    "converted": "Converted SNN",
    "model-normalised": "Converted SNN, model-normalised",
    "data-normalised": "Converted SNN, data-normalised",
    "finetuned": "Converted and fine-tuned SNN",
}
"""Methods in the order of the paper's table 1, and what tables call them."""


@dataclass(frozen=True)
class Table:
    """A table of the paper.

    Attributes
    ----------
    title : str
        What it shows.
    pretrained : bool
        Whether words start from pre-trained embeddings, or from random ones.
    dropout : bool
        Whether networks are trained with dropout.
    """

    title: str
    pretrained: bool = True
    dropout: bool = True


TABLES = {
    "table1": Table("Pre-trained embeddings"),
    "table3": Table("Random embeddings", pretrained=False),
    "table4": Table("Pre-trained embeddings, no dropout", dropout=False),
}


@dataclass(frozen=True)
class Cell:
    """One method on one dataset with one seed.

    Attributes
    ----------
    table, dataset, method : str
        One of :data:`TABLES`, :data:`DATASETS` and :data:`METHODS`.
    seed : int
        Of all randomness but the split, which is the same for all.
    recipe : str
        See :data:`bionlp.training.settings.RECIPES`.
    embeddings : str
        Word vectors: a file, its name in ``BIONLP_EMBEDDINGS_DIR``, or a name of gensim's
        downloader.
    """

    table: str
    dataset: str
    method: str
    seed: int
    recipe: str
    embeddings: str

    @property
    def settings(self) -> TrainingSettings:
        """How its networks are trained."""
        dropout = {} if TABLES[self.table].dropout else {"dropout": 0.0}
        return recipe(self.recipe, seed=self.seed, **dropout)

    @property
    def command(self) -> str:
        """What computes this cell alone."""
        options = {
            "--datasets": self.dataset,
            "--methods": self.method,
            "--seeds": str(self.seed),
            "--recipe": self.recipe,
            f"--{LANGUAGES[self.dataset]}": self.embeddings,
        }
        words = [word for option in options.items() for word in option]
        return shlex.join(["bionlp", "experiment", self.table, *words])

    def __str__(self) -> str:
        return f"{self.table} {self.dataset} {self.method} seed {self.seed}"


LANGUAGES = {name: "english" for name in ("mr", "sst2", "sst5", "subj")} | {
    name: "chinese" for name in ("chnsenti", "waimai")
}
"""The option that gives the word vectors of each dataset."""


def list_cells(
    table: str,
    datasets: Sequence[str],
    methods: Sequence[str],
    seeds: Sequence[int],
    recipe_name: str,
    embeddings: dict[str, str | None],
) -> list[Cell]:
    """List the cells of a table, those of one training behind each other.

    Parameters
    ----------
    table : str
        One of :data:`TABLES`.
    datasets, methods : sequence of str
        Some of :data:`DATASETS` and :data:`METHODS`.
    seeds : sequence of int
        One cell for each.
    recipe_name : str
        How networks are trained.
    embeddings : dict of str to str or None
        Word vectors for ``english`` and ``chinese``.

    Returns
    -------
    list of Cell
        The cells.

    Raises
    ------
    UsageError
        If something of that name does not exist, or word vectors are missing.
    """
    _check("table", [table], TABLES)
    _check("dataset", datasets, DATASETS)
    _check("method", methods, METHODS)
    _check("recipe", [recipe_name], RECIPES)
    for dataset in datasets:
        if embeddings[LANGUAGES[dataset]] is None:
            raise UsageError(
                f"{dataset} needs word vectors: give --{LANGUAGES[dataset]} a file in word2vec "
                "format; bionlp embeddings train makes one from your own text"
            )
    return [
        Cell(table, dataset, method, seed, recipe_name, embeddings[LANGUAGES[dataset]])
        for seed, dataset, method in product(seeds, datasets, methods)
    ]


def _check(kind: str, names: Sequence[str], known: Iterable[str]) -> None:
    for name in names:
        if name not in known:
            raise UsageError(f"unknown {kind} {name!r}; choose one of {', '.join(known)}")
