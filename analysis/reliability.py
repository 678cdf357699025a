"""Reliability: whether answers that are p sure are right p of the time.

Answers are put into bins by their confidence. In a reliability diagram the share of right answers
of each bin stands over its mean confidence; where both are equal, on the diagonal, confidence means
what it says. The expected calibration error is the mean distance from it (Naeini, Cooper &
Hauskrecht 2015).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.style import COLOURS, GREY, INK, SINGLE_COLUMN, PaperFigure

BINS = 10


@dataclass(frozen=True)
class Reliability:
    """How often answers of a confidence are right, in bins of equal width from 0 to 1.

    Attributes
    ----------
    edges : numpy.ndarray of float, shape (bins + 1,)
        Of the bins; a confidence that is an edge belongs to the bin below it.
    counts : numpy.ndarray of int, shape (bins,)
        Answers in each bin.
    confidence, accuracy : numpy.ndarray of float, shape (bins,)
        Mean confidence and share of right answers; NaN in an empty bin.
    """

    edges: np.ndarray
    counts: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray

    @property
    def error(self) -> float:
        """Expected calibration error, the mean of |accuracy - confidence| of bins over answers.

        It is above 0 by chance for few answers.
        """
        full = self.counts > 0
        gaps = np.abs(self.accuracy - self.confidence)[full]
        return float((self.counts[full] * gaps).sum() / max(self.counts.sum(), 1))


def reliability(confidence: np.ndarray, right: np.ndarray, bins: int = BINS) -> Reliability:
    """Compare confidence with what was right.

    Parameters
    ----------
    confidence : numpy.ndarray of float, shape (answers,)
        Probability of the class that each answer names.
    right : numpy.ndarray of bool, shape (answers,)
        Whether it is the true one.
    bins : int
        How many.

    Returns
    -------
    Reliability
        Bin by bin.
    """
    edges = np.arange(bins + 1) / bins
    places = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    counts = np.bincount(places, minlength=bins)
    with np.errstate(invalid="ignore"):
        means = [
            np.bincount(places, weights=values, minlength=bins) / counts
            for values in (confidence, right)
        ]
    return Reliability(edges, counts, *means)


def plot_reliability(found: Reliability) -> PaperFigure:
    """Draw a reliability diagram, and under it how many answers each bin has.

    Parameters
    ----------
    found : Reliability
        What was right, by confidence.

    Returns
    -------
    matplotlib.figure.Figure
        Bars are binomial standard errors, sqrt(p (1 - p) / n).
    """
    figure = PaperFigure(SINGLE_COLUMN, SINGLE_COLUMN)
    full = found.counts > 0
    counts, right = found.counts[full], found.accuracy[full]
    with figure.style():
        above, below = figure.subplots(2, sharex=True, gridspec_kw={"height_ratios": [3, 1]})
        above.plot([0, 1], [0, 1], color=GREY, linewidth=0.6, linestyle=(0, (4, 2)))
        above.errorbar(
            found.confidence[full],
            right,
            yerr=np.sqrt(right * (1 - right) / counts),
            fmt="o",
            color=COLOURS[0],
            elinewidth=0.7,
            capsize=1.5,
        )
        above.set_ylim(0, 1.02)
        above.set_ylabel("Share of right answers")
        above.set_title(f"expected calibration error {100 * found.error:.1f} %", loc="left")
        below.bar(
            found.edges[:-1],
            found.counts,
            width=np.diff(found.edges),
            align="edge",
            color=GREY,
            edgecolor="white",
            linewidth=0.5,
        )
        below.set_xlim(0, 1)
        below.set_xlabel("Confidence")
        below.set_ylabel("Answers", color=INK)
    return figure
