"""What is compared: experiments, methods, datasets, and the cells they make."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, cast

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

GLUE = {
    "cola": "CoLA",
    "mrpc": "MRPC",
    "rte": "RTE",
    "stsb": "STS-B",
    "wnli": "WNLI",
    "glue-sst2": "SST-2 of GLUE",
}
"""Tasks of GLUE, which the paper of the TextCNNs does not have."""

READ = DATASETS | GLUE
"""What encoders are trained on."""

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

CONTENDERS = {
    "encoder": "A word a step, both ways",
    "vectors": "A word a step, both ways, vectors trained",
    "causal": "A word a step, causal",
    "repeated": "All words in every step",
    "twin": "Twin without spikes",
}
"""Encoders that are compared, and what tables call them."""


@dataclass(frozen=True)
class Experiment:
    """A table or figure of the paper.

    Attributes
    ----------
    title : str
        What it shows.
    pretrained : bool
        Whether words start from pre-trained embeddings, or from random ones.
    dropout : bool
        Whether networks are trained with dropout.
    measures : mapping of str to tuple of str
        For a method, what is measured besides accuracy
        (:data:`bionlp.experiments.measures.MEASURES`).
    """

    title: str
    pretrained: bool = True
    dropout: bool = True
    measures: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {"finetuned": ("brian2",)}
    )


ACTIVITY = {"converted": ("active_neurons",), "finetuned": ("active_neurons",)}

TABLES = {
    "table1": Experiment("Pre-trained embeddings"),
    "table3": Experiment("Random embeddings", pretrained=False),
    "table4": Experiment("Pre-trained embeddings, no dropout", dropout=False),
}
"""Comparisons of all methods."""

ATTACKED = "table2"
ENERGY = "table5"
ENCODERS = "encoder"
STEPS = "steps"

EXPERIMENTS = TABLES | {
    ATTACKED: Experiment("Robustness to other words"),
    ENERGY: Experiment("Energy", measures={"finetuned": ("brian2", "energy")}),
    ENCODERS: Experiment("A spiking transformer that reads a word a step"),
    "fig3": Experiment("Neurons per class and decay", measures=ACTIVITY),
    "fig4": Experiment("Threshold", measures=ACTIVITY),
    "fig5": Experiment("Fine-tuning epochs and time steps", measures=ACTIVITY),
    STEPS: Experiment(
        "Accuracy against time steps and operations", measures={"finetuned": ("by_steps", "early")}
    ),
}
"""What can be run."""

COUNTED = 100
"""Test sentences whose operations are counted, the first ones, as ``bionlp energy`` does."""

FIGURES = ("fig3", "fig4", "fig5")
"""Sweeps of settings; what they vary is in :mod:`bionlp.experiments.sweeps`."""


@dataclass(frozen=True)
class Cell:
    """One method on one dataset with one seed.

    Attributes
    ----------
    table, dataset, method : str
        One of :data:`EXPERIMENTS`, :data:`DATASETS` and :data:`METHODS`.
    seed : int
        Of all randomness but the split, which is the same for all.
    recipe : str
        See :data:`bionlp.training.settings.RECIPES`.
    embeddings : str
        Word vectors: a file, its name in ``BIONLP_EMBEDDINGS_DIR``, or a name of gensim's
        downloader.
    changes : tuple of (str, value)
        Settings that differ from the recipe's.
    """

    table: str
    dataset: str
    method: str
    seed: int
    recipe: str
    embeddings: str
    changes: tuple[tuple[str, Any], ...] = ()

    @property
    def settings(self) -> TrainingSettings:
        """How its networks are trained and run."""
        dropout = {} if EXPERIMENTS[self.table].dropout else {"dropout": 0.0}
        return recipe(self.recipe, seed=self.seed, **dropout, **dict(self.changes))

    @property
    def further(self) -> dict[str, Any]:
        """What tells it apart besides: nothing."""
        return {}

    @property
    def plan(self) -> dict[str, Any] | None:
        """How it is measured, where that can differ."""
        return None

    @property
    def material(self) -> Cell:
        """The same for all cells that start from the same trainings: no method, no changes."""
        return Cell(self.table, self.dataset, "", self.seed, self.recipe, self.embeddings)

    @property
    def command(self) -> str:
        """What computes this cell; all points of a sweep are computed together."""
        methods = () if self.table in (*FIGURES, STEPS) else (self.method,)
        return command(
            self.table, [self.dataset], methods, [self.seed], [self.recipe], self.embeddings
        )

    def __str__(self) -> str:
        of_recipe = "" if self.recipe == "default" else f" recipe {self.recipe}"
        changes = "".join(f" {name} {value}" for name, value in self.changes)
        return f"{self.table} {self.dataset} {self.method}{of_recipe}{changes} seed {self.seed}"


LANGUAGES = {name: "english" for name in ("mr", "sst2", "sst5", "subj", *GLUE)} | {
    name: "chinese" for name in ("chnsenti", "waimai")
}
"""The option that gives the word vectors of each dataset."""


def command(
    table: str,
    datasets: Sequence[str],
    methods: Sequence[str],
    seeds: Sequence[int],
    recipes: Sequence[str],
    embeddings: str,
) -> str:
    """Return the command that computes cells of datasets of one language.

    Parameters
    ----------
    table, datasets, seeds, recipes
        As of :func:`list_cells`.
    methods : sequence of str
        The same; none where the experiment has no choice of methods.
    embeddings : str
        Word vectors of the datasets.

    Returns
    -------
    str
        For a shell.
    """
    options = {
        "--datasets": datasets,
        "--methods": methods,
        "--seeds": map(str, seeds),
        "--recipe": recipes,
        f"--{LANGUAGES[datasets[0]]}": [embeddings],
    }
    listed = {option: ",".join(values) for option, values in options.items()}
    words = [word for option, values in listed.items() if values for word in (option, values)]
    return shlex.join(["bionlp", "experiment", table, *words])


def list_cells(
    table: str,
    datasets: Sequence[str],
    methods: Sequence[str],
    seeds: Sequence[int],
    recipes: Sequence[str],
    embeddings: dict[str, str | None],
) -> list[Cell]:
    """List the cells of an experiment, those of one training behind each other.

    Parameters
    ----------
    table : str
        One of :data:`EXPERIMENTS`.
    datasets, methods : sequence of str
        Some of :data:`DATASETS` and :data:`METHODS`.
    seeds : sequence of int
        One cell for each.
    recipes : sequence of str
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
    check_names("experiment", [table], EXPERIMENTS)
    check_names("dataset", datasets, READ if table == ENCODERS else DATASETS)
    check_names("method", methods, METHODS)
    check_names("recipe", recipes, RECIPES)
    for dataset in datasets:
        if embeddings[LANGUAGES[dataset]] is None:
            raise UsageError(
                f"{dataset} needs word vectors: give --{LANGUAGES[dataset]} a file in word2vec "
                "format; bionlp embeddings train makes one from your own text"
            )
    return [
        Cell(table, dataset, method, seed, name, cast(str, embeddings[LANGUAGES[dataset]]))
        for seed, name, dataset, method in product(seeds, recipes, datasets, methods)
    ]


def check_names(kind: str, names: Sequence[str], known: Iterable[str]) -> None:
    """See that names are known.

    Raises
    ------
    UsageError
        If one is not; it says which there are.
    """
    for name in names:
        if name not in known:
            raise UsageError(f"unknown {kind} {name!r}; choose one of {', '.join(known)}")
