"""Words and their ids.

Id 0 is padding and every unknown word: its embedding is a zero vector, so that it never spikes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

PADDING = 0


class Vocabulary:
    """A fixed list of words; the first has id 1.

    Parameters
    ----------
    words : sequence of str
        Distinct words in the order of their ids.
    """

    def __init__(self, words: Sequence[str]):
        self.words = tuple(words)
        self._ids = {word: i for i, word in enumerate(self.words, start=PADDING + 1)}
        if len(self._ids) != len(self.words):
            raise ValueError("a vocabulary must not hold the same word twice")

    def __len__(self) -> int:
        return len(self.words)

    def __repr__(self) -> str:
        return f"<Vocabulary of {len(self):,} words>"

    def ids(self, tokens: Iterable[str]) -> list[int]:
        """Return the id of each token, 0 where it is unknown."""
        return [self._ids.get(token, PADDING) for token in tokens]


def choose_words(
    sentences: Iterable[Sequence[str]], embedded: Sequence[str], size: int
) -> tuple[str, ...]:
    """Choose the words that a model knows.

    Words of the training sentences come first, the most frequent first; the rest is filled from
    the embedding table in its own order, so that a user's sentence is understood beyond the
    training set. Words without an embedding stay unknown.

    Parameters
    ----------
    sentences : iterable of sequence of str
        Tokenised training sentences.
    embedded : sequence of str
        Words of the embedding table.
    size : int
        Largest number of words.

    Returns
    -------
    tuple of str
        At most ``size`` distinct words.
    """
    known = set(embedded)
    counts = Counter(token for tokens in sentences for token in tokens if token in known)
    trained = sorted(counts, key=lambda word: (-counts[word], word))
    return tuple(dict.fromkeys([*trained, *embedded]))[:size]
