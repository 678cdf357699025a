"""How the page of results selects finished cells and lays them out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from bionlp.experiments.cells import EXPERIMENTS, READ, command
from bionlp.experiments.store import Record
from bionlp.training.settings import RECIPES


def of_recipe(records: Sequence[Record], recipe: str) -> list[Record]:
    """Return the cells of a recipe."""
    return [record for record in records if record["recipe"] == recipe]


def of_method(records: Sequence[Record], dataset: str, method: str) -> list[Record]:
    """Return the cells of a method on a dataset."""
    return [r for r in records if r["dataset"] == dataset and r["method"] == method]


def datasets_of(records: Sequence[Record]) -> list[str]:
    """Return the datasets that occur, in their usual order."""
    present = {record["dataset"] for record in records}
    return [name for name in READ if name in present]


def recipes_of(records: Sequence[Record]) -> list[str]:
    """Return the recipes that occur, in their usual order."""
    present = {record["recipe"] for record in records}
    return [name for name in RECIPES if name in present]


def titles(datasets: Sequence[str]) -> list[str]:
    """Return what tables call datasets."""
    return [READ[name] for name in datasets]


def scores(
    records: Sequence[Record], dataset: str, method: str, score: str = "accuracy"
) -> list[float]:
    """Return what a method reached on test, for each seed."""
    return [record["test"][score] for record in of_method(records, dataset, method)]


def points_above(
    ours: Sequence[Record], theirs: Sequence[Record], method: str, datasets: Sequence[str]
) -> dict[str, float]:
    """Return how many points fine-tuning lies above another method.

    Parameters
    ----------
    ours, theirs : sequence of dict
        Cells of fine-tuned networks, and those of the other method.
    method : str
        That method.
    datasets : sequence of str
        Where they are compared.

    Returns
    -------
    dict of str to float
        Points of accuracy on test for each dataset, mean over the seeds that both have; datasets
        without such seeds are left out.
    """
    gaps = {}
    for name in datasets:
        tuned, other = _by_seed(ours, name, "finetuned"), _by_seed(theirs, name, method)
        shared = tuned.keys() & other.keys()
        if shared:
            gaps[name] = 100 * float(np.mean([tuned[seed] - other[seed] for seed in shared]))
    return gaps


def say_gap(points: float, title: str) -> str:
    """Say how far above or below another method something is."""
    return f"{abs(points):.2f} points {'below' if points < 0 else 'above'} {title}"


def gap_row(label: str, gap: Mapping[str, float], datasets: Iterable[str]) -> list[str]:
    """Return a row of points above or below another method; empty where there is none."""
    return [label, *(f"{gap[name]:+.2f}" if name in gap else "" for name in datasets)]


def say_average(gap: Mapping[str, float], title: str) -> str:
    """Say how far above or below another method something is on average."""
    return f"- On average over datasets ({len(gap)}) {say_gap(mean_of(gap), title)}."


def mean_of(values: Mapping[str, float]) -> float:
    """Return the mean over datasets."""
    return float(np.mean(list(values.values())))


def _by_seed(records: Sequence[Record], dataset: str, method: str) -> dict[int, float]:
    chosen = of_method(records, dataset, method)
    return {record["seed"]: record["test"]["accuracy"] for record in chosen}


def heading(kind: str, table: str, recipe: str) -> str:
    """Return the heading of a section.

    Parameters
    ----------
    kind : {"Table", "Figure"}
        What it holds.
    table : str
        One of :data:`bionlp.experiments.cells.EXPERIMENTS`.
    recipe : str
        Named unless it is the default.

    Returns
    -------
    str
        Markdown.
    """
    number = "".join(filter(str.isdigit, table))
    of = "" if recipe == "default" else f", recipe `{recipe}`"
    return f"## {kind} {number}: {EXPERIMENTS[table].title}{of}"


def origin(records: Sequence[Record], *, pretrained: bool = True) -> str:
    """Say which embeddings and seeds cells have; random ones have words and moments of others."""
    embeddings = ", ".join(f"`{name}`" for name in sorted({r["embeddings"] for r in records}))
    seeds = ", ".join(map(str, sorted({record["seed"] for record in records})))
    kind = "" if pretrained else "random, with the words and moments of "
    return f"Embeddings: {kind}{embeddings}; seeds: {seeds}"


def commands(table: str, records: Sequence[Record]) -> str:
    """Return the commands that compute all these cells.

    Parameters
    ----------
    table : str
        Their experiment.
    records : sequence of dict
        The cells.

    Returns
    -------
    str
        Markdown, one command for each file of word vectors.
    """
    lines = []
    for embeddings in dict.fromkeys(record["embeddings"] for record in records):
        cells = [record for record in records if record["embeddings"] == embeddings]
        seeds = sorted({record["seed"] for record in cells})
        lines.append(command(table, datasets_of(cells), (), seeds, recipes_of(cells), embeddings))
    return "\n".join(f"    {line}" for line in lines)


def summary(values: Sequence[float]) -> str:
    """Return mean and standard deviation in percent; nothing for nothing."""
    if not values:
        return ""
    percent = 100 * np.array(values)
    spread = f" ± {percent.std(ddof=1):.2f}" if len(values) > 1 else ""
    return f"{percent.mean():.2f}{spread}"


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table, its first column to the left, all others to the right."""
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))
