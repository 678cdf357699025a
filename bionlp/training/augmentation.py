"""Augmentation: pupils read some words of their lessons replaced by synonyms.

Whoever attacks a classifier puts synonyms for words until its label changes. A network that has
learnt from sentences with random synonyms in them is harder to lead astray (Ye, Gong & Liu 2020,
SAFER, section 3). Each word w of a lesson that the vocabulary knows becomes

    w with probability 1 - p, else one of N(w), all of them being equally likely,

where N(w) are its neighbours among counter-fitted vectors that the vocabulary knows, too: the very
words that attacks propose (:mod:`bionlp.attacks.parts.synonyms`). Function words, and words without
such a neighbour, stay. So do labels, and what teachers said of the sentence before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bionlp.attacks.parts.candidates import NUMBER
from bionlp.attacks.parts.stopwords import is_place
from bionlp.attacks.parts.synonyms import open_synonyms
from bionlp.errors import UsageError
from bionlp.training.batches import Batch
from bionlp.training.corpus import Corpus
from bionlp.training.distillation import Lesson, Lessons
from bionlp.training.settings import SYNONYMS, TrainingSettings
from bionlp.vocabulary import PADDING, Vocabulary

LANGUAGE = "en"
"""Of the table of synonyms that comes with the package."""


class Replacements:
    """Words that may stand for each other, drawn at random.

    Parameters
    ----------
    neighbours : numpy.ndarray of int64, shape (words + 1, most)
        The ids of the neighbours of each word, in front; the rest of a row is padding.
    share : float
        Probability that a word with neighbours is replaced.
    """

    def __init__(self, neighbours: np.ndarray, share: float):
        self._neighbours = torch.from_numpy(neighbours)
        self._counts = (self._neighbours != PADDING).sum(1)
        self._share = share

    def draw(self, ids: Tensor) -> Tensor:
        """Replace words.

        Parameters
        ----------
        ids : Tensor of int64
            Word ids.

        Returns
        -------
        Tensor of int64
            Others; random choices come from PyTorch's generator.
        """
        counts = self._counts[ids]
        chosen = (torch.rand(ids.shape) < self._share) & (counts > 0)
        # A product in single precision may be rounded up to the count itself.
        places = (torch.rand(ids.shape) * counts).long().minimum((counts - 1).clamp(min=0))
        return torch.where(chosen, self._neighbours[ids, places], ids)


@dataclass(frozen=True)
class Augmented:
    """Lessons in which words are replaced after everything was said of them.

    Attributes
    ----------
    lessons : Lessons
        As they are without it.
    replacements : Replacements
        What words may become.
    """

    lessons: Lessons
    replacements: Replacements

    def lesson(self, batch: Batch) -> Lesson:
        """Make a lesson of a batch, see :class:`~bionlp.training.distillation.Lessons`."""
        lesson = self.lessons.lesson(batch)
        return replace(lesson, ids=self.replacements.draw(lesson.ids))

    def without_pieces(self) -> Augmented:
        """Return the same without new sentences."""
        return replace(self, lessons=self.lessons.without_pieces())

    @property
    def measured(self) -> dict[str, Any]:
        """What was measured of teachers, for the record of the training."""
        return self.lessons.measured


def augmented(lessons: Lessons, corpus: Corpus, settings: TrainingSettings) -> Lessons:
    """Have words of lessons replaced, if the settings want it.

    Parameters
    ----------
    lessons : Lessons
        What is taught.
    corpus : Corpus
        Gives vocabulary and language.
    settings : TrainingSettings
        Say what words become, and how many of them.

    Returns
    -------
    Lessons
        The same with replaced words, or as they were.

    Raises
    ------
    UsageError
        If there are no synonyms for the language.
    """
    check_augmentation(corpus.dataset.language, settings)
    if settings.augment != SYNONYMS:
        return lessons
    neighbours = neighbour_ids(corpus.vocabulary, corpus.dataset.language)
    return Augmented(lessons, Replacements(neighbours, settings.augment_share))


def check_augmentation(language: str, settings: TrainingSettings) -> None:
    """See that there are synonyms for a language, if the settings want some.

    Raises
    ------
    UsageError
        If not.
    """
    if settings.augment == SYNONYMS and language != LANGUAGE:
        raise UsageError(
            f"augment {SYNONYMS!r} knows English alone, and the dataset is in language "
            f"{language!r}; set augment to 'none'"
        )


def neighbour_ids(vocabulary: Vocabulary, language: str) -> np.ndarray:
    """Look the neighbours of all words up.

    Parameters
    ----------
    vocabulary : Vocabulary
        The words.
    language : {"en"}
        Their language.

    Returns
    -------
    numpy.ndarray of int64, shape (words + 1, most)
        Ids of the neighbours of each word that are in the vocabulary, nearest first; the rest of a
        row is padding. Row 0, unknown words, has none.
    """
    synonyms = open_synonyms(None, language, NUMBER)
    table = np.full((len(vocabulary) + 1, NUMBER), PADDING)
    for row, word in zip(table[1:], vocabulary.words, strict=True):
        near = synonyms.propose([word], 0) if is_place(word, language) else []
        known = [number for number in vocabulary.ids(near) if number != PADDING]
        row[: len(known)] = known
    return table
