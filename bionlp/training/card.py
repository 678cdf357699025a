"""The model card: what a model is, what it was trained on, how good it is, how to make it again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bionlp.classifier import TextClassifier
from bionlp.files import atomic_path
from bionlp.training.stages import INPUT_SEED

_CARD = """# {name}

A spiking convolutional network for text ({language}), to be simulated in Brian 2:
`bionlp simulate {name} TEXT`. Its classes are {classes}.

## Data

{dataset}: {train} sentences to train on, {dev} to select the epoch of each stage on, {test} to
report, split with seed {split_seed}. {phrases}Sentences are cut to {length} words. The model knows
{vocabulary} words; their embeddings started from `{embeddings}`.

## Accuracy

| network | dev | test |
|---|---|---|
| tailored TextCNN | {tailored_dev:.2%} | {tailored_test:.2%} |
| converted to spikes | {converted_dev:.2%} | {converted_test:.2%} |
| fine-tuned, this model | {finetuned_dev:.2%} | {finetuned_test:.2%} |

Spiking networks: PyTorch, {steps} steps, Poisson input with seed {input_seed}. `bionlp evaluate`
prints the last figure. Embeddings are stored as firing rates in 8 bits; with the unrounded ones the
last figure is {unrounded:.2%}.

## Settings

{settings}

## How to make it again

    {command}

The two stages took {minutes:.0f} minutes. `settings.json` has the course of every epoch.

## Limits

It labels every sentence, also those that have nothing to do with its classes, and it knows no
words beyond its vocabulary. It is made to study a spiking network, not to judge people by what
they write.

## Source

Lv, Xu & Zheng, Spiking Convolutional Neural Networks for Text Classification, ICLR 2023.
"""


def write_card(classifier: TextClassifier, folder: Path) -> None:
    """Write the card of a trained classifier as ``README.md``.

    Parameters
    ----------
    classifier : TextClassifier
        The model, with the record of its training.
    folder : Path
        Its folder.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    training = classifier.training
    settings, measured = training["settings"], training["measured"]
    accuracies = {
        f"{stage}_{part}": measured[stage][f"{part}_accuracy"]
        for stage in ("tailored", "converted", "finetuned")
        for part in ("dev", "test")
    }
    seconds = measured["tailored"]["seconds"] + measured["finetuned"]["seconds"]
    card = _CARD.format(
        name=classifier.name,
        language=classifier.language,
        classes=" and ".join(classifier.label_names),
        dataset=training["dataset"],
        vocabulary=len(classifier.vocabulary),
        embeddings=training["embeddings"],
        split_seed=settings["split_seed"],
        input_seed=INPUT_SEED,
        length=settings["length"],
        steps=settings["steps"],
        unrounded=measured["finetuned"]["test_accuracy_unrounded_rates"],
        settings="\n".join(f"- {name}: {value}" for name, value in settings.items()),
        command=training["command"],
        minutes=seconds / 60,
        phrases=_phrases(training),
        **training["sentences"],
        **accuracies,
    )
    with atomic_path(folder / "README.md") as path:
        path.write_text(card, encoding="utf-8")


def _phrases(training: dict[str, Any]) -> str:
    """Say how many phrases were learned from, if any."""
    if "phrases" not in training:
        return ""
    return "It learned from {used} labelled phrases of training sentences, too. ".format(
        **training["phrases"]
    )
