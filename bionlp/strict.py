"""Reading what a file says: every field is there, of its type, and no other.

Files are described by pydantic models. A fault becomes one line that starts with the field,

    network.populations[1].neuron.decay: input should be a valid number, not 'x'
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

SHOWN = 60
"""Characters of a wrong value that a message repeats."""


class Strict(BaseModel):
    """Base of models of files: nothing is converted, ignored or infinite."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, regex_engine="python-re"
    )


class Open(Strict):
    """Base of models of what may hold more than is asked for."""

    model_config = ConfigDict(extra="allow")


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
    """Return a text without line breaks."""
    return " ".join(str(text).split())


def _said(fault: dict[str, Any]) -> str:
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


def _places(fault: dict[str, Any], data: Any) -> list[str | int]:
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
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in places)
    return path.removeprefix(".")
