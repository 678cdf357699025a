r"""The search for words that change a label.

Greedy, as all attacks here are. Words are visited in the order of what their silence costs the true
class,

    importance[i] = F(x) - F(x without word i)          (TextFooler, TextBugger, BERT-Attack)

and at each place the candidate is taken that makes the label another one, the most similar of them
if there are several, or else the one that leaves the true class least. Or the order is that of
(Ren et al. 2019, PWWS)

    softmax(importance)[i] * max over candidates w of (F(x) - F(x with w at i))

and each place has its best candidate of the original sentence. F is the true class's probability,
or its share of the votes with one more for each class: 200 votes to none are more than 50 to none.

A search does not end where the label first is another one: it goes on, from there, until most of
fresh presentations are wrong. So one search tells what a query a text can do, and what insisting
can; and with at most a smaller share of the words, its beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from bionlp.attacks.constraints import Constraints, Text
from bionlp.attacks.noise import INSISTING
from bionlp.attacks.parts.candidates import Candidates
from bionlp.attacks.victims import Reading, Victim, label_of

CHECKS, WRONG = 8, 7
"""An attack that insists wants so many of so many fresh presentations to be wrong."""


@dataclass(frozen=True)
class Stage:
    """A sentence on the way.

    Attributes
    ----------
    text : Text
        As it was then.
    changed : tuple of int
        Places of the words that are other ones.
    label : int
        What the victim said, under the noise of the search.
    similarity : float
        Cosine with the original.
    queries : int
        Asked until then.
    lasting : bool or None
        Whether enough fresh presentations were wrong, too; None while the label is the true one.
    """

    text: Text
    changed: tuple[int, ...]
    label: int
    similarity: float
    queries: int
    lasting: bool | None


@dataclass
class Trace:
    """What a search came to.

    Attributes
    ----------
    original : Text
        The sentence.
    true : int
        Its class.
    label : int
        What the victim said of it.
    stages : list of Stage
        One for each word that was replaced; none if the label was wrong from the beginning.
    queries : int
        Asked in all, without those of fresh presentations.
    """

    original: Text
    true: int
    label: int
    stages: list[Stage] = field(default_factory=list)
    queries: int = 0

    def first(self, most: int) -> Stage | None:
        """Return the first stage with another label, if so few changes are enough."""
        return next((s for s in self._within(most) if s.label != self.true), None)

    def lasting(self, most: int) -> Stage | None:
        """Return the first stage that most of the fresh presentations get wrong."""
        return next((s for s in self._within(most) if s.lasting), None)

    def asked(self, most: int) -> int:
        """Return the queries until the first success with so many changes, or until they end."""
        found = self.first(most)
        if found:
            return found.queries
        beyond = (s.queries for s in self.stages if len(s.changed) > most)
        return min(beyond, default=self.queries)

    def _within(self, most: int) -> Iterator[Stage]:
        return (stage for stage in self.stages if len(stage.changed) <= most)


Order = Callable[["Search"], Iterator[tuple[int, list[tuple[str, float]]]]]
"""Yields places, each with what may stand there."""


class Search:
    """An attack on one sentence.

    Parameters
    ----------
    victim : Victim
        Who is attacked.
    number : int
        Of the sentence in its split.
    text : Text
        The sentence.
    true : int
        Its class.
    candidates : Candidates
        What words may be replaced by.
    constraints : Constraints
        What is allowed of it.
    most_changes, most_queries : int
        Where the search ends.
    """

    def __init__(
        self,
        victim: Victim,
        number: int,
        text: Text,
        true: int,
        candidates: Candidates,
        constraints: Constraints,
        *,
        most_changes: int,
        most_queries: int,
    ):
        self.victim, self.number, self.text, self.true = victim, number, text, true
        self.candidates, self.constraints = candidates, constraints
        self.original = text
        self.changed: tuple[int, ...] = ()
        self.most_changes, self.most_queries = most_changes, most_queries
        self.reading: Reading = victim.read(text.words, number)
        scores = self.reading.answer()
        self.share = float(scores[true])
        self.trace = Trace(text, true, int(label_of(scores)))

    def run(self, order: Order) -> Trace:
        """Replace words in an order until fresh presentations are wrong, or nothing is left."""
        if self.trace.label == self.true:
            for place, allowed in order(self):
                self._replace(place, allowed)
                if self._is_over():
                    break
        self.trace.queries = self.reading.queries
        return self.trace

    def places(self) -> list[int]:
        """Return the places of words that may be replaced and are read."""
        return [p for p in self.constraints.places(self.text) if p < self.victim.length]

    def importance(self, places: Sequence[int]) -> np.ndarray:
        """Return what the silence of each place costs the true class, shape (places,)."""
        answers = self.reading.answers([(place, None) for place in places])
        return self.share - answers[:, self.true]

    def allowed(self, place: int) -> list[tuple[str, float]]:
        """Return what may stand at a place now, with the similarity that it leaves."""
        words = self.candidates.propose(self.original.words, place)
        return self.constraints.allowed(self.original, self.text, place, words)

    def affordable(self, wanted: int) -> int:
        """Return how many of some queries may still be asked."""
        return max(min(wanted, self.most_queries - self.reading.queries), 0)

    def _is_over(self) -> bool:
        stages = self.trace.stages
        return (
            bool(stages and stages[-1].lasting)
            or len(self.changed) >= self.most_changes
            or self.reading.queries >= self.most_queries
        )

    def _replace(self, place: int, allowed: Sequence[tuple[str, float]]) -> None:
        """Replace a word by the best of what is allowed, if that helps."""
        allowed = allowed[: self.affordable(len(allowed))]
        if not allowed:
            return
        answers = self.reading.answers([(place, word) for word, _ in allowed])
        labels, shares = label_of(answers), answers[:, self.true]
        best = int(shares.argmin())
        wrong: Sequence[int] | np.ndarray = (
            [] if self._has_succeeded else np.flatnonzero(labels != self.true)
        )
        if len(wrong):
            best = int(max(wrong, key=lambda row: allowed[row][1]))
        if len(wrong) or shares[best] < self.share:
            self._take(place, *allowed[best], int(labels[best]), float(shares[best]))

    def _take(self, place: int, word: str, similarity: float, label: int, share: float) -> None:
        self.reading.change(place, word)
        self.text = self.text.replaced(place, word)
        self.changed = (*self.changed, place)
        self.share = share
        lasting = None if label == self.true else self._lasts()
        self.trace.stages.append(
            Stage(self.text, self.changed, label, similarity, self.reading.queries, lasting)
        )

    def _lasts(self) -> bool:
        labels = self.victim.draws([self.text.words], self.number, INSISTING, CHECKS)[0]
        return bool((labels != self.true).mean() >= WRONG / CHECKS)

    @property
    def _has_succeeded(self) -> bool:
        return any(stage.label != self.true for stage in self.trace.stages)


def by_importance(search: Search) -> Iterator[tuple[int, list[tuple[str, float]]]]:
    """Visit the most important word first; what may stand there depends on what came before."""
    places = search.places()
    places = places[: search.affordable(len(places))]
    if not places:
        return
    importance = search.importance(places)
    for rank in np.argsort(-importance, kind="stable"):
        yield places[rank], search.allowed(places[rank])


def by_saliency(search: Search) -> Iterator[tuple[int, list[tuple[str, float]]]]:
    """Visit words in the order of PWWS, each with its best candidate (Ren et al. 2019, eq. 8)."""
    places = search.places()
    places = places[: search.affordable(len(places))]
    if not places:
        return
    importance = search.importance(places)
    weights = np.exp(importance - importance.max())
    found = []
    for place, weight in zip(places, weights / weights.sum(), strict=True):
        allowed = search.allowed(place)
        allowed = allowed[: search.affordable(len(allowed))]
        if allowed:
            answers = search.reading.answers([(place, word) for word, _ in allowed])
            gains = search.share - answers[:, search.true]
            best = int(gains.argmax())
            found.append((weight * gains[best], place, allowed[best][0]))
    for _, place, word in sorted(found, key=lambda entry: -entry[0]):
        yield place, search.constraints.allowed(search.original, search.text, place, [word])


ORDERS: dict[str, Order] = {"importance": by_importance, "saliency": by_saliency}
"""The orders by name."""
