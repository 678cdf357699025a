r"""Joining word vectors of different origin to one table (meta-embeddings).

Vectors that were learnt from other texts, or in another way, know other things of a word, and a
concatenation knows both (Yin & Schuetze 2016). Each table is centred and scaled to a mean length of
1, so that none outweighs another by its unit. A word that table t lacks, and tables s have, gets

    v_t = [v_s, 1] W,    W = argmin over words that all have of |[V_s, 1] W - V_t|^2

and the concatenation X of all words is turned to its principal axes, of which the first D are kept,

    Y = X P,    P = the D leading eigenvectors of X^T X

which is the best approximation of D dimensions (Ghannay et al. 2016). Words come in the order of
the first table, which usually is that of their frequency, then those that only later tables have.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bionlp.errors import EmbeddingError, UsageError

if TYPE_CHECKING:
    from gensim.models import KeyedVectors


def join_word_vectors(tables: Sequence[KeyedVectors], dimension: int) -> KeyedVectors:
    """Join word vectors.

    Parameters
    ----------
    tables : sequence of gensim.models.KeyedVectors
        Two or more.
    dimension : int
        Length of a vector that comes out.

    Returns
    -------
    gensim.models.KeyedVectors
        Of all words that any of them has; float32, centred.

    Raises
    ------
    UsageError
        If there are fewer than two tables, or the dimension is more than theirs together.
    EmbeddingError
        If tables share fewer words than it takes to say one by the others.
    """
    from gensim.models import KeyedVectors

    if len(tables) < 2:
        raise UsageError("it takes two tables of word vectors to join them")
    together = sum(table.vector_size for table in tables)
    if not 1 <= dimension <= together:
        raise UsageError(
            f"the vectors together have {together} dimensions; {dimension} cannot be kept"
        )
    words = list(dict.fromkeys(word for table in tables for word in table.index_to_key))
    has = np.array([[word in table.key_to_index for table in tables] for word in words])
    parts = _filled([_aligned(table, words) for table in tables], has)
    joined = KeyedVectors(dimension)
    joined.add_vectors(words, _principal(np.hstack(parts), dimension).astype(np.float32))
    return joined


def _aligned(table: KeyedVectors, words: Sequence[str]) -> np.ndarray:
    """Return the vectors of all words, centred, of a mean length of 1; zeros of what it lacks."""
    vectors = table.vectors.astype(np.float64)
    vectors -= vectors.mean(axis=0)
    length = np.linalg.norm(vectors, axis=1).mean()
    if not length:
        raise EmbeddingError("a table whose vectors are all the same cannot be joined")
    row = np.array([table.key_to_index.get(word, -1) for word in words])
    return np.where((row >= 0)[:, None], vectors[row] / length, 0.0)


def _filled(parts: list[np.ndarray], has: np.ndarray) -> list[np.ndarray]:
    """Say the vectors that words lack by those that they have."""
    filled = [part.copy() for part in parts]
    for known in np.unique(has, axis=0):
        here = (has == known).all(axis=1)
        telling = [part for part, there in zip(parts, known, strict=True) if there]
        sources = np.hstack([*telling, np.ones((len(has), 1))])
        for number in np.flatnonzero(~known):
            shared = has[:, known].all(axis=1) & has[:, number]
            if shared.sum() <= sources.shape[1]:
                raise EmbeddingError(
                    f"the tables share {shared.sum()} words; to say what a word lacks, it takes "
                    f"more than {sources.shape[1]}"
                )
            way, *_ = np.linalg.lstsq(sources[shared], parts[number][shared], rcond=None)
            filled[number][here] = sources[here] @ way
    return filled


def _principal(vectors: np.ndarray, dimension: int) -> np.ndarray:
    """Centre, and turn to so many principal axes."""
    centred = vectors - vectors.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    leading = axes[:, ::-1][:, :dimension]
    # An eigenvector may as well be its negative: one of the two is chosen on every machine.
    largest = np.abs(leading).argmax(axis=0)
    return centred @ (leading * np.sign(leading[largest, np.arange(dimension)]))
