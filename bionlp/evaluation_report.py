"""What an evaluation says of a classifier: as a document, and as figures.

Accuracy and its errors are of the sentences, over all seeds. Confusion, precision, recall, F1 and
reliability are of all presentations together; with a single seed that is the same.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np

from analysis.calibration import Reliability, reliability
from bionlp.classifier import TextClassifier
from bionlp.datasets.selection import Selection
from bionlp.decision import UNDECIDED
from bionlp.files import atomic_path
from bionlp.metrics import METRICS
from bionlp.scores import Evaluation, Repeated

CONFUSION, RELIABILITY, DOCUMENT = "confusion.png", "reliability.png", "evaluation.json"


@dataclass(frozen=True)
class EvaluationReport:
    """Evaluations of the same sentences, one a seed.

    Attributes
    ----------
    classifier : TextClassifier
        The model.
    selection : Selection
        The sentences.
    results : sequence of Evaluation
        One a seed.
    steps : int
        Length of the presentations.
    """

    classifier: TextClassifier
    selection: Selection
    results: Sequence[Evaluation]
    steps: int

    @cached_property
    def repeated(self) -> Repeated:
        """The same, by sentence."""
        return Repeated(self.results)

    @cached_property
    def pooled(self) -> Evaluation:
        """All presentations together."""
        return Evaluation(
            np.concatenate([result.labels for result in self.results]),
            np.concatenate([result.predictions for result in self.results]),
            tuple(reason for result in self.results for reason in result.reasons),
            np.concatenate([result.votes for result in self.results]),
        )

    @property
    def mean_steps(self) -> float:
        """How long a presentation lasted, mean over all of them."""
        return float(np.mean([cast(np.ndarray, result.steps) for result in self.results]))

    @property
    def unscored(self) -> int:
        """How many presentations had no vote and so no score, where scores are asked for."""
        asked = any(METRICS[name].of_scores for name in self.selection.metrics)
        return int(self.pooled.unscored.sum()) if asked else 0

    @cached_property
    def metrics(self) -> dict[str, dict[str, float | None]]:
        """What the dataset asks for besides accuracy, mean over seeds, and of the largest class."""
        always = self.results[0].always_the_largest_class()
        found = {}
        for name in self.selection.metrics:
            of = METRICS[name].of
            values = np.mean([of(result) for result in self.results])
            found[name] = {"value": _number(values), "majority": _number(of(always))}
        return found

    @cached_property
    def reliability(self) -> Reliability | None:
        """Whether confidence means what it says; None if the model has none for these steps."""
        votes = cast(np.ndarray, self.pooled.votes)
        decided = self.pooled.predictions != UNDECIDED
        probabilities = self.classifier.probabilities(votes[decided], self.steps)
        if probabilities is None:
            return None
        return reliability(probabilities.max(axis=1), self.pooled.right[decided])

    def errors(self, most: int) -> list[dict[str, Any]]:
        """Return wrong answers of the first seed, those with the largest margin of votes first."""
        names, result = self.classifier.label_names, self.results[0]
        wrong = np.flatnonzero(~result.right & (result.predictions != UNDECIDED))
        given, true = result.predictions[wrong], result.labels[wrong]
        votes = cast(np.ndarray, result.votes)
        margins = votes[wrong, given] - votes[wrong, true]
        return [
            {
                "row": self.selection.examples[number].row,
                "text": self.selection.examples[number].text,
                "true": names[result.labels[number]],
                "label": names[result.predictions[number]],
                "votes": dict(zip(names, votes[number].tolist(), strict=True)),
            }
            for number in wrong[np.argsort(-margins, kind="stable")][:most]
        ]

    def document(self, errors: int = 0) -> dict[str, Any]:
        """Return all of it as plain values, with so many errors."""
        repeated, pooled = self.repeated, self.pooled
        return {
            "accuracy": repeated.accuracy,
            "standard_error": repeated.standard_error,
            "accuracies": [result.accuracy for result in self.results],
            "noise": repeated.noise,
            "flips": repeated.flips,
            "majority": self.results[0].majority,
            "mean_steps": self.mean_steps,
            "n": self.results[0].n,
            "macro_f1": pooled.macro_f1,
            "metrics": self.metrics,
            "classes": {
                name: {
                    "precision": _number(pooled.precision[number]),
                    "recall": _number(pooled.recall[number]),
                    "f1": _number(pooled.f1[number]),
                    "support": int(pooled.support[number]),
                }
                for number, name in enumerate(self.classifier.label_names)
            },
            "confusion": pooled.confusion.tolist(),
            "calibration": None if self.reliability is None else _calibration(self.reliability),
            "undecided": pooled.undecided,
            "errors": self.errors(errors),
        }


def _number(value: float | np.floating) -> float | None:
    """Return None for what is not a number, which JSON does not have."""
    return None if np.isnan(value) else float(value)


def _calibration(found: Reliability) -> dict[str, Any]:
    return {
        "expected_calibration_error": found.error,
        "bins": [
            {
                "from": float(found.edges[number]),
                "to": float(found.edges[number + 1]),
                "n": int(found.counts[number]),
                "confidence": float(found.confidence[number]),
                "accuracy": float(found.accuracy[number]),
            }
            for number in np.flatnonzero(found.counts)
        ],
    }


def write_report(found: EvaluationReport, document: dict[str, Any], folder: Path) -> None:
    """Write the document and figures of an evaluation.

    Parameters
    ----------
    found : EvaluationReport
        What is drawn.
    document : dict
        What is written.
    folder : Path
        Where; there are ``evaluation.json``, ``confusion.png`` and, where the model is calibrated,
        ``reliability.png`` then.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    # What draws takes long to import, and few want a drawing.
    from analysis.confusion import plot_confusion
    from analysis.reliability import plot_reliability
    from bionlp.figures import DPI

    figures = {CONFUSION: plot_confusion(found.pooled.confusion, found.classifier.label_names)}
    if found.reliability is not None:
        figures[RELIABILITY] = plot_reliability(found.reliability)
    for name, figure in figures.items():
        with atomic_path(folder / name) as path:
            figure.savefig(path, dpi=DPI)
    with atomic_path(folder / DOCUMENT) as path:
        text = json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False)
        path.write_text(text + "\n", encoding="utf-8")
