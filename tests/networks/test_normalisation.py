"""Weight normalisation against the algorithms of Diehl et al. (2015), by hand and on networks."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from networks.description import Connection, Network, Population, Votes
from networks.neurons import IF, LIF, Input
from networks.neurons.integrator import LI
from networks.normalisation import largest_activations, normalise_by_data, normalise_by_model
from networks.transforms import (
    AveragePooling,
    Chain,
    Convolution,
    Dense,
    Flattening,
    Scaling,
    SumPooling,
)


def tiny_network(decay=1.0):
    """Two kernels of one and two words on two features; windows of two words' length."""
    neuron, counting = LIF(decay), LIF(decay, threshold=2.0)
    return Network(
        (
            Population("input", (2, 2), Input()),
            Population("conv1", (2, 2), neuron),
            Population("conv2", (1, 1), neuron),
            Population("pool1", (2,), counting),
            Population("pool2", (1,), neuron),
            Population("output", (2,), neuron),
        ),
        (
            Connection("input", "conv1", Convolution(np.array([[[2.0, -1.0]], [[0.5, 1.0]]]))),
            Connection("input", "conv2", Convolution(np.array([[[1.0, 2.0], [3.0, -4.0]]]))),
            Connection("conv1", "pool1", SumPooling()),
            Connection("conv2", "pool2", SumPooling()),
            Connection(
                ("pool1", "pool2"),
                "output",
                Dense(np.array([[4.0, -2.0, 1.0], [0.5, 0.5, -0.25]])),
            ),
        ),
        Votes("output", 2),
    )


def weights(network):
    return network.weights


def test_model_based_by_hand():
    # Largest sums of positive weights: conv1 2 and 1.5, conv2 6; the output 5 and 1.
    normalised = weights(normalise_by_model(tiny_network()))
    for name, factor in (("conv1", 6), ("conv2", 6), ("output", 5)):
        np.testing.assert_allclose(normalised[name], weights(tiny_network())[name] / factor)


def test_data_based_by_hand():
    # The factor of the convolutions is 3.5, the largest activation; that of the output is 4, its
    # largest weight. The output's inputs have become 3.5 times smaller.
    activations = {"conv1": 1.5, "conv2": 3.5, "output": 2.0}
    normalised = weights(normalise_by_data(tiny_network(), activations))
    before = weights(tiny_network())
    np.testing.assert_allclose(normalised["conv1"], before["conv1"] / 3.5)
    np.testing.assert_allclose(normalised["conv2"], before["conv2"] / 3.5)
    np.testing.assert_allclose(normalised["output"], before["output"] * 3.5 / 4, rtol=1e-6)


def test_largest_activations_by_hand():
    words = torch.tensor([[[1.0, 0.0], [0.5, 1.0]]])
    silent = torch.zeros(1, 1, 2)
    # conv1: [2, 0] and [0.5, 1]  ->  averages [1, 0.75] (the second map: (0.5 + 1.25) / 2)
    # conv2: 1 + 1.5 - 4 < 0
    largest = largest_activations(tiny_network(), [words, silent])
    averages = np.array([(2 + 0) / 2, (0.5 + 1.25) / 2, 0])
    output = np.maximum(weights(tiny_network())["output"] @ averages, 0).max()
    assert largest == pytest.approx({"conv1": 2.0, "conv2": 0.0, "output": output})


def analog(network, rates):
    """Activations of the output, were the neurons rectified units, computed one by one."""
    activations = {"input": rates}
    for connection in network.connections:
        source, transform = activations[connection.sources[0]], connection.transform
        if isinstance(transform, Convolution):
            (width,) = transform.width
            found = [
                [max(0, (kernel * source[p : p + width]).sum()) for kernel in transform.weight]
                for p in range(len(source) - width + 1)
            ]
        elif isinstance(transform, SumPooling):
            found = source.mean(axis=0)
        else:
            sources = np.concatenate([activations[name] for name in connection.sources])
            found = np.maximum(transform.weight @ sources, 0)
        activations[connection.target] = np.array(found)
    return activations


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), words=st.integers(3, 7))
def test_normalisation_scales_activations_and_decides_alike(make_network, seed, words):
    network = make_network(seed=seed, length=words)
    samples = np.random.default_rng(seed).random((20, words, 6))
    peaks = largest_activations(network, [torch.from_numpy(samples)])
    for name, peak in peaks.items():
        largest = max(analog(network, sample)[name].max() for sample in samples)
        assert peak == pytest.approx(largest, abs=1e-9)
    for normalised in (normalise_by_model(network), normalise_by_data(network, peaks)):
        for sample in samples:
            before = analog(network, sample)["output"]
            after = analog(normalised, sample)["output"]
            # All outputs are scaled by one positive number.
            np.testing.assert_allclose(
                after * before.max(), before * after.max(), rtol=1e-3, atol=1e-5
            )


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_no_activation_saturates(make_network, seed):
    network = make_network(seed=seed)
    samples = torch.from_numpy(np.random.default_rng(seed).random((20, 7, 6)))
    by_data = normalise_by_data(network, largest_activations(network, [samples]))
    for normalised in (by_data, normalise_by_model(network)):
        assert max(largest_activations(normalised, [samples]).values()) <= 1 + 1e-6
    # The bound of the model-based algorithm holds for any input.
    ones = torch.ones(1, 7, 6, dtype=torch.float64)
    assert max(largest_activations(normalise_by_model(network), [ones]).values()) <= 1 + 1e-6


