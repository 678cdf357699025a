"""Direct training of a spiking encoder (:mod:`networks.snnbert`).

Nothing is converted: the network spikes from the first step, and learns through surrogate gradients
from the same lessons as a TextCNN. With a rate penalty p, the loss has p times the mean number of
spikes of a neuron and word besides, which trades accuracy for operations. The epoch is selected on
dev by the votes of the network; what is reported is measured on the description that it folds into.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from bionlp.classifier import WORD_STEPS, TextClassifier
from bionlp.decision import predict_labels
from bionlp.errors import UsageError
from bionlp.evaluation import evaluate
from bionlp.progress import Reporter
from bionlp.training.batches import Batch, Encoded, batches
from bionlp.training.corpus import Corpus, Embeddings
from bionlp.training.distillation import Lessons
from bionlp.training.fit import FitSettings, Stage, fit
from bionlp.training.outcome import check_chance, summary
from bionlp.training.settings import SNNBERT, TrainingSettings
from networks.description import Network
from networks.folding import fold
from networks.repeated import RepeatedEncoder
from networks.snnbert import SpikingEncoder

ENCODER, TWIN, REPEATED = "encoder", "twin", "repeated"
KINDS: dict[str, Callable[..., SpikingEncoder]] = {
    ENCODER: SpikingEncoder,
    TWIN: partial(SpikingEncoder, spiking=False),
    REPEATED: RepeatedEncoder,
}
"""Networks of one shape: the spiking one, its twin, and one that is shown all words at once."""
STAGE = ENCODER
MEASURED = 128
"""Sentences that are measured together."""


class EncoderStage(Stage):
    """Training of a spiking encoder.

    Parameters
    ----------
    model : SpikingEncoder
        The network.
    lessons : Lessons
        What it learns from.
    rate_penalty : float
        Weight of the mean firing rate in the loss.
    vector_rate : float
        Learning rate of the vectors of words; with 0 they stay as they are.
    """

    name = STAGE

    model: SpikingEncoder

    def __init__(
        self,
        model: SpikingEncoder,
        lessons: Lessons,
        rate_penalty: float = 0.0,
        vector_rate: float = 0.0,
    ):
        self.model, self._lessons = model, lessons
        self._penalty, self._vector_rate = rate_penalty, vector_rate
        model.vectors.requires_grad_(bool(vector_rate))

    def optimizers(self, learning_rate: float) -> list[torch.optim.Optimizer]:
        """Return AdamW for weights and, where vectors of words are trained, Adam for these."""
        vectors = self.model.vectors
        rest = [each for each in self.model.parameters() if each is not vectors]
        found: list[torch.optim.Optimizer] = [torch.optim.AdamW(rest, lr=learning_rate, fused=True)]
        if self._vector_rate:
            found.append(torch.optim.Adam([vectors], lr=self._vector_rate, fused=True))
        return found

    def loss(self, batch: Batch) -> Tensor:
        """Return the loss of the answers to a batch, and the penalty."""
        lesson = self._lessons.lesson(batch).to(self.device)
        packing, fired = self.model.read(lesson.ids)
        loss = lesson.loss(self.model.logits(packing, fired[-1]))
        if not self._penalty:
            return loss
        rate = sum(spikes.sum() for spikes in fired) / sum(spikes.numel() for spikes in fired)
        return loss + self._penalty * rate

    def after_step(self) -> None:
        """Keep thresholds positive."""
        self.model.constrain()

    def labels(self, split: Encoded) -> np.ndarray:
        """Return the label given to each sentence of a split; -1 where no class has most votes."""
        return predict_labels(self.votes(split))

    @torch.no_grad()
    def votes(self, split: Encoded) -> np.ndarray:
        """Return the votes of each sentence of a split, shape (sentences, classes)."""
        given = np.zeros((len(split), self.model.classes))
        for batch in batches(split, MEASURED):
            votes = self.model.votes(torch.from_numpy(batch.ids).to(self.device))
            given[batch.numbers] = votes.cpu().numpy()
        return given


def check_encoder(settings: TrainingSettings) -> None:
    """See that the heads divide the width, if an encoder is to be trained.

    Raises
    ------
    UsageError
        If not.
    """
    if settings.architecture == SNNBERT and settings.width % settings.heads:
        raise UsageError(
            f"a width of {settings.width} cannot be divided among {settings.heads} heads"
        )


def encoder_stage(
    corpus: Corpus,
    embeddings: Embeddings,
    settings: TrainingSettings,
    lessons: Lessons,
    device: torch.device | str = "cpu",
    *,
    kind: str = ENCODER,
) -> EncoderStage:
    """Make an untrained spiking encoder, or what it is held against.

    Parameters
    ----------
    corpus : Corpus
        Gives vocabulary and classes.
    embeddings : Embeddings
        Where the words start from.
    settings : TrainingSettings
        Its shape and its seed.
    lessons : Lessons
        What it learns from.
    device : torch.device or str
        Where it is trained.
    kind : str
        One of :data:`KINDS`.

    Returns
    -------
    EncoderStage
        With the network.
    """
    torch.manual_seed(settings.seed)
    vectors = torch.from_numpy(corpus.table(embeddings, embeddings.vectors))
    model = encoder_of(kind, vectors, corpus.classes, settings)
    return EncoderStage(model.to(device), lessons, settings.rate_penalty, settings.vector_rate)


def encoder_of(
    kind: str, vectors: Tensor, classes: int, settings: TrainingSettings
) -> SpikingEncoder:
    """Make an untrained network.

    Parameters
    ----------
    kind : str
        One of :data:`KINDS`.
    vectors : Tensor, shape (words + 1, dimension)
        Of the words; row 0 is no word.
    classes : int
        Number of classes.
    settings : TrainingSettings
        Its shape.

    Returns
    -------
    SpikingEncoder
        The network, of weights that PyTorch's generator draws.
    """
    return KINDS[kind](
        vectors,
        classes,
        width=settings.width,
        blocks=settings.blocks,
        heads=settings.heads,
        hidden=settings.hidden,
        neurons_per_class=settings.neurons_per_class,
        causal=settings.causal,
        dropout=settings.spike_dropout,
        word_dropout=settings.word_dropout,
    )


def encoder_choices(settings: TrainingSettings) -> FitSettings:
    """Return how long and how fast a spiking encoder is trained."""
    return FitSettings(
        settings.encoder_epochs,
        settings.encoder_rate,
        settings.encoder_batch_size,
        settings.seed,
        settings.annealed,
    )


def train_encoder(
    corpus: Corpus,
    embeddings: Embeddings,
    settings: TrainingSettings,
    lessons: Lessons,
    state: Path,
    report: Reporter,
    origin: dict[str, Any],
    device: torch.device | str = "cpu",
) -> tuple[Network, np.ndarray, dict[str, Any]]:
    """Train a spiking encoder.

    Parameters
    ----------
    corpus, embeddings, settings, lessons, device
        As of :func:`encoder_stage`.
    state : Path
        Folder that the training is kept in.
    report : Reporter
        Hears of progress.
    origin : dict of str to Any
        As of :func:`bionlp.training.fit.fit`.

    Returns
    -------
    network : Network
        The description.
    votes : numpy.ndarray of int, shape (sentences, classes)
        Its votes on dev.
    measured : dict
        What is recorded of it.

    Raises
    ------
    CheckpointError
        If the folder holds a training of another kind.
    TrainingError
        If it never left chance.
    """
    stage = encoder_stage(corpus, embeddings, settings, lessons, device)
    choices = encoder_choices(settings)
    history = fit(stage, corpus.train, corpus.dev, choices, state, report, origin)
    check_chance(stage.name, max(history.dev_accuracy), corpus, report)
    network, dataset = fold(stage.model, rounded=True), corpus.dataset
    classifier = TextClassifier(
        STAGE, dataset.language, dataset.label_names, corpus.vocabulary, None, network
    )
    # As a user's texts are read, so not cut to the length that it was trained with.
    once: dict[str, Any] = {"steps": WORD_STEPS, "seed": 0, "device": device}
    dev = evaluate(classifier, dataset.dev, **once)
    test = evaluate(classifier, dataset.test, **once) if dataset.test else None
    found = summary(history, dev.accuracy, None if test is None else test.accuracy)
    return network, cast(np.ndarray, dev.votes), {stage.name: found}
