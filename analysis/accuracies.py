"""Accuracies of methods on datasets: a panel for each dataset, a line for each method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from analysis.style import DOUBLE_COLUMN, GREY, PALE, PaperFigure, class_styles

ROW_INCHES = 0.19
MARGIN_INCHES = 0.6
COLUMNS = 3
LEAST_SPAN = 2.0
"""Percent that an axis shows at least: less would make chance look like a difference."""

Accuracies = Mapping[str, Mapping[str, Sequence[float]]]


def plot_accuracies(accuracies: Accuracies, chance: Mapping[str, float]) -> PaperFigure:
    """Draw what each method reaches on each dataset.

    Parameters
    ----------
    accuracies : mapping of str to mapping of str to sequence of float
        For each dataset, for each method that was run on it, the accuracies of its seeds, in
        [0, 1].
    chance : mapping of str to float
        For each dataset the accuracy of always answering the largest class.

    Returns
    -------
    matplotlib.figure.Figure
        A dot is the mean over the seeds, with a bar of one standard deviation to both sides; a
        dashed line is chance. Each dataset has its own axis.
    """
    datasets = list(accuracies)
    methods = list(dict.fromkeys(method for of in accuracies.values() for method in of))
    looks = dict(zip(methods, class_styles(len(methods)), strict=True))
    rows = -(-len(datasets) // COLUMNS)
    columns = min(len(datasets), COLUMNS)
    height = rows * (MARGIN_INCHES + ROW_INCHES * len(methods))
    figure = PaperFigure(DOUBLE_COLUMN, height)
    with figure.style():
        axes = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel()
        for ax, dataset in zip(axes, datasets, strict=False):
            _draw(ax, accuracies[dataset], methods, looks)
            ax.axvline(100 * chance[dataset], color=GREY, linewidth=0.7, linestyle=(0, (4, 3)))
            ax.set_title(dataset, loc="left")
            ax.set_xlim(widened(*ax.get_xlim()))
        for ax in axes[len(datasets) :]:
            ax.remove()
        for ax in axes[max(len(datasets) - columns, 0) : len(datasets)]:
            ax.set_xlabel("Accuracy on test (%)")
        axes[0].set_yticks(range(len(methods)), methods)
        axes[0].set_ylim(len(methods) - 0.5, -0.5)
    return figure


def _draw(ax, reached, methods, looks) -> None:
    for line, method in enumerate(methods):
        ax.axhline(line, color=PALE, zorder=0)
        if method not in reached:
            continue
        percent = 100 * np.array(reached[method])
        spread = percent.std(ddof=1) if len(percent) > 1 else 0.0
        look = looks[method] | {"linestyle": "none"}
        ax.errorbar(percent.mean(), line, xerr=spread or None, markersize=4, elinewidth=0.8, **look)


def widened(low: float, high: float) -> tuple[float, float]:
    """Return limits of an axis in percent that lie at least :data:`LEAST_SPAN` apart."""
    missing = max(LEAST_SPAN - (high - low), 0) / 2
    return low - missing, high + missing
