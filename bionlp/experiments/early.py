"""What presentations that end as soon as the decision is safe save (:mod:`bionlp.early`)."""

from __future__ import annotations

import numpy as np

from bionlp.early import accuracy, calibrated
from bionlp.experiments.cells import COUNTED
from bionlp.experiments.material import Material
from bionlp.experiments.steps import AFTER, operations_until, presented
from bionlp.training.stages import FineTuningStage
from networks.description.readout import ends_of


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
    on_dev, on_test = (presented(stage.spiking, rates, limits[-1]) for rates in (of_dev, of_test))
    margins = [calibrated(on_dev[:longest], dev.labels) for longest in limits]
    chosen = list(zip(limits, margins, strict=True))
    ends = np.array([ends_of(on_test[:longest], margin) for longest, margin in chosen])
    counted = operations_until(stage.spiking, of_test[:COUNTED], ends[:, :COUNTED])
    return [
        {
            "longest": longest,
            "margin": margin,
            "dev_accuracy": accuracy(on_dev, ends_of(on_dev[:longest], margin), dev.labels),
            "accuracy": accuracy(on_test, end, test.labels),
            "steps": float(end.mean()),
            "operations": float(operations),
        }
        for (longest, margin), end, operations in zip(chosen, ends, counted, strict=True)
    ]
