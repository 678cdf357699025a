"""How messages repeat what stands in a file: in one line, and not too much of it."""

from collections.abc import Iterable

SHOWN = 60
"""Characters of a value that a message repeats."""
LISTED = 20
"""Values that a message lists."""


def shown(value: object) -> str:
    """Return a value in quotation marks, with line breaks escaped and shortened if it is long."""
    text = value if isinstance(value, str) else str(value)
    short = text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."
    return repr(short)


def listed(names: Iterable[str]) -> str:
    """Return names one after the other; those that are long or hold line breaks as ``shown``."""
    names = list(names)
    parts = [_plain(name) for name in names[:LISTED]]
    if len(names) > LISTED:
        parts.append(f"and {len(names) - LISTED} more")
    return ", ".join(parts)


def _plain(name: str) -> str:
    return name if name.isprintable() and 0 < len(name) <= SHOWN else shown(name)
