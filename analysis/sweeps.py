"""What networks reach as one setting is varied: a panel for each measure, marks for each method.

Values are chosen by eye from such a figure, so each accuracy has a bar (see
:mod:`analysis.accuracies`), and an axis never shows less than a few percent: less would make chance
look like a difference. A line is drawn only where it tells of more than chance: with means m_i and
bars s_i of the points of a method, and their mean M weighted by 1 / s_i^2, if

    sum (m_i - M)^2 / s_i^2

lies beyond the 95 % quantile of the chi-squared distribution with one degree of freedom fewer than
there are points. That errs on the side of no line, since all points share their sentences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.ticker import NullFormatter, NullLocator, StrMethodFormatter
from matplotlib.transforms import ScaledTranslation
from scipy import stats

from analysis.accuracies import BAR, bars_label, deviation, widened
from analysis.style import DOUBLE_COLUMN, GREY, PaperFigure, class_styles

ROW_INCHES = 2.0
LEGEND_INCHES = 0.45
LEVEL = 0.95
APART_POINTS = 4.0
"""By how much the marks of two methods are shifted apart, so that neither hides the other."""


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
    sentences : int or None
        How many the measure is the share of; None if it is no share of sentences, and has no
        binomial error.
    chosen : bool
        Whether values are settings, the same few for all methods: the axis tells each, and marks of
        methods are shifted apart. Otherwise they were measured, and stand where they are.
    """

    title: str
    setting: str
    measure: str
    lines: Mapping[str, Mapping[float, Sequence[float]]]
    usual: float | None = None
    logarithmic: bool = False
    sentences: int | None = None
    chosen: bool = True

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
        Marks are means over seeds, with the bar of :func:`analysis.accuracies.deviation`, and
        joined where they differ by more than chance; a dotted line is the usual value. Panels of
        the same measure share an axis, also from row to row.
    """
    looks = dict(zip(methods, class_styles(len(methods)), strict=True))
    figure = PaperFigure(DOUBLE_COLUMN, LEGEND_INCHES + ROW_INCHES * len(rows))
    with figure.style():
        axes = figure.subplots(len(rows), len(rows[0]), squeeze=False)
        panels = [panel for row in rows for panel in row]
        for letter, ax, panel in zip(ascii_lowercase, axes.ravel(), panels, strict=False):
            _draw(ax, panel, looks)
            ax.set_title(f"({letter}) {panel.title}", loc="left")
        _share(list(axes.ravel()), panels)
        handles = {h.get_label(): h for ax in axes.ravel() for h in ax.containers}
        named = [handles[name] for name in methods if name in handles]
        usual = [line for ax in axes.ravel() for line in ax.lines if line.get_gid() == "usual"]
        measured = [panel for panel in panels if panel.sentences and panel.lines]
        bars = [_bars(axes[0, 0], measured)] if measured else []
        figure.legend(handles=[*named, *usual[:1], *bars], loc="outside lower center", ncols=2)
    return figure


def _bars(ax: Axes, panels: Sequence[Panel]) -> ErrorbarContainer:
    """Return what stands for the bars in the legend."""
    seeds = {
        len(of) for panel in panels for points in panel.lines.values() for of in points.values()
    }
    label = bars_label(seeds, [panel.sentences for panel in panels if panel.sentences])
    return ax.errorbar([], [], yerr=[], label=label, **BAR)


def _share(axes: Sequence[Axes], panels: Sequence[Panel]) -> None:
    """Give panels of the same measure the same limits, wide enough not to blow up differences."""
    for measure in {panel.measure for panel in panels}:
        mine = [ax for ax, panel in zip(axes, panels, strict=True) if panel.measure == measure]
        drawn = [ax.get_ylim() for ax in mine if ax.containers]
        if drawn:
            limits = widened(min(low for low, _ in drawn), max(high for _, high in drawn))
            for ax in mine:
                ax.set_ylim(limits)


def differs(means: np.ndarray, bars: np.ndarray) -> bool:
    """Tell whether points differ by more than chance.

    Parameters
    ----------
    means, bars : numpy.ndarray of float, shape (points,)
        What was measured, and its standard deviations or errors.

    Returns
    -------
    bool
        Also true where some point has no deviation at all, but the means differ.
    """
    if np.ptp(means) == 0:
        return False
    if not bars.all():
        return True
    weights = bars**-2.0
    spread = (weights * (means - np.average(means, weights=weights)) ** 2).sum()
    return bool(spread > stats.chi2.ppf(LEVEL, len(means) - 1))


def _draw(ax: Axes, panel: Panel, looks: Mapping[str, dict]) -> None:
    if panel.logarithmic:
        ax.set_xscale("log")
    if panel.usual is not None:
        dotted: dict[str, Any] = {"linestyle": (0, (1, 2)), "linewidth": 0.6}
        label = "value used elsewhere"
        ax.axvline(panel.usual, gid="usual", label=label, color=GREY, zorder=0, **dotted)
    for place, (method, points) in enumerate(panel.lines.items()):
        values = sorted(points)
        means = np.array([100 * np.mean(points[value]) for value in values])
        bars = np.array([_deviation(points[value], panel.sentences) for value in values])
        look: dict[str, Any] = looks[method] | BAR | {"linestyle": looks[method]["linestyle"]}
        if not differs(means, bars):
            look["linestyle"] = "none"
        errors = bars if bars.any() else None
        drawn = ax.errorbar(values, means, yerr=errors, label=method, gid=method, **look)
        if not panel.chosen:
            continue
        aside = APART_POINTS * (place - (len(panel.lines) - 1) / 2)
        # Marks are moved, not values: a shift in points is the same on every axis.
        shift = ScaledTranslation(aside / 72, 0, ax.figure.dpi_scale_trans)
        for artist in drawn.get_children():
            artist.set_transform(ax.transData + shift)
    if panel.chosen:
        ax.set_xticks(panel.values, [f"{value:g}" for value in panel.values])
        ax.xaxis.set_minor_locator(NullLocator())
    else:
        ax.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel(panel.setting)
    ax.set_ylabel(panel.measure)


def _deviation(measured: Sequence[float], sentences: int | None) -> float:
    """Return the bar of a point in percent, 0 where there is none."""
    if len(measured) == 1 and sentences is None:
        return 0.0
    return 100 * deviation(measured, cast(int, sentences))
