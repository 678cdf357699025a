"""What is recorded of a trained stage, and whether it has learnt anything."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from bionlp.errors import TrainingError
from bionlp.progress import Reporter
from bionlp.training.batches import Encoded
from bionlp.training.fit import History


def summary(history: History, dev_accuracy: float, test_accuracy: float | None) -> dict[str, Any]:
    """Return what a model's record says of a stage.

    Parameters
    ----------
    history : History
        The course of its training.
    dev_accuracy, test_accuracy : float or None
        What was measured of it; None if there is no test part.

    Returns
    -------
    dict
        Plain values.
    """
    return {
        "best_epoch": history.best_epoch,
        "dev_accuracy": dev_accuracy,
        "test_accuracy": test_accuracy,
        "seconds": round(sum(history.seconds), 1),
        "history": asdict(history),
    }


def check_chance(name: str, accuracy: float, dev: Encoded, report: Reporter) -> None:
    """See that an accuracy is above that of always answering the largest class.

    It is where it differs by two standard errors, which few sentences cannot show; then a note
    says so.

    Parameters
    ----------
    name : str
        Of the stage.
    accuracy : float
        On dev.
    dev : Encoded
        The dev part.
    report : Reporter
        Hears of it.

    Raises
    ------
    TrainingError
        If it is not.
    """
    chance = np.bincount(dev.labels).max() / len(dev)
    needed = chance + 2 * np.sqrt(chance * (1 - chance) / len(dev))
    if needed >= 1:
        report.note(
            f"warning: {len(dev)} dev sentences, {chance:.0%} of them of one class, are too "
            f"few to tell what the {name} network has learnt; give more"
        )
    elif accuracy <= needed:
        raise TrainingError(
            f"the {name} network never left chance: {accuracy:.1%} on dev is not above "
            f"what the largest class has, {chance:.1%}, by two standard errors; try more "
            "epochs, or a learning rate three times smaller or larger"
        )
