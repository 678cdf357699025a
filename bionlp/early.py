"""Presentations that end as soon as the decision is safe: how far a class has to be ahead.

A margin of votes (:class:`networks.Votes`) saves steps; the smaller it is, the more decisions come
too early. It is calibrated on sentences that the model has not learned from: the smallest with
which as many of them are right as with whole presentations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bionlp.classifier import TextClassifier
from bionlp.datasets import Example
from bionlp.decision import predict_labels
from bionlp.evaluation import pytorch_voter, votes_by_step
from networks.description.readout import ends_of

if TYPE_CHECKING:
    import torch

    from bionlp.simulation import Advance

LOOKED_AT = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500)
"""Margins that are told of, beside that which is chosen."""


@dataclass(frozen=True)
class AtMargin:
    """What presentations that end by a margin give.

    Attributes
    ----------
    margin : int or None
        Votes that a class has to be ahead; None for whole presentations.
    accuracy : float
        Share of the sentences that are right.
    steps : float
        How long a presentation lasts, mean over the sentences.
    """

    margin: int | None
    accuracy: float
    steps: float


@dataclass(frozen=True)
class Margins:
    """What margins give.

    Attributes
    ----------
    chosen : AtMargin
        The smallest margin with which no fewer sentences are right.
    whole : AtMargin
        Whole presentations.
    looked_at : list of AtMargin
        Others, the smallest margin first, as far as they change anything.
    """

    chosen: AtMargin
    whole: AtMargin
    looked_at: list[AtMargin]


def calibrate_margin(
    classifier: TextClassifier,
    examples: Sequence[Example],
    *,
    steps: int,
    seed: int,
    device: torch.device | str = "cpu",
    advance: Advance | None = None,
) -> Margins:
    """Find how far a class has to be ahead for a decision to be as safe as after all steps.

    Parameters
    ----------
    classifier : TextClassifier
        The model; if it has a margin, that plays no part.
    examples : sequence of Example
        Sentences that it has not learned from.
    steps : int
        Length of a whole presentation, or of a word.
    seed : int
        Of the input spikes.
    device : torch.device or str
        Where PyTorch computes.
    advance : callable, optional
        Called with the fraction done.

    Returns
    -------
    Margins
        The smallest margin that loses nothing, and what others give.

    Raises
    ------
    UsageError
        If the network votes when all has been read.

    Examples
    --------
    >>> from bionlp import Example, load_classifier
    >>> from bionlp.early import calibrate_margin
    >>> films = [Example("a gripping , funny and moving film", 1), Example("a dull mess", 0)]
    >>> found = calibrate_margin(load_classifier("mr"), films, steps=50, seed=0)
    >>> found.chosen.margin, found.chosen.accuracy, found.whole.steps
    (1, 1.0, 50.0)
    """
    classifier = classifier.with_margin(1).with_margin(None)  # refuses what can have none
    ids = [np.array(classifier.token_ids(example.text)) for example in examples]
    labels = np.array([example.label for example in examples])
    voter = pytorch_voter(classifier, steps, seed=seed, device=device)
    votes, lengths = votes_by_step(voter, ids, classifier.classes, advance)
    # Whatever the network makes of silence, it is no answer.
    votes[:, [not classifier.knows_a_word(sentence) for sentence in ids]] = 0

    def looked_at(margin: int | None) -> AtMargin:
        ends = lengths if margin is None else np.minimum(ends_of(votes, margin), lengths)
        return AtMargin(margin, accuracy(votes, ends, labels), float(ends.mean()))

    furthest = int((votes.max(axis=-1) - np.sort(votes, axis=-1)[..., -2]).max())
    return Margins(
        looked_at(calibrated(votes, labels)),
        looked_at(None),
        [looked_at(margin) for margin in LOOKED_AT if margin <= furthest],
    )


def calibrated(votes: np.ndarray, labels: np.ndarray) -> int:
    """Return the smallest margin with which no fewer sentences are right.

    Parameters
    ----------
    votes : numpy.ndarray of int, shape (steps, sentences, classes)
        Votes up to each step.
    labels : numpy.ndarray of int, shape (sentences,)
        Their classes.

    Returns
    -------
    int
        At least 1. One that nobody reaches leaves presentations whole.
    """
    whole = accuracy(votes, np.full(votes.shape[1], len(votes)), labels)
    margin = 1
    while accuracy(votes, ends_of(votes, margin), labels) < whole:
        margin += 1
    return margin


def accuracy(votes: np.ndarray, ends: np.ndarray, labels: np.ndarray) -> float:
    """Return which share of the sentences is right when presentations end after some steps.

    Parameters
    ----------
    votes, labels
        As of :func:`calibrated`.
    ends : numpy.ndarray of int, shape (sentences,)
        After how many steps each ends.

    Returns
    -------
    float
        From 0 to 1.
    """
    given = predict_labels(votes[ends - 1, np.arange(len(ends))])
    return float((given == labels).mean())
