"""Finished cells as a JSON document, one for each table or figure.

    {"table": "table1", "cells": [{"dataset": ..., "method": ..., "test": {...}, ...}, ...]}

Cells of a sweep also have ``changes``: the settings that differ from the recipe's. Cells of an
attack have ``attack`` and ``noise``, which tell them apart, too, and ``plan``, how it was done.

The document is written anew, by renaming, after every cell. A cell counts as finished if its
settings are still those that the program would use now.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from bionlp.experiments.cells import Cell
from bionlp.experiments.records import check_document
from bionlp.experiments.store import Record, Store, as_json
from bionlp.training.settings import TrainingSettings

IDENTITY = ("dataset", "method", "recipe", "embeddings", "seed")
"""What tells the cells of a table apart, besides changes."""
FURTHER = ("attack", "noise")
"""What tells those of attacks apart, too."""


def changes_of(record: Record) -> dict[str, Any]:
    """Return the settings of a finished cell that differ from the recipe's."""
    return record.get("changes", {})


class Results(Store):
    """The finished cells of a table.

    Parameters
    ----------
    folder : Path
        Where the document is, or will be.
    table : str
        Name of the table.

    Raises
    ------
    CheckpointError
        If the document is no JSON of this kind.
    """

    def __init__(self, folder: Path, table: str):
        super().__init__(folder, table, lambda raw: check_document(raw, table))

    def find(self, cell: Cell) -> Record | None:
        """Return the record of a finished cell."""
        settings, plan = as_json([asdict(cell.settings), cell.plan])
        settings["length"] = None
        # A setting that a record lacks came later, and its default is what was done before.
        defaults = as_json(asdict(TrainingSettings()))
        wanted = _identity(_described(cell))
        for record in self.records:
            same = _identity(record) == wanted and record.get("plan") == plan
            if same and defaults | record["settings"] | {"length": None} == settings:
                return record
        return None

    def put(self, cell: Cell, found: dict[str, Any], length: int) -> Record:
        """Put a cell into the document in place of an older one.

        Parameters
        ----------
        cell : Cell
            What was run.
        found : dict
            What came out, ready for JSON.
        length : int
            Words that sentences were cut to.

        Returns
        -------
        dict
            The record.
        """
        record = _described(cell) | {
            **found,
            "command": cell.command,
            "settings": asdict(cell.settings) | {"length": length},
        }
        if cell.plan is not None:
            record["plan"] = cell.plan
        identity = as_json(_identity(record))
        return self.replace(record, lambda other: _identity(other) == identity)


def _described(cell: Cell) -> Record:
    """Return what a record says of its cell."""
    changes = {"changes": dict(cell.changes)} if cell.changes else {}
    return {key: getattr(cell, key) for key in IDENTITY} | changes | cell.further


def _identity(record: Record) -> list[Any]:
    further = [record.get(key) for key in FURTHER]
    return [*(record[key] for key in IDENTITY), changes_of(record), *further]
