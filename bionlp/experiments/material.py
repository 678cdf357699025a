"""What the methods of one training share: corpus, embeddings, teachers, the tailored TextCNN."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import cast

import numpy as np

from bionlp.datasets import load_dataset
from bionlp.embeddings import load_word_vectors
from bionlp.encoding import dequantise
from bionlp.experiments.cells import EXPERIMENTS, Cell
from bionlp.progress import Reporter
from bionlp.training.corpus import Corpus, Embeddings, encode_corpus
from bionlp.training.distillation import Lessons
from bionlp.training.fit import FitSettings, History, Stage, fit
from bionlp.training.memory import check_training_memory
from bionlp.training.origin import origin_of
from bionlp.training.phases import (
    Device,
    describe,
    levels_of,
    make_lessons,
    tailored_stage,
    textcnn_choices,
)
from bionlp.training.settings import TrainingSettings
from bionlp.training.stages import TextCNNStage
from networks.description import Network
from networks.textcnn import TailoredTextCNN


class Material:
    """What a cell is made of.

    Cells that differ in nothing but the method and changes of settings have equal material: the
    teachers and the tailored TextCNN are trained once, with the recipe's own settings, and what is
    made of them has the changed ones. Trainings that were finished or interrupted are taken up from
    its folder.

    Parameters
    ----------
    cell : Cell
        Says what is needed.
    work : Path
        Folder of all trainings.
    report : Reporter
        Hears of progress.
    device : torch.device or str
        Where networks are trained and measured.

    Attributes
    ----------
    corpus : Corpus
        The dataset as word ids.
    embeddings : Embeddings
        Where the words start from.
    settings : TrainingSettings
        How networks are trained, without changes.
    folder : Path
        Where trainings are kept, the same for all experiments with equal material.
    """

    def __init__(self, cell: Cell, work: Path, report: Reporter, device: Device = "cpu"):
        self.report, self.device = report, device
        phrases = cell.settings.phrases, cell.settings.phrase_pieces
        self.corpus = _corpus(cell.dataset, cell.embeddings, *phrases)
        self.settings = self.settings_of(replace(cell, changes=()))
        self.embeddings = _embeddings(cell.embeddings)
        name = Path(cell.embeddings).stem
        experiment = EXPERIMENTS[cell.table]
        if not experiment.pretrained:
            self.embeddings = self.embeddings.random(cell.seed)
            name = "random"
        check_training_memory(self.corpus, self.embeddings, self.settings)
        kind = "" if experiment.dropout else "-no-dropout"
        self.folder = work / f"{cell.dataset}-{name}{kind}-{cell.recipe}-seed{cell.seed}"

    def settings_of(self, cell: Cell) -> TrainingSettings:
        """Return the settings of one of its cells, changes included."""
        return replace(cell.settings, length=self.corpus.length)

    def fit(self, stage: Stage, choices: FitSettings, settings: TrainingSettings) -> History:
        """Train a stage, or take up the training where it stopped.

        Trainings with changed settings have folders of their own below that of the material.
        """
        own = asdict(self.settings)
        changes = [f"{k}-{v}" for k, v in asdict(settings).items() if v != own[k]]
        folder = self.folder.joinpath(*changes)
        origin = origin_of(self.corpus, self.embeddings, settings)
        parts = self.corpus.train, self.corpus.dev
        return fit(stage, *parts, choices, folder, self.report, origin)

    @cached_property
    def lessons(self) -> Lessons:
        """What networks learn from; teachers, if there are any, are trained."""
        parts = self.corpus, self.embeddings, self.settings
        return make_lessons(*parts, self.folder, self.report, self.device)

    @cached_property
    def tailored(self) -> tuple[TextCNNStage, History]:
        """The trained tailored TextCNN, and how its training went."""
        parts = self.corpus, self.embeddings, self.settings
        stage = tailored_stage(*parts, self.lessons, self.device)
        return stage, self.fit(stage, textcnn_choices(self.settings), self.settings)

    @cached_property
    def rates(self) -> np.ndarray:
        """The firing rates of all words after conversion, 8 bits a rate."""
        return dequantise(levels_of(cast(TailoredTextCNN, self.tailored[0].model)))

    def converted(self, settings: TrainingSettings) -> Network:
        """Return its conversion to a spiking network with the neurons of the settings."""
        return describe(cast(TailoredTextCNN, self.tailored[0].model), settings)


def check_material(cells: Iterable[Cell]) -> None:
    """See that datasets and word vectors are there: at once, not after hours.

    Parameters
    ----------
    cells : iterable of Cell
        What is to be computed.

    Raises
    ------
    DatasetError, EmbeddingError
        If something is missing.
    """
    cells = list(cells)
    for dataset in dict.fromkeys(cell.dataset for cell in cells):
        load_dataset(dataset)
    for name in dict.fromkeys(cell.embeddings for cell in cells):
        _embeddings(name)


@lru_cache(maxsize=1)
def _corpus(dataset: str, embeddings: str, phrases: bool, phrase_pieces: bool) -> Corpus:
    found = load_dataset(dataset, phrases=phrases)
    settings = TrainingSettings(phrases=phrases, phrase_pieces=phrase_pieces)
    return encode_corpus(found, _embeddings(embeddings).words, settings)


@lru_cache(maxsize=2)
def _embeddings(name: str) -> Embeddings:
    vectors = load_word_vectors(name)
    return Embeddings(Path(name).name, vectors.index_to_key, vectors.vectors)
