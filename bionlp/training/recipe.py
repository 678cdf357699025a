"""The recipe: data and embeddings in, a spiking text classifier out.

    positive-shifted embeddings -> tailored TextCNN -> conversion -> fine-tuning

Between the stages the trained embeddings are rounded to 8 bits, the form they are stored in, so
that the network is fine-tuned on the very rates it will meet. Every choice (epochs of both stages)
is made on dev; test is only reported.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bionlp.checkpoint import save_classifier
from bionlp.classifier import TextClassifier
from bionlp.datasets import Dataset, Example
from bionlp.encoding import dequantise, quantise
from bionlp.errors import CheckpointError, DatasetError, OutputError, TrainingError
from bionlp.files import atomic_path
from bionlp.progress import Reporter
from bionlp.text import tokenize
from bionlp.training.batches import Encoded
from bionlp.training.card import write_card
from bionlp.training.fit import FitSettings, History, fit
from bionlp.training.settings import TrainingSettings
from bionlp.training.stages import FineTuningStage, TextCNNStage
from bionlp.vocabulary import PADDING, Vocabulary, choose_words
from networks.conversion import convert, diversify
from networks.description import NetworkDescription
from networks.spiking import SpikingNetwork
from networks.textcnn import TailoredTextCNN

STATE_FOLDER = "state"
LENGTH_QUANTILE = 0.95
PARTS = ("train", "dev", "test")


@dataclass(frozen=True)
class Embeddings:
    """A table of word embeddings that are firing rates.

    Attributes
    ----------
    name : str
        Where they come from, for the record.
    words : sequence of str
        The words, usually the most frequent first.
    rates : numpy.ndarray of float32, shape (words, dimension)
        In [0, 1], see :func:`bionlp.embeddings.positive_shift`.
    """

    name: str
    words: Sequence[str]
    rates: np.ndarray


@dataclass(frozen=True)
class _Corpus:
    """A dataset as word ids."""

    dataset: Dataset
    vocabulary: Vocabulary
    splits: dict[str, Encoded]


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
    if (out / "settings.json").exists():
        raise OutputError(f"{out} already holds a trained model; choose another folder")
    for part in PARTS:
        if not dataset.split(part):
            raise DatasetError(
                f"{dataset.name} is too small: its {part} part is empty; "
                "give at least ten sentences of each class"
            )
    state = _open_state(out, dataset, embeddings, settings)
    corpus, settings = _encode_corpus(dataset, embeddings, settings)
    sizes = {part: len(split) for part, split in corpus.splits.items()}
    report.note(
        f"{dataset.name}: {sizes['train']} training, {sizes['dev']} dev and {sizes['test']} test "
        f"sentences of at most {settings.length} words; vocabulary of {len(corpus.vocabulary)}"
    )
    measured: dict[str, Any] = {}
    tailored = _train_tailored(corpus, embeddings, settings, state, report, measured)
    exact_rates = tailored.embedding.weight.detach().numpy()
    levels = quantise(exact_rates)
    spiking = _convert(tailored, dequantise(levels), corpus, settings, report, measured)
    _fine_tune(spiking, exact_rates, corpus, settings, state, report, measured)
    classifier = TextClassifier(
        out.name,
        dataset.language,
        dataset.label_names,
        corpus.vocabulary,
        levels,
        spiking.model.describe(),
        {
            "dataset": dataset.name,
            "sentences": sizes,
            "embeddings": embeddings.name,
            "settings": asdict(settings),
            "measured": measured,
            "command": command,
        },
    )
    save_classifier(classifier, out)
    write_card(classifier, out)
    shutil.rmtree(state)
    return classifier


def _open_state(
    out: Path, dataset: Dataset, embeddings: Embeddings, settings: TrainingSettings
) -> Path:
    """Make the folder of the training's state, or check that it belongs to this training."""
    state = out / STATE_FOLDER
    path = state / "recipe.json"
    recipe = {
        "dataset": dataset.name,
        "embeddings": [embeddings.name, *embeddings.rates.shape],
        "settings": asdict(settings),
    }
    recipe = json.loads(json.dumps(recipe))
    if not path.exists():
        with atomic_path(path) as temporary:
            temporary.write_text(json.dumps(recipe, indent=2), encoding="utf-8")
        return state
    try:
        started = json.loads(path.read_bytes())
    except ValueError as error:
        raise CheckpointError(f"{path} is no JSON; remove {state} to start again") from error
    if started != recipe:
        changed = [key for key in recipe if started.get(key) != recipe[key]]
        raise CheckpointError(
            f"{out} holds an interrupted training with other {' and '.join(changed)}; "
            f"choose another folder, or remove {state} to start again"
        )
    return state


def _encode_corpus(
    dataset: Dataset, embeddings: Embeddings, settings: TrainingSettings
) -> tuple[_Corpus, TrainingSettings]:
    """Choose length and vocabulary on the training split; return both in their place."""
    tokens = {
        part: [tokenize(example.text, dataset.language) for example in dataset.split(part)]
        for part in PARTS
    }
    length = settings.length
    if length is None:
        lengths = [len(sentence) for sentence in tokens["train"]]
        length = max(int(np.quantile(lengths, LENGTH_QUANTILE)), *settings.widths)
    words = choose_words(tokens["train"], embeddings.words, settings.vocabulary_size)
    vocabulary = Vocabulary(words)
    splits = {
        part: _encode(tokens[part], dataset.split(part), vocabulary, length) for part in PARTS
    }
    return _Corpus(dataset, vocabulary, splits), replace(settings, length=length)


