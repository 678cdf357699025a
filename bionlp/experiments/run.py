"""Computing the cells that are missing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from bionlp.experiments.cells import Cell
from bionlp.experiments.material import Material, check_material
from bionlp.experiments.measures import measure
from bionlp.experiments.methods import RUN
from bionlp.experiments.results import Results
from bionlp.experiments.store import Record, missing_cells
from bionlp.progress import Reporter
from bionlp.training.phases import Device
from bionlp.training.stages import FineTuningStage


def run_cells(
    cells: Sequence[Cell],
    results: Results,
    work: Path,
    report: Reporter,
    device: Device = "cpu",
) -> list[Record]:
    """Compute the cells that are not finished yet.

    Parameters
    ----------
    cells : sequence of Cell
        What is wanted; those of one training lie behind each other.
    results : Results
        What there is, and where new cells go.
    work : Path
        Folder for trainings, finished and interrupted.
    report : Reporter
        Hears of every cell.
    device : torch.device or str
        Where networks are trained and measured.

    Returns
    -------
    list of dict
        The records of all cells, in their order.
    """
    missing = missing_cells(cells, results.find, report)
    check_material(missing)
    material: Any = None
    shared = None
    for number, cell in enumerate(missing, start=1):
        if shared != cell.material:
            material, shared = Material(cell, work, report, device), cell.material
        report.note(f"{number}/{len(missing)}: {cell}")
        outcome = RUN[cell.method](material, material.settings_of(cell))
        measured = measure(cell, material, cast(FineTuningStage, outcome.stage))
        record = results.add(cell, outcome, measured, material.corpus.length)
        report.note(
            f"{cell}: dev {record['dev']['accuracy']:.2%}, test {record['test']['accuracy']:.2%}, "
            f"{record['seconds']:.0f} s"
        )
    return cast(list[Record], [results.find(cell) for cell in cells])
