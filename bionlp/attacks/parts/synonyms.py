"""Synonyms: the nearest neighbours of a word among counter-fitted vectors, as TextFooler uses them.

Jin et al. (2020) take the 50 nearest of cosine 0.5 or more in the vectors of Mrksic et al. (2016).
The table that comes with this package was made by ``bionlp embeddings counterfit``, see
``bionlp/attacks/data/README.md``; any other of its tables, or any file of word vectors, can take
its place. Function words are no synonyms of anything. Neighbours do not depend on the rest of the
sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np

from bionlp.attacks.parts.candidates import NUMBER, admissible
from bionlp.attacks.parts.stopwords import is_place
from bionlp.embeddings.neighbours import SUFFIX, read_neighbours, unit

SHIPPED = Path(__file__).parent.parent / "data" / f"synonyms-en{SUFFIX}"
LEAST = 0.5
"""The smallest cosine of a synonym."""
# More than are asked for, since some neighbours are not one word for the tokenizer.
_SPARE = 4


class Neighbours(Protocol):
    """Knows the neighbours of words."""

    def nearest(self, word: str) -> list[tuple[str, float]]:
        """Return the neighbours of a word and their cosines, nearest first; none if unknown."""


class Synonyms:
    """The nearest neighbours of a word.

    Parameters
    ----------
    neighbours : Neighbours
        What knows them.
    language : {"en", "zh"}
        The language.
    number : int, optional
        So many at most.
    least : float, optional
        Those of a smaller cosine are left out.
    """

    name = "synonyms"

    def __init__(
        self, neighbours: Neighbours, language: str, *, number: int = NUMBER, least: float = LEAST
    ):
        self._neighbours, self._language = neighbours, language
        self._number, self._least = number, least
        self._proposed = lru_cache(maxsize=1 << 17)(self._propose)

    def propose(self, words: Sequence[str], place: int) -> list[str]:
        """Propose the nearest neighbours, see :class:`~bionlp.attacks.parts.Candidates`."""
        return list(self._proposed(words[place]))

    def _propose(self, word: str) -> tuple[str, ...]:
        near = self._neighbours.nearest(word)
        names = (
            name
            for name, cosine in near
            if cosine >= self._least and is_place(name, self._language)
        )
        return tuple(admissible(names, word, self._language, self._number))


class VectorNeighbours:
    """Neighbours among word vectors, worked out word by word as they are asked for.

    Parameters
    ----------
    words : sequence of str
        The words.
    vectors : ndarray of float, shape [words, dimension]
        Their vectors.
    number : int
        So many neighbours of a word are looked at.
    """

    def __init__(self, words: Sequence[str], vectors: np.ndarray, number: int):
        self._words, self._vectors = words, unit(vectors)
        self._places = {word: place for place, word in enumerate(words)}
        self._number = min(number, len(words) - 1)

    def nearest(self, word: str) -> list[tuple[str, float]]:
        """Return the neighbours of a word and their cosines, nearest first; none if unknown."""
        place = self._places.get(word)
        if place is None or self._number < 1:
            return []
        cosines = self._vectors @ self._vectors[place]
        cosines[place] = -np.inf  # no word is its own neighbour
        found = np.sort(np.argpartition(-cosines, self._number - 1)[: self._number])
        found = found[np.argsort(-cosines[found], kind="stable")]
        return [(self._words[other], float(cosines[other])) for other in found]


def open_synonyms(path: Path | None, language: str, number: int) -> Synonyms:
    """Open a table of neighbours, or word vectors.

    Parameters
    ----------
    path : Path or None
        A table (``.npz``) or word vectors of any format that :mod:`bionlp.embeddings` reads; the
        table of this package if ``None``.
    language : {"en", "zh"}
        The language.
    number : int
        So many synonyms of a word at most.

    Returns
    -------
    Synonyms
        They.

    Raises
    ------
    EmbeddingError
        If the file cannot be read.
    """
    if path is None or path.suffix == SUFFIX:
        return Synonyms(read_neighbours(path or SHIPPED), language, number=number)
    from bionlp.embeddings import load_word_vectors

    vectors = load_word_vectors(path)
    near = VectorNeighbours(vectors.index_to_key, vectors.vectors, _SPARE * number)
    return Synonyms(near, language, number=number)
