"""The search finds the weak word of a classifier, and keeps to its constraints."""

from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bionlp.attacks.constraints import Constraints, Text
from bionlp.attacks.noise import INSISTING
from bionlp.attacks.parts.stopwords import is_place
from bionlp.attacks.run import Plan, attack
from bionlp.attacks.search import CHECKS, WRONG, Search, Trace, by_importance, by_saliency
from bionlp.attacks.victims import SpikingVictim
from bionlp.datasets import Example
from bionlp.text import tokenize

NEGATIVE, POSITIVE = 0, 1
SYNONYMS = {
    "terrible": ["horrible", "dreadful", "awful"],
    "dreadful": ["terrible", "horrible"],
    "horrible": ["dreadful", "unheard-of"],
    "film": ["story"],
    "story": ["film"],
    "the": ["a"],
}
SENTENCE = "the film was a terrible story ."


def search(classifier, candidates, constraints, text=SENTENCE, **limits):
    limits = {"most_changes": 3, "most_queries": 1000} | limits
    victim = SpikingVictim(classifier)
    text = Text.of(text, "en")
    return Search(victim, 0, text, NEGATIVE, candidates, constraints, **limits)


@pytest.mark.parametrize("order", [by_importance, by_saliency])
def test_the_weak_word_is_found(swayed, listed, lenient, order):
    trace = search(swayed, listed(SYNONYMS), lenient).run(order)
    assert trace.label == NEGATIVE
    found = trace.first(3)
    assert found.label == POSITIVE
    assert found.text.words == ("the", "film", "was", "a", "awful", "story", ".")
    assert found.changed == (4,)
    assert found.lasting
    assert trace.stages == [found]
    assert trace.lasting(1) == found
    assert found.queries == trace.asked(3) <= trace.queries


def test_the_most_important_word_comes_first(swayed, listed, lenient):
    running = search(swayed, listed(SYNONYMS), lenient)
    places = running.places()
    assert [running.text.words[place] for place in places] == ["film", "terrible", "story"]
    importance = running.importance(places)
    assert places[int(importance.argmax())] == 4
    first, _ = next(by_importance(running))
    assert first == 4


def test_without_a_candidate_a_sentence_is_robust(swayed, listed, lenient):
    for order in (by_importance, by_saliency):
        trace = search(swayed, listed({}), lenient).run(order)
        assert trace.stages == []
        assert trace.first(9) is trace.lasting(9) is None
    blank = search(swayed, listed(SYNONYMS), lenient, text="the was a terrible").run(by_saliency)
    assert blank.first(1)


def test_what_is_wrong_already_is_not_attacked(swayed, listed, lenient):
    trace = search(swayed, listed(SYNONYMS), lenient, text="a great film").run(by_importance)
    assert trace.label == POSITIVE
    assert trace.stages == []
    assert trace.queries == 1


def test_the_budget_of_queries_is_kept(swayed, listed, lenient):
    for most in range(1, 12):
        for order in (by_importance, by_saliency):
            trace = search(swayed, listed(SYNONYMS), lenient, most_queries=most).run(order)
            assert trace.queries <= most


# Words that are unsure, in short presentations: a first success comes of noise now and then.
UNSURE = {"terrible": ["horrible"], "horrible": ["film"], "dreadful": ["film"]}


def unsure(classifier, seed, candidates, constraints, most):
    victim = SpikingVictim(classifier, seed=seed, steps=5)
    text = Text.of("horrible film dreadful great film", "en")
    limits = {"most_changes": most, "most_queries": 1000}
    return Search(victim, seed, text, NEGATIVE, candidates, constraints, **limits)


def test_fewer_changes_are_the_beginning_of_more(swayed, listed, lenient):
    several = 0
    for order, seed in product((by_importance, by_saliency), range(20)):
        traces = [
            unsure(swayed, seed, listed(UNSURE), lenient, most).run(order) for most in (1, 2, 5)
        ]
        longest = traces[-1]
        several += len(longest.stages) > 1
        for most, trace in zip((1, 2), traces, strict=False):
            assert trace.stages == longest.stages[:most]
            for found in (Trace.first, Trace.lasting):
                assert found(trace, most) == found(longest, most)
            assert trace.asked(most) <= longest.asked(most) <= longest.queries
    assert several


