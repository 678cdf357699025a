"""Metrics of GLUE, beside those of scikit-learn and SciPy."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bionlp.decision import UNDECIDED
from bionlp.metrics import METRICS, correlation, f1, matthews, pearson, spearman
from bionlp.scores import Evaluation, judge, mean_class

SEEDS = st.integers(0, 2**32 - 1)


def answers(n, classes, seed):
    """Return labels and answers, some of them none, of some classes that may not all occur."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, classes, n), rng.integers(-1, classes, n)


def scored(true, votes):
    """Return the evaluation of votes for scores."""
    labels = np.floor(np.array(true) + 0.5).astype(int)
    votes = np.array(votes)
    return judge(labels, votes, np.ones(len(votes), dtype=bool), np.array(true, dtype=float))


def test_matthews_by_hand():
    labels = np.array([1, 1, 1, 1, 0, 0])
    given = np.array([1, 1, 1, 0, 1, 0])
    # TP = 3, TN = 1, FP = 1, FN = 1
    expected = (3 * 1 - 1 * 1) / np.sqrt(4 * 4 * 2 * 2)
    assert matthews(Evaluation(labels, given)) == pytest.approx(expected)


@given(st.integers(2, 5), st.integers(1, 60), SEEDS)
def test_matthews_is_that_of_scikit_learn(classes, n, seed):
    metrics = pytest.importorskip("sklearn.metrics")
    labels, given = answers(n, classes, seed)
    found = matthews(Evaluation(labels, given))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = metrics.matthews_corrcoef(labels, given)
    assert found == pytest.approx(expected, abs=1e-12)
    assert -1 <= found <= 1


@given(st.integers(1, 60), SEEDS)
def test_f1_is_that_of_scikit_learn(n, seed):
    metrics = pytest.importorskip("sklearn.metrics")
    labels, given = answers(n, 2, seed)
    labels[0] = 1  # or it would not exist
    votes = np.zeros((n, 2), dtype=int)
    found = f1(Evaluation(labels, given, votes=votes))
    assert found == pytest.approx(metrics.f1_score(labels == 1, given == 1))


def test_f1_of_a_class_that_never_occurs_does_not_exist():
    votes = np.zeros((2, 2), dtype=int)
    assert np.isnan(f1(Evaluation(np.zeros(2, int), np.zeros(2, int), votes=votes)))


@given(st.integers(2, 40), SEEDS)
def test_perfect_answers_have_one(n, seed):
    rng = np.random.default_rng(seed)
    labels = rng.permutation([0, 1, *rng.integers(0, 2, n)])
    perfect = scored(labels, np.eye(2, dtype=int)[labels])
    for name, metric in METRICS.items():
        assert metric.of(perfect) == pytest.approx(1), name
    swapped = scored(labels, np.eye(2, dtype=int)[1 - labels])
    for metric in (matthews, pearson, spearman):
        assert metric(swapped) == pytest.approx(-1)


@given(st.integers(2, 40), SEEDS)
def test_correlations_are_those_of_scipy(n, seed):
    rng = np.random.default_rng(seed)
    true, votes = 5 * rng.random(n), rng.integers(0, 4, (n, 6))
    evaluation = scored(true, votes)
    given = evaluation.given_scores
    if np.ptp(given) == 0:
        assert pearson(evaluation) == spearman(evaluation) == 0
        return
    assert pearson(evaluation) == pytest.approx(stats.pearsonr(true, given).statistic, abs=1e-9)
    assert spearman(evaluation) == pytest.approx(stats.spearmanr(true, given).statistic, abs=1e-9)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2), st.floats(0.1, 10), st.floats(-10, 10))
def test_a_correlation_has_no_unit(values, factor, offset):
    x = np.array(values)
    y = np.random.default_rng(0).normal(size=len(x))
    found = correlation(x, y)
    assert -1 <= found <= 1
    if np.ptp(x) > 1e-3:
        assert correlation(factor * x + offset, y) == pytest.approx(found, abs=1e-5)
        assert correlation(-x, y) == pytest.approx(-found)


def test_the_largest_class_has_no_correlation():
    votes = np.array([[1, 0, 3], [0, 2, 0], [4, 0, 0], [0, 3, 1]])
    evaluation = scored([2.0, 0.8, 0.2, 1.4], votes)
    always = evaluation.always_the_largest_class()
    np.testing.assert_array_equal(always.predictions, [1, 1, 1, 1])
    assert matthews(always) == pearson(always) == spearman(always) == 0
    assert always.accuracy == evaluation.majority


def test_scores_are_means_of_classes():
    votes = np.array([[0, 0, 4], [3, 0, 1], [0, 0, 0], [2, 0, 2]])
    np.testing.assert_allclose(mean_class(votes), [2, 0.5, np.nan, 1])
    evaluation = scored([2.0, 0.4, 1.0, 1.0], votes)
    # A tie has a score, silence has the middle of the scale.
    np.testing.assert_array_equal(evaluation.predictions, [2, 0, UNDECIDED, UNDECIDED])
    np.testing.assert_array_equal(evaluation.unscored, [False, False, True, False])
    np.testing.assert_allclose(evaluation.given_scores, [2, 0.5, 1, 1])


def test_votes_for_a_text_without_a_known_word_do_not_count():
    votes, known = np.array([[0, 5, 0], [0, 0, 3]]), np.array([True, False])
    evaluation = judge(np.array([1, 2]), votes, known, np.array([1.0, 2.0]))
    np.testing.assert_array_equal(evaluation.unscored, [False, True])
    np.testing.assert_allclose(evaluation.given_scores, [1, 1])
