"""What a training starts from: a dataset as word ids, and a table of word embeddings.

Where texts are pairs, their separator is a word of the vocabulary. Tables of embeddings do not have
it, so its component j is that of a word w[j] which is drawn for each component by itself,

    E[separator, j] = E[w[j], j].

It points in a direction of its own, its length is the usual one, and it is the same vector whether
components are shifted to rates before or afterwards.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np

from bionlp.datasets import Dataset, Example
from bionlp.datasets.loading import no_phrases
from bionlp.errors import DatasetError
from bionlp.text import SEPARATOR, tokenize
from bionlp.training.batches import Encoded
from bionlp.training.settings import TrainingSettings
from bionlp.vocabulary import PADDING, Vocabulary, choose_words

PARTS = ("train", "dev", "test")
PHRASES = "phrases"
LENGTH_QUANTILE = 0.95
"""Share of the training sentences that are not cut."""
SEPARATOR_SEED = 0
"""Of the words that the separator's components are drawn from."""


@dataclass(frozen=True)
class Embeddings:
    """A table of word embeddings.

    Attributes
    ----------
    name : str
        Where they come from, for the record.
    words : sequence of str
        The words, usually the most frequent first.
    vectors : numpy.ndarray of float32, shape (words, dimension)
        As they were trained, of any sign and size.
    """

    name: str
    words: Sequence[str]
    vectors: np.ndarray

    @cached_property
    def words_digest(self) -> str:
        """SHA-256 of the words in their order."""
        found = hashlib.sha256()
        for word in self.words:
            content = word.encode(errors="surrogatepass")
            found.update(f"{len(content)} ".encode() + content)
        return found.hexdigest()

    @cached_property
    def vectors_digest(self) -> str:
        """SHA-256 of shape and values."""
        values = np.ascontiguousarray(self.vectors, dtype="<f4")
        found = hashlib.sha256(repr(values.shape).encode())
        found.update(cast(Any, values))
        return found.hexdigest()

    def random(self, seed: int) -> Embeddings:
        """Return a table of the same words and moments that knows nothing of their meaning."""
        rng = np.random.default_rng(seed)
        vectors = rng.normal(self.vectors.mean(), self.vectors.std(), self.vectors.shape)
        return Embeddings("random", self.words, vectors.astype(np.float32))


@dataclass(frozen=True)
class Corpus:
    """A dataset as word ids.

    Attributes
    ----------
    dataset : Dataset
        The texts.
    vocabulary : Vocabulary
        The words that are known.
    splits : dict of str to Encoded
        Train, dev and test. Phrases to learn from follow the training sentences; those that only a
        teacher learns from are a part of their own.
    length : int
        Words that sentences are cut to.
    """

    dataset: Dataset
    vocabulary: Vocabulary
    splits: dict[str, Encoded]
    length: int

    @property
    def train(self) -> Encoded:
        """The part to learn from, with phrases if there are any."""
        return self.splits["train"]

    @property
    def phrases(self) -> Encoded:
        """Phrases that only a teacher learns from."""
        return self.splits.get(PHRASES, Encoded([], np.zeros(0, dtype=np.int64)))

    @property
    def taught(self) -> tuple[Example, ...]:
        """The texts and labels that a teacher learns from: of the training part, then phrases."""
        examples = self.dataset.train + self.dataset.phrases
        return examples[: len(self.train) + len(self.phrases)]

    @property
    def sentences(self) -> Encoded:
        """The part to learn from without phrases."""
        train, whole = self.train, len(self.dataset.train)
        return Encoded(train.ids[:whole], train.labels[:whole])

    @property
    def dev(self) -> Encoded:
        """The part that choices are made on."""
        return self.splits["dev"]

    @property
    def test(self) -> Encoded:
        """The part that is only reported."""
        return self.splits["test"]

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.dataset.label_names)

    def table(self, embeddings: Embeddings, values: np.ndarray) -> np.ndarray:
        """Look the words of the vocabulary up in a table of embeddings.

        Parameters
        ----------
        embeddings : Embeddings
            Says which row is which word's.
        values : numpy.ndarray of float32, shape (words, dimension)
            Its vectors or its rates.

        Returns
        -------
        numpy.ndarray of float32, shape (len(vocabulary) + 1, dimension)
            By word id; row 0, padding and unknown words, is zero.
        """
        rows = {word: row for row, word in enumerate(embeddings.words)}
        table = np.zeros((len(self.vocabulary) + 1, values.shape[1]), dtype=np.float32)
        words = self.vocabulary.words
        if SEPARATOR in words:
            table[1 + words.index(SEPARATOR)] = _separator(values)
        known = [number for number, word in enumerate(words, start=1) if word != SEPARATOR]
        table[known] = values[[rows[words[number - 1]] for number in known]]
        return table


def encode_corpus(dataset: Dataset, words: Sequence[str], settings: TrainingSettings) -> Corpus:
    """Choose length and vocabulary on the training split, and look all words up.

    Parameters
    ----------
    dataset : Dataset
        The texts.
    words : sequence of str
        Words that have an embedding.
    settings : TrainingSettings
        Length and size of the vocabulary.

    Returns
    -------
    Corpus
        The dataset as word ids.

    Raises
    ------
    DatasetError
        If there is nothing to learn from or to select on.
    UsageError
        If the settings want phrases, and there are none.
    """
    for part in ("train", "dev"):
        if not dataset.split(part):
            raise empty_part(dataset, part)
    if settings.phrases and not dataset.phrases:
        raise no_phrases(dataset.name)
    examples = {part: dataset.split(part) for part in PARTS}
    if settings.phrase_pieces:
        examples[PHRASES] = dataset.phrases
    elif settings.phrases:
        examples["train"] += dataset.phrases
    tokens = {
        part: [tokenize(example.text, dataset.language) for example in some]
        for part, some in examples.items()
    }
    length = settings.length
    if length is None:
        lengths = [len(sentence) for sentence in tokens["train"][: len(dataset.train)]]
        length = max(int(np.quantile(lengths, LENGTH_QUANTILE)), *settings.widths)
    known = [word for word in words if word != SEPARATOR]
    if any(SEPARATOR in sentence for sentence in tokens["train"]):
        known.append(SEPARATOR)
    vocabulary = Vocabulary(choose_words(tokens["train"], known, settings.vocabulary_size))
    splits = {
        part: _encode(tokens[part], some, vocabulary, length) for part, some in examples.items()
    }
    return Corpus(dataset, vocabulary, splits, length)


def _separator(values: np.ndarray) -> np.ndarray:
    """Return the vector of the separator, shape (dimension,)."""
    rng = np.random.default_rng(SEPARATOR_SEED)
    drawn = rng.integers(len(values), size=values.shape[1])
    return values[drawn, np.arange(values.shape[1])]


def empty_part(dataset: Dataset, part: str) -> DatasetError:
    """Return the error of a dataset of which a part is empty."""
    return DatasetError(
        f"{dataset.name} is too small: its {part} part is empty; "
        "give at least ten sentences of each class"
    )


def _encode(
    sentences: Sequence[Sequence[str]],
    examples: Sequence[Example],
    vocabulary: Vocabulary,
    length: int,
) -> Encoded:
    ids = [np.array(vocabulary.ids(tokens[:length]) or [PADDING]) for tokens in sentences]
    return Encoded(ids, np.array([example.label for example in examples]))
