"""Encoders as cells of a table: one that reads a word a step, and what it is held against.

All have one shape, are taught by the same teacher and trained alike. The teacher is fine-tuned once
for a dataset, with seed 0, whatever the seed of its pupils. Where a dataset has labelled phrases,
they are learned from, too.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any, cast

import numpy as np

from bionlp.datasets import Example
from bionlp.datasets.registry import KNOWN
from bionlp.decision import predict_labels
from bionlp.devices import describe_device
from bionlp.energy import energy_document
from bionlp.experiments.cells import CONTENDERS, COUNTED, ENCODERS, Cell, check_names, list_cells
from bionlp.experiments.footprint import encoder_work, kept_bytes
from bionlp.experiments.groups import computed
from bionlp.experiments.material import Material, check_material
from bionlp.experiments.results import Results
from bionlp.experiments.store import Record, missing_cells
from bionlp.metrics import METRICS
from bionlp.progress import Reporter
from bionlp.scores import Evaluation
from bionlp.text import tokenize
from bionlp.training.batches import Encoded, batches
from bionlp.training.distillation import Lessons
from bionlp.training.encoder import (
    ENCODER,
    MEASURED,
    REPEATED,
    TWIN,
    EncoderStage,
    encoder_choices,
    encoder_stage,
)
from bionlp.training.fit import fit
from bionlp.training.origin import origin_of
from bionlp.training.phases import Device, make_lessons
from bionlp.training.settings import SNNBERT, TrainingSettings, recipe
from bionlp.training.transformer_teacher import check_teacher
from bionlp.vocabulary import PADDING
from bionlp.workers import Workers
from networks.folding import fold

USUAL_TEACHER = "minilm"
OWN_TEACHERS = {
    "textcnn": {"teachers": TrainingSettings.teachers, "teacher": None},
    "none": {"teachers": 0, "teacher": None},
}
"""Settings of the teachers that are no transformer: original TextCNNs, and nobody."""
TEACHER_SEED = 0
PHRASED = {"phrases": True, "pieces": 0, "encoder_batch_size": 128, "encoder_epochs": 5}
"""Settings of datasets with labelled phrases, which are ten times as many as the sentences."""
PHRASES_ASKED = {"sst5": {"phrases": True, "phrase_pieces": True, "teacher_epochs": 1}}
"""Settings of datasets most of whose phrases are neutral, unlike sentences, where a transformer
teaches: a network hears what it says of them, and learns from sentences (SST-5, dev, seed 0:
44.3 %, and 41.0 % if it learns from all alike). There are so many that the teacher reads them once.
"""


KIND = {"repeated": REPEATED, "twin": TWIN}
"""What some of the contenders are; the others are of the kind :data:`ENCODER`."""
CHANGES: dict[str, dict[str, Any]] = {
    "causal": {"causal": True},
    "vectors": {"vector_rate": 3e-4},
}
"""Settings that some of them have of their own."""


@dataclass(frozen=True)
class EncoderCell(Cell):
    """One network on one dataset with one seed.

    Attributes
    ----------
    teacher : str
        One of :data:`OWN_TEACHERS`, or a transformer, as of
        :class:`~bionlp.training.settings.TrainingSettings`.
    """

    teacher: str = USUAL_TEACHER

    @property
    def settings(self) -> TrainingSettings:
        """How it is trained."""
        own = CHANGES.get(self.method, {})
        phrased = PHRASED if KNOWN[self.dataset].trees else {}
        if self.teacher not in OWN_TEACHERS:
            phrased = PHRASES_ASKED.get(self.dataset, phrased)
        taught = OWN_TEACHERS.get(self.teacher, {"teachers": 0, "teacher": self.teacher})
        all_of_them = {"architecture": SNNBERT, **taught, **phrased, **own}
        return recipe(self.recipe, seed=self.seed, **all_of_them)

    @property
    def material(self) -> EncoderCell:
        """The same for all cells that differ in the network alone."""
        return replace(self, method="")

    @property
    def command(self) -> str:
        """What computes this cell."""
        words = super().command.replace(" --recipe default", "")
        return f"{words} --teacher {self.teacher}"


class EncoderMaterial(Material):
    """What the cells of one dataset and seed share; all seeds share the teacher."""

    def __init__(self, cell: EncoderCell, work: Path, report: Reporter, device: Device = "cpu"):
        super().__init__(cell, work, report, device)
        name = f"{cell.dataset}-{Path(cell.embeddings).stem}-encoder-{cell.teacher}"
        # A teacher may be a folder, whose name is no part of one here.
        self._all_seeds = work / name.replace(os.sep, "-")
        self.folder = self._all_seeds / f"seed{cell.seed}"

    @cached_property
    def lessons(self) -> Lessons:
        """What networks learn from; the teacher is trained, if there is one."""
        settings = replace(self.settings, seed=TEACHER_SEED)
        return make_lessons(
            self.corpus, self.embeddings, settings, self._all_seeds, self.report, self.device
        )

    def whole(self, examples: Sequence[Example]) -> Encoded:
        """Return sentences as a user's texts are read, not cut as they are for training."""
        corpus = self.corpus
        tokens = (tokenize(example.text, corpus.dataset.language) for example in examples)
        ids = [np.array(corpus.vocabulary.ids(words) or [PADDING]) for words in tokens]
        return Encoded(ids, np.array([example.label for example in examples]))


