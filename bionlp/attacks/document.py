"""What an attack says: as a document, and as a table of the texts that it found."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bionlp.attacks.outcomes import Adversarial, Outcome, summarise
from bionlp.attacks.replay import Replayed, replay
from bionlp.attacks.run import Plan
from bionlp.attacks.victims import SpikingVictim
from bionlp.datasets.selection import Selection
from bionlp.decision import UNDECIDED
from bionlp.engine import Engine
from bionlp.files import atomic_path
from bionlp.text import tokenize

DOCUMENT, TABLE = "attack.json", "adversarial.csv"


@dataclass(frozen=True)
class AttackReport:
    """An attack on sentences of a dataset.

    Attributes
    ----------
    attack : str
        Its name.
    victim : SpikingVictim
        Who was attacked.
    selection : Selection
        The sentences.
    plan : Plan
        How they were attacked.
    outcomes : dict of float to sequence of Outcome
        For each share of words, what it came to.
    seconds : float
        What that took.
    """

    attack: str
    victim: SpikingVictim
    selection: Selection
    plan: Plan
    outcomes: dict[float, Sequence[Outcome]]
    seconds: float

    @property
    def widest(self) -> Sequence[Outcome]:
        """The outcomes of the largest share, which found all that the others did."""
        return self.outcomes[max(self.outcomes)]

    def document(self, replayed: Replayed | None = None) -> dict[str, Any]:
        """Return all of it as plain values."""
        plan = self.plan
        return {
            "split": self.selection.split,
            "attack": self.attack,
            "noise": str(self.victim.noise),
            "seed": self.victim.seed,
            "steps": self.victim.steps,
            "draws": plan.draws,
            "most_queries": plan.most_queries,
            "similarity": plan.constraints.least,
            "parts": plan.parts,
            "words": {str(share): summarise(found) for share, found in self.outcomes.items()},
            "replay": asdict(replayed) if replayed else None,
            "seconds": round(self.seconds, 2),
            "sentences_per_s": round(len(self.widest) / self.seconds, 2),
        }

    def replay(self, most: int) -> Replayed | None:
        """Show so many of the texts that were found once to Brian 2; None if there are none."""
        found = [outcome for outcome in self.widest if outcome.once][:most]
        return replay(self.victim, found, Engine()) if found else None

    def texts(self) -> list[dict[str, Any]]:
        """Return the texts that were found once, with the largest share of words."""
        return [self._text(outcome, outcome.once) for outcome in self.widest if outcome.once]

    def sentences(self) -> list[dict[str, Any]]:
        """Return what became of each sentence, with the largest share of words."""
        names = self.victim.classifier.label_names
        return [
            {
                "row": example.row,
                "text": outcome.text,
                "true": names[outcome.true],
                "label": _name(names, outcome.label),
                "clean_wrong": outcome.clean_wrong,
                "queries": outcome.queries,
                **{
                    kind: self._text(outcome, text) if text else None
                    for kind, text in (("once", outcome.once), ("insisting", outcome.insisting))
                },
            }
            for example, outcome in zip(self.selection.examples, self.widest, strict=True)
        ]

    def _text(self, outcome: Outcome, text: Adversarial) -> dict[str, Any]:
        names = self.victim.classifier.label_names
        return {
            "text": text.text,
            "original": outcome.text,
            "label": names[outcome.true],
            "adversarial_label": _name(names, text.label),
            "wrong": text.wrong,
            "similarity": text.similarity,
            "unknown": text.unknown,
            "changes": changes(outcome, text, self.victim.language),
        }


def _name(names: Sequence[str], label: int) -> str | None:
    return None if label == UNDECIDED else names[label]


def changes(outcome: Outcome, text: Adversarial, language: str) -> list[tuple[str, str]]:
    """Return each changed word and what it became, in the order of the sentence."""
    words = tokenize(outcome.text, language)
    changed = sorted(zip(text.places, text.words, strict=True))
    return [(words[place], new) for place, new in changed]


def write_report(found: AttackReport, document: dict[str, Any], folder: Path) -> None:
    """Write the document and the texts of an attack.

    Parameters
    ----------
    found : AttackReport
        The attack.
    document : dict
        What was said of it; the file has ``sentences``, too.
    folder : Path
        Where; there are ``attack.json`` and ``adversarial.csv`` then. The latter is a table as
        ``bionlp evaluate --dataset`` reads it: texts that were found, with their true labels.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    with atomic_path(folder / DOCUMENT) as path:
        whole = document | {"sentences": found.sentences()}
        text = json.dumps(whole, ensure_ascii=False, indent=2, allow_nan=False)
        path.write_text(text + "\n", encoding="utf-8")
    columns = ("text", "label", "adversarial_label", "original", "wrong", "similarity", "unknown")
    with atomic_path(folder / TABLE) as path, path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(found.texts())
