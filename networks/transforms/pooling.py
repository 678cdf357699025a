"""Sums and averages over windows, feature by feature.

An average of binary spikes lands exactly on a threshold so often that the rounding of 1 / window
decides spikes. Sums have no rounding: an average tested against a threshold is better described as
a sum tested against threshold * window.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from math import prod

import numpy as np
from scipy import sparse

from networks.described import One, Shape
from networks.transforms.model import Transform
from networks.transforms.windows import (
    Axis,
    Padding,
    check_positions,
    counts,
    padding_per_axis,
    per_axis,
)


@dataclass(frozen=True, eq=False)
class Pooling(Transform):
    """I[p, f] = w * sum over the window p of S[., f]; what w is, is a matter of the kind.

    Attributes
    ----------
    window : tuple of int or None
        Positions along each axis; None for all positions, which leaves no axis but features.
    stride : tuple of int or None
        Positions from one window to the next along each axis; by default the window.
    padding : int or tuple
        Silent positions: for all ends, for each axis, or for each axis (before, after).
    """

    window: tuple[int, ...] | One | None = None
    stride: tuple[int, ...] | One | None = None
    padding: Padding | One = 0

    def __post_init__(self) -> None:
        if self.window is None:
            if self.stride is not None or self.padding != 0:
                raise ValueError("pooling over all positions has neither stride nor padding")
            return
        axes = len(self.window) if np.ndim(self.window) else 1
        if axes not in (1, 2):
            raise ValueError(f"a window has one axis or two, not {axes}")
        self._set("window", per_axis(self.window, axes, "a window", 1))
        stride = self.window if self.stride is None else self.stride
        self._set("stride", per_axis(stride, axes, "stride", 1))
        self._set("padding", padding_per_axis(self.padding, axes))

    @abstractmethod
    def weight(self, source: Shape) -> float:
        """Return what a spike adds."""

    def size(self, source: Shape) -> int:
        """Count the positions of a window, padding included."""
        return prod(source[:-1] if self.window is None else self.window)

    @property
    def windows(self) -> tuple[Axis, ...]:
        """Windows along each axis; none where one window covers all."""
        if self.window is None:
            return ()
        return tuple(
            Axis(width, stride, before, after)
            for width, stride, (before, after) in zip(
                self.window, self.stride or (), self.padding, strict=True
            )
        )

    def shape(self, source: Shape) -> Shape:
        r"""Return (\*windows, features), or (features,) where one window covers all."""
        if self.window is None:
            if len(source) < 2:
                raise ValueError(f"pooling needs a source with positions, not of shape {source}")
            return source[-1:]
        check_positions(source, len(self.window), "pooling")
        return (*counts(self.windows, source, "pooling"), source[-1])

    def matrix(self, source: Shape) -> sparse.sparray:
        """Return a weight for each position of each window, feature by feature."""
        target, features = self.shape(source), np.arange(source[-1])
        if self.window is None:
            i = np.arange(prod(source))
            j = i % source[-1]
        else:
            place, window = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
            for axis, size in zip(self.windows, source, strict=False):
                places = axis.places(size)
                number, offset = np.nonzero(places >= 0)
                place = (place[:, None] * size + places[number, offset]).ravel()
                window = (window[:, None] * len(places) + number).ravel()
            i = (place[:, None] * source[-1] + features).ravel()
            j = (window[:, None] * source[-1] + features).ravel()
        entries = np.full(len(i), self.weight(source))
        return sparse.coo_array((entries, (j, i)), shape=(prod(target), prod(source)))

    def fan_out(self, source: Shape) -> np.ndarray:
        """Count the windows over each position."""
        counted = np.ones((), dtype=int)
        for axis, size in zip(self.windows, source, strict=False):
            counted = counted[..., None] * axis.covering(size)
        return counted if self.window is None else counted[..., None]

    def reach(self, source: Shape, positions: int) -> int | None:
        """Count the windows along the first axis that cover one of the first positions."""
        return self.windows[0].reach(source[0], positions) if self.windows else None

    def cropped(self, source: Shape, positions: int, reached: int | None) -> Pooling:
        """Return it with as much padding behind the source as is left out."""
        if self.window is None:
            return self
        axis = self.windows[0].cropped(source[0], positions, reached)
        return replace(self, padding=((axis.before, axis.after), *self.padding[1:]))


@dataclass(frozen=True, eq=False)
class SumPooling(Pooling):
    """I[p, f] = sum over the window p of S[., f]: how many spikes there are.

    Attributes
    ----------
    window, stride, padding
        As of :class:`Pooling`.

    Examples
    --------
    >>> import numpy as np
    >>> from networks import SumPooling
    >>> pooling = SumPooling(window=2)
    >>> pooling.shape((4, 1))
    (2, 1)
    >>> pooling.matrix((4, 1)) @ np.array([1, 1, 0, 1])
    array([2., 1.])
    """

    def weight(self, source: Shape) -> float:
        """Return 1."""
        return 1.0


@dataclass(frozen=True, eq=False)
class AveragePooling(Pooling):
    """I[p, f] = mean over the window p of S[., f]; padding counts as positions.

    Attributes
    ----------
    window, stride, padding
        As of :class:`Pooling`.

    Examples
    --------
    >>> import numpy as np
    >>> from networks import AveragePooling
    >>> AveragePooling(window=2).matrix((4, 1)) @ np.array([1, 1, 0, 1])
    array([1. , 0.5])
    """

    def weight(self, source: Shape) -> float:
        """Return 1 / positions of a window."""
        return 1.0 / self.size(source)

    def cropped(self, source: Shape, positions: int, reached: int | None) -> Pooling:
        """Return it, unless the positions that are left out are counted in the mean."""
        if self.window is None:
            raise NotImplementedError("positions that are left out would be missing in the mean")
        return super().cropped(source, positions, reached)