def list_encoders(
    datasets: Sequence[str],
    methods: Sequence[str],
    seeds: Sequence[int],
    embeddings: dict[str, str | None],
    *,
    teacher: str = USUAL_TEACHER,
) -> list[EncoderCell]:
    """List the cells of the table, those of one dataset and seed behind each other.

    Parameters
    ----------
    datasets, seeds, embeddings
        As of :func:`bionlp.experiments.cells.list_cells`.
    methods : sequence of str
        Some of :data:`CONTENDERS`.
    teacher : str
        As of :class:`EncoderCell`.

    Returns
    -------
    list of EncoderCell
        The cells.

    Raises
    ------
    UsageError
        If something of that name does not exist, or word vectors are missing.
    PartError
        If the teacher cannot be opened.
    """
    check_names("method", methods, CONTENDERS)
    plain = list_cells(ENCODERS, datasets, ["original"], seeds, ["default"], embeddings)
    cells = [
        EncoderCell(ENCODERS, c.dataset, method, c.seed, c.recipe, c.embeddings, teacher=teacher)
        for c, method in product(plain, methods)
    ]
    for cell in cells[:1]:
        check_teacher(cell.settings)
    return cells


def run_encoders(
    cells: Sequence[EncoderCell],
    results: Results,
    work: Path,
    report: Reporter,
    device: Device = "cpu",
    workers: Workers | None = None,
) -> list[Record]:
    """Train the encoders that are not finished yet, and measure them.

    Parameters
    ----------
    cells, results, work, report, device, workers
        As of :func:`bionlp.experiments.run.run_cells`.

    Returns
    -------
    list of dict
        The records of all cells, in their order.
    """
    missing = missing_cells(cells, results.find, report)
    check_material(missing)
    training = Training(work, report, device)
    for cell, (found, length) in computed(missing, training, _taught, report, workers):
        record = results.put(cell, found, length)
        report.note(
            f"{cell}: dev {record['dev']['accuracy']:.2%}, test {record['test']['accuracy']:.2%}"
        )
    return cast(list[Record], [results.find(cell) for cell in cells])


def _taught(cell: EncoderCell) -> EncoderCell:
    """Return what is the same for all cells that one teacher teaches."""
    return replace(cell.material, seed=TEACHER_SEED)


class Training:
    """Training and measuring of encoders: work for :mod:`bionlp.workers`.

    Parameters
    ----------
    work, report, device
        As of :func:`run_encoders`.
    """

    caches = ()

    def __init__(self, work: Path, report: Reporter, device: Device):
        self._work, self._report, self._device = work.absolute(), report, device
        self._material: EncoderMaterial | None = None
        self._shared: EncoderCell | None = None

    def do(self, cells: Sequence[EncoderCell]) -> list[tuple[dict[str, Any], int]]:
        """Train some encoders.

        Parameters
        ----------
        cells : sequence of EncoderCell
            Those of one dataset and seed lie behind each other.

        Returns
        -------
        list of (dict, int)
            For each what its record says, and how many words sentences were cut to.
        """
        return [self._done(cell) for cell in cells]

    def _done(self, cell: EncoderCell) -> tuple[dict[str, Any], int]:
        if self._material is None or self._shared != cell.material:
            self._shared = cell.material
            self._material = EncoderMaterial(self._shared, self._work, self._report, self._device)
        return _trained(cell, self._material), self._material.corpus.length

    def close(self) -> None:
        """Forget what cells shared."""
        self._material = self._shared = None


def _trained(cell: EncoderCell, material: EncoderMaterial) -> dict[str, Any]:
    """Train a network, and return what its record says."""
    corpus, embeddings, lessons = material.corpus, material.embeddings, material.lessons
    settings, kind = material.settings_of(cell), KIND.get(cell.method, ENCODER)
    parts = corpus, embeddings, settings, lessons, material.device
    stage, choices = encoder_stage(*parts, kind=kind), encoder_choices(settings)
    folder, origin = material.folder / cell.method, origin_of(corpus, embeddings, settings)
    history = fit(stage, corpus.train, corpus.dev, choices, folder, material.report, origin)
    batch = next(batches(corpus.sentences, MEASURED, np.random.default_rng(0)))
    test = _evaluation(stage, material, corpus.dataset.test)
    return {
        "dev": _evaluation(stage, material, corpus.dataset.dev).scores,
        "test": test.scores,
        "metrics": {name: METRICS[name].of(test) for name in KNOWN[cell.dataset].metrics},
        "best_epoch": history.best_epoch,
        "dev_by_epoch": history.dev_accuracy,
        "seconds": round(sum(history.seconds), 1),
        "device": describe_device(material.device),
        "kept_mib": round(kept_bytes(stage, batch) / 2**20, 2),
        "teacher": _teacher(lessons),
        "energy": None if kind == TWIN else _energy(stage, parts, kind, material),
    }


def _energy(
    stage: EncoderStage, parts: tuple, kind: str, material: EncoderMaterial
) -> dict[str, Any]:
    """Return what test sentences cost, counted on the connections of a network of its shape."""
    shape = stage if kind == ENCODER else encoder_stage(*parts)
    counted = material.whole(material.corpus.dataset.test[:COUNTED]).ids
    return energy_document(encoder_work(stage.model, fold(shape.model), counted))


def _evaluation(
    stage: EncoderStage, material: EncoderMaterial, examples: Sequence[Example]
) -> Evaluation:
    split = material.whole(examples)
    votes = stage.votes(split)
    scores = [example.score for example in examples]
    true = None if None in scores else np.array(scores)
    return Evaluation(split.labels, predict_labels(votes), votes=votes, true_scores=true)


def _teacher(lessons: Lessons) -> dict[str, Any] | None:
    """Return how good the teacher was on dev, and how long its training took."""
    found = lessons.measured.get("teacher")
    return found and {name: found[name] for name in ("dev_accuracy", "seconds")}
