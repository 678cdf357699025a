"""Weight normalisation against the algorithms of Diehl et al. (2015), by hand and on networks."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from networks.description import Convolution, Dense, Input, NetworkDescription, Pooling
from networks.normalisation import largest_activations, normalise_by_data, normalise_by_model


def tiny_network(decay=1.0):
    """Two kernels of one and two words on two features; windows of two words' length."""
    return NetworkDescription(
        Input("input", 2, 2),
        (
            Convolution("conv1", "input", np.array([[[2.0, -1.0]], [[0.5, 1.0]]]), decay=decay),
            Convolution("conv2", "input", np.array([[[1.0, 2.0], [3.0, -4.0]]]), decay=decay),
            Pooling("pool1", "conv1", 2, decay=decay),
            Pooling("pool2", "conv2", 1, decay=decay),
            Dense(
                "output",
                ("pool1", "pool2"),
                np.array([[4.0, -2.0, 1.0], [0.5, 0.5, -0.25]]),
                decay=decay,
            ),
        ),
        2,
    )


def weights(network):
    return {layer.name: layer.weight for layer in network.layers if hasattr(layer, "weight")}


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
    for layer in network.layers:
        source = activations[layer.sources[0]]
        if isinstance(layer, Convolution):
            windows = len(source) - layer.width + 1
            activations[layer.name] = np.array(
                [
                    [
                        max(0, (kernel * source[p : p + layer.width]).sum())
                        for kernel in layer.weight
                    ]
                    for p in range(windows)
                ]
            )
        elif isinstance(layer, Pooling):
            activations[layer.name] = source.sum(axis=0) / layer.window
        else:
            sources = np.concatenate([activations[name] for name in layer.sources])
            activations[layer.name] = np.maximum(layer.weight @ sources, 0)
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
        for before, after in zip(network.layers, normalised.layers, strict=True):
            if isinstance(before, Pooling):
                assert after == before
            else:
                assert replace(after, weight=None) == replace(before, weight=None)


def test_weights_without_a_positive_one_are_left_alone():
    network = tiny_network()
    layers = tuple(
        replace(layer, weight=-np.abs(layer.weight)) if hasattr(layer, "weight") else layer
        for layer in network.layers
    )
    network = replace(network, layers=layers)
    silent = dict.fromkeys(("conv1", "conv2", "output"), 0.0)
    for normalised in (normalise_by_model(network), normalise_by_data(network, silent)):
        for name, weight in weights(normalised).items():
            np.testing.assert_array_equal(weight, weights(network)[name])
