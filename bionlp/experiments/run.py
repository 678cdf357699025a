"""Computing the cells that are missing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from bionlp.cores import cores
from bionlp.experiments.cells import Cell
from bionlp.experiments.groups import computed
from bionlp.experiments.material import Material, check_material
from bionlp.experiments.measures import measure
from bionlp.experiments.methods import RUN
from bionlp.experiments.results import Results
from bionlp.experiments.store import Record, missing_cells
from bionlp.progress import Reporter
from bionlp.training.phases import Device
from bionlp.training.stages import FineTuningStage
from bionlp.workers import Workers


def run_cells(
    cells: Sequence[Cell],
    results: Results,
    work: Path,
    report: Reporter,
    device: Device = "cpu",
    workers: Workers | None = None,
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
    workers : Workers, optional
        A cluster, to which cells of one training are a task (:mod:`bionlp.experiments.groups`);
        this process without it.

    Returns
    -------
    list of dict
        The records of all cells, in their order.
    """
    missing = missing_cells(cells, results.find, report)
    check_material(missing)
    computing = Computing(work, report, device, 1 if workers else cores())
    done = computed(missing, computing, lambda cell: cell.material, report, workers)
    for cell, (found, length) in done:
        record = results.put(cell, found, length)
        report.note(
            f"{cell}: dev {record['dev']['accuracy']:.2%}, test {record['test']['accuracy']:.2%}, "
            f"{record['seconds']:.0f} s"
        )
    return cast(list[Record], [results.find(cell) for cell in cells])


class Computing:
    """Training and measuring of cells: work for :mod:`bionlp.workers`.

    Parameters
    ----------
    work, report, device
        As of :func:`run_cells`.
    processes : int
        Processes that Brian 2 may run in.
    """

    caches = ()

    def __init__(self, work: Path, report: Reporter, device: Device, processes: int):
        self._work, self._report, self._device = work.absolute(), report, device
        self._processes = processes
        self._material: Material | None = None
        self._shared: Cell | None = None

    def do(self, cells: Sequence[Cell]) -> list[tuple[dict[str, Any], int]]:
        """Compute some cells.

        Parameters
        ----------
        cells : sequence of Cell
            Those of one training lie behind each other.

        Returns
        -------
        list of (dict, int)
            For each what its record says, and how many words sentences were cut to.
        """
        return [self._computed(cell) for cell in cells]

    def _computed(self, cell: Cell) -> tuple[dict[str, Any], int]:
        if self._material is None or self._shared != cell.material:
            self._material = Material(cell, self._work, self._report, self._device)
            self._shared = cell.material
        material = self._material
        outcome = RUN[cell.method](material, material.settings_of(cell))
        stage = cast(FineTuningStage, outcome.stage)
        measured = measure(cell, material, stage, self._processes)
        history = outcome.history
        found = {
            "dev": outcome.dev.scores,
            "test": outcome.test.scores,
            "brian2": None,
            **measured,
            "best_epoch": history.best_epoch if history else None,
            "dev_by_epoch": history.dev_accuracy if history else None,
            "seconds": round(outcome.seconds, 1),
        }
        return found, material.corpus.length

    def close(self) -> None:
        """Forget what cells shared."""
        self._material = self._shared = None
