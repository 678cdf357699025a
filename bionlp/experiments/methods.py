"""The methods that are compared, each from material and settings to labels.

The original TextCNN has a learning rate of its own for the embeddings, and time to converge: a
baseline that is starved proves nothing. Direct training has the teachers of the method, and as many
epochs as both stages of it together.

The settings are the material's own, or have a change (:mod:`bionlp.experiments.sweeps`), which only
converted and fine-tuned networks heed: what these are made of is shared.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from bionlp.experiments.material import Material
from bionlp.scores import Evaluation
from bionlp.training.batches import Encoded, batches
from bionlp.training.fit import History, Stage
from bionlp.training.phases import (
    direct_stage,
    finetuning_choices,
    original_stage,
    spiking_stage,
    textcnn_choices,
)
from bionlp.training.settings import TrainingSettings
from networks.description import Network
from networks.normalisation import largest_activations, normalise_by_data, normalise_by_model

ORIGINAL_EPOCHS = 10


@dataclass(frozen=True)
class Outcome:
    """What a method came to.

    Attributes
    ----------
    stage : Stage
        With the network.
    dev, test : Evaluation
        How often it is right.
    history : History or None
        The training that was done for this method alone.
    seconds : float
        What that took, and the measuring.
    """

    stage: Stage
    dev: Evaluation
    test: Evaluation
    history: History | None
    seconds: float


def original(material: Material, settings: TrainingSettings) -> Outcome:
    """Train the original TextCNN: biases, maximum pooling, unshifted embeddings."""
    stage = original_stage(material.corpus, material.embeddings, settings, device=material.device)
    choices = replace(textcnn_choices(settings), epochs=ORIGINAL_EPOCHS)
    return _measured(material, stage, material.fit(stage, choices, settings))


def tailored(material: Material, settings: TrainingSettings) -> Outcome:
    """Train the tailored TextCNN."""
    return _measured(material, *material.tailored)


def direct(material: Material, settings: TrainingSettings) -> Outcome:
    """Train a spiking network from scratch, with surrogate gradients, and its embeddings."""
    parts = material.corpus, material.embeddings, settings, material.lessons
    stage = direct_stage(*parts, device=material.device)
    choices = replace(
        finetuning_choices(settings),
        epochs=settings.tailored_epochs + settings.finetuning_epochs,
        learning_rate=settings.tailored_rate,
    )
    return _measured(material, stage, material.fit(stage, choices, settings))


def converted(material: Material, settings: TrainingSettings) -> Outcome:
    """Copy the weights of the tailored TextCNN."""
    return _spiking(material, material.converted(settings), settings)


def model_normalised(material: Material, settings: TrainingSettings) -> Outcome:
    """Convert, and normalise weights by the weights (Diehl et al. 2015)."""
    return _spiking(material, normalise_by_model(material.converted(settings)), settings)


def data_normalised(material: Material, settings: TrainingSettings) -> Outcome:
    """Convert, and normalise weights by the activations on the training split."""
    rates = (
        torch.from_numpy(material.rates[batch.ids]).float()
        for batch in batches(material.corpus.train, 256)
    )
    network = material.converted(settings)
    activations = largest_activations(network, rates)
    return _spiking(material, normalise_by_data(network, activations), settings)


def finetuned(material: Material, settings: TrainingSettings) -> Outcome:
    """Convert, and fine-tune with surrogate gradients.

    How long sentences are presented afterwards changes no training: networks that differ in nothing
    else are one, whose epoch is selected with the steps of the recipe.
    """
    trained = replace(settings, steps=material.settings.steps)
    stage = spiking_stage(
        material.converted(trained),
        material.rates,
        trained,
        diverse=True,
        lessons=material.lessons,
        device=material.device,
    )
    history = material.fit(stage, finetuning_choices(trained), trained)
    stage.steps = settings.steps
    return _measured(material, stage, history)


RUN: dict[str, Callable[[Material, TrainingSettings], Outcome]] = {
    "original": original,
    "tailored": tailored,
    "direct": direct,
    "converted": converted,
    "model-normalised": model_normalised,
    "data-normalised": data_normalised,
    "finetuned": finetuned,
}
"""How each of :data:`bionlp.experiments.cells.METHODS` is run."""


def _spiking(material: Material, network: Network, settings: TrainingSettings) -> Outcome:
    stage = spiking_stage(network, material.rates, settings, device=material.device)
    return _measured(material, stage, None)


def _measured(material: Material, stage: Stage, history: History | None) -> Outcome:
    started = time.perf_counter()
    dev, test = (_evaluation(stage, part) for part in (material.corpus.dev, material.corpus.test))
    seconds = time.perf_counter() - started + (sum(history.seconds) if history else 0)
    return Outcome(stage, dev, test, history, seconds)


def _evaluation(stage: Stage, split: Encoded) -> Evaluation:
    return Evaluation(split.labels, stage.labels(split))
