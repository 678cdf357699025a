"""Candidates: what a word of a text may be replaced by.

All of them are asked with the words of a text as the models read it (:mod:`bionlp.text`) and a
place in it, and give words that are again one word there, so that a replacement moves no other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Protocol

from bionlp.text import tokenize

NUMBER = 15
"""Replacements of a word, unless another number is asked for."""


class Candidates(Protocol):
    """Proposes replacements for a word.

    Attributes
    ----------
    name : str
        What it is called on the command line.
    """

    name: str

    def propose(self, words: Sequence[str], place: int) -> list[str]:
        """Propose replacements for a word of a text.

        Parameters
        ----------
        words : sequence of str
            The words of the text.
        place : int
            Which of them is to be replaced.

        Returns
        -------
        list of str
            Replacements, best first, without duplicates and without the word itself. Each is
            one word for the tokenizer of the language.
        """


def admissible(proposals: Iterable[str], word: str, language: str, number: int) -> list[str]:
    """Leave out what is no replacement: the word itself, duplicates, and what is not one word.

    Parameters
    ----------
    proposals : iterable of str
        Best first; no more of it is used up than needed.
    word : str
        The word to be replaced.
    language : {"en", "zh"}
        Its language.
    number : int
        So many at most.

    Returns
    -------
    list of str
        The replacements, in their order.
    """
    return list(islice(_fitting(proposals, word, language), number))


def _fitting(proposals: Iterable[str], word: str, language: str) -> Iterator[str]:
    seen = {word}
    for proposal in proposals:
        if proposal not in seen and is_one_word(proposal, language):
            seen.add(proposal)
            yield proposal


@lru_cache(maxsize=1 << 18)
def is_one_word(text: str, language: str) -> bool:
    """Tell whether the tokenizer takes a text for one word and leaves it as it is."""
    return tokenize(text, language) == [text]
