"""What every engine is shown: the same sentences of the same model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bionlp.classifier import TextClassifier
from bionlp.encoding import dequantise, poisson_spikes


@dataclass(frozen=True)
class Workload:
    """Sentences to present to a model.

    Attributes
    ----------
    classifier : TextClassifier
        The model.
    ids : tuple of numpy.ndarray of int, each of shape (words,)
        The sentences as word ids.
    steps : int
        Length of a presentation.
    seed : int
        Of the input spikes.
    """

    classifier: TextClassifier
    ids: tuple[np.ndarray, ...]
    steps: int
    seed: int

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def words(self) -> float:
        """Mean number of words of a sentence."""
        return float(np.mean([len(sentence) for sentence in self.ids]))

    @property
    def rates(self) -> list[np.ndarray]:
        """Firing rates of each sentence, each of shape (words, features)."""
        return [dequantise(self.classifier.levels[sentence]) for sentence in self.ids]

    def repeated(self, count: int) -> Workload:
        """Return the first ``count`` sentences, from the first again after the last."""
        return replace(self, ids=_repeat(self.ids, count))

    def at_least(self, count: int) -> Workload:
        """Return the same sentences, repeated until there are ``count``."""
        return self if len(self) >= count else self.repeated(count)

    def of_length(self, words: int) -> Workload:
        """Return as many sentences of exactly ``words`` words, cut from the text of all."""
        text = np.concatenate(self.ids)
        text = np.resize(text, len(self) * words)
        return replace(self, ids=tuple(text.reshape(len(self), words)))


def _repeat(ids: Sequence[np.ndarray], count: int) -> tuple[np.ndarray, ...]:
    return tuple(ids[number % len(ids)] for number in range(count))


def count_events(workload: Workload) -> np.ndarray:
    """Count the synaptic events of each sentence, in PyTorch.

    Parameters
    ----------
    workload : Workload
        The sentences.

    Returns
    -------
    numpy.ndarray of int, shape (sentences,)
        How often a weight is added to a membrane, in all layers and steps.
    """
    from networks.activity import synaptic_events
    from networks.pytorch import SpikingNetwork

    network = workload.classifier.network
    model = SpikingNetwork(network).eval()
    counts = np.zeros(len(workload), dtype=np.int64)
    for number, rates in enumerate(workload.rates):
        spikes = poisson_spikes(rates, workload.steps, seed=workload.seed, sentence=number)
        counts[number] = sum(synaptic_events(network, model.activity(spikes)).values())
    return counts
