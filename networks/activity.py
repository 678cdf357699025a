"""What a layer did in one presentation, whichever simulator ran it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from networks.description import Convolution, Layer, NetworkDescription, Pooling


@dataclass(frozen=True)
class LayerActivity:
    """Spikes and membranes of one layer.

    Step n is step n of the mathematics in every layer; the latency of a simulator is taken out.

    Attributes
    ----------
    spikes : numpy.ndarray of bool, shape (steps, ...)
        True where a neuron fired.
    membrane : numpy.ndarray of float64, shape (steps, recorded)
        Voltage of the recorded neurons at the moment it was tested against the threshold, in the
        unit of the weights.
    recorded : numpy.ndarray of int, shape (recorded,)
        Those neurons, as C-order indices into the layer's shape.
    """

    spikes: np.ndarray
    membrane: np.ndarray
    recorded: np.ndarray


Membranes = Mapping[str, Iterable[int]]
"""For each layer by name, which neurons' membranes to record (C-order indices)."""


def synaptic_events(
    description: NetworkDescription, activity: Mapping[str, LayerActivity]
) -> dict[str, int]:
    """Count how often a weight was added to a membrane.

    Parameters
    ----------
    description : NetworkDescription
        The network.
    activity : mapping of str to LayerActivity
        What each of its layers did in a presentation.

    Returns
    -------
    dict of str to int
        Events that arrived in each layer, 0 for the input.
    """
    events = {description.input.name: 0}
    for layer in description.layers:
        events[layer.name] = sum(
            int((activity[source].spikes.sum(axis=0) * fan).sum())
            for source, fan in (
                (source, fan_out(layer, activity[source].spikes.shape[1:], activity))
                for source in layer.sources
            )
        )
    return events


def fan_out(
    layer: Layer, source_shape: tuple[int, ...], activity: Mapping[str, LayerActivity]
) -> np.ndarray:
    """Count the synapses of each source neuron onto ``layer``.

    Parameters
    ----------
    layer : Convolution, Pooling or Dense
        The target.
    source_shape : tuple of int
        Shape of the source.
    activity : mapping of str to LayerActivity
        Activity of all layers, for their shapes.

    Returns
    -------
    numpy.ndarray of int
        One count per source neuron, broadcastable to ``source_shape``.
    """
    if isinstance(layer, Convolution):
        windows = activity[layer.name].spikes.shape[1]
        place = np.arange(source_shape[0])
        first = np.maximum(place - layer.width + 1, 0)
        last = np.minimum(place, windows - 1)
        return ((last - first + 1) * layer.maps)[:, None]
    if isinstance(layer, Pooling):
        return np.array(1)
    return np.array(len(layer.weight))
