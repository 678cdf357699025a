"""Confusion, F1 and what several seeds say, on answers that can be counted by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bionlp.decision import SILENT, TIE, UNDECIDED
from bionlp.scores import Evaluation, Repeated

LABELS = np.array([0, 0, 0, 1, 1, 2, 2, 2])
GIVEN = np.array([0, 0, 1, 1, UNDECIDED, 2, 0, UNDECIDED])


def test_confusion_precision_and_recall():
    found = Evaluation(LABELS, GIVEN)
    np.testing.assert_array_equal(found.confusion, [[2, 1, 0, 0], [0, 1, 0, 1], [1, 0, 1, 1]])
    np.testing.assert_allclose(found.precision, [2 / 3, 1 / 2, 1])
    np.testing.assert_allclose(found.recall, [2 / 3, 1 / 2, 1 / 3])
    np.testing.assert_allclose(found.f1, [2 / 3, 1 / 2, 1 / 2])
    assert found.macro_f1 == pytest.approx(5 / 9)
    assert (found.accuracy, found.majority) == (0.5, 3 / 8)
    np.testing.assert_array_equal(found.support, [3, 2, 3])


def test_a_class_that_never_occurs_has_no_f1():
    votes = np.zeros((2, 3), dtype=int)
    found = Evaluation(np.array([0, 1]), np.array([0, 1]), votes=votes)
    np.testing.assert_array_equal(found.f1, [1, 1, np.nan])
    assert np.isnan(found.recall[2])
    assert found.macro_f1 == 1


@given(st.integers(2, 5), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_f1_is_the_harmonic_mean(classes, n, seed):
    rng = np.random.default_rng(seed)
    labels, given = rng.integers(0, classes, n), rng.integers(-1, classes, n)
    found = Evaluation(labels, given)
    with np.errstate(invalid="ignore"):
        harmonic = 2 / (1 / found.precision + 1 / found.recall)
    usual = np.isfinite(harmonic) & (found.precision > 0)
    np.testing.assert_allclose(found.f1[usual], harmonic[usual])
    assert found.confusion.sum() == n
    assert found.confusion.diagonal().sum() == round(found.accuracy * n)


def test_one_seed_says_nothing_of_noise():
    repeated = Repeated([Evaluation(LABELS, GIVEN)])
    assert (repeated.noise, repeated.flips) == (None, None)
    assert repeated.standard_error == pytest.approx(np.sqrt(0.25 / 8))


def test_flips_count_pairs():
    labels = np.zeros(2, dtype=int)
    given = [np.array([0, 0]), np.array([0, 1]), np.array([0, 0])]
    repeated = Repeated([Evaluation(labels, predictions) for predictions in given])
    assert repeated.flips == pytest.approx((0 + 2 / 3) / 2)
    assert repeated.accuracy == pytest.approx((1 + 2 / 3) / 2)


def test_the_noise_is_the_spread_of_accuracies():
    # Each sentence is right with a probability of its own, drawn anew with every seed.
    rng = np.random.default_rng(0)
    rights = rng.beta(4, 1, 300)
    labels = np.zeros(300, dtype=int)
    drawn = [np.where(rng.random(300) < rights, 0, 1) for _ in range(400)]
    repeated = Repeated([Evaluation(labels, given) for given in drawn])
    spread = np.std([evaluation.accuracy for evaluation in repeated.evaluations], ddof=1)
    assert repeated.noise == pytest.approx(spread, rel=0.1)
    assert repeated.standard_error == pytest.approx(rights.std() / np.sqrt(300), rel=0.05)


def test_ties_and_silence_have_scores_where_nobody_asked_for_reasons():
    votes = np.array([[3, 0, 1], [2, 2, 0], [0, 0, 0], [0, 1, 4]])
    predictions = np.array([0, UNDECIDED, UNDECIDED, 2])
    evaluation = Evaluation(np.array([0, 1, 1, 2]), predictions, votes=votes)
    assert evaluation.unscored.tolist() == [False, False, True, False]
    # The mean of the classes by their votes, and the middle of the scale for silence.
    assert evaluation.given_scores.tolist() == [0.5, 0.5, 1.0, 1.8]
    asked = Evaluation(evaluation.labels, predictions, (TIE, SILENT), votes)
    assert asked.given_scores.tolist() == evaluation.given_scores.tolist()
