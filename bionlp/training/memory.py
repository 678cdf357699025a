"""How much memory a training takes, roughly, so that it is refused before it takes it."""

from __future__ import annotations

from bionlp.limits import check_memory
from bionlp.training.corpus import Corpus, Embeddings
from bionlp.training.settings import TrainingSettings

BYTES = 4
"""Of a number in single precision."""
COPIES = 8
"""Of weights: gradient, two moments, the best ones, and those that are being written."""
MEASURED = 32
"""Sentences that are measured together."""
ADVICE = (
    "lower --batch-size, --finetuning-batch-size, --length, --maps, --steps, --finetuning-steps, "
    "--pieces, --teachers or --vocabulary-size"
)


def check_training_memory(
    corpus: Corpus, embeddings: Embeddings, settings: TrainingSettings
) -> None:
    """See that memory suffices for a training.

    Raises
    ------
    UsageError
        If not; the message says how much it needs.
    """
    check_memory(training_memory(corpus, embeddings, settings), "this training", ADVICE)


def training_memory(corpus: Corpus, embeddings: Embeddings, settings: TrainingSettings) -> float:
    """Estimate the bytes that a training takes at its height.

    Parameters
    ----------
    corpus : Corpus
        Gives words, sentences and classes.
    embeddings : Embeddings
        Gives the dimension.
    settings : TrainingSettings
        All choices.

    Returns
    -------
    float
        Less than what is really taken, but not by much.
    """
    features, pooled = embeddings.vectors.shape[1], settings.maps * len(settings.widths)
    outputs = corpus.classes * settings.neurons_per_class
    words = max(len(ids) for split in corpus.splits.values() for ids in split.ids)
    weights = (len(corpus.vocabulary) + 1) * features + pooled * outputs
    weights += settings.maps * features * sum(settings.widths)
    most = {part: min(size, len(corpus.train)) for part, size in _batches(settings).items()}
    sentence = words * (features + 2 * pooled) + outputs
    pieces = settings.pieces if settings.teachers or settings.teacher else 0
    tailored = most["tailored"] * (1 + pieces) * sentence
    finetuning = most["finetuning"] * settings.finetuning_steps * sentence
    measured = min(MEASURED, len(corpus.dev)) * settings.steps * sentence
    return BYTES * (weights * (COPIES + settings.teachers) + max(tailored, finetuning, measured))


def _batches(settings: TrainingSettings) -> dict[str, int]:
    return {"tailored": settings.batch_size, "finetuning": settings.finetuning_batch_size}
