"""The model card: what a model is, what it was trained on, how good it is, how to make it again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bionlp.classifier import TextClassifier
from bionlp.files import atomic_path
from bionlp.training.stages import INPUT_SEED

_CARD = """# {name}

A {kind} for text ({language}), to be simulated in Brian 2:
`bionlp simulate {name} TEXT`. Its classes are {classes}.

## Data

{dataset}: {train} sentences to train on, {dev} to select the epoch of each stage on, {test} to
report, split with seed {split_seed}. {phrases}{read}. The model knows
{vocabulary} words; their embeddings started from `{embeddings}`.

## Accuracy

| network | dev | test |
|---|---|---|
{accuracies}

{remark}

## Settings

{settings}

## How to make it again

    {command}

The training took {minutes:.0f} minutes{teacher}. `settings.json` has the course of every epoch.

## Limits

It labels every sentence, also those that have nothing to do with its classes, and it knows no
words beyond its vocabulary. It is made to study a spiking network, not to judge people by what
they write.

## Source

{source}
"""

_STAGES = {
    "tailored": "tailored TextCNN",
    "converted": "converted to spikes",
    "finetuned": "fine-tuned, this model",
    "encoder": "spiking encoder, this model",
}
"""What a row of the table is called."""

_TEXTCNN = {
    "kind": "spiking convolutional network",
    "read": "Sentences are cut to {length} words",
    "remark": "Spiking networks: PyTorch, {steps} steps, Poisson input with seed {input_seed}. "
    "`bionlp evaluate`\nprints the last figure. Embeddings are stored as firing rates in 8 bits; "
    "with the unrounded ones the\nlast figure is {unrounded:.2%}.",
    "source": "Lv, Xu & Zheng, Spiking Convolutional Neural Networks for Text Classification, ICLR "
    "2023.",
}
_ENCODER = {
    "kind": "spiking transformer",
    "read": "Each word is a spike, in a step of its own; unknown words are left out",
    "remark": "`bionlp evaluate` prints the last figure. There is no noise: a sentence has one "
    "answer.",
    "source": "After SNN-BERT: Training-efficient Spiking Neural Networks for energy-efficient "
    "BERT, Neural\nNetworks 180, 2024, 106630, of which neither code nor equations are public.",
}


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
    stages = [stage for stage in _STAGES if stage in measured]
    words = _ENCODER if classifier.word_a_step else _TEXTCNN
    told = {
        "length": settings["length"],
        "steps": settings["steps"],
        "input_seed": INPUT_SEED,
        "unrounded": measured[stages[-1]].get("test_accuracy_unrounded_rates"),
    }
    card = _CARD.format(
        name=classifier.name,
        language=classifier.language,
        classes=" and ".join(classifier.label_names),
        dataset=training["dataset"],
        vocabulary=len(classifier.vocabulary),
        embeddings=training["embeddings"],
        split_seed=settings["split_seed"],
        accuracies="\n".join(
            f"| {_STAGES[stage]} | {measured[stage]['dev_accuracy']:.2%} "
            f"| {measured[stage]['test_accuracy']:.2%} |"
            for stage in stages
        ),
        settings="\n".join(f"- {name}: {value}" for name, value in settings.items()),
        command=training["command"],
        minutes=sum(measured[stage].get("seconds", 0) for stage in stages) / 60,
        teacher=_teacher(measured),
        phrases=_phrases(training),
        **{name: text.format(**told) for name, text in words.items()},
        **training["sentences"],
    )
    with atomic_path(folder / "README.md") as path:
        path.write_text(card, encoding="utf-8")


def _phrases(training: dict[str, Any]) -> str:
    """Say how many phrases were learned from, if any."""
    if "phrases" not in training:
        return ""
    who = "Its teacher" if training["settings"].get("phrase_pieces") else "It"
    used = training["phrases"]["used"]
    return f"{who} learned from {used} labelled phrases of training sentences, too. "


def _teacher(measured: dict[str, Any]) -> str:
    """Say how long the training of a transformer took that teaches, and how right it is."""
    if "teacher" not in measured:
        return ""
    found = measured["teacher"]
    return (
        f", and that of its teacher {found['seconds'] / 60:.0f}, which is right on "
        f"{found['dev_accuracy']:.2%} of dev"
    )
