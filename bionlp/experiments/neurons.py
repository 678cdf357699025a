"""What other neurons cost: accuracy on test of a bundled model, with each model of the shelf.

Weights stay as they were trained. The neurons of all layers are replaced, first as they stand on
the shelf, then with a gain and a bias of each layer that were fitted on training sentences
(:mod:`bionlp.neuron_fitting`). All of it runs in Brian 2. Cells are kept in a document of their
own, and count as finished while network and neurons are still those they were measured with.
"""

from __future__ import annotations

import hashlib
import shlex
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import Annotated, Any, ClassVar, cast

from pydantic import Field

from bionlp.checkpoint import load_classifier
from bionlp.classifier import TextClassifier
from bionlp.cores import cores
from bionlp.datasets import Dataset, load_dataset
from bionlp.energy import count_work
from bionlp.engine import DT_MS, Engine
from bionlp.evaluation import evaluate
from bionlp.experiments.cells import check_names
from bionlp.experiments.perturbations import MODELS
from bionlp.experiments.records import Amount, Count, Scores
from bionlp.experiments.store import Record, Store, missing_cells
from bionlp.limits import MOST_SEED
from bionlp.neuron_fitting import USUAL_SAMPLES, fit_to_trained, spread
from bionlp.progress import Reporter
from bionlp.scores import Evaluation
from bionlp.strict import OneOf, Open
from bionlp.workers import Workers
from networks.brian import NeuronModel
from networks.brian.expressions import evaluate as worked_out
from networks.brian.fitting import Fit
from networks.brian.neuron_files import shelf, shelf_model
from networks.brian.neuron_model import ALL
from networks.described import digest_of

TABLE = "neurons"
TRAINED = "trained"
"""The network as it is, which others are compared with."""
USUAL_SENTENCES = 200
FITTED = 20
"""Training sentences that gain and bias are fitted on."""
COUNTED = 20
"""Test sentences whose spikes and operations are counted."""


class Fitted(Open):
    """How a layer was fitted (:class:`networks.brian.fitting.Fit`)."""

    gain: float
    bias: float
    error_before: Amount
    error_after: Amount


class Activity(Open):
    """What a sentence calls forth."""

    spikes: Amount
    synaptic_operations: Amount
    seconds: Amount


class Measured(Open):
    """What every finished cell of a bundled network has."""

    dataset: Annotated[str, OneOf(MODELS)]
    neurons: str
    title: str
    digest: str
    dt_ms: Annotated[float, Field(gt=0)]
    seed: Annotated[int, Field(ge=0, le=MOST_SEED)]
    sentences: Count
    layers: dict[str, Fitted]
    work: Activity
    seconds: Amount
    command: str
    versions: dict[str, str]


class Tuned(Open):
    """What tuning the weights to the neurons came to (:mod:`bionlp.experiments.tuning`)."""

    asked: Count
    sentences: Count
    dev_sentences: Count
    epochs: Count
    best_epoch: Annotated[int, Field(ge=0)]
    dev_accuracy: list[Annotated[float, Field(ge=0, le=1)]]
    seconds: Amount
    test: Scores


class Finished(Measured):
    """A finished cell, as its document has it."""

    source: str
    before: Scores
    after: Scores | None
    tuned: Tuned | None = None


class Document(Open):
    """All finished cells."""

    table: Annotated[str, OneOf([TABLE])]
    cells: list[Finished]


@dataclass(frozen=True)
class BundledCell(ABC):
    """One model of neurons in one bundled network.

    Attributes
    ----------
    dataset : str
        One of :data:`bionlp.experiments.perturbations.MODELS`.
    neurons : str
        A model of the shelf, or :data:`TRAINED`.
    seed : int
        Of the input.
    sentences : int
        The first so many of test.
    """

    dataset: str
    neurons: str
    seed: int
    sentences: int

    @property
    def model(self) -> NeuronModel | None:
        """The neurons, before they are fitted; None for those that were trained."""
        return None if self.neurons == TRAINED else shelf_model(self.neurons)

    @property
    @abstractmethod
    def command(self) -> str:
        """What computes it."""


