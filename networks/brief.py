"""Reprs that fit into a line: what a value is, not all the numbers in it.

Of an array its type and shape are shown, of a long text and of many entries the beginning, and
fields that are as by default are left out. So such a repr tells values apart for a reader, not for
a program: two of them may look the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields
from itertools import islice
from typing import Any, ClassVar

LONGEST = 80
"""Characters of a text."""
MOST = 6
"""Entries of a tuple, list or mapping."""


class Brief:
    """Base of dataclasses with a short repr."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def __init_subclass__(cls, **options: Any):
        super().__init_subclass__(**options)
        # A dataclass writes its own where the class has none: one that prints all numbers.
        if "__repr__" not in vars(cls):
            setattr(cls, "__repr__", cls.__repr__)  # noqa: B010

    def __repr__(self) -> str:
        told = ", ".join(
            f"{field.name}={brief(getattr(self, field.name))}"
            for field in fields(self)
            if field.repr and not _is_default(field, getattr(self, field.name))
        )
        return f"{type(self).__name__}({told})"


def brief(value: Any) -> str:
    """Return a value as a short repr has it.

    Parameters
    ----------
    value : object
        Of any kind.

    Returns
    -------
    str
        In a line.
    """
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        if value.shape == ():
            return repr(value.item())
        return f"<{str(value.dtype).rpartition('.')[2]} {tuple(value.shape)}>"
    if isinstance(value, str) and len(value) > LONGEST:
        return f"{value[:LONGEST]!r}..."
    if isinstance(value, Mapping):
        entries = (f"{key!r}: {brief(each)}" for key, each in value.items())
        return f"{{{_beginning(entries, len(value))}}}"
    if type(value) is list:
        return f"[{_beginning(map(brief, value), len(value))}]"
    if type(value) is tuple:
        last = "," if len(value) == 1 else ""
        return f"({_beginning(map(brief, value), len(value))}{last})"
    return repr(value)


def _beginning(entries: Iterator[str], count: int) -> str:
    some = ", ".join(islice(entries, MOST))
    return some if count <= MOST else f"{some}, ... {count:,} in all"


def _is_default(field: Field[Any], value: Any) -> bool:
    default = field.default
    if field.default_factory is not MISSING:
        default = field.default_factory()
    if getattr(value, "shape", ()) != ():  # an array, which is as by default only if it is that
        return value is default
    return bool(value == default)
