"""Inference in PyTorch: the project's own, and a plain loop of snnTorch."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from snntorch import spikegen
from torch import nn

from bionlp.bench.engines import Conditions, EngineSpec
from bionlp.bench.timing import costs, repeat, timed
from bionlp.bench.workload import Workload
from bionlp.evaluation import predict_spiking
from networks.pytorch import SnnTorchNetwork, SpikingNetwork

MODELS = {"snntorch": SnnTorchNetwork, "torch": SpikingNetwork}


def measure(workload: Workload, spec: EngineSpec, conditions: Conditions) -> dict[str, Any]:
    """Measure how long sentences take without gradients.

    Parameters
    ----------
    workload : Workload
        The sentences.
    spec : EngineSpec
        Its ``model`` is ``torch``, :func:`bionlp.evaluation.predict_spiking`, or ``snntorch``, a
        plain loop.
    conditions : Conditions
        How it is measured.

    Returns
    -------
    dict
        What is measured here of a row.
    """
    model, batch = spec.options["model"], spec.batch
    rates = workload.rates
    started = time.perf_counter()
    network = MODELS[model](workload.classifier.network).eval()
    build = time.perf_counter() - started

    def label() -> np.ndarray:
        if model == "torch":
            return predict_spiking(network, rates, workload.steps, seed=workload.seed)[1]
        torch.manual_seed(workload.seed)
        parts = [rates[start : start + batch] for start in range(0, len(rates), batch)]
        return np.concatenate([_votes(network, part, workload.steps) for part in parts])

    timed(label)
    warm = repeat(lambda: timed(label), conditions.repeats)
    return costs(warm, len(workload), build=build, compiling=0.0, start=0.0)


@torch.no_grad()
def _votes(network: nn.Module, rates: list[np.ndarray], steps: int) -> np.ndarray:
    """Present a batch, padded to its longest sentence, as a user of snnTorch would."""
    padded = nn.utils.rnn.pad_sequence(
        [torch.from_numpy(sentence).float() for sentence in rates], batch_first=True
    )
    spikes = spikegen.rate(padded, num_steps=steps)
    return network(spikes).sum(dim=0).numpy().astype(np.int64)
