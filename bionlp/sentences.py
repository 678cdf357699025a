"""A text as a network meets it, and what a user should know about how it was read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bionlp.text import SEPARATOR
from networks.brief import Brief

LONG = 40
"""Characters of an unknown word that a warning shows."""


@dataclass(frozen=True)
class Sentence(Brief):
    """A text as the network meets it.

    Attributes
    ----------
    text : str
        As it was given.
    words : tuple of str
        The tokens, cut to the length of the network.
    ids : numpy.ndarray of int64, shape (words,)
        Their ids, 0 for unknown ones.
    rates : numpy.ndarray, shape (words, features), or None
        Firing probability per step of every input neuron; None where each word is a spike.
    unknown : tuple of str
        Words that the model does not know; they stay silent.
    cut : int
        Number of words beyond the length of the network, left out.
    unpaired : bool
        Whether the model compares two sentences, and the words are not those of two.

    Examples
    --------
    >>> from bionlp import Sentence, load_classifier
    >>> sentence = load_classifier("mr").read("a gripping xyzzy film")
    >>> isinstance(sentence, Sentence), sentence.words, sentence.unknown
    (True, ('a', 'gripping', 'xyzzy', 'film'), ('xyzzy',))
    """

    text: str
    words: tuple[str, ...]
    ids: np.ndarray
    rates: np.ndarray | None
    unknown: tuple[str, ...]
    cut: int
    unpaired: bool = False

    @property
    def warnings(self) -> list[str]:
        """What a user should know about how the text was read."""
        messages = []
        if self.cut:
            messages.append(
                f"text cut to {len(self.words)} words, the last {self.cut} were left out"
            )
        if self.unknown:
            words = (word if len(word) <= LONG else f"{word[:LONG]}..." for word in self.unknown)
            fate = "are left out" if self.rates is None else "stay silent"
            messages.append(f"unknown words {fate}: {' '.join(words)}")
        if self.unpaired:
            messages.append(f'the model compares pairs; write "first {SEPARATOR} second"')
        return messages
