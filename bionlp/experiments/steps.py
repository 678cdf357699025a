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

import numpy as np
import torch

from bionlp.decision import predict_labels
from bionlp.encoding import poisson_spikes
from bionlp.evaluation import spiking_voter, votes_by_step
from bionlp.experiments.cells import COUNTED
from bionlp.experiments.material import Material
from bionlp.training.stages import INPUT_SEED, FineTuningStage
from networks.activity import Activity, synaptic_events
from networks.pytorch import SpikingNetwork

AFTER = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 75, 100)
"""Steps after which is looked."""


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
    votes = presented(stage.spiking, rates, AFTER[-1])
    ends = np.repeat(np.array(AFTER)[:, None], len(rates), axis=1)
    operations = operations_until(stage.spiking, rates[:COUNTED], ends[:, :COUNTED])
    return [
        {
            "steps": steps,
            "accuracy": float((predict_labels(votes[steps - 1]) == split.labels).mean()),
            "operations": float(counted),
        }
        for steps, counted in zip(AFTER, operations, strict=True)
    ]


def presented(model: SpikingNetwork, rates: Sequence[np.ndarray], steps: int) -> np.ndarray:
    """Present sentences, and return their votes up to each step.

    Parameters
    ----------
    model : SpikingNetwork
        The network, in evaluation mode.
    rates : sequence of numpy.ndarray, each of shape (words, features)
        Firing probabilities of each sentence.
    steps : int
        Length of a presentation.

    Returns
    -------
    numpy.ndarray of int, shape (steps, sentences, classes)
        As of :func:`bionlp.evaluation.votes_by_step`.
    """
    voter = spiking_voter(model, steps, seed=INPUT_SEED)
    return votes_by_step(voter, rates, model.voting.groups)[0]


@torch.no_grad()
def operations_until(
    model: SpikingNetwork, rates: Sequence[np.ndarray], ends: np.ndarray
) -> np.ndarray:
    """Count the synaptic operations of presentations that end after some steps.

    Parameters
    ----------
    model, rates
        As of :func:`presented`.
    ends : numpy.ndarray of int, shape (ways, sentences)
        After how many steps each ends, for each way to end them.

    Returns
    -------
    numpy.ndarray of float, shape (ways,)
        Mean over the sentences.
    """
    network, counted = model.describe(), np.zeros(len(ends))
    for number, each in enumerate(rates):
        longest = int(ends[:, number].max())
        spikes = poisson_spikes(each, longest, seed=INPUT_SEED, sentence=number)
        activity = model.activity(spikes)
        for way, steps in enumerate(ends[:, number]):
            events = synaptic_events(network, _until(activity, int(steps)))
            counted[way] += sum(events.values())
    return counted / len(rates)


def _until(activity: dict[str, Activity], steps: int) -> dict[str, Activity]:
    return {
        name: Activity(of.spikes[:steps], of.membrane[:steps], of.recorded)
        for name, of in activity.items()
    }
