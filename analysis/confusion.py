"""Confusion matrix: which class is taken for which.

A cell is the share of a class's sentences that were given a label, from white, none, to dark, all;
so small classes are seen as well as large ones. In it stands how many they are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.style import DOUBLE_COLUMN, INK, SINGLE_COLUMN, PaperFigure

UNDECIDED = "undecided"
CELL_INCHES = 0.42
MARGIN_INCHES = 1.1
DARK = 0.55
"""Share above which numbers are white."""
FEW, SHORT = 3, 8
"""Classes, and letters of a name, above which names have no room to lie."""
MOST_NUMBERS = 20
"""Classes above which cells are too small for numbers."""


def plot_confusion(counts: np.ndarray, names: Sequence[str]) -> PaperFigure:
    """Draw a confusion matrix.

    Parameters
    ----------
    counts : numpy.ndarray of int, shape (classes, classes + 1)
        Sentences of each true class by the label given; the last column those without a label, left
        out if there are none.
    names : sequence of str
        Of the classes.

    Returns
    -------
    matplotlib.figure.Figure
        One row a true class.

    Examples
    --------
    >>> import numpy as np
    >>> from analysis import plot_confusion
    >>> counts = np.array([[40, 9, 1], [12, 38, 0]])  # one negative sentence is undecided
    >>> plot_confusion(counts, ["negative", "positive"]).savefig("confusion.png")
    """
    labels = [*names, UNDECIDED]
    if not counts[:, -1].any():
        counts, labels = counts[:, :-1], labels[:-1]
    side = MARGIN_INCHES + CELL_INCHES * len(names)
    side = float(np.clip(side, SINGLE_COLUMN * 0.7, DOUBLE_COLUMN))
    figure = PaperFigure(side * counts.shape[1] / len(names), side, labels)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    with figure.style():
        ax = figure.subplots()
        image = ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        if len(names) <= MOST_NUMBERS:
            for row, column in np.ndindex(counts.shape):
                ax.text(
                    column,
                    row,
                    f"{counts[row, column]:,}",
                    ha="center",
                    va="center",
                    color="white" if shares[row, column] > DARK else INK,
                )
        shown = figure.fonts.labels(labels, "class ")
        turned = len(names) > FEW and max(map(len, shown)) > SHORT
        ax.set_xticks(
            range(counts.shape[1]),
            shown,
            rotation=40 if turned else 0,
            ha="right" if turned else "center",
            rotation_mode="anchor",
        )
        ax.set_yticks(range(len(names)), shown[: len(names)])
        ax.tick_params(length=0)
        ax.set_xlabel("Label given")
        ax.set_ylabel("True class")
        ax.spines[:].set_visible(False)
        figure.colorbar(image, ax=ax, shrink=0.8, label="Share of the class")
        figure.explain_missing_glyphs("Numbers stand for classes")
    return figure
