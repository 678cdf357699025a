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
from typing import Any, cast

import numpy as np
from pydantic import ValidationError

from bionlp.checkpoint import save_classifier
from bionlp.classifier import WORD_STEPS, TextClassifier
from bionlp.confidence import FEWEST, Calibration, calibrate
from bionlp.datasets import Dataset
from bionlp.encoding import dequantise
from bionlp.errors import CheckpointError, TrainingError
from bionlp.files import atomic_path
from bionlp.naming import name_of
from bionlp.progress import Reporter
from bionlp.strict import Open, first_fault, one_line, parse_json, read_file
from bionlp.text import SEPARATOR
from bionlp.training.augmentation import check_augmentation
from bionlp.training.card import write_card
from bionlp.training.corpus import PARTS, Corpus, Embeddings, empty_part, encode_corpus
from bionlp.training.distillation import Lessons
from bionlp.training.encoder import check_encoder, train_encoder
from bionlp.training.fit import Stage, fit
from bionlp.training.memory import check_training_memory
from bionlp.training.origin import differences, origin_of
from bionlp.training.outcome import check_chance, summary
from bionlp.training.phases import (
    Device,
    describe,
    finetuning_choices,
    levels_of,
    make_lessons,
    spiking_stage,
    tailored_stage,
    textcnn_choices,
)
from bionlp.training.settings import SNNBERT, TrainingSettings
from bionlp.training.stages import FineTuningStage
from bionlp.training.state import state_folder
from bionlp.training.transformer_teacher import check_teacher
from networks.textcnn import TailoredTextCNN


def train(
    dataset: Dataset,
    embeddings: Embeddings,
    out: Path,
    settings: TrainingSettings,
    *,
    command: str,
    report: Reporter,
    device: Device = "cpu",
) -> TextClassifier:
    """Train a classifier and write it to a folder.

    Parameters
    ----------
    dataset, embeddings, settings, report, device
        As of :func:`make_classifier`.
    out : Path
        Folder of the model. An interrupted training in it is taken up.
    command : str
        How to make the model again, for its card.

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

    Examples
    --------
    >>> import numpy as np
    >>> from pathlib import Path
    >>> from bionlp import TrainingSettings, load_dataset, train
    >>> from bionlp.progress import Reporter
    >>> from bionlp.training.corpus import Embeddings
    >>> with open("films.csv", "w") as file:
    ...     print("text,label", file=file)
    ...     for n in range(200):
    ...         print(f"film {n} is {('bad', 'good')[n % 2]},{n % 2}", file=file)
    >>> vectors = np.random.default_rng(0).normal(size=(4, 30)).astype(np.float32)
    >>> table = Embeddings("random", ["film", "is", "bad", "good"], vectors)
    >>> settings = TrainingSettings(
    ...     maps=20, neurons_per_class=2, batch_size=10, tailored_rate=0.01, teachers=0
    ... )
    >>> options = {"command": "as in the manual", "report": Reporter(quiet=True)}
    >>> train(load_dataset("films.csv"), table, Path("films"), settings, **options)
    <TextClassifier 'films' (en), 2 classes ('0', '1'), 4 words, ...>
    """
    state = state_folder(out)
    if not dataset.test:
        raise empty_part(dataset, "test")
    classifier = make_classifier(
        dataset, embeddings, state, settings, name=name_of(out.name), report=report, device=device
    )
    classifier.training["command"] = command
    save_classifier(classifier, out)
    write_card(classifier, out)
    shutil.rmtree(state)
    return classifier


