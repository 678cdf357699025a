"""Words of two sentences, paired with the fewest changes."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.alignment import Pair, align

SENTENCES = st.lists(st.sampled_from("abc"), max_size=7)


def told(original, changed):
    return [
        (
            None if pair.original is None else original[pair.original],
            None if pair.changed is None else changed[pair.changed],
        )
        for pair in align(original, changed)
    ]


@pytest.mark.parametrize(
    ("original", "changed", "pairs"),
    [
        ("a funny film", "a laughable film", ["a/a", "funny/laughable", "film/film"]),
        ("a film", "a very good film", ["a/a", "/very", "/good", "film/film"]),
        ("a very good film", "a film", ["a/a", "very/", "good/", "film/film"]),
        ("good film", "film good", ["good/film", "film/good"]),
        ("a", "b c", ["/b", "a/c"]),
    ],
)
def test_pairs_of_sentences(original, changed, pairs):
    found = told(original.split(), changed.split())
    assert [f"{before or ''}/{after or ''}" for before, after in found] == pairs


def test_a_word_that_moved_is_the_same_word_and_does_not_stay():
    first, put_in, moved = align(["a", "film"], ["a", "new", "film"])
    assert first == Pair(0, 0, True)
    assert first.stays
    assert put_in == Pair(None, 1, False)
    assert moved == Pair(1, 2, True)
    assert not moved.stays


def fewest(original, changed):
    """Count changes by the recursion itself."""

    @cache
    def distance(i, j):
        if not i or not j:
            return i + j
        replaced = distance(i - 1, j - 1) + (original[i - 1] != changed[j - 1])
        return min(replaced, distance(i - 1, j) + 1, distance(i, j - 1) + 1)

    return distance(len(original), len(changed))


@given(SENTENCES, SENTENCES)
def test_each_word_is_in_one_pair_in_order_and_changes_are_fewest(original, changed):
    pairs = align(original, changed)
    assert [p.original for p in pairs if p.original is not None] == list(range(len(original)))
    assert [p.changed for p in pairs if p.changed is not None] == list(range(len(changed)))
    for pair, (before, after) in zip(pairs, told(original, changed), strict=True):
        assert pair.same == (before == after)
    assert sum(not pair.same for pair in pairs) == fewest(original, changed)


@given(SENTENCES)
def test_a_sentence_stays_itself(sentence):
    assert all(pair.stays for pair in align(sentence, sentence))
