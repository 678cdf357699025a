"""Tables as JSON lines: an object a line."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from bionlp.datasets.columns import TextColumns, Wanted
from bionlp.datasets.labels import Row
from bionlp.datasets.model import Question
from bionlp.datasets.records import LINE_END, Columns
from bionlp.datasets.wording import shown
from bionlp.errors import DatasetError


class _Number(str):
    """A number as it is written."""


def json_rows(text: str, wanted: Wanted, path: Path) -> Iterator[Row]:
    """Read objects with a label and a text.

    Parameters
    ----------
    text : str
        The file.
    wanted : Wanted
        Names of the two members.
    path : Path
        The file, for messages.

    Yields
    ------
    Row
        Line after line, less blank ones. A label may be a string or a whole number.

    Raises
    ------
    DatasetError
        If a line is no object, or lacks a member.
    """
    columns: Columns | None = None
    names: list[str] = []
    for number, line in enumerate(LINE_END.split(text), start=1):
        if not line.strip():
            continue
        place = f"{path}, row {number}"
        members = _parse(line, place)
        if columns is None:
            names = list(members)
            columns = wanted.find(names, str(path))
        label, content = (_member(members, names[n], place) for n in (columns.label, columns.text))
        if content is not None and (isinstance(content, _Number) or not isinstance(content, str)):
            raise DatasetError(
                f"{place}: {shown(names[columns.text])} is {shown(content)}, no text; write it in "
                "quotation marks"
            )
        if isinstance(label, bool | list | dict):
            raise DatasetError(
                f"{place}: {shown(names[columns.label])} is {shown(label)}; a label is a name in "
                "quotation marks or a whole number"
            )
        yield Row(place, number, str(label or "").strip(), content or "")
    if columns is None:
        raise DatasetError(f"{path} is empty; it needs an object with label and text on each line")


def json_texts(
    lines: Iterable[tuple[int, str, str]], wanted: TextColumns, place: str
) -> Iterator[Question]:
    """Read objects with a text, as they come.

    Parameters
    ----------
    lines : iterable of (int, str, str)
        Number and text of each line, and what is wrong with it.
    wanted : TextColumns
        Names of the members.
    place : str
        Where they are from, for messages.

    Yields
    ------
    Question
        Line after line, less blank ones. What is no object, or has no text, has a fault.

    Raises
    ------
    DatasetError
        If the first object has no member that could be a text.
    """
    names: tuple[str, str | None] | None = None
    for number, line, fault in lines:
        if not line and not fault:
            continue
        if fault:
            yield Question(number, line, fault=fault)
            continue
        try:
            members = _parse(line, f"row {number}")
        except DatasetError as error:
            yield Question(number, line, fault=str(error))
            continue
        if names is None:
            header = list(members)
            columns = wanted.find(header, place)
            names = header[columns.text], None if columns.id is None else header[columns.id]
        yield _question(number, line, members, *names)


def _question(
    number: int, line: str, members: dict[str, Any], text: str, name: str | None
) -> Question:
    called = members.get(name) if name is not None else None
    called = None if called is None else str(called)
    found = members.get(text)
    if not isinstance(found, str) or isinstance(found, _Number):
        what = f"is {shown(found)}, no text" if text in members else "is not there"
        return Question(number, line, called, fault=f"{shown(text)} {what}")
    return Question(number, found.strip(), called)


def _parse(line: str, place: str) -> dict[str, Any]:
    try:
        found = json.loads(
            line,
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_Number,
            object_pairs_hook=lambda pairs: _unique(pairs, place),
        )
    except DatasetError:
        raise
    except (ValueError, RecursionError) as error:
        raise DatasetError(
            f"{place}: no JSON ({' '.join(str(error).split())}); write one object a line"
        ) from error
    if not isinstance(found, dict):
        raise DatasetError(f"{place}: no object but {shown(line.strip())}; write one object a line")
    return found


def _unique(pairs: list[tuple[str, Any]], place: str) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise DatasetError(f"{place}: {shown(twice)} occurs twice in one object; write it once")
    return members


def _member(members: dict[str, Any], name: str, place: str) -> Any:
    if name not in members:
        raise DatasetError(f"{place}: there is no {shown(name)}, which row 1 has; add it")
    return members[name]
