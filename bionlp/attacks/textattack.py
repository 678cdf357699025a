"""A door to TextAttack (Morris et al. 2020), whose recipes attack whatever labels texts.

:class:`VictimWrapper` makes a model of ours such a thing. The other classes hand our parts of
attacks to its searches: replacements (:class:`PlanSwap`), the places that may be changed
(:class:`PlanPlaces`), and the test of similarity and part of speech (:class:`PlanConstraint`).

TextAttack asks about texts, not about changes of one. So every query is a whole presentation, and
what :mod:`bionlp.attacks.victims` saves by common noise is not saved here. It also knows words of
its own, without punctuation and in the case that they are written in; they are aligned with ours.

Importing this module imports TextAttack, which takes several seconds, and which looks for NLTK's
data on its first import and downloads them if it can.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import groupby

import numpy as np

from bionlp.attacks.constraints import Constraints, Text
from bionlp.attacks.parts.candidates import Candidates
from bionlp.attacks.run import Plan
from bionlp.attacks.victims import BATCH, SpikingVictim, Victim
from bionlp.errors import PartError
from bionlp.text import check_text, tokenize

_EXTRA = "pip install 'bionlp[textattack]', into an environment of its own"
try:
    from textattack import Attack
    from textattack.constraints import Constraint, PreTransformationConstraint
    from textattack.constraints.pre_transformation import RepeatModification
    from textattack.goal_functions import UntargetedClassification
    from textattack.models.wrappers import ModelWrapper
    from textattack.search_methods import GreedyWordSwapWIR, SearchMethod
    from textattack.shared import AttackedText
    from textattack.transformations import WordSwap
except ImportError as error:
    raise PartError(f"TextAttack cannot be imported ({error}); {_EXTRA}") from error
except LookupError as error:
    # Only NLTK raises that, in many lines.
    raise PartError(
        "TextAttack needs stop words of NLTK to be imported; python -m nltk.downloader stopwords"
    ) from error

_UNKNOWN = "unk"


class VictimWrapper(ModelWrapper):
    """A model that TextAttack can ask.

    A text gets a share for each class, summing to 1 (:meth:`bionlp.attacks.victims.Victim.shares`).
    Where no neuron votes, or no word is known, all classes have the same. TextAttack takes the
    first of equal ones for the label, which we call undecided.

    The noise of a spiking network is drawn from the victim's seed and a sentence's number, and
    TextAttack does not say which sentence it asks about. So all texts get the noise of one number:
    two texts of the same length meet the same spikes wherever their words are the same, and texts
    of other lengths, as where a word was deleted, other spikes. Set ``number`` before a sentence
    for the noise that ``bionlp attack`` and ``evaluate`` give it, and clear the caches of the
    attack (``attack.clear_cache()``), which know texts alone. With ``fresh`` noise each query is
    answered anew, if the goal function is made with ``use_cache=False``.

    Parameters
    ----------
    victim : Victim
        Who is attacked.
    number : int
        Of the sentence whose noise all texts get.

    Attributes
    ----------
    model : Victim
        The victim, by the name that TextAttack expects.
    number : int
        As given; may be set.
    queries : int
        Texts that were asked about.
    """

    def __init__(self, victim: Victim, *, number: int = 0):
        self.model, self.number = victim, number
        self.queries = 0

    def __call__(self, text_input_list: Sequence[str], **_) -> np.ndarray:
        """Ask about texts of any length.

        Parameters
        ----------
        text_input_list : sequence of str
            The texts; none may be a pair.

        Returns
        -------
        numpy.ndarray of float, shape (texts, classes)
            Their shares.

        Raises
        ------
        TextError
            If one is no text.
        """
        victim = self.model
        ids = [victim.ids(words) for words in self._tokenize(text_input_list)]
        shares: list[np.ndarray] = [np.empty(0)] * len(ids)
        for places in _batches([len(row) for row in ids]):
            found = victim.shares([ids[place] for place in places], self.number, self.queries)
            self.queries += len(places)
            for place, row in zip(places, found, strict=True):
                shares[place] = row
        return np.array(shares)

    @property
    def is_repeatable(self) -> bool:
        """Whether a text is answered alike each time."""
        return not (isinstance(self.model, SpikingVictim) and self.model.noise.kind == "fresh")

    @property
    def unknown_word(self) -> str:
        """A word that the victim does not know, so that it is silence to it."""
        word = _UNKNOWN
        while self.model.knows(word):
            word += _UNKNOWN
        return word

    def _tokenize(self, inputs: Iterable[str]) -> list[list[str]]:
        return [tokenize(check_text(text), self.model.language) for text in inputs]


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield the places of texts of one length, not too many at once."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    for _, group in groupby(order, key=lengths.__getitem__):
        places = list(group)
        for start in range(0, len(places), BATCH):
            yield places[start : start + BATCH]


def make_attack(wrapper: VictimWrapper, plan: Plan, search: SearchMethod | None = None) -> Attack:
    """Make an attack of TextAttack's search and our parts, which downloads nothing.

    Parameters
    ----------
    wrapper : VictimWrapper
        Who is attacked.
    plan : Plan
        Its candidates, constraints, largest share of words and queries; the search replaces its
        order, and nothing is judged by fresh presentations.
    search : SearchMethod, optional
        By default TextFooler's, with the importance of words as :mod:`bionlp.attacks.search` has
        it: a word is silenced, by one that the victim does not know, and not deleted.

    Returns
    -------
    textattack.Attack
        It.
    """
    language = wrapper.model.language
    goal = UntargetedClassification(
        wrapper, use_cache=wrapper.is_repeatable, query_budget=plan.most_queries
    )
    constraints = [
        RepeatModification(),
        PlanPlaces(plan.constraints, language),
        PlanConstraint(plan.constraints, language, max(plan.shares)),
    ]
    swap = PlanSwap(plan.candidates, language)
    return Attack(
        goal,
        constraints,
        swap,
        search or GreedyWordSwapWIR("unk", unk_token=wrapper.unknown_word),
    )


@lru_cache(maxsize=1 << 12)
def _read(text: str, language: str) -> Text:
    """Read a text; each is asked for several times, by all that look at it."""
    return Text.of(text, language)


def _aligned(text: AttackedText, language: str) -> tuple[list[str], dict[int, int]]:
    """Return our words of a text, and which of them each of TextAttack's words is."""
    words = tokenize(text.text, language)
    theirs = [word.lower() if language == "en" else word for word in text.words]
    blocks = SequenceMatcher(None, theirs, words, autojunk=False).get_matching_blocks()
    return words, {block.a + k: block.b + k for block in blocks for k in range(block.size)}


