"""From files to examples: the original formats of the known datasets, and CSV.

All readers return :class:`LabelledTexts` and say in one sentence which row of which file is wrong.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bionlp.datasets.model import Example
from bionlp.errors import DatasetError
from bionlp.files import read_bytes, read_utf8

TEXT_COLUMNS = ("text", "review")


@dataclass(frozen=True)
class LabelledTexts:
    """What a file holds.

    Attributes
    ----------
    examples : tuple of Example
        In the order of the file.
    label_names : tuple of str
        The name of class ``i`` at index ``i``.
    skipped : int
        How many rows were left out because their text is empty.
    """

    examples: tuple[Example, ...]
    label_names: tuple[str, ...]
    skipped: int = 0


@dataclass(frozen=True)
class _Row:
    """One row of a table: where it stands, for messages, and its two cells."""

    place: str
    label: str
    text: str


def read_class_files(paths: Sequence[Path], label_names: Sequence[str]) -> LabelledTexts:
    """Read a dataset that has one file a class, one sentence a line (MR and Subj).

    Parameters
    ----------
    paths : sequence of Path
        The file of class ``i`` at index ``i``; in cp1252, as these two datasets were published.
    label_names : sequence of str
        Their names.

    Returns
    -------
    LabelledTexts
        Class by class.

    Raises
    ------
    DatasetError
        If a file is missing, not in cp1252 or empty.
    """
    examples = []
    for label, path in enumerate(paths):
        lines = (line.strip() for line in _decode_cp1252(path).split("\n"))
        found = [Example(line, label) for line in lines if line]
        if not found:
            raise _no_examples(path)
        examples += found
    return LabelledTexts(tuple(examples), tuple(label_names))


def read_labelled_lines(path: Path, label_names: Sequence[str]) -> LabelledTexts:
    """Read a file whose lines are a class index, a space and a sentence (SST).

    Parameters
    ----------
    path : Path
        The file, in UTF-8.
    label_names : sequence of str
        The names of the classes.

    Returns
    -------
    LabelledTexts
        In the order of the file.

    Raises
    ------
    DatasetError
        If the file is missing, not UTF-8, empty, or a line has no label of the range.
    """
    rows = []
    for number, line in enumerate(read_utf8(path, DatasetError).split("\n"), start=1):
        if line.strip():
            label, _, text = line.partition(" ")
            rows.append(_Row(f"{path}, line {number}", label, text))
    return _collect(rows, label_names, path)


def read_table(path: Path, label_names: Sequence[str] | None = None) -> LabelledTexts:
    """Read a table with a column ``label`` and a column ``text`` or ``review``.

    Parameters
    ----------
    path : Path
        CSV in UTF-8, or tab-separated if the name ends in ``.tsv``.
    label_names : sequence of str, optional
        The classes of a model. A label is then one of these names or an index into them.
        Without it the labels are the integers 0 to n - 1, or any words: their sorted order gives
        the indices.

    Returns
    -------
    LabelledTexts
        In the order of the file.

    Raises
    ------
    DatasetError
        If the file is missing, not UTF-8, has no examples, lacks a column, has broken
        quotes, or a row has a label that is empty or out of range.
    """
    rows = list(_table_rows(path))
    if label_names is None:
        label_names = _names_of(rows)
    return _collect(rows, label_names, path)


def _collect(rows: Sequence[_Row], label_names: Sequence[str], path: Path) -> LabelledTexts:
    """Turn rows into examples, leaving out those without text."""
    full = [row for row in rows if row.text.strip()]
    if not full:
        raise _no_examples(path)
    examples = tuple(Example(row.text.strip(), _index(row, label_names)) for row in full)
    return LabelledTexts(examples, tuple(label_names), len(rows) - len(full))


def _no_examples(path: Path) -> DatasetError:
    return DatasetError(f"{path} has no examples; give it at least one row with a text")


def _index(row: _Row, label_names: Sequence[str]) -> int:
    # Names first: a model's classes may be called "1" to "5", and then "1" means the first.
    if row.label in label_names:
        return label_names.index(row.label)
    if _is_integer(row.label) and 0 <= int(row.label) < len(label_names):
        return int(row.label)
    raise DatasetError(
        f"{row.place}: label {row.label!r} is not one of the {len(label_names)} classes "
        f"({', '.join(label_names)}); give one of these names or its index from 0"
    )


def _names_of(rows: Sequence[_Row]) -> tuple[str, ...]:
    """Name the classes of a table that no model has named."""
    places = {row.label: row.place for row in reversed(rows) if row.text.strip()}
    if not places or not all(_is_integer(label) for label in places):
        return tuple(sorted(places))
    count = len({int(label) for label in places})
    for label, place in places.items():
        if not 0 <= int(label) < count:
            raise DatasetError(
                f"{place}: label {label}, but labels that are integers must be 0 to n - 1 with "
                f"none left out, and the file has {count} different ones; renumber them or "
                "write words"
            )
    return tuple(str(index) for index in range(count))


def _is_integer(label: str) -> bool:
    return label.removeprefix("-").isdecimal() and label.isascii()


def _table_rows(path: Path) -> Iterator[_Row]:
    content = read_utf8(path, DatasetError)
    delimiter = "\t" if Path(path).suffix.lower() == ".tsv" else ","
    # strict: an unbalanced quote would otherwise swallow the rows up to the next one unnoticed.
    records = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    number = 0
    columns = None
    try:
        for number, cells in enumerate(records, start=1):
            if columns is None:
                columns = _columns(cells, path)
            elif cells:
                yield _row(cells, columns, f"{path}, row {number}")
    except csv.Error as error:
        raise DatasetError(
            f"{path}, row {number + 1}: {error}; put a text that has quotes or line breaks "
            "inside quotes, and double its quotes"
        ) from error
    if columns is None:
        raise DatasetError(f"{path} is empty; it needs a header with the columns label and text")


def _columns(header: Sequence[str], path: Path) -> tuple[int, int, int]:
    """Find the label and the text column; returns them and the number of columns."""
    names = [name.strip().lower() for name in header]
    text = next((name for name in TEXT_COLUMNS if name in names), None)
    if text is None or "label" not in names:
        raise DatasetError(
            f"{path} has the columns {', '.join(header) or '(none)'}; it needs a header with "
            f"label and {' or '.join(TEXT_COLUMNS)}"
        )
    return names.index("label"), names.index(text), len(names)


def _row(cells: Sequence[str], columns: tuple[int, int, int], place: str) -> _Row:
    label_column, text_column, count = columns
    if len(cells) > count:
        raise DatasetError(
            f"{place}: {len(cells)} cells where the header has {count}; put a text that has "
            "the separator in it inside quotes"
        )
    # Spreadsheets leave out empty cells at the end of a row.
    padded = [*cells, *[""] * (count - len(cells))]
    row = _Row(place, padded[label_column].strip(), padded[text_column])
    if row.text.strip() and not row.label:
        raise DatasetError(f"{place}: the label is empty; fill it in or delete the row")
    return row


def _decode_cp1252(path: Path) -> str:
    raw = read_bytes(path, DatasetError)
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DatasetError(
            f"{path}, line {line}: not in the encoding cp1252 of the original; fetch it again"
        ) from error