def make_classifier(
    dataset: Dataset,
    embeddings: Embeddings,
    state: Path,
    settings: TrainingSettings,
    *,
    name: str,
    report: Reporter,
    device: Device = "cpu",
) -> TextClassifier:
    """Train a classifier.

    Parameters
    ----------
    dataset : Dataset
        What to learn from, select on and, if it has a test part, report.
    embeddings : Embeddings
        Where the words start from.
    state : Path
        Folder that the training is kept in between epochs. An interrupted one is taken up.
    settings : TrainingSettings
        All choices.
    name : str
        What the model is called.
    report : Reporter
        Hears of progress.
    device : torch.device or str
        Where networks are trained.

    Returns
    -------
    TextClassifier
        The finished model.

    Raises
    ------
    DatasetError
        If there is nothing to learn from or to select on.
    UsageError
        If there are no synonyms for the language that words shall be replaced by, or heads do not
        divide the width of an encoder.
    PartError
        If the transformer that shall teach cannot be opened.
    CheckpointError, OutputError, TrainingError
        As of :func:`train`.
    """
    check_augmentation(dataset.language, settings)
    check_teacher(settings)
    check_encoder(settings)
    corpus = encode_corpus(dataset, embeddings.words, settings)
    check_training_memory(corpus, embeddings, settings)
    _open_state(state, dataset, embeddings, origin_of(corpus, embeddings, settings))
    sizes = {part: len(dataset.split(part)) for part in PARTS}
    report.note(
        f"{dataset.name}: {sizes['train']} training, {sizes['dev']} dev and {sizes['test']} test "
        f"sentences of at most {corpus.length} words; vocabulary of {len(corpus.vocabulary)}"
    )
    phrases = {"used": len(corpus.taught) - sizes["train"], "held_out": dataset.held_out}
    if settings.phrases:
        report.note(
            f"{phrases['used']} labelled phrases besides; {phrases['held_out']} left out, which "
            "are in dev or test"
        )
    _report_pairs(dataset, report)
    settings = replace(settings, length=corpus.length)
    lessons = make_lessons(corpus, embeddings, settings, state, report, device)
    origin = origin_of(corpus, embeddings, settings)
    if settings.architecture == SNNBERT:
        levels = None
        network, votes, measured = train_encoder(
            corpus, embeddings, settings, lessons, state, report, origin, device
        )
    else:
        training = _Training(corpus, settings, state, report, lessons, origin, device)
        tailored = training.tailored(embeddings)
        stage, votes = training.finetuned(tailored)
        levels, network, measured = levels_of(tailored), stage.spiking.describe(), training.measured
    return TextClassifier(
        name,
        dataset.language,
        dataset.label_names,
        corpus.vocabulary,
        levels,
        network,
        {
            "dataset": dataset.name,
            "dataset_sha256": dataset.digest,
            **({"scored": True} if dataset.scored else {}),
            "sentences": sizes,
            **({"phrases": phrases} if settings.phrases else {}),
            "embeddings": embeddings.name,
            "settings": asdict(settings),
            "measured": lessons.measured | measured,
        },
        _calibrated(votes, corpus, WORD_STEPS if levels is None else settings.steps, report),
    )


def _report_pairs(dataset: Dataset, report: Reporter) -> None:
    """Say if only some texts are pairs: then the separator may be meant as text."""
    paired = sum(SEPARATOR in example.text for example in dataset.train)
    if 0 < paired < len(dataset.train):
        report.note(
            f"warning: {paired} of {len(dataset.train)} training texts have {SEPARATOR}, which "
            "parts the sentences of a pair; where it is meant as text, write it otherwise"
        )


def _calibrated(
    votes: np.ndarray, corpus: Corpus, steps: int, report: Reporter
) -> Calibration | None:
    """Measure on dev how sure answers are, if there are enough sentences."""
    if len(corpus.dev) < FEWEST:
        report.note(f"{len(corpus.dev)} dev sentences are too few to calibrate confidence on")
        return None
    return calibrate(votes, corpus.dev.labels, steps=steps, dataset=corpus.dataset.name)


class _Begun(Open):
    """What a training was begun with, as ``recipe.json`` has it."""

    dataset: str
    embeddings: str
    origin: dict[str, Any]


