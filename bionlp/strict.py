"""Reading what a file says: every field is there, of its type, and no other.

Files are described by pydantic models. A fault becomes one line that starts with the field,

    network.populations[1].neuron.decay: input should be a valid number, not 'x'
"""

from __future__ import annotations

import json
import os
import stat
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import CoreSchema, ErrorDetails, core_schema

from bionlp.errors import BionlpError, absent
from bionlp.files import reason

SHOWN = 60
"""Characters of a wrong value that a message repeats."""
LONGEST = 400
"""Characters of a whole message about a fault."""


class Strict(BaseModel):
    """Base of models of files: nothing is converted, ignored or infinite."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, regex_engine="python-re"
    )


class Open(Strict):
    """Base of models of what may hold more than is asked for."""

    model_config = ConfigDict(extra="allow")


class OneOf:
    """One of some values that are known when the program runs: ``Annotated[str, OneOf(NAMES)]``.

    Parameters
    ----------
    values : iterable of str or int
        The values. As with :data:`typing.Literal`, which takes none that are computed.
    """

    def __init__(self, values: Iterable[str | int]):
        self.values = list(values)

    def __get_pydantic_core_schema__(self, kind: Any, handler: Any) -> CoreSchema:
        """Tell Pydantic the values."""
        return core_schema.literal_schema(self.values)


def first_fault(error: ValidationError, data: Any) -> str:
    """Say in one line what is wrong.

    Parameters
    ----------
    error : pydantic.ValidationError
        What pydantic found.
    data : Any
        What it looked at.

    Returns
    -------
    str
        The field, and what it should be.
    """
    faults = error.errors(include_url=False)
    # Where a field may be of several types, the one that fits best is complained of deepest.
    fault = max(faults, key=lambda fault: len(_places(fault, data)))
    return one_line(f"{_path(_places(fault, data)) or 'the whole'}: {_said(fault)}")


def one_line(text: object) -> str:
    """Return a text without line breaks, and not much longer than a line."""
    line = " ".join(str(text).split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."


def read_file(path: Path, error_class: type[BionlpError], most: int | None = None) -> bytes:
    """Read a whole file, but nothing that is none: a pipe may never answer, a device never end.

    Parameters
    ----------
    path : Path
        The file.
    error_class : type of BionlpError
        The error to raise.
    most : int, optional
        Bytes that it may have.

    Returns
    -------
    bytes
        The content.

    Raises
    ------
    error_class
        If it is missing, no file, too long, or cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | _OF_FILES)
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise error_class(f"{path} is no file but a folder, a pipe or a device; remove it")
            if most is not None and found.st_size > most:
                raise error_class(
                    f"{path} has {found.st_size:,} bytes, and files of its kind at most {most:,}"
                )
            with os.fdopen(os.dup(descriptor), "rb") as stream:
                return stream.read()
        finally:
            os.close(descriptor)
    except error_class:
        raise
    except FileNotFoundError as error:
        raise absent(error_class)(f"there is no file {path}; check the path") from error
    except OSError as error:
        raise error_class(f"cannot read {path}: {reason(error)}") from error
    except (ValueError, MemoryError) as error:
        raise error_class(f"cannot read {path}: {one_line(error) or 'no memory left'}") from error


_OF_FILES = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
"""How a file is opened: a pipe without anybody at its other end is not waited for."""


def parse_json(raw: bytes) -> Any:
    """Read JSON in which no key is there twice.

    Raises
    ------
    ValueError
        If it is none.
    """
    try:
        return json.loads(raw, object_pairs_hook=_without_twice)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _without_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        ((twice, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"{_short(twice)} is there twice")
    return found


def _said(fault: ErrorDetails) -> str:
    kind, context = fault["type"], fault.get("ctx", {})
    if kind == "union_tag_invalid":
        return f"there is no type {_short(context['tag'])}, only {context['expected_tags']}"
    if kind == "union_tag_not_found":
        return "has no type"
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return "is no field of this format"
    message = fault["msg"][:1].lower() + fault["msg"][1:]
    return f"{message}, not {_short(fault['input'])}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def _places(fault: ErrorDetails, data: Any) -> list[str | int]:
    """Return where a fault is, less the names of pydantic's own that are no keys of the data."""
    places = []
    for part in fault["loc"]:
        if isinstance(data, dict) and part in data:
            data = data[part]
        elif isinstance(data, Sequence) and not isinstance(data, str) and isinstance(part, int):
            data = data[part] if part < len(data) else None
        elif fault["type"] != "missing" or part != fault["loc"][-1]:
            continue
        places.append(part)
    return places


def _path(places: list[str | int]) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{_named(part)}" for part in places)
    return path.removeprefix(".")


def _named(part: str) -> str:
    """Return a key as it is shown: not longer than a word, and nothing that moves a cursor."""
    return part if part.isprintable() and len(part) <= SHOWN else _short(part)
