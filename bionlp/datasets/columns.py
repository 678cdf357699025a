"""Which columns of a table hold the labels and the texts."""

from collections.abc import Sequence
from dataclasses import dataclass

from bionlp.datasets.records import TAB, Columns, QuotationError, plain_records, quoted_records
from bionlp.datasets.wording import listed, shown
from bionlp.errors import DatasetError, UsageError

TEXT_COLUMNS = (
    *("text", "texts", "review", "reviews", "sentence", "sentences", "content", "comment"),
    *("comments", "tweet", "message", "document"),
)
LABEL_COLUMNS = (
    *("label", "labels", "class", "sentiment", "category", "target", "polarity"),
)  # fmt: skip
ID_COLUMNS = ("id",)
"""The usual names, in lower case."""

SEPARATORS = {",": "commas", ";": "semicolons", TAB: "tabs"}


@dataclass(frozen=True)
class Wanted:
    """Names of columns that a user asked for.

    Attributes
    ----------
    text, label : str, optional
        A name, or None for the usual ones.

    Raises
    ------
    UsageError
        If both are one.
    """

    text: str | None = None
    label: str | None = None

    def __post_init__(self):
        if self.text is not None and self.text == self.label:
            raise UsageError(
                f"texts and labels cannot both be in the column {shown(self.text)}; name two"
            )

    def find(self, header: Sequence[str], place: str) -> Columns:
        """Find both columns in a header.

        Parameters
        ----------
        header : sequence of str
            Names of all columns.
        place : str
            The file, for messages.

        Returns
        -------
        Columns
            Where they are.

        Raises
        ------
        DatasetError
            If one is missing, or several could be meant.
        """
        label = _find(header, place, "label", self.label, LABEL_COLUMNS)
        text = _find(header, place, "text", self.text, TEXT_COLUMNS)
        if label == text:
            raise UsageError(f"{place}: texts and labels cannot be one column; name two")
        return Columns(label, text, len(header))


@dataclass(frozen=True)
class TextColumns:
    """Names of columns of a table without labels.

    Attributes
    ----------
    text, id : str, optional
        A name, or None for the usual ones. There need not be a usual column of ids.

    Raises
    ------
    UsageError
        If both are one.
    """

    text: str | None = None
    id: str | None = None

    def __post_init__(self):
        if self.text is not None and self.text == self.id:
            raise UsageError(
                f"texts and ids cannot both be in the column {shown(self.text)}; name two"
            )

    def find(self, header: Sequence[str], place: str) -> Columns:
        """Find the columns in a header; see :meth:`Wanted.find`. Texts stand for labels."""
        text = _find(header, place, "text", self.text, TEXT_COLUMNS)
        usual = [n for n, name in enumerate(header) if name.strip().casefold() in ID_COLUMNS]
        if self.id is None and len(usual) != 1:
            return Columns(text, text, len(header))
        return Columns(text, text, len(header), _find(header, place, "id", self.id, ID_COLUMNS))


def _find(
    header: Sequence[str], place: str, kind: str, wanted: str | None, usual: Sequence[str]
) -> int:
    names = [name.strip() for name in header]
    if wanted is None:
        found = [n for n, name in enumerate(names) if name.casefold() in usual]
    else:
        found = [n for n, name in enumerate(names) if name == wanted.strip()]
        if not found:
            asked = wanted.strip().casefold()
            found = [n for n, name in enumerate(names) if name.casefold() == asked]
    if len(found) == 1:
        return found[0]
    if len({names[n] for n in found}) == 1:
        raise DatasetError(
            f"{place} has {len(found)} columns {shown(names[found[0]])}; give each a name of its "
            "own"
        )
    if found:
        raise DatasetError(
            f"{place} has {len(found)} columns that may hold the {kind}s, "
            f"{listed(names[n] for n in found)}; name one with --{kind}-column"
        )
    has = f"{place} has the columns {listed(names)}"
    if wanted is not None:
        raise DatasetError(
            f"{has}, but no column {shown(wanted)}; name one of them with --{kind}-column"
        )
    raise DatasetError(
        f"{has}, none of which is usual for {kind}s ({listed(usual)}); it needs a header with "
        f"label and text, or name the column with --{kind}-column"
    )


def find_separator(
    text: str, wanted: Wanted | TextColumns, place: str, usual: str
) -> tuple[str, Columns]:
    """Find out what parts the cells of a table, by its header.

    Parameters
    ----------
    text : str
        The table.
    wanted : Wanted or TextColumns
        Names of the columns that have to be there.
    place : str
        The file, for messages.
    usual : str
        The separator that the name of the file promises; it decides where several would do.

    Returns
    -------
    separator : str
        One of :data:`SEPARATORS`.
    columns : Columns
        Where label and text stand.

    Raises
    ------
    DatasetError
        If the file is empty, or its header lacks a column.
    """
    headers = {separator: _header(text, separator) for separator in SEPARATORS}
    if not headers[usual]:
        raise DatasetError(f"{place} is empty; it needs a header that names its columns")
    order = sorted(SEPARATORS, key=lambda sign: (-len(headers[sign]), sign != usual))
    for separator in order:
        try:
            return separator, wanted.find(headers[separator], place)
        except DatasetError:
            continue
    return order[0], wanted.find(headers[order[0]], place)


def _header(text: str, separator: str) -> tuple[str, ...]:
    """Return the cells of the first row that has any, none of an empty table."""
    first = next(plain_records(text, separator), None)
    if first is None:
        return ()
    if not any(cell.startswith('"') for cell in first.cells):
        return first.cells
    try:
        return next(quoted_records(text, separator)).cells
    except QuotationError:
        return first.cells
