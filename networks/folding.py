r"""From a trained spiking encoder to the description of its network.

Batch normalisation is, once trained, a factor and an offset, norm(x) = s x + o. So the weights onto
a layer are multiplied by its s, and o becomes a constant current. The residual current is no
population: it is the sum of what its writers send, so each layer that reads it hears all of them,

    norm(r) = s (E[word] + sum over writers before it of W S) + o

with one spike a word, whose synapses are the row of E. The logits' gain and the division by the
number of words change no answer and are left out: the votes are spikes.
"""

from __future__ import annotations

from typing import cast

import numpy as np
from torch import Tensor, nn

from networks.description import Connection, Network, Population, Votes
from networks.neurons import Input, Neuron
from networks.neurons.bpsn import BPSN
from networks.neurons.unreset import UnresetLIF
from networks.snnbert import Block, Firing, SpikingEncoder
from networks.transforms import Attention, Chain, Dense, Offset, Scaling

INPUT, LAST, OUTPUT = "words", "last", "output"
ASKED = ("query", "key", "value")


def fold(model: SpikingEncoder, *, rounded: bool = False) -> Network:
    """Describe the network of a trained model.

    Parameters
    ----------
    model : SpikingEncoder
        The model.
    rounded : bool, optional
        Whether the currents of words, by far the most of its weights, are rounded to half
        precision, so that a file of them is half as large.

    Returns
    -------
    Network
        Its input has a neuron for each word, number id - 1. Populations are ``block1_read``,
        ``block1_query``, ``block1_key``, ``block1_value``, ``block1_found``, ``block1_again``,
        ``block1_hidden``, those of further blocks, ``last``, and ``output``, which votes.

    Examples
    --------
    >>> import torch
    >>> from networks import SpikingEncoder, fold
    >>> model = SpikingEncoder(torch.rand(9, 6), 2, width=4, blocks=1, heads=2, hidden=8)
    >>> fold(model).shapes["words"]  # a neuron for each word
    (8, 1)
    """
    currents = _array(model.currents()[1:])
    building = _Building(currents.astype(np.float16) if rounded else currents)
    for number, block in enumerate(model.blocks, start=1):
        _add_block(building, f"block{number}", cast(Block, block))
    building.reads(LAST, model.last)
    building.hears(OUTPUT, model.output, LAST, model.classifier)
    return Network(
        tuple(building.populations), tuple(building.connections), Votes(OUTPUT, model.classes)
    )


class _Building:
    """Populations and connections so far, and who writes to the residual current.

    Parameters
    ----------
    embeddings : numpy.ndarray, shape (words, width)
        The current of each word.
    """

    def __init__(self, embeddings: np.ndarray):
        self.populations = [Population(INPUT, (len(embeddings), 1), Input())]
        self.connections: list[Connection] = []
        self._lookup = Dense(_single(embeddings.T))
        self._writers: list[tuple[str, np.ndarray]] = []

    def add(self, name: str, layer: nn.Module) -> tuple[np.ndarray, np.ndarray]:
        """Add a population; return the factor and the offset of its normalisation."""
        layer = cast(Firing, layer)
        self.populations.append(Population(name, (len(layer.threshold),), _neuron(layer)))
        return _normalisation(layer.norm)

    def reads(self, name: str, layer: nn.Module) -> None:
        """Add a population that hears the residual current."""
        factor, offset = self.add(name, layer)
        # The same table for all readers, so that it can be kept once.
        lookup = Chain((self._lookup, Scaling(_single(factor)), Offset(_single(offset))))
        self.connections.append(Connection((INPUT,), name, lookup))
        for writer, weight in self._writers:
            self.connections.append(
                Connection((writer,), name, Dense(_single(factor[:, None] * weight)))
            )

    def hears(self, name: str, layer: nn.Module, source: str, weights: nn.Linear) -> None:
        """Add a population that hears another."""
        factor, offset = self.add(name, layer)
        weight = Dense(_single(factor[:, None] * _array(weights.weight)), _single(offset))
        self.connections.append(Connection((source,), name, weight))

    def writes(self, name: str, weights: nn.Linear) -> None:
        """Let a population write to the residual current."""
        self._writers.append((name, _array(weights.weight)))


def _add_block(building: _Building, name: str, block: Block) -> None:
    building.reads(f"{name}_read", block.read)
    for part, layer, weights in zip(ASKED, block.asked, block.projections, strict=True):
        building.hears(f"{name}_{part}", layer, f"{name}_read", cast(nn.Linear, weights))
    factor, offset = building.add(f"{name}_found", block.found)
    attention = Attention(_single(factor), block.heads, block.causal, _single(offset))
    asked = tuple(f"{name}_{part}" for part in ASKED)
    building.connections.append(Connection(asked, f"{name}_found", attention))
    building.writes(f"{name}_found", block.mixed)
    building.reads(f"{name}_again", block.again)
    building.hears(f"{name}_hidden", block.hidden, f"{name}_again", block.widen)
    building.writes(f"{name}_hidden", block.narrow)


def _neuron(layer: Firing) -> Neuron:
    threshold = _array(layer.threshold)
    forward = _array(layer.forward_decay).item()
    backward = layer.backward_decay
    if backward is None:
        return UnresetLIF(forward, threshold)
    return BPSN(forward, _array(backward).item(), threshold)


def _normalisation(norm: nn.BatchNorm1d) -> tuple[np.ndarray, np.ndarray]:
    mean, variance = cast(Tensor, norm.running_mean), cast(Tensor, norm.running_var)
    factor = _array(norm.weight) / np.sqrt(_array(variance) + norm.eps)
    return factor, _array(norm.bias) - factor * _array(mean)


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().cpu().numpy().astype(np.float64)


def _single(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float32)
