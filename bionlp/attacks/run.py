"""Attacks on many sentences, each by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bionlp.attacks.constraints import Constraints, Text
from bionlp.attacks.noise import JUDGING
from bionlp.attacks.outcomes import Adversarial, Outcome
from bionlp.attacks.parts.candidates import Candidates
from bionlp.attacks.search import Order, Search, Stage, Trace
from bionlp.attacks.victims import Victim
from bionlp.datasets import Example
from bionlp.errors import PartError
from bionlp.workers import Processes, Workers, in_order

USUAL_QUERIES = 2_000
"""More than any sentence of the datasets needs, and the same for all victims."""
USUAL_DRAWS = 20


@dataclass(frozen=True)
class Plan:
    """How sentences are attacked.

    Attributes
    ----------
    order : callable
        Of the words (:mod:`bionlp.attacks.search`).
    candidates : Candidates
        What words may be replaced by.
    constraints : Constraints
        What is allowed of it.
    shares : tuple of float
        Largest shares of words that may be replaced; one search tells of all.
    most_queries : int
        Of a sentence.
    draws : int
        Fresh presentations that judge each text.
    made : callable, optional
        Made it, and makes it again where it is sent: what is opened can be too large to be sent.
    """

    order: Order
    candidates: Candidates
    constraints: Constraints
    shares: tuple[float, ...] = (0.1,)
    most_queries: int = USUAL_QUERIES
    draws: int = USUAL_DRAWS
    made: Callable[[], Plan] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Be made again in another process, of parts of the same names."""
        if self.made is None:
            raise TypeError("nobody knows how to make this plan again; see make_plan")
        return _made_again, (self.made, self.parts)

    @property
    def parts(self) -> dict[str, str | None]:
        """What it is put together from, by name."""
        encoder, tagger = self.constraints.encoder, self.constraints.tagger
        return {
            "candidates": self.candidates.name,
            "encoder": encoder.name if encoder else None,
            "tagger": tagger.name if tagger else None,
        }


def _made_again(make: Callable[[], Plan], parts: dict[str, str | None]) -> Plan:
    """Make a plan, and see that its parts are those of the one that was sent.

    Raises
    ------
    PartError
        If they are not, as other ones are installed here.
    """
    plan = make()
    for part, name in plan.parts.items():
        if name != parts[part]:
            raise PartError(
                f"a worker has {name or 'nothing'} for {part}, and not {parts[part] or 'nothing'}; "
                "install there what is installed here"
            )
    return plan


def attack(
    victim: Victim,
    examples: Sequence[Example],
    plan: Plan,
    *,
    workers: Workers | None = None,
    advance: Callable[[float], None] | None = None,
) -> dict[float, list[Outcome]]:
    """Attack labelled sentences.

    Parameters
    ----------
    victim : Victim
        Who is attacked.
    examples : sequence of Example
        The sentences; their places seed the noise, as in an evaluation.
    plan : Plan
        How.
    workers : Workers, optional
        A cluster, to which each sentence is a task (:mod:`bionlp.cluster`); this process without
        it.
    advance : callable, optional
        Called with the fraction done.

    Returns
    -------
    dict of float to list of Outcome
        For each share of words, the outcome of each sentence.
    """
    found: dict[float, list[Outcome]] = {share: [] for share in plan.shares}
    done = (workers or Processes()).run(Attacking(victim, plan), enumerate(examples))
    for number, outcomes in enumerate(in_order(done), start=1):
        for share, outcome in outcomes.items():
            found[share].append(outcome)
        if advance:
            advance(number / len(examples))
    return found


class Attacking:
    """The attack on a sentence: work for :mod:`bionlp.workers`.

    Parameters
    ----------
    victim : Victim
        Who is attacked.
    plan : Plan
        How.
    """

    caches = ()

    def __init__(self, victim: Victim, plan: Plan):
        self._victim, self._plan = victim, plan

    def do(self, number: int, example: Example) -> dict[float, Outcome]:
        """Attack a sentence.

        Parameters
        ----------
        number : int
            Seeds its noise.
        example : Example
            The sentence.

        Returns
        -------
        dict of float to Outcome
            For each share of words.
        """
        plan = self._plan
        text = Text.of(example.text, self._victim.language)
        search = Search(
            self._victim,
            number,
            text,
            example.label,
            plan.candidates,
            plan.constraints,
            most_changes=plan.constraints.most(text, max(plan.shares)),
            most_queries=plan.most_queries,
        )
        return _judge(self._victim, number, example, search.run(plan.order), plan)

    def close(self) -> None:
        """Nothing is built."""


def _judge(
    victim: Victim, number: int, example: Example, trace: Trace, plan: Plan
) -> dict[float, Outcome]:
    """Present what was found afresh."""
    most = {share: plan.constraints.most(trace.original, share) for share in plan.shares}
    stages = {share: (trace.first(m), trace.lasting(m)) for share, m in most.items()}
    distinct = {str(s.text): s.text for pair in stages.values() for s in pair if s}
    versions = [trace.original, *distinct.values()]
    labels = victim.draws([v.words for v in versions], number, JUDGING, plan.draws)
    wrong = dict(
        zip(map(str, versions), (labels != example.label).mean(axis=1).tolist(), strict=True)
    )
    return {
        share: Outcome(
            number,
            example.text,
            example.label,
            trace.label,
            len(trace.original.words),
            wrong[str(trace.original)],
            _adversarial(victim, pair[0], wrong),
            _adversarial(victim, pair[1], wrong),
            trace.asked(most[share]),
        )
        for share, pair in stages.items()
    }


def _adversarial(
    victim: Victim, stage: Stage | None, wrong: dict[str, float]
) -> Adversarial | None:
    if stage is None:
        return None
    words = tuple(stage.text.words[place] for place in stage.changed)
    return Adversarial(
        str(stage.text),
        stage.changed,
        words,
        int(np.sum([not victim.knows(word) for word in words])),
        stage.similarity,
        stage.label,
        wrong[str(stage.text)],
    )
