"""What networks reach as one setting is varied: a panel for each measure, a line for each method.

Values are chosen by eye from such a figure, so each point shows the spread over seeds, and an axis
never shows less than a few percent: less would make chance look like a difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from analysis.accuracies import widened
from analysis.style import DOUBLE_COLUMN, GREY, PaperFigure, class_styles

ROW_INCHES = 2.0
LEGEND_INCHES = 0.3


@dataclass(frozen=True)
class Panel:
    """One measure along one setting.

    Attributes
    ----------
    title : str
        What it was measured on.
    setting, measure : str
        What the axes show; the measure is a fraction, and shown in percent.
    lines : mapping of str to mapping of float to sequence of float
        For each method, for each value of the setting, the measure for each seed, in [0, 1].
    usual : float or None
        The value that is used elsewhere, if it is to be marked.
    logarithmic : bool
        Whether values differ by factors.
    """

    title: str
    setting: str
    measure: str
    lines: Mapping[str, Mapping[float, Sequence[float]]]
    usual: float | None = None
    logarithmic: bool = False

    @property
    def values(self) -> list[float]:
        """All values of the setting, in ascending order."""
        return sorted({value for points in self.lines.values() for value in points})


def plot_sweeps(rows: Sequence[Sequence[Panel]], methods: Sequence[str]) -> PaperFigure:
    """Draw panels in rows.

    Parameters
    ----------
    rows : sequence of sequence of Panel
        A row for each dataset, with the same panels.
    methods : sequence of str
        All that there are: one has the same look in every figure, also where another is missing.

    Returns
    -------
    matplotlib.figure.Figure
        Markers are means over seeds, with a bar of one standard deviation to both sides; a dotted
        line is the usual value.
    """
    looks = dict(zip(methods, class_styles(len(methods)), strict=True))
    figure = PaperFigure(DOUBLE_COLUMN, LEGEND_INCHES + ROW_INCHES * len(rows))
    with figure.style():
        axes = figure.subplots(len(rows), len(rows[0]), squeeze=False)
        panels = [panel for row in rows for panel in row]
        for letter, ax, panel in zip(ascii_lowercase, axes.ravel(), panels, strict=False):
            _draw(ax, panel, looks)
            ax.set_title(f"({letter}) {panel.title}", loc="left")
        handles = {h.get_label(): h for ax in axes.ravel() for h in ax.containers}
        figure.legend(
            [handles[name] for name in methods if name in handles],
            [name for name in methods if name in handles],
            loc="outside lower center",
            ncols=len(methods),
        )
    return figure


def _draw(ax: Axes, panel: Panel, looks: Mapping[str, dict]) -> None:
    for method, points in panel.lines.items():
        values = sorted(points)
        percent = [100 * np.array(points[value]) for value in values]
        means = [reached.mean() for reached in percent]
        spreads = [reached.std(ddof=1) if len(reached) > 1 else 0 for reached in percent]
        bars = {"yerr": spreads, "elinewidth": 0.8} if any(spreads) else {}
        ax.errorbar(values, means, label=method, gid=method, **bars, **looks[method])
    if panel.logarithmic:
        ax.set_xscale("log")
    if panel.usual is not None:
        look = {"color": GREY, "linewidth": 0.6, "linestyle": (0, (1, 2)), "zorder": 0}
        ax.axvline(panel.usual, gid="usual", **look)
    ax.set_xticks(panel.values, [f"{value:g}" for value in panel.values])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlabel(panel.setting)
    ax.set_ylabel(panel.measure)
    ax.set_ylim(widened(*ax.get_ylim()))
