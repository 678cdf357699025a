"""Tables of the nearest neighbours of words, small enough to ship.

A file ``.npz`` of NumPy's holds, for n words of which each has up to k neighbours:

    words        bytes    the words in UTF-8, one a line
    counts       uint8    [n]       how many neighbours each word has
    neighbours   uint16   [total]   or uint32: their places among the words, nearest first
    drops        uint8    [total]   cosine in 1/255: what the first neighbour lacks to 1, and what
                                    each further one lacks to the one before it

Neighbours are nearest by cosine. Drops of sorted cosines are small numbers, which pack well.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from bionlp.embeddings.opening import shown
from bionlp.errors import EmbeddingError
from bionlp.files import atomic_path, reason

SUFFIX = ".npz"
_STEPS = 255
_BLOCK_VALUES = 1 << 25
# What NumPy and the unpacking raise for files that are no tables, among them one whose numbers
# announce more than memory holds.
_DAMAGE = (
    *(KeyError, ValueError, EOFError, MemoryError, NotImplementedError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error, struct.error),
)
_FIELDS = ("words", "counts", "neighbours", "drops")


@dataclass(frozen=True, eq=False)
class NeighbourTable:
    """The nearest neighbours of words.

    Attributes
    ----------
    words : tuple of str
        The words.
    counts : ndarray of uint8, shape [words]
        How many neighbours each has.
    neighbours : ndarray of int, shape [total]
        The neighbours of all words, word by word, as places in ``words``; nearest first.
    cosines : ndarray of float32, shape [total]
        The cosine of each.
    """

    words: tuple[str, ...]
    counts: np.ndarray
    neighbours: np.ndarray
    cosines: np.ndarray

    def nearest(self, word: str) -> list[tuple[str, float]]:
        """Return the neighbours of a word and their cosines, nearest first; none if unknown."""
        place = self._places.get(word)
        if place is None:
            return []
        chosen = slice(self._starts[place], self._starts[place + 1])
        names = (self.words[neighbour] for neighbour in self.neighbours[chosen])
        return list(zip(names, self.cosines[chosen].tolist(), strict=True))

    @cached_property
    def _places(self) -> dict[str, int]:
        return {word: place for place, word in enumerate(self.words)}

    @cached_property
    def _starts(self) -> np.ndarray:
        return np.concatenate([[0], np.cumsum(self.counts, dtype=np.int64)])


def unit(vectors: np.ndarray) -> np.ndarray:
    """Return vectors as float32 of length 1; a vector of length 0 stays as it is.

    Parameters
    ----------
    vectors : ndarray of float, shape [words, dimension]
        The vectors.

    Returns
    -------
    ndarray of float32, shape [words, dimension]
        A copy.
    """
    vectors = np.array(vectors, np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)


def nearest_neighbours(
    words: Sequence[str], vectors: np.ndarray, *, number: int = 15, least: float = 0.5
) -> NeighbourTable:
    """Find the nearest neighbours of all words.

    Parameters
    ----------
    words : sequence of str
        The words.
    vectors : ndarray of float, shape [words, dimension]
        Their vectors.
    number : int, optional
        So many neighbours a word at most.
    least : float, optional
        Neighbours of a smaller cosine are left out.

    Returns
    -------
    NeighbourTable
        The table; of equal cosines, the word that comes first is nearer.
    """
    vectors = unit(vectors)
    counts, neighbours, cosines = [], [], []
    for start, block in _blocks(vectors):
        rows, found = np.nonzero(block >= least)
        other = found != rows + start  # no word is its own neighbour
        rows, found = rows[other], found[other]
        order = np.lexsort((found, -block[rows, found], rows))
        rows, found = rows[order], found[order]
        many = np.bincount(rows, minlength=len(block))
        ranks = np.arange(len(rows)) - np.repeat(np.cumsum(many) - many, many)
        rows, found = rows[ranks < number], found[ranks < number]
        counts.append(np.minimum(many, number))
        neighbours.append(found)
        cosines.append(block[rows, found])
    return NeighbourTable(
        tuple(words),
        np.concatenate(counts).astype(np.uint8),
        np.concatenate(neighbours),
        np.clip(np.concatenate(cosines), 0, 1),
    )


def near_pairs(vectors: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Find all pairs of vectors that are near each other.

    Parameters
    ----------
    vectors : ndarray of float32, shape [words, dimension]
        Vectors of length 1.
    least : float
        The smallest cosine.

    Returns
    -------
    pairs : ndarray of int, shape [pairs, 2]
        Places, the smaller first.
    cosines : ndarray of float32, shape [pairs]
        The cosine of each.
    """
    pairs, cosines = [np.zeros((0, 2), np.int64)], [np.zeros(0, np.float32)]
    for start, block in _blocks(vectors):
        first, second = np.nonzero(block >= least)
        later = second > first + start
        first, second = first[later], second[later]
        pairs.append(np.stack([first + start, second], axis=1))
        cosines.append(block[first, second])
    return np.concatenate(pairs), np.concatenate(cosines)


