"""Transforms that change no more than the value or the place of a single current."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import ClassVar

import numpy as np
from scipy import sparse

from networks.described import Number, Shape, locked, whole
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

    weight: np.ndarray | Number = 1.0

    def __post_init__(self) -> None:
        self._set("weight", locked(self.weight, "a factor"))

    def shape(self, source: Shape) -> Shape:
        """Return the shape of the source."""
        if self.weight.ndim and self.weight.shape != source:
            raise ValueError(f"factors have shape {self.weight.shape}, the source {source}")
        return source

    def matrix(self, source: Shape) -> sparse.sparray:
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
class Offset(Transform):
    """I = S + bias: a constant current, neuron by neuron.

    Attributes
    ----------
    bias : numpy.ndarray, shape () or that of the source
        One current for all, or one for each.
    """

    trained: ClassVar[tuple[str, ...]] = ("bias",)

    bias: np.ndarray | Number = 0.0

    def __post_init__(self) -> None:
        self._set("bias", locked(self.bias, "a constant current"))

    def shape(self, source: Shape) -> Shape:
        """Return the shape of the source."""
        if self.bias.ndim and self.bias.shape != source:
            raise ValueError(f"currents have shape {self.bias.shape}, the source {source}")
        return source

    def matrix(self, source: Shape) -> sparse.sparray:
        """Return the identity."""
        return Scaling().matrix(source)

    def constant(self, source: Shape) -> np.ndarray:
        """Return the currents."""
        return np.broadcast_to(self.bias.astype(np.float64), source)

    def fan_out(self, source: Shape) -> np.ndarray:
        """Return 1."""
        return np.array(1)


@dataclass(frozen=True, eq=False)
class Flattening(Transform):
    """The same currents in one row, in C order of their axes, or of these in another order.

    Attributes
    ----------
    axes : tuple of int or None
        The axes of the source, slowest first; as they are by default. Libraries that keep features
        first flatten (row, column, feature) by (2, 0, 1).
    """

    axes: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if self.axes is not None:
            self._set("axes", tuple(whole(axis, "an axis", 0) for axis in self.axes))
            if sorted(self.axes) != list(range(len(self.axes))):
                raise ValueError(f"axes are {self.axes}, and not each of them once")

    def rearranges(self, source: Shape) -> bool:
        """Tell whether currents come in another order than in a source of the given shape."""
        longer = [axis for axis in self.axes or () if source[axis] > 1]
        return longer != sorted(longer)

    def shape(self, source: Shape) -> Shape:
        """Return (neurons,)."""
        if self.axes is not None and len(self.axes) != len(source):
            raise ValueError(f"the source has shape {source}, and {len(self.axes)} axes are named")
        return (prod(source),)

    def matrix(self, source: Shape) -> sparse.sparray:
        """Return a permutation."""
        if not self.rearranges(source):
            return Scaling().matrix(source)
        neurons = np.arange(prod(source))
        taken = neurons.reshape(source).transpose(self.axes).ravel()
        ones = np.ones(len(neurons))
        return sparse.coo_array((ones, (neurons, taken)), shape=(len(neurons),) * 2).tocsc()

    def fan_out(self, source: Shape) -> np.ndarray:
        """Return 1."""
        return np.array(1)

    def reach(self, source: Shape, positions: int) -> int | None:
        """Count the neurons of the first positions."""
        return None if self.rearranges(source) else prod((positions, *source[1:]))

    def cropped(self, source: Shape, positions: int, reached: int | None) -> Flattening:
        """Return it as it is."""
        if self.rearranges(source) or reached != prod((positions, *source[1:])):
            raise NotImplementedError("flattening has as many currents as its source has neurons")
        return self
