"""What an attack came to: of one sentence, and of many.

A sentence is robust if the victim labels it rightly, and the attack finds no text that it labels
wrongly. Under noise that can mean three things:

    once       the text is wrong in the presentation of the search      (the paper's definition)
    lasting    that text is wrong in most of fresh presentations, too
    insisting  the search goes on until most fresh presentations are wrong

and the presentations that judge are none that the search has seen. With q fresh presentations that
are wrong, of Q, a text is wrong in most if q > Q / 2.

    robust accuracy = robust sentences / sentences      success = 1 - robust / rightly labelled
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.statistics import proportion_interval

DEFINITIONS = ("once", "lasting", "insisting")


@dataclass(frozen=True)
class Adversarial:
    """A text that an attack found.

    Attributes
    ----------
    text : str
        As it is written.
    places : tuple of int
        Of the words that were replaced.
    words : tuple of str
        What stands there.
    unknown : int
        How many of these the victim does not know; they are silence to it.
    similarity : float
        Cosine with the original.
    label : int
        What the victim said in the search.
    wrong : float
        Share of fresh presentations that are wrong.
    """

    text: str
    places: tuple[int, ...]
    words: tuple[str, ...]
    unknown: int
    similarity: float
    label: int
    wrong: float


@dataclass(frozen=True)
class Outcome:
    """What an attack with at most a share of the words came to, for one sentence.

    Attributes
    ----------
    number : int
        Of the sentence in its split.
    text : str
        The sentence.
    true, label : int
        Its class, and what the victim said of it in the search.
    words : int
        How many it has.
    clean_wrong : float
        Share of fresh presentations of the sentence itself that are wrong.
    once, insisting : Adversarial or None
        The first text with another label, and the first that most fresh presentations get wrong
        while the search goes on.
    queries : int
        Asked until the first success, or until the end.
    """

    number: int
    text: str
    true: int
    label: int
    words: int
    clean_wrong: float
    once: Adversarial | None
    insisting: Adversarial | None
    queries: int

    @property
    def right(self) -> bool:
        """Whether the victim labelled the sentence itself rightly, in the search."""
        return self.label == self.true

    def robust(self, definition: str) -> bool:
        """Tell whether the sentence is robust, by one of :data:`DEFINITIONS`."""
        if definition == "once":
            fooled = self.once is not None
        elif definition == "lasting":
            fooled = self.once is not None and self.once.wrong > 0.5
        else:
            fooled = self.insisting is not None
        return self.right and not fooled


def summarise(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Sum the outcomes of one attack on one victim up.

    Parameters
    ----------
    outcomes : sequence of Outcome
        At least one.

    Returns
    -------
    dict
        Ready for JSON, shares between 0 and 1:

        ``n``, ``right``
            sentences, and how many were labelled rightly in the search
        ``clean``
            ``accuracy`` in the search, and its ``interval``; ``fresh``, mean over fresh
            presentations; ``unstable``, the share of sentences that they do not agree upon
        ``once``, ``lasting``, ``insisting``
            ``robust`` accuracy with its ``interval``, and ``success`` among the rightly labelled
        ``known``
            ``success`` once without a word that the victim does not know
        ``fresh_accuracy``
            of what was found (once), and the other sentences as they are, mean over presentations
        ``undone``
            share of the successes (once) that most fresh presentations get right
        ``queries``, ``changed``, ``similarity``, ``unknown``
            mean queries of an attacked sentence; of the texts found once, mean changed words,
            mean similarity, and the share of new words that the victim does not know
        ``flags``
            a digit a sentence: ``right``, 1 where it is labelled rightly in the search, and for
            each definition 1 where it is robust
    """
    n = len(outcomes)
    attacked = [outcome for outcome in outcomes if outcome.right]
    found = [outcome.once for outcome in attacked if outcome.once]
    swaps = sum(len(text.places) for text in found)
    wrong = [o.once.wrong if o.right and o.once else o.clean_wrong for o in outcomes]
    clean = np.array([outcome.clean_wrong for outcome in outcomes])
    return {
        "n": n,
        "right": len(attacked),
        "clean": {
            **_proportion("accuracy", len(attacked), n),
            "fresh": float(1 - clean.mean()),
            "unstable": float(((clean > 0) & (clean < 1)).mean()),
        },
        **{name: _by(outcomes, len(attacked), name) for name in DEFINITIONS},
        "known": _share(sum(text.unknown == 0 for text in found), len(attacked)),
        "fresh_accuracy": float(1 - np.mean(wrong)),
        "undone": _share(sum(text.wrong <= 0.5 for text in found), len(found)),
        "queries": _mean([outcome.queries for outcome in attacked]),
        "changed": _mean([len(text.places) for text in found]),
        "similarity": _mean([text.similarity for text in found]),
        "unknown": _share(sum(text.unknown for text in found), swaps),
        "flags": {
            "right": _digits([outcome.right for outcome in outcomes]),
            **{name: _digits([o.robust(name) for o in outcomes]) for name in DEFINITIONS},
        },
    }


def _digits(flags: Sequence[bool]) -> str:
    return "".join(str(int(flag)) for flag in flags)


def _by(outcomes: Sequence[Outcome], right: int, definition: str) -> dict[str, Any]:
    robust = sum(outcome.robust(definition) for outcome in outcomes)
    return {
        **_proportion("robust", robust, len(outcomes)),
        "success": _share(right - robust, right),
    }


def _proportion(name: str, successes: int, trials: int) -> dict[str, Any]:
    found = proportion_interval(successes, trials)
    return {name: found.estimate, "interval": [found.low, found.high]}


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
