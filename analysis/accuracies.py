"""Accuracies of methods on datasets: a panel for each dataset, a row for each method.

With accuracies a_1 ... a_k of k seeds, a dot is their mean and its bar is

    the standard deviation over the seeds             sqrt(sum (a_i - mean)^2 / (k - 1)),   k > 1
    the binomial standard error of n sentences        sqrt(a (1 - a) / n),                  k = 1

to both sides. The first tells how far trainings differ, the second how far test sets would.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from analysis.style import DOUBLE_COLUMN, GREY, INK, PALE, PaperFigure, class_styles

ROW_INCHES = 0.19
MARGIN_INCHES, LEGEND_INCHES = 0.6, 0.25
COLUMNS = 3
LEAST_SPAN = 2.0
"""Percent that an axis shows at least: less would make chance look like a difference."""

SEEDS, BINOMIAL = "standard deviation over seeds", "binomial standard error"

Accuracies = Mapping[str, Mapping[str, Sequence[float]]]


def plot_accuracies(
    accuracies: Accuracies, chance: Mapping[str, float], sentences: Mapping[str, int]
) -> PaperFigure:
    """Draw what each method reaches on each dataset.

    Parameters
    ----------
    accuracies : mapping of str to mapping of str to sequence of float
        For each dataset, for each method that was run on it, the accuracies of its seeds, in
        [0, 1].
    chance : mapping of str to float
        For each dataset the accuracy of always answering the largest class.
    sentences : mapping of str to int
        For each dataset the number of sentences that an accuracy was measured on.

    Returns
    -------
    matplotlib.figure.Figure
        A dot is the mean over the seeds, with the bar of :func:`deviation`; both are also printed,
        since all datasets have the same axis. A dashed line is chance.
    """
    datasets = list(accuracies)
    methods = list(dict.fromkeys(method for of in accuracies.values() for method in of))
    looks = dict(zip(methods, class_styles(len(methods)), strict=True))
    rows = -(-len(datasets) // COLUMNS)
    columns = min(len(datasets), COLUMNS)
    height = LEGEND_INCHES + rows * (MARGIN_INCHES + ROW_INCHES * len(methods))
    figure = PaperFigure(DOUBLE_COLUMN, height)
    with figure.style():
        axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
        for ax, dataset in zip(axes, datasets, strict=False):
            _draw(ax, accuracies[dataset], methods, looks, sentences[dataset])
            look = {"color": GREY, "linewidth": 0.7, "linestyle": (0, (4, 3))}
            line = ax.axvline(100 * chance[dataset], label="largest class", **look)
            ax.set_title(dataset, loc="left")
        for ax in axes[len(datasets) :]:
            ax.remove()
        for ax in axes[max(len(datasets) - columns, 0) : len(datasets)]:
            ax.set_xlabel("Accuracy on test (%)")
            ax.tick_params(labelbottom=True)
        axes[0].set_yticks(range(len(methods)), methods)
        axes[0].set_ylim(len(methods) - 0.5, -0.5)
        low, high = widened(*axes[0].get_xlim())
        axes[0].set_xticks([tick for tick in axes[0].get_xticks() if low <= tick <= 100])
        axes[0].set_xlim(low, high + NUMBER_SHARE * (high - low))
        seeds = {len(reached) for of in accuracies.values() for reached in of.values()}
        bars = axes[0].errorbar([], [], xerr=[], label=bars_label(seeds, sentences.values()), **BAR)
        figure.legend(handles=[line, bars], loc="outside lower center", ncols=2)
    return figure


NUMBER_SHARE = 0.3
"""Of an axis, what a printed accuracy takes behind the last dot."""
BAR: dict[str, Any] = {
    "linestyle": "none",
    "ecolor": INK,
    "elinewidth": 0.7,
    "capsize": 1.5,
    "capthick": 0.5,
}


def deviation(accuracies: Sequence[float], sentences: int) -> float:
    """Return how far an accuracy is uncertain, to either side.

    Parameters
    ----------
    accuracies : sequence of float
        Of each seed, in [0, 1].
    sentences : int
        That each was measured on.

    Returns
    -------
    float
        Of several seeds the standard deviation over them, of one the binomial standard error.
    """
    if len(accuracies) > 1:
        return float(np.std(accuracies, ddof=1))
    (accuracy,) = accuracies
    return float(np.sqrt(accuracy * (1 - accuracy) / sentences))


def bars_label(seeds: Iterable[int], sentences: Iterable[int]) -> str:
    """Say what bars show.

    Parameters
    ----------
    seeds : iterable of int
        How many seeds the dots of the figure are the mean of.
    sentences : iterable of int
        How many sentences they were measured on.

    Returns
    -------
    str
        For a legend.
    """
    several = sorted({number for number in seeds if number > 1})
    low, high = min(sentences), max(sentences)
    counted = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    binomial = f"{BINOMIAL} of {counted} sentences"
    if not several:
        return f"{binomial} (one seed)"
    of_seeds = SEEDS.replace("seeds", f"{' or '.join(map(str, several))} seeds")
    return of_seeds if min(seeds) > 1 else f"{of_seeds}; of one seed {binomial}"


def widened(low: float, high: float) -> tuple[float, float]:
    """Return limits of an axis in percent that lie at least :data:`LEAST_SPAN` apart."""
    missing = max(LEAST_SPAN - (high - low), 0) / 2
    return low - missing, high + missing


def _draw(
    ax: Axes,
    reached: Mapping[str, Sequence[float]],
    methods: Sequence[str],
    looks: Mapping[str, dict],
    sentences: int,
) -> None:
    for row, method in enumerate(methods):
        ax.axhline(row, color=PALE, zorder=0)
        if method not in reached:
            continue
        mean, bar = 100 * np.mean(reached[method]), 100 * deviation(reached[method], sentences)
        look = looks[method] | BAR
        ax.errorbar(mean, row, xerr=bar, markersize=3, gid=method, **look)
        ax.annotate(
            f"{mean:.1f} ± {bar:.1f}",
            (mean + bar, row),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=6,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4},
        )
