"""Neurons that look both ways: step by step, all at once, and as the equation says."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from networks.neurons.bpsn import BPSN
from networks.neurons.unreset import UnresetLIF
from networks.pytorch.bidirectional import BothWays, both_ways, kernel, step_both_ways
from networks.pytorch.neurons import scan
from networks.pytorch.packing import Packing
from networks.pytorch.stepping import FastSigmoid

decays = st.floats(0.01, 1.0)
currents = st.integers(1, 9).flatmap(lambda n: arrays(float, (n, 2), elements=st.floats(-5, 5)))


def as_written(current, forward, backward):
    """Return f + g - I, with both recursions written out."""
    steps = len(current)
    f, g = np.zeros_like(current), np.zeros_like(current)
    for n in range(steps):
        f[n] = current[n] + (forward * f[n - 1] if n else 0)
    for n in reversed(range(steps)):
        g[n] = current[n] + (backward * g[n + 1] if n + 1 < steps else 0)
    return f + g - current


@given(currents, decays, decays)
def test_both_forms_are_the_equation(current, forward, backward):
    expected = as_written(current, forward, backward)
    given = torch.tensor(current)
    stepped = step_both_ways(given[:, None], forward, backward)[:, 0]
    at_once = both_ways(given[:, None], *map(torch.tensor, np.array([forward, backward])))[:, 0]
    assert stepped.numpy() == pytest.approx(expected, abs=1e-9)
    assert at_once.numpy() == pytest.approx(expected, abs=1e-9)


@given(currents, decays, decays)
def test_spikes_are_where_the_membrane_exceeds_the_threshold(current, forward, backward):
    given = torch.tensor(current)[:, None]
    spikes, membrane = scan(BPSN(forward, backward, np.array([0.5, 2.0])), given)
    assert torch.equal(membrane, step_both_ways(given, forward, backward))
    assert torch.equal(spikes.bool(), membrane > torch.tensor([0.5, 2.0]))


@given(currents, decays)
def test_the_causal_form_is_the_neuron_without_a_reset(current, forward):
    given = torch.tensor(current)
    at_once = both_ways(given[:, None], torch.tensor(forward, dtype=torch.float64))[:, 0]
    _, membrane = scan(UnresetLIF(forward), given[:, None])
    assert at_once.numpy() == pytest.approx(membrane[:, 0].numpy(), abs=1e-9)


def test_long_sentences_do_not_overflow():
    decay = torch.tensor(1e-3)
    assert kernel(2000, decay, decay).isfinite().all()


def test_what_comes_later_has_a_gradient():
    current = torch.zeros(4, 1, 1, requires_grad=True)
    spikes, _ = scan(BPSN(0.5, 0.5, 0.1), current)
    spikes[0].sum().backward()
    assert (current.grad[:, 0, 0] > 0).all()
    assert current.grad[1] > current.grad[3]


@pytest.mark.parametrize("name", ["forward", "backward"])
@pytest.mark.parametrize("value", [0.0, 1.5])
def test_factors_lie_above_0_and_up_to_1(name, value):
    with pytest.raises(ValueError, match=f"{name} of a BPSN must lie in"):
        BPSN(**{name: value})


@given(arrays(bool, (2, 4)), arrays(float, (8, 2), elements=st.floats(-5, 5)), decays, decays)
@pytest.mark.parametrize("causal", [False, True])
def test_spikes_and_gradients_are_those_of_filter_and_threshold_one_after_the_other(
    causal, words, current, forward, backward
):
    packing = Packing(torch.tensor(words))
    current = current[: words.sum()]

    def answers(fire):
        parts = [torch.tensor(v, dtype=torch.float64) for v in (current, forward, backward)]
        thresholds = torch.tensor([0.5, 2.0], dtype=torch.float64)
        parts = [part.requires_grad_() for part in (*parts, thresholds)]
        x, a, b, theta = parts
        spikes = fire(x, a, None if causal else b, theta)
        weights = torch.arange(spikes.numel(), dtype=torch.float64).reshape(spikes.shape)
        (weights * spikes).sum().backward()
        return spikes, [x.grad, a.grad, theta.grad, *(() if causal else (b.grad,))]

    def apart(x, a, b, theta):
        membranes = packing.pack(both_ways(packing.pad(x), a, b))
        return FastSigmoid.apply(membranes - theta, False, 2.0, 1.0)

    def at_once(x, a, b, theta):
        return BothWays.apply(x, packing, a, b, theta, 2.0)

    (expected, slopes), (got, own) = answers(apart), answers(at_once)
    assert torch.equal(got, expected)
    for mine, theirs in zip(own, slopes, strict=True):
        assert mine.numpy() == pytest.approx(theirs.numpy(), rel=1e-9, abs=1e-9)
