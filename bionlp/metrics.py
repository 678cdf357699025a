"""What answers are measured by besides accuracy, as GLUE has it (Wang et al. 2019, section 3).

F1 is that of the second of two classes. With C[k, l] sentences of class k that were given l, among
which one l stands for no label, s of all of them, c of them right, t[k] of class k and p[k] given
k, Matthews' correlation (Gorodkin 2004 for more classes than two) is

    (c s - sum of t[k] p[k]) / sqrt((s^2 - sum of p[k]^2) (s^2 - sum of t[k]^2)).

Scores are measured by Pearson's correlation, and by Spearman's, which is that of their ranks. What
is constant goes along with nothing: a correlation with it is 0, as that of always answering the
largest class.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np

from bionlp.scores import Evaluation


@dataclass(frozen=True)
class Metric:
    """A number that says how good answers are; 1 is best.

    Attributes
    ----------
    title : str
        What people call it; names of classes are filled in by their number.
    of : callable
        From an evaluation to the number; NaN if it does not exist.
    of_scores : bool
        Whether it is of scores, and not of labels.
    """

    title: str
    of: Callable[[Evaluation], float]
    of_scores: bool = False


def f1(evaluation: Evaluation) -> float:
    """Return F1 of the second class; NaN if it neither occurs nor is given."""
    return float(evaluation.f1[1])


def matthews(evaluation: Evaluation) -> float:
    """Return Matthews' correlation of labels and answers, in [-1, 1]."""
    confusion, n = evaluation.confusion, evaluation.n
    true, given = confusion.sum(axis=1), confusion.sum(axis=0)
    # Integers, so that nothing is lost where almost all sentences are of one class.
    covariance = int(confusion.trace()) * n - int(true @ given[:-1])
    spread = float(n * n - int(true @ true)), float(n * n - int(given @ given))
    return covariance / np.sqrt(spread[0] * spread[1]) if min(spread) else 0.0


def pearson(evaluation: Evaluation) -> float:
    """Return Pearson's correlation of true and given scores, in [-1, 1]."""
    return correlation(cast(np.ndarray, evaluation.true_scores), evaluation.given_scores)


def spearman(evaluation: Evaluation) -> float:
    """Return Spearman's correlation of true and given scores, in [-1, 1]."""
    # Takes a second to import.
    from scipy.stats import rankdata

    return correlation(rankdata(evaluation.true_scores), rankdata(evaluation.given_scores))


def correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Return Pearson's correlation of two variables.

    Parameters
    ----------
    x, y : numpy.ndarray of float, shape (n,)
        Their values.

    Returns
    -------
    float
        In [-1, 1]; 0 if one of them is constant.
    """
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return 0.0
    a, b = _unit(x), _unit(y)
    return float(np.clip(a @ b, -1, 1))


def _unit(values: np.ndarray) -> np.ndarray:
    """Return the deviations from the mean as a vector of length 1."""
    centred = values - values.mean()
    # Squares of tiny deviations would vanish.
    centred = centred / np.abs(centred).max()
    return centred / np.linalg.norm(centred)


METRICS = {
    "f1": Metric("F1 of {1}", f1),
    "matthews": Metric("Matthews correlation", matthews),
    "pearson": Metric("Pearson correlation", pearson, of_scores=True),
    "spearman": Metric("Spearman correlation", spearman, of_scores=True),
}
"""By the names that datasets ask for them with."""
