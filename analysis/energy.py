"""Energy of a sentence: operations, and what each costs.

A spiking network adds a weight to a membrane for every spike that arrives, a synaptic operation,
and updates every membrane in every step. Its TextCNN multiplies and adds once for every weight and
window. Lv, Xu & Zheng (2023, table 5) estimate the synaptic operations of layer l,

    SynOps_l = T * rate_l * MACs_l

with the steps T, the mean firing rate of what the layer listens to, and the multiply-accumulates of
the layer in the TextCNN, padding included. A simulator can count them instead. What an operation
costs depends on the hardware, and so does the winner: see :data:`COST_MODELS`.

A network that reads a word a step is held against its twin, which has the same weights and no
spikes (:class:`WordWork`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import singledispatch
from math import prod
from typing import Any, ClassVar, cast

import numpy as np

from networks.brief import Brief
from networks.described import Shape
from networks.description import Connection, Network, crop
from networks.transforms import Attention, Convolution, Transform

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

    Examples
    --------
    >>> from analysis import CostModel
    >>> model = CostModel("mine", "measured", mac=4.0, synaptic_operation=1.0)
    >>> model.spiking(synaptic_operations=1e6, neuron_updates=0) / model.textcnn(macs=1e6)
    0.25
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
ADD_INT, MULTIPLY_INT, MULTIPLY_INT8, ACCESS_INT8 = 0.1, 3.1, 0.2, 1.25
"""The same of whole numbers: an addition of 32 bits, multiplications of 32 and of 8 bits, and
8 bits read or written (same figure)."""

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
    CostModel(
        "45 nm, 8 bits",
        "Horowitz 2014, arithmetic alone: weights and activations of 8 bits in both networks, sums "
        "and membranes of 32 bits",
        mac=MULTIPLY_INT8 + ADD_INT,
        synaptic_operation=ADD_INT,
    ),
    CostModel(
        "45 nm with memory, 8 bits",
        "the same, with what memory costs: weights and activations of 8 bits are read, membranes "
        "of 32 bits read and written, and each decays and is tested in every step",
        mac=MULTIPLY_INT8 + ADD_INT + 2 * ACCESS_INT8,
        synaptic_operation=ADD_INT + ACCESS_INT8 + 2 * ACCESS,
        neuron_update=MULTIPLY_INT + ADD_INT + 2 * ACCESS,
    ),
)


def price(counts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Say what a sentence costs under each cost model.

    Parameters
    ----------
    counts : mapping of str to Any
        Mean counts of a sentence: ``macs`` of what the network is held against, its own
        ``synaptic_operations`` and ``neuron_updates``; ``reference`` says what it is held against,
        its TextCNN if nothing is said.

    Returns
    -------
    list of dict
        For each of :data:`COST_MODELS` its name and source, both energies in joules, and the
        spiking network's as a multiple of the other.

    Examples
    --------
    >>> from analysis import price
    >>> counts = {"macs": 1e7, "synaptic_operations": 4e7, "neuron_updates": 1e6}
    >>> row = price(counts)[0]
    >>> row["cost_model"], round(row["ratio"], 3)
    ('paper', 0.025)
    """
    reference = counts.get("reference", Work.reference)
    rows = []
    for model in COST_MODELS:
        other = model.textcnn(counts["macs"])
        spiking = model.spiking(counts["synaptic_operations"], counts["neuron_updates"])
        row = {"cost_model": model.name, reference_key(reference): other}
        rows.append(
            row | {"spiking_joules": spiking, "ratio": spiking / other, "source": model.source}
        )
    return rows


@dataclass(frozen=True)
class Work(Brief):
    """What a spiking network did for some sentences.

    Attributes
    ----------
    reference : str
        What it is held against.
    network : Network
        The network.
    words : numpy.ndarray of int, shape (sentences,)
        Length of each sentence.
    steps : int or numpy.ndarray of int, shape (sentences,)
        Length of all presentations, or of each.
    spikes : mapping of str to int
        Spikes of each population, the input included, in all sentences together.
    events : mapping of str to int
        Synaptic operations of each population but the input, counted one by one.
    """

    reference: ClassVar[str] = "TextCNN"

    network: Network
    words: np.ndarray
    steps: int | np.ndarray
    spikes: Mapping[str, int]
    events: Mapping[str, int]

    @property
    def estimates(self) -> dict[str, float]:
        """Synaptic operations of each population, estimated from the mean rates of its sources.

        Those of attention are as counted: a key and a value that fire in the same step meet, which
        rates do not tell.
        """
        network = self.network
        estimates = dict.fromkeys((population.name for population in network.hidden), 0.0)
        for connection in network.connections:
            if not connection.transform.linear:
                estimates[connection.target] += self.events[connection.target]
                continue
            # A rate is of spikes a neuron and step, and is multiplied by steps again.
            neurons = sum(network[source].size for source in connection.sources)
            spikes = sum(self.spikes[source] for source in connection.sources)
            estimates[connection.target] += spikes / neurons * synapses(network, connection)
        return estimates

    @property
    def neuron_updates(self) -> int:
        """Membranes times steps, of neurons that a sentence can reach."""
        steps = np.broadcast_to(self.steps, self.words.shape)
        return sum(
            int(steps[self.words == words].sum()) * sum(p.size for p in network.hidden)
            for words, network in self._cropped()
        )

    @property
    def macs(self) -> dict[str, int]:
        """Multiply-accumulates of each layer of the TextCNN that does not compute padding."""
        total = dict.fromkeys(textcnn_macs(self.network), 0)
        for words, network in self._cropped():
            for name, macs in textcnn_macs(network).items():
                total[name] += int((self.words == words).sum()) * macs
        return total

    def _cropped(self) -> list[tuple[int, Network]]:
        """Return each length that occurs, and the network of it."""
        return [(words, crop(self.network, words)) for words in np.unique(self.words).tolist()]


