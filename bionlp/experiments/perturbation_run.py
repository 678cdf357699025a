"""Computing the cells of perturbed models that are missing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cache
from typing import cast

from bionlp.checkpoint import load_classifier
from bionlp.classifier import TextClassifier
from bionlp.datasets import Example, load_dataset
from bionlp.errors import TextError
from bionlp.evaluation import evaluate
from bionlp.experiments.perturbations import PerturbedCell, PerturbedResults, Record
from bionlp.experiments.store import missing_cells
from bionlp.progress import Reporter
from bionlp.training.phases import Device
from networks.described import digest_of

CHECKED = 2
"""Sentences of a cell that Brian 2 is shown."""


def run_perturbed(
    cells: Sequence[PerturbedCell],
    results: PerturbedResults,
    report: Reporter,
    device: Device = "cpu",
) -> list[Record]:
    """Compute the cells that are not finished yet.

    Parameters
    ----------
    cells : sequence of PerturbedCell
        What is wanted.
    results : PerturbedResults
        What there is, and where new cells go.
    report : Reporter
        Hears of every cell.
    device : torch.device or str
        Where PyTorch computes.

    Returns
    -------
    list of dict
        The records of all cells, in their order.

    Raises
    ------
    DatasetError
        If a dataset is missing.
    """
    datasets = dict.fromkeys(cell.dataset for cell in cells)
    digests = {name: digest_of(_model(name).network) for name in datasets}
    missing = missing_cells(cells, lambda cell: results.find(cell, digests[cell.dataset]), report)
    for dataset in dict.fromkeys(cell.dataset for cell in missing):
        _test(dataset)
    for number, cell in enumerate(missing, start=1):
        report.note(f"{number}/{len(missing)}: {cell}")
        record = results.add(cell, _measure(cell, report, device))
        report.note(f"{cell}: {record['test']['accuracy']:.2%}, {record['seconds']:.0f} s")
    return cast(list[Record], [results.find(cell, digests[cell.dataset]) for cell in cells])


def _measure(cell: PerturbedCell, report: Reporter, device: Device) -> Record:
    classifier = _model(cell.dataset).perturbed(cell.perturbations)
    examples, started = _test(cell.dataset)[: cell.sentences], time.perf_counter()
    with report.fraction("sentences", len(examples)) as advance:
        found = evaluate(
            classifier,
            examples,
            steps=classifier.steps,
            seed=cell.seed,
            device=device,
            advance=advance,
        )
    seconds = time.perf_counter() - started
    return {
        "network": digest_of(_model(cell.dataset).network),
        "test": found.scores,
        "undecided": len(found.reasons),
        "brian2": _in_brian(classifier, cell, examples) if cell.checked else None,
        "seconds": round(seconds, 1),
    }


def _in_brian(
    classifier: TextClassifier, cell: PerturbedCell, examples: Sequence[Example]
) -> Record:
    """Show the first sentences to Brian 2, and compare all spikes with PyTorch's."""
    # What only PyTorch computes does not wait for Brian 2.
    from bionlp.engine import Engine
    from bionlp.validation import replay

    sentences = []
    for example in examples:
        try:
            sentences.append(classifier.read(example.text))
        except TextError:
            continue
        if len(sentences) == CHECKED:
            break
    # The numpy target compiles nothing, which is quickest for few sentences.
    engine, steps = Engine("numpy"), classifier.steps
    done = replay(classifier, sentences, steps=steps, seed=cell.seed, engine=engine)
    return {"sentences": len(sentences), "spikes": done.spikes, "differing": done.differing}


@cache
def _model(dataset: str) -> TextClassifier:
    return load_classifier(dataset)


@cache
def _test(dataset: str) -> list[Example]:
    return list(load_dataset(dataset).test)
