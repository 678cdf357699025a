"""Intervals follow their formulae and cover the truth as often as they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from analysis.statistics import (
    label_agreement,
    mean_interval,
    paired_difference,
    proportion_interval,
    relative_difference,
)

counts = arrays(np.int64, (3, 8), elements=st.integers(1, 10_000))


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_proportion_is_wilsons(case):
    k, n = case
    p, z = k / n, stats.norm.ppf(0.975)
    centre = p + z**2 / (2 * n)
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    interval = proportion_interval(k, n)
    assert interval.estimate == p
    assert interval.low == pytest.approx((centre - half) / (1 + z**2 / n), abs=1e-12)
    assert interval.high == pytest.approx((centre + half) / (1 + z**2 / n), abs=1e-12)
    assert 0 <= interval.low <= p <= interval.high <= 1


def test_full_agreement_is_not_certainty():
    interval = proportion_interval(30, 30)
    assert interval.estimate == interval.high == 1
    assert 0.88 < interval.low < 0.89


@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (3, 2), (-1, 2)])
def test_impossible_proportions(successes, trials):
    with pytest.raises(ValueError, match=r"\b[kn]\b"):
        proportion_interval(successes, trials)


def test_mean_is_students():
    values = [0.80, 0.82, 0.81, 0.79, 0.83]
    interval = mean_interval(values)
    test = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert interval.estimate == pytest.approx(0.81)
    assert (interval.low, interval.high) == pytest.approx((test.low, test.high))


def test_a_mean_of_equal_values_has_no_width():
    interval = mean_interval([2, 2, 2])
    assert (interval.low, interval.estimate, interval.high) == (2, 2, 2)


@pytest.mark.parametrize("values", [[], [1.0], [[1.0, 2.0], [3.0, 4.0]]])
def test_one_value_has_no_interval(values):
    with pytest.raises(ValueError, match="two or more values"):
        mean_interval(values)


def test_agreement_counts_all_seeds_and_sentences():
    a = np.array([[0, 1, 1], [0, 0, 1]])
    b = np.array([[0, 1, 0], [0, 1, 1]])
    assert label_agreement(a, b) == proportion_interval(4, 6)
    assert label_agreement(a, a).estimate == 1


def test_labels_must_be_of_the_same_presentations():
    with pytest.raises(ValueError, match=r"shapes differ: \(2,\) and \(3,\)"):
        label_agreement([0, 1], [0, 1, 1])


@given(counts, st.floats(0.1, 3))
def test_proportional_counts_differ_by_their_ratio_for_sure(a, factor):
    interval = relative_difference(a, factor * a)
    expected = pytest.approx(factor - 1, abs=1e-9)
    assert (interval.low, interval.estimate, interval.high) == (expected,) * 3


@given(counts, counts, st.floats(0.5, 100))
def test_relative_difference_has_no_unit(a, b, scale):
    interval, scaled = relative_difference(a, b), relative_difference(scale * a, scale * b)
    assert interval.low <= interval.estimate <= interval.high
    assert interval.estimate == pytest.approx(b.sum() / a.sum() - 1)
    assert (scaled.low, scaled.high) == pytest.approx((interval.low, interval.high), abs=1e-9)


def test_a_silent_layer_has_no_relative_difference():
    silent = np.zeros((2, 3))
    assert np.isnan(relative_difference(silent, silent).estimate)


def test_intervals_cover_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(5)
    covered = {"mean": 0, "proportion": 0, "ratio": 0}
    trials = 600
    for _ in range(trials):
        mean = mean_interval(rng.normal(3, 2, 10))
        covered["mean"] += mean.low <= 3 <= mean.high
        share = proportion_interval(int(rng.binomial(80, 0.9)), 80)
        covered["proportion"] += share.low <= 0.9 <= share.high
        rates = rng.uniform(100, 900, 40)
        ratio = relative_difference(rng.poisson(rates, (3, 40)), rng.poisson(1.02 * rates, (3, 40)))
        covered["ratio"] += ratio.low <= 0.02 <= ratio.high
    for share in covered.values():
        assert 0.92 < share / trials < 0.98


@given(arrays(bool, (2, 60)))
def test_paired_difference_is_mcnemars(flags):
    a, b = flags
    found = paired_difference(a, b)
    first, second = int((a > b).sum()), int((a < b).sum())
    assert (found.only_first, found.only_second) == (first, second)
    assert found.difference.estimate == pytest.approx(a.mean() - b.mean())
    assert found.difference.low <= found.difference.high
    uneven = [stats.binom.pmf(k, first + second, 0.5) for k in range(first + second + 1)]
    expected = sum(p for p in uneven if p <= uneven[first] * (1 + 1e-9))
    assert found.p == pytest.approx(expected)
    other = paired_difference(b, a)
    assert other.p == found.p
    assert other.difference.high == pytest.approx(-found.difference.low)


def test_paired_differences_cover_the_truth():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(400):
        drawn = rng.random((200, 2)) < (0.6, 0.5)
        same = rng.random(200) < 0.5
        drawn[same, 1] = drawn[same, 0]
        found = paired_difference(*drawn.T).difference
        covered += found.low <= 0.05 <= found.high
    assert 0.92 < covered / 400 < 0.985


def test_nothing_to_compare_in_pairs():
    assert paired_difference([True, False], [True, False]).p == 1
    with pytest.raises(ValueError, match="no trials"):
        paired_difference([], [])
