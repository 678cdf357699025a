"""What is attacked: something that reads words and answers with a number for each class.

A victim reads a sentence once, and is then asked about many sentences that differ in one word. A
spiking network computes only what the word reaches (:mod:`networks.pytorch.substitution`), as long
as the noise of its input is common to all queries: position, feature and step keep their uniform
number u, and spike where u < rate of the word that stands there now.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
import torch

from bionlp.attacks.noise import QUERIED, Noise
from bionlp.classifier import TextClassifier
from bionlp.decision import UNDECIDED, predict_labels
from bionlp.encoding import dequantise, uniforms
from bionlp.vocabulary import PADDING, Vocabulary
from networks.pytorch import SpikingNetwork
from networks.pytorch.substitution import Substitutions, branches_of
from networks.textcnn import TextCNN

BATCH = 32
"""Presentations that are computed together."""

Change = tuple[int, str | None]
"""A place in a sentence, and the word that is put there; None for silence."""


class Victim(ABC):
    """A classifier of words.

    Attributes
    ----------
    name : str
        What reports call it.
    language : {"en", "zh"}
        Of its words.
    vocabulary : Vocabulary
        The words that it knows.
    length : int
        Words that it reads; further ones change nothing.
    """

    def __init__(self, name: str, language: str, vocabulary: Vocabulary, length: int):
        self.name, self.language = name, language
        self.vocabulary, self.length = vocabulary, length

    def ids(self, words: Sequence[str]) -> np.ndarray:
        """Return the ids of the words that are read."""
        return np.array(self.vocabulary.ids(words[: self.length]) or [PADDING])

    def knows(self, word: str) -> bool:
        """Tell whether it has an embedding of a word."""
        return self.vocabulary.ids([word]) != [PADDING]

    @abstractmethod
    def read(self, words: Sequence[str], number: int) -> Reading:
        """Begin with a sentence.

        Parameters
        ----------
        words : sequence of str
            Its words.
        number : int
            Of the sentence in its split, which seeds its noise.

        Returns
        -------
        Reading
            What can be asked.
        """

    @abstractmethod
    def draws(self, sentences: Sequence[Sequence[str]], number: int, first: int, draws: int):
        """Label sentences again and again, each time by another presentation.

        Parameters
        ----------
        sentences : sequence of sequence of str
            Some versions of a sentence.
        number : int
            Of the sentence in its split.
        first : int
            Added to the seed for the first presentation; each further one adds 1.
        draws : int
            Presentations; a victim without noise needs one.

        Returns
        -------
        numpy.ndarray of int, shape (sentences, draws or 1)
            The labels.
        """

    @abstractmethod
    def shares(self, ids: Sequence[np.ndarray], number: int, before: int) -> np.ndarray:
        """Ask about sentences that need not have a word in common.

        Parameters
        ----------
        ids : sequence of numpy.ndarray of int
            The ids of their words, so many of each as :meth:`ids` gives; all of one length.
        number : int
            Of the sentence whose noise they get.
        before : int
            Queries so far, which tells the noise of each query where that is another one.

        Returns
        -------
        numpy.ndarray of float, shape (sentences, classes)
            As of :meth:`Reading.answers`.
        """


class Reading(ABC):
    """A victim with a sentence.

    Attributes
    ----------
    words : list of str
        The sentence as it is now.
    queries : int
        Sentences that the victim was asked about.
    """

    def __init__(self, words: Sequence[str]):
        self.words = list(words)
        self.queries = 0

    def answers(self, changes: Sequence[Change]) -> np.ndarray:
        """Ask about sentences that differ from this one in one word.

        Parameters
        ----------
        changes : sequence of (int, str or None)
            Which word is another one.

        Returns
        -------
        numpy.ndarray of float, shape (changes, classes)
            A share for each class, summing to 1: probabilities of a TextCNN, votes of a spiking
            network with one more for each class. All alike where nobody votes.
        """
        self.queries += len(changes)
        return self._answers(changes)

    def answer(self) -> np.ndarray:
        """Ask about the sentence as it is, shape (classes,)."""
        return self.answers([(0, self.words[0] if self.words else None)])[0]

    def change(self, place: int, word: str) -> None:
        """Put another word into the sentence, for all that follows."""
        self.words[place] = word
        self._change(place)

    @abstractmethod
    def _answers(self, changes: Sequence[Change]) -> np.ndarray: ...

    def _change(self, place: int) -> None:  # noqa: B027, most have nothing to do
        """Do what a change of a word needs."""


def label_of(scores: np.ndarray) -> np.ndarray:
    """Return the class with the largest share; undecided where there is no single one."""
    return predict_labels(scores)


class TextCNNVictim(Victim):
    """A TextCNN, original or tailored, which has no noise.

    Parameters
    ----------
    name, language, vocabulary
        As of :class:`Victim`.
    model : TextCNN
        In evaluation mode.
    """

    def __init__(self, name: str, language: str, vocabulary: Vocabulary, model: TextCNN):
        super().__init__(name, language, vocabulary, model.length)
        self.model = model.eval()

    @torch.no_grad()
    def probabilities(self, ids: np.ndarray) -> np.ndarray:
        """Return the softmax of the logits of sentences of one length, shape (n, classes)."""
        device = self.model.embedding.weight.device
        logits = self.model(torch.from_numpy(ids).to(device))
        return logits.double().softmax(dim=-1).cpu().numpy()

    def read(self, words: Sequence[str], number: int) -> Reading:
        """Begin with a sentence."""
        return _TextCNNReading(self, words)

    def draws(
        self, sentences: Sequence[Sequence[str]], number: int, first: int, draws: int
    ) -> np.ndarray:
        """Label sentences once."""
        given = [label_of(self.probabilities(self.ids(words)[None])) for words in sentences]
        return np.array(given).reshape(len(sentences), 1)

    def shares(self, ids: Sequence[np.ndarray], number: int, before: int) -> np.ndarray:
        """Return their probabilities."""
        return self.probabilities(np.stack(ids))


class _TextCNNReading(Reading):
    def __init__(self, victim: TextCNNVictim, words: Sequence[str]):
        super().__init__(words)
        self._victim = victim

    def _answers(self, changes: Sequence[Change]) -> np.ndarray:
        rows = [_changed(self._victim, self.words, change) for change in changes]
        return self._victim.probabilities(np.stack(rows))


class SpikingVictim(Victim):
    """A spiking network, with the noise of its presentations.

    Parameters
    ----------
    classifier : TextClassifier
        The model.
    seed : int
        Of all presentations, see :mod:`bionlp.attacks.noise`.
    noise : Noise
        What queries have in common.
    steps : int, optional
        Length of a presentation, by default that which the model was trained for.
    """

    def __init__(
        self,
        classifier: TextClassifier,
        *,
        seed: int = 0,
        noise: Noise | None = None,
        steps: int | None = None,
    ):
        classifier.require_rates("attacks are")
        super().__init__(
            classifier.name, classifier.language, classifier.vocabulary, classifier.length
        )
        self.classifier, self.seed = classifier, seed
        self.noise = noise or Noise()
        self.steps = steps or classifier.steps
        self.model = SpikingNetwork(classifier.network).eval()
        self.can_substitute = branches_of(classifier.network) is not None
        # Other attacks ask for the same sentences again.
        self._labels: dict[tuple[tuple[str, ...], int, range], np.ndarray] = {}

    def rates(self, ids: np.ndarray) -> np.ndarray:
        """Return the firing rates of words, shape (words, features)."""
        return dequantise(self.classifier.levels[ids])

    def read(self, words: Sequence[str], number: int) -> Reading:
        """Begin with a sentence."""
        if self.noise.kind != "fresh" and self.can_substitute:
            return _CommonNoise(self, words, number)
        return _Presented(self, words, number)

    def draws(
        self, sentences: Sequence[Sequence[str]], number: int, first: int, draws: int
    ) -> np.ndarray:
        """Label sentences by several presentations; what it knows no word of is undecided."""
        seeds = range(self.seed + first, self.seed + first + draws)
        keys = [(tuple(words), number, seeds) for words in sentences]
        missing = [key for key in dict.fromkeys(keys) if key not in self._labels]
        if missing:
            ids = [self.ids(words) for words, _, _ in missing]
            labels = label_of(self.votes(ids, number, seeds))
            known = np.array([row.any() for row in ids])
            self._labels.update(
                zip(missing, np.where(known[:, None], labels, UNDECIDED), strict=True)
            )
        return np.stack([self._labels[key] for key in keys])

    def shares(self, ids: Sequence[np.ndarray], number: int, before: int) -> np.ndarray:
        """Present them as a whole, and return their shares of the votes."""
        if self.noise.kind == "fresh":
            first = self.seed + QUERIED + before
            votes = np.concatenate(
                [self.votes([row], number, [first + k])[:, 0] for k, row in enumerate(ids)]
            )
        else:
            votes = self.votes(ids, number, self.noise.seeds(self.seed)).sum(axis=1)
        known = np.array([row.any() for row in ids])
        return _shares(np.where(known[:, None], votes, 0))

    @torch.no_grad()
    def votes(self, ids: Sequence[np.ndarray], number: int, seeds: Sequence[int]) -> np.ndarray:
        """Present sentences of one length as a whole, shape (sentences, seeds, classes)."""
        rates = self.rates(np.stack(ids))
        like = next(self.model.parameters())
        found = []
        size = max(1, BATCH // len(ids))
        for start in range(0, len(seeds), size):
            numbers = np.stack(
                [
                    uniforms(rates.shape[1:], self.steps, seed=seed, sentence=number)
                    for seed in seeds[start : start + size]
                ]
            )
            spikes = numbers[None] < rates[:, None, None]
            trains = torch.from_numpy(spikes).to(like.dtype).flatten(0, 1).transpose(0, 1)
            counts = self.model(trains).sum(dim=0).unflatten(0, spikes.shape[:2])
            found.append(counts.numpy().astype(np.int64))
        return np.concatenate(found, axis=1)


class _CommonNoise(Reading):
    """All queries share their numbers, so only what a word reaches is computed."""

    def __init__(self, victim: SpikingVictim, words: Sequence[str], number: int):
        super().__init__(words)
        self._victim = victim
        ids = victim.ids(words)
        rates = victim.rates(ids)
        self._numbers = [
            uniforms(rates.shape, victim.steps, seed=seed, sentence=number)
            for seed in victim.noise.seeds(victim.seed)
        ]
        network = victim.classifier.network
        self._presentations = [Substitutions(network, u < rates) for u in self._numbers]

    def _answers(self, changes: Sequence[Change]) -> np.ndarray:
        victim = self._victim
        # A word that is not read replaces nothing, so the first one stands for it.
        read = [c if c[0] < victim.length else (0, self.words[0]) for c in changes]
        places = [place for place, _ in read]
        rates = victim.rates(np.array([_id(victim, word) for _, word in read], dtype=int))
        votes = sum(
            presentation.votes(places, u[:, places] < rates)
            for presentation, u in zip(self._presentations, self._numbers, strict=True)
        )
        known = [_changed(victim, self.words, change).any() for change in changes]
        return _shares(np.where(np.array(known)[:, None], votes, 0))

    def _change(self, place: int) -> None:
        if place < self._victim.length:
            rates = self._victim.rates(self._victim.ids([self.words[place]]))[0]
            for presentation, u in zip(self._presentations, self._numbers, strict=True):
                presentation.keep(place, u[:, place] < rates)


class _Presented(Reading):
    """Each query is presented as a whole."""

    def __init__(self, victim: SpikingVictim, words: Sequence[str], number: int):
        super().__init__(words)
        self._victim, self._number = victim, number

    def _answers(self, changes: Sequence[Change]) -> np.ndarray:
        ids = [_changed(self._victim, self.words, change) for change in changes]
        return self._victim.shares(ids, self._number, self.queries - len(changes))


def _id(victim: Victim, word: str | None) -> int:
    return PADDING if word is None else victim.vocabulary.ids([word])[0]


def _changed(victim: Victim, words: Sequence[str], change: Change) -> np.ndarray:
    """Return the ids of a sentence with another word."""
    place, word = change
    ids = victim.ids(words)
    if place < len(ids):
        ids[place] = _id(victim, word)
    return ids


def _shares(votes: np.ndarray) -> np.ndarray:
    """Return (votes + 1) / (all votes + classes), so that no share is 0 or 1.

    Without that, an attack could not tell 200 votes to none from 50 to none: all words would be
    equally important, and no candidate would be an improvement.
    """
    return (votes + 1) / (votes.sum(axis=-1, keepdims=True) + votes.shape[-1])
