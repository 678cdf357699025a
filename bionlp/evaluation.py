"""How often the spiking network is right, by PyTorch or by Brian 2.

A sentence is labelled with the class whose neurons fired most often over the whole presentation;
on a tie the class that comes first wins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from bionlp.encoding import poisson_spikes
from networks.spiking import SpikingNetwork

BATCH = 32


def predict_labels(votes: np.ndarray) -> np.ndarray:
    """Return the class with the most votes of each sentence, shape (sentences, classes)."""
    return votes.argmax(axis=-1)


@torch.no_grad()
def predict_spiking(
    model: SpikingNetwork,
    rates: Sequence[np.ndarray],
    steps: int,
    *,
    seed: int,
    advance: Callable[[int], None] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Label sentences with the PyTorch network.

    Parameters
    ----------
    model : SpikingNetwork
        The network, in evaluation mode.
    rates : sequence of numpy.ndarray, each of shape (words, features)
        Firing probabilities of each sentence.
    steps : int
        Length of a presentation.
    seed : int
        Of the Poisson spikes; sentence i is seeded by (seed, i).
    advance : callable, optional
        Called with the number of sentences just done.

    Returns
    -------
    labels : numpy.ndarray of int, shape (sentences,)
        The classes.
    votes : numpy.ndarray of int, shape (sentences, classes)
        Output spikes of each class.
    """
    votes = None
    order = np.argsort([len(r) for r in rates], kind="stable")
    dtype = next(model.parameters()).dtype
    for start in range(0, len(order), BATCH):
        numbers = order[start : start + BATCH]
        longest = len(rates[numbers[-1]])
        spikes = np.zeros((steps, len(numbers), longest, rates[0].shape[1]), dtype=bool)
        for column, number in enumerate(numbers):
            trains = poisson_spikes(rates[number], steps, seed=seed, sentence=int(number))
            spikes[:, column, : len(rates[number])] = trains
        counts = model(torch.from_numpy(spikes).to(dtype)).sum(dim=0).numpy().astype(np.int64)
        if votes is None:
            votes = np.zeros((len(rates), counts.shape[1]), dtype=np.int64)
        votes[numbers] = counts
        if advance:
            advance(len(numbers))
    return predict_labels(votes), votes
