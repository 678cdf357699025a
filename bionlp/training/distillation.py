"""Distillation: original TextCNNs teach the networks that become spiking ones.

From a few thousand sentences, a network that averages over positions learns less than one that
takes the maximum, although it could say almost the same: it lacks examples, not expression. So
some original TextCNNs are trained first. They label the training sentences and new ones that are
pieced together from them, and the pupil learns what they say (Hinton, Vinyals & Dean 2015;
Tang et al. 2019, section 3.2),

    L = T^2 KL(p || softmax(z / T)) over sentences and pieces + (1 / 2) CE(z, label) over sentences
    p = softmax(mean over teachers of log softmax(y) / T)

where z are the logits of the pupil, or its votes in each step, and y those of a teacher.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from bionlp.training.batches import Batch, Encoded, pad
from bionlp.vocabulary import PADDING
from networks.textcnn import TextCNN

TEMPERATURE = 2.0
LABELS_WEIGHT = 0.5
SHORTEST = 3
"""Words of the shortest span, if the sentence has so many."""
JOINED = 0.3
"""Share of the pieces that are two spans."""
GAPPY = 0.5
"""Share of the pieces that miss words."""
GAPS = 0.1
"""Share of the words that those miss."""


@dataclass(frozen=True)
class Lesson:
    """What one step of training learns from.

    Attributes
    ----------
    ids : Tensor of int, shape (sentences, words)
        Word ids, padded; those with a label come first.
    labels : Tensor of int, shape (labelled,)
        Classes of the first ones.
    answers : Tensor or None, shape (sentences, classes)
        Mean logarithm of the probabilities that teachers give the classes.
    """

    ids: Tensor
    labels: Tensor
    answers: Tensor | None = None

    def to(self, device: torch.device) -> Lesson:
        """Return the same on a device."""
        answers = None if self.answers is None else self.answers.to(device)
        return Lesson(self.ids.to(device), self.labels.to(device), answers)

    def loss(self, logits: Tensor) -> Tensor:
        """Return the loss of a pupil's answers.

        Parameters
        ----------
        logits : Tensor, shape (..., sentences, classes)
            Of every sentence, in every step if there are steps.

        Returns
        -------
        Tensor
            The mean over sentences and steps.
        """
        labelled = logits[..., : len(self.labels), :]
        labels = self.labels.expand(labelled.shape[:-1])
        entropy = functional.cross_entropy(labelled.flatten(0, -2), labels.flatten())
        if self.answers is None:
            return entropy
        target = (self.answers / TEMPERATURE).softmax(-1).expand_as(logits)
        given = (logits / TEMPERATURE).log_softmax(-1)
        divergence = functional.kl_div(given, target, reduction="none").sum(-1).mean()
        return TEMPERATURE**2 * divergence + LABELS_WEIGHT * entropy


class Lessons(Protocol):
    """What makes lessons; any network that reads word ids can be taught by it."""

    def lesson(self, batch: Batch) -> Lesson:
        """Make a lesson of a batch.

        Parameters
        ----------
        batch : Batch
            Sentences with labels, of the training split.

        Returns
        -------
        Lesson
            These and perhaps new ones, and what teachers say of all. Random choices come from
            PyTorch's generator, which training seeds in each epoch.
        """

    def without_pieces(self) -> Lessons:
        """Return the same without new sentences."""

    @property
    def measured(self) -> dict[str, Any]:
        """What was measured of teachers, for the record of the training."""


@dataclass(frozen=True)
class Labels:
    """Lessons of nothing but the labels."""

    def lesson(self, batch: Batch) -> Lesson:
        """Make a lesson of a batch, see :class:`Lessons`."""
        return Lesson(torch.from_numpy(batch.ids), torch.from_numpy(batch.labels))

    def without_pieces(self) -> Labels:
        """Return the same; there are none."""
        return self

    @property
    def measured(self) -> dict[str, Any]:
        """Nothing."""
        return {}


@dataclass(frozen=True)
class Teachers:
    """Trained networks that answer for sentences without a label.

    Attributes
    ----------
    models : sequence of TextCNN
        The teachers.
    train : Encoded
        Sentences that new ones are pieced together from.
    pieces : int
        New sentences for each sentence of a batch, no longer than the longest of them.
    """

    models: Sequence[TextCNN]
    train: Encoded
    pieces: int

    def lesson(self, batch: Batch) -> Lesson:
        """Make a lesson with new sentences, different each time, see :class:`Lessons`."""
        rng = np.random.default_rng(int(torch.randint(2**62, ()).item()))
        sentences, longest = batch.ids.shape
        new = piece_together(self.train.ids, self.pieces * sentences, longest, rng)
        ids = torch.from_numpy(pad([*batch.ids, *new]))
        return Lesson(ids, torch.from_numpy(batch.labels), self.answers(ids))

    @torch.no_grad()
    def answers(self, ids: Tensor) -> Tensor:
        """Ask all teachers.

        Parameters
        ----------
        ids : Tensor of int64, shape (sentences, words)
            Word ids, padded.

        Returns
        -------
        Tensor, shape (sentences, classes)
            Mean logarithm of the probabilities that they give the classes.
        """
        ids = ids.to(next(self.models[0].parameters()).device)
        return torch.stack([model(ids).log_softmax(-1) for model in self.models]).mean(0)

    def without_pieces(self) -> Teachers:
        """Return the same without new sentences."""
        return replace(self, pieces=0)

    @property
    def measured(self) -> dict[str, Any]:
        """Nothing."""
        return {}


def piece_together(
    sentences: Sequence[np.ndarray], count: int, longest: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Make sentences of spans of others; some are two spans, some miss words.

    Parameters
    ----------
    sentences : sequence of numpy.ndarray of int, shape (words,)
        Word ids.
    count : int
        How many to make.
    longest : int
        Words that they are cut to.
    rng : numpy.random.Generator
        Chooses.

    Returns
    -------
    list of numpy.ndarray of int, shape (words,)
        Word ids, 0 where a word is missing.
    """
    made = []
    for _ in range(count):
        piece = _span(sentences, SHORTEST, rng)
        if rng.random() < JOINED:
            piece = np.concatenate([piece, _span(sentences, 1, rng)])
        piece = piece[:longest]
        if rng.random() < GAPPY:
            piece[rng.random(len(piece)) < GAPS] = PADDING
        made.append(piece)
    return made


def _span(sentences: Sequence[np.ndarray], shortest: int, rng: np.random.Generator) -> np.ndarray:
    sentence = sentences[int(rng.integers(len(sentences)))]
    words = rng.integers(min(shortest, len(sentence)), len(sentence) + 1)
    first = rng.integers(len(sentence) - words + 1)
    return sentence[first : first + words].copy()
