"""Queries of an attack: sentences that differ from one in a word, presented whole, or in part."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, cast

import numpy as np

from bionlp.attacks.victims import Change, SpikingVictim
from bionlp.bench.engines import Conditions, EngineSpec
from bionlp.bench.timing import costs, repeat, timed
from bionlp.bench.workload import Workload

QUERIES = 16
"""Of each sentence: its places in turn, each with a word drawn from the vocabulary."""


def measure(workload: Workload, spec: EngineSpec, conditions: Conditions) -> dict[str, Any]:
    """Measure how long a query takes; all three ways give the same votes but for rounding.

    Parameters
    ----------
    workload : Workload
        The sentences.
    spec : EngineSpec
        Its ``way`` is ``whole``, one presentation at a time, ``batch``, those of a sentence
        together, or ``word``, what the changed word reaches.
    conditions : Conditions
        How it is measured.

    Returns
    -------
    dict
        What is measured here of a row, by query.
    """
    classifier = workload.classifier
    names = ("", *classifier.vocabulary.words)
    rng = np.random.default_rng(workload.seed)
    sentences: list[tuple[list[str], list[Change]]] = [
        (
            [names[i] for i in ids],
            [(k % len(ids), names[rng.integers(1, len(names))]) for k in range(QUERIES)],
        )
        for ids in workload.ids
    ]
    started = time.perf_counter()
    victim = SpikingVictim(classifier, seed=workload.seed, steps=workload.steps)
    build = time.perf_counter() - started
    ask = WAYS[spec.options["way"]]

    def run() -> None:
        for number, (words, changes) in enumerate(sentences):
            ask(victim, number, words, changes)

    timed(run)
    warm = repeat(lambda: timed(run), conditions.repeats)
    queries = len(sentences) * QUERIES
    return costs(warm, queries, build=build, compiling=0.0, start=0.0) | {"sentences": queries}


def _changed(words: list[str], changes: list[Change]) -> list[list[str]]:
    return [[*words[:place], cast(str, word), *words[place + 1 :]] for place, word in changes]


def _alone(
    victim: SpikingVictim, number: int, words: list[str], changes: list[Change]
) -> np.ndarray:
    texts = _changed(words, changes)
    return np.concatenate([victim.shares([victim.ids(text)], number, 0) for text in texts])


def _batch(
    victim: SpikingVictim, number: int, words: list[str], changes: list[Change]
) -> np.ndarray:
    return victim.shares([victim.ids(text) for text in _changed(words, changes)], number, 0)


def _reached(
    victim: SpikingVictim, number: int, words: list[str], changes: list[Change]
) -> np.ndarray:
    return victim.read(words, number).answers(changes)


Way = Callable[[SpikingVictim, int, list[str], list[Change]], np.ndarray]
WAYS: dict[str, Way] = {"whole": _alone, "batch": _batch, "word": _reached}
"""From a sentence and changes to the shares of each changed sentence, (changes, classes)."""
