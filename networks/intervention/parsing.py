"""Interventions as they are typed.

    KIND:POPULATION[:neurons=0-9,40 | :maps=3,7][:value=V | :current=I][:from=N][:until=N]

``from`` and ``until`` count steps from the beginning of each presentation. A step lasts 1 ms, so
``20`` and ``20ms`` are the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from networks.intervention.model import KINDS, Intervention
from networks.ranges import parse_ranges

EXAMPLE = "silence:conv3:maps=3,7:from=20"


def parse(texts: Iterable[str]) -> tuple[Intervention, ...]:
    """Read interventions as they are typed.

    Parameters
    ----------
    texts : iterable of str
        One each.

    Returns
    -------
    tuple of Intervention
        In the same order.

    Raises
    ------
    ValueError
        If one is none; the message says what there is to choose from.
    """
    return tuple(map(_parse, texts))


def _parse(text: str) -> Intervention:
    kind, *rest = text.split(":")
    if kind not in KINDS:
        raise ValueError(f"unknown intervention {kind!r}; choose one of {', '.join(KINDS)}")
    if not rest or "=" in rest[0] or not rest[0]:
        raise ValueError(f"{text!r} names no population; write KIND:POPULATION, as in {EXAMPLE}")
    population, *options = rest
    found: dict[str, Any] = {}
    for option in options:
        name, equals, value = option.partition("=")
        if name not in OPTIONS or not equals:
            raise ValueError(
                f"{option!r} of {text!r} is none of {'=, '.join(OPTIONS)}=; write as in {EXAMPLE}"
            )
        field, read = OPTIONS[name]
        if field in found:
            raise ValueError(f"{text!r} says {name} twice; leave out one")
        found[field] = read(name, value)
    return Intervention(kind, population, **found)


def _numbers(name: str, text: str) -> list[range]:
    return parse_ranges(text, f"number of {name}")


def _strength(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{name} is a number of thresholds, not {text!r}") from None


def _step(name: str, text: str) -> int:
    match = re.fullmatch(r"(\d{1,9})(?:ms)?", text)
    if not match:
        raise ValueError(f"{name} is a step, as 20 or 20ms is, not {text!r}")
    return int(match[1])


OPTIONS: dict[str, tuple[str, Callable[[str, str], Any]]] = {
    "neurons": ("neurons", _numbers),
    "maps": ("maps", _numbers),
    "value": ("value", _strength),
    "current": ("current", _strength),
    "from": ("start", _step),
    "until": ("stop", _step),
}
"""Each option, the field that it is, and what reads it."""
