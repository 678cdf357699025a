"""Whether answers that are p sure are right p of the time.

Answers are put into bins by their confidence, and the share of right ones of each bin is held
against its mean confidence. The expected calibration error is the mean distance of the two (Naeini,
Cooper & Hauskrecht 2015).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from networks.brief import Brief

BINS = 10


@dataclass(frozen=True)
class Reliability(Brief):
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
        """Expected calibration error, the mean of ``|accuracy - confidence|`` of bins over answers.

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
