"""What the clock does: the same networks in smaller time steps, rates and time constants kept.

A network that is trained in steps of 1 ms fires once a millisecond at most, and hears its input
once. In parts of a step (:func:`networks.description.refine`) neither holds; what accuracy is lost
then was the clock's, and not the neurons'. Neurons of the shelf are fitted in steps of 1 ms, as
:mod:`bionlp.experiments.neurons` does it, and keep gain and bias in smaller ones. Cells hold the
answer to each sentence, so that the same sentences can be compared.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import Annotated, Any, cast

import numpy as np
from pydantic import Field

from bionlp.checkpoint import load_classifier
from bionlp.datasets import load_dataset
from bionlp.decision import UNDECIDED
from bionlp.engine import DT_MS, Engine
from bionlp.errors import UsageError
from bionlp.experiments.cells import check_names
from bionlp.experiments.neurons import (
    TRAINED,
    USUAL_SENTENCES,
    BundledCell,
    Measured,
    Measuring,
    NeuronsCell,
    NeuronsResults,
    fit_on_train,
)
from bionlp.experiments.perturbations import MODELS
from bionlp.experiments.records import Digits, Scores
from bionlp.experiments.store import Record, missing_cells
from bionlp.progress import Reporter
from bionlp.strict import OneOf, Open
from bionlp.workers import Workers
from networks.brian import NeuronModel
from networks.brian.fitting import Fit
from networks.brian.neuron_files import shelf
from networks.brian.neuron_model import ALL

CLOCK = "clock"
USUAL_STEPS_MS = (DT_MS, 0.5, 0.1)
USUAL_NEURONS = (TRAINED, "lif_refractory", "adex")
NO_ANSWER = "-"


class Finished(Measured):
    """A finished cell, as its document has it."""

    scores: Scores
    answers: Annotated[str, Field(pattern="^[0-9-]+$")]
    right: Digits


class Document(Open):
    """All finished cells."""

    table: Annotated[str, OneOf([CLOCK])]
    cells: list[Finished]


@dataclass(frozen=True)
class ClockCell(BundledCell):
    """The neurons in steps of one duration.

    Attributes
    ----------
    dt_ms : float
        Duration of a step.
    """

    dt_ms: float

    @property
    def command(self) -> str:
        """What computes it."""
        words = ["--models", self.neurons, "--dt", f"{self.dt_ms:g}", "--datasets", self.dataset]
        words += ["--seeds", str(self.seed), "--sentences", str(self.sentences)]
        return shlex.join(["bionlp", "experiment", CLOCK, *words])

    def __str__(self) -> str:
        return f"{CLOCK} {self.dataset} {self.neurons} {self.dt_ms:g} ms seed {self.seed}"


def list_clock(
    models: Sequence[str],
    steps_ms: Sequence[float],
    datasets: Sequence[str],
    seeds: Sequence[int],
    sentences: int = USUAL_SENTENCES,
) -> list[ClockCell]:
    """List the cells, those of the same neurons behind each other.

    Parameters
    ----------
    models : sequence of str
        Some of the shelf, and :data:`bionlp.experiments.neurons.TRAINED`.
    steps_ms : sequence of float
        Durations of a step.
    datasets : sequence of str
        Some of :data:`bionlp.experiments.perturbations.MODELS`.
    seeds : sequence of int
        Each with all of these.
    sentences : int
        The first so many of test.

    Returns
    -------
    list of ClockCell
        The cells.

    Raises
    ------
    UsageError
        If there is no such model or dataset, a step is no part of that of training, or neurons
        have no steps of that length.
    """
    check_names("model", models, (TRAINED, *shelf()))
    check_names("dataset", datasets, MODELS)
    for model in models:
        longest = NeuronsCell(datasets[0], model, 0, sentences).dt_ms
        if longest < DT_MS:
            raise UsageError(
                f"{model} needs steps of {longest:g} ms or less, and smaller steps are compared "
                f"with those of {DT_MS:g} ms; leave it out"
            )
    for dt_ms in steps_ms:
        Engine(dt_ms=dt_ms)  # refuses what is no part of a step
    return [
        ClockCell(dataset, model, seed, sentences, float(dt_ms))
        for seed, dataset, model, dt_ms in product(seeds, datasets, models, steps_ms)
    ]


class ClockResults(NeuronsResults):
    """The document of finished cells.

    Parameters
    ----------
    folder : Path
        Where it is, or will be.
    """

    kept_as = CLOCK, Document


def run_clock(
    cells: Sequence[ClockCell],
    results: ClockResults,
    report: Reporter,
    workers: Workers | None = None,
) -> list[Record]:
    """Compute the cells that are not finished yet.

    Parameters
    ----------
    cells : sequence of ClockCell
        What is wanted.
    results : ClockResults
        What there is, and where new cells go.
    report : Reporter
        Hears of every cell.
    workers : Workers, optional
        As of :func:`bionlp.experiments.neurons.run_neurons`.

    Returns
    -------
    list of dict
        The records of all cells, in their order.
    """
    missing, fitting = missing_cells(cells, results.find, report), _Fitting()
    for number, cell in enumerate(missing, start=1):
        report.note(f"{number}/{len(missing)}: {cell}")
        record = results.add(cell, _measure(cell, fitting, report, workers))
        report.note(f"{cell}: {record['scores']['accuracy']:.1%}, {record['seconds']:.0f} s")
    return cast(list[Record], [results.find(cell) for cell in cells])


class _Fitting:
    """Fits neurons once for all steps."""

    def __init__(self):
        self._found: dict[tuple, tuple[dict[str, NeuronModel], dict[str, Fit]]] = {}

    def neurons(self, cell: ClockCell) -> tuple[dict[str, NeuronModel] | None, dict[str, Fit]]:
        """Return the fitted neurons of each layer, and how they were fitted."""
        if cell.model is None:
            return None, {}
        which = cell.dataset, cell.neurons, cell.seed
        if which not in self._found:
            self._found[which] = fit_on_train(
                load_classifier(cell.dataset),
                load_dataset(cell.dataset),
                cell.seed,
                Engine(neurons={ALL: cell.model}),
            )
        return self._found[which]


def _measure(
    cell: ClockCell, fitting: _Fitting, report: Reporter, workers: Workers | None
) -> dict[str, Any]:
    started, classifier = time.perf_counter(), load_classifier(cell.dataset)
    neurons, fits = fitting.neurons(cell)
    engine = Engine(neurons=neurons, dt_ms=cell.dt_ms).chosen(cell.sentences)
    measuring = Measuring(cell, classifier, load_dataset(cell.dataset), report, workers)
    found = measuring.evaluate(engine)
    return {
        "scores": found.scores,
        "answers": "".join(NO_ANSWER if n == UNDECIDED else str(n) for n in found.predictions),
        "right": "".join(map(str, found.right.astype(np.int64))),
        "layers": {name: asdict(fit) for name, fit in fits.items()},
        "work": measuring.work(engine),
        "seconds": round(time.perf_counter() - started, 1),
    }
