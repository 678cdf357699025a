"""Results as Markdown and figures, made of finished cells and of nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from analysis.accuracies import plot_accuracies
from bionlp.errors import UsageError
from bionlp.experiments.attack_section import attack_section, attack_tables
from bionlp.experiments.best_section import best_section
from bionlp.experiments.cells import (
    ATTACKED,
    DATASETS,
    ENCODERS,
    ENERGY,
    EXPERIMENTS,
    FIGURES,
    METHODS,
    STEPS,
    TABLES,
)
from bionlp.experiments.clock import ClockResults
from bionlp.experiments.clock_section import clock_section
from bionlp.experiments.encoder_section import encoder_section, encoder_tables
from bionlp.experiments.energy_section import energy_section, energy_table
from bionlp.experiments.layout import (
    datasets_of,
    gap_row,
    heading,
    markdown,
    of_recipe,
    origin,
    points_above,
    recipes_of,
    say_average,
    scores,
    summary,
    titles,
)
from bionlp.experiments.neurons import NeuronsResults
from bionlp.experiments.neurons_section import neurons_section
from bionlp.experiments.perturbation_section import draw_perturbations, perturbation_section
from bionlp.experiments.perturbations import PerturbedResults
from bionlp.experiments.published import PUBLISHED
from bionlp.experiments.results import Results
from bionlp.experiments.steps_section import draw_steps, steps_section, steps_tables
from bionlp.experiments.store import Record
from bionlp.experiments.sweep_section import draw_sweeps, sweep_section, sweep_tables
from bionlp.files import atomic_path
from bionlp.training.settings import RECIPES

COMPARED = {
    "original": "the original TextCNN",
    "direct": "direct training",
    "converted": "conversion alone",
}

MEANING = """\
Every figure here is made from `results/*.json` by `bionlp experiment page`, and none is typed.
Percent on the test split, which is read once for each cell; epochs are selected on dev. Mean and
standard deviation over the seeds of training, where there are several; the split is the same for
all. An empty cell has not been computed. Spiking networks are shown 50 steps of Poisson input (20
in the recipe `sparse`).
A network that labels everything alike, as a silent one does, has the accuracy of that class.

In the default recipe three original TextCNNs teach the tailored and the spiking networks. The row
of the original TextCNN is none of them: it has a seed of its own, and no teacher. The training of
the teachers is not in the seconds of a cell. The recipe `paper` is as plain as that of Lv, Xu &
Zheng (2023), who fine-tune for 50 epochs, though, and not for 3.
"""


def write_page(folder: Path, page: Path) -> list[Path]:
    """Write a page of all results, and their figures.

    Parameters
    ----------
    folder : Path
        Where the documents of the tables are; gets the figures too.
    page : Path
        The Markdown file.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    UsageError
        If there are no results.
    """
    everything, perturbed = _read(folder), PerturbedResults(folder).records
    if not any(everything.values()) and not perturbed:
        raise UsageError(f"{folder} holds no results; run bionlp experiment table1 first")
    written = []
    for table in TABLES:
        records = of_recipe(everything[table], "default")
        if records:
            figure = folder / f"{table}.png"
            with atomic_path(figure) as temporary:
                plot_accuracies(*_figure_data(records)).savefig(temporary)
            written.append(figure)
    for swept in FIGURES:
        written += draw_sweeps(swept, everything[swept], folder)
    written += draw_steps(everything[STEPS], everything, folder)
    written += draw_perturbations(perturbed, folder)
    with atomic_path(page) as temporary:
        temporary.write_text(make_page(folder, folder.name), encoding="utf-8")
    return [*written, page]


def make_page(folder: Path, link: str) -> str:
    """Return the page of all results.

    Parameters
    ----------
    folder : Path
        Where the documents of the tables are.
    link : str
        How the page refers to that folder.

    Returns
    -------
    str
        Markdown.
    """
    parts = ["# Results", MEANING]
    everything = _read(folder)
    parts += best_section(everything)
    for table in TABLES:
        records = everything[table]
        for recipe in RECIPES:
            chosen = of_recipe(records, recipe)
            if chosen:
                parts += _section(table, recipe, chosen, _siblings(everything, table, recipe), link)
    parts += attack_section(everything[ATTACKED])
    parts += energy_section(everything[ENERGY])
    parts += encoder_section(everything[ENCODERS], everything["table1"], everything[ENERGY])
    for figure in FIGURES:
        parts += sweep_section(figure, everything[figure], folder, link)
    parts += steps_section(everything[STEPS], everything, link)
    parts += perturbation_section(PerturbedResults(folder).records, folder, link)
    parts += neurons_section(NeuronsResults(folder).records)
    parts += clock_section(ClockResults(folder).records)
    # The other experiments have few commands, which are given beside them.
    cells = [_cells(everything[table]) for table in TABLES if everything[table]]
    if cells:
        parts += ["## How each cell was computed", *cells]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def make_tables(table: str, records: Sequence[Record]) -> str:
    """Return what a finished experiment prints: its tables, for each recipe.

    Parameters
    ----------
    table : str
        One of :data:`bionlp.experiments.cells.EXPERIMENTS`.
    records : sequence of dict
        Its cells.

    Returns
    -------
    str
        Markdown.
    """
    if table == ENERGY:
        return energy_table(records)
    if table == ATTACKED:
        return attack_tables(records)
    if table == ENCODERS:
        return encoder_tables(records)
    if table == STEPS:
        return steps_tables(records)
    recipes = recipes_of(records)
    parts = []
    for recipe in recipes:
        chosen = of_recipe(records, recipe)
        parts += [f"Recipe `{recipe}`:"] if len(recipes) > 1 else []
        parts.append(sweep_tables(table, chosen) if table in FIGURES else markdown_table(chosen))
    return "\n\n".join(parts)


def markdown_table(records: Sequence[Record], score: str = "accuracy") -> str:
    """Lay out cells: a row for each method, a column for each dataset.

    Parameters
    ----------
    records : sequence of dict
        Finished cells of one table and one recipe.
    score : {"accuracy", "macro_f1"}
        What is shown, on test, in percent: the mean over the seeds and the standard deviation.

    Returns
    -------
    str
        Markdown.
    """
    datasets = datasets_of(records)
    rows = []
    if score == "accuracy":
        majority = {record["dataset"]: record["test"]["majority"] for record in records}
        rows.append(["Largest class", *(f"{100 * majority[name]:.2f}" for name in datasets)])
    for method, title in METHODS.items():
        cells = [summary(scores(records, name, method, score)) for name in datasets]
        if any(cells):
            rows.append([title, *cells])
    return markdown(["Method", *titles(datasets)], rows)


def _read(folder: Path) -> dict[str, list[Record]]:
    return {table: Results(folder, table).records for table in EXPERIMENTS}


def _siblings(
    everything: dict[str, list[Record]], table: str, recipe: str
) -> dict[str, list[Record]]:
    """Return the cells that differ from a section's in one respect, and what it calls them."""
    siblings = {}
    if table != "table1":
        pretrained = of_recipe(everything["table1"], recipe)
        siblings["the same with pre-trained embeddings and dropout"] = pretrained
    if recipe != "default":
        siblings["the default recipe"] = of_recipe(everything[table], "default")
    return siblings


