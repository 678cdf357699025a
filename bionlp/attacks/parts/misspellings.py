"""Misspellings: the bugs in characters of TextBugger (Li et al. 2019).

A reader knows a word again when its first and last letter are right; a classifier that knows words
by their vectors does not. So a bug, in this order, is one of

    swap         two neighbouring inner letters change places           terrible -> terrbile
    delete       an inner letter is left out                            terrible -> terible
    look-alike   a letter becomes a sign that looks like it             terrible -> terrib1e
    keyboard     an inner letter becomes its neighbour on the keyboard  terrible -> tertible

Where it happens is drawn for each word from the seed, and is the same at every asking.
TextBugger's fifth bug, a blank in the middle, makes two words of one, and is left out; so is what
the tokenizer would cut.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, zip_longest

from bionlp.attacks.parts.candidates import NUMBER, admissible

_LOOK_ALIKE = {
    "o": "0",
    "l": "1",
    "i": "1",
    "a": "@",
    "e": "3",
    "s": "5",
    "b": "6",
    "g": "9",
    "z": "2",
}
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_BESIDE = {
    key: "".join(row[max(0, place - 1) : place] + row[place + 1 : place + 2])
    for row in _ROWS
    for place, key in enumerate(row)
}
_SHORTEST = 4
"""Letters of a word that has inner ones enough to be known again."""


class Misspellings:
    """Words with one bug.

    Parameters
    ----------
    language : {"en"}
        The language.
    number : int, optional
        So many at most; the kinds of bugs take turns.
    seed : int, optional
        The seed of where bugs are.
    """

    name = "misspellings"

    def __init__(self, language: str, *, number: int = NUMBER, seed: int = 0):
        self._language, self._number, self._seed = language, number, seed
        self._proposed = lru_cache(maxsize=1 << 17)(self._propose)

    def propose(self, words: Sequence[str], place: int) -> list[str]:
        """Propose misspellings, see :class:`~bionlp.attacks.parts.Candidates`."""
        return list(self._proposed(words[place]))

    def _propose(self, word: str) -> tuple[str, ...]:
        if len(word) < _SHORTEST or not word.isalpha():
            return ()
        rng = random.Random(f"{self._seed} {word}")
        kinds = [list(kind(word)) for kind in (_swaps, _deletions, _look_alikes, _slips)]
        for bugs in kinds:
            rng.shuffle(bugs)
        in_turn = (bug for bug in chain.from_iterable(zip_longest(*kinds)) if bug is not None)
        return tuple(admissible(in_turn, word, self._language, self._number))


def _swaps(word: str) -> Iterator[str]:
    for place in range(1, len(word) - 2):
        yield word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _deletions(word: str) -> Iterator[str]:
    for place in range(1, len(word) - 1):
        yield word[:place] + word[place + 1 :]


def _look_alikes(word: str) -> Iterator[str]:
    for place, letter in enumerate(word):
        if letter in _LOOK_ALIKE:
            yield word[:place] + _LOOK_ALIKE[letter] + word[place + 1 :]


def _slips(word: str) -> Iterator[str]:
    for place in range(1, len(word) - 1):
        for key in _BESIDE.get(word[place], ""):
            yield word[:place] + key + word[place + 1 :]
