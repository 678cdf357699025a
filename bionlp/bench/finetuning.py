"""Training steps with surrogate gradients: the project's network against a plain snnTorch loop."""

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
from bionlp.training.fit import take_step
from bionlp.training.settings import TrainingSettings
from bionlp.training.stages import FineTuningStage


def measure(workload: Workload, spec: EngineSpec, conditions: Conditions) -> dict[str, Any]:
    """Measure an epoch of fine-tuning (:class:`bionlp.training.stages.FineTuningStage`).

    Parameters
    ----------
    workload : Workload
        The sentences; their classes alternate, as they make no difference to the work.
    spec : EngineSpec
        Its ``model`` is what is trained, ``batch`` sentences a step of the optimiser.
    conditions : Conditions
        How it is measured.

    Returns
    -------
    dict
        What is measured here of a row.
    """
    settings = TrainingSettings()
    classifier = workload.classifier
    labels = np.arange(len(workload)) % classifier.classes
    parts = list(batches(Encoded(list(workload.ids), labels), spec.batch))
    rates = dequantise(classifier.levels)
    started = time.perf_counter()
    stage = FineTuningStage(
        MODELS[spec.options["model"]](classifier.network, dropout=settings.dropout).train(),
        rates,
        steps=workload.steps,
        training_steps=settings.finetuning_steps,
    )
    optimizers = stage.optimizers(settings.finetuning_rate)
    build = time.perf_counter() - started
    torch.manual_seed(workload.seed)

    def train() -> None:
        for part in parts:
            take_step(stage, part, optimizers)

    timed(train)
    warm = repeat(lambda: timed(train), conditions.repeats)
    return costs(warm, len(workload), build=build, compiling=0.0, start=0.0)