def _open_state(
    state: Path, dataset: Dataset, embeddings: Embeddings, origin: dict[str, Any]
) -> None:
    """Make the folder of the training's state, or check that it belongs to this training."""
    path = state / "recipe.json"
    if not os.path.lexists(path):
        document = {"dataset": dataset.name, "embeddings": embeddings.name, "origin": origin}
        with atomic_path(path) as temporary:
            temporary.write_text(json.dumps(document, indent=2), encoding="utf-8")
        return
    begun = _read_begun(path, state)
    changed = differences(begun.origin, origin)
    names = {"dataset": dataset.name, "word vectors": embeddings.name}
    before = {"dataset": begun.dataset, "word vectors": begun.embeddings}
    changed = [
        f"{kind} ({before[kind]})" for kind in names if names[kind] != before[kind]
    ] + changed
    if changed:
        raise CheckpointError(
            f"{state.parent} holds an interrupted training with other {' and '.join(changed)}; "
            f"choose another folder, or remove {state} to start again"
        )


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
    lessons: Lessons
    origin: dict[str, Any]
    device: Device = "cpu"
    measured: dict[str, Any] = field(default_factory=dict)

    def tailored(self, embeddings: Embeddings) -> TailoredTextCNN:
        """Train the tailored TextCNN and measure what its conversion makes of it."""
        corpus, settings = self.corpus, self.settings
        stage = tailored_stage(corpus, embeddings, settings, self.lessons, self.device)
        choices = textcnn_choices(settings)
        history = fit(
            stage, corpus.train, corpus.dev, choices, self.state, self.report, self.origin
        )
        accuracy = stage.accuracy(corpus.dev)
        check_chance(stage.name, accuracy, corpus, self.report)
        self.measured["tailored"] = summary(history, accuracy, self._test_accuracy(stage))
        model = cast(TailoredTextCNN, stage.model)
        network, rates = describe(model, settings), dequantise(levels_of(model))
        converted = spiking_stage(network, rates, settings, device=self.device)
        selected = max(history.dev_accuracy) if settings.select_converted else None
        self.measured["converted"] = {
            "dev_accuracy": selected or converted.accuracy(corpus.dev),
            "test_accuracy": self._test_accuracy(converted),
        }
        self.report.note(f"converted: dev {self.measured['converted']['dev_accuracy']:.2%}")
        return model

    def finetuned(self, tailored: TailoredTextCNN) -> tuple[FineTuningStage, np.ndarray]:
        """Fine-tune the converted network; return it and its votes on dev."""
        corpus, settings = self.corpus, self.settings
        rates = dequantise(levels_of(tailored))
        network = describe(tailored, settings)
        where: dict[str, Any] = {"lessons": self.lessons, "device": self.device}
        stage = spiking_stage(network, rates, settings, diverse=True, **where)
        choices = finetuning_choices(settings)
        history = fit(
            stage, corpus.train, corpus.dev, choices, self.state, self.report, self.origin
        )
        accuracy = max(history.dev_accuracy)
        _, votes = stage.predictions(corpus.dev)
        if not votes.any():
            raise TrainingError(
                "the spiking network is silent: no output neuron fired on dev; "
                "try a lower --threshold, more steps, or longer tailored training"
            )
        check_chance(stage.name, accuracy, corpus, self.report)
        exact_rates = tailored.embedding.weight.detach().cpu().numpy()
        network = stage.spiking.describe()
        unrounded = spiking_stage(network, exact_rates, settings, device=self.device)
        self.measured["finetuned"] = summary(history, accuracy, self._test_accuracy(stage)) | {
            "test_accuracy_unrounded_rates": self._test_accuracy(unrounded)
        }
        return stage, votes

    def _test_accuracy(self, stage: Stage) -> float | None:
        """Return the accuracy on test, None if there is no such part."""
        return stage.accuracy(self.corpus.test) if self.corpus.test else None
