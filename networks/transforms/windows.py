"""Windows that slide over positions, along one axis or two.

Along an axis with P positions, window p covers the places

    p stride - before + k dilation    for k = 0 .. width - 1

and there are as many windows as lie within P positions and ``before`` and ``after`` silent ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from networks.described import Shape, whole

Padding = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Axis:
    """Windows along one axis; the fields are those of the formula above."""

    width: int
    stride: int = 1
    before: int = 0
    after: int = 0
    dilation: int = 1

    def count(self, positions: int) -> int:
        """Return how many windows there are, less than 1 if not one fits."""
        return (positions + self.before + self.after - self._span) // self.stride + 1

    def places(self, positions: int) -> np.ndarray:
        """Return the place that each window has under each offset, -1 where that is padding.

        Returns
        -------
        numpy.ndarray of int, shape (windows, width)
            Indices of positions.
        """
        windows = np.arange(self.count(positions))[:, None]
        place = windows * self.stride - self.before + np.arange(self.width) * self.dilation
        return np.where((place >= 0) & (place < positions), place, -1)

    def covering(self, positions: int) -> np.ndarray:
        """Count the windows over each position, shape (positions,)."""
        places = self.places(positions)
        return np.bincount(places[places >= 0], minlength=positions)

    def reach(self, positions: int, spoken: int) -> int:
        """Count the windows up to the last that covers one of the first ``spoken`` positions."""
        return min(self.count(positions), max((spoken - 1 + self.before) // self.stride + 1, 0))

    def cropped(self, positions: int, spoken: int, windows: int | None) -> Axis:
        """Return the windows over the first ``spoken`` positions, so many of them, or all."""
        count = self.count(positions) if windows is None else windows
        missing = (count - 1) * self.stride + self._span - self.before - spoken
        return replace(self, after=max(missing, 0))

    @property
    def _span(self) -> int:
        """Places from the first of a window to its last."""
        return (self.width - 1) * self.dilation + 1


def per_axis(value: Any, axes: int, what: str, least: int) -> tuple[int, ...]:
    """Return a whole number for each axis, given one for all or one for each.

    Raises
    ------
    ValueError
        If they are too many, too few, too small or not whole.
    """
    given = tuple(value) if isinstance(value, Sequence | np.ndarray) else (value,) * axes
    if len(given) != axes:
        raise ValueError(f"{what} needs one number or {axes}, one for each axis, not {value!r}")
    return tuple(whole(number, what, least) for number in given)


def padding_per_axis(value: Any, axes: int) -> Padding:
    """Return (before, after) for each axis, given one number for all, or for each axis one or two.

    Raises
    ------
    ValueError
        If it is none of these.
    """
    given = tuple(value) if isinstance(value, Sequence | np.ndarray) else (value,) * axes
    if len(given) != axes:
        raise ValueError(
            f"padding needs one number or {axes} entries, one for each axis, not {value!r}"
        )
    ends = (per_axis(entry, 2, "padding", 0) for entry in given)
    return tuple((before, after) for before, after in ends)


def check_positions(source: Shape, axes: int, what: str) -> None:
    """See that a source has positions along so many axes, and features.

    Raises
    ------
    ValueError
        If it has not.
    """
    if len(source) != axes + 1:
        names = "(positions, features)" if axes == 1 else "(rows, columns, features)"
        raise ValueError(f"{what} needs a source of shape {names}, not {source}")


def counts(windows: Sequence[Axis], source: Shape, what: str) -> Shape:
    """Return the number of windows along each axis.

    Raises
    ------
    ValueError
        If not one fits.
    """
    found = tuple(axis.count(size) for axis, size in zip(windows, source, strict=False))
    for axis, size, count in zip(windows, source, found, strict=False):
        if count < 1:
            raise ValueError(
                f"a window of {what} is {axis._span} positions wide, and there are only {size}"
            )
    return found
