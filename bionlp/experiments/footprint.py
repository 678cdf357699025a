"""What an encoder costs: operations of sentences, and what a training step keeps in memory.

Operations are counted on the connections of the folded network. One that is shown all words in each
step has the same connections in each of them, so its steps are counted one by one, with words where
the other has steps.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from analysis.energy import RepeatedWork, WordWork
from bionlp.training.batches import Batch
from bionlp.training.encoder import EncoderStage
from bionlp.vocabulary import PADDING
from networks.activity import Activity, synaptic_events
from networks.description import Network, choose_inputs
from networks.repeated import RepeatedEncoder
from networks.snnbert import SpikingEncoder


@torch.no_grad()
def encoder_work(model: SpikingEncoder, network: Network, ids: Sequence[np.ndarray]) -> WordWork:
    """Count what a spiking encoder does for sentences.

    Parameters
    ----------
    model : SpikingEncoder
        The network, or one with repeat coding; not in training.
    network : Network
        The description of one of the same shape that reads a word a step.
    ids : sequence of numpy.ndarray of int, each of shape (words,)
        Sentences; unknown words are left out.

    Returns
    -------
    WordWork
        What was counted.
    """
    repeats = model.repeats if isinstance(model, RepeatedEncoder) else 1
    spikes = dict.fromkeys(network.order, 0)
    events = {population.name: 0 for population in network.hidden}
    known = [sentence[sentence != PADDING] for sentence in ids]
    for sentence in known:
        shown, steps = _activities(model, network, sentence, repeats)
        for activity in steps:
            counted = synaptic_events(shown, activity)
            for name, layer in activity.items():
                spikes[name] += int(layer.spikes.sum())
            for name in events:
                events[name] += counted[name]
    kind = WordWork if repeats == 1 else RepeatedWork
    return kind(network, np.array([len(s) for s in known]), repeats, spikes, events)


def _activities(
    model: SpikingEncoder, network: Network, sentence: np.ndarray, repeats: int
) -> tuple[Network, list[dict[str, Activity]]]:
    """Return a network of the words of a sentence, and what its populations do in each step."""
    used, numbers = np.unique(sentence, return_inverse=True)
    _, fired = model.spikes(torch.from_numpy(sentence)[None].to(model.vectors.device))
    names = [population.name for population in network.populations]
    words = np.eye(len(used), dtype=bool)[numbers][..., None]
    trains = [np.tile(words, (repeats, 1, 1)), *(s[0].bool().cpu().numpy() for s in fired)]
    steps = zip(*(np.split(train, repeats) for train in trains), strict=True)
    nothing = np.zeros(0)
    return choose_inputs(network, used - 1), [
        {n: Activity(train, nothing, nothing) for n, train in zip(names, step, strict=True)}
        for step in steps
    ]


def kept_bytes(stage: EncoderStage, batch: Batch) -> int:
    """Measure what the backward pass of a training step needs, weights not counted.

    Parameters
    ----------
    stage : EncoderStage
        What is trained.
    batch : Batch
        What the step learns from.

    Returns
    -------
    int
        Bytes of all tensors that were saved, each once.
    """
    weights = {p.untyped_storage().data_ptr() for p in stage.model.state_dict().values()}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    training = stage.model.training
    stage.model.train()
    with (
        torch.random.fork_rng(devices=[]),
        torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor),
    ):
        torch.manual_seed(0)  # the words that are left out
        loss = stage.loss(batch)
    stage.model.train(training)
    del loss  # which held what was saved, so that no address was used twice
    return sum(kept.values())
