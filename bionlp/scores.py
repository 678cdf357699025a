"""What answers are worth: accuracy, confusion, F1, and how far the input's noise moves them.

The label of a sentence is the class with the most votes
(:func:`bionlp.decision.predict_labels`). Where no class won, because the model knows no word of
the sentence, no output neuron fired, or there is a tie, the sentence is undecided: it is counted
apart, and never right.

Sentences are presented S times, each time as other Poisson spikes. Sentence i is right in c[i] of
the presentations, so that over sentences and presentations

    accuracy = mean of c[i],    standard error = sqrt(var(c) / n)
    flips = mean over sentences and pairs of presentations of whether two labels differ
    noise = sqrt(mean(c[i] (1 - c[i])) S / (S - 1) / n)

Where class i stands for the score i (STS-B), the score of an answer is the mean of the classes,
weighted by their votes v,

    score = sum of i v[i] / sum of v[i],

which a tie has, too. A sentence without a vote is scored by the middle of the scale, which speaks
for neither end; leaving such sentences out would make a correlation one of the easy sentences.

The standard error holds for other sentences of the kind. The noise is the part that remains if the
same n sentences are presented once more: the standard deviation of the accuracy over seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

import numpy as np

from bionlp.decision import (
    REASONS,
    TIE,
    UNDECIDED,
    UNKNOWN_WORDS,
    predict_labels,
    why_undecided,
)


def mean_class(votes: np.ndarray) -> np.ndarray:
    """Return the mean of the classes, weighted by their votes.

    Parameters
    ----------
    votes : numpy.ndarray of int, shape (..., classes)
        Output spikes of each class.

    Returns
    -------
    numpy.ndarray of float, shape (...)
        From 0 to the last class; NaN where there is no vote.
    """
    total = votes.sum(axis=-1)
    weighted = votes @ np.arange(votes.shape[-1])
    return np.divide(weighted, total, out=np.full(total.shape, np.nan), where=total > 0)


@dataclass(frozen=True)
class Evaluation:
    """How often a classifier was right.

    Attributes
    ----------
    labels, predictions : numpy.ndarray of int, shape (n,)
        The true class of each sentence, and the one it was given;
        :data:`bionlp.decision.UNDECIDED` where it was given none.
    reasons : tuple of str
        Why each of those that were given none is undecided, of :data:`bionlp.decision.REASONS`;
        empty where nobody asked.
    votes : numpy.ndarray of int, shape (n, classes), optional
        Output spikes of each class; none where it is no spiking network.
    true_scores : numpy.ndarray of float, shape (n,), optional
        The scores that labels were rounded from, where classes are whole scores.
    steps : numpy.ndarray of float, shape (n,), optional
        How long each presentation lasted.
    """

    labels: np.ndarray
    predictions: np.ndarray
    reasons: tuple[str, ...] = ()
    votes: np.ndarray | None = None
    true_scores: np.ndarray | None = None
    steps: np.ndarray | None = None

    def __repr__(self) -> str:
        right, undecided = int(self.right.sum()), int((self.predictions == UNDECIDED).sum())
        return f"<Evaluation of {self.n:,} sentences: {right:,} right, {undecided:,} undecided>"

    @property
    def n(self) -> int:
        """Number of sentences."""
        return len(self.labels)

    @property
    def classes(self) -> int:
        """Number of classes, as far as they are known here."""
        if self.votes is not None:
            return self.votes.shape[1]
        return int(max(self.labels.max(), self.predictions.max())) + 1

    @property
    def right(self) -> np.ndarray:
        """Whether each sentence was labelled rightly, shape (n,)."""
        return self.labels == self.predictions

    @property
    def accuracy(self) -> float:
        """Fraction of sentences labelled rightly; those that are undecided are not."""
        return float(self.right.mean())

    @property
    def standard_error(self) -> float:
        """Standard error of the accuracy, sqrt(p (1 - p) / n)."""
        return float(np.sqrt(self.accuracy * (1 - self.accuracy) / self.n))

    @cached_property
    def confusion(self) -> np.ndarray:
        """Sentences of each true class by the label given, shape (classes, classes + 1).

        The last column counts the undecided.
        """
        counts = np.zeros((self.classes, self.classes + 1), dtype=np.int64)
        # UNDECIDED is -1, the last column.
        np.add.at(counts, (self.labels, self.predictions), 1)
        return counts

    @property
    def support(self) -> np.ndarray:
        """Sentences of each class, shape (classes,)."""
        return self.confusion.sum(axis=1)

    @property
    def precision(self) -> np.ndarray:
        """Share of a class's labels that are right, shape (classes,); NaN if it is never given."""
        return _share(self.confusion.diagonal(), self.confusion[:, :-1].sum(axis=0))

    @property
    def recall(self) -> np.ndarray:
        """Share of a class's sentences that are found, shape (classes,); NaN if it has none."""
        return _share(self.confusion.diagonal(), self.support)

    @property
    def f1(self) -> np.ndarray:
        """2 TP / (2 TP + FP + FN) of each class, shape (classes,); NaN if it never occurs."""
        given = self.confusion[:, :-1].sum(axis=0)
        return _share(2 * self.confusion.diagonal(), given + self.support)

    @property
    def macro_f1(self) -> float:
        """Mean of F1 over the classes that occur, in the sentences or in the answers."""
        return float(np.nanmean(self.f1))

    @property
    def majority(self) -> float:
        """Accuracy of always answering the largest class."""
        return float(self.support.max() / self.n)

    def always_the_largest_class(self) -> Evaluation:
        """Return what the same sentences would show of always answering the largest class."""
        largest = np.full(self.n, self.support.argmax())
        votes = np.eye(self.classes, dtype=np.int64)[largest]
        return replace(self, predictions=largest, reasons=(), votes=votes)

    @property
    def unscored(self) -> np.ndarray:
        """Whether each sentence has no vote that counts, so that it has no score, shape (n,)."""
        if not self.reasons:
            return np.asarray(cast(np.ndarray, self.votes).sum(axis=1) == 0)
        without = np.zeros(self.n, dtype=bool)
        without[self.predictions == UNDECIDED] = [reason != TIE for reason in self.reasons]
        return without

    @property
    def given_scores(self) -> np.ndarray:
        """Score of each answer, shape (n,); the middle of the scale where there is no vote."""
        return np.where(
            self.unscored, (self.classes - 1) / 2, mean_class(cast(np.ndarray, self.votes))
        )

    @property
    def undecided(self) -> dict[str, int]:
        """Number of sentences that were given no class, for each of the reasons."""
        return {reason: self.reasons.count(reason) for reason in REASONS}

    @property
    def scores(self) -> dict[str, float]:
        """What is kept of it: accuracy, macro-F1, accuracy of the largest class, sentences."""
        return {
            "accuracy": self.accuracy,
            "macro_f1": self.macro_f1,
            "majority": self.majority,
            "n": self.n,
        }


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)


