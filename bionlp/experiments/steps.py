"""What a fine-tuned network reaches, and costs, as sentences are presented for longer.

Votes are counted over time, so one presentation of T steps holds all shorter ones: with the output
spikes S_c[t] of a class c and the synaptic events E[t] of a step,

    label after t steps = argmax over c of sum of S_c[1..t],    operations = sum of E[1..t]

and every network of a recipe is presented for as many steps as the longest, whatever it was trained
for. Input spikes are those of a presentation of t steps, so at the recipe's own number of steps the
accuracy is that of its cell in table 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from bionlp.decision import predict_labels
from bionlp.encoding import poisson_spikes
from bionlp.evaluation import presentations
from bionlp.experiments.material import Material
from bionlp.training.stages import INPUT_SEED, FineTuningStage
from networks.activity import Activity, synaptic_events
from networks.pytorch import SpikingNetwork

AFTER = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 75, 100)
"""Steps after which is looked."""
COUNTED = 100
"""Test sentences whose operations are counted, the first ones, as in table 5."""


def by_steps(
    material: Material, stage: FineTuningStage, _processes: int
) -> list[dict[str, int | float]]:
    """Measure a network after each number of steps.

    Parameters
    ----------
    material : Material
        Gives the sentences of test.
    stage : FineTuningStage
        The network.

    Returns
    -------
    list of dict
        For each of :data:`AFTER` the ``steps``, the ``accuracy`` on test, where a sentence without
        a winner is not right, and the mean synaptic ``operations`` of a sentence.
    """
    split = material.corpus.test
    rates = [stage.rates[ids] for ids in split.ids]
    labels = labels_after(stage.spiking, rates, AFTER)
    operations = operations_after(stage.spiking, rates[:COUNTED], AFTER)
    return [
        {
            "steps": steps,
            "accuracy": float((given == split.labels).mean()),
            "operations": float(counted),
        }
        for steps, given, counted in zip(AFTER, labels, operations, strict=True)
    ]


@torch.no_grad()
def labels_after(
    model: SpikingNetwork, rates: Sequence[np.ndarray], after: Sequence[int]
) -> np.ndarray:
    """Label sentences after several numbers of steps.

    Parameters
    ----------
    model : SpikingNetwork
        The network, in evaluation mode.
    rates : sequence of numpy.ndarray, each of shape (words, features)
        Firing probabilities of each sentence.
    after : sequence of int
        Numbers of steps, ascending.

    Returns
    -------
    numpy.ndarray of int, shape (numbers of steps, sentences)
        Classes; :data:`bionlp.decision.UNDECIDED` where none won.
    """
    labels = np.zeros((len(after), len(rates)), dtype=np.int64)
    for places, spikes in presentations(model, rates, after[-1], INPUT_SEED):
        votes = model(spikes).cumsum(dim=0).cpu().numpy()
        for number, steps in enumerate(after):
            labels[number, places] = predict_labels(votes[steps - 1].astype(np.int64))
    return labels


def operations_after(
    model: SpikingNetwork, rates: Sequence[np.ndarray], after: Sequence[int]
) -> np.ndarray:
    """Count synaptic operations up to several numbers of steps.

    Parameters
    ----------
    model, rates, after
        As of :func:`labels_after`.

    Returns
    -------
    numpy.ndarray of float, shape (numbers of steps,)
        Mean over the sentences.
    """
    network, counted = model.describe(), np.zeros(len(after))
    for number, each in enumerate(rates):
        spikes = poisson_spikes(each, after[-1], seed=INPUT_SEED, sentence=number)
        activity = model.activity(spikes)
        for place, steps in enumerate(after):
            events: dict[str, Any] = synaptic_events(network, _until(activity, steps))
            counted[place] += sum(events.values())
    return counted / len(rates)


def _until(activity: dict[str, Activity], steps: int) -> dict[str, Activity]:
    return {
        name: Activity(of.spikes[:steps], of.membrane[:steps], of.recorded)
        for name, of in activity.items()
    }
