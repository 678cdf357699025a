"""The networks of each phase of training as stages, ready to be fitted.

    original_stage --fit--> Teachers --> Lessons <-- Answers <--fit-- a transformer
    tailored_stage --fit, taught--> TailoredTextCNN --describe--> Network
        --spiking_stage--> SpikingNetwork --fit, taught--> the classifier

The recipe (:mod:`bionlp.training.recipe`) goes this way; experiments leave out or add phases.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from bionlp.embeddings import positive_shift
from bionlp.encoding import dequantise, quantise
from bionlp.limits import MOST_SEED
from bionlp.progress import Reporter
from bionlp.training.augmentation import augmented
from bionlp.training.batches import Encoded
from bionlp.training.corpus import Corpus, Embeddings
from bionlp.training.distillation import Labels, Lessons, Teachers
from bionlp.training.fit import FitSettings, fit
from bionlp.training.origin import origin_of
from bionlp.training.settings import TrainingSettings
from bionlp.training.stages import DirectStage, FineTuningStage, TextCNNStage
from bionlp.training.transformer_teacher import transformer_answers
from networks.conversion import convert, diversify
from networks.description import Network
from networks.pytorch import SpikingNetwork
from networks.textcnn import TailoredTextCNN, TextCNN

Device = torch.device | str

ORIGINAL_EMBEDDING_RATE = 1e-3
"""Peak learning rate of embeddings as they are, whose values are smaller than rates."""

SEEDS = 1_000
"""Between the seeds of teachers, so that no other network is trained with one of theirs."""


def original_stage(
    corpus: Corpus,
    embeddings: Embeddings,
    settings: TrainingSettings,
    name: str = "original",
    device: Device = "cpu",
) -> TextCNNStage:
    """Make the original TextCNN: biases, maximum pooling, embeddings as they are.

    Parameters
    ----------
    corpus : Corpus
        Gives vocabulary, length and classes.
    embeddings : Embeddings
        Where the words start from.
    settings : TrainingSettings
        Shape of the network, dropout and seed.
    name : str
        Of the stage.
    device : torch.device or str
        Where the network is trained.

    Returns
    -------
    TextCNNStage
        With the untrained network.
    """
    torch.manual_seed(settings.seed)
    model = TextCNN(
        torch.from_numpy(corpus.table(embeddings, embeddings.vectors)),
        corpus.classes,
        corpus.length,
        **_shape(settings),
    )
    return TextCNNStage(name, model.to(device), ORIGINAL_EMBEDDING_RATE)


def make_lessons(
    corpus: Corpus,
    embeddings: Embeddings,
    settings: TrainingSettings,
    folder: Path,
    report: Reporter,
    device: Device = "cpu",
) -> Lessons:
    """Train all teachers, and say what the tailored and the spiking network learn from.

    Parameters
    ----------
    corpus, embeddings, settings, folder, report, device
        As of :func:`train_teachers`.

    Returns
    -------
    Lessons
        With the answers of teachers and with words replaced, as the settings want it.

    Raises
    ------
    UsageError
        If words cannot be replaced in the language.
    PartError, CheckpointError, TrainingError
        As of :func:`~bionlp.training.transformer_teacher.transformer_answers`.
    """
    parts = corpus, embeddings, settings, folder, report, device
    teachers, answers = train_teachers(*parts), transformer_answers(*parts)
    if answers is None:
        return augmented(teachers or Labels(), corpus, settings)
    return augmented(replace(answers, colleagues=teachers), corpus, settings)


def train_teachers(
    corpus: Corpus,
    embeddings: Embeddings,
    settings: TrainingSettings,
    folder: Path,
    report: Reporter,
    device: Device = "cpu",
) -> Teachers | None:
    """Train the original TextCNNs that teach the tailored and the spiking network.

    Parameters
    ----------
    corpus, embeddings, settings
        As of :func:`original_stage`; the settings say how many.
    folder : Path
        Where their states are kept; finished and interrupted trainings are taken up.
    report : Reporter
        Hears of progress.
    device : torch.device or str
        Where they are trained and stay.

    Returns
    -------
    Teachers or None
        None if the settings want none.
    """
    models = []
    for number in range(1, settings.teachers + 1):
        own = replace(settings, seed=(settings.seed + number * SEEDS) % (MOST_SEED + 1))
        stage = original_stage(corpus, embeddings, own, f"teacher{number}", device)
        origin = origin_of(corpus, embeddings, own)
        fit(stage, corpus.train, corpus.dev, textcnn_choices(own), folder, report, origin)
        models.append(stage.model)
    return Teachers(models, corpus.sentences, settings.pieces) if models else None


def tailored_stage(
    corpus: Corpus,
    embeddings: Embeddings,
    settings: TrainingSettings,
    lessons: Lessons | None = None,
    device: Device = "cpu",
) -> TextCNNStage:
    """Make the tailored TextCNN, on embeddings that are rates.

    Parameters
    ----------
    corpus, embeddings, settings
        As of :func:`original_stage`.
    lessons : Lessons, optional
        What it learns from; the labels alone without it.
    device : torch.device or str
        Where the network is trained.

    Returns
    -------
    TextCNNStage
        With the untrained network.
    """
    torch.manual_seed(settings.seed)
    rates = positive_shift(embeddings.vectors, settings.silent_below)
    model = TailoredTextCNN(
        torch.from_numpy(corpus.table(embeddings, rates)),
        corpus.classes,
        corpus.length,
        **_shape(settings),
        noise_steps=settings.noise_steps,
        gain=settings.gain,
        centred=settings.centred,
    ).to(device)

    def converted_accuracy(split: Encoded) -> float:
        network, rates = describe(model, settings), dequantise(levels_of(model))
        return spiking_stage(network, rates, settings, device=device).accuracy(split)

    selection = converted_accuracy if settings.select_converted else None
    return TextCNNStage("tailored", model, settings.embedding_rate, selection, lessons)


def _shape(settings: TrainingSettings) -> dict[str, Any]:
    return {"widths": settings.widths, "maps": settings.maps, "dropout": settings.dropout}


def textcnn_choices(settings: TrainingSettings) -> FitSettings:
    """Return how long and how fast a TextCNN is trained."""
    return FitSettings(
        settings.tailored_epochs,
        settings.tailored_rate,
        settings.batch_size,
        settings.seed,
        settings.annealed,
    )


def levels_of(model: TailoredTextCNN) -> np.ndarray:
    """Return the embeddings in the form they are stored in, 8 bits a rate."""
    return quantise(model.embedding.weight.detach().cpu().numpy())


def describe(model: TailoredTextCNN, settings: TrainingSettings) -> Network:
    """Convert a tailored TextCNN, with the neurons of the settings."""
    return convert(
        model,
        neurons_per_class=settings.neurons_per_class,
        threshold=settings.threshold,
        decay=settings.decay,
    )


def spiking_stage(
    network: Network,
    rates: np.ndarray,
    settings: TrainingSettings,
    *,
    diverse: bool = False,
    lessons: Lessons | None = None,
    device: Device = "cpu",
) -> FineTuningStage:
    """Make a spiking network that can be measured and trained.

    Parameters
    ----------
    network : Network
        Its weights are where training starts.
    rates : numpy.ndarray of float, shape (words + 1, features)
        Firing rate per step of every word.
    settings : TrainingSettings
        Steps, dropout, and what is said of fine-tuning.
    diverse : bool
        Whether the neurons of a class start with weights that differ
        (:func:`networks.conversion.diversify`).
    lessons : Lessons, optional
        What it learns from; the labels alone without it.
    device : torch.device or str
        Where the network is.

    Returns
    -------
    FineTuningStage
        With the network in evaluation mode.
    """
    if diverse:
        network = diversify(network, settings.diversity, settings.seed)
    return FineTuningStage(
        SpikingNetwork(network, dropout=settings.dropout).eval().to(device),
        rates,
        **_presentations(settings, lessons),
    )


def direct_stage(
    corpus: Corpus,
    embeddings: Embeddings,
    settings: TrainingSettings,
    lessons: Lessons | None = None,
    device: Device = "cpu",
) -> DirectStage:
    """Make a spiking network that is trained from scratch, on embeddings that are rates.

    Its weights start as those of the tailored TextCNN: with their gain every fifth window fires.

    Parameters
    ----------
    corpus, embeddings, settings, lessons, device
        As of :func:`tailored_stage`.

    Returns
    -------
    DirectStage
        With the untrained network.
    """
    untrained = cast(TailoredTextCNN, tailored_stage(corpus, embeddings, settings).model)
    network = diversify(describe(untrained, settings), settings.diversity, settings.seed)
    return DirectStage(
        SpikingNetwork(network, dropout=settings.dropout).eval().to(device),
        dequantise(levels_of(untrained)),
        name="direct",
        embedding_rate=settings.embedding_rate,
        **_presentations(settings, lessons),
    )


def _presentations(settings: TrainingSettings, lessons: Lessons | None) -> dict[str, Any]:
    return {
        "steps": settings.steps,
        "training_steps": settings.finetuning_steps,
        "centred": settings.centred,
        # New sentences would triple the cost of a step, and gained nothing here (SST-5, dev).
        "lessons": lessons.without_pieces() if lessons else None,
    }


def finetuning_choices(settings: TrainingSettings) -> FitSettings:
    """Return how long and how fast a spiking network is fine-tuned."""
    return FitSettings(
        settings.finetuning_epochs,
        settings.finetuning_rate,
        settings.finetuning_batch_size,
        settings.seed,
        settings.annealed,
    )