def judge(
    labels: np.ndarray,
    votes: np.ndarray,
    known: np.ndarray,
    true_scores: np.ndarray | None = None,
) -> Evaluation:
    """Compare votes with true classes.

    Parameters
    ----------
    labels : numpy.ndarray of int, shape (n,)
        The true class of each sentence.
    votes : numpy.ndarray of int, shape (n, classes)
        Output spikes of each class.
    known : numpy.ndarray of bool, shape (n,)
        Whether the model knows a word of the sentence.
    true_scores : numpy.ndarray of float, shape (n,), optional
        As of :class:`Evaluation`.

    Returns
    -------
    Evaluation
        What was right, and why some are undecided.
    """
    predictions = np.where(known, predict_labels(votes), UNDECIDED)
    reasons = tuple(
        str(why_undecided(votes[number])) if known[number] else UNKNOWN_WORDS
        for number in np.flatnonzero(predictions == UNDECIDED)
    )
    return Evaluation(labels, predictions, reasons, votes, true_scores)


@dataclass(frozen=True)
class Repeated:
    """Evaluations of the same sentences, presented with other seeds.

    Attributes
    ----------
    evaluations : sequence of Evaluation
        One a seed, at least one.
    """

    evaluations: Sequence[Evaluation]

    @cached_property
    def _right(self) -> np.ndarray:
        """Share of the presentations in which each sentence is right, shape (n,)."""
        return np.mean([evaluation.right for evaluation in self.evaluations], axis=0)

    @property
    def accuracy(self) -> float:
        """Mean over sentences and seeds."""
        return float(self._right.mean())

    @property
    def standard_error(self) -> float:
        """Standard error of the accuracy over sentences, the noise of the input included."""
        if len(self.evaluations) == 1:
            return self.evaluations[0].standard_error
        return float(self._right.std() / np.sqrt(len(self._right)))

    @property
    def noise(self) -> float | None:
        """Standard deviation of the accuracy over seeds; None for a single one."""
        seeds, right = len(self.evaluations), self._right
        if seeds == 1:
            return None
        within = (right * (1 - right)).mean() * seeds / (seeds - 1)
        return float(np.sqrt(within / len(right)))

    @property
    def flips(self) -> float | None:
        """How likely two presentations of a sentence have different labels; None for one seed."""
        seeds = len(self.evaluations)
        if seeds == 1:
            return None
        given = np.stack([evaluation.predictions for evaluation in self.evaluations])
        pairs = (given[:, None] != given[None]).sum(axis=(0, 1))
        return float(pairs.mean() / (seeds * (seeds - 1)))
