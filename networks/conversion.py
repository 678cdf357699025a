"""From a trained, tailored TextCNN to the description of a spiking network.

Weights are copied as they are (Lv, Xu & Zheng 2023, section 3.2): with no bias, ReLU and average
pooling, the firing rate of a leaky integrate-and-fire neuron with threshold 1 and decay 1
approximates the activation it replaces. The classifier is repeated ``k`` times per class, and its
neurons vote.
"""

from __future__ import annotations

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


def _array(tensor: Tensor) -> np.ndarray:
    return np.ascontiguousarray(tensor.detach().cpu().numpy())
