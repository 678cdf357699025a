"""Encoded sentences, and batches of sentences of about the same length.

Padding costs time and changes nothing, so a batch is only as long as its longest sentence, and
sentences of similar length are put together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bionlp.vocabulary import PADDING

POOL = 32
"""Batches that are sorted by length together; few enough to leave the order random."""


@dataclass(frozen=True)
class Encoded:
    """Sentences as word ids.

    Attributes
    ----------
    ids : list of numpy.ndarray of int64, shape (words,)
        Word ids of each sentence, at least one.
    labels : numpy.ndarray of int64, shape (sentences,)
        Class of each.
    """

    ids: list[np.ndarray]
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Batch:
    """Some sentences, padded to a common length.

    Attributes
    ----------
    numbers : numpy.ndarray of int, shape (batch,)
        Position of each sentence in its split.
    ids : numpy.ndarray of int64, shape (batch, words)
        Word ids.
    labels : numpy.ndarray of int64, shape (batch,)
        Classes.
    """

    numbers: np.ndarray
    ids: np.ndarray
    labels: np.ndarray


def pad(sentences: Sequence[np.ndarray]) -> np.ndarray:
    """Put sentences of word ids into one array, padded to the longest."""
    padded = np.full((len(sentences), max(map(len, sentences))), PADDING)
    for row, ids in zip(padded, sentences, strict=True):
        row[: len(ids)] = ids
    return padded


def batches(split: Encoded, size: int, rng: np.random.Generator | None = None) -> Iterator[Batch]:
    """Yield all sentences of a split once.

    Parameters
    ----------
    split : Encoded
        The sentences.
    size : int
        Sentences a batch; the last may have fewer.
    rng : numpy.random.Generator, optional
        Shuffles; without it the order is by length, the cheapest.
    """
    lengths = np.array([len(ids) for ids in split.ids])
    if rng is None:
        groups = [np.argsort(lengths, kind="stable")]
    else:
        order = rng.permutation(len(split))
        groups = [order[i : i + size * POOL] for i in range(0, len(order), size * POOL)]
    for group in groups:
        group = group[np.argsort(lengths[group], kind="stable")]
        parts = [group[i : i + size] for i in range(0, len(group), size)]
        if rng is not None:
            rng.shuffle(parts)
        for numbers in parts:
            yield Batch(numbers, pad([split.ids[i] for i in numbers]), split.labels[numbers])
