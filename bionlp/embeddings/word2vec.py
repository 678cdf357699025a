"""Reading rows of words and values, in text and in binary.

In text, the last fields of a row, as many as the dimension, are its numbers; what is before them is
the word, which may have blanks. In binary, a word ends at the first blank, and float32 follow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import numpy as np

from bionlp.embeddings.formats import BINARY, FLOAT_BYTES, Layout, is_number, numbers_at_end
from bionlp.embeddings.opening import Content, shown
from bionlp.embeddings.table import Table, WordVectors
from bionlp.errors import EmbeddingError

_CHUNK_BYTES = 1 << 20
_WORD_BYTES_MOST = 1 << 16
# Lines in text, bytes in binary.
_BLANK_MOST = 1 << 20


def read_rows(content: Content, layout: Layout, skip_undecodable: bool) -> WordVectors:
    """Read a file of word2vec's or GloVe's format.

    Parameters
    ----------
    content : Content
        The file.
    layout : Layout
        How it is to be read.
    skip_undecodable : bool
        Leave out words that are not UTF-8, instead of refusing the file.

    Returns
    -------
    WordVectors
        The words and their vectors.

    Raises
    ------
    EmbeddingError
        If a row is malformed, or there are more or fewer than are announced.
    """
    content.stream.seek(layout.start)
    binary = layout.kind == BINARY
    unit = "byte" if binary else "line"
    # Of packed data the file's size says too little.
    rows = None if content.compressed else layout.words
    table = Table(content.name, unit, layout.dimension, skip_undecodable, rows)
    if binary:
        _read_binary(content, layout, table)
    else:
        _read_text(content, layout, table)
    return table.finish(layout.kind)


def _read_text(content: Content, layout: Layout, table: Table) -> None:
    rows = _rows(content, layout.lines)
    # Numbers too large for 32 bits become infinite, which the table refuses.
    with np.errstate(over="ignore"):
        for number, line in rows:
            if table.rows == layout.words:
                raise _miscounted(content, layout, table.rows + 1 + sum(1 for _ in rows))
            word, values = _row(content, number, line, layout.dimension)
            row = table.claim(word, number)
            if row is not None:
                row[:] = values
    if layout.words is not None and table.rows < layout.words:
        raise _miscounted(content, layout, table.rows)


def _rows(content: Content, number: int) -> Iterator[tuple[int, bytes]]:
    """Go through the lines that are not blank, with their numbers."""
    last = number
    while line := content.line(number := number + 1):
        if not line.isspace():
            last = number
            yield number, line
        elif number - last > _BLANK_MOST:
            raise EmbeddingError(
                f"{content.name}, line {number}: nothing but blank lines for {_BLANK_MOST} lines; "
                "delete them or get the file again"
            )


def _row(content: Content, number: int, line: bytes, dimension: int) -> tuple[bytes, list[float]]:
    """Split a row into its word and its values."""
    fields = line.rstrip().split(b" ")
    try:
        if len(fields) != dimension + 1 or b"\r" in fields[0]:
            raise ValueError
        values = list(map(float, fields[1:]))
    except ValueError:
        return _odd_row(content, number, line, dimension)
    if b"_" in line:
        _refuse_underscores(content, number, fields[1:])
    return fields[0], values


def _odd_row(
    content: Content, number: int, line: bytes, dimension: int
) -> tuple[bytes, list[float]]:
    """Split a row that has blanks in its word or more than one between fields."""
    fields = line.rsplit(None, dimension)
    if len(fields) == dimension and line[:1].isspace():
        fields.insert(0, b"")
    numbers = fields[1:]
    if len(numbers) != dimension or not all(map(is_number, numbers)):
        raise _malformed(content, number, line, dimension)
    word = fields[0].strip()
    if _ends_in_number(word, numbers) or b"\r" in word:
        raise _malformed(content, number, line, dimension)
    return word, list(map(float, numbers))


def _ends_in_number(word: bytes, numbers: list[bytes]) -> bool:
    """Tell whether a row has a number too many, rather than a word such as "windows 10"."""
    surplus = [part for part in word.split()[1:] if is_number(part) and not part.isalpha()]
    return any(not part.isdigit() for part in surplus) or (
        bool(surplus) and all(number.isdigit() for number in numbers)
    )


def _refuse_underscores(content: Content, number: int, fields: list[bytes]) -> None:
    # Python reads them as part of a number.
    for text in fields:
        if b"_" in text:
            raise EmbeddingError(
                f"{content.name}, line {number}: {_quoted(text)} is no number; mend or delete "
                "that line"
            )


def _malformed(content: Content, number: int, line: bytes, dimension: int) -> EmbeddingError:
    fields = line.split()
    where = f"{content.name}, line {number}"
    if b"\r" in line.rstrip():
        return EmbeddingError(
            f"{where}: has a carriage return inside; save the file with the line ends of Linux or "
            "Windows"
        )
    return EmbeddingError(
        f"{where}: should be a word and {dimension} numbers, but begins with {_quoted(fields[0])} "
        f"and ends in {numbers_at_end(fields)} numbers; mend or delete that line, or get the file "
        "again if it may be truncated"
    )


def _quoted(text: bytes) -> str:
    return repr(shown(text.decode("utf-8", "backslashreplace")))


def _miscounted(content: Content, layout: Layout, rows: int) -> EmbeddingError:
    return EmbeddingError(
        f"{content.name} announces {layout.words} words but has {rows} rows; it may be truncated: "
        "get it again, or mend the first number of its first line"
    )


def _read_binary(content: Content, layout: Layout, table: Table) -> None:
    size = FLOAT_BYTES * layout.dimension
    buffer, start, offset = b"", 0, layout.start
    words = cast(int, layout.words)  # the header of the binary format says it
    while table.rows < words:
        blank = buffer.find(b" ", start, start + _WORD_BYTES_MOST)
        end = blank + 1 + size
        if blank < 0 or end > len(buffer):
            if blank < 0 and len(buffer) - start >= _WORD_BYTES_MOST:
                raise _no_word(content, offset + start)
            chunk = content.stream.read(max(_CHUNK_BYTES, size))
            if not chunk:
                raise _cut_off(content, layout, table.rows)
            buffer, start, offset = buffer[start:] + chunk, 0, offset + start
            continue
        # Some writers end a vector with a new line, which then precedes the next word.
        row = table.claim(buffer[start:blank].lstrip(b"\n"), offset + start)
        if row is not None:
            row[:] = np.frombuffer(buffer, "<f4", layout.dimension, blank + 1)
        start = end
    _refuse_rest(content, layout, buffer[start:], offset + start)


def _no_word(content: Content, place: int) -> EmbeddingError:
    return EmbeddingError(
        f"{content.name}, byte {place}: no word ends within {_WORD_BYTES_MOST} bytes; the file is "
        "damaged or its first line is wrong: get it again"
    )


def _cut_off(content: Content, layout: Layout, rows: int) -> EmbeddingError:
    return EmbeddingError(
        f"{content.name} announces {layout.words} words but ends after {rows}; it is truncated: "
        "get it again"
    )


def _refuse_rest(content: Content, layout: Layout, rest: bytes, place: int) -> None:
    rest += content.stream.read(_BLANK_MOST)
    if rest.strip() or content.stream.read(1):
        raise EmbeddingError(
            f"{content.name} goes on, at byte {place}, after the {layout.words} words of dimension "
            f"{layout.dimension} that it announces; its first line is wrong, or it is damaged: get "
            "it again"
        )
