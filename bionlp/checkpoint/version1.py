"""Models of version 1: a row of layers of leaky integrate-and-fire neurons.

An average over windows was tested against ``threshold``; a sum is tested against threshold * window
now, which is the same.
"""

from __future__ import annotations

from math import prod
from typing import Annotated, Literal

from pydantic import Field

from bionlp.checkpoint.arrays import Arrays
from bionlp.checkpoint.schema import Common, PartName, Positive
from bionlp.strict import OneOf, Strict
from networks.described import Shape
from networks.description import Connection, Network, Population, Votes
from networks.neurons import LIF, Input
from networks.transforms import Convolution, Dense, SumPooling

VERSION = 1


class InputEntry(Strict):
    """Where spikes come in."""

    name: PartName
    positions: Positive
    features: Positive


class ConvolutionEntry(Strict):
    """The same kernel at every position."""

    kind: Literal["convolution"]
    name: PartName
    source: PartName
    threshold: float
    decay: float


class PoolingEntry(Strict):
    """An average over all positions."""

    kind: Literal["pooling"]
    name: PartName
    source: PartName
    window: Positive
    threshold: float
    decay: float


class DenseEntry(Strict):
    """Every neuron of all sources to every neuron."""

    kind: Literal["dense"]
    name: PartName
    sources: Annotated[tuple[PartName, ...], Field(min_length=1)]
    threshold: float
    decay: float


Entry = Annotated[ConvolutionEntry | PoolingEntry | DenseEntry, Field(discriminator="kind")]


class NetworkEntry(Strict):
    """Layers in the order of their flow."""

    input: InputEntry
    layers: Annotated[tuple[Entry, ...], Field(min_length=1)]
    classes: Positive


class Settings(Common):
    """A whole file. Models had any name then."""

    version: Annotated[int, OneOf([VERSION])]
    network: NetworkEntry


def settings_schema() -> type[Settings]:
    """Return the model of a whole file."""
    return Settings


def network_from(settings: NetworkEntry, arrays: Arrays) -> Network:
    """Describe the network as a graph.

    Parameters
    ----------
    settings : NetworkEntry
        The layers.
    arrays : Arrays
        Their weights: ``network.`` and the name of the layer.

    Returns
    -------
    Network
        The same network.

    Raises
    ------
    ValueError
        If its parts do not fit.
    CheckpointError
        If a weight is missing.
    """
    source = settings.input
    shapes: dict[str, Shape] = {source.name: (source.positions, source.features)}
    populations = [Population(source.name, shapes[source.name], Input())]
    connections = []
    for layer in settings.layers:
        sources = layer.sources if layer.kind == "dense" else (layer.source,)
        unknown = [name for name in sources if name not in shapes]
        if unknown:
            raise ValueError(
                f"layer {layer.name!r} listens to {unknown[0]!r}, which is not before it"
            )
        transform = _transform(layer, arrays)
        shapes[layer.name] = transform.shape(_in_a_row([shapes[name] for name in sources]))
        window = layer.window if layer.kind == "pooling" else 1
        neuron = LIF(decay=layer.decay, threshold=layer.threshold * window)
        populations.append(Population(layer.name, shapes[layer.name], neuron))
        connections.append(Connection(sources, layer.name, transform))
    readout = Votes(settings.layers[-1].name, settings.classes)
    return Network(tuple(populations), tuple(connections), readout)


def _transform(layer: Entry, arrays: Arrays) -> Convolution | SumPooling | Dense:
    if layer.kind == "pooling":
        return SumPooling()
    weight = arrays.take(f"network.{layer.name}")
    return Convolution(weight) if layer.kind == "convolution" else Dense(weight)


def _in_a_row(shapes: list[Shape]) -> Shape:
    """Return the shape of several sources, one after the other."""
    return shapes[0] if len(shapes) == 1 else (sum(map(prod, shapes)),)
