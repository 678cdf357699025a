"""Reliability diagrams and confusion matrices: their numbers, and what is drawn of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.calibration import reliability
from analysis.confusion import plot_confusion
from analysis.reliability import plot_reliability


def test_the_error_of_two_bins():
    confidence = np.array([0.55, 0.58, 0.91, 0.97])
    found = reliability(confidence, np.array([True, False, True, True]))
    np.testing.assert_array_equal(np.flatnonzero(found.counts), [5, 9])
    np.testing.assert_allclose(found.confidence[[5, 9]], [0.565, 0.94])
    np.testing.assert_allclose(found.accuracy[[5, 9]], [0.5, 1])
    assert found.error == pytest.approx((0.065 + 0.06) / 2)


def test_edges_belong_to_the_bin_below():
    found = reliability(np.array([0.0, 0.1, 0.6, 1.0]), np.ones(4, dtype=bool))
    np.testing.assert_array_equal(np.flatnonzero(found.counts), [0, 5, 9])
    assert found.edges[6] == 0.6


@given(arrays(float, st.integers(0, 50), elements=st.floats(0, 1)), st.integers(1, 20))
def test_every_answer_is_in_one_bin(confidence, bins):
    found = reliability(confidence, confidence > 0.5, bins)
    assert found.counts.sum() == len(confidence)
    assert 0 <= found.error <= 1


def test_answers_that_mean_what_they_say_have_no_error():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, 200_000)
    right = rng.random(200_000) < confidence
    assert reliability(confidence, right).error < 0.005
    assert reliability(np.sqrt(confidence), right).error > 0.05


def test_a_diagram_has_a_point_a_bin():
    found = reliability(np.array([0.55, 0.95, 0.97]), np.array([True, True, False]))
    above, below = plot_reliability(found).axes
    points = above.lines[1]
    np.testing.assert_allclose(points.get_xdata(), [0.55, 0.96])
    np.testing.assert_allclose(points.get_ydata(), [1, 0.5])
    assert [bar.get_height() for bar in below.patches] == found.counts.tolist()
    assert f"{100 * found.error:.1f} %" in above.get_title(loc="left")


def test_a_matrix_shows_the_undecided_only_if_there_are_some():
    counts = np.array([[5, 1, 0], [2, 1000, 0]])
    ax = plot_confusion(counts, ["no", "yes"]).axes[0]
    assert [text.get_text() for text in ax.texts] == ["5", "1", "2", "1,000"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["no", "yes"]
    counts[0, 2] = 3
    ax = plot_confusion(counts, ["no", "yes"]).axes[0]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["no", "yes", "undecided"]
    assert len(ax.texts) == 6
