"""Whole numbers as they are typed, one after the other and from one to another: ``0-9,40``."""

from __future__ import annotations

import re

_PART = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")


def parse_ranges(text: str, what: str, count: int | None = None) -> list[range]:
    """Read whole numbers from 0 on.

    Parameters
    ----------
    text : str
        Such as ``3``, ``0-9`` or ``0-9,40``; both ends are meant.
    what : str
        What each number is of, for the error: ``map of conv3``.
    count : int, optional
        Numbers that there are; by default all.

    Returns
    -------
    list of range
        In the order in which they are typed, none of them empty.

    Raises
    ------
    ValueError
        If it is no such text, or a number is too large; the message names the part.
    """
    found = []
    for part in text.split(","):
        match = _PART.fullmatch(part.strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if first > last or (count is not None and last >= count):
            known = "" if count is None else f", which has 0 to {count - 1}"
            raise ValueError(f"{part!r} is no {what}{known}; write numbers as in 0-9,40")
        found.append(range(first, last + 1))
    return found
