"""What an attack may change, so that the sentence means to a reader what it meant before.

A word may be replaced once, by one of its part of speech, and no stop word and no punctuation mark
may; at most a share of the words; and the sentence's vector, by an encoder of sentences, keeps a
cosine with that of the original of at least some value. That is asked of every text: there is no
length below which it would not count. And a sentence must be read as the words that it was made of
(:func:`bionlp.text.tokenize`), or a person who writes it down would ask for another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil

import numpy as np

from bionlp.attacks.parts.encoders import Encoder
from bionlp.attacks.parts.stopwords import is_place
from bionlp.attacks.parts.taggers import Tagger
from bionlp.text import tokenize

REMEMBERED = 2**17
"""Sentences whose vectors and tags are kept: other victims are asked about the same."""


@dataclass(frozen=True)
class Text:
    """A sentence as words, and as it is written.

    Attributes
    ----------
    words : tuple of str
        The tokens.
    separator : str
        What stands between them.
    language : {"en", "zh"}
        Of the words.
    """

    words: tuple[str, ...]
    separator: str
    language: str

    @classmethod
    def of(cls, text: str, language: str) -> Text:
        """Read a text; Chinese is written without blanks, if that is read in the same way."""
        words = tuple(tokenize(text, language))
        joined = cls(words, "" if language == "zh" else " ", language)
        return joined if joined.is_stable else cls(words, " ", language)

    def __str__(self) -> str:
        return self.separator.join(self.words)

    @property
    def is_stable(self) -> bool:
        """Whether it is read as the words that it was made of."""
        return tuple(tokenize(str(self), self.language)) == self.words

    def replaced(self, place: int, word: str) -> Text:
        """Return it with another word."""
        words = (*self.words[:place], word, *self.words[place + 1 :])
        return Text(words, self.separator, self.language)


class Constraints:
    """Which words may stand where.

    Parameters
    ----------
    encoder : Encoder, optional
        Gives sentences their vectors; without it similarity is not asked for.
    tagger : Tagger, optional
        Gives words their parts of speech; without it those are not asked for.
    similarity : float
        Least cosine between a sentence and its original.
    """

    def __init__(
        self,
        encoder: Encoder | None = None,
        tagger: Tagger | None = None,
        *,
        similarity: float = 0.8,
    ):
        self.encoder, self.tagger, self.least = encoder, tagger, similarity
        self._tags = lru_cache(REMEMBERED)(tagger.tag) if tagger else None
        self._vectors: dict[str, np.ndarray] = {}

    def places(self, text: Text) -> list[int]:
        """Return the places of words that may be replaced."""
        return [place for place, word in enumerate(text.words) if is_place(word, text.language)]

    def most(self, text: Text, share: float) -> int:
        """Return how many words a share is, rounded up; punctuation marks are no words."""
        return ceil(share * sum(any(map(str.isalnum, word)) for word in text.words))

    def allowed(
        self, original: Text, text: Text, place: int, words: Sequence[str]
    ) -> list[tuple[str, float]]:
        """Choose among candidates for a place.

        Parameters
        ----------
        original, text : Text
            The sentence before all changes, and as it is now.
        place : int
            What is replaced.
        words : sequence of str
            Candidates.

        Returns
        -------
        list of (str, float)
            Those that are allowed, in their order, each with the cosine between the sentence that
            it makes and the original; 1 where no encoder was asked.
        """
        texts = [(word, text.replaced(place, word)) for word in words]
        texts = [(word, new) for word, new in texts if new.is_stable]
        similar = self.similarities(original, [new for _, new in texts])
        # Taggers are slower than encoders, so they are asked about what is left.
        return [
            (word, cosine)
            for (word, new), cosine in zip(texts, similar, strict=True)
            if cosine >= self.least and self._has_same_tag(original, new, place)
        ]

    def _has_same_tag(self, original: Text, text: Text, place: int) -> bool:
        if self._tags is None:
            return True
        return self._tags(original.words)[place] == self._tags(text.words)[place]

    def similarities(self, original: Text, texts: Sequence[Text]) -> list[float]:
        """Return the cosine between each text and the original."""
        if self.encoder is None:
            return [1.0] * len(texts)
        written = [str(text) for text in (original, *texts)]
        missing = [text for text in dict.fromkeys(written) if text not in self._vectors]
        if missing:
            if len(self._vectors) > REMEMBERED:
                self._vectors.clear()
                missing = list(dict.fromkeys(written))
            vectors = self.encoder.encode(missing)
            self._vectors.update(zip(missing, vectors, strict=True))
        first, *rest = (self._vectors[text] for text in written)
        return [float(first @ vector) for vector in rest]
