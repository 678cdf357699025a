"""Where the windows of a kernel lie, in numbers that all code generation targets share.

One-dimensional positions are a single row, so there is one geometry for one and two dimensions.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from brian2.units.fundamentalunits import DIMENSIONLESS, get_dimensions

Axes = tuple[int, ...]


class Geometry(NamedTuple):
    """What a kernel covers; ``Geometry`` in ``templates/common/convolve.h`` has the same order.

    Window (p, q) covers rows ``p * row_stride - row_padding + i * row_dilation`` and columns
    ``q * column_stride - column_padding + j * column_dilation``, for i below ``height`` and j
    below ``width``. Source neurons are numbered ``(row * columns + column) * features + feature``
    from ``source_start`` on, targets ``(p * window_columns + q) * maps + map`` from 0 on.
    """

    source_start: int
    rows: int
    columns: int
    features: int
    height: int
    width: int
    maps: int
    groups: int
    row_stride: int
    column_stride: int
    row_padding: int
    column_padding: int
    row_dilation: int
    column_dilation: int
    window_rows: int
    window_columns: int


def geometry(
    source_start: int,
    *,
    positions: Axes,
    features: int,
    width: Axes,
    maps: int,
    groups: int = 1,
    stride: Axes,
    padding: Axes,
    dilation: Axes,
    windows: Axes,
) -> Geometry:
    """Lay out a kernel in one or two dimensions.

    Parameters
    ----------
    source_start : int
        Number of the first source neuron in its group.
    positions, width, stride, padding, dilation, windows : tuple of int
        Of the source, the kernel and the windows, an entry per axis.
    features, maps, groups : int
        Channels of the source and of the target, and the parts that they are divided into.

    Returns
    -------
    Geometry
        With a single row if there is one axis.
    """
    row = (1,) * (2 - len(positions))  # in front of a single axis
    nothing = (0,) * len(row)
    numbers = (
        *(source_start, *row, *positions, features),
        *(*row, *width, maps, groups),
        *(*row, *stride, *nothing, *padding, *row, *dilation),
        *(*row, *windows),
    )
    return Geometry._make(numbers)


def whole_number(value: Any, name: str, least: int) -> int:
    """Take a whole number of any type; refuse what would have to be cut.

    Parameters
    ----------
    value : int, numpy.integer, float, ...
        Such as 2, 2.0 or ``np.int64(2)``.
    name : str
        What it is, for the message.
    least : int
        Smallest number that is allowed.

    Returns
    -------
    int
        The number.

    Raises
    ------
    ValueError
        If it is no whole number, has a unit, or is too small.
    """
    message = f"{name} is a whole number of at least {least}, not {value!r}"
    try:
        number = _as_int(value)
    except (TypeError, ValueError, OverflowError, ArithmeticError) as error:
        raise ValueError(message) from error
    if number < least:
        raise ValueError(message)
    return number


def per_axis(value: Any, axes: int, name: str, least: int) -> Axes:
    """Take one whole number, or one per axis.

    Parameters
    ----------
    value : int or sequence of int
        A single number counts for all axes.
    axes : int
        How many axes there are.
    name, least
        As of :func:`whole_number`.

    Returns
    -------
    tuple of int
        A number per axis.

    Raises
    ------
    ValueError
        If there are too few or too many, or one is refused by :func:`whole_number`.
    """
    if isinstance(value, str) or not (isinstance(value, Sequence) or np.ndim(value) == 1):
        return (whole_number(value, name, least),) * axes
    if len(value) != axes:
        raise ValueError(
            f"{name} is one whole number, or one for each of {axes} "
            f"{'axis' if axes == 1 else 'axes'}, not {value!r}"
        )
    return tuple(whole_number(number, name, least) for number in value)


def in_words(numbers: Axes) -> str:
    """Write a size as in 28 × 28."""
    return " × ".join(map(str, numbers))


def _as_int(value: Any) -> int:
    if isinstance(value, str | bytes | bool | np.bool_):
        raise TypeError("no number")
    if not callable(getattr(value, "dim", None)) and get_dimensions(value) is not DIMENSIONLESS:
        raise TypeError("a number with a unit")
    try:
        return operator.index(value)
    except TypeError:
        if np.ndim(value):
            raise
    number = int(float(value))
    if number != value:
        raise ValueError("no whole number")
    return number
