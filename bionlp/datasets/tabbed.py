"""Files whose cells are parted by tabs and whose quotation marks mean nothing, as GLUE has them.

A sentence may begin with a quotation mark that is never closed, so no cell is ever taken to be
quoted. Columns are known beforehand, and each line has to have all of them.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bionlp.datasets.decoding import read_table_text
from bionlp.datasets.known import TabbedColumns
from bionlp.datasets.labels import LabelledTexts, Row, label_rows, no_examples
from bionlp.datasets.records import TAB, plain_records
from bionlp.datasets.wording import listed, shown
from bionlp.errors import DatasetError
from bionlp.text import SEPARATOR

_SCORE = re.compile(r"\d{1,9}(\.\d{0,99})?", re.ASCII)


def read_tabbed(
    path: Path, columns: TabbedColumns, label_names: Sequence[str], *, scored: bool = False
) -> LabelledTexts:
    """Read a file of labelled sentences or pairs.

    Parameters
    ----------
    path : Path
        The file, in UTF-8.
    columns : TabbedColumns
        What its lines hold.
    label_names : sequence of str
        The classes. A label is a name of one, or its index.
    scored : bool
        Whether labels are scores from 0 to the last class; the class is then the nearest whole
        score, halves up, and the example keeps the score.

    Returns
    -------
    LabelledTexts
        In the order of the file. The sentences of a pair have :data:`bionlp.text.SEPARATOR`
        between them.

    Raises
    ------
    DatasetError
        If the file is missing, not UTF-8 or empty, lacks a column, or a line has too few or too
        many cells, an empty sentence, a sentence with a separator in it, or a label that is none.
    """
    records = list(plain_records(read_table_text(path), TAB))
    if columns.header:
        header = records[0].cells if records else ()
        _check_header(header, columns, path)
        records = records[1:]
    if not records:
        raise no_examples(path)
    rows = [
        _row(record.cells, record.number, columns, f"{path}, line {record.number}")
        for record in records
    ]
    if not scored:
        return label_rows(rows, label_names, path)
    scores = [_score(row, len(label_names) - 1) for row in rows]
    whole = [
        replace(row, label=label_names[int(score + 0.5)])
        for row, score in zip(rows, scores, strict=True)
    ]
    found = label_rows(whole, label_names, path)
    examples = (
        replace(example, score=score) for example, score in zip(found.examples, scores, strict=True)
    )
    return replace(found, examples=tuple(examples))


def _check_header(header: Sequence[str], columns: TabbedColumns, path: Path) -> None:
    if tuple(header) == columns.names:
        return
    missing = [name for name in columns.names if name not in header]
    fault = f"lacks {listed(missing)}" if missing else "has them in another order, or others too"
    raise DatasetError(
        f"{path}, line 1: the header has to name the columns {listed(columns.names)}, and {fault}; "
        "get the file again"
    )


def _row(cells: Sequence[str], number: int, columns: TabbedColumns, place: str) -> Row:
    if len(cells) != len(columns.names):
        noun = "cell" if len(cells) == 1 else "cells"
        raise DatasetError(
            f"{place}: {len(cells)} {noun} where there are {len(columns.names)} columns, "
            f"{listed(columns.names)}; get the file again"
        )
    found = dict(zip(columns.names, (cell.strip() for cell in cells), strict=True))
    for name in columns.texts:
        if not found[name]:
            raise DatasetError(f"{place}: {name} is empty; get the file again")
        if SEPARATOR in found[name]:
            raise DatasetError(
                f"{place}: {name} has {SEPARATOR} in it, which parts the sentences of a pair; "
                "write it otherwise"
            )
    text = f" {SEPARATOR} ".join(found[name] for name in columns.texts)
    return Row(place, number, found[columns.label], text)


def _score(row: Row, most: int) -> float:
    if _SCORE.fullmatch(row.label) and float(row.label) <= most:
        return float(row.label)
    raise DatasetError(
        f"{row.place}: score {shown(row.label)} is no number from 0 to {most}; get the file again"
    )
