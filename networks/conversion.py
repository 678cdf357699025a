"""From a trained, tailored TextCNN to the description of a spiking network.

Weights are copied as they are (Lv, Xu & Zheng 2023, section 3.2): with no bias, ReLU and average
pooling, the firing rate of a leaky integrate-and-fire neuron with threshold 1 and decay 1
approximates the activation it replaces. An average over P windows tested against a threshold is a
sum tested against P times the threshold, which no rounding can decide. The classifier is repeated
``k`` times per class, and its neurons vote.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

from networks.description import Connection, Network, Population, Votes
from networks.neurons import LIF, Input
from networks.textcnn import TailoredTextCNN
from networks.transforms import Convolution, Dense, SumPooling

NEURONS_PER_CLASS = 10


def convert(
    model: TailoredTextCNN,
    *,
    neurons_per_class: int = NEURONS_PER_CLASS,
    threshold: float = 1.0,
    decay: float = 1.0,
) -> Network:
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
    Network
        Populations ``input``, ``conv3``, ..., ``pool3``, ... with one pair per kernel width, and
        ``output``, which votes.

    Examples
    --------
    >>> import torch
    >>> from networks import TailoredTextCNN, convert
    >>> model = TailoredTextCNN(torch.rand(9, 6), classes=2, length=7, widths=(3,), maps=4)
    >>> convert(model, neurons_per_class=5).shapes
    {'input': (7, 6), 'conv3': (5, 4), 'pool3': (4,), 'output': (10,)}
    """
    neuron = LIF(decay=decay, threshold=threshold)
    convolutions, poolings, connections, pooled = [], [], [], []
    for width in model.widths:
        kernel = Convolution(_array(model.weight(width)))
        windows = model.length - width + 1
        counting = LIF(decay=decay, threshold=threshold * windows)
        convolutions.append(Population(f"conv{width}", (windows, kernel.maps), neuron))
        poolings.append(Population(f"pool{width}", (kernel.maps,), counting))
        connections.append(Connection(("input",), f"conv{width}", kernel))
        pooled.append(Connection((f"conv{width}",), f"pool{width}", SumPooling()))
    weight = np.repeat(_array(model.classifier.weight), neurons_per_class, axis=0)
    pools = tuple(population.name for population in poolings)
    return Network(
        (
            Population("input", (model.length, model.embedding.embedding_dim), Input()),
            *convolutions,
            *poolings,
            Population("output", (len(weight),), neuron),
        ),
        (*connections, *pooled, Connection(pools, "output", Dense(weight))),
        Votes("output", model.classifier.out_features),
    )


def diversify(network: Network, spread: float, seed: int) -> Network:
    """Let the output neurons of a class differ.

    Conversion makes them copies, which see the same input, spike together and receive the same
    gradient for ever. Here each weight is multiplied by 1 + spread * z, with z normal and of zero
    mean over the neurons of the class, so that the class as a whole keeps its weights.

    Parameters
    ----------
    network : Network
        A converted network.
    spread : float
        Relative standard deviation.
    seed : int
        Of the noise.

    Returns
    -------
    Network
        The same network with other weights of its output.
    """
    weight = network.weights["output"]
    noise = np.random.default_rng(seed).standard_normal(weight.shape)
    by_class = noise.reshape(network.voting.groups, -1, weight.shape[1])
    by_class -= by_class.mean(axis=1, keepdims=True)
    return network.with_weights({"output": (weight * (1 + spread * noise)).astype(weight.dtype)})


def _array(tensor: Tensor) -> np.ndarray:
    return np.ascontiguousarray(tensor.detach().cpu().numpy())
