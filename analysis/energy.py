"""Energy of a sentence: operations, and what each costs.

A spiking network adds a weight to a membrane for every spike that arrives, a synaptic operation,
and updates every membrane in every step. Its TextCNN multiplies and adds once for every weight and
window. Lv, Xu & Zheng (2023, table 5) estimate the synaptic operations of layer l,

    SynOps_l = T * rate_l * MACs_l

with the steps T, the mean firing rate of what the layer listens to, and the multiply-accumulates of
the layer in the TextCNN, padding included. A simulator can count them instead. What an operation
costs depends on the hardware, and so does the winner: see :data:`COST_MODELS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from networks.description import Convolution, Dense, NetworkDescription, Pooling

PICOJOULE = 1e-12


@dataclass(frozen=True)
class CostModel:
    """What operations cost.

    Attributes
    ----------
    name : str
        Short name.
    source : str
        Where the figures are from.
    mac, synaptic_operation, neuron_update : float
        Picojoules of a multiply-accumulate, of a weight added to a membrane, and of the update of a
        membrane in a step.
    """

    name: str
    source: str
    mac: float
    synaptic_operation: float
    neuron_update: float = 0.0

    def textcnn(self, macs: float) -> float:
        """Return the energy of so many multiply-accumulates, in joules."""
        return macs * self.mac * PICOJOULE

    def spiking(self, synaptic_operations: float, neuron_updates: float) -> float:
        """Return the energy of a spiking network, in joules."""
        synapses = synaptic_operations * self.synaptic_operation
        return (synapses + neuron_updates * self.neuron_update) * PICOJOULE


ADD, MULTIPLY_ADD, COMPARE, ACCESS = 0.9, 4.6, 0.9, 5.0
"""Picojoules at 45 nm and 0.9 V: arithmetic on 32-bit floating-point numbers, and one such number
read from or written to 8 KB of SRAM (Horowitz 2014, figure 1.1.9: 10 pJ for 64 bits)."""

COST_MODELS = (
    CostModel(
        "paper",
        "Lv, Xu & Zheng 2023: 77 fJ a synaptic operation, 12.5 pJ a floating-point operation; a "
        "multiply-accumulate counts as one",
        mac=12.5,
        synaptic_operation=0.077,
    ),
    CostModel(
        "45 nm",
        "Horowitz 2014: 32-bit floating point, arithmetic alone",
        mac=MULTIPLY_ADD,
        synaptic_operation=ADD,
    ),
    CostModel(
        "45 nm with memory",
        "Horowitz 2014, with what Davidson & Furber 2021 and Yan et al. 2024 find missing: weights "
        "and activations are read, membranes read and written, and each membrane decays and is "
        "tested in every step",
        mac=MULTIPLY_ADD + 2 * ACCESS,
        synaptic_operation=ADD + 3 * ACCESS,
        neuron_update=MULTIPLY_ADD + COMPARE + 2 * ACCESS,
    ),
)


@dataclass(frozen=True)
class Work:
    """What a spiking network did for some sentences.

    Attributes
    ----------
    description : NetworkDescription
        The network.
    words : numpy.ndarray of int, shape (sentences,)
        Length of each sentence.
    steps : int
        Length of a presentation.
    spikes : mapping of str to int
        Spikes of each layer, the input included, in all sentences together.
    events : mapping of str to int
        Synaptic operations of each layer but the input, counted one by one.
    """

    description: NetworkDescription
    words: np.ndarray
    steps: int
    spikes: Mapping[str, int]
    events: Mapping[str, int]

    @property
    def estimates(self) -> dict[str, float]:
        """Synaptic operations of each layer, estimated from the mean rates of its sources."""
        padded = self.description.shapes(self.description.input.positions)
        operations = connections(self.description)
        presented = self.steps * len(self.words)
        estimates = {}
        for layer in self.description.layers:
            neurons = sum(int(np.prod(padded[source])) for source in layer.sources)
            rate = sum(self.spikes[source] for source in layer.sources) / (presented * neurons)
            estimates[layer.name] = presented * rate * operations[layer.name]
        return estimates

    @property
    def neuron_updates(self) -> int:
        """Membranes times steps, of neurons that a sentence can reach."""
        neurons = 0
        for words, sentences in self._lengths():
            shapes = self.description.shapes(words)
            reached = sum(int(np.prod(shapes[layer.name])) for layer in self.description.layers)
            neurons += sentences * reached
        return neurons * self.steps

    @property
    def macs(self) -> dict[str, int]:
        """Multiply-accumulates of each layer of the TextCNN that does not compute padding."""
        total = dict.fromkeys(textcnn_macs(self.description), 0)
        for words, sentences in self._lengths():
            for layer, macs in textcnn_macs(self.description, words).items():
                total[layer] += sentences * macs
        return total

    def _lengths(self) -> list[tuple[int, int]]:
        """Return each length that occurs, and how many sentences have it."""
        lengths, sentences = np.unique(self.words, return_counts=True)
        return list(zip(lengths.tolist(), sentences.tolist(), strict=True))


def connections(description: NetworkDescription, words: int | None = None) -> dict[str, int]:
    """Count the connections of each layer.

    Parameters
    ----------
    description : NetworkDescription
        The network.
    words : int, optional
        Length of the sentence; by default the length that sentences are padded to.

    Returns
    -------
    dict of str to int
        Pairs of a source neuron and a neuron of the layer that are connected.
    """
    shapes = description.shapes(words or description.input.positions)
    counts = {}
    for layer in description.layers:
        if isinstance(layer, Convolution):
            counts[layer.name] = shapes[layer.name][0] * layer.weight.size
        elif isinstance(layer, Pooling):
            counts[layer.name] = int(np.prod(shapes[layer.source]))
        else:
            counts[layer.name] = layer.weight.size
    return counts


def textcnn_macs(description: NetworkDescription, words: int | None = None) -> dict[str, int]:
    """Count the multiply-accumulates of the TextCNN that a spiking network was made from.

    Parameters
    ----------
    description : NetworkDescription
        The spiking network, which has several output neurons a class where the TextCNN has one.
    words : int, optional
        Length of the sentence; by default the length that sentences are padded to.

    Returns
    -------
    dict of str to int
        For convolutions and the classifier; pooling multiplies nothing.
    """
    counts = connections(description, words)
    per_class = len(description.output.weight) // description.classes
    macs = {}
    for layer in description.layers:
        if isinstance(layer, Convolution):
            macs[layer.name] = counts[layer.name]
        elif isinstance(layer, Dense):
            macs[layer.name] = counts[layer.name] // per_class
    return macs
