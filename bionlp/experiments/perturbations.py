"""How much a perturbation costs: accuracy on test of a bundled model, level by level.

Nothing is trained. A cell is one perturbation at one level on one dataset with one seed, which is
that of the input spikes and of what is random in the perturbation. PyTorch computes it, and of some
cells the first sentences are shown to Brian 2, too, spike for spike. Cells are kept in a document
of their own,

    {"table": "perturb", "cells": [{"dataset": ..., "what": ..., "level": ..., "test": ...}, ...]}

and count as finished while the model is still the one they were measured with.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from bionlp.errors import UsageError
from bionlp.experiments.cells import check_names
from bionlp.experiments.records import Amount, Count, Scores
from bionlp.experiments.store import Record, Store
from bionlp.limits import MOST_SEED
from bionlp.strict import OneOf, Open
from networks.perturbation import Perturbations, perturbation_kinds

PERTURB = "perturb"
NONE = "none"
"""What is done in the cells that others are compared with."""
MODELS = ("mr", "waimai")
"""Bundled models, each with the dataset of its name."""
USUAL_SENTENCES = 500

USUAL_LEVELS: dict[str, tuple[float, ...]] = {
    "threshold": (0.25, 0.5, 1, 2),
    "mismatch": (0.1, 0.2, 0.4, 0.8),
    "bits": (8, 4, 3, 2),
    "fan-in": (256, 64, 32, 16),
    "dead": (0.2, 0.4, 0.6, 0.8),
    "noise": (0.1, 0.2, 0.4, 0.8),
    "failure": (0.2, 0.4, 0.6, 0.8),
    "leak": (0.03, 0.1, 0.3, 1),
    "tau": (0.1, 0.2, 0.5, 1),
    "maps": (0.2, 0.4, 0.6, 0.8),
    "bits-per-map": (8, 4, 3, 2),
    "integer": (8, 4, 3, 2),
    "range": (0.5, 0.2, 0.1, 0.05),
    "jitter": (2, 5, 10, 20),
    "delay": (2, 5, 10, 15),
}
"""Levels of each perturbation, in the order of damage."""
USUAL = ("threshold", "mismatch", "bits", "fan-in", "dead", "noise", "failure", "leak")
"""What is done if nothing else is said."""


class Check(Open):
    """What Brian 2 made of some sentences."""

    sentences: Count
    spikes: Count
    differing: Count


class Finished(Open):
    """A finished cell, as its document has it."""

    dataset: Annotated[str, OneOf(MODELS)]
    network: str
    what: Annotated[str, OneOf((NONE, *USUAL_LEVELS))]
    level: Amount | None
    seed: Annotated[int, Field(ge=0, le=MOST_SEED)]
    sentences: Count
    test: Scores
    undecided: Count
    brian2: Check | None
    seconds: Amount
    command: str
    versions: dict[str, str]


class Document(Open):
    """All finished cells."""

    table: Annotated[str, OneOf([PERTURB])]
    cells: list[Finished]


@dataclass(frozen=True)
class PerturbedCell:
    """One perturbation at one level.

    Attributes
    ----------
    dataset : str
        One of :data:`MODELS`.
    what : str
        One of :data:`USUAL_LEVELS`, or :data:`NONE`.
    level : float or None
        None where nothing is done.
    seed : int
        Of the input and of the perturbation.
    sentences : int
        The first so many of test.
    checked : bool
        Whether Brian 2 is shown some of them.
    """

    dataset: str
    what: str
    level: float | None
    seed: int
    sentences: int
    checked: bool = False

    @property
    def identity(self) -> dict[str, Any]:
        """What tells it from other cells of the same network."""
        names = ("dataset", "what", "level", "seed", "sentences")
        return {name: getattr(self, name) for name in names}

    @property
    def perturbations(self) -> Perturbations:
        """What is done."""
        steps = () if self.level is None else (perturbation_kinds()[self.what](self.level),)
        return Perturbations(steps, self.seed)

    @property
    def command(self) -> str:
        """What computes it."""
        options = {
            "--what": self.what,
            "--levels": None if self.level is None else f"{self.level:g}",
            "--datasets": self.dataset,
            "--seeds": str(self.seed),
            "--sentences": str(self.sentences),
        }
        given = [word for name, value in options.items() if value for word in (name, value)]
        return shlex.join(["bionlp", "experiment", PERTURB, *given])

    def __str__(self) -> str:
        what = self.what if self.level is None else f"{self.what} {self.level:g}"
        return f"{PERTURB} {self.dataset} {what} seed {self.seed}"


def list_perturbed(
    what: Sequence[str],
    levels: Sequence[float],
    datasets: Sequence[str],
    seeds: Sequence[int],
    sentences: int = USUAL_SENTENCES,
) -> list[PerturbedCell]:
    """List the cells, all of a seed one after the other, each dataset without a perturbation first.

    Parameters
    ----------
    what : sequence of str
        Some of :data:`USUAL_LEVELS`; :data:`NONE` alone for what they are compared with.
    levels : sequence of float
        Of a single perturbation; none for the usual ones of each.
    datasets : sequence of str
        Some of :data:`MODELS`.
    seeds : sequence of int
        Each with all of these.
    sentences : int
        The first so many of test.

    Returns
    -------
    list of PerturbedCell
        The cells. Of the first seed, the second level of each is shown to Brian 2, too.

    Raises
    ------
    UsageError
        If there is no such dataset or perturbation, or a level is out of its range.
    """
    check_names("perturbation", what, (NONE, *USUAL_LEVELS))
    check_names("dataset", datasets, MODELS)
    perturbed = [name for name in what if name != NONE]
    if levels and len(perturbed) != 1:
        raise UsageError("--levels are of one perturbation; name one with --what")
    chosen = {name: tuple(levels) or USUAL_LEVELS[name] for name in perturbed}
    cells = []
    for seed, dataset in product(seeds, datasets):
        cells.append(PerturbedCell(dataset, NONE, None, seed, sentences))
        for name, own in chosen.items():
            for place, level in enumerate(own):
                checked = seed == seeds[0] and place == min(1, len(own) - 1)
                cell = PerturbedCell(dataset, name, level, seed, sentences, checked)
                _check_level(cell)
                cells.append(cell)
    return cells


def _check_level(cell: PerturbedCell) -> None:
    try:
        cell.perturbations  # noqa: B018, makes it
    except ValueError as error:
        raise UsageError(str(error)) from error


class PerturbedResults(Store):
    """The document of finished cells.

    Parameters
    ----------
    folder : Path
        Where it is, or will be.

    Raises
    ------
    CheckpointError
        If it is no JSON of this kind.
    """

    def __init__(self, folder: Path):
        super().__init__(folder, PERTURB, Document.model_validate_json)

    def find(self, cell: PerturbedCell, network: str) -> Record | None:
        """Return the record of a finished cell, if the network had this digest."""
        for record in self.records:
            same = all(record[name] == value for name, value in cell.identity.items())
            seen = record["brian2"] is not None or not cell.checked
            if same and seen and record["network"] == network:
                return record
        return None

    def add(self, cell: PerturbedCell, found: Record) -> Record:
        """Put a cell into the document in place of an older one."""
        identity = cell.identity.items()
        return self.replace(
            cell.identity | found | {"command": cell.command},
            lambda record: all(record[name] == value for name, value in identity),
        )