def _changed(before: Text, after: Text) -> list[int]:
    """Return where two texts of one length have other words."""
    pairs = zip(before.words, after.words, strict=True)
    return [place for place, (old, new) in enumerate(pairs) if old != new]


class PlanSwap(WordSwap):
    """Replacements from our candidates.

    Parameters
    ----------
    candidates : Candidates
        What they come from.
    language : {"en", "zh"}
        Of the texts.
    """

    def __init__(self, candidates: Candidates, language: str):
        super().__init__()
        self.candidates, self.language = candidates, language

    def _get_transformations(
        self, current_text: AttackedText, indices_to_modify: Iterable[int]
    ) -> list[AttackedText]:
        words, places = _aligned(current_text, self.language)
        return [
            current_text.replace_word_at_index(index, new)
            for index in sorted(set(indices_to_modify) & set(places))
            for new in self.candidates.propose(words, places[index])
        ]


class PlanPlaces(PreTransformationConstraint):
    """Places that may be changed: no function words, punctuation marks and numbers.

    Parameters
    ----------
    constraints : Constraints
        Ours.
    language : {"en", "zh"}
        Of the texts.
    """

    def __init__(self, constraints: Constraints, language: str):
        self.constraints, self.language = constraints, language

    def _get_modifiable_indices(self, current_text: AttackedText) -> set[int]:
        _, places = _aligned(current_text, self.language)
        allowed = set(self.constraints.places(_read(current_text.text, self.language)))
        return {index for index, place in places.items() if place in allowed}


class PlanConstraint(Constraint):
    """Similarity to the original, share of words, part of speech of the word that was put in last.

    Parameters
    ----------
    constraints : Constraints
        Ours, which say how similar is similar enough.
    language : {"en", "zh"}
        Of the texts.
    share : float
        Largest share of words that may be replaced. TextAttack would count ``it's`` as one.
    """

    def __init__(self, constraints: Constraints, language: str, share: float):
        super().__init__(compare_against_original=True)
        self.constraints, self.language, self.share = constraints, language, share

    def _check_constraint_many(
        self, transformed_texts: Sequence[AttackedText], reference_text: AttackedText
    ) -> list[AttackedText]:
        original = self._read(reference_text)
        # All at once, which is what an encoder is quick at; asked one by one, they are remembered.
        self.constraints.similarities(original, [self._read(text) for text in transformed_texts])
        return [text for text in transformed_texts if self._is_allowed(text, original)]

    def _check_constraint(
        self, transformed_text: AttackedText, reference_text: AttackedText
    ) -> bool:
        return bool(self._check_constraint_many([transformed_text], reference_text))

    def _is_allowed(self, text: AttackedText, original: Text) -> bool:
        before, after = self._read(text.attack_attrs["previous_attacked_text"]), self._read(text)
        if not len(original.words) == len(before.words) == len(after.words):
            return False
        places = _changed(before, after)
        most = self.constraints.most(original, self.share)
        if len(places) != 1 or len(_changed(original, after)) > most:
            return False
        new = after.words[places[0]]
        allowed = self.constraints.allowed(original, before, places[0], [new])
        if allowed:
            # By that name TextAttack's search looks for it, to take the most similar of successes.
            text.attack_attrs["similarity_score"] = allowed[0][1]
        return bool(allowed)

    def _read(self, text: AttackedText) -> Text:
        return _read(text.text, self.language)
