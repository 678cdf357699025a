"""How often the spiking network is right, by PyTorch or by Brian 2, and how much of it is at work.

The label of a sentence is the class with the most votes
(:func:`bionlp.classifier.predict_labels`). Where no class won, because the model knows no word of
the sentence, no output neuron fired, or there is a tie, the sentence is undecided: it is counted
apart, and never right. A neuron is active in a presentation if it fires at least once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from bionlp.classifier import (
    REASONS,
    UNDECIDED,
    UNKNOWN_WORDS,
    TextClassifier,
    predict_labels,
    why_undecided,
)
from bionlp.datasets import Example
from bionlp.encoding import dequantise, poisson_spikes
from bionlp.limits import check_memory
from networks.description import crop
from networks.pytorch import SpikingNetwork

if TYPE_CHECKING:
    from bionlp.simulation import Advance, Engine

BATCH = 32
BYTES = 10
"""Of an input neuron in a step, and of the neurons that hear it: spikes, and currents."""


@dataclass(frozen=True)
class Evaluation:
    """How often a classifier was right.

    Attributes
    ----------
    labels, predictions : numpy.ndarray of int, shape (n,)
        The true class of each sentence, and the one it was given;
        :data:`bionlp.classifier.UNDECIDED` where it was given none.
    reasons : tuple of str
        Why each of those that were given none is undecided, of :data:`bionlp.classifier.REASONS`;
        empty where nobody asked.
    """

    labels: np.ndarray
    predictions: np.ndarray
    reasons: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Number of sentences."""
        return len(self.labels)

    @property
    def accuracy(self) -> float:
        """Fraction of sentences labelled rightly; those that are undecided are not."""
        return float((self.labels == self.predictions).mean())

    @property
    def standard_error(self) -> float:
        """Standard error of the accuracy, sqrt(p (1 - p) / n)."""
        return float(np.sqrt(self.accuracy * (1 - self.accuracy) / self.n))

    @property
    def macro_f1(self) -> float:
        """Mean over the classes of F1, 2 TP / (2 TP + FP + FN); 0 for a class that never occurs."""
        classes = np.arange(self.labels.max() + 1)[:, None]
        true, given = self.labels == classes, self.predictions == classes
        both = true.sum(axis=1) + given.sum(axis=1)
        return float((2 * (true & given).sum(axis=1) / np.maximum(both, 1)).mean())

    @property
    def majority(self) -> float:
        """Accuracy of always answering the largest class."""
        return float(np.bincount(self.labels).max() / self.n)

    @property
    def undecided(self) -> dict[str, int]:
        """Number of sentences that were given no class, for each of the reasons."""
        return {reason: self.reasons.count(reason) for reason in REASONS}

    @property
    def scores(self) -> dict[str, float]:
        """What is kept of it: accuracy, macro-F1, accuracy of the largest class, sentences."""
        return {
            "accuracy": self.accuracy,
            "macro_f1": self.macro_f1,
            "majority": self.majority,
            "n": self.n,
        }


def evaluate(
    classifier: TextClassifier,
    examples: Sequence[Example],
    *,
    steps: int,
    seed: int,
    engine: Engine | None = None,
    workers: int = 1,
    advance: Advance | None = None,
) -> Evaluation:
    """Label sentences and compare with their true classes.

    A sentence without a known word is undecided, whatever the network makes of its silence.

    Parameters
    ----------
    classifier : TextClassifier
        The model.
    examples : sequence of Example
        Labelled sentences.
    steps : int
        Length of a presentation.
    seed : int
        Of the input spikes.
    engine : Engine, optional
        How Brian 2 runs the network; PyTorch without it.
    workers : int
        Processes that Brian 2 runs in.
    advance : callable, optional
        Called with the fraction done.

    Returns
    -------
    Evaluation
        What was right.
    """
    ids = [np.array(classifier.token_ids(example.text)) for example in examples]
    if engine is None:
        rates = [dequantise(classifier.levels[sentence]) for sentence in ids]
        model = SpikingNetwork(classifier.network).eval()
        _, votes = predict_spiking(model, rates, steps, seed=seed, advance=advance)
    else:
        # With PyTorch nobody waits for Brian 2 to be imported.
        from bionlp.votes import count_votes

        votes = count_votes(
            classifier,
            ids,
            steps=steps,
            seed=seed,
            engine=engine,
            workers=workers,
            advance=advance,
        )
    known = np.array([bool(sentence.any()) for sentence in ids])
    return judge(np.array([example.label for example in examples]), votes, known)


