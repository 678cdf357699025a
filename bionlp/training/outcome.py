"""What is recorded of a trained stage, and whether it has learnt anything."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from bionlp.errors import TrainingError
from bionlp.progress import Reporter
from bionlp.training.corpus import Corpus
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


def check_chance(name: str, accuracy: float, corpus: Corpus, report: Reporter) -> None:
    """See that an accuracy is above that of always answering the largest class.

    It is where it differs by two standard errors, which few sentences cannot show; then a note
    says so. A note is also all that is said where to stay at chance is a result
    (:class:`bionlp.datasets.model.Dataset`).

    Parameters
    ----------
    name : str
        Of the stage.
    accuracy : float
        On dev.
    corpus : Corpus
        Gives the dev part.
    report : Reporter
        Hears of it.

    Raises
    ------
    TrainingError
        If it is not.
    """
    dev = corpus.dev
    chance = np.bincount(dev.labels).max() / len(dev)
    needed = chance + 2 * np.sqrt(chance * (1 - chance) / len(dev))
    if needed >= 1:
        report.note(
            f"warning: {len(dev)} dev sentences, {chance:.0%} of them of one class, are too "
            f"few to tell what the {name} network has learnt; give more"
        )
    elif accuracy <= needed:
        fault = (
            f"the {name} network never left chance: {accuracy:.1%} on dev is not above "
            f"what the largest class has, {chance:.1%}, by two standard errors"
        )
        if not corpus.dataset.chance_allowed:
            raise TrainingError(
                f"{fault}; try more epochs, or a learning rate three times smaller or larger"
            )
        report.note(f"warning: {fault}")
