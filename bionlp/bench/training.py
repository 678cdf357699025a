"""Training steps: fine-tuning, against a plain snnTorch loop, and encoders against each other.

Sentences have alternating classes, as these make no difference to the work. Encoders have the shape
of a training's defaults, and the benchmarked model's rates as the vectors of words.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch

from bionlp.bench.engines import Conditions, EngineSpec
from bionlp.bench.pytorch import MODELS
from bionlp.bench.timing import costs, repeat, timed
from bionlp.bench.workload import Workload
from bionlp.encoding import dequantise
from bionlp.training.batches import Encoded, batches
from bionlp.training.distillation import Labels
from bionlp.training.encoder import KINDS, EncoderStage, encoder_of
from bionlp.training.fit import Stage, take_step
from bionlp.training.settings import TrainingSettings
from bionlp.training.stages import FineTuningStage


def measure(workload: Workload, spec: EngineSpec, conditions: Conditions) -> dict[str, Any]:
    """Measure an epoch of training.

    Parameters
    ----------
    workload : Workload
        The sentences.
    spec : EngineSpec
        Its ``model`` is what is trained, ``batch`` sentences a step of the optimiser.
    conditions : Conditions
        How it is measured.

    Returns
    -------
    dict
        What is measured here of a row.
    """
    settings, model = TrainingSettings(), spec.options["model"]
    labels = np.arange(len(workload)) % workload.classifier.classes
    parts = list(batches(Encoded(list(workload.ids), labels), spec.batch))
    started = time.perf_counter()
    if model in KINDS:
        stage, rate = _encoder(workload, model, settings), settings.encoder_rate
    else:
        stage, rate = _finetuning(workload, model, settings), settings.finetuning_rate
    stage.model.train()
    optimizers = stage.optimizers(rate)
    build = time.perf_counter() - started
    torch.manual_seed(workload.seed)

    def train() -> None:
        for part in parts:
            take_step(stage, part, optimizers)

    timed(train)
    warm = repeat(lambda: timed(train), conditions.repeats)
    return costs(warm, len(workload), build=build, compiling=0.0, start=0.0)


def _finetuning(workload: Workload, model: str, settings: TrainingSettings) -> Stage:
    classifier = workload.classifier
    return FineTuningStage(
        MODELS[model](classifier.network, dropout=settings.dropout),
        dequantise(classifier.levels),
        steps=workload.steps,
        training_steps=settings.finetuning_steps,
    )


def _encoder(workload: Workload, kind: str, settings: TrainingSettings) -> Stage:
    classifier = workload.classifier
    torch.manual_seed(workload.seed)
    vectors = torch.from_numpy(dequantise(classifier.levels)).float()
    model = encoder_of(kind, vectors, classifier.classes, settings)
    return EncoderStage(model, Labels(), vector_rate=settings.vector_rate)