def _encode(
    sentences: Sequence[Sequence[str]],
    examples: Sequence[Example],
    vocabulary: Vocabulary,
    length: int,
) -> Encoded:
    ids = [np.array(vocabulary.ids(tokens[:length]) or [PADDING]) for tokens in sentences]
    return Encoded(ids, np.array([example.label for example in examples]))


def _train_tailored(
    corpus: _Corpus,
    embeddings: Embeddings,
    settings: TrainingSettings,
    state: Path,
    report: Reporter,
    measured: dict[str, Any],
) -> TailoredTextCNN:
    rows = {word: row for row, word in enumerate(embeddings.words)}
    table = np.zeros((len(corpus.vocabulary) + 1, embeddings.rates.shape[1]), dtype=np.float32)
    table[1:] = embeddings.rates[[rows[word] for word in corpus.vocabulary.words]]
    torch.manual_seed(settings.seed)
    model = TailoredTextCNN(
        torch.from_numpy(table),
        len(corpus.dataset.label_names),
        settings.length,
        widths=settings.widths,
        maps=settings.maps,
        dropout=settings.dropout,
        noise_steps=settings.noise_steps,
    )

    def converted_accuracy(split: Encoded) -> float:
        # What counts is how good the spiking network is: with the learning rate still high, a good
        # TextCNN may convert badly (MR: 78.0 % on dev became 73.9 %).
        levels = quantise(model.embedding.weight.detach().numpy())
        description = _describe(model, settings)
        return _spiking_stage(description, dequantise(levels), settings).accuracy(split)

    stage = TextCNNStage("tailored", model, settings.embedding_rate, converted_accuracy)
    choices = FitSettings(
        settings.tailored_epochs, settings.tailored_rate, settings.batch_size, settings.seed
    )
    history = fit(stage, corpus.splits["train"], corpus.splits["dev"], choices, state, report)
    dev_accuracy = stage.accuracy(corpus.splits["dev"])
    _check_left_chance(stage.name, dev_accuracy, corpus.splits["dev"])
    measured["tailored"] = _summary(history, dev_accuracy, stage.accuracy(corpus.splits["test"]))
    return model


def _convert(
    tailored: TailoredTextCNN,
    rates: np.ndarray,
    corpus: _Corpus,
    settings: TrainingSettings,
    report: Reporter,
    measured: dict[str, Any],
) -> FineTuningStage:
    description = _describe(tailored, settings)
    converted = _spiking_stage(description, rates, settings)
    measured["converted"] = {
        f"{part}_accuracy": converted.accuracy(corpus.splits[part]) for part in ("dev", "test")
    }
    report.note(f"converted: dev {measured['converted']['dev_accuracy']:.2%}")
    return _spiking_stage(
        diversify(description, settings.diversity, settings.seed), rates, settings
    )


def _describe(tailored: TailoredTextCNN, settings: TrainingSettings) -> NetworkDescription:
    return convert(
        tailored,
        neurons_per_class=settings.neurons_per_class,
        threshold=settings.threshold,
        decay=settings.decay,
    )


def _spiking_stage(
    description: NetworkDescription, rates: np.ndarray, settings: TrainingSettings
) -> FineTuningStage:
    return FineTuningStage(
        SpikingNetwork(description, dropout=settings.dropout).eval(),
        rates,
        steps=settings.steps,
        training_steps=settings.finetuning_steps,
    )


def _fine_tune(
    stage: FineTuningStage,
    exact_rates: np.ndarray,
    corpus: _Corpus,
    settings: TrainingSettings,
    state: Path,
    report: Reporter,
    measured: dict[str, Any],
) -> None:
    choices = FitSettings(
        settings.finetuning_epochs,
        settings.finetuning_rate,
        settings.finetuning_batch_size,
        settings.seed,
    )
    dev, test = corpus.splits["dev"], corpus.splits["test"]
    history = fit(stage, corpus.splits["train"], dev, choices, state, report)
    if not stage.predictions(dev)[1].any():
        raise TrainingError(
            "the spiking network is silent: no output neuron fired on dev; "
            "try a lower --threshold, more steps, or longer tailored training"
        )
    _check_left_chance(stage.name, max(history.dev_accuracy), dev)
    unrounded = _spiking_stage(stage.model.describe(), exact_rates, settings)
    measured["finetuned"] = _summary(history, max(history.dev_accuracy), stage.accuracy(test)) | {
        "test_accuracy_unrounded_rates": unrounded.accuracy(test)
    }


def _check_left_chance(name: str, best: float, dev: Encoded) -> None:
    """Refuse an accuracy within two standard errors of always answering the largest class."""
    chance = np.bincount(dev.labels).max() / len(dev)
    error = np.sqrt(chance * (1 - chance) / len(dev))
    if best <= chance + 2 * error:
        raise TrainingError(
            f"the {name} network never left chance: {best:.1%} on dev, where the largest class has "
            f"{chance:.1%}; try more epochs, or a learning rate three times smaller or larger"
        )


def _summary(history: History, dev_accuracy: float, test_accuracy: float) -> dict[str, Any]:
    return {
        "best_epoch": history.best_epoch,
        "dev_accuracy": dev_accuracy,
        "test_accuracy": test_accuracy,
        "seconds": round(sum(history.seconds), 1),
        "history": asdict(history),
    }
