"""Answers of a teacher that is too slow to be asked in every lesson, given once and kept.

For each example x of the training split, and for a fixed number of new sentences that are pieced
together from them, the logarithm of p(class | x) is kept. A lesson is looked up in it:

    sentences of the batch, with the answers for them
    + new sentences, drawn among those that are no longer, with the answers for them

so it costs nothing, and any network that reads word ids can be taught.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import ConfigDict, JsonValue
from torch import Tensor

from bionlp.strict import Strict
from bionlp.training.batches import Batch, pad
from bionlp.training.corpus import Corpus
from bionlp.training.distillation import Lesson, Teachers
from bionlp.training.fit import History
from bionlp.training.origin import differences
from bionlp.training.state import Past, no_state, read_kept, refuse_others, write_state
from bionlp.vocabulary import PADDING


@dataclass(frozen=True)
class Answers:
    """Lessons with the answers of a teacher that were kept.

    Attributes
    ----------
    examples : Tensor of float32, shape (examples, classes)
        Logarithm of the probabilities for each example of the training split, in its order.
    pieces : Tensor of int64, shape (pieces, words)
        Word ids of new sentences, padded, the shortest first.
    of_pieces : Tensor of float32, shape (pieces, classes)
        The same for them.
    number : int
        New sentences for each sentence of a batch.
    history : dict
        How the training of the teacher went, epoch by epoch.
    colleagues : Teachers, optional
        Others, whose voices count as much as that of this teacher, each.
    """

    examples: Tensor
    pieces: Tensor
    of_pieces: Tensor
    number: int
    history: dict[str, list[float]]
    colleagues: Teachers | None = None

    def lesson(self, batch: Batch) -> Lesson:
        """Make a lesson, see :class:`~bionlp.training.distillation.Lessons`."""
        sentences, longest = batch.ids.shape
        fitting = int(np.searchsorted(self._lengths, longest, side="right"))
        chosen = torch.randint(max(fitting, 1), (self.number * sentences * bool(fitting),))
        new = self.pieces[chosen, :longest].numpy()
        ids = torch.from_numpy(pad([*batch.ids, *new]))
        answers = torch.cat([self.examples[batch.numbers], self.of_pieces[chosen]])
        if self.colleagues is not None:
            others = len(self.colleagues.models)
            said = self.colleagues.answers(ids).cpu()
            answers = (answers + others * said) / (1 + others)
        return Lesson(ids, torch.from_numpy(batch.labels), answers)

    def without_pieces(self) -> Answers:
        """Return the same without new sentences."""
        return replace(self, number=0)

    @cached_property
    def _lengths(self) -> np.ndarray:
        return lengths_of(self.pieces)

    @property
    def measured(self) -> dict[str, Any]:
        """How good the teacher was on dev, in which epoch, and how long it took."""
        history = History(**self.history)
        return {
            "teacher": {
                "best_epoch": history.best_epoch,
                "dev_accuracy": max(history.dev_accuracy),
                "seconds": round(sum(history.seconds), 1),
                "history": self.history,
            }
        }


def lengths_of(pieces: Tensor) -> np.ndarray:
    """Return how many words each padded sentence has, shape (pieces,)."""
    words = torch.arange(1, pieces.shape[1] + 1)
    return (words * (pieces != PADDING)).amax(1).numpy()


class _Kept(Strict):
    """What the file of answers has."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    origin: dict[str, JsonValue]
    history: Past
    examples: Tensor
    pieces: Tensor
    of_pieces: Tensor


def write_answers(path: Path, answers: Answers, origin: Mapping[str, Any]) -> None:
    """Keep answers, for a training that is interrupted.

    Parameters
    ----------
    path : Path
        The file.
    answers : Answers
        What was answered.
    origin : mapping of str to Any
        What the training is made with (:mod:`bionlp.training.origin`).

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    tensors = {name: getattr(answers, name) for name in ("examples", "pieces", "of_pieces")}
    write_state(path, origin=dict(origin), history=answers.history, **tensors)


def read_answers(path: Path, origin: Mapping[str, Any], corpus: Corpus, number: int) -> Answers:
    """Read answers that were kept, if they belong to a training.

    Parameters
    ----------
    path : Path
        The file.
    origin : mapping of str to Any
        What the training is made with.
    corpus : Corpus
        What was asked about.
    number : int
        New sentences for each sentence of a batch.

    Returns
    -------
    Answers
        They.

    Raises
    ------
    CheckpointError
        If the file is damaged, or of another training.
    """
    kept = read_kept(path, _Kept)
    refuse_others(path, differences(kept.origin, origin))
    pieces, classes = kept.pieces, corpus.classes
    if kept.examples.shape != (len(corpus.train), classes) or not _are_answers(kept.examples):
        raise no_state(path, "examples: not one answer for each")
    words = pieces.dtype == torch.int64 and pieces.ndim == 2 and pieces.shape[1] > 0
    known = words and bool(((pieces >= 0) & (pieces <= len(corpus.vocabulary))).all())
    if not known or (np.diff(lengths_of(pieces)) < 0).any():
        raise no_state(path, "pieces: no words of the vocabulary, the shortest first")
    if kept.of_pieces.shape != (len(pieces), classes) or not _are_answers(kept.of_pieces):
        raise no_state(path, "of_pieces: not one answer for each")
    history = kept.history.model_dump()
    return Answers(kept.examples, pieces, kept.of_pieces, number, history)


def _are_answers(values: Tensor) -> bool:
    return values.dtype == torch.float32 and bool((values <= 0).all() and values.isfinite().all())
