"""The arrays of a model: each is used, and each that is needed is there.

Where half precision holds all values of an array of single precision, that is how it is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from bionlp.errors import CheckpointError
from bionlp.limits import LARGEST
from bionlp.strict import one_line
from networks.described import Shape

FILE = "model.safetensors"
WEIGHTS = ("float32", "float64")

_FOREIGN = (SafetensorError, OSError, ValueError, TypeError, LookupError, ArithmeticError)


def as_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return what a file of arrays holds."""
    return save({name: _narrowed(array) for name, array in arrays.items()})


def _narrowed(array: np.ndarray) -> np.ndarray:
    """Return an array in half precision if that holds its values, or as it is."""
    if array.dtype != np.float32:
        return array
    with np.errstate(over="ignore"):
        half = array.astype(np.float16)
    return half if np.array_equal(half.astype(np.float32), array) else array


def _widened(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float32) if array.dtype == np.float16 else array


class Arrays:
    """Arrays that are taken by name, and counted.

    Parameters
    ----------
    arrays : mapping of str to numpy.ndarray
        What the file holds.
    path : Path
        The file, for errors.
    """

    def __init__(self, arrays: Mapping[str, np.ndarray], path: Path):
        self._arrays, self.path = arrays, path
        self._taken: set[str] = set()

    @classmethod
    def of_bytes(cls, raw: bytes, path: Path) -> Arrays:
        """Read the content of a file, which cannot declare more than it holds.

        Raises
        ------
        CheckpointError
            If it holds no arrays.
        """
        try:
            return cls({name: _widened(array) for name, array in load(raw).items()}, path)
        except _FOREIGN as error:
            raise CheckpointError(f"{path} holds no arrays: {one_line(error)}") from error

    def take(
        self, name: str, dtypes: tuple[str, ...] = WEIGHTS, shape: Shape | None = None
    ) -> np.ndarray:
        """Return an array.

        Parameters
        ----------
        name : str
            What it is called.
        dtypes : tuple of str
            Types of numbers that it may have.
        shape : tuple of int, optional
            What it has to have.

        Returns
        -------
        numpy.ndarray
            Finite numbers.

        Raises
        ------
        CheckpointError
            If it is missing or another one.
        """
        if name not in self._arrays:
            raise CheckpointError(f"{self.path} lacks the array {name!r}; copy the model again")
        array = self._arrays[name]
        if array.dtype.name not in dtypes:
            raise CheckpointError(
                f"{self.path}: array {name!r} is of {array.dtype.name}, not {' or '.join(dtypes)}"
            )
        if shape is not None and array.shape != shape:
            raise CheckpointError(
                f"{self.path}: array {name!r} has the shape {array.shape}, not {shape}"
            )
        if not np.isfinite(array).all():
            raise CheckpointError(f"{self.path}: array {name!r} has values that are not finite")
        if array.dtype.kind == "f" and (np.abs(array) > LARGEST).any():
            raise CheckpointError(
                f"{self.path}: array {name!r} has values beyond {LARGEST:g}, which no sum can hold"
            )
        self._taken.add(name)
        return array

    def finish(self) -> None:
        """See that no array is left.

        Raises
        ------
        CheckpointError
            If one was not taken.
        """
        left = sorted(self._arrays.keys() - self._taken)
        if left:
            raise CheckpointError(
                f"{self.path} has arrays that nothing refers to: {', '.join(map(repr, left))}"
            )
