"""The methods that are compared, each from material to labels.

The original TextCNN has a learning rate of its own for the embeddings, and time to converge: a
baseline that is starved proves nothing. Direct training has the teachers of the method, and as many
epochs as both stages of it together.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from bionlp.classifier import TextClassifier
from bionlp.cores import cores
from bionlp.encoding import dequantise
from bionlp.evaluation import Evaluation, evaluate
from bionlp.experiments.material import Material
from bionlp.simulation import Engine
from bionlp.training.batches import Encoded, batches
from bionlp.training.fit import History, Stage
from bionlp.training.phases import (
    describe,
    finetuning_choices,
    levels_of,
    original_stage,
    spiking_stage,
    tailored_stage,
    textcnn_choices,
)
from bionlp.training.stages import INPUT_SEED
from networks.description import NetworkDescription
from networks.normalisation import largest_activations, normalise_by_data, normalise_by_model

ORIGINAL_EPOCHS = 10


@dataclass(frozen=True)
class Outcome:
    """What a method came to.

    Attributes
    ----------
    dev, test : Evaluation
        How often it is right.
    history : History or None
        The training that was done for this method alone.
    seconds : float
        What that took, and the measuring.
    brian : Evaluation or None
        The same network on test in Brian 2.
    """

    dev: Evaluation
    test: Evaluation
    history: History | None
    seconds: float
    brian: Evaluation | None = None


def original(material: Material) -> Outcome:
    """Train the original TextCNN: biases, maximum pooling, unshifted embeddings."""
    settings = material.settings
    stage = original_stage(material.corpus, material.embeddings, settings)
    choices = replace(textcnn_choices(settings), epochs=ORIGINAL_EPOCHS)
    return _measured(material, stage, material.fit(stage, choices))


def tailored(material: Material) -> Outcome:
    """Train the tailored TextCNN."""
    return _measured(material, *material.tailored)


def direct(material: Material) -> Outcome:
    """Train a spiking network from scratch, with surrogate gradients and frozen embeddings."""
    settings = material.settings
    untrained = tailored_stage(material.corpus, material.embeddings, settings).model
    stage = spiking_stage(
        describe(untrained, settings),
        dequantise(levels_of(untrained)),
        settings,
        name="direct",
        diverse=True,
        teachers=material.teachers,
    )
    choices = finetuning_choices(settings)
    both = settings.tailored_epochs + settings.finetuning_epochs
    return _measured(material, stage, material.fit(stage, replace(choices, epochs=both)))


def converted(material: Material) -> Outcome:
    """Copy the weights of the tailored TextCNN."""
    return _spiking(material, material.converted)


def model_normalised(material: Material) -> Outcome:
    """Convert, and normalise weights by the weights (Diehl et al. 2015)."""
    return _spiking(material, normalise_by_model(material.converted))


def data_normalised(material: Material) -> Outcome:
    """Convert, and normalise weights by the activations on the training split."""
    rates = (
        torch.from_numpy(material.rates[batch.ids]).float()
        for batch in batches(material.corpus.train, 256)
    )
    activations = largest_activations(material.converted, rates)
    return _spiking(material, normalise_by_data(material.converted, activations))


def finetuned(material: Material) -> Outcome:
    """Convert, fine-tune with surrogate gradients, and run the result in Brian 2 too."""
    settings = material.settings
    stage = spiking_stage(
        material.converted, material.rates, settings, diverse=True, teachers=material.teachers
    )
    history = material.fit(stage, finetuning_choices(settings))
    outcome = _measured(material, stage, history)
    return replace(outcome, brian=_in_brian(material, stage.model.describe()))


RUN: dict[str, Callable[[Material], Outcome]] = {
    "original": original,
    "tailored": tailored,
    "direct": direct,
    "converted": converted,
    "model-normalised": model_normalised,
    "data-normalised": data_normalised,
    "finetuned": finetuned,
}
"""How each of :data:`bionlp.experiments.cells.METHODS` is run."""


def _spiking(material: Material, network: NetworkDescription) -> Outcome:
    return _measured(material, spiking_stage(network, material.rates, material.settings), None)


def _measured(material: Material, stage: Stage, history: History | None) -> Outcome:
    started = time.perf_counter()
    dev, test = (_evaluation(stage, part) for part in (material.corpus.dev, material.corpus.test))
    seconds = time.perf_counter() - started + (sum(history.seconds) if history else 0)
    return Outcome(dev, test, history, seconds)


def _evaluation(stage: Stage, split: Encoded) -> Evaluation:
    return Evaluation(split.labels, stage.labels(split))


def _in_brian(material: Material, network: NetworkDescription) -> Evaluation:
    dataset = material.corpus.dataset
    classifier = TextClassifier(
        dataset.name,
        dataset.language,
        dataset.label_names,
        material.corpus.vocabulary,
        material.levels,
        network,
        {},
    )
    return evaluate(
        classifier,
        dataset.test,
        steps=material.settings.steps,
        seed=INPUT_SEED,
        engine=Engine(),
        workers=cores(),
    )