def save_neighbours(table: NeighbourTable, path: Path) -> None:
    """Write a table of neighbours, whole or not at all; the same table gives the same file.

    Parameters
    ----------
    table : NeighbourTable
        The table.
    path : Path
        The file, ``.npz``.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    steps = np.rint(table.cosines * _STEPS).astype(np.int64)
    before = np.concatenate([[_STEPS], steps[:-1]])
    before[np.cumsum(table.counts, dtype=np.int64)[:-1][table.counts[1:] > 0]] = _STEPS
    small = len(table.words) <= np.iinfo(np.uint16).max
    with atomic_path(path) as temporary:
        np.savez_compressed(
            temporary,
            words=np.frombuffer("\n".join(table.words).encode(), np.uint8),
            counts=table.counts,
            neighbours=table.neighbours.astype(np.uint16 if small else np.uint32),
            drops=(before - steps).astype(np.uint8),
        )


def read_neighbours(path: Path) -> NeighbourTable:
    """Read a table of neighbours.

    Parameters
    ----------
    path : Path
        A file that :func:`save_neighbours` wrote.

    Returns
    -------
    NeighbourTable
        The table; cosines are rounded to 1/255.

    Raises
    ------
    EmbeddingError
        If the file cannot be read, or holds anything else.
    """
    try:
        if not zipfile.is_zipfile(path) and Path(path).is_file():
            raise _foreign(path)
        with np.load(path, allow_pickle=False) as stored:
            raw, counts, neighbours, drops = (stored[name] for name in _FIELDS)
            words = tuple(raw.tobytes().decode().split("\n"))
    except OSError as error:
        raise EmbeddingError(f"cannot read {shown(path)}: {reason(error)}") from error
    except _DAMAGE as error:
        raise _foreign(path) from error
    total = int(counts.sum(dtype=np.int64)) if counts.dtype == np.uint8 else -1
    if (
        counts.shape != (len(words),)
        or neighbours.shape != (total,)
        or drops.shape != (total,)
        or neighbours.dtype not in (np.uint16, np.uint32)
        or drops.dtype != np.uint8
        or (total and neighbours.max() >= len(words))
    ):
        raise _foreign(path)
    return NeighbourTable(words, counts, neighbours, _cosines(counts, drops))


def _cosines(counts: np.ndarray, drops: np.ndarray) -> np.ndarray:
    """Add up the drops of each word."""
    fallen = np.cumsum(drops, dtype=np.int64)
    ends = np.cumsum(counts, dtype=np.int64)
    before = np.concatenate([[0], fallen])[ends - counts]
    return ((_STEPS - (fallen - np.repeat(before, counts))) / _STEPS).astype(np.float32)


def _blocks(vectors: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the cosines of all vectors with some at a time, and the place of the first of these."""
    rows = max(1, _BLOCK_VALUES // max(1, len(vectors)))
    for start in range(0, len(vectors), rows):
        yield start, vectors[start : start + rows] @ vectors.T


def _foreign(path: Path) -> EmbeddingError:
    return EmbeddingError(
        f"{shown(path)} is no table of neighbours, or a damaged one; make one by bionlp "
        "embeddings counterfit VECTORS --out FILE.npz"
    )
