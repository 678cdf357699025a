"""The recipe: data and embeddings in, a spiking text classifier out.

    original TextCNNs ---- teach --+------------------------------+
                                   v                              v
    positive-shifted embeddings -> tailored TextCNN -> conversion -> fine-tuning

Between the stages the trained embeddings are rounded to 8 bits, the form they are stored in, so
that the network is fine-tuned on the very rates it will meet. Every choice (epochs of both stages)
is made on dev; test is only reported.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from bionlp.checkpoint import save_classifier
from bionlp.classifier import TextClassifier, name_of
from bionlp.confidence import FEWEST, Calibration, calibrate
from bionlp.datasets import Dataset
from bionlp.encoding import dequantise
from bionlp.errors import CheckpointError, OutputError, TrainingError
from bionlp.files import atomic_path
from bionlp.progress import Reporter
from bionlp.strict import Open, first_fault, one_line, parse_json, read_file
from bionlp.training.batches import Encoded
from bionlp.training.card import write_card
from bionlp.training.corpus import Corpus, Embeddings, encode_corpus
from bionlp.training.distillation import Teachers
from bionlp.training.fit import History, fit
from bionlp.training.memory import check_training_memory
from bionlp.training.origin import differences, origin_of
from bionlp.training.phases import (
    describe,
    finetuning_choices,
    levels_of,
    spiking_stage,
    tailored_stage,
    textcnn_choices,
    train_teachers,
)
from bionlp.training.settings import TrainingSettings
from bionlp.training.stages import FineTuningStage
from networks.textcnn import TailoredTextCNN

STATE_FOLDER = "state"


def train(
    dataset: Dataset,
    embeddings: Embeddings,
    out: Path,
    settings: TrainingSettings,
    *,
    command: str,
    report: Reporter,
) -> TextClassifier:
    """Train a classifier and write it to a folder.

    Parameters
    ----------
    dataset : Dataset
        What to learn from, select on and report.
    embeddings : Embeddings
        Where the words start from.
    out : Path
        Folder of the model. An interrupted training in it is taken up.
    settings : TrainingSettings
        All choices.
    command : str
        How to make the model again, for its card.
    report : Reporter
        Hears of progress.

    Returns
    -------
    TextClassifier
        The finished model.

    Raises
    ------
    OutputError
        If the folder holds a finished model or cannot be written.
    DatasetError
        If a part of the dataset is empty.
    CheckpointError
        If the folder holds an interrupted training of another kind.
    TrainingError
        If the network went silent or never left chance.
    """
    if os.path.lexists(out / "settings.json"):
        raise OutputError(f"{out} already holds a trained model; choose another folder")
    corpus = encode_corpus(dataset, embeddings.words, settings)
    check_training_memory(corpus, embeddings, settings)
    state = _open_state(out, dataset, embeddings, origin_of(corpus, embeddings, settings))
    sizes = {part: len(split) for part, split in corpus.splits.items()}
    report.note(
        f"{dataset.name}: {sizes['train']} training, {sizes['dev']} dev and {sizes['test']} test "
        f"sentences of at most {corpus.length} words; vocabulary of {len(corpus.vocabulary)}"
    )
    settings = replace(settings, length=corpus.length)
    teachers = train_teachers(corpus, embeddings, settings, state, report)
    origin = origin_of(corpus, embeddings, settings)
    training = _Training(corpus, settings, state, report, teachers, origin)
    tailored = training.tailored(embeddings)
    stage = training.finetuned(tailored)
    classifier = TextClassifier(
        name_of(out.name),
        dataset.language,
        dataset.label_names,
        corpus.vocabulary,
        levels_of(tailored),
        stage.model.describe(),
        {
            "dataset": dataset.name,
            "dataset_sha256": dataset.digest,
            "sentences": sizes,
            "embeddings": embeddings.name,
            "settings": asdict(settings),
            "measured": training.measured,
            "command": command,
        },
        _calibrated(stage, corpus, settings, report),
    )
    save_classifier(classifier, out)
    write_card(classifier, out)
    shutil.rmtree(state)
    return classifier


def _calibrated(
    stage: FineTuningStage, corpus: Corpus, settings: TrainingSettings, report: Reporter
) -> Calibration | None:
    """Measure on dev how sure answers are, if there are enough sentences."""
    if len(corpus.dev) < FEWEST:
        report.note(f"{len(corpus.dev)} dev sentences are too few to calibrate confidence on")
        return None
    _, votes = stage.predictions(corpus.dev)
    return calibrate(votes, corpus.dev.labels, steps=settings.steps, dataset=corpus.dataset.name)


class _Begun(Open):
    """What a training was begun with, as ``recipe.json`` has it."""

    dataset: str
    embeddings: str
    origin: dict[str, Any]


def _open_state(
    out: Path, dataset: Dataset, embeddings: Embeddings, origin: dict[str, Any]
) -> Path:
    """Make the folder of the training's state, or check that it belongs to this training."""
    state = out / STATE_FOLDER
    path = state / "recipe.json"
    if not os.path.lexists(path):
        document = {"dataset": dataset.name, "embeddings": embeddings.name, "origin": origin}
        with atomic_path(path) as temporary:
            temporary.write_text(json.dumps(document, indent=2), encoding="utf-8")
        return state
    begun = _read_begun(path, state)
    changed = differences(begun.origin, origin)
    names = {"dataset": dataset.name, "word vectors": embeddings.name}
    before = {"dataset": begun.dataset, "word vectors": begun.embeddings}
    changed = [
        f"{kind} ({before[kind]})" for kind in names if names[kind] != before[kind]
    ] + changed
    if changed:
        raise CheckpointError(
            f"{out} holds an interrupted training with other {' and '.join(changed)}; "
            f"choose another folder, or remove {state} to start again"
        )
    return state


