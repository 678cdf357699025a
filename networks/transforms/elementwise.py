"""Transforms that change no more than the value or the place of a single current."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import ClassVar

import numpy as np
from scipy import sparse

from networks.described import Shape, locked
from networks.transforms.model import Transform


@dataclass(frozen=True, eq=False)
class Scaling(Transform):
    """I = weight S, neuron by neuron.

    Attributes
    ----------
    weight : numpy.ndarray, shape () or that of the source
        One factor for all, or one for each.
    """

    trained: ClassVar[tuple[str, ...]] = ("weight",)

    weight: np.ndarray | float = 1.0

    def __post_init__(self):
        self._set("weight", locked(self.weight, "a factor"))

    def shape(self, source: Shape) -> Shape:
        """Return the shape of the source."""
        if self.weight.ndim and self.weight.shape != source:
            raise ValueError(f"factors have shape {self.weight.shape}, the source {source}")
        return source

    def matrix(self, source: Shape) -> sparse.csc_array:
        """Return the factors on a diagonal."""
        neurons = np.arange(prod(source))
        entries = np.broadcast_to(self.weight.astype(np.float64), source).ravel()
        return sparse.coo_array((entries, (neurons, neurons)), shape=(len(neurons),) * 2).tocsc()

    def fan_out(self, source: Shape) -> np.ndarray:
        """Return 1."""
        return np.array(1)

    def reach(self, source: Shape, positions: int) -> int | None:
        """Return the positions themselves."""
        return positions

    def cropped(self, source: Shape, positions: int, reached: int | None) -> Scaling:
        """Return it with the factors of the first positions."""
        if reached != positions:
            raise NotImplementedError("scaling has as many currents as its source has neurons")
        return replace(self, weight=self.weight[:positions]) if self.weight.ndim else self


@dataclass(frozen=True, eq=False)
class Flattening(Transform):
    """The same currents in one row, in C order."""

    def shape(self, source: Shape) -> Shape:
        """Return (neurons,)."""
        return (prod(source),)

    def matrix(self, source: Shape) -> sparse.csc_array:
        """Return the identity."""
        return Scaling().matrix(source)

    def fan_out(self, source: Shape) -> np.ndarray:
        """Return 1."""
        return np.array(1)

    def reach(self, source: Shape, positions: int) -> int | None:
        """Count the neurons of the first positions."""
        return prod((positions, *source[1:]))

    def cropped(self, source: Shape, positions: int, reached: int | None) -> Flattening:
        """Return it as it is."""
        if reached != prod((positions, *source[1:])):
            raise NotImplementedError("flattening has as many currents as its source has neurons")
        return self
