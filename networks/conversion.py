"""From a trained, tailored TextCNN to the description of a spiking network.

Weights are copied as they are (Lv, Xu & Zheng 2023, section 3.2): with no bias, ReLU and average
pooling, the firing rate of a leaky integrate-and-fire neuron with threshold 1 and decay 1
approximates the activation it replaces. The classifier is repeated ``k`` times per class, and its
neurons vote.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from torch import Tensor

from networks.description import Convolution, Dense, Input, NetworkDescription, Pooling
from networks.textcnn import TailoredTextCNN

NEURONS_PER_CLASS = 10


def convert(
    model: TailoredTextCNN,
    *,
    neurons_per_class: int = NEURONS_PER_CLASS,
    threshold: float = 1.0,
    decay: float = 1.0,
) -> NetworkDescription:
    """Describe the spiking network that imitates ``model``.

    Parameters
    ----------
    model : TailoredTextCNN
        The trained network.
    neurons_per_class : int
        Output neurons of each class, k in the paper.
    threshold, decay : float
        Of every neuron.

    Returns
    -------
    NetworkDescription
        Layers ``conv3``, ``pool3``, ... one pair per kernel width, and ``output``.
    """
    neuron = {"threshold": threshold, "decay": decay}
    convolutions, poolings = [], []
    for width in model.widths:
        weight = _array(model.weight(width))
        convolutions.append(Convolution(f"conv{width}", "input", weight, **neuron))
        poolings.append(Pooling(f"pool{width}", f"conv{width}", model.length - width + 1, **neuron))
    output = Dense(
        "output",
        tuple(layer.name for layer in poolings),
        np.repeat(_array(model.classifier.weight), neurons_per_class, axis=0),
        **neuron,
    )
    return NetworkDescription(
        Input("input", model.length, model.embedding.embedding_dim),
        (*convolutions, *poolings, output),
        model.classifier.out_features,
    )


def diversify(network: NetworkDescription, spread: float, seed: int) -> NetworkDescription:
    """Let the output neurons of a class differ.

    Conversion makes them copies, which see the same input, spike together and receive the same
    gradient for ever. Here each weight is multiplied by 1 + spread * z, with z normal and of zero
    mean over the neurons of the class, so that the class as a whole keeps its weights.

    Parameters
    ----------
    network : NetworkDescription
        A converted network.
    spread : float
        Relative standard deviation.
    seed : int
        Of the noise.

    Returns
    -------
    NetworkDescription
        The same network with another output layer.
    """
    weight = network.output.weight
    noise = np.random.default_rng(seed).standard_normal(weight.shape)
    by_class = noise.reshape(network.classes, -1, weight.shape[1])
    by_class -= by_class.mean(axis=1, keepdims=True)
    output = replace(network.output, weight=(weight * (1 + spread * noise)).astype(weight.dtype))
    return replace(network, layers=(*network.layers[:-1], output))


def _array(tensor: Tensor) -> np.ndarray:
    return np.ascontiguousarray(tensor.detach().cpu().numpy())