@dataclass(frozen=True)
class NeuronsCell(BundledCell):
    """The neurons as they stand on the shelf, and fitted."""

    @property
    def dt_ms(self) -> float:
        """Duration of a step: as trained, or as short as the equations need it."""
        longest = self.model.longest_step if self.model else None
        return DT_MS if longest is None else min(DT_MS, 1e3 * float(worked_out(longest, {})))

    @property
    def command(self) -> str:
        """What computes it."""
        words = ["--models", self.neurons, "--datasets", self.dataset, "--seeds", str(self.seed)]
        return shlex.join(
            ["bionlp", "experiment", TABLE, *words, "--sentences", str(self.sentences)]
        )

    def __str__(self) -> str:
        return f"{TABLE} {self.dataset} {self.neurons} seed {self.seed}"


def list_neurons(
    models: Sequence[str],
    datasets: Sequence[str],
    seeds: Sequence[int],
    sentences: int = USUAL_SENTENCES,
) -> list[NeuronsCell]:
    """List the cells.

    Parameters
    ----------
    models : sequence of str
        Some of the shelf, and :data:`TRAINED`.
    datasets : sequence of str
        Some of :data:`bionlp.experiments.perturbations.MODELS`.
    seeds : sequence of int
        Each with all of these.
    sentences : int
        The first so many of test.

    Raises
    ------
    UsageError
        If there is no such model or dataset.
    """
    check_names("model", models, (TRAINED, *shelf()))
    check_names("dataset", datasets, MODELS)
    return [
        NeuronsCell(dataset, model, seed, sentences)
        for seed, dataset, model in product(seeds, datasets, models)
    ]


class NeuronsResults(Store):
    """The document of finished cells.

    Parameters
    ----------
    folder : Path
        Where it is, or will be.
    """

    kept_as: ClassVar[tuple[str, type[Open]]] = TABLE, Document
    """Name of the table, and what its document holds."""

    def __init__(self, folder: Path):
        table, document = self.kept_as
        super().__init__(folder, table, document.model_validate_json)

    def find(self, cell: BundledCell) -> Record | None:
        """Return the record of a finished cell, if network and neurons are still the same."""
        same = (record for record in self.records if _is(record, cell))
        return next((record for record in same if record["digest"] == _digest(cell)), None)

    def add(self, cell: BundledCell, found: Record) -> Record:
        """Put a cell into the document in place of an older one."""
        model = cell.model
        own = {
            "title": "As trained" if model is None else model.title,
            "source": "" if model is None else model.source,
            "digest": _digest(cell),
            "command": cell.command,
        }
        return self.replace(asdict(cell) | own | found, lambda record: _is(record, cell))


def _is(record: Record, cell: BundledCell) -> bool:
    return all(record[name] == value for name, value in asdict(cell).items())


def _digest(cell: BundledCell) -> str:
    network = digest_of(load_classifier(cell.dataset).network)
    return hashlib.sha256(f"{network} {cell.model!r}".encode()).hexdigest()


def run_neurons(
    cells: Sequence[NeuronsCell],
    results: NeuronsResults,
    report: Reporter,
    workers: Workers | None = None,
) -> list[Record]:
    """Compute the cells that are not finished yet.

    Parameters
    ----------
    cells : sequence of NeuronsCell
        What is wanted.
    results : NeuronsResults
        What there is, and where new cells go.
    report : Reporter
        Hears of every cell.
    workers : Workers, optional
        A cluster, to which sentences are given (:mod:`bionlp.cluster`); all cores of this machine
        without it.

    Returns
    -------
    list of dict
        The records of all cells, in their order.
    """
    missing = missing_cells(cells, results.find, report)
    for number, cell in enumerate(missing, start=1):
        report.note(f"{number}/{len(missing)}: {cell}")
        record = results.add(cell, _measure(cell, load_dataset(cell.dataset), report, workers))
        after = record["after"] or record["before"]
        report.note(
            f"{cell}: {record['before']['accuracy']:.1%}, fitted {after['accuracy']:.1%}, "
            f"{record['seconds']:.0f} s"
        )
    return cast(list[Record], [results.find(cell) for cell in cells])


