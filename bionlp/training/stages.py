"""What is minimised and measured in each stage of training.

Tailored stage: cross-entropy of the TextCNN's logits; the embeddings are trained too and clipped
to [0, 1] after every step. Fine-tuning stage: the embeddings are frozen, each sentence is presented
as Poisson spikes for T steps, and the loss is the cross-entropy of the class sums in every step,

    L = (1 / T) sum over n of CE(votes[n], label)

with gradients through the surrogate (Lv, Xu & Zheng 2023, section 3.3). Where there are teachers,
their answers join the labels (:mod:`bionlp.training.distillation`).

Direct training has neither weights nor rates to start from, and three differences:

- the embeddings are trained, too. A spike drawn with probability r passes its gradient on to r as
  if it were r itself (the straight-through estimator; Bengio, Leonard & Courville 2013);
- the loss is that of the mean votes, CE((1 / T) sum over n of votes[n], label). In single steps the
  votes of an untrained network are noise that costs more than silence, ln(classes), and silence is
  what it learns;
- learning rates are those of the tailored stage.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from bionlp.decision import predict_labels
from bionlp.encoding import dequantise, quantise
from bionlp.evaluation import active_neurons, predict_spiking
from bionlp.training.batches import Batch, Encoded, batches
from bionlp.training.distillation import Labels, Lessons
from bionlp.training.fit import Stage
from bionlp.vocabulary import PADDING
from networks.pytorch import SpikingNetwork
from networks.textcnn import TextCNN

INPUT_SEED = 0
"""Of the Poisson input that accuracies are measured with."""


class TextCNNStage(Stage):
    """Training of a TextCNN, tailored or original.

    Parameters
    ----------
    name : str
        Name of the stage.
    model : TextCNN
        The network.
    embedding_rate : float
        Learning rate of the embeddings.
    selection : callable, optional
        What the epoch is selected by on dev, other than the accuracy of the network itself.
    lessons : Lessons, optional
        What it learns from; the labels alone without it.
    """

    model: TextCNN

    def __init__(
        self,
        name: str,
        model: TextCNN,
        embedding_rate: float,
        selection: Callable[[Encoded], float] | None = None,
        lessons: Lessons | None = None,
    ):
        self.name, self.model, self.embedding_rate = name, model, embedding_rate
        self._lesson = (lessons or Labels()).lesson
        self._selection = selection or self.accuracy

    def optimizers(self, learning_rate: float) -> list[torch.optim.Optimizer]:
        """Return Adam for the weights, and one that moves only the words of a batch."""
        rest = [*self.model.kernels.parameters(), *self.model.classifier.parameters()]
        return [
            torch.optim.Adam(rest, lr=learning_rate, fused=True),
            torch.optim.SparseAdam(self.model.embedding.parameters(), lr=self.embedding_rate),
        ]

    def loss(self, batch: Batch) -> Tensor:
        """Return the loss of the answers to a batch."""
        lesson = self._lesson(batch).to(self.device)
        return lesson.loss(self.model(lesson.ids))

    def selection(self, dev: Encoded) -> float:
        """Return what the best epoch has most of."""
        return self._selection(dev)

    def after_step(self) -> None:
        """Clip the embeddings and centre the kernels."""
        self.model.constrain()

    @torch.no_grad()
    def labels(self, split: Encoded) -> np.ndarray:
        """Return the label given to each sentence of a split; -1 where no answer is greatest."""
        given = np.zeros(len(split), dtype=np.int64)
        for batch in batches(split, 256):
            logits = self.model(torch.from_numpy(batch.ids).to(self.device))
            given[batch.numbers] = predict_labels(logits.cpu().numpy())
        return given


class FineTuningStage(Stage):
    """Fine-tuning of a spiking network with surrogate gradients.

    Parameters
    ----------
    model : SpikingNetwork
        The network, just converted.
    rates : numpy.ndarray of float, shape (words + 1, features)
        Firing rate per step of every word.
    steps, training_steps : int
        Length of a presentation when it is measured and in training.
    centred : bool
        Whether kernels are kept centred.
    name : str
        Name of the stage.
    lessons : Lessons, optional
        What it learns from; the labels alone without it.

    Attributes
    ----------
    spiking : SpikingNetwork
        The network, which is all that is trained, or a part of it.
    """

    model: nn.Module

    def __init__(
        self,
        model: SpikingNetwork,
        rates: np.ndarray,
        *,
        steps: int,
        training_steps: int,
        centred: bool = True,
        name: str = "finetuning",
        lessons: Lessons | None = None,
    ):
        self.name, self.model, self.centred = name, model, centred
        self.spiking, self._given = model, rates
        self._lesson = (lessons or Labels()).lesson
        self.steps, self.training_steps = steps, training_steps
        self._rates = torch.from_numpy(rates).float().to(self.device)

    @property
    def rates(self) -> np.ndarray:
        """Firing rates of all words, shape (words + 1, features)."""
        return self._given

    def optimizers(self, learning_rate: float) -> list[torch.optim.Optimizer]:
        """Return Adam for the weights; the embeddings are frozen."""
        return [torch.optim.Adam(self.model.parameters(), lr=learning_rate, fused=True)]

    def loss(self, batch: Batch) -> Tensor:
        """Present a batch as fresh Poisson spikes; return the mean loss over steps."""
        lesson = self._lesson(batch).to(self.device)
        return lesson.loss(self.spiking(self._drawn(self._rates[lesson.ids])))

    def _drawn(self, rates: Tensor) -> Tensor:
        drawn = torch.rand(self.training_steps, *rates.shape, device=self.device)
        return (drawn < rates).float()

    def after_step(self) -> None:
        """Centre the kernels."""
        if self.centred:
            self.spiking.constrain()

    def predictions(self, split: Encoded) -> tuple[np.ndarray, np.ndarray]:
        """Return the labels given to a split and the votes behind them."""
        return predict_spiking(self.spiking, self._presented(split), self.steps, seed=INPUT_SEED)

    def active_neurons(self, split: Encoded) -> float:
        """Return the share of neurons that fire at least once, mean over a split."""
        rates = self._presented(split)
        return float(active_neurons(self.spiking, rates, self.steps, seed=INPUT_SEED).mean())

    def labels(self, split: Encoded) -> np.ndarray:
        """Return the label given to each sentence of a split."""
        return self.predictions(split)[0]

    def _presented(self, split: Encoded) -> list[np.ndarray]:
        rates = self.rates
        return [rates[ids] for ids in split.ids]


class DirectStage(FineTuningStage):
    """Training of a spiking network and its embeddings, from scratch.

    Parameters
    ----------
    model : SpikingNetwork
        The network, with initial weights.
    rates : numpy.ndarray of float, shape (words + 1, features)
        Firing rates of words to begin with; the first row, of padding, stays.
    embedding_rate : float
        Learning rate of the embeddings.
    **options
        As of :class:`FineTuningStage`.
    """

    def __init__(
        self, model: SpikingNetwork, rates: np.ndarray, *, embedding_rate: float, **options: Any
    ):
        super().__init__(model, rates, **options)
        self._embedding = nn.Embedding.from_pretrained(
            self._rates, freeze=False, padding_idx=PADDING, sparse=True
        )
        self.model = nn.ModuleDict({"spiking": model, "embedding": self._embedding})
        self._embedding_rate = embedding_rate

    @property
    def rates(self) -> np.ndarray:
        """Firing rates of all words as they are now, rounded to 8 bits."""
        return dequantise(quantise(self._embedding.weight.detach().cpu().numpy()))

    def optimizers(self, learning_rate: float) -> list[torch.optim.Optimizer]:
        """Return Adam for the weights, and one that moves only the words of a batch."""
        words = self._embedding.parameters()
        return [
            torch.optim.Adam(self.spiking.parameters(), lr=learning_rate, fused=True),
            torch.optim.SparseAdam(words, lr=self._embedding_rate),
        ]

    def loss(self, batch: Batch) -> Tensor:
        """Present a batch as fresh Poisson spikes; return the loss of the mean votes."""
        lesson = self._lesson(batch).to(self.device)
        rates = self._embedding(lesson.ids)
        spikes = self._drawn(rates.detach()) + (rates - rates.detach())
        return lesson.loss(self.spiking(spikes).mean(0))

    def after_step(self) -> None:
        """Clip the embeddings and centre the kernels."""
        super().after_step()
        with torch.no_grad():
            self._embedding.weight.clamp_(0, 1)
