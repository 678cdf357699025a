"""A spiking text classifier with the interface of scikit-learn.

    texts, labels -> fit: train a TextCNN, convert, fine-tune -> a spiking network -> predict: votes

Of the texts that it is fitted on, a tenth of each class is the dev part: epochs are selected on it
and confidence is calibrated on it. A text that no class won is given the commonest class of the
training, since scikit-learn knows no answer that is none; how many there were is warned about, and
:meth:`SpikingTextClassifier.answers` tells which.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import train_test_split
from sklearn.utils.validation import check_is_fitted

from bionlp.checkpoint import save_classifier
from bionlp.datasets.model import Dataset, Example, Question, digest_of
from bionlp.devices import choose_device
from bionlp.embeddings import read_word_vectors
from bionlp.errors import ArgumentTypeError
from bionlp.prediction import Answer, predict
from bionlp.progress import Reporter
from bionlp.text import guess_language
from bionlp.training.corpus import Embeddings
from bionlp.training.recipe import make_classifier
from bionlp.training.settings import recipe

DEV_SHARE = 10
"""One of so many texts is in the dev part."""
FEWEST = 3
"""Texts of a class without which it cannot be both learned and selected on."""


class SpikingTextClassifier(ClassifierMixin, BaseEstimator):
    """Train and ask a spiking network as any classifier of scikit-learn.

    Parameters
    ----------
    embeddings : str, Path or gensim.models.KeyedVectors
        Word vectors: a file, a name (see ``bionlp train --help``), or vectors at hand.
    recipe : {"default", "paper", "sparse"}
        How networks are trained.
    settings : mapping, optional
        What is set differently from the recipe
        (:class:`bionlp.training.settings.TrainingSettings`), such as ``{"maps": 50}``.
    language : {"en", "zh"}, optional
        Of the texts; guessed from their characters by default.
    random_state : int
        Seed of the training, the dev part and the input spikes.
    backend : str, optional
        What Brian 2 runs on when the network is asked, such as ``cpp_standalone``; PyTorch without
        it.
    device : {"cpu", "cuda", "auto"}
        Where PyTorch trains and computes.
    verbose : bool
        Whether the progress of the training is shown.

    Attributes
    ----------
    classes_ : numpy.ndarray, shape (classes,)
        The labels, sorted.
    classifier_ : TextClassifier
        The trained model, for :func:`bionlp.simulation.simulate` and everything else.
    class_prior_ : numpy.ndarray of float, shape (classes,)
        Share of each class in what it was fitted on.

    Examples
    --------
    >>> import numpy as np
    >>> from gensim.models import KeyedVectors
    >>> from bionlp.estimator import SpikingTextClassifier
    >>> vectors, rng = KeyedVectors(30), np.random.default_rng(0)
    >>> vectors.add_vectors(["film", "is", "bad", "good"], rng.normal(size=(4, 30)))
    >>> settings = {"maps": 20, "batch_size": 10, "tailored_rate": 0.01, "teachers": 0}
    >>> model = SpikingTextClassifier(vectors, settings=settings)
    >>> texts = [f"film {n} is {('bad', 'good')[n % 2]}" for n in range(200)]
    >>> model.fit(texts, ["no", "yes"] * 100).predict(["a good film"]).tolist()
    ['yes']
    """

    def __init__(
        self,
        embeddings: Any = "glove-wiki-gigaword-300",
        recipe: str = "default",
        *,
        settings: Mapping[str, Any] | None = None,
        language: str | None = None,
        random_state: int = 0,
        backend: str | None = None,
        device: str = "cpu",
        verbose: bool = False,
    ):
        self.embeddings = embeddings
        self.recipe = recipe
        self.settings = settings
        self.language = language
        self.random_state = random_state
        self.backend = backend
        self.device = device
        self.verbose = verbose

    def __sklearn_tags__(self):
        """Say that it takes texts, and no arrays of numbers."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        return tags

    def fit(self, X: Sequence[str], y: Sequence[Any]) -> SpikingTextClassifier:
        """Train on texts and their labels.

        Parameters
        ----------
        X : sequence of str
            Texts.
        y : sequence
            A label for each, of any kind that can be sorted.

        Returns
        -------
        SpikingTextClassifier
            Itself.

        Raises
        ------
        ValueError
            If texts are none, their number is not that of the labels, or there are fewer than two
            classes or than :data:`FEWEST` texts of a class.
        bionlp.errors.BionlpError
            If word vectors cannot be read, a setting is out of range, or the training failed.
        """
        texts, labels = _texts(X), _labels(y)
        if len(texts) != len(labels):
            raise ValueError(f"{len(texts)} texts have {len(labels)} labels; give one for each")
        self.classes_, indices = np.unique(labels, return_inverse=True)
        counts = np.bincount(indices)
        _check_classes(self.classes_, counts)
        self.class_prior_ = counts / counts.sum()
        settings = recipe(
            self.recipe,
            seed=self.random_state,
            split_seed=self.random_state,
            **(self.settings or {}),
        )
        dataset = _dataset(texts, indices, self.classes_, self.language, self.random_state)
        with tempfile.TemporaryDirectory() as folder:
            self.classifier_ = make_classifier(
                dataset,
                _embeddings(self.embeddings),
                Path(folder),
                settings,
                name="estimator",
                report=Reporter(quiet=not self.verbose),
                device=choose_device(self.device),
            )
        return self

    def answers(self, X: Sequence[str]) -> list[Answer]:
        """Ask about texts.

        Parameters
        ----------
        X : sequence of str
            Texts.

        Returns
        -------
        list of Answer
            Votes, probabilities, and why a text has no label if it has none.
        """
        check_is_fitted(self)
        questions = [Question(number, text) for number, text in enumerate(_texts(X), start=1)]
        asked: dict[str, Any] = {"seed": self.random_state, "device": choose_device(self.device)}
        if self.backend is not None:
            from bionlp.engine import Engine

            asked["engine"] = Engine(self.backend)
        return list(predict(self.classifier_, questions, **asked))

    def predict(self, X: Sequence[str]) -> np.ndarray:
        """Return the label of each text, shape (texts,)."""
        answers = self.answers(X)
        _warn_of(answers)
        commonest = int(self.class_prior_.argmax())
        won = [commonest if answer.label is None else answer.label for answer in answers]
        return self.classes_[won]

    def predict_proba(self, X: Sequence[str]) -> np.ndarray:
        """Return how likely each class is, shape (texts, classes).

        A text without a label has the shares of the classes in the training.

        Raises
        ------
        AttributeError
            If there were too few texts to calibrate that.
        """
        check_is_fitted(self)
        if self.classifier_.calibration is None:
            raise AttributeError(
                "there are no probabilities: the dev part, a tenth of the texts, was too small to "
                "calibrate them on; fit on more texts"
            )
        answers = self.answers(X)
        _warn_of(answers)
        rows = [
            self.class_prior_ if answer.probabilities is None else answer.probabilities
            for answer in answers
        ]
        return np.array(rows).reshape(len(answers), len(self.classes_))

    def save(self, folder: str | Path) -> None:
        """Write the model to a folder, for the command line and :func:`load_classifier`."""
        check_is_fitted(self)
        save_classifier(self.classifier_, Path(folder))


