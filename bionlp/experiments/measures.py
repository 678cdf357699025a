"""What is measured of spiking networks besides their accuracy in PyTorch.

Which of it a cell gets is said by its experiment (:data:`bionlp.experiments.cells.EXPERIMENTS`).
Hyper-parameters are chosen on dev, so neurons are counted there; energy is that of test sentences.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bionlp.classifier import TextClassifier
from bionlp.encoding import quantise
from bionlp.energy import measure_energy
from bionlp.engine import Engine
from bionlp.evaluation import evaluate
from bionlp.experiments.cells import COUNTED, EXPERIMENTS, Cell
from bionlp.experiments.early import early
from bionlp.experiments.material import Material
from bionlp.experiments.steps import by_steps
from bionlp.training.stages import INPUT_SEED, FineTuningStage


def in_brian(material: Material, stage: FineTuningStage, processes: int) -> dict[str, float]:
    """Label the test sentences in Brian 2; return what is kept of an evaluation."""
    return evaluate(
        classifier_of(material, stage),
        material.corpus.dataset.test,
        steps=stage.steps,
        seed=INPUT_SEED,
        engine=Engine(),
        workers=processes,
    ).scores


def energy(material: Material, stage: FineTuningStage, _processes: int) -> dict[str, Any]:
    """Count the operations of the first test sentences, as ``bionlp energy`` does."""
    dataset = material.corpus.dataset
    document = measure_energy(
        classifier_of(material, stage),
        dataset.test[:COUNTED],
        steps=stage.steps,
        seed=INPUT_SEED,
        engine=Engine(synapses="shared"),
    )
    return document | {"model": dataset.name, "dataset": dataset.name, "split": "test"}


def active_neurons(material: Material, stage: FineTuningStage, _processes: int) -> float:
    """Return the share of neurons that fire at least once, mean over dev."""
    return stage.active_neurons(material.corpus.dev)


MEASURES: dict[str, Callable[[Material, FineTuningStage, int], Any]] = {
    "brian2": in_brian,
    "energy": energy,
    "active_neurons": active_neurons,
    "by_steps": by_steps,
    "early": early,
}


def measure(
    cell: Cell, material: Material, stage: FineTuningStage, processes: int
) -> dict[str, Any]:
    """Measure what the experiment of a cell asks for.

    Parameters
    ----------
    cell : Cell
        What was run.
    material : Material
        What it was made of.
    stage : FineTuningStage
        The network that came out; of other stages nothing is asked.
    processes : int
        Processes that Brian 2 may run in.

    Returns
    -------
    dict
        For each measure its result, ready for JSON.
    """
    names = EXPERIMENTS[cell.table].measures.get(cell.method, ())
    return {name: MEASURES[name](material, stage, processes) for name in names}


def classifier_of(material: Material, stage: FineTuningStage) -> TextClassifier:
    """Return a spiking network with the words that it was trained on."""
    dataset = material.corpus.dataset
    return TextClassifier(
        dataset.name,
        dataset.language,
        dataset.label_names,
        material.corpus.vocabulary,
        quantise(stage.rates),
        stage.spiking.describe(),
        {},
    )