def _measure(
    cell: NeuronsCell, dataset: Dataset, report: Reporter, workers: Workers | None
) -> dict[str, Any]:
    started, classifier = time.perf_counter(), load_classifier(cell.dataset)
    neurons = None if cell.model is None else {ALL: cell.model}
    # What is best for all sentences is so for the few that neurons are fitted on, too.
    engine = Engine(neurons=neurons, dt_ms=cell.dt_ms).chosen(cell.sentences)
    measuring = Measuring(cell, classifier, dataset, report, workers)
    before, after = measuring.evaluate(engine).scores, None
    fits: dict[str, Any] = {}
    if cell.model is not None:
        neurons, fits = fit_on_train(classifier, dataset, cell.seed, engine)
        engine = replace(engine, neurons=neurons)
        after = measuring.evaluate(engine).scores
    return {
        "dt_ms": cell.dt_ms,
        "before": before,
        "after": after,
        "layers": {name: asdict(fit) for name, fit in fits.items()},
        "work": measuring.work(engine),
        "seconds": round(time.perf_counter() - started, 1),
    }


def fit_on_train(
    classifier: TextClassifier, dataset: Dataset, seed: int, engine: Engine
) -> tuple[dict[str, NeuronModel], dict[str, Fit]]:
    """Fit the neurons of an engine on :data:`FITTED` sentences from all over train.

    Parameters
    ----------
    classifier : TextClassifier
        The model.
    dataset : Dataset
        What it was trained on.
    seed : int
        Of the input spikes.
    engine : Engine
        Has the neurons.

    Returns
    -------
    neurons, fits
        As of :func:`bionlp.neuron_fitting.fit_to_trained`.
    """
    return fit_to_trained(
        classifier,
        spread(dataset.train, FITTED),
        steps=classifier.steps,
        seed=seed,
        engine=engine,
        compared=USUAL_SAMPLES,
    )


class Measuring:
    """The test sentences of a cell.

    Parameters
    ----------
    cell : NeuronsCell or ClockCell
        Has the seed, and the number of sentences.
    classifier : TextClassifier
        The model.
    dataset : Dataset
        Its test has the sentences.
    report : Reporter
        Hears how far it has come.
    workers : Workers, optional
        A cluster; all cores of this machine without it.
    """

    def __init__(
        self,
        cell: BundledCell,
        classifier: TextClassifier,
        dataset: Dataset,
        report: Reporter,
        workers: Workers | None = None,
    ):
        self._workers = workers or cores()
        self._classifier, self._report, self._seed = classifier, report, cell.seed
        self._examples = dataset.test[: cell.sentences]

    def evaluate(self, engine: Engine) -> Evaluation:
        """Have the network answer."""
        with self._report.fraction("sentences", len(self._examples)) as advance:
            return evaluate(
                self._classifier,
                self._examples,
                steps=self._classifier.steps,
                seed=self._seed,
                engine=engine,
                workers=self._workers,
                advance=advance,
            )

    def work(self, engine: Engine) -> dict[str, float]:
        """Count what sentences call forth, one after the other in this process."""
        some, steps = self._examples[:COUNTED], self._classifier.steps
        started = time.perf_counter()
        work = count_work(self._classifier, some, steps=steps, seed=self._seed, engine=engine)
        seconds, n = time.perf_counter() - started, len(work.words)
        return {
            "spikes": sum(work.spikes[p.name] for p in work.network.hidden) / n,
            "synaptic_operations": sum(work.events.values()) / n,
            "seconds": round(seconds / n, 3),
        }
