"""A table of word vectors that grows while a file is read.

Words are kept once and in their order. What is left out is counted: rows whose word came before,
rows without a word, and, if that is wanted, rows whose word is not UTF-8.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from bionlp.embeddings.opening import shown
from bionlp.errors import EmbeddingError

if TYPE_CHECKING:
    from gensim.models import KeyedVectors

# 40 MiB: memory of that size is taken from the system only as it is filled, and goes back at once
# when it is freed.
_BLOCK_VALUES = 10 << 20
_ROWS_CHECKED_AT_ONCE = 4096


@dataclass
class Counts:
    """What was left out while word vectors were read.

    Attributes
    ----------
    duplicates : int
        Rows whose word came before.
    undecodable : int
        Rows whose word is not UTF-8.
    unnamed : int
        Rows without a word.
    """

    duplicates: int = 0
    undecodable: int = 0
    unnamed: int = 0

    def remarks(self) -> list[str]:
        """Return a sentence about each kind of row that was left out."""
        reasons = {
            "whose word came before": self.duplicates,
            "whose word is not UTF-8": self.undecodable,
            "without a word": self.unnamed,
        }
        return [
            f"left out {count} {'row' if count == 1 else 'rows'} {reason}"
            for reason, count in reasons.items()
            if count
        ]


@dataclass
class WordVectors:
    """Word vectors as they were read, and what was left out.

    Attributes
    ----------
    vectors : gensim.models.KeyedVectors
        The words and their vectors.
    format : {"gensim", "word2vec binary", "word2vec text", "GloVe text"}
        The format of the file.
    left_out : Counts
        The rows that were left out.
    """

    vectors: KeyedVectors
    format: str
    left_out: Counts = field(default_factory=Counts)


class Table:
    """A table of float32 that is filled row by row.

    Parameters
    ----------
    name : str
        The file, for messages.
    unit : {"line", "byte"}
        What places in it are counted in.
    dimension : int
        The length of a vector.
    skip_undecodable : bool
        Leave out words that are not UTF-8, instead of refusing the file.
    rows : int or None
        How many rows there will be at most, if that is known and sure not to exceed memory.
    """

    def __init__(
        self, name: str, unit: str, dimension: int, skip_undecodable: bool, rows: int | None
    ):
        self.left_out = Counts()
        self.rows = 0
        self._name, self._unit = name, unit
        self._skip_undecodable = skip_undecodable
        self._index: dict[str, int] = {}
        self._places: list[int] = []
        self._shape = (rows or max(1, _BLOCK_VALUES // dimension), dimension)
        self._blocks: list[np.ndarray] = []
        self._free: Iterator[np.ndarray] = iter(())

    def claim(self, raw: bytes, place: int) -> np.ndarray | None:
        """Return the row for a word's values.

        Parameters
        ----------
        raw : bytes
            The word.
        place : int
            Where it stands in the file.

        Returns
        -------
        ndarray of float32, shape [dimension], or None
            The row to be filled; ``None`` if the word is left out.

        Raises
        ------
        EmbeddingError
            If the word is not UTF-8; or if earlier rows have values that are not finite.
        """
        self.rows += 1
        try:
            word = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            if not self._skip_undecodable:
                raise undecodable(f"{self._name}, {self._unit} {place}", raw) from error
            self.left_out.undecodable += 1
            return None
        if not word:
            self.left_out.unnamed += 1
            return None
        if word in self._index:
            self.left_out.duplicates += 1
            return None
        self._index[word] = len(self._index)
        self._places.append(place)
        row = next(self._free, None)
        return self._first_of_block() if row is None else row

    def finish(self, kind: str) -> WordVectors:
        """Return the whole table; it cannot be filled any further.

        Parameters
        ----------
        kind : str
            The format of the file.

        Returns
        -------
        WordVectors
            The words and their vectors.

        Raises
        ------
        EmbeddingError
            If there is no word, most are not UTF-8, or some values are not finite.
        """
        check_left_out(self._name, self.left_out, self.rows)
        self._check_last_block()
        vectors = keyed_vectors(self._index, self._joined(), self.rows)
        return WordVectors(vectors, kind, self.left_out)

    def _joined(self) -> np.ndarray:
        count = len(self._index)
        if len(self._blocks) == 1:
            return self._blocks.pop()[:count]
        values = np.empty((count, self._shape[1]), dtype=np.float32)
        # Block by block, so that no more than one of them is in memory twice.
        for start in range(0, count, self._shape[0]):
            part = values[start : start + self._shape[0]]
            part[:] = self._blocks[0][: len(part)]
            del self._blocks[0]
        return values

    def _first_of_block(self) -> np.ndarray:
        self._check_last_block()
        self._blocks.append(np.zeros(self._shape, dtype=np.float32))
        self._free = iter(self._blocks[-1])
        return next(self._free)

    def _check_last_block(self) -> None:
        if not self._blocks:
            return
        before = self._shape[0] * (len(self._blocks) - 1)
        row = first_not_finite(self._blocks[-1][: len(self._index) - before])
        if row is not None:
            word, place = list(self._index)[before + row], self._places[before + row]
            raise not_finite(f"{self._name}, {self._unit} {place}", word)


def first_not_finite(values: np.ndarray) -> int | None:
    """Find a vector that float32 cannot hold.

    Parameters
    ----------
    values : ndarray of float, shape [words, dimension]
        The vectors.

    Returns
    -------
    int or None
        The first row with a value that is infinite or no number, or that is so in float32.
    """
    for start in range(0, len(values), _ROWS_CHECKED_AT_ONCE):
        with np.errstate(over="ignore"):
            part = values[start : start + _ROWS_CHECKED_AT_ONCE].astype(np.float32, copy=False)
        finite = np.isfinite(part)
        if not finite.all():
            return start + int(finite.all(axis=1).argmin())
    return None


def undecodable(place: str, raw: object) -> EmbeddingError:
    """Return the error that a word is not UTF-8.

    Parameters
    ----------
    place : str
        The file and the place in it.
    raw : object
        What stands there.

    Returns
    -------
    EmbeddingError
        It names the option that helps.
    """
    return EmbeddingError(
        f"{place}: the word {shown(raw)} is not UTF-8; get the file again, save it as UTF-8, or "
        "leave such words out with --skip-undecodable"
    )


def not_finite(place: str, word: str) -> EmbeddingError:
    """Return the error that a vector has values that are no numbers.

    Parameters
    ----------
    place : str
        The file and the place in it.
    word : str
        The word.

    Returns
    -------
    EmbeddingError
        It names both.
    """
    return EmbeddingError(
        f"{place}: the vector of {shown(word)!r} has values that are not finite numbers of 32 "
        "bits; delete that word or get the file again"
    )


def check_left_out(name: str, left_out: Counts, rows: int) -> None:
    """See that enough is left.

    Parameters
    ----------
    name : str
        The file, for messages.
    left_out : Counts
        The rows that were left out.
    rows : int
        All rows.

    Raises
    ------
    EmbeddingError
        If no word is left, or most words are not UTF-8.
    """
    if 2 * left_out.undecodable > rows:
        raise EmbeddingError(
            f"{name}: {left_out.undecodable} of {rows} words are not UTF-8, so the file is "
            "damaged or in another encoding; get it again or save it as UTF-8"
        )
    if rows == left_out.duplicates + left_out.undecodable + left_out.unnamed:
        raise EmbeddingError(f"{name} has no words; get it again")


def keyed_vectors(index: dict[str, int], values: np.ndarray, rows: int) -> KeyedVectors:
    """Put words and vectors together as gensim does.

    Parameters
    ----------
    index : dict of str to int
        Each word's row, in the order of the rows.
    values : ndarray of float, shape [words, dimension]
        The vectors.
    rows : int
        Rows of the file, of which gensim makes its bogus counts.

    Returns
    -------
    gensim.models.KeyedVectors
        The words and their vectors.
    """
    from gensim.models import KeyedVectors

    vectors = KeyedVectors(values.shape[1])
    vectors.vectors = values
    vectors.index_to_key = list(index)
    vectors.key_to_index = index
    vectors.next_index = len(index)
    vectors.expandos["count"] = np.arange(rows, rows - len(index), -1)
    return vectors
