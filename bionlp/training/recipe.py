"""The recipe: data and embeddings in, a spiking text classifier out.

    positive-shifted embeddings -> tailored TextCNN -> conversion -> fine-tuning

Between the stages the trained embeddings are rounded to 8 bits, the form they are stored in, so
that the network is fine-tuned on the very rates it will meet. Every choice (epochs of both stages)
is made on dev; test is read once, at the end.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bionlp.checkpoint import save_classifier
from bionlp.classifier import TextClassifier
from bionlp.datasets import Dataset, Example
from bionlp.encoding import dequantise, quantise
from bionlp.errors import OutputError, TrainingError
from bionlp.progress import Reporter
from bionlp.text import tokenize
from bionlp.training.batches import Encoded
from bionlp.training.fit import FitSettings, History, fit
from bionlp.training.stages import FineTuningStage, TextCNNStage
from bionlp.vocabulary import PADDING, Vocabulary, choose_words
from networks.conversion import NEURONS_PER_CLASS, convert
from networks.spiking import SpikingNetwork
from networks.textcnn import MAPS, WIDTHS, TailoredTextCNN

STATE_FOLDER = "state"
LENGTH_QUANTILE = 0.95


@dataclass(frozen=True)
class TrainingSettings:
    """Everything that decides the outcome, apart from data and embeddings.

    Attributes
    ----------
    seed : int
        Of the split, the initial weights, the order, dropout and spikes.
    length : int, optional
        Words a sentence; by default the 95th percentile of the training split.
    vocabulary_size : int
        Words the model knows.
    widths, maps, neurons_per_class, dropout, threshold, decay, steps
        The network (Lv, Xu & Zheng 2023, section 4.1).
    batch_size, tailored_epochs, tailored_rate
        Sentences a step, passes and peak learning rate of the tailored stage.
    finetuning_batch_size, finetuning_epochs, finetuning_rate
        The same of fine-tuning.
    """

    seed: int = 0
    length: int | None = None
    vocabulary_size: int = 20_000
    widths: tuple[int, ...] = WIDTHS
    maps: int = MAPS
    neurons_per_class: int = NEURONS_PER_CLASS
    dropout: float = 0.5
    threshold: float = 1.0
    decay: float = 1.0
    steps: int = 50
    batch_size: int = 50
    tailored_epochs: int = 15
    tailored_rate: float = 3e-4
    finetuning_batch_size: int = 32
    finetuning_epochs: int = 5
    finetuning_rate: float = 1e-4


def train(
    dataset: Dataset,
    words: Sequence[str],
    vectors: np.ndarray,
    out: Path,
    settings: TrainingSettings,
    *,
    embeddings_name: str,
    command: str = "",
    report: Reporter,
) -> TextClassifier:
    """Train a classifier and write it to a folder.

    Parameters
    ----------
    dataset : Dataset
        What to learn, select and report on.
    words : sequence of str
        Words of the embedding table.
    vectors : numpy.ndarray of float32, shape (words, dimension)
        The table, already shifted to [0, 1].
    out : Path
        Folder of the model. An interrupted training in it is taken up.
    settings : TrainingSettings
        All choices.
    embeddings_name : str
        Where the table comes from, for the record.
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
    TrainingError
        If the network went silent or never left chance.
    """
    if (out / "settings.json").exists():
        raise OutputError(f"{out} already holds a trained model; choose another folder")
    state = _state_folder(out)
    tokens = {
        part: [tokenize(example.text, dataset.language) for example in dataset.split(part)]
        for part in ("train", "dev", "test")
    }
    length = settings.length or _choose_length(tokens["train"], settings.widths)
    vocabulary = Vocabulary(choose_words(tokens["train"], words, settings.vocabulary_size))
    splits = {
        part: _encode(tokens[part], dataset.split(part), vocabulary, length) for part in tokens
    }
    report.note(
        f"{dataset.name}: {len(splits['train'])} training, {len(splits['dev'])} dev and "
        f"{len(splits['test'])} test sentences of at most {length} words; "
        f"vocabulary of {len(vocabulary)}"
    )
    table = _initial_table(vocabulary, words, vectors)
    measured: dict[str, Any] = {}
    tailored = _tailored_stage(table, dataset, settings, length)
    history = _fit_tailored(tailored, splits, settings, state, report)
    measured["tailored"] = _summary(history, tailored.accuracy(splits["test"]))

    exact_rates = tailored.model.embedding.weight.detach().numpy()
    levels = quantise(exact_rates)
    description = convert(
        tailored.model,
        neurons_per_class=settings.neurons_per_class,
        threshold=settings.threshold,
        decay=settings.decay,
    )
    network = SpikingNetwork(description, dropout=settings.dropout).eval()
    spiking = FineTuningStage(network, dequantise(levels), settings.steps, settings.seed)
    converted = {
        "dev_accuracy": spiking.accuracy(splits["dev"]),
        "test_accuracy": spiking.accuracy(splits["test"]),
    }
    report.note(f"converted: dev {converted['dev_accuracy']:.2%}")
    measured["converted"] = converted
    history = fit(
        spiking,
        splits["train"],
        splits["dev"],
        FitSettings(
            settings.finetuning_epochs,
            settings.finetuning_rate,
            settings.finetuning_batch_size,
            settings.seed,
        ),
        state,
        report,
    )
    _check_spikes(spiking, splits["dev"])
    _check_left_chance("fine-tuned", history, splits["dev"])
    measured["finetuned"] = _summary(history, spiking.accuracy(splits["test"]))
    unrounded = FineTuningStage(network, exact_rates, settings.steps, settings.seed)
    measured["finetuned"]["test_accuracy_unrounded_rates"] = unrounded.accuracy(splits["test"])

    classifier = TextClassifier(
        out.name,
        dataset.language,
        dataset.label_names,
        vocabulary,
        levels,
        network.describe(),
        {
            "dataset": dataset.name,
            "sentences": {part: len(split) for part, split in splits.items()},
            "embeddings": embeddings_name,
            "settings": asdict(settings) | {"length": length},
            "measured": measured,
            "command": command,
        },
    )
    save_classifier(classifier, out)
    shutil.rmtree(state)
    return classifier


def _state_folder(out: Path) -> Path:
    state = out / STATE_FOLDER
    try:
        state.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write to {out}: {error.strerror}; choose another --out") from error
    return state


def _choose_length(sentences: Sequence[Sequence[str]], widths: Sequence[int]) -> int:
    quantile = np.quantile([len(tokens) for tokens in sentences], LENGTH_QUANTILE)
    return max(int(quantile), *widths)


def _encode(
    sentences: Sequence[Sequence[str]],
    examples: Sequence[Example],
    vocabulary: Vocabulary,
    length: int,
) -> Encoded:
    ids = [np.array(vocabulary.ids(tokens[:length]) or [PADDING]) for tokens in sentences]
    return Encoded(ids, np.array([example.label for example in examples]))


def _initial_table(
    vocabulary: Vocabulary, words: Sequence[str], vectors: np.ndarray
) -> torch.Tensor:
    rows = {word: row for row, word in enumerate(words)}
    table = np.zeros((len(vocabulary) + 1, vectors.shape[1]), dtype=np.float32)
    table[1:] = vectors[[rows[word] for word in vocabulary.words]]
    return torch.from_numpy(table)


def _tailored_stage(
    table: torch.Tensor, dataset: Dataset, settings: TrainingSettings, length: int
) -> TextCNNStage:
    torch.manual_seed(settings.seed)
    model = TailoredTextCNN(
        table,
        len(dataset.label_names),
        length,
        widths=settings.widths,
        maps=settings.maps,
        dropout=settings.dropout,
    )
    return TextCNNStage("tailored", model)


def _fit_tailored(
    stage: TextCNNStage,
    splits: dict[str, Encoded],
    settings: TrainingSettings,
    state: Path,
    report: Reporter,
) -> History:
    choices = FitSettings(
        settings.tailored_epochs, settings.tailored_rate, settings.batch_size, settings.seed
    )
    history = fit(stage, splits["train"], splits["dev"], choices, state, report)
    _check_left_chance(stage.name, history, splits["dev"])
    return history


def _check_left_chance(name: str, history: History, dev: Encoded) -> None:
    chance = np.bincount(dev.labels).max() / len(dev)
    if max(history.dev_accuracy) <= chance:
        raise TrainingError(
            f"the {name} network never left chance ({chance:.1%} on dev); "
            "try more epochs, or a learning rate three times smaller or larger"
        )


def _check_spikes(stage: FineTuningStage, dev: Encoded) -> None:
    if not stage.predictions(dev)[1].any():
        raise TrainingError(
            "the spiking network is silent: no output neuron fired on dev; "
            "try a lower --threshold, more steps, or longer tailored training"
        )


def _summary(history: History, test_accuracy: float) -> dict[str, Any]:
    return {
        "best_epoch": history.best_epoch,
        "dev_accuracy": max(history.dev_accuracy),
        "test_accuracy": test_accuracy,
        "seconds": round(sum(history.seconds), 1),
        "history": asdict(history),
    }
