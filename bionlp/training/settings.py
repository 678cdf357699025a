"""Every choice of a training that is not data, with the defaults of the bundled models."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from bionlp.errors import UsageError
from bionlp.limits import (
    BOUND,
    LEAST_PARAMETER,
    MOST_EPOCHS,
    MOST_SEED,
    MOST_STEPS,
    MOST_THRESHOLD,
)
from networks.brief import Brief

MOST_WORDS = 100_000
MOST_UNITS = 100_000
"""Of a layer, and sentences of a batch."""
MOST_RATE = 100.0
LEAST_RATE = 1e-15

TEXTCNN, SNNBERT = "textcnn", "snnbert"
ARCHITECTURES = (TEXTCNN, SNNBERT)
"""What is trained: a TextCNN that becomes a spiking network, or a spiking encoder."""

OWN = {
    TEXTCNN: (
        *("threshold", "decay", "steps", "silent_below", "embedding_rate", "noise_steps"),
        *("finetuning_batch_size", "finetuning_epochs", "finetuning_rate", "finetuning_steps"),
        *("gain", "centred", "select_converted", "diversity"),
    ),
    SNNBERT: (
        *("width", "blocks", "heads", "hidden", "causal", "spike_dropout", "word_dropout"),
        *("encoder_batch_size", "encoder_epochs", "encoder_rate", "rate_penalty"),
    ),
}
"""Settings that the other one has no use for; TextCNNs that teach an encoder have all others."""

NONE, SYNONYMS = "none", "synonyms"
AUGMENTATIONS = (NONE, SYNONYMS)
"""What words of lessons may be replaced by."""

Range = tuple[float, float]

RANGES: dict[str, Range] = {
    "seed": (0, MOST_SEED),
    "split_seed": (0, MOST_SEED),
    "length": (5, MOST_WORDS),
    "vocabulary_size": (1, 10_000_000),
    "maps": (1, MOST_UNITS),
    "neurons_per_class": (1, MOST_UNITS),
    "dropout": (0, 0.99),
    "threshold": (LEAST_PARAMETER, MOST_THRESHOLD),
    "decay": (LEAST_PARAMETER, 1),
    "steps": (1, MOST_STEPS),
    "silent_below": (-10, BOUND - 0.01),
    "batch_size": (1, MOST_UNITS),
    "tailored_epochs": (1, MOST_EPOCHS),
    "tailored_rate": (LEAST_RATE, MOST_RATE),
    "embedding_rate": (LEAST_RATE, MOST_RATE),
    "noise_steps": (0, MOST_STEPS),
    "finetuning_batch_size": (1, MOST_UNITS),
    "finetuning_epochs": (1, MOST_EPOCHS),
    "finetuning_rate": (LEAST_RATE, MOST_RATE),
    "finetuning_steps": (1, MOST_STEPS),
    "gain": (LEAST_PARAMETER, 1e6),
    "diversity": (0, 1_000),
    "teachers": (0, 100),
    "pieces": (0, 1_000),
    "teacher_epochs": (1, MOST_EPOCHS),
    "teacher_rate": (LEAST_RATE, MOST_RATE),
    "teacher_batch_size": (1, MOST_UNITS),
    "augment_share": (0, 1),
    "width": (1, MOST_UNITS),
    "blocks": (1, 100),
    "heads": (1, MOST_UNITS),
    "hidden": (1, MOST_UNITS),
    "spike_dropout": (0, 0.99),
    "word_dropout": (0, 0.99),
    "encoder_batch_size": (1, MOST_UNITS),
    "encoder_epochs": (1, MOST_EPOCHS),
    "encoder_rate": (LEAST_RATE, MOST_RATE),
    "rate_penalty": (0, 1e6),
}
"""Least and most of every number; more would be of no use, and of no end."""


@dataclass(frozen=True)
class TrainingSettings(Brief):
    """Everything that decides the outcome, apart from data and embeddings.

    Attributes
    ----------
    seed : int
        Of the initial weights, the order, dropout and spikes.
    split_seed : int
        Of the split into train, dev and test, so that trainings can be compared on the same test.
    length : int, optional
        Words a sentence; by default the 95th percentile of the training split.
    vocabulary_size : int
        Words the model knows.
    widths, maps, neurons_per_class, dropout, threshold, decay, steps
        The network (Lv, Xu & Zheng 2023, section 4.1).
    silent_below : float
        Where the firing rates of words begin (:func:`bionlp.embeddings.positive_shift`).
    batch_size, tailored_epochs, tailored_rate
        Sentences a step, passes and peak learning rate of the tailored stage.
    embedding_rate : float
        Peak learning rate of the embeddings.
    noise_steps : int, optional
        In the tailored stage the input has the noise of a presentation of so many steps; none
        without it.
    finetuning_batch_size, finetuning_epochs, finetuning_rate
        The same of fine-tuning.
    annealed : bool
        Whether learning rates fall from their peak to zero along half a cosine, or stay.
    finetuning_steps : int
        Steps of a presentation in fine-tuning; fewer than are used afterwards cost less.
    gain : float
        Factor on the usual initial weights of the tailored network; the average of a few active
        windows is small.
    centred : bool
        Whether kernels are kept centred (:func:`networks.pytorch.convolution.centre`).
    select_converted : bool
        Whether the tailored epoch is selected by its accuracy after conversion, not by its own:
        with the learning rate still high, a good TextCNN may convert badly (MR: 78.0 % on dev
        became 73.9 %).
    diversity : float
        Relative spread of the weights among the neurons of a class when fine-tuning starts;
        copies would stay copies.
    teachers, pieces : int
        How many original TextCNNs teach the networks, and the new sentences that they teach the
        tailored one with, for each sentence (:mod:`bionlp.training.distillation`).
    teacher : str, optional
        A transformer that teaches, too, after it was fine-tuned
        (:mod:`bionlp.training.transformer_teacher`): ``minilm``, a folder, or a name that the
        library ``transformers`` knows.
    teacher_epochs, teacher_rate, teacher_batch_size
        Passes, peak learning rate, and sentences a step of its fine-tuning.
    phrases : bool
        Whether labelled phrases of the training sentences are learned from, too
        (:mod:`bionlp.datasets.trees`).
    augment : {"none", "synonyms"}
        What words of lessons are replaced by (:mod:`bionlp.training.augmentation`).
    augment_share : float
        Probability that a word is replaced, if it has synonyms.
    architecture : {"textcnn", "snnbert"}
        What is trained. All settings from here on are of the spiking encoder
        (:mod:`networks.snnbert`); it also has ``neurons_per_class``.
    width, blocks, heads, hidden : int
        Neurons of its residual current, its blocks, heads of their attention, and neurons of their
        feed-forward part.
    causal : bool
        Whether a word is only told of what came before it.
    spike_dropout : float
        Probability that a spike is dropped on its way into the residual current.
    word_dropout : float
        Probability that a word is left out in training.
    encoder_batch_size, encoder_epochs, encoder_rate
        Sentences a step, passes and peak learning rate.
    rate_penalty : float
        Weight of the mean firing rate in its loss.

    Raises
    ------
    UsageError
        If a number is out of its range (:data:`RANGES`), or there is no such augmentation or
        architecture.

    Examples
    --------
    >>> from bionlp import TrainingSettings
    >>> settings = TrainingSettings(maps=50, steps=20)
    >>> settings
    TrainingSettings(maps=50, steps=20)
    >>> settings.decay
    1.0
    """

    seed: int = 0
    split_seed: int = 0
    length: int | None = None
    vocabulary_size: int = 20_000
    widths: tuple[int, ...] = (3, 4, 5)
    maps: int = 100
    neurons_per_class: int = 10
    dropout: float = 0.5
    threshold: float = 1.0
    decay: float = 1.0
    steps: int = 50
    silent_below: float = -BOUND
    batch_size: int = 50
    tailored_epochs: int = 5
    tailored_rate: float = 1e-3
    embedding_rate: float = 1e-2
    noise_steps: int | None = 25
    finetuning_batch_size: int = 32
    finetuning_epochs: int = 3
    finetuning_rate: float = 3e-4
    annealed: bool = True
    finetuning_steps: int = 10
    gain: float = 5.0
    centred: bool = True
    select_converted: bool = True
    diversity: float = 0.3
    teachers: int = 3
    pieces: int = 2
    teacher: str | None = None
    teacher_epochs: int = 3
    teacher_rate: float = 3e-5
    teacher_batch_size: int = 32
    phrases: bool = False
    augment: str = NONE
    augment_share: float = 0.3
    architecture: str = TEXTCNN
    width: int = 128
    blocks: int = 2
    heads: int = 4
    hidden: int = 512
    causal: bool = False
    spike_dropout: float = 0.4
    word_dropout: float = 0.2
    encoder_batch_size: int = 64
    encoder_epochs: int = 12
    encoder_rate: float = 4e-3
    rate_penalty: float = 0.0

    def __post_init__(self):
        if self.architecture not in ARCHITECTURES:
            raise UsageError(
                f"unknown architecture {self.architecture!r}; choose one of "
                f"{', '.join(ARCHITECTURES)}"
            )
        if self.augment not in AUGMENTATIONS:
            raise UsageError(
                f"unknown augment {self.augment!r}; choose one of {', '.join(AUGMENTATIONS)}"
            )
        for name, (least, most) in RANGES.items():
            value = getattr(self, name)
            if value is None:
                continue
            if not least <= value <= most:  # which is also said of what is no number
                low = "(0" if least in (LEAST_PARAMETER, LEAST_RATE) else f"[{least:g}"
                high = f"{most:,}" if isinstance(most, int) else f"{most:g}"
                raise UsageError(f"{name} must lie in {low}, {high}], not {value}")


RECIPES: dict[str, dict[str, Any]] = {
    "default": {},
    "paper": {
        "batch_size": 32,
        "tailored_epochs": 50,
        "tailored_rate": 1e-4,
        "embedding_rate": 1e-4,
        "annealed": False,
        "noise_steps": None,
        "gain": 1.0,
        "centred": False,
        "select_converted": False,
        "finetuning_rate": 1e-4,
        "finetuning_steps": 50,
        "diversity": 0.0,
        "teachers": 0,
    },
    "sparse": {
        "silent_below": 0.5,
        "gain": 8.0,
        "steps": 20,
        "finetuning_rate": 1e-4,
    },
}
"""What recipes set differently from the defaults. The paper's is that of Lv, Xu & Zheng (2023,
section 4.1), but for the epochs of fine-tuning, 3 here and 50 there, since one of 50 steps takes
minutes on a processor. The sparse one is made for energy: seven of ten inputs are silent to begin
with, presentations are short, and fine-tuning is slow, or it would undo more than it mends (MR,
dev: 77.4 % converted, 76.7 % after fine-tuning at 3e-4, 77.1 % at 1e-4)."""


def recipe(name: str, **changes: Any) -> TrainingSettings:
    """Return the settings of a recipe.

    Parameters
    ----------
    name : {"default", "paper", "sparse"}
        The recipe.
    **changes
        Further settings.

    Returns
    -------
    TrainingSettings
        All settings.

    Raises
    ------
    UsageError
        If there is no such recipe, or a setting is out of range.
    """
    if name not in RECIPES:
        raise UsageError(f"unknown recipe {name!r}; choose one of {', '.join(RECIPES)}")
    return replace(TrainingSettings(), **RECIPES[name] | changes)
