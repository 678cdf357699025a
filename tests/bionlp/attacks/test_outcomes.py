"""What is summed up of outcomes is what it says."""

import pytest

from bionlp.attacks.outcomes import DEFINITIONS, Adversarial, Outcome, summarise
from bionlp.attacks.plan import Joined, make_plan
from bionlp.errors import UsageError


def adversarial(wrong, *, words=("x",), unknown=0, similarity=0.9):
    places = tuple(range(len(words)))
    return Adversarial("text", places, words, unknown, similarity, 1, wrong)


def outcome(label=0, clean_wrong=0.0, once=None, insisting=None, queries=10):
    return Outcome(0, "a text", 0, label, 2, clean_wrong, once, insisting, queries)


OUTCOMES = [
    outcome(),
    outcome(label=1, clean_wrong=0.75, queries=1),
    outcome(once=adversarial(0.25), queries=20),
    outcome(
        once=adversarial(0.5, words=("x", "y"), unknown=1, similarity=0.7),
        insisting=adversarial(0.9),
        clean_wrong=0.25,
    ),
    outcome(once=adversarial(1.0), insisting=adversarial(1.0)),
]


def test_three_definitions():
    assert [o.robust("once") for o in OUTCOMES] == [True, False, False, False, False]
    assert [o.robust("lasting") for o in OUTCOMES] == [True, False, True, True, False]
    assert [o.robust("insisting") for o in OUTCOMES] == [True, False, True, False, False]


def test_the_summary():
    found = summarise(OUTCOMES)
    assert (found["n"], found["right"]) == (5, 4)
    assert found["clean"]["accuracy"] == 0.8
    assert found["clean"]["fresh"] == pytest.approx(0.8)
    assert found["clean"]["unstable"] == 0.4
    assert [found[name]["robust"] for name in DEFINITIONS] == [0.2, 0.6, 0.4]
    assert [found[name]["success"] for name in DEFINITIONS] == [0.75, 0.25, 0.5]
    assert found["known"] == 0.5
    assert found["undone"] == pytest.approx(2 / 3)
    assert found["fresh_accuracy"] == pytest.approx(1 - (0 + 0.75 + 0.25 + 0.5 + 1) / 5)
    assert found["queries"] == pytest.approx((10 + 20 + 10 + 10) / 4)
    assert found["changed"] == pytest.approx(4 / 3)
    assert found["similarity"] == pytest.approx(2.5 / 3)
    assert found["unknown"] == 0.25
    flags = {"right": "10111", "once": "10000", "lasting": "10110", "insisting": "10100"}
    assert found["flags"] == flags
    low, high = found["once"]["interval"]
    assert low < 0.2 < high


def test_the_summary_of_nothing_found():
    found = summarise([outcome(label=1)])
    assert found["once"]["robust"] == 0
    for name in ("known", "undone", "queries", "changed", "similarity", "unknown"):
        assert found[name] is None
    assert found["once"]["success"] is None


def test_parts_take_turns():
    class Part:
        def __init__(self, name, words):
            self.name, self.words = name, words

        def propose(self, words, place):
            return self.words

    joined = Joined([Part("a", ["1", "2", "3"]), Part("b", ["x", "1"])], 4)
    assert joined.name == "a + b"
    assert joined.propose(["w"], 0) == ["1", "x", "2", "3"]


def test_names_that_do_not_exist():
    with pytest.raises(UsageError, match="unknown attack 'hotflip'; choose one of textfooler"):
        make_plan("hotflip", "en")
    with pytest.raises(UsageError, match="textbugger knows no words of language 'zh'"):
        make_plan("textbugger", "zh")
