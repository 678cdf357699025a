"""Reliability diagram: the share of right answers over their confidence.

On the diagonal, confidence means what it says (:mod:`analysis.calibration`).
"""

from __future__ import annotations

import numpy as np

from analysis.calibration import Reliability
from analysis.style import COLOURS, GREY, INK, SINGLE_COLUMN, PaperFigure


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
