"""Presentations that end as soon as the decision is safe.

Votes V_c[t] of a sentence are counted over time. Its presentation ends at the first step at which
the class that leads is far enough ahead of the next one,

    max V[t] - second V[t] >= margin

or when it is over. The smaller the margin, the earlier and the less safely. It is calibrated on
dev: the smallest with which as many sentences are right there as with whole presentations.
"""

from __future__ import annotations

import numpy as np

from bionlp.decision import predict_labels
from bionlp.experiments.cells import COUNTED
from bionlp.experiments.material import Material
from bionlp.experiments.steps import AFTER, operations_until, votes_by_step
from bionlp.training.stages import FineTuningStage


def early(
    material: Material, stage: FineTuningStage, _processes: int
) -> list[dict[str, int | float]]:
    """Calibrate the margin on dev, and measure on test what it saves.

    Parameters
    ----------
    material : Material
        Gives the sentences.
    stage : FineTuningStage
        The network, and how many steps it is presented for.

    Returns
    -------
    list of dict
        For presentations that have that many steps at most, and for such that have as many as any
        (``longest``): the ``margin``, ``dev_accuracy`` with it, and, on test, the ``accuracy``, the
        mean number of ``steps`` and the mean synaptic ``operations`` of a sentence.
    """
    dev, test = material.corpus.dev, material.corpus.test
    of_dev, of_test = ([stage.rates[ids] for ids in split.ids] for split in (dev, test))
    limits = sorted({stage.steps, AFTER[-1]})
    on_dev, on_test = (
        votes_by_step(stage.spiking, rates, limits[-1]) for rates in (of_dev, of_test)
    )
    margins = [calibrated(on_dev[:longest], dev.labels) for longest in limits]
    chosen = list(zip(limits, margins, strict=True))
    ends = np.array([ends_of(on_test[:longest], margin) for longest, margin in chosen])
    counted = operations_until(stage.spiking, of_test[:COUNTED], ends[:, :COUNTED])
    return [
        {
            "longest": longest,
            "margin": margin,
            "dev_accuracy": _accuracy(on_dev, ends_of(on_dev[:longest], margin), dev.labels),
            "accuracy": _accuracy(on_test, end, test.labels),
            "steps": float(end.mean()),
            "operations": float(operations),
        }
        for (longest, margin), end, operations in zip(chosen, ends, counted, strict=True)
    ]


def calibrated(votes: np.ndarray, labels: np.ndarray) -> int:
    """Return the smallest margin with which no fewer sentences are right.

    Parameters
    ----------
    votes : numpy.ndarray of int, shape (steps, sentences, classes)
        Votes up to each step.
    labels : numpy.ndarray of int, shape (sentences,)
        Their classes.

    Returns
    -------
    int
        At least 1. One that nobody reaches leaves presentations whole.
    """
    whole = _accuracy(votes, np.full(votes.shape[1], len(votes)), labels)
    margin = 1
    while _accuracy(votes, ends_of(votes, margin), labels) < whole:
        margin += 1
    return margin


def ends_of(votes: np.ndarray, margin: int) -> np.ndarray:
    """Return after how many steps the presentation of each sentence ends.

    Parameters
    ----------
    votes : numpy.ndarray of int, shape (steps, sentences, classes)
        Votes up to each step.
    margin : int
        Votes that a class must be ahead.

    Returns
    -------
    numpy.ndarray of int, shape (sentences,)
        At least 1, at most all steps.
    """
    second, first = np.moveaxis(np.sort(votes, axis=-1)[..., -2:], -1, 0)
    ahead = first - second >= margin
    return np.where(ahead.any(axis=0), 1 + ahead.argmax(axis=0), len(votes))


def _accuracy(votes: np.ndarray, ends: np.ndarray, labels: np.ndarray) -> float:
    given = predict_labels(votes[ends - 1, np.arange(len(ends))])
    return float((given == labels).mean())
