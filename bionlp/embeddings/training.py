"""Training word vectors on one's own text, for where none can be downloaded.

gensim's Word2Vec as skip-gram with negative sampling (Mikolov et al. 2013): the vector of a word is
learnt by telling the words around it from words drawn at random. One worker thread only: with
more, the order of the updates, and so the result, would differ from run to run.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bionlp.errors import EmbeddingError, OutputError
from bionlp.files import atomic_path

if TYPE_CHECKING:
    from gensim.models import KeyedVectors

BINARY_SUFFIX, TEXT_SUFFIX = ".bin", ".txt"


def train_word_vectors(
    sentences: Iterable[Sequence[str]],
    *,
    dimension: int = 300,
    window: int = 5,
    min_count: int = 5,
    epochs: int = 5,
    seed: int = 0,
    on_epoch: Callable[[int], None] | None = None,
) -> "KeyedVectors":
    """Train skip-gram word vectors; the same input gives the same vectors, bit for bit.

    Parameters
    ----------
    sentences : iterable of sequence of str
        Tokenised sentences. It is gone through ``epochs + 1`` times, so not a generator.
    dimension : int, optional
        The length of a vector.
    window : int, optional
        How many words to each side count as the neighbours of a word.
    min_count : int, optional
        Rarer words are left out.
    epochs : int, optional
        How many times to go through the sentences.
    seed : int, optional
        The seed of the start values and of the sampling.
    on_epoch : callable, optional
        Called after each epoch with the number of epochs done.

    Returns
    -------
    gensim.models.KeyedVectors
        The words, the most frequent first, and their vectors of float32.

    Raises
    ------
    EmbeddingError
        If no word occurs ``min_count`` times.
    """
    from gensim.models import Word2Vec

    model = Word2Vec(
        vector_size=dimension, window=window, min_count=min_count, sg=1, workers=1, seed=seed
    )
    model.build_vocab(sentences)
    if not len(model.wv):
        raise EmbeddingError(
            f"no word occurs {min_count} times in the text; give more text or a lower --min-count"
        )
    model.train(
        sentences,
        total_examples=model.corpus_count,
        epochs=epochs,
        callbacks=[_epoch_callback(on_epoch)] if on_epoch else (),
    )
    return model.wv


def save_word_vectors(vectors: "KeyedVectors", path: Path) -> None:
    """Write word vectors in the word2vec format, whole or not at all.

    Parameters
    ----------
    vectors : gensim.models.KeyedVectors
        The words and their vectors.
    path : Path
        The file: binary if it ends in ``.bin``, text if in ``.txt``.

    Raises
    ------
    OutputError
        If the suffix is another or the file cannot be written.
    """
    check_suffix(path)
    with atomic_path(path) as temporary:
        vectors.save_word2vec_format(str(temporary), binary=path.suffix == BINARY_SUFFIX)


def check_suffix(path: Path) -> None:
    """Refuse a file name whose format is not clear, before any work is done.

    Parameters
    ----------
    path : Path
        The file to be written.

    Raises
    ------
    OutputError
        If the suffix is neither ``.bin`` nor ``.txt``.
    """
    if path.suffix not in (BINARY_SUFFIX, TEXT_SUFFIX):
        raise OutputError(
            f"cannot tell the format of {path}; end its name in {BINARY_SUFFIX} for word2vec "
            f"binary or {TEXT_SUFFIX} for text"
        )


def _epoch_callback(on_epoch: Callable[[int], None]) -> object:
    from gensim.models.callbacks import CallbackAny2Vec

    class EpochCounter(CallbackAny2Vec):
        """Counts the epochs for the caller, since gensim does not say the number."""

        def __init__(self) -> None:
            self.done = 0

        def on_epoch_end(self, model: object) -> None:
            self.done += 1
            on_epoch(self.done)

    return EpochCounter()