def _section(
    table: str,
    recipe: str,
    records: Sequence[Record],
    siblings: dict[str, list[Record]],
    link: str,
) -> list[str]:
    parts = [
        heading("Table", table, recipe),
        f"{origin(records, pretrained=TABLES[table].pretrained)}.",
        "Accuracy:",
        markdown_table(records),
    ]
    if recipe == "default":
        parts.append(f"![Accuracy of each method on each dataset]({link}/{table}.png)")
    parts += ["Macro-F1:", markdown_table(records, "macro_f1")]
    finetuned = [record for record in records if record["method"] == "finetuned"]
    if finetuned:
        parts += ["The fine-tuned networks beside others:", _comparison(records, siblings, table)]
    return parts


def _comparison(records: Sequence[Record], siblings: dict[str, list[Record]], table: str) -> str:
    """Lay the fine-tuned networks out beside Brian 2, other methods and other work."""
    datasets = [name for name in datasets_of(records) if scores(records, name, "finetuned")]
    in_brian = [record | {"test": record["brian2"]} for record in records if record["brian2"]]
    gaps = {
        title: points_above(records, records, method, datasets)
        for method, title in COMPARED.items()
    }
    if table == "table1":
        for title, known in PUBLISHED.items():
            gaps[title] = {
                name: 100 * float(np.mean(scores(records, name, "finetuned"))) - known[name]
                for name in datasets
            }
    for title, cells in siblings.items():
        gaps[title] = points_above(records, cells, "finetuned", datasets)
    gaps = {title: gap for title, gap in gaps.items() if gap}
    rows = [
        ["Fine-tuned, PyTorch", *(summary(scores(records, n, "finetuned")) for n in datasets)],
        ["Fine-tuned, Brian 2", *(summary(scores(in_brian, n, "finetuned")) for n in datasets)],
        *(gap_row(f"PyTorch, above {title}", gap, datasets) for title, gap in gaps.items()),
    ]
    averages = "\n".join(say_average(gap, title) for title, gap in gaps.items())
    return f"{markdown(['', *titles(datasets)], rows)}\n\n{averages}"


def _cells(records: Sequence[Record]) -> str:
    rows = [
        [
            f"{record['test']['accuracy']:.2%}",
            f"{record['dev']['accuracy']:.2%}",
            "" if record["best_epoch"] is None else str(record["best_epoch"]),
            str(record["settings"]["length"]),
            f"{record['seconds']:.0f}",
            record["versions"]["bionlp"],
            f"`{record['command']}`",
        ]
        for record in sorted(records, key=_order)
    ]
    return markdown(["test", "dev", "epoch", "words", "seconds", "version", "command"], rows)


def _order(record: Record) -> tuple:
    known: dict[str, Iterable[str]] = {"recipe": RECIPES, "dataset": DATASETS, "method": METHODS}
    return *(list(names).index(record[key]) for key, names in known.items()), record["seed"]


def _figure_data(records: Sequence[Record]) -> tuple[dict, dict, dict]:
    accuracies = {
        DATASETS[dataset]: {
            title: reached
            for method, title in METHODS.items()
            if (reached := scores(records, dataset, method))
        }
        for dataset in datasets_of(records)
    }
    chance = {DATASETS[record["dataset"]]: record["test"]["majority"] for record in records}
    sentences = {DATASETS[record["dataset"]]: record["test"]["n"] for record in records}
    return accuracies, chance, sentences
