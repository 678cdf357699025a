"""Every choice of a training that is not data, with the defaults of the bundled models."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

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

NONE, SYNONYMS = "none", "synonyms"
AUGMENTATIONS = (NONE, SYNONYMS)
"""What words of lessons may be replaced by."""

Value = TypeVar("Value")
Range = tuple[float, float]

SEEDS: Range = (0, MOST_SEED)
UNITS: Range = (1, MOST_UNITS)
EPOCHS: Range = (1, MOST_EPOCHS)
STEPS: Range = (1, MOST_STEPS)
RATES: Range = (LEAST_RATE, MOST_RATE)
DROPOUTS: Range = (0, 0.99)

NETWORK, TAILORED, FINETUNING = "Network", "Tailored network", "Fine-tuning"
LEARNING, LESSONS, ENCODER = "Learning", "Lessons", "Spiking encoder (snnbert)"
"""What the help of ``bionlp train`` puts options under."""


def setting(
    default: Value,
    help: str | None = None,
    panel: str | None = None,
    only: str | None = None,
    *,
    bounds: Range | None = None,
    choices: tuple[str, ...] = (),
) -> Value:
    """Declare a setting and its option of ``bionlp train``, all that is said of them.

    Parameters
    ----------
    default : object
        The value that it has by itself.
    help : str, optional
        Of its option; without it there is none.
    panel : str, optional
        What the help puts the option under.
    only : str, optional
        The architecture that alone has a use for it. Settings of both are also those of TextCNNs
        that teach an encoder.
    bounds : tuple of float, optional
        Least and most of a number; more would be of no use, and of no end.
    choices : tuple of str, optional
        What a text may be.

    Returns
    -------
    object
        The field of a dataclass that says so in its metadata, to types the default.
    """
    about = {"help": help, "panel": panel, "only": only, "bounds": bounds, "choices": choices}
    return field(default=default, metadata=about)


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
    phrase_pieces : bool
        Whether only the transformer that teaches learns from the phrases. Its answers to them are
        then what networks learn from in place of new sentences, and sentences keep their share.
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
    vector_rate : float
        Peak learning rate of the words' vectors; with 0 they stay as they are.
    rate_penalty : float
        Weight of the mean firing rate in its loss.

    Raises
    ------
    UsageError
        If a number is out of its bounds, or there is no such augmentation or architecture.

    Examples
    --------
    >>> from bionlp import TrainingSettings
    >>> settings = TrainingSettings(maps=50, steps=20)
    >>> settings
    TrainingSettings(maps=50, steps=20)
    >>> settings.decay
    1.0
    """

    seed: int = setting(0, "Of all randomness but the split.", bounds=SEEDS)
    split_seed: int = setting(0, "Of the split into train, dev and test.", bounds=SEEDS)
    length: int | None = setting(
        None,
        "Words a sentence. Default: enough for 95 % of the sentences.",
        NETWORK,
        bounds=(5, MOST_WORDS),
    )
    vocabulary_size: int = setting(20_000, "Words the model knows.", NETWORK, bounds=(1, 10**7))
    widths: tuple[int, ...] = setting((3, 4, 5))
    maps: int = setting(100, "Feature maps a width.", NETWORK, bounds=UNITS)
    neurons_per_class: int = setting(10, "Output neurons a class.", NETWORK, bounds=UNITS)
    dropout: float = setting(0.5, "Of pooled features.", NETWORK, bounds=DROPOUTS)
    threshold: float = setting(
        1.0, "Of every neuron.", NETWORK, TEXTCNN, bounds=(LEAST_PARAMETER, MOST_THRESHOLD)
    )
    decay: float = setting(
        1.0, "Of every membrane per step, in (0, 1].", NETWORK, TEXTCNN, bounds=(LEAST_PARAMETER, 1)
    )
    steps: int = setting(50, "Steps a sentence.", NETWORK, TEXTCNN, bounds=STEPS)
    silent_below: float = setting(
        -BOUND,
        "Embedding values below this never fire, in standard deviations from the mean.",
        NETWORK,
        TEXTCNN,
        bounds=(-10, BOUND - 0.01),
    )
    batch_size: int = setting(50, "Sentences in a step.", TAILORED, bounds=UNITS)
    tailored_epochs: int = setting(5, "Passes over the training split.", TAILORED, bounds=EPOCHS)
    tailored_rate: float = setting(1e-3, "Learning rate.", TAILORED, bounds=RATES)
    embedding_rate: float = setting(
        1e-2, "Learning rate of the embeddings.", TAILORED, TEXTCNN, bounds=RATES
    )
    noise_steps: int | None = setting(
        25,
        "Noise of the tailored stage's input; 0 for none.",
        TAILORED,
        TEXTCNN,
        bounds=(0, MOST_STEPS),
    )
    finetuning_batch_size: int = setting(
        32, "Sentences in a step.", FINETUNING, TEXTCNN, bounds=UNITS
    )
    finetuning_epochs: int = setting(
        3, "Passes over the training split.", FINETUNING, TEXTCNN, bounds=EPOCHS
    )
    finetuning_rate: float = setting(3e-4, "Learning rate.", FINETUNING, TEXTCNN, bounds=RATES)
    annealed: bool = setting(True, "Let learning rates fall to zero along half a cosine.", LEARNING)
    finetuning_steps: int = setting(
        10, "Steps a sentence in fine-tuning.", FINETUNING, TEXTCNN, bounds=STEPS
    )
    gain: float = setting(
        5.0,
        "Factor on the tailored network's initial weights.",
        TAILORED,
        TEXTCNN,
        bounds=(LEAST_PARAMETER, 1e6),
    )
    centred: bool = setting(True, "Keep the kernels of zero mean.", TAILORED, TEXTCNN)
    select_converted: bool = setting(
        True, "Select the tailored epoch by its accuracy after conversion.", LEARNING, TEXTCNN
    )
    diversity: float = setting(
        0.3,
        "Spread of a class's weights before fine-tuning.",
        FINETUNING,
        TEXTCNN,
        bounds=(0, 1_000),
    )
    teachers: int = setting(
        3, "Original TextCNNs that teach the networks; 0 for none.", LESSONS, bounds=(0, 100)
    )
    pieces: int = setting(
        2, "New sentences, for each sentence, that they teach with.", LESSONS, bounds=(0, 1_000)
    )
    teacher: str | None = setting(
        None,
        "Transformer that teaches instead of TextCNNs, or beside the --teachers that are asked "
        "for: minilm, a folder, or a name that the library transformers knows.",
        LESSONS,
    )
    teacher_epochs: int = setting(3, "Passes of its fine-tuning.", LESSONS, bounds=EPOCHS)
    teacher_rate: float = setting(3e-5, "Learning rate of its fine-tuning.", LESSONS, bounds=RATES)
    teacher_batch_size: int = setting(
        32, "Sentences in a step of its fine-tuning.", LESSONS, bounds=UNITS
    )
    phrases: bool = setting(False, "Learn from labelled phrases, too, of sst2 and sst5.", LESSONS)
    phrase_pieces: bool = setting(
        False,
        "Have only the --teacher learn from the phrases; networks learn from sentences, and what "
        "it says of phrases in place of new sentences.",
        LESSONS,
    )
    augment: str = setting(
        NONE,
        f"{', '.join(AUGMENTATIONS)}: what words are replaced by while networks learn, as a "
        "defence against attacks.",
        LESSONS,
        choices=AUGMENTATIONS,
    )
    augment_share: float = setting(
        0.3, "Probability that a word is replaced.", LESSONS, bounds=(0, 1)
    )
    architecture: str = setting(
        TEXTCNN,
        f"{', '.join(ARCHITECTURES)}: a TextCNN that becomes a spiking network, or a spiking "
        "transformer that reads a word a step.",
        NETWORK,
        choices=ARCHITECTURES,
    )
    width: int = setting(128, "Neurons of the residual current.", ENCODER, SNNBERT, bounds=UNITS)
    blocks: int = setting(2, "Blocks of attention.", ENCODER, SNNBERT, bounds=(1, 100))
    heads: int = setting(4, "Heads of an attention.", ENCODER, SNNBERT, bounds=UNITS)
    hidden: int = setting(512, "Neurons of a feed-forward part.", ENCODER, SNNBERT, bounds=UNITS)
    causal: bool = setting(False, "Tell a word only of what came before.", ENCODER, SNNBERT)
    spike_dropout: float = setting(
        0.4, "Of spikes into the residual current.", ENCODER, SNNBERT, bounds=DROPOUTS
    )
    word_dropout: float = setting(
        0.2, "Probability that a word is left out in training.", ENCODER, SNNBERT, bounds=DROPOUTS
    )
    encoder_batch_size: int = setting(64, "Sentences in a step.", ENCODER, SNNBERT, bounds=UNITS)
    encoder_epochs: int = setting(
        12, "Passes over the training split.", ENCODER, SNNBERT, bounds=EPOCHS
    )
    encoder_rate: float = setting(4e-3, "Learning rate.", ENCODER, SNNBERT, bounds=RATES)
    vector_rate: float = setting(
        0.0,
        "Learning rate of the words' vectors, such as 3e-4; 0 leaves them as they are.",
        ENCODER,
        SNNBERT,
        bounds=(0, MOST_RATE),
    )
    rate_penalty: float = setting(
        0.0, "Weight of the mean firing rate in the loss.", ENCODER, SNNBERT, bounds=(0, 1e6)
    )

    def __post_init__(self):
        for each in fields(self):
            value = getattr(self, each.name)
            _check_choice(each.name, value, each.metadata["choices"])
            _check_bounds(each.name, value, each.metadata["bounds"])


def _check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    if choices and value not in choices:
        raise UsageError(f"unknown {name} {value!r}; choose one of {', '.join(choices)}")


def _check_bounds(name: str, value: Any, bounds: Range | None) -> None:
    if bounds is None or value is None:
        return
    least, most = bounds
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
    _check_choice("recipe", name, tuple(RECIPES))
    return replace(TrainingSettings(), **RECIPES[name] | changes)