@dataclass(frozen=True)
class WordWork(Work):
    """What a network that reads a word a step did; ``steps`` is that of a word, one.

    Operations are those that are delivered: where several layers hear what one has written to a
    residual current, each of them receives it. The twin adds it once, and looks words up without
    multiplying, as the network does.
    """

    reference: ClassVar[str] = "twin"

    @property
    def neuron_updates(self) -> int:
        """Filters times words: one for each neuron, two for each that looks both ways."""
        filters = sum(p.size * (2 if p.neuron.hindsight else 1) for p in self.network.hidden)
        return filters * int(self.words.sum())

    @property
    def macs(self) -> dict[str, int]:
        """Multiply-accumulates of each layer of the twin."""
        words = int(self.words.sum())
        return {name: words * macs for name, macs in twin_macs(self.network).items()}


@dataclass(frozen=True)
class RepeatedWork(WordWork):
    """What a network did that is shown all words in each of so many ``steps``.

    Its twin is that of a network that reads a word a step, for it has the same weights.
    """

    @property
    def neuron_updates(self) -> int:
        """Neurons times words times steps: each word has neurons of its own."""
        neurons = sum(population.size for population in self.network.hidden)
        return neurons * int((self.words * self.steps).sum())


def reference_key(reference: str) -> str:
    """Return the name that documents give the energy of what a network is held against."""
    return f"{reference.lower()}_joules"


def twin_macs(network: Network) -> dict[str, int]:
    """Count the multiply-accumulates of the twin of a network that reads a word a step.

    Parameters
    ----------
    network : Network
        The network. A population that hears the input reads the residual current.

    Returns
    -------
    dict of str to int
        For each population, for a word. What is written to the residual current is charged to the
        first that reads it; a word is looked up; attention multiplies keys by values, and queries
        by what was found.
    """
    name, macs = network.input.name, dict.fromkeys((p.name for p in network.hidden), 0)
    readers = {c.target for c in network.connections if name in c.sources}
    written: set[str] = set()
    for connection in network.connections:
        transform, target = connection.transform, connection.target
        if not transform.linear:
            attention = cast(Attention, transform)
            macs[target] += 2 * attention.features * attention.size
        elif name not in connection.sources and not written.issuperset(connection.sources):
            macs[target] += synapses(network, connection)
            if target in readers:
                written.update(connection.sources)
    return macs


def synapses(network: Network, connection: Connection) -> int:
    """Count the pairs of a source neuron and a target neuron that a connection connects."""
    source = network.source_shape(connection)
    return int(np.broadcast_to(connection.transform.fan_out(source), source).sum())


def textcnn_macs(network: Network) -> dict[str, int]:
    """Count the multiply-accumulates of the TextCNN that a spiking network was made from.

    Parameters
    ----------
    network : Network
        The spiking network, which has several output neurons a class where the TextCNN has one;
        cropped to the length of a sentence, or whole for the length that sentences are padded to.

    Returns
    -------
    dict of str to int
        For each population that hears of others through weights; pooling multiplies nothing.
    """
    macs: dict[str, int] = {}
    for connection in network.connections:
        shapes = connection.transform.shapes(network.source_shape(connection))
        copies = _neurons_per_class(network, connection.target)
        for link, source, target in zip(connection.links, shapes, shapes[1:], strict=False):
            if link.trained:
                repeated = copies if prod(target) == network[connection.target].size else 1
                products = multiplications(link, source) // repeated
                macs[connection.target] = macs.get(connection.target, 0) + products
    return macs


@singledispatch
def multiplications(link: Transform, source: Shape) -> int:
    """Count the multiply-accumulates of a transform: one for each entry of its matrix."""
    return int(np.broadcast_to(link.fan_out(source), source).sum())


@multiplications.register
def _(link: Convolution, source: Shape) -> int:
    # What lies under a window is multiplied, whether it is padding or not.
    return prod(link.shape(source)) * link.weight[0].size


def _neurons_per_class(network: Network, name: str) -> int:
    """Return how many neurons of a population stand for one of the TextCNN."""
    readout = network.readout
    return network[name].size // readout.groups if readout and readout.population == name else 1
