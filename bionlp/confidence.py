"""How sure an answer is: probabilities of the classes, calibrated on sentences apart.

The votes of the classes v say which class won, not how often such a win is right. Probabilities are

    p[k] = (v[k] + c)^a / sum over j of (v[j] + c)^a

a temperature on the logarithms of votes, the simplest form of Dirichlet calibration (Kull et al.
2019, section 3), where c > 0 votes for every class keep silence and few votes from being sure of
anything. Exponent a and offset c are those under which the true classes of the dev part are most
likely; the network saw none of them in training. As Platt (1999) does, each true class counts as
(n + 1) / (n + K) instead of 1, so that n sentences that are all right do not make it certain.

A class has most votes where it has the highest probability, so labels do not change. Votes depend
on the length of a presentation; a calibration is for one length.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bionlp.errors import DatasetError

FEWEST = 10
"""Sentences without which nothing is calibrated."""
LARGEST_EXPONENT = 1000.0
LARGEST_OFFSET = 1e6


@dataclass(frozen=True)
class Calibration:
    """From votes to probabilities.

    Attributes
    ----------
    exponent, offset : float
        a and c of the formula.
    steps : int
        Length of the presentations that it holds for.
    dataset, split : str
        Where the sentences were from.
    sentences : int
        How many there were.
    log_loss : float
        Mean negative logarithm of the probability of their true class.
    """

    exponent: float
    offset: float
    steps: int
    dataset: str
    split: str
    sentences: int
    log_loss: float

    def probabilities(self, votes: np.ndarray) -> np.ndarray:
        """Return how likely each class is.

        Parameters
        ----------
        votes : numpy.ndarray of int, shape (..., classes)
            Output spikes of each class over a whole presentation.

        Returns
        -------
        numpy.ndarray of float, shape (..., classes)
            They add up to 1.
        """
        return np.exp(_log_probabilities(votes, self.exponent, self.offset))


def calibrate(
    votes: np.ndarray, labels: np.ndarray, *, steps: int, dataset: str, split: str = "dev"
) -> Calibration:
    """Fit a calibration.

    Parameters
    ----------
    votes : numpy.ndarray of int, shape (sentences, classes)
        Output spikes of each class, for sentences that the network did not learn from.
    labels : numpy.ndarray of int, shape (sentences,)
        Their true classes.
    steps : int
        Length of the presentations.
    dataset, split : str
        Where they are from, for the record.

    Returns
    -------
    Calibration
        The most likely one.

    Raises
    ------
    DatasetError
        If there are fewer than :data:`FEWEST` sentences.
    """
    from scipy.optimize import minimize

    count, classes = votes.shape
    if count < FEWEST:
        raise DatasetError(
            f"{count} sentences in split {split!r} of {dataset} are too few to calibrate "
            f"confidence on; it needs {FEWEST}"
        )
    truth = np.full((count, classes), 1 / (count + classes))
    truth[np.arange(count), labels] = (count + 1) / (count + classes)
    highest = np.log([LARGEST_EXPONENT, LARGEST_OFFSET])

    def loss(logarithms: np.ndarray) -> float:
        return -float((truth * _log_probabilities(votes, *np.exp(logarithms))).sum(axis=1).mean())

    start = np.log([1.0, 1.0 + votes.mean()])
    bounds = [(-highest[0], highest[0]), (0, highest[1])]
    found = minimize(loss, start, method="Nelder-Mead", bounds=bounds, options={"maxiter": 2000})
    exponent, offset = np.exp(found.x)
    chosen = _log_probabilities(votes, exponent, offset)[np.arange(count), labels]
    return Calibration(
        float(exponent), float(offset), steps, dataset, split, count, -float(chosen.mean())
    )


def _log_probabilities(votes: np.ndarray, exponent: float, offset: float) -> np.ndarray:
    scores = exponent * np.log(votes + offset)
    scores -= scores.max(axis=-1, keepdims=True)
    return scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))
