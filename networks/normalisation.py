"""Weight normalisation: scaling the weights of a converted network so that no neuron saturates.

A neuron fires at most once a step, so an activation above 1 cannot become a rate. Scaling all
weights of a layer by one factor scales its activations and, with ReLU and without a bias, changes
no decision. Diehl et al. (2015) give two ways to find the factors, layer by layer from the input:

    model-based   f = max over neurons of  sum over inputs of max(0, w)
                  w <- w / f
    data-based    f = max(largest weight, largest activation over the training set)
                  w <- w * f_before / f

The first is a bound on any input in [0, 1], the second is what inputs really reach; f_before, the
factor of the layer before, makes up for the activations that are already smaller. Layers of the
same depth, here the kernels of all widths, feed the same neurons, so they share a factor, as the
neurons of one layer do. An average has no weights to scale and hands the factor on.

P. U. Diehl, D. Neil, J. Binas, M. Cook, S.-C. Liu & M. Pfeiffer, Fast-classifying, high-accuracy
spiking deep networks through weight and threshold balancing, IJCNN 2015, algorithms 1 and 2.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from networks.convolution import convolve
from networks.description import Convolution, Dense, Layer, NetworkDescription, Pooling


def normalise_by_model(network: NetworkDescription) -> NetworkDescription:
    """Normalise the weights of a network by the weights alone.

    Parameters
    ----------
    network : NetworkDescription
        A converted network.

    Returns
    -------
    NetworkDescription
        The same network with smaller weights; one whose weights are all negative is left alone.

    Notes
    -----
    Algorithm 1 of Diehl et al. (2015).
    """
    factors = _by_depth(network, lambda layer: _largest_input(layer.weight))
    return _scaled(network, lambda depth: 1 / (factors[depth] or 1.0))


def normalise_by_data(
    network: NetworkDescription, activations: Mapping[str, float]
) -> NetworkDescription:
    """Normalise the weights of a network by the activations that real input causes.

    Parameters
    ----------
    network : NetworkDescription
        A converted network.
    activations : mapping of str to float
        Largest activation of each layer with weights, see :func:`largest_activations`.

    Returns
    -------
    NetworkDescription
        The same network with other weights.

    Notes
    -----
    Algorithm 2 of Diehl et al. (2015).
    """
    factors = _by_depth(
        network, lambda layer: max(float(layer.weight.max()), activations[layer.name])
    )
    depths = sorted(factors)
    before = dict(zip(depths, [1.0, *(factors[depth] or 1.0 for depth in depths)], strict=False))
    return _scaled(network, lambda depth: before[depth] / (factors[depth] or 1.0))


@torch.no_grad()
def largest_activations(network: NetworkDescription, rates: Iterable[Tensor]) -> dict[str, float]:
    """Find the largest activation of each layer with weights, were its neurons rectified units.

    Parameters
    ----------
    network : NetworkDescription
        A converted network.
    rates : iterable of Tensor, each of shape (batch, words, features)
        Input, in [0, 1]; sentences are padded with zeros to the longest of their batch.

    Returns
    -------
    dict of str to float
        At least 0 for each layer.
    """
    largest = {layer.name: 0.0 for layer in network.layers if not isinstance(layer, Pooling)}
    for batch in rates:
        activations = {network.input.name: batch}
        for layer in network.layers:
            activations[layer.name] = _activation(layer, network, activations)
            if layer.name in largest:
                peak = float(activations[layer.name].max())
                largest[layer.name] = max(largest[layer.name], peak)
    return largest


def _activation(
    layer: Layer, network: NetworkDescription, activations: Mapping[str, Tensor]
) -> Tensor:
    sources = [activations[name] for name in layer.sources]
    if isinstance(layer, Pooling):
        return sources[0].sum(dim=1) / layer.window
    weight = torch.as_tensor(layer.weight).to(sources[0])
    if isinstance(layer, Convolution):
        words = sources[0].shape[1]
        padding = min(network.input.positions - words, layer.width - 1)
        return functional.relu(convolve(sources[0], weight, padding))
    inputs = torch.cat([source.flatten(1) for source in sources], dim=1)
    return functional.relu(inputs @ weight.T)


def _largest_input(weight: np.ndarray) -> float:
    """Return the most that inputs in [0, 1] can give to a neuron of a layer."""
    return float(np.maximum(weight, 0).reshape(len(weight), -1).sum(axis=1, dtype=float).max())


def _by_depth(
    network: NetworkDescription, factor: Callable[[Convolution | Dense], float]
) -> dict[int, float]:
    """Return the largest factor among the layers with weights at each depth."""
    factors: dict[int, float] = defaultdict(float)
    for layer in network.layers:
        if not isinstance(layer, Pooling):
            depth = network.latency[layer.name]
            factors[depth] = max(factors[depth], factor(layer))
    return factors


def _scaled(network: NetworkDescription, scale: Callable[[int], float]) -> NetworkDescription:
    """Multiply the weights of each layer by the scale of its depth."""
    layers = tuple(
        layer
        if isinstance(layer, Pooling)
        else replace(
            layer, weight=(layer.weight * scale(network.latency[layer.name])).astype(np.float32)
        )
        for layer in network.layers
    )
    return replace(network, layers=layers)
