"""The training loop: epochs, selection on dev, and a state that survives being killed.

After every epoch the whole state is written to one file, by renaming, so that a killed training
goes on from its last finished epoch. All randomness of an epoch is seeded by (seed, epoch), so an
interrupted training ends with the same weights as an uninterrupted one.
"""

from __future__ import annotations

import copy
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from bionlp.progress import Reporter
from bionlp.training.batches import Batch, Encoded, batches
from bionlp.training.state import read_state, take_up, write_state


class Stage(ABC):
    """One stage of training: a network, its loss and how well it does.

    Attributes
    ----------
    name : str
        Name of the stage, used in reports and for its state file.
    model : torch.nn.Module
        What is trained.
    """

    name: str
    model: nn.Module

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.model.parameters()).device

    @abstractmethod
    def optimizers(self, learning_rate: float) -> list[torch.optim.Optimizer]:
        """Return the optimisers of all parameters that are trained."""

    @abstractmethod
    def loss(self, batch: Batch) -> Tensor:
        """Return the mean loss of a batch."""

    @abstractmethod
    def labels(self, split: Encoded) -> np.ndarray:
        """Return the label given to each sentence of a split."""

    def accuracy(self, split: Encoded) -> float:
        """Return the fraction of sentences classified rightly."""
        return float((self.labels(split) == split.labels).mean())

    def selection(self, dev: Encoded) -> float:
        """Return what the best epoch has most of, the accuracy on dev if nothing else is said."""
        return self.accuracy(dev)

    def after_step(self) -> None:  # noqa: B027, most stages have nothing to do
        """Bring parameters back into their range after an optimiser step."""


@dataclass(frozen=True)
class FitSettings:
    """How long and how fast to train.

    Attributes
    ----------
    epochs : int
        Passes over the training split.
    learning_rate : float
        Of Adam, at its peak.
    batch_size : int
        Sentences a step.
    seed : int
        Of the order of sentences, dropout and spikes.
    annealed : bool
        Whether the learning rate falls to zero along half a cosine, or stays.
    """

    epochs: int
    learning_rate: float
    batch_size: int
    seed: int
    annealed: bool = True


@dataclass
class History:
    """What happened, epoch by epoch.

    Attributes
    ----------
    loss, dev_accuracy, seconds : list of float
        One value per finished epoch; the accuracy is what the epoch is selected by.
    """

    loss: list[float] = field(default_factory=list)
    dev_accuracy: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def best_epoch(self) -> int:
        """First epoch, counted from 1, with the best selection on dev."""
        return int(np.argmax(self.dev_accuracy)) + 1


def fit(
    stage: Stage,
    train: Encoded,
    dev: Encoded,
    settings: FitSettings,
    folder: Path,
    report: Reporter,
    origin: Mapping[str, Any] | None = None,
) -> History:
    """Train ``stage.model`` and leave it with the weights that were best on dev.

    Parameters
    ----------
    stage : Stage
        What to train.
    train, dev : Encoded
        Sentences to learn from and to select the epoch on.
    settings : FitSettings
        How long and how fast.
    folder : Path
        Where the state is kept between epochs; an existing state is taken up.
    report : Reporter
        Hears of every step.
    origin : mapping of str to Any, optional
        What the training is made with (:func:`bionlp.training.origin.origin_of`); a state of
        another one is not taken up.

    Returns
    -------
    History
        Loss, accuracy on dev and duration of each epoch.

    Raises
    ------
    CheckpointError
        If the folder holds the state of a training with other settings or data.
    """
    optimizers = stage.optimizers(settings.learning_rate)
    steps = settings.epochs * -(-len(train) // settings.batch_size)
    schedules = [
        torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        for optimizer in optimizers
        if settings.annealed
    ]
    history, best = History(), copy.deepcopy(stage.model.state_dict())
    path = folder / f"{stage.name}.state.pt"
    origin = dict(origin or {})
    parts: list[Any] = [*optimizers, *schedules]
    if os.path.lexists(path):
        state = read_state(path, settings, origin, stage.model.state_dict(), len(parts))
        history, best = History(**state.history.model_dump()), state.best
        if len(history.loss) < settings.epochs:
            stage.model.load_state_dict(cast(Mapping[str, Any], state.model))
            take_up(path, parts, cast(Sequence[Mapping[str, Any]], state.optimization))
        report.note(f"{stage.name}: taken up after epoch {len(history.loss)}")
    for epoch in range(len(history.loss) + 1, settings.epochs + 1):
        started = time.perf_counter()
        history.loss.append(
            _run_epoch(stage, train, settings, epoch, optimizers, schedules, report)
        )
        stage.model.eval()
        history.dev_accuracy.append(stage.selection(dev))
        history.seconds.append(time.perf_counter() - started)
        if history.best_epoch == epoch:
            best = copy.deepcopy(stage.model.state_dict())
        # After the last epoch only the best weights are needed.
        going_on = {
            "model": stage.model.state_dict(),
            "optimization": [part.state_dict() for part in parts],
        }
        write_state(
            path,
            settings=asdict(settings),
            origin=origin,
            history=asdict(history),
            best=best,
            **(going_on if epoch < settings.epochs else {}),
        )
        report.note(
            f"{stage.name} epoch {epoch}/{settings.epochs}: loss {history.loss[-1]:.4f}, "
            f"dev {history.dev_accuracy[-1]:.2%}, {history.seconds[-1]:.0f} s"
        )
    stage.model.load_state_dict(best)
    stage.model.eval()
    return history


def _run_epoch(stage, train, settings, epoch, optimizers, schedules, report) -> float:
    torch.manual_seed((settings.seed * 1_000_003 + epoch) % 2**64)
    rng = np.random.default_rng([settings.seed, epoch])
    stage.model.train()
    total = 0.0
    with report.bar(f"{stage.name} epoch {epoch}/{settings.epochs}", len(train)) as bar:
        for batch in batches(train, settings.batch_size, rng):
            total += take_step(stage, batch, optimizers) * len(batch.labels)
            for schedule in schedules:
                schedule.step()
            bar.advance(len(batch.labels))
    return total / len(train)


def take_step(stage: Stage, batch: Batch, optimizers: Iterable[torch.optim.Optimizer]) -> float:
    """Take one step of the optimisers along the gradient of a batch's loss; return the loss."""
    stage.model.zero_grad()
    loss = stage.loss(batch)
    loss.backward()
    for optimizer in optimizers:
        optimizer.step()
    stage.after_step()
    return loss.item()