def test_insisting_goes_on_until_most_presentations_are_wrong(swayed, listed, lenient):
    going_on = 0
    for number in range(40):
        running = unsure(swayed, number, listed(UNSURE), lenient, 5)
        victim = running.victim
        trace = running.run(by_importance)
        for stage in trace.stages:
            labels = victim.draws([stage.text.words], number, INSISTING, CHECKS)[0]
            expected = bool((labels != NEGATIVE).sum() >= WRONG)
            assert stage.lasting == (None if stage.label == NEGATIVE else expected)
        wrong = [stage.lasting for stage in trace.stages if stage.label != NEGATIVE]
        assert wrong.count(True) <= 1
        assert True not in wrong[:-1]
        going_on += len(wrong) > 1
    assert going_on


class Alike:
    """An encoder that counts letters, and remembers what it was asked."""

    name = "letters"

    def encode(self, texts):
        letters = "abcdefghijklmnopqrstuvwxyz -"
        counts = np.array([[text.count(letter) for letter in letters] for text in texts], float)
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)


class Ends:
    """A tagger by last letters."""

    name = "ends"

    def tag(self, words):
        return [word[-1] for word in words]


WORDS = ("terrible", "dreadful", "horrible", "awful", "film", "story", "the", "was", "great", ".")


@given(
    words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=14),
    candidates=st.dictionaries(
        st.sampled_from(WORDS), st.lists(st.sampled_from(WORDS), max_size=4), max_size=8
    ),
    share=st.sampled_from([0.1, 0.3, 1.0]),
    similarity=st.sampled_from([0.9, 0.7, 0.0]),
    order=st.sampled_from([by_importance, by_saliency]),
)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_constraints_hold_on_every_text(
    swayed, listed, words, candidates, share, similarity, order
):
    constraints = Constraints(Alike(), Ends(), similarity=similarity)
    proposed = {word: [n for n in new if n != word] for word, new in candidates.items()}
    plan = Plan(order, listed(proposed), constraints, (share,), draws=2)
    text = " ".join(words)
    (outcome,) = attack(SpikingVictim(swayed), [Example(text, NEGATIVE)], plan)[share]
    original = tokenize(text, "en")
    for found in filter(None, (outcome.once, outcome.insisting)):
        new = tokenize(found.text, "en")
        assert len(new) == len(original)
        places = [n for n, pair in enumerate(zip(original, new, strict=True)) if len(set(pair)) > 1]
        assert sorted(found.places) == places
        assert [new[place] for place in found.places] == list(found.words)
        counted = sum(word != "." for word in original)
        assert len(places) < share * counted + 1
        for place in places:
            assert is_place(original[place], "en")
            assert new[place] in proposed[original[place]]
            assert new[place][-1] == original[place][-1]
        vectors = Alike().encode([" ".join(original), found.text])
        assert vectors[0] @ vectors[1] >= similarity - 1e-12
        assert found.similarity == pytest.approx(vectors[0] @ vectors[1])


def test_a_text_is_read_as_it_was_made():
    english = Text.of("A terrible film.", "en")
    assert str(english) == "a terrible film ."
    assert english.is_stable
    chinese = Text.of("房间很大，服务不错", "zh")
    assert str(chinese) == "房间很大，服务不错"
    # Without blanks another word may come of two.
    parted = Text.of("上海 自来 水", "zh")
    assert parted.separator == " "
    assert parted.is_stable
    assert not english.replaced(1, "do n't").is_stable


def test_what_would_be_read_otherwise_is_no_candidate(lenient):
    text = Text.of(SENTENCE, "en")
    allowed = lenient.allowed(text, text, 4, ["bad.", "cannot", "awful"])
    assert allowed == [("awful", 1.0)]
