"""Texts that are to be labelled, one after the other, however many there are.

They come from lines of text, rows of a table, or objects in JSON lines. What cannot be read is a
question with a fault, not the end of those behind it; lines and JSON lines are read as they come,
so that memory does not grow with their number.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from bionlp.datasets.columns import TextColumns
from bionlp.datasets.decoding import MARK
from bionlp.datasets.json_lines import json_texts
from bionlp.datasets.model import Question
from bionlp.datasets.tables import JSON_SUFFIXES, TABLE_SUFFIXES, table_texts
from bionlp.errors import AbsentTextError, TextError, UsageError
from bionlp.files import reason

STANDARD_INPUT = "-"
LINES, JSON_LINES, CSV, TSV = KINDS = ("lines", "jsonl", "csv", "tsv")
LONGEST_LINE = 2**20
"""Bytes; a longer line is no sentence, and is not kept."""
SHOWN = 60
"""Bytes of it that are repeated."""


def given_texts(texts: Iterable[str]) -> Iterator[Question]:
    """Ask about texts that are at hand."""
    for number, text in enumerate(texts, start=1):
        yield Question(number, text)


def kind_of(path: str, kind: str | None = None) -> str:
    """Return what a file holds: the kind that was asked for, else what its name says.

    Raises
    ------
    UsageError
        If there is no such kind.
    """
    if kind is not None:
        if kind not in KINDS:
            raise UsageError(f"unknown kind of input {kind!r}; choose one of {', '.join(KINDS)}")
        return kind
    suffix = Path(path).suffix.lower()
    if suffix in JSON_SUFFIXES:
        return JSON_LINES
    return suffix[1:] if suffix in TABLE_SUFFIXES else LINES


@contextmanager
def open_questions(
    path: str,
    kind: str | None = None,
    *,
    text_column: str | None = None,
    id_column: str | None = None,
) -> Iterator[Iterator[Question]]:
    """Read texts from a file or from standard input.

    Parameters
    ----------
    path : str
        A file, or ``-`` for standard input.
    kind : str, optional
        One of :data:`KINDS`; by default what the name of the file says, and lines without one.
    text_column, id_column : str, optional
        Names of columns of a table, if they are not the usual ones.

    Yields
    ------
    iterator of Question
        In the order of the file.

    Raises
    ------
    UsageError
        If the kind is unknown, or columns of lines are asked for.
    TextError
        If the file cannot be read.
    DatasetError
        If a table has no column of texts.
    """
    kind = kind_of(path, kind)
    if kind == LINES and (text_column or id_column):
        raise UsageError("lines of text have no columns; say what the input is with --input")
    wanted = TextColumns(text_column, id_column)
    place = "standard input" if path == STANDARD_INPUT else path
    with _open(path) as stream:
        if kind == LINES:
            yield (Question(n, text, fault=fault) for n, text, fault in _lines(stream, place))
        elif kind == JSON_LINES:
            yield json_texts(_lines(stream, place), wanted, place)
        else:
            yield table_texts(_read_all(stream, place), wanted, place, tabs=kind == TSV)


@contextmanager
def _open(path: str) -> Iterator[BinaryIO]:
    if path == STANDARD_INPUT:
        if sys.stdin is None:
            raise TextError("standard input is closed; give texts or a file")
        yield sys.stdin.buffer
        return
    with ExitStack() as stack:
        with _readable(path):
            stream = stack.enter_context(Path(path).open("rb"))
        yield stream


@contextmanager
def _readable(path: str) -> Iterator[None]:
    """Turn what keeps a file from being read into an error for users."""
    try:
        yield
    except FileNotFoundError as error:
        raise AbsentTextError(f"there is no file {path}; check the path") from error
    except OSError as error:
        raise TextError(f"cannot read {path}: {reason(error)}") from error
    except ValueError as error:
        raise TextError(f"cannot read {path}: {error}") from error


def _lines(stream: BinaryIO, place: str) -> Iterator[tuple[int, str, str]]:
    """Yield number and text of each line, and what is wrong with it."""
    number = 0
    while True:
        with _readable(place):
            line = stream.readline(LONGEST_LINE)
            whole = len(line) < LONGEST_LINE or line.endswith(b"\n")
            rest = b"" if whole else stream.readline(LONGEST_LINE)
            while len(rest) == LONGEST_LINE and not rest.endswith(b"\n"):
                rest = stream.readline(LONGEST_LINE)
        if not line:
            return
        number += 1
        if number == 1:
            line = line.removeprefix(MARK)
        if not whole:
            beginning = line[:SHOWN].decode("utf-8", "ignore")
            yield number, beginning, f"the line has more than {LONGEST_LINE:,} bytes"
            continue
        try:
            yield number, line.decode("utf-8").strip(), ""
        except UnicodeDecodeError as error:
            text = line.decode("utf-8", "backslashreplace").strip()
            yield number, text, f"not UTF-8, at byte {error.start + 1} of the line"


def _read_all(stream: BinaryIO, place: str) -> bytes:
    with _readable(place):
        return stream.read()
