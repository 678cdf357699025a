"""Accuracy against time steps and operations: all recipes in one figure, and in numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import fill

import numpy as np

from analysis.sweeps import Panel, plot_sweeps
from bionlp.experiments.cells import CONTENDERS, COUNTED, EXPERIMENTS, METHODS, STEPS
from bionlp.experiments.layout import (
    commands,
    datasets_of,
    markdown,
    of_method,
    of_recipe,
    origin,
    recipes_of,
    scores,
    summary,
    titles,
)
from bionlp.experiments.store import Record
from bionlp.files import atomic_path
from bionlp.training.settings import RECIPES

ACCURACY = "Accuracy on test (%)"
TIME, OPERATIONS = "Time steps", "Million operations of a sentence"
ORIGINAL = METHODS["original"]
MILLION = 1e6
FIGURE = Path("figures", f"{STEPS}.png")

EXPLANATION = """\
Each fine-tuned network is presented for {longest} steps, whatever it was trained for, and its votes
are counted up to each of the steps shown: a presentation holds all shorter ones. Nothing is chosen
by this figure, so accuracy is that on test. Operations are synaptic operations of a sentence up to
then, mean over the first {counted} sentences of test, multiply-accumulates for the TextCNN. A
network that reads a word a step has as many steps as a sentence has words, and so one mark."""
EARLY = """\
Presentations may end before their time, as soon as a class leads by a margin of votes. It is the
smallest with which no fewer sentences of dev are right than with whole presentations, as `bionlp
margin` finds it for any model; `--margin` has Brian 2 and PyTorch end presentations so:"""


def steps_section(
    records: Sequence[Record], everything: Mapping[str, Sequence[Record]], link: str
) -> list[str]:
    """Lay out the figure and its numbers.

    Parameters
    ----------
    records : sequence of dict
        Finished cells of the experiment.
    everything : mapping of str to sequence of dict
        Those of the others, for what the networks are held against.
    link : str
        How the page refers to the folder of results.

    Returns
    -------
    list of str
        Paragraphs of Markdown; none without cells.
    """
    if not records:
        return []
    longest = max(point["steps"] for record in records for point in record["by_steps"])
    title, datasets = EXPERIMENTS[STEPS].title, ", ".join(titles(datasets_of(records)))
    explained = EXPLANATION.format(longest=longest, counted=COUNTED)
    return [
        f"## {title}",
        f"![{title}]({link}/{FIGURE.as_posix()})",
        fill(f"{datasets}. {origin(records)}. {explained}", 100),
        steps_table(records),
        *_compared(records, everything),
        fill(EARLY, 100),
        early_table(records),
        "All cells:",
        commands(STEPS, records),
    ]


def steps_tables(records: Sequence[Record]) -> str:
    """Return what the finished command prints, Markdown."""
    return "\n\n".join([steps_table(records), early_table(records)])


def steps_table(records: Sequence[Record]) -> str:
    """Lay out what networks reach and cost after each number of steps.

    Parameters
    ----------
    records : sequence of dict
        Finished cells.

    Returns
    -------
    str
        Markdown.
    """
    after = sorted({point["steps"] for record in records for point in record["by_steps"]})
    rows = []
    for _, name, cells in _by_recipe(records):
        points = _points(cells)
        rows.append([f"{name}, accuracy (%)", *(summary(points[t][0]) for t in after)])
        millions = (f"{points[t][1] / MILLION:.2f}" for t in after)
        rows.append([f"{name}, million operations", *millions])
    return markdown([TIME, *map(str, after)], rows)


def early_table(records: Sequence[Record]) -> str:
    """Lay out what presentations reach and cost that end early, beside whole ones.

    Parameters
    ----------
    records : sequence of dict
        Finished cells.

    Returns
    -------
    str
        Markdown.
    """
    head = ["Presentations", "Margin", "Accuracy (%)", "Steps", "Million operations"]
    rows = []
    for _, name, cells in _by_recipe(records):
        own, points = cells[0]["settings"]["steps"], _points(cells)
        whole = summary([cell["test"]["accuracy"] for cell in cells])
        work = f"{points[own][1] / MILLION:.2f}" if own in points else ""
        rows.append([f"{name}, whole", "", whole, f"{own}", work])
        rows += _early_rows(name, cells)
    return markdown(head, rows)


def _by_recipe(records: Sequence[Record]) -> Iterator[tuple[str, str, list[Record]]]:
    """Yield the dataset of the fine-tuned networks of a recipe, what they are called, and these."""
    for dataset in datasets_of(records):
        for recipe in recipes_of(records):
            cells = of_recipe(of_method(records, dataset, "finetuned"), recipe)
            if cells:
                yield dataset, f"{titles([dataset])[0]}, recipe `{recipe}`", cells


def _early_rows(name: str, cells: Sequence[Record]) -> list[list[str]]:
    """Return a row for each number of steps that presentations have at most."""
    rows = []
    for longest in sorted({each["longest"] for cell in cells for each in cell["early"]}):
        found = [each for cell in cells for each in cell["early"] if each["longest"] == longest]
        margins = sorted({each["margin"] for each in found})
        rows.append(
            [
                f"{name}, ended early, {longest} steps at most",
                " to ".join(map(str, (margins[0], margins[-1])[: len(margins)])),
                summary([each["accuracy"] for each in found]),
                f"{np.mean([each['steps'] for each in found]):.1f}",
                f"{np.mean([each['operations'] for each in found]) / MILLION:.2f}",
            ]
        )
    return rows


def draw_steps(
    records: Sequence[Record], everything: Mapping[str, Sequence[Record]], folder: Path
) -> list[Path]:
    """Draw the figure.

    Parameters
    ----------
    records, everything
        As of :func:`steps_section`.
    folder : Path
        Gets a folder ``figures``.

    Returns
    -------
    list of Path
        The file; none without cells.
    """
    if not records:
        return []
    rows = [_panels(records, everything, dataset) for dataset in datasets_of(records)]
    path = folder / FIGURE
    with atomic_path(path) as temporary:
        names = [name(recipe) for recipe in RECIPES for name in (_title, _title_of_early)]
        plot_sweeps(rows, [*names, *CONTENDERS.values(), ORIGINAL]).savefig(temporary)
    return [path]


def _title(recipe: str) -> str:
    return f"Recipe {recipe}"


def _title_of_early(recipe: str) -> str:
    return f"Recipe {recipe}, ended early"


def _points(records: Sequence[Record]) -> dict[int, tuple[list[float], float]]:
    """Return for each number of steps the accuracy of each seed, and the mean operations."""
    found: dict[int, list[dict[str, float]]] = {}
    for record in records:
        for point in record["by_steps"]:
            found.setdefault(point["steps"], []).append(point)
    return {
        steps: (
            [point["accuracy"] for point in points],
            float(np.mean([point["operations"] for point in points])),
        )
        for steps, points in found.items()
    }


def _panels(
    records: Sequence[Record], everything: Mapping[str, Sequence[Record]], dataset: str
) -> list[Panel]:
    """Return the panels of a dataset, against time and against operations."""
    own = of_method(records, dataset, "finetuned")
    by_time: dict[str, dict[float, list[float]]] = {}
    by_work: dict[str, dict[float, list[float]]] = {}
    for recipe in recipes_of(own):
        points = _points(of_recipe(own, recipe)).items()
        by_time[_title(recipe)] = {steps: accuracies for steps, (accuracies, _) in points}
        # Up to the first spike of a map, no operation is done: an axis of factors has no zero.
        by_work[_title(recipe)] = {
            work / MILLION: accuracies for _, (accuracies, work) in points if work
        }
        by_work[_title_of_early(recipe)] = _early_points(of_recipe(own, recipe))
    by_work |= {
        name: {work / MILLION: accuracies}
        for name, (accuracies, work) in _others(everything, dataset).items()
    }
    sentences, title = own[0]["test"]["n"], titles([dataset])[0]
    return [
        Panel(title, TIME, ACCURACY, by_time, None, True, sentences),
        Panel(title, OPERATIONS, ACCURACY, by_work, None, True, sentences, chosen=False),
    ]


def _early_points(records: Sequence[Record]) -> dict[float, list[float]]:
    """Return accuracies of the seeds at the mean operations, of presentations that end early."""
    points = {}
    for longest in {each["longest"] for record in records for each in record["early"]}:
        found = [e for record in records for e in record["early"] if e["longest"] == longest]
        work = float(np.mean([each["operations"] for each in found]))
        points[work / MILLION] = [each["accuracy"] for each in found]
    return points


def _others(
    everything: Mapping[str, Sequence[Record]], dataset: str
) -> dict[str, tuple[list[float], float]]:
    """Return what the networks are held against: accuracies of the seeds, and operations."""
    found = {}
    for method, name in CONTENDERS.items():
        cells = of_method(everything["encoder"], dataset, method)
        work = [c["energy"]["synaptic_operations"] for c in cells if c["energy"]]
        if work:
            found[name] = [c["test"]["accuracy"] for c in cells], float(np.mean(work))
    macs = [c["energy"]["macs"] for c in everything["table5"] if _is_counted(c, dataset)]
    accuracies = scores(of_recipe(everything["table1"], "default"), dataset, "original")
    if macs and accuracies:
        found[ORIGINAL] = accuracies, float(np.mean(macs))
    return found


def _is_counted(record: Record, dataset: str) -> bool:
    return record["dataset"] == dataset and "energy" in record and record["recipe"] == "default"


def _compared(records: Sequence[Record], everything: Mapping[str, Sequence[Record]]) -> list[str]:
    """Say with how many operations networks come within a point of the original TextCNN."""
    said = []
    for dataset, name, cells in _by_recipe(records):
        known = _others(everything, dataset).get(ORIGINAL)
        if not known:
            continue
        (accuracies, macs), points = known, _points(cells)
        enough = float(np.mean(accuracies)) - 0.01
        near = [steps for steps, (reached, _) in points.items() if np.mean(reached) >= enough]
        if near:
            times = points[min(near)][1] / macs
            said.append(
                f"- {name}: within a point of the original TextCNN after {min(near)} steps, with "
                f"{times:.2f} times as many operations as it has multiply-accumulates."
            )
        else:
            said.append(f"- {name}: never within a point of the original TextCNN.")
    return ["\n".join(said)] if said else []
