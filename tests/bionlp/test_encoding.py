import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bionlp.encoding import dequantise, poisson_spikes, quantise

rates_in_range = hnp.arrays(np.float64, (3, 4), elements=st.floats(0, 1))


@given(rates_in_range)
def test_eight_bits_are_off_by_half_a_level(rates):
    assert np.abs(dequantise(quantise(rates)) - rates).max() <= 1 / 510 + 1e-15
    levels = quantise(rates)
    np.testing.assert_array_equal(quantise(dequantise(levels)), levels)


@pytest.mark.parametrize("value", [-0.01, 1.01])
def test_what_is_no_rate_is_refused(value):
    with pytest.raises(ValueError, match="positive_shift"):
        quantise(np.array([0.5, value]))


@given(st.integers(0, 2**32), st.integers(0, 2**20), st.integers(1, 20))
def test_spikes_depend_on_seed_and_sentence_alone(seed, sentence, steps):
    rates = np.linspace(0, 1, 12).reshape(3, 4)
    spikes = poisson_spikes(rates, steps, seed=seed, sentence=sentence)
    again = poisson_spikes(rates, steps + 5, seed=seed, sentence=sentence)
    np.testing.assert_array_equal(spikes, again[:steps])
    assert not spikes[:, rates == 0].any()
    assert spikes[:, rates == 1].all()


def test_spikes_are_bernoulli():
    rates = np.linspace(0, 1, 50).reshape(5, 10)
    spikes = poisson_spikes(rates, 4000, seed=1)
    error = np.sqrt(rates * (1 - rates) / 4000)
    assert (np.abs(spikes.mean(axis=0) - rates) <= 5 * error).all()
    # Steps are independent: what a step does says nothing about the next.
    centred = spikes - spikes.mean(axis=0)
    lagged = (centred[1:] * centred[:-1]).mean(axis=0)
    assert np.abs(lagged).max() < 5 * 0.25 / np.sqrt(4000)


def test_sentences_of_a_seed_differ():
    rates = np.full((2, 5), 0.5)
    assert not np.array_equal(
        poisson_spikes(rates, 20, seed=1, sentence=0), poisson_spikes(rates, 20, seed=1, sentence=1)
    )
