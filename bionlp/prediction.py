"""Labels for texts as they come, by PyTorch or by Brian 2, in memory that does not grow.

Texts are presented in chunks. The spikes of each are seeded by (seed, its number), counted from 0,
so an answer does not depend on the chunk. Brian 2 draws its own spikes from that seed, so its votes
are those of ``simulate`` and not those of PyTorch, which are those of ``evaluate``. What has no
answer says why, and does not end the job.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
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
    predict_labels,
    why_undecided,
)
from bionlp.errors import EmptyTextError, TextError, UnknownWordsError
from bionlp.scores import mean_class
from bionlp.sentences import Sentence

if TYPE_CHECKING:
    import torch

    from bionlp.engine import Engine

CHUNK = 256
"""Texts that are presented together."""

UNREADABLE, EMPTY = "unreadable", "empty"
WHY_NO_LABEL = WORDS_OF_REASONS | {
    UNREADABLE: "it could not be read",
    EMPTY: "there is no word in it",
}
"""Why a text has no label, in words."""

Counter = Callable[[Sequence[Sentence], Sequence[int]], np.ndarray]
"""From sentences and their numbers to their votes, shape (sentences, classes)."""


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
    device: torch.device | str = "cpu",
    chunk: int = CHUNK,
) -> Iterator[Answer]:
    """Label texts, one after the other.

    Parameters
    ----------
    classifier : TextClassifier
        The model.
    questions : iterable of Question
        The texts; only a chunk of them is held.
    steps : int, optional
        Length of a presentation, by default that which the model was trained for.
    seed : int
        Of the input spikes.
    engine : Engine, optional
        How Brian 2 runs the network; PyTorch without it.
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
    chunks = _chunks(iter(questions), chunk)
    if engine is None:
        count = _by_pytorch(classifier, steps, seed, device)
        for some in chunks:
            yield from _answers(classifier, some, count, steps)
        return
    from bionlp.engine import as_run, backend_errors

    classifier = as_run(classifier, engine)
    first = next(chunks, [])
    engine = engine.chosen(max(len(first), 1))
    with backend_errors(), closing(_ByBrian(classifier, steps, seed, engine)) as counter:
        for some in chain([first], chunks):
            yield from _answers(classifier, some, counter.count, steps)


def _chunks(questions: Iterator[Question], size: int) -> Iterator[list[Question]]:
    while some := list(islice(questions, size)):
        yield some


def _answers(
    classifier: TextClassifier, chunk: Sequence[Question], count: Counter, steps: int
) -> Iterator[Answer]:
    read = [_read(classifier, question) for question in chunk]
    places = [place for place, found in enumerate(read) if isinstance(found, Sentence)]
    votes = {}
    if places:
        sentences = [cast(Sentence, read[place]) for place in places]
        counted = count(sentences, [chunk[n].number - 1 for n in places])
        votes = dict(zip(places, counted, strict=True))
    for place, (question, found) in enumerate(zip(chunk, read, strict=True)):
        if isinstance(found, Answer):
            yield found
        else:
            yield _judged(classifier, question, found, votes[place], steps)


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
        unpaired=sentence.unpaired,
    )


def _by_pytorch(
    classifier: TextClassifier, steps: int, seed: int, device: torch.device | str
) -> Counter:
    from bionlp.evaluation import pytorch_counter

    by_ids = pytorch_counter(classifier, steps, seed=seed, device=device)

    def count(sentences: Sequence[Sentence], numbers: Sequence[int]) -> np.ndarray:
        return by_ids([sentence.ids for sentence in sentences], numbers)

    return count


class _ByBrian:
    """The network in Brian 2, built at the first sentences and kept for all others."""

    def __init__(self, classifier: TextClassifier, steps: int, seed: int, engine: Engine):
        from bionlp.votes import VoteCounter

        self._classifier, self._steps, self._seed = classifier, steps, seed
        self._parts = engine.parts
        words = None if classifier.word_a_step else classifier.length
        self._counter = VoteCounter(classifier.network, engine, words)

    def count(self, sentences: Sequence[Sentence], numbers: Sequence[int]) -> np.ndarray:
        """Return the votes of some sentences, shape (sentences, classes)."""
        from bionlp.simulation import stimulus_of

        ids = [sentence.ids for sentence in sentences]
        stimulus = stimulus_of(
            self._classifier, ids, self._steps, numbers, seed=self._seed, parts=self._parts
        )
        return self._counter.count(stimulus, self._seed)

    def close(self) -> None:
        """Free the network."""
        self._counter.close()
