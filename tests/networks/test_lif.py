import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from networks.neurons import IF, LIF
from networks.pytorch.neurons import scan
from networks.pytorch.snntorch_reference import snntorch_scan
from networks.pytorch.stepping import step_through

neurons = st.builds(LIF, st.floats(0.05, 1), st.floats(0.125, 5, width=32))
slopes = st.floats(1, 50)


def currents(seed, steps=20, size=5):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(steps, size, generator=generator, dtype=torch.float64) + 0.4


@given(neuron=neurons, slope=slopes, seed=st.integers(0, 10_000))
def test_scan_equals_snntorch(neuron, slope, seed):
    ours, theirs = (currents(seed).requires_grad_() for _ in range(2))
    spikes, membrane = scan(neuron, ours, slope=slope)
    reference_spikes, reference_membrane = snntorch_scan(neuron, theirs, slope=slope)
    assert torch.equal(spikes, reference_spikes)
    torch.testing.assert_close(membrane, reference_membrane, rtol=1e-12, atol=1e-12)
    weights = torch.linspace(-1, 2, spikes.numel()).reshape(spikes.shape).double()
    (spikes * weights).sum().backward()
    (reference_spikes * weights).sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-9, atol=1e-12)


@given(neuron=neurons, seed=st.integers(0, 10_000))
def test_scan_is_its_equation(neuron, seed):
    current = currents(seed).numpy()
    spikes, membrane = (t.numpy() for t in scan(neuron, torch.from_numpy(current)))
    before = np.vstack([np.zeros((2, 5)), membrane])[1:-1]
    fired = np.vstack([np.zeros((2, 5)), spikes])[1:-1]
    expected = neuron.decay * before + current - neuron.threshold * fired
    np.testing.assert_allclose(membrane, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(spikes, membrane > neuron.threshold)


@given(
    neuron=neurons | st.builds(IF, st.floats(0.1, 5)),
    slope=slopes,
    scale=st.sampled_from([1.0, 7.0]),
    seed=st.integers(0, 10_000),
)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_scan_and_steps_agree_to_the_last_bit(neuron, slope, scale, seed, dtype):
    at_once, stepped = (currents(seed).to(dtype).requires_grad_() for _ in range(2))
    assert type(scan(neuron, at_once)[0].grad_fn).__name__ == "ScanBackward"
    weights = torch.linspace(-1, 2, at_once.numel()).reshape(at_once.shape).to(dtype)
    found = []
    for run, current in ((scan, at_once), (step_through, stepped)):
        spikes, membrane = run(neuron, current, scale, slope)
        (spikes * weights + membrane * weights.flip(0)).sum().backward()
        found.append((spikes, membrane))
    assert torch.equal(found[0][0], found[1][0])
    assert torch.equal(found[0][1], found[1][1])
    torch.testing.assert_close(at_once.grad, stepped.grad)


@pytest.mark.parametrize("use", ["spikes", "membrane", "both"])
def test_membranes_have_gradients(use):
    found = []
    for run in (scan, step_through):
        current = currents(1).requires_grad_()
        spikes, membrane = run(LIF(0.9, 0.5), current, 3.0)
        parts = {"spikes": [spikes], "membrane": [membrane], "both": [spikes, 2 * membrane]}
        sum(part.cos().sum() for part in parts[use]).backward()
        found.append(current.grad)
    assert found[0].abs().sum() > 0
    torch.testing.assert_close(*found)


@pytest.mark.parametrize(
    "neuron",
    [
        LIF(inclusive=True),
        LIF(reset="at once"),
        LIF(decay=np.full(5, 0.9)),
        IF(threshold=np.ones(5)),
        type("Other", (LIF,), {})(),
    ],
)
def test_only_plain_neurons_are_scanned(neuron):
    current = currents(0).requires_grad_()
    spikes, _ = scan(neuron, current)
    assert type(spikes.grad_fn).__name__ != "ScanBackward"


def test_a_class_that_is_no_neuron_is_refused():
    with pytest.raises(TypeError, match="object is no neuron model.*networks/neurons"):
        scan(object(), currents(0))


def test_exactly_at_threshold_is_silent():
    current = torch.tensor([[0.5], [0.5], [0.25]])
    for run in (scan, step_through):
        assert run(LIF(), current)[0].flatten().tolist() == [0, 0, 1]
        inclusive, _ = run(LIF(inclusive=True), current)
        assert inclusive.flatten().tolist() == [0, 1, 0]


@pytest.mark.parametrize("window", [1, 7, 36])
def test_counting_has_the_gradient_of_averaging(window):
    counts = (currents(3) * window).round().requires_grad_()
    averages = (counts.detach() / window).requires_grad_()
    counted, _ = scan(LIF(threshold=window * 0.9), counts, window)
    averaged, _ = scan(LIF(threshold=0.9), averages)
    assert torch.equal(counted, averaged)
    counted.sum().backward()
    averaged.sum().backward()
    torch.testing.assert_close(counts.grad * window, averages.grad)
