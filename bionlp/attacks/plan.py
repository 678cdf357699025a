"""A plan of an attack, made of names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

from bionlp.attacks.constraints import Constraints
from bionlp.attacks.parts.candidates import Candidates
from bionlp.attacks.parts.opening import open_candidates, open_encoder, open_tagger
from bionlp.attacks.parts.taggers import Tagger
from bionlp.attacks.recipes import ATTACKS
from bionlp.attacks.run import USUAL_DRAWS, USUAL_QUERIES, Plan
from bionlp.attacks.search import ORDERS
from bionlp.errors import UsageError

USUAL_CANDIDATES = 15
USUAL_SIMILARITY = 0.8
UNTAGGED = frozenset({"misspellings"})
"""Parts whose words are none, so a tagger has nothing to say of them."""


@dataclass(frozen=True)
class Parts:
    """What a user has named in place of what is found by itself; None for the latter.

    Attributes
    ----------
    synonyms, wordnet : Path or None
        Word vectors or a table of neighbours, and WordNet's folder.
    language_model, encoder, tagger : str or None
        Names or folders.
    """

    synonyms: Path | None = None
    wordnet: Path | None = None
    language_model: str | None = None
    encoder: str | None = None
    tagger: str | None = None


class Joined:
    """Candidates of several parts, taken in turns so that each has its share.

    Parameters
    ----------
    parts : sequence of Candidates
        The parts.
    number : int
        Most candidates in all.
    """

    def __init__(self, parts: Sequence[Candidates], number: int):
        self.parts, self.number = parts, number
        self.name = " + ".join(part.name for part in parts)

    def propose(self, words: Sequence[str], place: int) -> list[str]:
        """Return the candidates of all parts."""
        lists = [part.propose(words, place) for part in self.parts]
        longest = max(map(len, lists))
        turns = [
            proposed[rank] for rank in range(longest) for proposed in lists if rank < len(proposed)
        ]
        return list(dict.fromkeys(turns))[: self.number]


def make_plan(
    name: str,
    language: str,
    parts: Parts | None = None,
    *,
    shares: tuple[float, ...] = (0.1,),
    candidates: int = USUAL_CANDIDATES,
    similarity: float = USUAL_SIMILARITY,
    most_queries: int = USUAL_QUERIES,
    draws: int = USUAL_DRAWS,
) -> Plan:
    """Open the parts of an attack.

    Parameters
    ----------
    name : str
        One of :data:`bionlp.attacks.recipes.ATTACKS`.
    language : {"en", "zh"}
        Of the sentences.
    parts : Parts, optional
        What is not found by itself.
    shares, most_queries, draws
        As of :class:`bionlp.attacks.run.Plan`.
    candidates : int
        Most replacements for a word.
    similarity : float
        Least cosine between a sentence and its original; -1 asks no encoder.

    Returns
    -------
    Plan
        How sentences are attacked.

    Raises
    ------
    UsageError
        If there is no such attack, or it does not know the language.
    PartError
        If a part is missing.
    """
    if name not in ATTACKS:
        raise UsageError(f"unknown attack {name!r}; choose one of {', '.join(ATTACKS)}")
    recipe, parts = ATTACKS[name], parts or Parts()
    if language not in recipe.candidates:
        able = [other for other, known in ATTACKS.items() if language in known.candidates]
        raise UsageError(
            f"{name} knows no words of language {language!r}; choose one of {', '.join(able)}"
        )
    names = recipe.candidates[language]
    tagger = open_tagger(parts.tagger, language)
    sources = {
        "synonyms": parts.synonyms,
        "wordnet": parts.wordnet,
        "masked-lm": parts.language_model,
        "minilm": parts.language_model,
    }
    opened = [
        open_candidates(
            part,
            language,
            number=candidates,
            source=cast(str | None, sources.get(part)),
            tagger=tagger,
        )
        for part in names
    ]
    encoder = open_encoder(parts.encoder, language) if similarity > -1 else None
    constraints = Constraints(encoder, _asked(tagger, names), similarity=similarity)
    proposing = opened[0] if len(opened) == 1 else Joined(opened, candidates)
    again = partial(
        make_plan,
        name,
        language,
        parts,
        shares=shares,
        candidates=candidates,
        similarity=similarity,
        most_queries=most_queries,
        draws=draws,
    )
    return Plan(ORDERS[recipe.order], proposing, constraints, shares, most_queries, draws, again)


def _asked(tagger: Tagger, parts: Sequence[str]) -> Tagger | None:
    return None if UNTAGGED & set(parts) else tagger
