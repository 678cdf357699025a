"""What damage costs: accuracy against its level, and the level at which some of it is lost.

With accuracies a_i(x) of the seeds i at level x and a_i(0) without damage, the loss is

    L(x) = mean over i of  a_i(0) - a_i(x)

Seeds share sentences and input spikes, so the differences are less noisy than the accuracies. The
degradation point of d points is the first level, in the order of damage, at which L reaches d; it
is interpolated between neighbouring levels, in their logarithm where they differ by factors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from analysis.statistics import mean_interval
from analysis.style import DOUBLE_COLUMN, GREY, PaperFigure, class_styles

ROW_INCHES, LEGEND_INCHES = 1.65, 0.35
COLUMNS = 3
MARGIN = 3.0
"""Points of accuracy above and below what is drawn."""


@dataclass(frozen=True)
class Damage:
    """Accuracies at the levels of one kind of damage, in its order.

    Attributes
    ----------
    levels : tuple of float
        The least damage first.
    accuracies : numpy.ndarray, shape (levels, seeds)
        In [0, 1].
    intact : numpy.ndarray, shape (seeds,)
        Without damage, of the same seeds.
    neutral : float or None
        The level that does nothing, if there is one.
    logarithmic : bool
        Whether levels differ by factors.
    """

    levels: tuple[float, ...]
    accuracies: np.ndarray
    intact: np.ndarray
    neutral: float | None = None
    logarithmic: bool = False

    @property
    def losses(self) -> np.ndarray:
        """Mean loss at each level, in points, shape (levels,)."""
        return 100 * (self.intact - self.accuracies).mean(axis=1)

    def point(self, lost: float) -> float | None:
        """Return the level at which so many points are lost.

        Parameters
        ----------
        lost : float
            Points of accuracy.

        Returns
        -------
        float or None
            None if they are lost at no level; the first level if they are lost there already, and
            no level is known to do nothing.
        """
        levels, losses = list(self.levels), self.losses.tolist()
        if self.neutral is not None:
            levels, losses = [self.neutral, *levels], [0.0, *losses]
        beyond = [place for place, loss in enumerate(losses) if loss >= lost]
        if not beyond:
            return None
        last = beyond[0]
        if last == 0:
            return levels[0]
        ends = np.array(levels[last - 1 : last + 1])
        scale = np.log if self.logarithmic and (ends > 0).all() else np.asarray
        share = (lost - losses[last - 1]) / (losses[last] - losses[last - 1])
        place = scale(ends)[0] + share * np.diff(scale(ends))[0]
        return float(np.exp(place) if scale is np.log else place)


@dataclass(frozen=True)
class DamagePanel:
    """One kind of damage.

    Attributes
    ----------
    title, axis : str
        What it is, and what its level is.
    lines : mapping of str to Damage
        For each dataset.
    """

    title: str
    axis: str
    lines: Mapping[str, Damage]


def plot_damage(panels: Sequence[DamagePanel], datasets: Sequence[str]) -> PaperFigure:
    """Draw accuracy against the level of damage.

    Parameters
    ----------
    panels : sequence of DamagePanel
        At least one.
    datasets : sequence of str
        All that occur, each with the same look in every panel.

    Returns
    -------
    matplotlib.figure.Figure
        Marks are means over seeds, bars 95 % confidence intervals of the mean (Student's t) where
        there are several seeds; a dotted line is the mean without damage. Damage grows to the
        right, and all panels share the axis of accuracies.
    """
    looks = dict(zip(datasets, class_styles(len(datasets)), strict=True))
    columns = min(COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    figure = PaperFigure(DOUBLE_COLUMN, LEGEND_INCHES + ROW_INCHES * rows)
    with figure.style():
        axes = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel()
        for letter, ax, panel in zip(ascii_lowercase, axes, panels, strict=False):
            _draw(ax, panel, looks)
            ax.set_title(f"({letter}) {panel.title}", loc="left")
        for ax in axes[len(panels) :]:
            ax.remove()
        for ax in axes[: len(panels) : columns]:
            ax.set_ylabel("Accuracy on test (%)")
        axes[0].set_ylim(*_limits(panels))
        handles = {h.get_label(): h for ax in axes[: len(panels)] for h in ax.containers}
        named = [handles[name] for name in datasets if name in handles]
        intact = axes[0].plot([], [], color=GREY, linestyle=(0, (1, 2)), label="unperturbed")
        figure.legend(handles=[*named, *intact], loc="outside lower center", ncols=3)
    return figure


def _draw(ax: Axes, panel: DamagePanel, looks: Mapping[str, dict]) -> None:
    first = next(iter(panel.lines.values()))
    if first.logarithmic:
        ax.set_xscale("log")
    for name, damage in panel.lines.items():
        look = looks[name]
        means, low, high = np.array([_interval(seeds) for seeds in damage.accuracies]).T
        bars = 100 * np.array([means - low, high - means])
        ax.errorbar(
            damage.levels, 100 * means, yerr=bars, label=name, gid=name, capsize=1.5,
            elinewidth=0.6, **look,
        )  # fmt: skip
        dotted = {"color": look["color"], "linewidth": 0.6, "linestyle": (0, (1, 2)), "zorder": 0}
        ax.axhline(100 * damage.intact.mean(), **dotted)
    ticks = sorted({level for damage in panel.lines.values() for level in damage.levels})
    ax.set_xticks(ticks, [f"{level:g}" for level in ticks])
    ax.xaxis.set_minor_locator(NullLocator())
    if first.levels[0] > first.levels[-1]:
        ax.invert_xaxis()
    ax.set_xlabel(panel.axis)


def _interval(seeds: np.ndarray) -> tuple[float, float, float]:
    """Return mean and ends of its interval, which one seed has none of."""
    if len(seeds) == 1:
        return seeds[0], seeds[0], seeds[0]
    found = mean_interval(seeds)
    return found.estimate, found.low, found.high


def _limits(panels: Sequence[DamagePanel]) -> tuple[float, float]:
    """Return limits around all means; a bar of few seeds may be far longer than the axis."""
    drawn = [100 * d.accuracies.mean(axis=1) for panel in panels for d in panel.lines.values()]
    drawn += [100 * d.intact for panel in panels for d in panel.lines.values()]
    values = np.concatenate(drawn)
    return max(values.min() - MARGIN, 0), min(values.max() + MARGIN, 100)
