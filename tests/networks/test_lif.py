import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from networks.lif import LIF, SnnTorchLIF

neurons = st.fixed_dictionaries(
    {
        "threshold": st.floats(0.125, 5, width=32),
        "decay": st.floats(0.05, 1),
        "slope": st.floats(1, 50),
    }
)


def currents(seed, steps=20, size=5):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(steps, size, generator=generator, dtype=torch.float64) + 0.4


@given(neuron=neurons, seed=st.integers(0, 10_000))
def test_scan_equals_snntorch(neuron, seed):
    ours, theirs = (currents(seed).requires_grad_() for _ in range(2))
    spikes, membrane = LIF(**neuron)(ours)
    reference_spikes, reference_membrane = SnnTorchLIF(**neuron)(theirs)
    assert torch.equal(spikes, reference_spikes)
    torch.testing.assert_close(membrane, reference_membrane, rtol=1e-12, atol=1e-12)
    weights = torch.linspace(-1, 2, spikes.numel()).reshape(spikes.shape).double()
    (spikes * weights).sum().backward()
    (reference_spikes * weights).sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-9, atol=1e-12)


@given(neuron=neurons, seed=st.integers(0, 10_000))
def test_scan_is_its_equation(neuron, seed):
    current = currents(seed).numpy()
    spikes, membrane = (t.numpy() for t in LIF(**neuron)(torch.from_numpy(current)))
    before = np.vstack([np.zeros((2, 5)), membrane])[1:-1]
    fired = np.vstack([np.zeros((2, 5)), spikes])[1:-1]
    expected = neuron["decay"] * before + current - neuron["threshold"] * fired
    np.testing.assert_allclose(membrane, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(spikes, membrane > neuron["threshold"])


def test_exactly_at_threshold_is_silent():
    spikes, _ = LIF(threshold=1.0)(torch.tensor([[0.5], [0.5], [0.25]]))
    assert spikes.flatten().tolist() == [0, 0, 1]


@pytest.mark.parametrize("window", [1, 7, 36])
def test_counting_has_the_gradient_of_averaging(window):
    counts = (currents(3) * window).round().requires_grad_()
    averages = (counts.detach() / window).requires_grad_()
    counted, _ = LIF(threshold=window * 0.9, scale=window)(counts)
    averaged, _ = LIF(threshold=0.9)(averages)
    assert torch.equal(counted, averaged)
    counted.sum().backward()
    averaged.sum().backward()
    torch.testing.assert_close(counts.grad * window, averages.grad)
