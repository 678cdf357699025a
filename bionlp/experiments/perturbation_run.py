"""Computing the cells of perturbed models that are missing."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
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
from bionlp.workers import Processes, Workers, in_order
from networks.described import digest_of

CHECKED = 2
"""Sentences of a cell that Brian 2 is shown."""


def run_perturbed(
    cells: Sequence[PerturbedCell],
    results: PerturbedResults,
    report: Reporter,
    device: Device = "cpu",
    workers: Workers | None = None,
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
    workers : Workers, optional
        A cluster, to which each cell is a task (:mod:`bionlp.cluster`); this process without it.

    Returns
    -------
    list of dict
        The records of all cells, in their order.

    Raises
    ------
    DatasetError
        If a dataset is missing.
    """
    models = {name: load_classifier(name) for name in dict.fromkeys(c.dataset for c in cells)}
    digests = {name: digest_of(model.network) for name, model in models.items()}
    missing = missing_cells(cells, lambda cell: results.find(cell, digests[cell.dataset]), report)
    tests = {name: load_dataset(name).test for name in dict.fromkeys(c.dataset for c in missing)}

    def tasks() -> Iterator[tuple[PerturbedCell]]:
        for number, cell in enumerate(missing, start=1):
            report.note(f"{number}/{len(missing)}: {cell}")
            yield (cell,)

    perturbing = Perturbing(models, tests, report, device)
    found = in_order((workers or Processes()).run(perturbing, tasks()))
    for cell, measured in zip(missing, found, strict=True):
        record = results.add(cell, measured)
        report.note(f"{cell}: {record['test']['accuracy']:.2%}, {record['seconds']:.0f} s")
    return cast(list[Record], [results.find(cell, digests[cell.dataset]) for cell in cells])


class Perturbing:
    """How right perturbed models are, cell by cell: work for :mod:`bionlp.workers`.

    Parameters
    ----------
    models : mapping of str to TextClassifier
        By dataset.
    tests : mapping of str to sequence of Example
        The test parts.
    report : Reporter
        Hears how far it has come.
    device : torch.device or str
        Where PyTorch computes.
    """

    caches = ()

    def __init__(
        self,
        models: Mapping[str, TextClassifier],
        tests: Mapping[str, Sequence[Example]],
        report: Reporter,
        device: Device,
    ):
        self._models, self._tests = models, tests
        self._report, self._device = report, device

    def do(self, cell: PerturbedCell) -> Record:
        """Return what the record of a cell says.

        Parameters
        ----------
        cell : PerturbedCell
            What is done to which model.

        Returns
        -------
        dict
            Ready for JSON.
        """
        intact, started = self._models[cell.dataset], time.perf_counter()
        classifier = intact.perturbed(cell.perturbations)
        examples = self._tests[cell.dataset][: cell.sentences]
        with self._report.fraction("sentences", len(examples)) as advance:
            found = evaluate(
                classifier,
                examples,
                steps=classifier.steps,
                seed=cell.seed,
                device=self._device,
                advance=advance,
            )
        seconds = time.perf_counter() - started
        return {
            "network": digest_of(intact.network),
            "test": found.scores,
            "undecided": len(found.reasons),
            "brian2": _in_brian(classifier, cell, examples) if cell.checked else None,
            "seconds": round(seconds, 1),
        }

    def close(self) -> None:
        """Nothing is kept from one cell to the next."""


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
