"""The figures of the page of results: sweeps as panels, drawn and in numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from analysis.sweeps import Panel, plot_sweeps
from bionlp.experiments.cells import DATASETS, METHODS
from bionlp.experiments.layout import (
    commands,
    datasets_of,
    heading,
    markdown,
    of_recipe,
    origin,
    recipes_of,
    summary,
    titles,
)
from bionlp.experiments.results import changes_of
from bionlp.experiments.store import Record
from bionlp.experiments.sweeps import SWEEPS, SWEPT, Sweep
from bionlp.files import atomic_path

ACCURACY, ACTIVE = "Accuracy on dev (%)", "Active neurons (%)"

EXPLANATION = """\
Accuracy is that on dev, on which hyper-parameters are chosen; that on test is in `{document}`.
One setting is varied, all others are those of recipe `{recipe}`, and so is the tailored TextCNN,
trained once, which is then converted, and fine-tuned, with the varied setting. The dotted line is
the recipe's own value.
{bars}
A line is drawn where points differ by more than these bars explain (chi-squared test at 5 %); marks
of two methods are shifted apart."""

ONE_SEED = """\
Bars are the standard error of one accuracy, {error} points, from the number of sentences."""
SEVERAL_SEEDS = """\
Bars are one standard deviation over the seeds, and of a single seed the standard error of one
accuracy, {error} points, from the number of sentences."""

ACTIVITY = """
Active neurons are those of the convolutions, poolings and the output that fire at least once while
a sentence is presented; their share is the mean over the sentences of dev, without padding."""
EPOCHS = """
No epoch of fine-tuning is conversion alone."""
STEPS = """
Time steps are those of presentations when accuracy is measured; all points are the same two
networks."""

COPIES = """
The neurons of a class are copies until they are fine-tuned: their number changes no vote."""

NOTES = {
    "neurons_per_class": COPIES,
    "finetuning_epochs": EPOCHS,
    "steps": STEPS,
    "threshold": ACTIVITY,
}


def sweep_section(figure: str, records: Sequence[Record], folder: Path, link: str) -> list[str]:
    """Lay out a figure, once for each recipe.

    Parameters
    ----------
    figure : str
        One of :data:`bionlp.experiments.sweeps.SWEEPS`.
    records : sequence of dict
        Its finished cells.
    folder : Path
        Where their document is.
    link : str
        How the page refers to that folder.

    Returns
    -------
    list of str
        Paragraphs of Markdown.
    """
    parts = []
    for recipe in recipes_of(records):
        chosen = of_recipe(records, recipe)
        several = len({record["seed"] for record in chosen}) > 1
        error = " to ".join(dict.fromkeys(_errors(chosen)))
        caption = EXPLANATION.format(
            document=f"{link}/{figure}.json",
            recipe=recipe,
            bars=(SEVERAL_SEEDS if several else ONE_SEED).format(error=error),
        )
        caption += "".join(NOTES.get(sweep.setting, "") for sweep in SWEEPS[figure])
        path = _path(folder, figure, recipe).relative_to(folder).as_posix()
        parts += [
            heading("Figure", figure, recipe),
            f"![{_subject(figure)}]({link}/{path})",
            f"{', '.join(titles(datasets_of(chosen)))}. {origin(chosen)}. {caption}",
            sweep_tables(figure, chosen),
            "All points:",
            commands(figure, chosen),
        ]
    return parts


def sweep_tables(figure: str, records: Sequence[Record]) -> str:
    """Lay out the points of a figure: a table for each sweep, a column for each value.

    Parameters
    ----------
    figure : str
        One of :data:`bionlp.experiments.sweeps.SWEEPS`.
    records : sequence of dict
        Its finished cells of one recipe.

    Returns
    -------
    str
        Markdown.
    """
    rows = _panels(figure, records)
    tables = []
    for sweep in SWEEPS[figure]:
        panels = [panel for row in rows for panel in row if panel.setting == sweep.title]
        values = sorted({value for panel in panels for value in panel.values})
        lines = [
            [
                f"{panel.title}, {method}, {panel.measure[0].lower()}{panel.measure[1:]}",
                *(summary(points.get(value, ())) for value in values),
            ]
            for panel in panels
            for method, points in panel.lines.items()
        ]
        if values:
            tables.append(markdown([sweep.title, *(f"{value:g}" for value in values)], lines))
    return "\n\n".join(tables)


def draw_sweeps(figure: str, records: Sequence[Record], folder: Path) -> list[Path]:
    """Draw a figure, once for each recipe.

    Parameters
    ----------
    figure : str
        One of :data:`bionlp.experiments.sweeps.SWEEPS`.
    records : sequence of dict
        Its finished cells.
    folder : Path
        Gets a folder ``figures``.

    Returns
    -------
    list of Path
        The files.
    """
    written = []
    for recipe in recipes_of(records):
        path = _path(folder, figure, recipe)
        with atomic_path(path) as temporary:
            rows = _panels(figure, of_recipe(records, recipe))
            plot_sweeps(rows, [METHODS[method] for method in SWEPT]).savefig(temporary)
        written.append(path)
    return written


def _errors(records: Sequence[Record]) -> tuple[str, str]:
    """Return the least and the largest standard error of an accuracy, in points."""
    errors = [
        100 * math.sqrt(dev["accuracy"] * (1 - dev["accuracy"]) / dev["n"])
        for dev in (record["dev"] for record in records)
    ]
    return f"{min(errors):.1f}", f"{max(errors):.1f}"


def _path(folder: Path, figure: str, recipe: str) -> Path:
    of = "" if recipe == "default" else f"-{recipe}"
    return folder / "figures" / f"{figure}{of}.png"


def _subject(figure: str) -> str:
    settings = " and ".join(sweep.title.lower() for sweep in SWEEPS[figure])
    active = any(sweep.active_neurons for sweep in SWEEPS[figure])
    return f"Accuracy{' and active neurons' if active else ''} against {settings}"


def _panels(figure: str, records: Sequence[Record]) -> list[list[Panel]]:
    """Return a row of panels for each dataset."""
    return [
        [
            panel
            for sweep in SWEEPS[figure]
            for panel in _of_sweep(sweep, [r for r in records if r["dataset"] == dataset])
        ]
        for dataset in datasets_of(records)
    ]


def _of_sweep(sweep: Sweep, records: Sequence[Record]) -> list[Panel]:
    """Return the panels of a sweep on one dataset, one for each measure."""
    measures = {ACCURACY: lambda record: record["dev"]["accuracy"]}
    if sweep.active_neurons:
        measures[ACTIVE] = lambda record: record["active_neurons"]
    # The recipe's own value is that of a cell in which it was not changed.
    own = (r["settings"][sweep.setting] for r in records if sweep.setting not in changes_of(r))
    usual = next(own, None)
    panels = []
    for name, measure in measures.items():
        lines: dict[str, dict[float, list[float]]] = {METHODS[m]: {} for m in sweep.methods}
        for record in records:
            method, value = sweep.place(record) or (None, None)
            if method in sweep.methods:
                lines[METHODS[method]].setdefault(cast(float, value), []).append(measure(record))
        lines = {name: points for name, points in lines.items() if points}
        title = DATASETS[records[0]["dataset"]]
        sentences = records[0]["dev"]["n"] if name == ACCURACY else None
        panels.append(Panel(title, sweep.title, name, lines, usual, sweep.logarithmic, sentences))
    return panels
