"""Finished cells of one table as a JSON document that is written anew after each of them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from bionlp.errors import CheckpointError
from bionlp.files import atomic_path
from bionlp.progress import Reporter
from bionlp.strict import first_fault, one_line, parse_json, read_file

PACKAGES = ("bionlp", "brian2", "torch", "snntorch", "numpy")
"""Whose versions a record has."""
LONGEST = 2**28
"""Bytes that a document may have."""

Record = dict[str, Any]
Cell = TypeVar("Cell")
"""What a table is made of."""


class Store:
    """The finished cells of a table.

    Parameters
    ----------
    folder : Path
        Where the document is, or will be.
    table : str
        Name of the table, and of the document.
    check : callable
        Raises a ValueError if the bytes of a document are none of this table.

    Attributes
    ----------
    path : Path
        The document.
    records : list of dict
        The cells.

    Raises
    ------
    CheckpointError
        If the document is no JSON of this kind.
    """

    def __init__(self, folder: Path, table: str, check: Callable[[bytes], object]):
        self.path, self.table, self._check = folder / f"{table}.json", table, check
        self.records: list[Record] = self._read() if os.path.lexists(self.path) else []

    def replace(self, record: Record, same: Callable[[Record], bool]) -> Record:
        """Put a record into the document in place of older ones.

        Parameters
        ----------
        record : dict
            The cell, ready for JSON; versions of packages are added.
        same : callable
            Tells older ones of the same cell.

        Returns
        -------
        dict
            The record as it is read again.
        """
        versions = {name: metadata.version(name) for name in PACKAGES}
        record = as_json(record | {"versions": versions})
        self.records = [other for other in self.records if not same(other)] + [record]
        with atomic_path(self.path) as temporary:
            document = {"table": self.table, "cells": self.records}
            temporary.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        return record

    def _read(self) -> list[Record]:
        raw, document = read_file(self.path, CheckpointError, LONGEST), None
        try:
            document = parse_json(raw)
            self._check(raw)
            return document["cells"]
        except ValidationError as error:
            why = first_fault(error, document)
        except ValueError as error:
            why = one_line(error)
        raise CheckpointError(f"{self.path} holds no results of {self.table} ({why}); remove it")


def missing_cells(
    cells: Sequence[Cell], find: Callable[[Cell], Record | None], report: Reporter
) -> list[Cell]:
    """Return the cells of which nothing is found, and tell how many there are to compute."""
    missing = [cell for cell in cells if find(cell) is None]
    report.note(f"{len(cells)} cells, {len(missing)} of them to compute")
    return missing


def as_json(value: Any) -> Any:
    """Return a value as it is when it was written and read again."""
    return json.loads(json.dumps(value))
