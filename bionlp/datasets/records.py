r"""From the text of a table to rows of cells.

Cells are parted by commas, semicolons or tabs. Where they are quoted, it is as RFC 4180 says: a
cell that begins with a quotation mark ends with one, holds separators and line breaks, and doubles
the quotation marks in it. Nothing limits the length of a cell.

Commas and semicolons come with quotes. Tabs mostly do not (GLUE, Kaggle): there a quotation mark is
a character like any other, and a text that begins with one must not swallow the rows up to the
next. So both readings are made, and that with quotes is taken where the file speaks for it
(:func:`read_records`).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bionlp.datasets.wording import shown

QUOTE = '"'
TAB = "\t"
LINE_END = re.compile(r"\r\n|\r|\n")
ADVICE = "put a text that has quotes or line breaks inside quotes, and double its quotes"
FEW = re.compile(r"\d{1,2}")
"""What a label of a line of a table may look like where no other row tells."""


@dataclass(frozen=True)
class Record:
    """A row of a table.

    Attributes
    ----------
    number : int
        Its number in the file; the header is usually row 1, and blank rows count.
    cells : tuple of str
        What stands in it.
    quoted : tuple of bool
        Which of the cells are in quotation marks.
    lines : tuple of str
        The lines of the file that it takes.
    """

    number: int
    cells: tuple[str, ...]
    quoted: tuple[bool, ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def blank(self) -> bool:
        """Whether nothing stands in it."""
        return len(self.cells) == 1 and not self.cells[0].strip() and not any(self.quoted)


@dataclass(frozen=True)
class Columns:
    """Where label and text stand.

    Attributes
    ----------
    label, text : int
        Their columns, from 0.
    count : int
        Columns of the header.
    id : int, optional
        Column of what a row is called.
    """

    label: int
    text: int
    count: int
    id: int | None = None

    def fault(self, cells: Sequence[str]) -> str | None:
        """Say what is wrong with the number of cells of a row, None if nothing is.

        Empty cells at the end may be missing, as spreadsheets leave them out, but not those of the
        label and the text.
        """
        if len(cells) > self.count or len(cells) <= max(self.label, self.text):
            noun = "cell" if len(cells) == 1 else "cells"
            return f"{len(cells)} {noun} where the header has {self.count}"
        return None


class QuotationError(ValueError):
    """Quotation marks that cannot be paired; the message begins with the row."""


def quoted_records(text: str, separator: str) -> Iterator[Record]:
    """Read rows whose cells may be in quotation marks.

    Parameters
    ----------
    text : str
        The table.
    separator : str
        One character.

    Yields
    ------
    Record
        Row after row, less blank ones.

    Raises
    ------
    QuotationError
        If a quotation mark is never closed, or text follows a closed one.
    """
    # Neither part can match in two ways, so it never goes back over what it has read.
    cell = re.compile(
        rf'(?:"([^"]*(?:""[^"]*)*)"|((?!")[^{separator}\r\n]*))({separator}|\r\n|\r|\n|\Z)'
    )
    place, start, number = 0, 0, 1
    cells: list[str] = []
    quoted: list[bool] = []
    while True:
        found = cell.match(text, place)
        if found is None:
            raise QuotationError(_unpaired(text, place, number))
        inside, bare, end = found.groups()
        quoted.append(bare is None)
        cells.append(inside.replace('""', QUOTE) if bare is None else bare)
        place = found.end()
        if end == separator:
            continue
        lines = LINE_END.split(text[start : found.start(3)]) if any(quoted) else ()
        record = Record(number, tuple(cells), tuple(quoted), tuple(lines))
        if not record.blank:
            yield record
        if not end:
            return
        start, number, cells, quoted = place, number + 1, [], []


def _unpaired(text: str, place: int, number: int) -> str:
    closed = re.compile(r'"[^"]*(?:""[^"]*)*"').match(text, place)
    if closed is None:
        after = shown(text[place + 1 : place + 31])
        return f"row {number}: the quotation mark before {after} is never closed; {ADVICE}"
    after = LINE_END.split(text[closed.end() : closed.end() + 40])[0]
    return f"row {number}: {shown(after)} follows a closing quotation mark; {ADVICE}"


def plain_records(text: str, separator: str) -> Iterator[Record]:
    """Read rows in which a quotation mark means nothing.

    Parameters
    ----------
    text, separator
        As of :func:`quoted_records`.

    Yields
    ------
    Record
        A row a line, less blank ones.
    """
    for number, line in enumerate(LINE_END.split(text), start=1):
        record = Record(number, tuple(line.split(separator)))
        if not record.blank:
            yield record


def read_records(text: str, separator: str, columns: Columns) -> list[Record]:
    """Read all rows of a table, its header first.

    Parameters
    ----------
    text, separator
        As of :func:`quoted_records`.
    columns : Columns
        Where label and text stand.

    Returns
    -------
    list of Record
        Without blank rows. Tab-separated rows are read without quotes, unless the header is quoted;
        or quotes are paired, in no row are some that mean nothing, and either all texts are quoted,
        or all cells in quotes need them, or rows without quotes would not have the cells of the
        header.

    Raises
    ------
    QuotationError
        If quotation marks cannot be paired, or commas and semicolons are used without quotes, so
        that a row swallows others.
    """
    if QUOTE not in text:
        return list(plain_records(text, separator))
    if separator != TAB:
        records = list(quoted_records(text, separator))
        _forbid_swallowing(records, separator, columns)
        return records
    plain = list(plain_records(text, separator))
    if any(QUOTE in cell for cell in plain[0].cells):
        return list(quoted_records(text, separator))
    try:
        quoted = list(quoted_records(text, separator))
    except QuotationError:
        return plain
    return quoted if _is_quoted(quoted, plain, columns) else plain


def _is_quoted(quoted: Sequence[Record], plain: Sequence[Record], columns: Columns) -> bool:
    """Tell whether the quotation marks of tab-separated rows are quotes."""
    if not all(_fits(record, columns) and not _stray(record) for record in quoted):
        return False
    if any(len(record.cells) != columns.count for record in plain):
        labels = _labels(quoted, columns)
        return not any(_swallows(record, TAB, columns, labels, 0.5) for record in quoted)
    if len(quoted) < len(plain):
        return False
    needed = (
        any(sign in cell for sign in (QUOTE, TAB, "\n", "\r"))
        for record in quoted
        for cell, is_quoted in zip(record.cells, record.quoted, strict=True)
        if is_quoted
    )
    return _all_texts_quoted(quoted, columns) or all(needed)


def _forbid_swallowing(records: Sequence[Record], separator: str, columns: Columns) -> None:
    if _all_texts_quoted(records, columns):
        return
    labels = _labels(records, columns)
    for record in records:
        if _swallows(record, separator, columns, labels, 1):
            raise QuotationError(
                f"row {record.number}: the text in quotation marks holds {len(record.lines) - 1} "
                "lines that are rows themselves; if they are rows, double the quotation marks in "
                "texts and put these inside quotes; if they are text, put all texts inside quotes"
            )


def _swallows(
    record: Record, separator: str, columns: Columns, labels: set[str], share: float
) -> bool:
    """Tell whether the lines of a row look like rows of their own."""
    if len(record.lines) < 2:
        return False

    own = record.cells[columns.label].strip() if _fits(record, columns) else None

    def is_row(line: str) -> bool:
        cells = line.split(separator)
        if columns.fault(cells):
            return False
        label = cells[columns.label].strip()
        return label == own or label in labels or bool(not labels and FEW.fullmatch(label))

    first, *others = map(is_row, record.lines)
    return first and sum(others) >= share * len(others)


def _labels(records: Sequence[Record], columns: Columns) -> set[str]:
    """Return the labels of the rows of one line, less the header."""
    return {
        record.cells[columns.label].strip()
        for record in records[1:]
        if len(record.lines) < 2 and _fits(record, columns)
    }


def _fits(record: Record, columns: Columns) -> bool:
    return columns.fault(record.cells) is None


def _stray(record: Record) -> bool:
    """Tell whether a cell without quotes has a quotation mark in it."""
    return any(
        QUOTE in cell and not is_quoted
        for cell, is_quoted in zip(record.cells, record.quoted, strict=True)
    )


def _all_texts_quoted(records: Sequence[Record], columns: Columns) -> bool:
    texts = [
        record.quoted[columns.text]
        for record in records[1:]
        if _fits(record, columns) and record.cells[columns.text].strip()
    ]
    return bool(texts) and all(texts)
