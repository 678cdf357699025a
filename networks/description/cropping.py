"""The same network on a shorter input, where the rest of the input is silent.

A sentence is shorter than the longest that a network was made for. Neurons that see nothing but the
silence behind it never fire, and need not be simulated. Along the first axis of the input, p of P
positions are kept; each population keeps those that they reach, and each transform gets padding
instead of what is left out. No spike changes.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np

from networks.described import Shape
from networks.description.network import Network
from networks.description.parts import Connection, Population
from networks.transforms import Chain, Dense, Transform


def crop(network: Network, positions: int) -> Network:
    """Leave out what silence behind the input cannot wake.

    Parameters
    ----------
    network : Network
        The network.
    positions : int
        First positions of the input that are not silent.

    Returns
    -------
    Network
        With the same populations and connections, and fewer neurons. Populations on cycles, all
        behind transforms that reach everywhere, those that may fire without input, and the one that
        is read keep their size. Where a
        transform has no rule to leave silence out, nothing is left out.

    Raises
    ------
    ValueError
        If the input has not so many positions, or none are wanted.

    Examples
    --------
    >>> import torch
    >>> from networks import TailoredTextCNN, convert, crop
    >>> model = TailoredTextCNN(torch.rand(9, 6), classes=2, length=7, widths=(3,), maps=4)
    >>> crop(convert(model), 5).shapes
    {'input': (5, 6), 'conv3': (5, 4), 'pool3': (4,), 'output': (20,)}
    """
    most = network.input.shape[0]
    if not 1 <= positions <= most:
        raise ValueError(f"{positions} positions do not fit: the input has 1 to {most}")
    if positions == most:
        return network
    kept = dict.fromkeys(network.shapes, None) | {network.input.name: positions}
    # An answer is divided among all neurons of its population, also the silent ones.
    whole = {network.input.name, network.readout and network.readout.population}
    for component in network.components:
        if len(component) == 1 and component[0] not in whole:
            kept[component[0]] = _reach(network, component[0], kept)
    try:
        return replace(
            network,
            populations=tuple(_cropped(population, kept) for population in network.populations),
            connections=tuple(
                replace(connection, transform=_transform(network, connection, kept))
                for connection in network.connections
            ),
        )
    except NotImplementedError:
        return network


def choose_inputs(network: Network, positions: np.ndarray) -> Network:
    """Leave out all positions of the input but some, which need not be the first.

    Parameters
    ----------
    network : Network
        A network whose input is heard through dense transforms alone, one neuron a position.
    positions : numpy.ndarray of int, shape (chosen,)
        Which are kept, in the order that they have afterwards.

    Returns
    -------
    Network
        Where only these fire, every other population does what it did.

    Raises
    ------
    ValueError
        If the network hears its input in another way.
    """
    name, shape = network.input.name, network.input.shape
    if prod(shape[1:]) != 1:
        raise ValueError(f"input {name!r} has the shape {shape}, not one neuron a position")
    populations = tuple(
        replace(population, shape=(len(positions), *shape[1:]))
        if population.name == name
        else population
        for population in network.populations
    )
    chosen: dict[int, Dense] = {}
    connections = []
    for connection in network.connections:
        if name in connection.sources:
            first, *others = connection.links
            if connection.sources != (name,) or not isinstance(first, Dense):
                raise ValueError(f"connection {connection} does not begin with a dense transform")
            # What was one table stays one.
            if id(first) not in chosen:
                chosen[id(first)] = replace(first, weight=first.weight[:, positions])
            links = (chosen[id(first)], *others)
            transform = Chain(links) if others else links[0]
            connection = replace(connection, transform=transform)
        connections.append(connection)
    return replace(network, populations=populations, connections=tuple(connections))


def _reach(network: Network, name: str, kept: dict[str, int | None]) -> int | None:
    """Count the positions of a population that are reached, None for all."""
    if network[name].neuron.spontaneous:
        return None
    reached: list[int] = []
    for connection in network.into(name):
        if len(connection.sources) > 1 or name in connection.sources:
            return None
        positions, shape = kept[connection.sources[0]], network.source_shape(connection)
        if positions is None or connection.transform.shape(shape) != network[name].shape:
            return None
        reach = connection.transform.reach(shape, positions)
        if reach is None:
            return None
        reached.append(reach)
    if not reached or max(reached) >= network[name].shape[0]:
        return None
    return max(reached)


def _cropped(population: Population, kept: dict[str, int | None]) -> Population:
    positions = kept[population.name]
    if positions is None:
        return population
    shape = (positions, *population.shape[1:])
    return Population(population.name, shape, population.neuron.cut(positions))


def _transform(network: Network, connection: Connection, kept: dict[str, int | None]) -> Transform:
    first, *others = (kept[source] for source in connection.sources)
    if others and any(positions is not None for positions in (first, *others)):
        return _without(network, connection, kept)
    if first is None:
        return connection.transform
    shape = network.source_shape(connection)
    return connection.transform.cropped(shape, first, kept[connection.target])


def _without(network: Network, connection: Connection, kept: dict[str, int | None]) -> Dense:
    """Return a dense transform without the inputs of several sources that are left out."""
    if not isinstance(connection.transform, Dense):
        raise NotImplementedError("sources in a row have no positions")
    rows = [_mask(network.shapes[name], kept[name]) for name in connection.sources]
    weight = connection.transform.weight[:, np.concatenate(rows)]
    return replace(connection.transform, weight=weight)


def _mask(shape: Shape, positions: int | None) -> np.ndarray:
    mask = np.zeros(shape, dtype=bool)
    mask[: shape[0] if positions is None else positions] = True
    return mask.ravel()
