"""Votes that are not complete yet, in a file that is believed only if it is whole.

The file is an array in NumPy's format and, after it, the SHA-256 of all that comes before. It is
compared byte by byte with what can be there: nothing in it decides how it is read.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
from pathlib import Path
from typing import cast

import numpy as np

from bionlp.errors import OutputError
from bionlp.files import atomic_path, is_file
from networks.brian.cache import usable_cache_folder, warn_of_cache

FOLDER = "evaluations"
"""The folder of the cache that they are in."""
MISSING = -1
"""Stands for votes that have not been counted yet."""
DTYPE = np.dtype("<i8")
_DIGEST = hashlib.sha256().digest_size


class UnfinishedVotes:
    """A file of votes in the cache.

    Where it cannot be written, nothing is kept, and a warning says so
    (:mod:`networks.brian.cache`).

    Parameters
    ----------
    name : str
        Tells all that decides the votes.
    """

    def __init__(self, name: str):
        self._path: Path | None = None
        try:
            self._path = usable_cache_folder(FOLDER) / f"{name}.npy"
        except OSError as error:
            warn_of_cache(error)

    def read(self, shape: tuple[int, int]) -> np.ndarray:
        """Return the votes that were written.

        Parameters
        ----------
        shape : tuple of int
            Number of sentences, and of what is counted of each.

        Returns
        -------
        numpy.ndarray of int, shape (sentences, counts)
            -1 for votes that are missing: all, if the file is not whole, or of another shape.
        """
        none = np.full(shape, MISSING, dtype=DTYPE)
        expected = _to_bytes(none)
        if self._path is None or not is_file(self._path):
            return none
        try:
            with self._path.open("rb") as stream:
                raw = stream.read(len(expected) + 1)
        except OSError:
            return none
        header = len(expected) - none.nbytes - _DIGEST
        array, digest = raw[:-_DIGEST], raw[-_DIGEST:]
        if (
            len(raw) != len(expected)
            or raw[:header] != expected[:header]
            or hashlib.sha256(array).digest() != digest
        ):
            return none
        return np.frombuffer(array[header:], dtype=DTYPE).reshape(shape).copy()

    def write(self, votes: np.ndarray) -> None:
        """Write votes, or say that they cannot be kept, and do not try again."""
        if self._path is None:
            return
        try:
            with atomic_path(self._path, lasting=False) as temporary:
                temporary.write_bytes(_to_bytes(votes))
        except OutputError as error:
            warn_of_cache(cast(OSError, error.__cause__))
            self._path = None

    def remove(self) -> None:
        """Remove the file."""
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)


def _to_bytes(votes: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, votes.astype(DTYPE), allow_pickle=False)
    return stream.getvalue() + hashlib.sha256(stream.getvalue()).digest()
