"""Relevance of words: erasure, and the lead it moves."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.attribution import erase_words, relevance

spike_trains = arrays(bool, st.tuples(st.integers(1, 6), st.integers(1, 5), st.integers(1, 4)))


@given(spike_trains)
def test_erasing_takes_one_word_and_nothing_else(spikes):
    before = spikes.copy()
    erased = erase_words(spikes)
    assert len(erased) == spikes.shape[1]
    for word, rest in enumerate(erased):
        assert not rest[:, word].any()
        np.testing.assert_array_equal(
            np.delete(rest, word, axis=1), np.delete(spikes, word, axis=1)
        )
    np.testing.assert_array_equal(spikes, before)


def test_relevance_is_what_the_lead_loses():
    found = relevance(
        np.array([40, 100, 70]), np.array([[40, 60, 70], [0, 100, 100], [40, 100, 70]])
    )
    assert (found.label, found.rival, found.margin) == (1, 2, 30)
    # Without the first word the label falls behind; the second hurt the rival, the third nobody.
    assert found.words.tolist() == [40, 30, 0]


def test_a_rival_is_that_of_the_intact_sentence():
    found = relevance(np.array([10, 30, 20]), np.array([[50, 30, 20]]))
    assert (found.rival, found.words.tolist()) == (2, [0])


def test_on_a_tie_the_first_class_leads():
    found = relevance(np.array([5, 7, 7]), np.array([[5, 7, 3]]))
    assert (found.label, found.rival, found.margin) == (1, 2, 0)
    assert found.words.tolist() == [-4]
