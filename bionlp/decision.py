"""From votes to labels: the class that has the most, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

UNDECIDED = -1
"""The label of a sentence that no class won."""

UNKNOWN_WORDS, SILENT, TIE = REASONS = ("unknown_words", "silent", "tie")
"""Why a sentence is undecided: it has no word that the model knows, no output neuron fired, or
several classes have the most votes."""

WORDS_OF_REASONS = {
    UNKNOWN_WORDS: "the model knows none of its words",
    SILENT: "no output neuron fired",
    TIE: "no class has more output spikes than all others",
}


@dataclass(frozen=True)
class Counted:
    """What is kept of presentations.

    Attributes
    ----------
    votes : numpy.ndarray of int, shape (sentences, classes)
        Output spikes of each class.
    steps : numpy.ndarray of float, shape (sentences,)
        How long each presentation lasted, in the steps that the network was trained with.
    """

    votes: np.ndarray
    steps: np.ndarray


def predict_labels(votes: np.ndarray) -> np.ndarray:
    """Return the class whose neurons fired most often.

    Parameters
    ----------
    votes : numpy.ndarray of int, shape (..., classes)
        Output spikes of each class over a whole presentation.

    Returns
    -------
    numpy.ndarray of int, shape (...)
        The labels; :data:`UNDECIDED` where several classes have the most votes, or none has any.
    """
    most = votes == votes.max(axis=-1, keepdims=True)
    decided = (most.sum(axis=-1) == 1) & votes.any(axis=-1)
    return np.where(decided, most.argmax(axis=-1), UNDECIDED)


def why_undecided(votes: np.ndarray) -> str | None:
    """Say why votes decide nothing.

    Parameters
    ----------
    votes : numpy.ndarray of int, shape (classes,)
        Output spikes of each class over a whole presentation.

    Returns
    -------
    str or None
        :data:`SILENT`, :data:`TIE`, or None if a class won.
    """
    if predict_labels(votes) != UNDECIDED:
        return None
    return TIE if votes.any() else SILENT
