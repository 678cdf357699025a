"""Attacks on many sentences, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bionlp.attacks.constraints import Constraints, Text
from bionlp.attacks.noise import JUDGING
from bionlp.attacks.outcomes import Adversarial, Outcome
from bionlp.attacks.parts.candidates import Candidates
from bionlp.attacks.search import Order, Search, Stage, Trace
from bionlp.attacks.victims import Victim
from bionlp.datasets import Example

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
    """

    order: Order
    candidates: Candidates
    constraints: Constraints
    shares: tuple[float, ...] = (0.1,)
    most_queries: int = USUAL_QUERIES
    draws: int = USUAL_DRAWS

    @property
    def parts(self) -> dict[str, str | None]:
        """What it is put together from, by name."""
        encoder, tagger = self.constraints.encoder, self.constraints.tagger
        return {
            "candidates": self.candidates.name,
            "encoder": encoder.name if encoder else None,
            "tagger": tagger.name if tagger else None,
        }


def attack(
    victim: Victim,
    examples: Sequence[Example],
    plan: Plan,
    *,
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
    advance : callable, optional
        Called with the fraction done.

    Returns
    -------
    dict of float to list of Outcome
        For each share of words, the outcome of each sentence.
    """
    found: dict[float, list[Outcome]] = {share: [] for share in plan.shares}
    for number, example in enumerate(examples):
        text = Text.of(example.text, victim.language)
        search = Search(
            victim,
            number,
            text,
            example.label,
            plan.candidates,
            plan.constraints,
            most_changes=plan.constraints.most(text, max(plan.shares)),
            most_queries=plan.most_queries,
        )
        trace = search.run(plan.order)
        for share, outcome in _judge(victim, number, example, trace, plan).items():
            found[share].append(outcome)
        if advance:
            advance((number + 1) / len(examples))
    return found


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
