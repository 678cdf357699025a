"""The random numbers of Poisson input."""

import numpy as np
import pytest

from networks.brian import PoissonStimulus
from networks.brian.numpy_kernels import GAMMA, _mix, poisson
from networks.brian.schedule import beginnings, schedule

FEATURES = 6


@pytest.fixture(scope="module")
def table():
    return np.random.default_rng(5).random((20, FEATURES))


def draw(stimulus, number=0, steps=1, seed=0):
    """Spikes of one presentation, shape (steps, neurons)."""
    plan = schedule(stimulus, beginnings(stimulus, pause=0), seed=seed)
    size = len(stimulus.ids[number]) * stimulus.table.shape[1]
    spikes = np.zeros((steps, size), dtype=bool)
    for step, row in enumerate(spikes):
        row[poisson(plan, number, step, stimulus.table.shape[1])] = True
    return spikes


def test_seeds_and_numbers_give_other_spikes(table):
    drawn = {
        draw(
            PoissonStimulus(table, [np.arange(7)], (30,), (number,)), steps=30, seed=seed
        ).tobytes()
        for seed in range(10)
        for number in range(10)
    }
    assert len(drawn) == 100


def test_the_mixing_is_splitmix64():
    # The first outputs of its reference implementation for this seed.
    state = np.uint64(1234567) + GAMMA * np.arange(1, 4, dtype=np.uint64)
    assert _mix(state).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


def test_rates_are_met():
    rates = np.concatenate([np.linspace(0, 1, 501), [1e-3, 1 - 1e-3, 2**-20]])
    steps = 4000
    fired = draw(PoissonStimulus.of_rates([rates[:, None]], steps), steps=steps)
    error = np.sqrt(rates * (1 - rates) / steps)
    assert (np.abs(fired.mean(axis=0) - rates) <= 5 * error).all()
    assert not fired[:, rates == 0].any()
    assert fired[:, rates == 1].all()
    # Not too close to the rates either: deviations are as large as those of independent draws.
    deviations = ((fired.mean(axis=0) - rates)[error > 0] / error[error > 0]) ** 2
    count = len(deviations)
    assert abs(deviations.mean() - 1) < 5 * np.sqrt(2 / count)


@pytest.mark.parametrize("rate", [0.5, 0.05])
def test_neighbouring_neurons_steps_sentences_and_seeds_are_not_correlated(rate):
    steps, neurons = 200, 150
    stimulus = PoissonStimulus.of_words(
        np.full((1, 1), rate), [np.zeros(neurons, dtype=int)] * 4, steps
    )
    fired = np.array(
        [
            [draw(stimulus, number, steps, seed) for number in range(len(stimulus.ids))]
            for seed in range(3)
        ]
    )
    values = (fired - rate) / np.sqrt(rate * (1 - rate))
    for axis in range(values.ndim):
        for lag in range(1, min(values.shape[axis], 4)):
            later = np.moveaxis(values, axis, 0)[lag:]
            earlier = np.moveaxis(values, axis, 0)[:-lag]
            assert abs((later * earlier).mean()) < 5 / np.sqrt(later.size), (axis, lag)
    # Nor is a step of one neuron the next step of its neighbour, as a shared counter would give.
    assert abs((values[..., 1:, :-1] * values[..., :-1, 1:]).mean()) < 5 / np.sqrt(fired.size)
