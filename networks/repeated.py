r"""Repeat coding, which a network that reads a word a step is held against.

A spiking transformer usually shows all words in each of T steps (Spikformer, SpikeBERT): every word
has neurons of its own, leaky integrate-and-fire ones, and in a step attention meets all words,

    U[t] = decay U[t-1] + norm(x[t]) - threshold S[t-1],    S[t] = 1 if U[t] > threshold else 0

where x of the first layer is the same in all steps. Its weights are those of
:class:`~networks.snnbert.SpikingEncoder`, of the same shape, and so are the votes, which are
counted over all words and steps. A sentence of n words takes T n rows of a batch in place of n, and
that is what it costs. Threshold and decay are the same for all: the normalisation before them has a
factor and an offset for each neuron.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from networks.pytorch.lif import Scan
from networks.pytorch.packing import Packing
from networks.snnbert import DECAY, SLOPE, THRESHOLD, Normalised, SpikingEncoder

REPEATS = 4
"""Steps of the published spiking transformers, and of the comparison in SNN-BERT."""


class RepeatedFiring(Normalised):
    """A layer of leaky integrate-and-fire neurons, a set for each word.

    Parameters
    ----------
    neurons : int
        How many a word.
    repeats : int
        Steps.
    """

    def __init__(self, neurons: int, repeats: int):
        super().__init__(neurons)
        self.repeats = repeats

    def forward(self, current: Tensor, packing: Packing) -> Tensor:
        """Fire.

        Parameters
        ----------
        current : Tensor, shape (steps * words, neurons)
            What comes in, step after step.
        packing : Packing
            Where the words stand; they hear nothing of each other.

        Returns
        -------
        Tensor, shape (steps * words, neurons)
            Spikes, 0 or 1.
        """
        by_step = self.normalised(current).unflatten(0, (self.repeats, -1))
        spikes, _ = Scan.apply(by_step, THRESHOLD, DECAY, SLOPE, 1.0)
        answers: Tensor = spikes.flatten(0, 1)
        return answers


class RepeatedEncoder(SpikingEncoder):
    """An encoder that is shown all words in each step.

    Parameters
    ----------
    embeddings, classes
        As of :class:`~networks.snnbert.SpikingEncoder`.
    repeats : int
        Steps.
    **shape
        As of :class:`~networks.snnbert.SpikingEncoder`; it can be neither causal nor without
        spikes.
    """

    def __init__(self, embeddings: Tensor, classes: int, *, repeats: int = REPEATS, **shape: Any):
        self.repeats = repeats
        super().__init__(embeddings, classes, **shape)

    def _layer(self, neurons: int) -> Normalised:
        return RepeatedFiring(neurons, self.repeats)

    def _read(self, residual: Tensor, packing: Packing) -> tuple[Packing, list[Tensor]]:
        """Read sentences, all of them in each step: a row of the batch is one in one step."""
        steps = self.repeats
        return super()._read(residual.repeat(steps, 1), Packing(packing.words.repeat(steps, 1)))

    def _by_sentence(self, rows: Tensor) -> Tensor:
        """Let the steps of a sentence, each a row with all words, follow each other."""
        return torch.cat(rows.chunk(self.repeats, dim=1))
