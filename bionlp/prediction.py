"""Labels for texts as they come, by PyTorch or by Brian 2, in memory that does not grow.

Texts are presented in chunks. The spikes of each are seeded by (seed, its number), counted from 0,
so an answer does not depend on the chunk. Brian 2 draws its own spikes from that seed, so its votes
are those of ``simulate`` and not those of PyTorch, which are those of ``evaluate``. What has no
answer says why, and does not end the job.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, cast

import numpy as np

from bionlp.classifier import TextClassifier
from bionlp.datasets.model import Question
from bionlp.decision import (
    UNDECIDED,
    UNKNOWN_WORDS,
    WORDS_OF_REASONS,
    Counted,
    predict_labels,
    why_undecided,
)
from bionlp.errors import EmptyTextError, TextError, UnknownWordsError
from bionlp.scores import mean_class
from bionlp.sentences import Sentence

if TYPE_CHECKING:
    import torch

    from bionlp.engine import Engine
    from bionlp.workers import Workers

CHUNK = 256
"""Texts that are presented together."""

UNREADABLE, EMPTY = "unreadable", "empty"
WHY_NO_LABEL = WORDS_OF_REASONS | {
    UNREADABLE: "it could not be read",
    EMPTY: "there is no word in it",
}
"""Why a text has no label, in words."""


@dataclass(frozen=True)
class Answer:
    """What a classifier says of a text.

    Attributes
    ----------
    question : Question
        The text.
    label : int or None
        Index of the class that won.
    reason : str or None
        Why none did: a key of :data:`WHY_NO_LABEL`.
    message : str or None
        The same for a person.
    votes : tuple of int or None
        Output spikes of each class; none if it was not presented.
    probabilities : tuple of float or None
        Of each class; none without a label, or where the model is not calibrated for presentations
        of this length.
    unknown : tuple of str
        Words that the model does not know.
    cut : int
        Words beyond the length of the network, left out.
    score : float or None
        Mean of the classes, weighted by their votes, where classes are whole scores; none without a
        vote.
    steps : float or None
        How long it was presented, where that may have ended early.
    unpaired : bool
        Whether the model compares two sentences, and the text is not two of them.
    """

    question: Question
    label: int | None = None
    reason: str | None = None
    message: str | None = None
    votes: tuple[int, ...] | None = None
    probabilities: tuple[float, ...] | None = None
    unknown: tuple[str, ...] = ()
    cut: int = 0
    score: float | None = None
    steps: float | None = None
    unpaired: bool = False

    @property
    def confidence(self) -> float | None:
        """Probability that the label is right, if that is known."""
        return None if self.probabilities is None else self.probabilities[cast(int, self.label)]


def predict(
    classifier: TextClassifier,
    questions: Iterable[Question],
    *,
    steps: int | None = None,
    seed: int = 0,
    engine: Engine | None = None,
    workers: Workers | None = None,
    device: torch.device | str = "cpu",
    chunk: int = CHUNK,
) -> Iterator[Answer]:
    """Label texts, one after the other.

    Parameters
    ----------
    classifier : TextClassifier
        The model.
    questions : iterable of Question
        The texts; only a chunk of them is held, or a few for each worker.
    steps : int, optional
        Length of a presentation, by default that which the model was trained for.
    seed : int
        Of the input spikes.
    engine : Engine, optional
        How Brian 2 runs the network; PyTorch without it.
    workers : Workers, optional
        A cluster that Brian 2 runs on (:mod:`bionlp.cluster`); this process without it.
    device : torch.device or str
        Where PyTorch computes.
    chunk : int
        Texts that are presented together; no answer depends on it.

    Yields
    ------
    Answer
        In the order of the questions.

    Raises
    ------
    BackendError
        If the backend cannot run here.

    Examples
    --------
    >>> from bionlp import load_classifier, predict
    >>> from bionlp.datasets.model import Question
    >>> model = load_classifier("mr")
    >>> (answer,) = predict(model, [Question(1, "a gripping , funny and moving film")], seed=0)
    >>> model.label_names[answer.label]
    'positive'
    """
    steps = steps or classifier.steps
    chunks = _chunks(classifier, iter(questions), chunk)
    if engine is None:
        counted = _by_pytorch(classifier, chunks, steps, seed, device)
    else:
        from bionlp.engine import as_run

        classifier = as_run(classifier, engine)
        counted = _by_brian(classifier, chunks, steps, seed, engine, workers)
    for some, found in counted:
        yield from _answers(classifier, some, found, steps)


@dataclass(frozen=True)
class _Chunk:
    """Texts that are presented together: each as a sentence, or with its answer if it is none."""

    questions: list[Question]
    read: list[Sentence | Answer]

    @property
    def _presented(self) -> list[tuple[int, Sentence]]:
        both = zip(self.questions, self.read, strict=True)
        return [(asked.number - 1, found) for asked, found in both if isinstance(found, Sentence)]

    @property
    def numbers(self) -> list[int]:
        """What the spikes of each sentence are seeded by."""
        return [number for number, _ in self._presented]

    @property
    def ids(self) -> list[np.ndarray]:
        """The words of each sentence."""
        return [sentence.ids for _, sentence in self._presented]


Results = Iterator[tuple[_Chunk, Counted]]
"""Texts, and the votes of their sentences."""


def _chunks(
    classifier: TextClassifier, questions: Iterator[Question], size: int
) -> Iterator[_Chunk]:
    while some := list(islice(questions, size)):
        yield _Chunk(some, [_read(classifier, question) for question in some])


def _answers(
    classifier: TextClassifier, chunk: _Chunk, counted: Counted, steps: int
) -> Iterator[Answer]:
    presented = zip(counted.votes, counted.steps, strict=True)
    for question, found in zip(chunk.questions, chunk.read, strict=True):
        if isinstance(found, Answer):
            yield found
        else:
            yield _judged(classifier, question, found, *next(presented), steps)


def _read(classifier: TextClassifier, question: Question) -> Sentence | Answer:
    if question.fault:
        return Answer(question, reason=UNREADABLE, message=question.fault)
    try:
        return classifier.read(question.text)
    except EmptyTextError:
        reason = EMPTY
    except UnknownWordsError:
        reason = UNKNOWN_WORDS
    except TextError as error:
        return Answer(question, reason=UNREADABLE, message=str(error))
    return Answer(question, reason=reason, message=WHY_NO_LABEL[reason])


def _judged(
    classifier: TextClassifier,
    question: Question,
    sentence: Sentence,
    votes: np.ndarray,
    lasted: float,
    steps: int,
) -> Answer:
    label = int(predict_labels(votes))
    reason = why_undecided(votes) if label == UNDECIDED else None
    probabilities = None if reason else classifier.probabilities(votes, steps)
    return Answer(
        question,
        label=None if reason else label,
        reason=reason,
        message=WHY_NO_LABEL[reason] if reason else None,
        votes=tuple(votes.tolist()),
        probabilities=None if probabilities is None else tuple(probabilities.tolist()),
        unknown=sentence.unknown,
        cut=sentence.cut,
        score=float(mean_class(votes)) if classifier.scored and votes.any() else None,
        steps=None if classifier.margin is None else float(lasted),
        unpaired=sentence.unpaired,
    )


def _by_pytorch(
    classifier: TextClassifier,
    chunks: Iterable[_Chunk],
    steps: int,
    seed: int,
    device: torch.device | str,
) -> Results:
    from bionlp.evaluation import pytorch_counter

    count = pytorch_counter(classifier, steps, seed=seed, device=device)
    none = Counted(np.zeros((0, classifier.classes), dtype=np.int64), np.zeros(0))
    for some in chunks:
        yield some, count(some.ids, some.numbers) if some.ids else none


def _by_brian(
    classifier: TextClassifier,
    chunks: Iterator[_Chunk],
    steps: int,
    seed: int,
    engine: Engine,
    workers: Workers | None,
) -> Results:
    from bionlp.votes import VoteCounter, read_rows
    from bionlp.workers import Processes, in_order

    first = list(islice(chunks, 1))
    engine = engine.chosen(len(first[0].questions) if first else 1)
    words = None if classifier.word_a_step else classifier.length
    counter = VoteCounter(classifier, steps, engine, words)
    given: deque[_Chunk] = deque()

    def tasks() -> Iterator[tuple[list[np.ndarray], list[int], int]]:
        for some in chain(first, chunks):
            given.append(some)
            yield some.ids, some.numbers, seed

    for rows in in_order((workers or Processes()).run(counter, tasks())):
        yield given.popleft(), read_rows(rows, engine)
