"""Whether a network can classify texts, and can be computed at all."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from bionlp.limits import LARGEST, LEAST_PARAMETER
from networks.description import Connection, Network, Population, Votes, choose_inputs
from networks.neurons.model import parameters
from networks.transforms import SumPooling

MOST_NEURONS = 10**8
"""In a whole network."""
TAKEN = ("time",)
"""What recordings call something else by."""


def check_network(network: Network, labels: Sequence[str]) -> None:
    """See that a network reads words and answers with the labels, in numbers that can be held.

    Parameters
    ----------
    network : Network
        The network.
    labels : sequence of str
        Names of the classes.

    Raises
    ------
    ValueError
        If not; the message says where.
    """
    _check_input(network)
    _check_readout(network, labels)
    neurons = sum(population.size for population in network.populations)
    if neurons > MOST_NEURONS:
        raise ValueError(f"it has {neurons:,} neurons, and {MOST_NEURONS:,} are the most")
    for population in network.populations:
        if population.name in TAKEN:
            raise ValueError(f"no population can be named {population.name!r}: recordings have one")
        _check_parameters(population)
    for connection in network.connections:
        _check_currents(network, connection)


def check_words(network: Network, words: int) -> None:
    """See that a network has an input neuron for each word, which it can be told to leave out.

    Raises
    ------
    ValueError
        If not.
    """
    if network.input.shape != (words, 1):
        raise ValueError(
            f"the input {network.input.name!r} has the shape {network.input.shape}, not a neuron "
            f"for each of {words} words"
        )
    choose_inputs(network, np.zeros(1, dtype=int))


def _check_input(network: Network) -> None:
    name, shape = network.input.name, network.input.shape
    if len(shape) != 2:
        raise ValueError(f"the input {name!r} has the shape {shape}, not (words, features)")


def _check_readout(network: Network, labels: Sequence[str]) -> None:
    readout = network.readout
    if not isinstance(readout, Votes):
        kind = "none" if readout is None else f"of type {type(readout).__name__}"
        raise ValueError(f"readout is {kind}; labels are decided by votes, of type Votes")
    if len(set(labels)) < len(labels) or len(labels) != readout.groups:
        raise ValueError(
            f"readout.groups is {readout.groups}, and label_names are {len(set(labels))} different "
            f"names: {', '.join(labels)}"
        )


def _check_parameters(population: Population) -> None:
    """See that single precision can hold the parameters of the neurons."""
    for name, limits in parameters(type(population.neuron)).items():
        size = np.abs(getattr(population.neuron, name))
        least = LEAST_PARAMETER if limits["above"] == 0 else 0
        if not ((size >= least) & (size <= LARGEST)).all():
            raise ValueError(
                f"{name} of {population.name!r} lies outside of {least:g} to {LARGEST:g}, and is "
                "lost in single precision"
            )


def _check_currents(network: Network, connection: Connection) -> None:
    """See that no current can be larger than single precision can hold."""
    most, shapes = 1.0, connection.transform.shapes(network.source_shape(connection))
    for link, source in zip(connection.links, shapes, strict=False):
        weights = [getattr(link, field) for field in link.trained]
        sizes = [float(np.abs(weight).max()) for weight in weights if weight is not None]
        heard = [weight[0].size if weight.ndim else 1 for weight in weights[:1]]
        heard = heard or [prod(source) if isinstance(link, SumPooling) else 1]
        most = max(most * heard[0] * max(sizes[:1], default=1.0), *sizes, 1.0)
    if most > LARGEST:
        raise ValueError(
            f"connection {connection} has weights so large that its currents may reach {most:g}"
        )
