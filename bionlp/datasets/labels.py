"""From labels as they stand in a file to classes from 0.

Where a model gives the classes, a label is the name of one or its index. Without a model, the
labels of a table are the integers 0 to n - 1, or they are all names: names in the order of their
characters (``sorted``) are the classes from 0. Nothing else is a label: no number with a fraction,
no mixture.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bionlp.datasets.model import Example
from bionlp.datasets.wording import listed, shown
from bionlp.errors import DatasetError

LONGEST_NAME = 100
"""Characters of the name of a class."""
LONGEST_INDEX = 9
"""Digits of an index; longer ones are those of no class."""

_INTEGER = re.compile(r"-?\d+", re.ASCII)
_NUMBER = re.compile(
    r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?|[+-]?(nan|inf|infinity)", re.ASCII | re.I
)
_UNSEEN = ("Cc", "Cs", "Zl", "Zp")
"""Kinds of characters that no name has: controls, halves of characters, ends of lines."""


@dataclass(frozen=True)
class Row:
    """A row of a file.

    Attributes
    ----------
    place : str
        Where it stands, for messages.
    number : int
        Its number in the file.
    label, text : str
        Its two cells.
    """

    place: str
    number: int
    label: str
    text: str


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


def label_rows(rows: Sequence[Row], label_names: Sequence[str] | None, path: Path) -> LabelledTexts:
    """Turn rows into examples, leaving out those without text.

    Parameters
    ----------
    rows : sequence of Row
        In the order of the file.
    label_names : sequence of str, optional
        The classes of a model.
    path : Path
        The file, for messages.

    Returns
    -------
    LabelledTexts
        In the order of the file.

    Raises
    ------
    DatasetError
        If there are no texts, or a label is missing or none of the classes.
    """
    full = [row for row in rows if row.text.strip()]
    if not full:
        raise no_examples(path)
    for row in full:
        if not row.label:
            raise DatasetError(f"{row.place}: the label is empty; fill it in or delete the row")
    if label_names is None:
        label_names = _names_of(full)
        if len(label_names) < 2:
            raise DatasetError(
                f"{path}: all {len(full)} rows have the label {shown(full[0].label)}; a classifier "
                "needs two classes or more"
            )
    indices = {name: index for index, name in enumerate(label_names)}
    examples = tuple(
        Example(row.text.strip(), _index(row, label_names, indices), row.number) for row in full
    )
    return LabelledTexts(examples, tuple(label_names), len(rows) - len(full))


def no_examples(path: Path) -> DatasetError:
    """Return the error of a file without texts."""
    return DatasetError(f"{path} has no examples; give it at least one row with a text")


def _index(row: Row, label_names: Sequence[str], indices: dict[str, int]) -> int:
    # Names first: a model's classes may be called "1" to "5", and then "1" means the first.
    if row.label in indices:
        return indices[row.label]
    index = _whole(row.label)
    if index is not None and 0 <= index < len(label_names):
        return index
    raise DatasetError(
        f"{row.place}: label {shown(row.label)} is not one of the {len(label_names)} classes "
        f"({listed(label_names)}); give one of these names or its index from 0"
    )


def _whole(label: str) -> int | None:
    """Return the whole number that a label is, None if it is none or far too large."""
    if not _INTEGER.fullmatch(label):
        return None
    digits = label.removeprefix("-").lstrip("0") or "0"
    if len(digits) > LONGEST_INDEX:
        return None
    return -int(digits) if label.startswith("-") else int(digits)


def _names_of(rows: Sequence[Row]) -> tuple[str, ...]:
    """Name the classes of a table that no model has named."""
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(row.label, row)
    integers = [row for row in first.values() if _INTEGER.fullmatch(row.label)]
    numbers = [row for row in first.values() if _NUMBER.fullmatch(row.label)]
    if not numbers:
        for row in first.values():
            _check_name(row)
        return tuple(sorted(first))
    if len(numbers) < len(first):
        other = next(row for row in first.values() if not _NUMBER.fullmatch(row.label))
        number = min(numbers, key=lambda row: row.number)
        raise DatasetError(
            f"{other.place}: label {shown(other.label)}, but row {number.number} has the number "
            f"{shown(number.label)}; give all labels names, or all the integers from 0"
        )
    if len(integers) < len(numbers):
        odd = next(row for row in numbers if not _INTEGER.fullmatch(row.label))
        raise DatasetError(
            f"{odd.place}: label {shown(odd.label)} is a number but no integer; write the classes "
            "as the integers from 0, or as words"
        )
    return _numbered(integers)


def _numbered(rows: Sequence[Row]) -> tuple[str, ...]:
    """Name classes that are integers, of which ``rows`` has each as it is first written."""
    found = {row.label: _whole(row.label) for row in rows}
    count = len({label if index is None else index for label, index in found.items()})
    for row in sorted(rows, key=lambda row: row.number):
        index = found[row.label]
        if index is None or not 0 <= index < count:
            raise DatasetError(
                f"{row.place}: label {shown(row.label)[1:-1]}, but labels that are integers must "
                f"be 0 to n - 1 with none left out, and the file has {count} different ones; "
                "renumber them or write words"
            )
    return tuple(str(index) for index in range(count))


def _check_name(row: Row) -> None:
    unseen = any(unicodedata.category(character) in _UNSEEN for character in row.label)
    if unseen or len(row.label) > LONGEST_NAME:
        what = (
            "has line breaks or control characters"
            if unseen
            else f"has {len(row.label)} characters, and the name of a class at most {LONGEST_NAME}"
        )
        raise DatasetError(
            f"{row.place}: label {shown(row.label)} {what}; is this the column of the labels? "
            "If not, name it with --label-column"
        )
