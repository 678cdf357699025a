"""Tables of a user: CSV, TSV and JSON lines, with a label and a text in each row."""

import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from bionlp.datasets.columns import TextColumns, Wanted, find_separator
from bionlp.datasets.decoding import decode_table, read_table_text
from bionlp.datasets.json_lines import json_rows
from bionlp.datasets.labels import LabelledTexts, Row, label_rows
from bionlp.datasets.model import Question
from bionlp.datasets.records import TAB, QuotationError, read_records
from bionlp.errors import DatasetError

JSON_SUFFIXES = (".jsonl", ".ndjson", ".json")
TABLE_SUFFIXES = (".csv", ".tsv", *JSON_SUFFIXES)

ANY = Wanted()


def read_table(
    path: Path, label_names: Sequence[str] | None = None, wanted: Wanted = ANY
) -> LabelledTexts:
    """Read a table with a column of labels and one of texts.

    Parameters
    ----------
    path : Path
        In UTF-8. JSON lines if the name ends in ``.jsonl``, ``.ndjson`` or ``.json``. Else rows of
        cells, of which the first names the columns; the header tells whether they are parted by
        commas, semicolons or tabs.
    label_names : sequence of str, optional
        The classes of a model. A label is then one of these names or an index into them.
        Without it the labels are the integers 0 to n - 1, or all of them are names: their sorted
        order gives the indices.
    wanted : Wanted
        Names of the two columns; without them, the only one that has a usual name
        (:data:`bionlp.datasets.columns.TEXT_COLUMNS`).

    Returns
    -------
    LabelledTexts
        In the order of the file.

    Raises
    ------
    DatasetError
        If the file is missing, not UTF-8, has no examples, lacks a column, has broken
        quotes, a row with too many or too few cells, or a label that is empty or out of range.
    """
    text = read_table_text(path)
    is_json = Path(path).suffix.lower() in JSON_SUFFIXES
    rows = list(json_rows(text, wanted, path) if is_json else _rows(text, wanted, path))
    for row in rows:
        _check_text(row)
    return label_rows(rows, label_names, path)


def _rows(text: str, wanted: Wanted, path: Path) -> Iterator[Row]:
    usual = TAB if Path(path).suffix.lower() == ".tsv" else ","
    separator, columns = find_separator(text, wanted, str(path), usual)
    try:
        _, *records = read_records(text, separator, columns)
    except QuotationError as error:
        raise DatasetError(f"{path}, {error}") from error
    for record in records:
        place = f"{path}, row {record.number}"
        fault = columns.fault(record.cells)
        if fault:
            raise DatasetError(
                f"{place}: {fault}; put a text that has separators or line breaks in it inside "
                "quotes, and complete rows that are cut off"
            )
        label, content = record.cells[columns.label], record.cells[columns.text]
        yield Row(place, record.number, label.strip(), content)


def table_texts(
    raw: bytes, wanted: TextColumns, place: str, *, tabs: bool = False
) -> Iterator[Question]:
    """Read the texts of a table whose labels, if it has any, do not matter.

    Parameters
    ----------
    raw : bytes
        In UTF-8: rows of cells, of which the first names the columns.
    wanted : TextColumns
        Names of the columns.
    place : str
        Where the table is from, for messages.
    tabs : bool
        Whether tabs are what usually parts the cells of such a file.

    Yields
    ------
    Question
        Row after row, less blank ones. A row with too many or too few cells has a fault.

    Raises
    ------
    DatasetError
        If it is not UTF-8, has no column of texts or broken quotes.
    """
    text = decode_table(raw, place)
    separator, columns = find_separator(text, wanted, place, TAB if tabs else ",")
    try:
        _, *records = read_records(text, separator, columns)
    except QuotationError as error:
        raise DatasetError(f"{place}, {error}") from error
    for record in records:
        fault = columns.fault(record.cells)
        if fault:
            yield Question(record.number, separator.join(record.cells), fault=fault)
            continue
        name = None if columns.id is None else dict(enumerate(record.cells)).get(columns.id)
        yield Question(record.number, record.cells[columns.text].strip(), name)


def _check_text(row: Row) -> None:
    """Refuse characters that are none: JSON can write what UTF-8 cannot."""
    for character in row.text + row.label:
        if character == "\0" or unicodedata.category(character) == "Cs":
            raise DatasetError(
                f"{row.place}: the character U+{ord(character):04X} is no text; delete it"
            )
