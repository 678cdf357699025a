"""Attacks as cells of a table: each method, trained as in table 1, against each attack."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any, cast

from bionlp.attacks.noise import Noise
from bionlp.attacks.outcomes import summarise
from bionlp.attacks.plan import USUAL_CANDIDATES, USUAL_SIMILARITY, Parts, make_plan
from bionlp.attacks.recipes import ATTACKS
from bionlp.attacks.run import USUAL_DRAWS, USUAL_QUERIES, Plan, attack
from bionlp.attacks.victims import SpikingVictim, TextCNNVictim, Victim
from bionlp.datasets.registry import KNOWN
from bionlp.experiments.cells import ATTACKED, METHODS, Cell, check_names, list_cells
from bionlp.experiments.material import Material, check_material
from bionlp.experiments.measures import classifier_of
from bionlp.experiments.methods import RUN
from bionlp.experiments.results import Results
from bionlp.experiments.store import Record, missing_cells
from bionlp.progress import Reporter
from bionlp.training.phases import Device
from bionlp.training.stages import INPUT_SEED, FineTuningStage, TextCNNStage
from bionlp.workers import Workers

SHARES = (0.1, 0.2)
USUAL_SENTENCES = 500
USUAL_ATTACKS = ("textfooler", "pwws", "textbugger", "minilm")
VICTIMS = ("original", "tailored", "finetuned")


@dataclass(frozen=True)
class AttackedCell(Cell):
    """An attack on a method.

    Attributes
    ----------
    attack : str
        One of :data:`bionlp.attacks.recipes.ATTACKS`.
    noise : str
        As of :class:`bionlp.attacks.noise.Noise`; TextCNNs have none, whatever it says.
    sentences : int
        The first so many of test.
    """

    attack: str = ""
    noise: str = "fixed"
    sentences: int = USUAL_SENTENCES

    @property
    def further(self) -> dict[str, Any]:
        """What tells it apart besides."""
        return {"attack": self.attack, "noise": self.noise}

    @property
    def plan(self) -> dict[str, Any]:
        """How it is attacked."""
        return {
            "sentences": self.sentences,
            "words": list(SHARES),
            "candidates": USUAL_CANDIDATES,
            "similarity": USUAL_SIMILARITY,
            "queries": USUAL_QUERIES,
            "draws": USUAL_DRAWS,
        }

    @property
    def command(self) -> str:
        """What computes this cell."""
        return (
            f"{super().command} --attacks {self.attack} --noise {self.noise} "
            f"--sentences {self.sentences}"
        )

    def __str__(self) -> str:
        return f"{super().__str__()}: {self.attack}, noise {self.noise}"


def list_attacks(
    datasets: Sequence[str],
    methods: Sequence[str],
    seeds: Sequence[int],
    recipes: Sequence[str],
    embeddings: dict[str, str | None],
    *,
    attacks: Sequence[str] = USUAL_ATTACKS,
    noise: str = "fixed",
    sentences: int = USUAL_SENTENCES,
) -> list[AttackedCell]:
    """List the cells of the table, those of one network behind each other.

    Parameters
    ----------
    datasets, methods, seeds, recipes, embeddings
        As of :func:`bionlp.experiments.cells.list_cells`.
    attacks : sequence of str
        Some of :data:`bionlp.attacks.recipes.ATTACKS`.
    noise : str
        What queries have in common.
    sentences : int
        How many are attacked.

    Returns
    -------
    list of AttackedCell
        The cells.

    Raises
    ------
    UsageError
        If something of that name does not exist, or word vectors are missing.
    """
    check_names("attack", attacks, ATTACKS)
    noise = str(Noise.parse(noise))
    plain = list_cells(ATTACKED, datasets, methods, seeds, recipes, embeddings)
    return [
        AttackedCell(
            cell.table,
            cell.dataset,
            cell.method,
            cell.seed,
            cell.recipe,
            cell.embeddings,
            attack=name,
            noise=noise,
            sentences=sentences,
        )
        for cell, name in product(plain, attacks)
    ]


def run_attacks(
    cells: Sequence[AttackedCell],
    results: Results,
    work: Path,
    report: Reporter,
    device: Device = "cpu",
    parts: Parts | None = None,
    workers: Workers | None = None,
) -> list[Record]:
    """Compute the attacks that are not finished yet.

    Parameters
    ----------
    cells, results, work, report, device
        As of :func:`bionlp.experiments.run.run_cells`.
    parts : Parts, optional
        What the attacks are made of, where it is not found by itself.
    workers : Workers, optional
        A cluster, to which each sentence is a task; networks are trained in this process.

    Returns
    -------
    list of dict
        The records of all cells, in their order.

    Raises
    ------
    PartError
        If an attack lacks a part; before anything is trained.
    """
    missing = missing_cells(cells, results.find, report)
    check_material(missing)
    plans = _Plans(parts)
    for cell in missing:
        plans.of(cell.attack, KNOWN[cell.dataset].language)
    material: Any = None
    shared: Any = None
    victim = None
    for number, cell in enumerate(missing, start=1):
        if shared is None or shared.material != cell.material:
            material, victim = Material(cell.material, work, report, device), None
        if victim is None or (shared.method, shared.noise) != (cell.method, cell.noise):
            victim = _victim(cell, material)
        shared = cell
        report.note(f"{number}/{len(missing)}: {cell}")
        record = _attacked(cell, material, victim, plans, results, report, workers)
        told = ", ".join(
            f"{float(share):.0%} of the words: {found['once']['robust']:.1%} robust"
            for share, found in record["words"].items()
        )
        report.note(f"{cell}: {told}, {record['seconds']:.0f} s")
    return cast(list[Record], [results.find(cell) for cell in cells])


class _Plans:
    """Plans whose parts are opened once: they remember what they were asked."""

    def __init__(self, parts: Parts | None):
        self.of = lru_cache(maxsize=None)(
            lambda attack, language: make_plan(attack, language, parts, shares=SHARES)
        )


def _attacked(
    cell: AttackedCell,
    material: Material,
    victim: Victim,
    plans: _Plans,
    results: Results,
    report: Reporter,
    workers: Workers | None,
) -> Record:
    dataset = material.corpus.dataset
    plan: Plan = plans.of(cell.attack, dataset.language)
    examples = dataset.test[: cell.sentences]
    started = time.perf_counter()
    with report.fraction("attacked sentences", len(examples)) as advance:
        found = attack(victim, examples, plan, workers=workers, advance=advance)
    seconds = time.perf_counter() - started
    return results.put(
        cell,
        {
            "words": {str(share): summarise(outcomes) for share, outcomes in found.items()},
            "seconds": round(seconds, 1),
            "sentences_per_s": round(len(examples) / seconds, 2),
            "parts": plan.parts,
        },
        material.corpus.length,
    )


def _victim(cell: AttackedCell, material: Material) -> Victim:
    stage = RUN[cell.method](material, material.settings).stage
    if isinstance(stage, TextCNNStage):
        corpus = material.corpus
        name = METHODS[cell.method]
        return TextCNNVictim(name, corpus.dataset.language, corpus.vocabulary, stage.model)
    stage = cast(FineTuningStage, stage)
    classifier = classifier_of(material, stage)
    noise = Noise.parse(cell.noise)
    return SpikingVictim(classifier, seed=INPUT_SEED, noise=noise, steps=stage.steps)