def _read_begun(path: Path, state: Path) -> _Begun:
    raw = read_file(path, CheckpointError, most=2**26)
    try:
        document = parse_json(raw)
        return _Begun.model_validate_json(raw)
    except ValidationError as error:
        why = first_fault(error, document)
    except ValueError as error:
        why = f"is no JSON: {one_line(error)}"
    raise CheckpointError(f"{path}: {why}; remove {state} to start again")


@dataclass
class _Training:
    """Both stages of a training, and what was measured of them."""

    corpus: Corpus
    settings: TrainingSettings
    state: Path
    report: Reporter
    teachers: Teachers | None
    origin: dict[str, Any]
    measured: dict[str, Any] = field(default_factory=dict)

    def tailored(self, embeddings: Embeddings) -> TailoredTextCNN:
        """Train the tailored TextCNN and measure what its conversion makes of it."""
        corpus, settings = self.corpus, self.settings
        stage = tailored_stage(corpus, embeddings, settings, self.teachers)
        choices = textcnn_choices(settings)
        history = fit(
            stage, corpus.train, corpus.dev, choices, self.state, self.report, self.origin
        )
        accuracy = stage.accuracy(corpus.dev)
        if not _left_chance(accuracy, corpus.dev):
            raise _never_left_chance(stage.name, accuracy)
        self.measured["tailored"] = _summary(history, accuracy, stage.accuracy(corpus.test))
        rates = dequantise(levels_of(stage.model))
        converted = spiking_stage(describe(stage.model, settings), rates, settings)
        selected = max(history.dev_accuracy) if settings.select_converted else None
        self.measured["converted"] = {
            "dev_accuracy": selected or converted.accuracy(corpus.dev),
            "test_accuracy": converted.accuracy(corpus.test),
        }
        self.report.note(f"converted: dev {self.measured['converted']['dev_accuracy']:.2%}")
        return stage.model

    def finetuned(self, tailored: TailoredTextCNN) -> FineTuningStage:
        """Fine-tune the converted network."""
        corpus, settings = self.corpus, self.settings
        rates = dequantise(levels_of(tailored))
        network = describe(tailored, settings)
        stage = spiking_stage(network, rates, settings, diverse=True, teachers=self.teachers)
        choices = finetuning_choices(settings)
        history = fit(
            stage, corpus.train, corpus.dev, choices, self.state, self.report, self.origin
        )
        accuracy = max(history.dev_accuracy)
        if not _left_chance(accuracy, corpus.dev):
            if stage.predictions(corpus.dev)[1].any():
                raise _never_left_chance(stage.name, accuracy)
            raise TrainingError(
                "the spiking network is silent: no output neuron fired on dev; "
                "try a lower --threshold, more steps, or longer tailored training"
            )
        exact_rates = tailored.embedding.weight.detach().numpy()
        unrounded = spiking_stage(stage.model.describe(), exact_rates, settings)
        self.measured["finetuned"] = _summary(history, accuracy, stage.accuracy(corpus.test)) | {
            "test_accuracy_unrounded_rates": unrounded.accuracy(corpus.test)
        }
        return stage


def _left_chance(accuracy: float, dev: Encoded) -> bool:
    """Tell an accuracy from that of always answering the largest class, by two standard errors."""
    chance = np.bincount(dev.labels).max() / len(dev)
    return accuracy > chance + 2 * np.sqrt(chance * (1 - chance) / len(dev))


def _never_left_chance(name: str, accuracy: float) -> TrainingError:
    return TrainingError(
        f"the {name} network never left chance: {accuracy:.1%} on dev is not above what the "
        "largest class has; try more epochs, or a learning rate three times smaller or larger"
    )


def _summary(history: History, dev_accuracy: float, test_accuracy: float) -> dict[str, Any]:
    return {
        "best_epoch": history.best_epoch,
        "dev_accuracy": dev_accuracy,
        "test_accuracy": test_accuracy,
        "seconds": round(sum(history.seconds), 1),
        "history": asdict(history),
    }
