"""What every part of a description has in common: it is a value.

Parts are frozen dataclasses. Two of them are equal if they are of one type and all their fields
are, arrays by shape, type and values. Arrays are copied and locked when a part is made, so nobody
can change a network behind its back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from inspect import isabstract
from typing import TYPE_CHECKING, Any

import numpy as np

from networks.brief import Brief

Shape = tuple[int, ...]

if TYPE_CHECKING:
    One = Any
    Number = Any
else:
    One = int
    Number = float
# A field that may be given as one number, and is a tuple or an array once its part is made, is of
# type ``tuple[int, ...] | One`` or ``numpy.ndarray | Number``: who reads it need not ask which.


LATER = {"later": True}
"""Metadata of a field that was added to a part when files and digests of it were in use: while it
has its default, it is not written, and digests do not tell of it."""


class Described(Brief):
    """Base of the frozen dataclasses (``eq=False``) that networks are described with."""

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(_equal(value, getattr(other, name)) for name, value in values(self).items())

    __hash__ = None  # type: ignore[assignment]  # Python's own way to have no hash

    def _set(self, name: str, value: Any) -> None:
        """Give a field its checked form, while the part is being made."""
        object.__setattr__(self, name, value)


def values(part: Described) -> dict[str, Any]:
    """Return the fields of a part by name."""
    return {field.name: getattr(part, field.name) for field in fields(part)}


def told(part: Described) -> dict[str, Any]:
    """Return the fields of a part that files and digests tell of."""
    silent = {
        field.name
        for field in fields(part)
        if field.metadata == LATER and getattr(part, field.name) == field.default
    }
    return {name: value for name, value in values(part).items() if name not in silent}


def locked(array: Any, what: str) -> np.ndarray:
    """Return a read-only copy of numbers, in single precision where they were in that.

    Parameters
    ----------
    array : array_like
        The numbers.
    what : str
        What they are, for the error.

    Returns
    -------
    numpy.ndarray of float32 or float64
        The copy.

    Raises
    ------
    ValueError
        If they are no finite real numbers, or there are none.
    """
    given = np.asarray(array)
    if given.dtype.kind not in "fiu" or given.size == 0 or not np.isfinite(given).all():
        raise ValueError(f"{what} must be finite real numbers, at least one")
    copy = np.array(given, dtype=np.float32 if given.dtype == np.float32 else np.float64)
    copy.flags.writeable = False
    return copy


def whole(value: Any, what: str, least: int) -> int:
    """Return a whole number of any type as an int.

    Raises
    ------
    ValueError
        If it is none, or smaller than ``least``.
    """
    # A truth value is a whole number to Python, and never meant as one here.
    if isinstance(value, bool | np.bool_) or not np.isscalar(value) or isinstance(value, str):
        raise ValueError(f"{what} must be a whole number, not {value!r}")
    number: Any = value
    if number != number // 1 or number < least or not np.isfinite(number):
        raise ValueError(f"{what} must be a whole number of at least {least}, not {value!r}")
    return int(number)


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        both = isinstance(a, np.ndarray) and isinstance(b, np.ndarray)
        return both and a.dtype == b.dtype and np.array_equal(a, b)
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(_equal, a, b))
    return bool(a == b)


def digest_of(part: Described) -> str:
    """Return a digest of all that a part of a description says: SHA-256, 64 hexadecimal digits."""
    found = hashlib.sha256()
    for piece in _pieces(part):
        found.update(piece)
    return found.hexdigest()


def _pieces(part: Any) -> Iterator[bytes]:
    """Yield all that a part of a description says, so that no two parts say the same."""
    if isinstance(part, Described):
        yield f"{type(part).__name__}(".encode()
        for name, value in told(part).items():
            yield f"{name}=".encode()
            yield from _pieces(value)
        yield b")"
    elif isinstance(part, tuple):
        yield f"{len(part)}[".encode()
        for entry in part:
            yield from _pieces(entry)
    elif isinstance(part, np.ndarray):
        yield f"{part.dtype.str}{part.shape}".encode()
        yield part.tobytes()
    else:
        yield f"{part!r};".encode()


Kinds = Mapping[str, type[Described]]
"""Classes by the name that files and tables call them."""


def kinds_of(base: type[Described]) -> Kinds:
    """Return all classes that derive from one and are dataclasses themselves, by their names."""
    found: dict[str, type[Described]] = {}
    waiting = [base]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            if "__dataclass_fields__" in vars(kind) and not isabstract(kind):
                found[kind.__name__] = kind
            waiting.append(kind)
    return dict(sorted(found.items()))