def judge(labels: np.ndarray, votes: np.ndarray, known: np.ndarray) -> Evaluation:
    """Compare votes with true classes.

    Parameters
    ----------
    labels : numpy.ndarray of int, shape (n,)
        The true class of each sentence.
    votes : numpy.ndarray of int, shape (n, classes)
        Output spikes of each class.
    known : numpy.ndarray of bool, shape (n,)
        Whether the model knows a word of the sentence.

    Returns
    -------
    Evaluation
        What was right, and why some are undecided.
    """
    predictions = np.where(known, predict_labels(votes), UNDECIDED)
    reasons = tuple(
        str(why_undecided(votes[number])) if known[number] else UNKNOWN_WORDS
        for number in np.flatnonzero(predictions == UNDECIDED)
    )
    return Evaluation(labels, predictions, reasons)


@torch.no_grad()
def predict_spiking(
    model: SpikingNetwork,
    rates: Sequence[np.ndarray],
    steps: int,
    *,
    seed: int,
    advance: Advance | None = None,
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
        Called with the fraction done.

    Returns
    -------
    labels : numpy.ndarray of int, shape (sentences,)
        The classes; :data:`bionlp.classifier.UNDECIDED` where none won.
    votes : numpy.ndarray of int, shape (sentences, classes)
        Output spikes of each class.
    """
    votes, done = None, 0
    for numbers, spikes in _presentations(model, rates, steps, seed):
        counts = model(spikes).sum(dim=0).numpy().astype(np.int64)
        if votes is None:
            votes = np.zeros((len(rates), counts.shape[1]), dtype=np.int64)
        votes[numbers] = counts
        done += len(numbers)
        if advance:
            advance(done / len(rates))
    return predict_labels(votes), votes


@torch.no_grad()
def active_neurons(
    model: SpikingNetwork, rates: Sequence[np.ndarray], steps: int, *, seed: int
) -> np.ndarray:
    """Measure which share of the network is at work in each sentence.

    Parameters
    ----------
    model, rates, steps, seed
        As of :func:`predict_spiking`.

    Returns
    -------
    numpy.ndarray of float, shape (sentences,)
        Active neurons as a fraction of all neurons behind the input that the sentence can reach:
        windows that lie wholly in the padding are not counted.
    """
    active = np.zeros(len(rates))
    for numbers, spikes in _presentations(model, rates, steps, seed):
        for fired, _ in model.traces(spikes).values():
            active[numbers] += fired.any(dim=0).flatten(1).sum(dim=1).numpy()
    # What belongs to the padding of a batch never fires, so only the neurons remain to be counted.
    description, lengths = model.describe(), [len(sentence) for sentence in rates]
    neurons = {
        length: sum(population.size for population in crop(description, length).hidden)
        for length in set(lengths)
    }
    return active / [neurons[length] for length in lengths]


def _presentations(
    model: SpikingNetwork, rates: Sequence[np.ndarray], steps: int, seed: int
) -> Iterator[tuple[np.ndarray, Tensor]]:
    """Yield the numbers of sentences of about one length, and their input spikes."""
    order = np.argsort([len(r) for r in rates], kind="stable")
    dtype = next(model.parameters()).dtype
    for start in range(0, len(order), BATCH):
        numbers = order[start : start + BATCH]
        longest = len(rates[numbers[-1]])
        check_memory(
            BYTES * steps * len(numbers) * longest * rates[0].shape[1],
            f"presenting {len(numbers)} sentences together for {steps:,} steps",
            "lower --steps",
        )
        spikes = np.zeros((steps, len(numbers), longest, rates[0].shape[1]), dtype=bool)
        for column, number in enumerate(numbers):
            trains = poisson_spikes(rates[number], steps, seed=seed, sentence=int(number))
            spikes[:, column, : len(rates[number])] = trains
        yield numbers, torch.from_numpy(spikes).to(dtype)
