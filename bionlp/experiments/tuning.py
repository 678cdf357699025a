"""Weights tuned to other neurons, on top of cells of the table of neuron models.

A cell has a gain and a bias of each layer (:mod:`bionlp.experiments.neurons`). With these neurons
in the loop the weights of the bundled model are tuned on training sentences
(:mod:`bionlp.training.in_the_loop`), the epoch is chosen on dev, and the same test sentences are
labelled once more. What comes out is added to the record of the cell.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bionlp.checkpoint import load_classifier
from bionlp.datasets import load_dataset
from bionlp.engine import Engine
from bionlp.errors import UsageError
from bionlp.experiments.neurons import Measuring, NeuronsCell, NeuronsResults
from bionlp.experiments.store import Record
from bionlp.progress import Reporter
from bionlp.training.in_the_loop import NAME, USUAL, some_of, tune_in_the_loop
from networks.brian import NeuronModel
from networks.brian.fitting import Fit, fitted

DEV_SENTENCES = 300
"""Of dev, so many choose the epoch."""


def tune_cells(
    cells: Sequence[NeuronsCell],
    results: NeuronsResults,
    sentences: int,
    work: Path,
    report: Reporter,
) -> list[Record]:
    """Tune the weights of finished cells whose neurons are others, where that is not done yet.

    Parameters
    ----------
    cells : sequence of NeuronsCell
        What is wanted.
    results : NeuronsResults
        Has their records.
    sentences : int
        Of train, so many are learned from.
    work : Path
        Where states of trainings are kept.
    report : Reporter
        Hears of every cell.

    Returns
    -------
    list of dict
        The records of all cells, in their order.

    Raises
    ------
    UsageError
        If a cell is not finished.
    """
    records = []
    for cell in cells:
        record = results.find(cell)
        if record is None:
            raise UsageError(f"{cell} is not finished; compute it first")
        done = record.get("tuned") or {}
        if cell.model is not None and done.get("asked") != sentences:
            report.note(f"{cell}: its weights are tuned on {sentences} sentences")
            engine = Engine(neurons=fitted_neurons(cell.model, record), dt_ms=cell.dt_ms)
            tuned = _tune(cell, engine.chosen(cell.sentences), sentences, work, report)
            command = f"{cell.command} --finetune {sentences}"
            record = results.add(cell, record | {"tuned": tuned, "command": command})
            report.note(f"{cell}: tuned {tuned['test']['accuracy']:.1%}")
        records.append(record)
    return records


def fitted_neurons(model: NeuronModel, record: Record) -> dict[str, NeuronModel]:
    """Return the neurons of each layer with the gain and the bias that a record has."""
    return {name: fitted(model, Fit(**found)) for name, found in record["layers"].items()}


def _tune(
    cell: NeuronsCell, engine: Engine, sentences: int, work: Path, report: Reporter
) -> dict[str, Any]:
    classifier, dataset = load_classifier(cell.dataset), load_dataset(cell.dataset)
    folder = work / "tuning" / f"{cell.dataset}-{cell.neurons}-seed{cell.seed}-{sentences}"
    tuned = tune_in_the_loop(
        classifier,
        some_of(dataset.train, sentences, cell.seed),
        some_of(dataset.dev, DEV_SENTENCES, cell.seed),
        replace(USUAL, seed=cell.seed),
        engine=engine,
        folder=folder,
        report=report,
        name=classifier.name,
    )
    test = Measuring(cell, replace(tuned, training=classifier.training), dataset, report)
    scores = test.evaluate(engine).scores
    shutil.rmtree(folder)
    own = {key: value for key, value in tuned.training[NAME].items() if key != "engine"}
    return own | {"asked": sentences, "test": scores}