def _texts(X: Any) -> list[str]:
    """Return texts as a list, or say that they are none."""
    if isinstance(X, str):
        raise ValueError("a single text was given; put it into a list: [text]")
    if np.ndim(X) not in (0, 1):
        raise ValueError(f"texts are a sequence of strings, not an array of {np.ndim(X)} axes")
    texts = list(X)
    for number, text in enumerate(texts):
        if not isinstance(text, str):
            raise ValueError(f"texts are strings, but number {number} is {type(text).__name__}")
    return [str(text) for text in texts]


def _labels(y: Any) -> np.ndarray:
    if y is None:
        raise ValueError("this classifier requires y to be passed, but the target y is None")
    labels = np.asarray(y)
    if labels.ndim != 1:
        raise ValueError(f"labels are a sequence, not an array of {labels.ndim} axes")
    return labels


def _check_classes(classes: np.ndarray, counts: np.ndarray) -> None:
    if len(classes) < 2:
        raise ValueError(
            f"all labels are one class, {classes.tolist()}; a classifier needs two classes or more"
        )
    fewest = int(counts.argmin())
    if counts[fewest] < FEWEST:
        raise ValueError(
            f"class {classes[fewest].item()!r} has {counts[fewest]} texts; give at least {FEWEST} "
            "of each"
        )


def _dataset(
    texts: list[str], indices: np.ndarray, classes: np.ndarray, language: str | None, seed: int
) -> Dataset:
    """Part texts into train and dev."""
    examples = [Example(text, int(label)) for text, label in zip(texts, indices, strict=True)]
    held = max(-(-len(texts) // DEV_SHARE), len(classes))
    train, dev = train_test_split(
        examples, test_size=held, stratify=indices, random_state=seed % 2**32
    )
    return Dataset(
        "texts",
        language or guess_language(texts),
        tuple(str(label) for label in classes),
        tuple(train),
        tuple(dev),
        (),
        digest=digest_of(examples),
    )


def _embeddings(source: Any) -> Embeddings:
    if isinstance(source, (str, Path)):
        vectors, name = read_word_vectors(source).vectors, Path(source).name
    elif hasattr(source, "index_to_key") and hasattr(source, "vectors"):
        vectors, name = source, "vectors"
    else:
        raise ArgumentTypeError(
            f"embeddings are a file, a name or gensim's KeyedVectors, not {type(source).__name__}"
        )
    return Embeddings(name, vectors.index_to_key, vectors.vectors)


def _warn_of(answers: list[Answer]) -> None:
    without = sum(answer.label is None for answer in answers)
    if without:
        warnings.warn(
            f"{without} of {len(answers)} texts have no label, and are given what is commonest; "
            "answers(texts) tells which and why",
            UserWarning,
            stacklevel=3,
        )