def test_nothing_but_weights_changes():
    network = tiny_network(decay=0.9)
    for normalised in (
        normalise_by_model(network),
        normalise_by_data(network, {"conv1": 1.0, "conv2": 1.0, "output": 1.0}),
    ):
        assert normalised != network
        assert normalised.with_weights(network.weights) == network


def test_weights_without_a_positive_one_are_left_alone():
    network = tiny_network()
    network = network.with_weights({n: -np.abs(w) for n, w in network.weights.items()})
    silent = dict.fromkeys(("conv1", "conv2", "output"), 0.0)
    for normalised in (normalise_by_model(network), normalise_by_data(network, silent)):
        for name, weight in weights(normalised).items():
            np.testing.assert_array_equal(weight, weights(network)[name])


def deep_network():
    """Two convolutions in a row, an average over windows, a row and two dense transforms."""
    rng = np.random.default_rng(0)
    return Network(
        (
            Population("input", (9, 2), Input()),
            Population("first", (7, 3), LIF()),
            Population("mean", (3, 3), IF(threshold=0.5)),
            Population("second", (2, 4), LIF(decay=0.9)),
            Population("row", (8,), IF()),
            Population("output", (2,), LIF()),
        ),
        (
            Connection("input", "first", Convolution(rng.normal(0.2, 0.5, (3, 3, 2)))),
            Connection("first", "mean", AveragePooling(2)),
            Connection("mean", "second", Convolution(rng.normal(0.2, 0.5, (4, 2, 3)), stride=1)),
            Connection("second", "row", Flattening(), delay=2),
            Connection("row", "output", Dense(rng.normal(0.2, 0.5, (2, 8)))),
        ),
        Votes("output", 2),
    )


def rectified(network, rates):
    """Activations of a network whose populations hear one source each, by their matrices."""
    activations = {network.input.name: rates}
    for connection in network.connections:
        shape = network.shapes[connection.sources[0]]
        current = connection.transform.matrix(shape) @ activations[connection.sources[0]].ravel()
        activations[connection.target] = np.maximum(current, 0)
    return activations


@pytest.mark.parametrize("positions", [9, 6, 1])
def test_deep_networks_are_scaled_layer_by_layer(positions):
    network = deep_network()
    rng = np.random.default_rng(1)
    samples = np.zeros((20, 9, 2))
    samples[:, :positions] = rng.random((20, positions, 2))
    peaks = largest_activations(network, [torch.from_numpy(samples[:, :positions])])
    assert set(peaks) == {"first", "second", "output"}
    for name, peak in peaks.items():
        largest = max(rectified(network, sample)[name].max() for sample in samples)
        assert peak == pytest.approx(largest)
    by_model, by_data = normalise_by_model(network), normalise_by_data(network, peaks)
    for sample in samples:
        before = rectified(network, sample)["output"]
        for normalised in (by_model, by_data):
            after = rectified(normalised, sample)["output"]
            np.testing.assert_allclose(
                after * before.max(), before * after.max(), rtol=1e-3, atol=1e-6
            )
        for activation in rectified(by_data, sample).values():
            assert activation.max() <= 1 + 1e-5


def with_connections(*connections, populations=(), neurons=None):
    network = tiny_network()
    new = {connection.target for connection in connections}
    kept = [c for c in network.connections if c.target not in new]
    return Network(
        (*network.populations, *populations), (*kept, *connections), network.readout
    ).with_neurons(neurons or {})


DENSE = Dense(np.ones((2, 2)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: with_connections(
                Connection("conv1", "conv1", Scaling(0.5), 1),
                Connection("input", "conv1", Convolution(np.ones((2, 1, 2)))),
            ),
            "2 connections onto 'conv1'",
        ),
        (
            lambda: with_connections(Connection("output", "pool1", DENSE, 1)),
            "a cycle, closed by output -> pool1",
        ),
        (
            lambda: with_connections(
                Connection("pool1", "output", Dense(np.ones((2, 2)), np.ones(2)))
            ),
            "a bias",
        ),
        (
            lambda: with_connections(Connection("pool1", "output", Scaling(2.0))),
            "the transform Scaling",
        ),
        (
            lambda: with_connections(Connection("pool1", "output", Chain((DENSE, DENSE)))),
            "the transform Chain",
        ),
        (
            lambda: with_connections(
                Connection(("pool1", "more"), "output", Dense(np.ones((2, 4)))),
                Connection("pool1", "more", DENSE),
                populations=[Population("more", (2,), LIF())],
            ),
            "sources of unequal depth",
        ),
        (
            lambda: with_connections(populations=[Population("alone", (2,), LIF())]),
            "0 connections onto 'alone'",
        ),
    ],
)
def test_networks_that_cannot_be_normalised_are_refused(make, message):
    network = make()
    for normalise in (
        normalise_by_model,
        lambda network: normalise_by_data(network, dict.fromkeys(network.shapes, 1.0)),
        lambda network: largest_activations(network, []),
    ):
        with pytest.raises(ValueError, match=f"normalised.*{message}"):
            normalise(network)


def test_other_neurons_are_refused():
    network = tiny_network()
    network = Network(network.populations, network.connections)
    with pytest.raises(ValueError, match="LI neurons, 'output'"):
        normalise_by_model(network.with_neurons({"output": LI()}))
