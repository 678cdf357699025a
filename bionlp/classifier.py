"""A text classifier: words, their firing rates, and the spiking network they drive.

    text -> tokens -> word ids -> rates in [0, 1] -> (spikes -> network -> votes) -> label
    text -> tokens -> word ids -> a spike a word, in its own step -> (network -> votes) -> label

The second is individual coding (SNN-BERT, 2024): the input has a neuron for each known word, and a
presentation has as many steps as words.

This module covers the part before the parentheses; :mod:`bionlp.simulation` and
:mod:`bionlp.evaluation` run the network in Brian 2 and in PyTorch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from bionlp.confidence import Calibration
from bionlp.encoding import dequantise, one_hot, poisson_spikes
from bionlp.errors import EmptyTextError, UnknownWordsError, UsageError
from bionlp.sentences import Sentence
from bionlp.text import SEPARATOR, check_text, shown, tokenize
from bionlp.vocabulary import PADDING, Vocabulary
from networks.description import Network, choose_inputs

if TYPE_CHECKING:
    from networks.intervention import Intervention
    from networks.perturbation import Perturbations

USUAL_STEPS = 50
"""Steps of a presentation where nothing says otherwise (Lv, Xu & Zheng 2023)."""

WORD_STEPS = 1
"""Steps of each word where it has a step of its own."""
MOST_WORDS = 512
"""Words of a sentence that is read a word a step; memory grows with its square."""

SHOWN_CLASSES = 5
"""Names of classes in a repr."""


@dataclass(frozen=True)
class TextClassifier:
    """All that is needed to classify a text.

    Attributes
    ----------
    name : str
        What the model is called in reports and recordings.
    language : str
        Of its texts, ``en`` or ``zh``.
    label_names : tuple of str
        One per class.
    vocabulary : Vocabulary
        The words it knows.
    levels : numpy.ndarray of uint8, shape (words + 1, features), or None
        Rates in 8 bits (:func:`bionlp.encoding.dequantise`); row 0 is silent. None for a network
        that reads a word a step: its input has a neuron for each word, number id - 1.
    network : Network
        The spiking network; its readout votes for the classes.
    training : dict
        How it was made and what was measured, for the model card.
    calibration : Calibration, optional
        How sure its answers are, if that was measured.
    perturbations : Perturbations, optional
        What was done to the network, and is to be done to its input.
    interventions : tuple of Intervention
        What is done to the network while it reads, which its neurons carry.

    Examples
    --------
    >>> from bionlp import TextClassifier, load_classifier
    >>> classifier = load_classifier("mr")
    >>> isinstance(classifier, TextClassifier), classifier.label_names
    (True, ('negative', 'positive'))
    >>> classifier.read("a gripping film").rates.shape
    (3, 300)
    """

    name: str
    language: str
    label_names: tuple[str, ...]
    vocabulary: Vocabulary
    levels: np.ndarray | Any  # None where a word is a step
    network: Network
    training: dict[str, Any] = field(default_factory=dict)
    calibration: Calibration | None = None
    perturbations: Perturbations | None = None
    interventions: tuple[Intervention, ...] = ()

    def __repr__(self) -> str:
        classes, layers = len(self.label_names), self.network.populations
        names = ", ".join(map(shown, self.label_names[:SHOWN_CLASSES]))
        told = [
            f"{classes} classes ({names}{', ...' if classes > SHOWN_CLASSES else ''})",
            f"{len(self.vocabulary):,} words",
            f"{sum(layer.size for layer in layers):,} neurons in {len(layers)} layers",
        ]
        if self.perturbations:
            told.append(f"perturbed: {self.perturbations}")
        if self.interventions:
            told.append(f"{len(self.interventions)} interventions")
        return f"<TextClassifier {self.name!r} ({self.language}), {', '.join(told)}>"

    @property
    def word_a_step(self) -> bool:
        """Whether each word has a step of its own, instead of all words every step."""
        return self.levels is None

    @property
    def causal(self) -> bool:
        """Whether it has an answer after each word, which later words only add to."""
        return self.word_a_step and self.network.sweeps.count == 1

    @property
    def scored(self) -> bool:
        """Whether class ``i`` stands for the score ``i``."""
        return self.training.get("scored", False)

    @property
    def steps(self) -> int:
        """Steps of the presentations that it was trained for; of a word if each has its own."""
        if self.word_a_step:
            return WORD_STEPS
        return self.training.get("settings", {}).get("steps", USUAL_STEPS)

    def pace(self, steps: int) -> str:
        """Say in words how long a presentation of so many steps is."""
        pace = "a step a word" if self.word_a_step else f"{steps} steps"
        return pace if self.margin is None else f"{pace} or a margin of {self.margin} votes"

    def require_rates(self, what: str) -> None:
        """See that the network is shown firing rates.

        Raises
        ------
        UsageError
            If it reads a word a step; the message says what that is not for.
        """
        if self.word_a_step:
            raise UsageError(
                f"model {self.name!r} reads a word a step, and {what} for models that are shown "
                "firing rates; choose one of these"
            )

    @property
    def length(self) -> int:
        """Most words of a sentence; further ones are cut."""
        return MOST_WORDS if self.word_a_step else self.network.input.shape[0]

    @property
    def classes(self) -> int:
        """Number of classes."""
        return self.network.voting.groups

    @property
    def margin(self) -> int | None:
        """Votes that a class has to be ahead for a presentation to be over before its steps are."""
        return self.network.margin

    def with_margin(self, margin: int | None) -> TextClassifier:
        """Return this classifier with presentations that end when the decision is safe.

        Parameters
        ----------
        margin : int or None
            Votes that a class has to be ahead of all others (:class:`networks.Votes`); None for
            presentations of all steps.

        Returns
        -------
        TextClassifier
            One that is not calibrated: how sure it is was measured with whole presentations.

        Raises
        ------
        UsageError
            If there is no such margin, or the network votes when all has been read.
        """
        try:
            readout = replace(self.network.voting, margin=margin)
            network = replace(self.network, readout=readout)
        except ValueError as error:
            raise UsageError(f"model {self.name!r}: {error}") from error
        return replace(self, network=network, calibration=None)

    def is_calibrated(self, steps: int) -> bool:
        """Tell whether it was measured how sure answers are after so many steps."""
        return self.calibration is not None and self.calibration.steps == steps

    def probabilities(self, votes: np.ndarray, steps: int) -> np.ndarray | None:
        """Return how likely each class is, given the votes.

        Parameters
        ----------
        votes : numpy.ndarray of int, shape (..., classes)
            Output spikes of each class.
        steps : int
            Length of the presentation.

        Returns
        -------
        numpy.ndarray of float, shape (..., classes), or None
            None if this was not measured for presentations of this length.
        """
        if not self.is_calibrated(steps):
            return None
        return cast(Calibration, self.calibration).probabilities(votes)

    def token_ids(self, text: str) -> list[int]:
        """Return the word ids of ``text``, cut to the model's length, one padding id if empty."""
        ids = self.vocabulary.ids(tokenize(text, self.language)[: self.length])
        if self.word_a_step:
            ids = [number for number in ids if number != PADDING]
        return ids or [PADDING]

    def knows_a_word(self, ids: Sequence[int] | np.ndarray) -> bool:
        """Tell whether any of some ids is neither padding nor that of the separator."""
        return not {int(number) for number in ids} <= {PADDING, *self.vocabulary.ids([SEPARATOR])}

    def word_spikes(self, ids: np.ndarray, steps: int) -> np.ndarray:
        """Return the input of a sentence that is read a word a step.

        Parameters
        ----------
        ids : numpy.ndarray of int, shape (words,)
            The sentence.
        steps : int
            Of each word: one.

        Returns
        -------
        numpy.ndarray of bool, shape (words, vocabulary, 1)
            The spikes.

        Raises
        ------
        UsageError
            If words are to have another number of steps.
        """
        if steps != WORD_STEPS:
            raise UsageError(
                f"model {self.name!r} reads each word in a step of its own, not in {steps}; leave "
                "--steps out"
            )
        return one_hot(ids, len(self.vocabulary))

    def perturbed(self, perturbations: Perturbations) -> TextClassifier:
        """Return this classifier with another network, and perhaps another input.

        Parameters
        ----------
        perturbations : Perturbations
            What is done.

        Returns
        -------
        TextClassifier
            One that is not calibrated: how sure it is was measured with its own network.

        Raises
        ------
        UsageError
            If the network has nothing that a perturbation is of, or interventions come first.
        """
        if self.interventions:
            raise UsageError("perturb the network before there are interventions, not after them")
        if perturbations.changes_input:
            self.require_rates(f"{perturbations.steps_on_input} acts on spike trains, and is")
        try:
            network = perturbations.network(self.network)
        except ValueError as error:
            raise UsageError(str(error)) from error
        return replace(self, network=network, calibration=None, perturbations=perturbations)

    def intervened(self, interventions: Sequence[Intervention]) -> TextClassifier:
        """Return this classifier with a network that something is done to while it reads.

        Parameters
        ----------
        interventions : sequence of Intervention
            What is done, beside what is done already.

        Returns
        -------
        TextClassifier
            One that is not calibrated.

        Raises
        ------
        UsageError
            If the network has no such population, neuron or map.
        """
        from networks.intervention import intervene

        try:
            network = intervene(self.network, interventions)
        except ValueError as error:
            raise UsageError(str(error)) from error
        done = (*self.interventions, *interventions)
        return replace(self, network=network, calibration=None, interventions=done)

    @property
    def changes_input(self) -> bool:
        """Whether input spikes are not those of the rates alone."""
        return self.perturbations is not None and self.perturbations.changes_input

    def draw_spikes(
        self, rates: np.ndarray, steps: int, *, seed: int, sentence: int = 0
    ) -> np.ndarray:
        """Draw one presentation of a sentence, as :func:`bionlp.encoding.poisson_spikes` does.

        Where input is perturbed, it is the perturbed one.
        """
        spikes = poisson_spikes(rates, steps, seed=seed, sentence=sentence)
        if not self.changes_input:
            return spikes
        return cast("Perturbations", self.perturbations).input(spikes, seed=seed, number=sentence)

    def narrowed(self, ids: Sequence[np.ndarray]) -> tuple[TextClassifier, list[np.ndarray]]:
        """Leave out all words but those of some sentences, where each word is an input neuron.

        Parameters
        ----------
        ids : sequence of numpy.ndarray of int, each of shape (words,)
            The sentences.

        Returns
        -------
        classifier : TextClassifier
            One that gives these sentences the same votes, with a smaller input; this one if its
            input does not have a neuron for each word.
        ids : list of numpy.ndarray of int
            The sentences in its own ids.
        """
        if not self.word_a_step:
            return self, list(ids)
        every = np.concatenate(ids)
        every = every[every != PADDING] if every.any() else np.array([1])
        # In the order in which they are read, which is how figures show them.
        used = every[np.sort(np.unique(every, return_index=True)[1])]
        words = [self.vocabulary.words[number - 1] for number in used]
        network = choose_inputs(self.network, used - 1)
        order = np.argsort(used)
        places = [order[np.searchsorted(used, sentence, sorter=order)] for sentence in ids]
        own = [
            np.where(sentence == PADDING, PADDING, 1 + place)
            for sentence, place in zip(ids, places, strict=True)
        ]
        return replace(self, vocabulary=Vocabulary(words), network=network), own

    def read(self, text: str) -> Sentence:
        """Turn a text into rates.

        Parameters
        ----------
        text : str
            A sentence in the model's language.

        Returns
        -------
        Sentence
            Its words and rates.

        Raises
        ------
        TextError
            If the text is empty or undecodable, or the model knows none of its words.
        """
        text = check_text(text)
        tokens = tokenize(text, self.language)
        if not tokens:
            raise EmptyTextError("the text is empty; give at least one word")
        words = tuple(tokens[: self.length])
        cut = len(tokens) - len(words)
        ids = self.vocabulary.ids(words)
        unknown = tuple(dict.fromkeys(w for w, i in zip(words, ids, strict=True) if i == PADDING))
        if not self.knows_a_word(ids):
            raise UnknownWordsError(
                f"model {self.name!r} ({self.language}) knows none of the words in "
                f"{shown(text)}; nothing would spike"
            )
        if self.word_a_step:
            known = [(word, number) for word, number in zip(words, ids, strict=True) if number]
            words, ids = tuple(word for word, _ in known), [number for _, number in known]
        rates = None if self.word_a_step else dequantise(self.levels[list(ids)])
        # A model that has not learned from pairs does not know their separator.
        unpaired = any(self.vocabulary.ids([SEPARATOR])) and words.count(SEPARATOR) != 1
        return Sentence(text, words, np.array(ids), rates, unknown, cut, unpaired)
