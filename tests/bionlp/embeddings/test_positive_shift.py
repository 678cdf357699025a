"""The positive shift."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bionlp.embeddings import positive_shift, table_moments
from bionlp.errors import EmbeddingError

tables = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=12),
    elements=st.floats(-1000, 1000, width=32),
).filter(lambda table: table.std() > 1e-3)


@given(tables)
def test_rates_are_probabilities(table):
    rates = positive_shift(table)
    assert rates.dtype == np.float32
    assert rates.shape == table.shape
    assert rates.min() >= 0
    assert rates.max() <= 1


@given(tables)
def test_the_order_is_kept(table):
    assert (np.diff(positive_shift(table).ravel()[np.argsort(table, axis=None)]) >= 0).all()


@given(tables, st.floats(0.01, 100), st.floats(-100, 100))
def test_units_do_not_matter(table, scale, offset):
    table = table.astype(np.float64)
    np.testing.assert_allclose(
        positive_shift(scale * table + offset), positive_shift(table), atol=1e-5
    )


@given(tables)
def test_the_formula(table):
    mu, sigma = table_moments(table)
    assume(sigma > 0)
    inside = np.abs(table.astype(np.float64) - mu) <= 3 * sigma
    expected = ((table.astype(np.float64) - mu) / sigma + 3) / 6
    np.testing.assert_allclose(positive_shift(table)[inside], expected[inside], atol=1e-6)


@given(tables, st.floats(-3, 2.5))
def test_what_is_below_the_silent_value_is_silent(table, silent_below):
    mu, sigma = table_moments(table)
    z = (table.astype(np.float64) - mu) / sigma
    rates = positive_shift(table, silent_below)
    assert not rates[z <= silent_below].any()
    np.testing.assert_allclose(
        rates, (np.clip(z, silent_below, 3) - silent_below) / (3 - silent_below), atol=1e-6
    )


def test_values_beyond_three_deviations_are_clipped():
    table = np.zeros((100, 2))
    table[0] = 50, -50
    rates = positive_shift(table)
    assert tuple(rates[0]) == (1.0, 0.0)
    assert rates[1:] == pytest.approx(0.5)


def test_a_table_of_many_blocks():
    table = np.random.default_rng(0).normal(2, 3, (20_000, 3)).astype(np.float32)
    mu, sigma = table_moments(table)
    assert mu == pytest.approx(table.mean(dtype=np.float64), abs=1e-12)
    assert sigma == pytest.approx(table.std(dtype=np.float64), abs=1e-12)
    np.testing.assert_allclose(
        positive_shift(table), (np.clip((table - mu) / sigma, -3, 3) + 3) / 6, atol=1e-5
    )


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (np.full((3, 2), 0.25), "all values .* are equal"),
        (np.full((7, 3), 0.1), "all values .* are equal"),
        (np.zeros((0, 300)), r"shape \(0, 300\)"),
        (np.zeros(3), "shape"),
        (np.array([[0.0, np.nan]]), "not finite"),
        (np.array([[0.0, np.inf]]), "not finite"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_tables_that_cannot_be_shifted(table, message):
    with pytest.raises(EmbeddingError, match=message):
        positive_shift(table)
