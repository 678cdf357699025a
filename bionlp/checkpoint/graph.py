"""Networks as JSON and arrays, and back.

An array is called after what it belongs to: ``connections.conv3.weight``, of the connection onto
conv3 (:attr:`networks.description.Network.keys`), with the place in a chain if there is one, and
``neurons.conv3.threshold``. What several connections share, as the table of words, is written once
and read as one.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from bionlp.checkpoint.arrays import Arrays
from bionlp.checkpoint.schema import Reference
from networks.described import Described, Kinds, told
from networks.description import Connection, Network, Population, Readout, readout_kinds
from networks.neurons import Neuron, neuron_models
from networks.transforms import Chain, Transform, transform_kinds


def network_to_json(network: Network) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Write a network.

    Parameters
    ----------
    network : Network
        The network.

    Returns
    -------
    document : dict
        What :func:`bionlp.checkpoint.schema.settings_schema` says of ``network``.
    arrays : dict of str to numpy.ndarray
        What it refers to.
    """
    arrays: dict[str, np.ndarray] = {}
    written: dict[int, str] = {}
    populations = [
        {
            "name": population.name,
            "shape": list(population.shape),
            "neuron": _part_to_json(
                population.neuron, f"neurons.{population.name}", arrays, written
            ),
        }
        for population in network.populations
    ]
    connections = []
    for key, connection in zip(network.keys, network.connections, strict=True):
        names = [f"connections.{key}"]
        if len(connection.links) > 1:
            names = [f"{names[0]}.{place}" for place in range(len(connection.links))]
        connections.append(
            {
                "sources": list(connection.sources),
                "target": connection.target,
                "delay": connection.delay,
                "transforms": [
                    _part_to_json(link, name, arrays, written)
                    for link, name in zip(connection.links, names, strict=True)
                ],
            }
        )
    readout = network.readout and _part_to_json(network.readout, "readout", arrays, written)
    document = {"populations": populations, "connections": connections, "readout": readout}
    return document, arrays


def _part_to_json(
    part: Described, name: str, arrays: dict[str, np.ndarray], written: dict[int, str]
) -> dict[str, Any]:
    document: dict[str, Any] = {"type": type(part).__name__}
    for field, value in told(part).items():
        if isinstance(value, np.ndarray):
            array = written.setdefault(id(value), f"{name}.{field}")
            arrays[array] = np.asarray(value, order="C")
            value = {"array": array, "dtype": value.dtype.name, "shape": list(value.shape)}
        document[field] = value
    return document


def network_from(settings: Any, arrays: Arrays) -> Network:
    """Build a network that was read.

    Parameters
    ----------
    settings : pydantic.BaseModel
        ``network`` of :func:`bionlp.checkpoint.schema.settings_schema`.
    arrays : Arrays
        What it refers to.

    Returns
    -------
    Network
        The network.

    Raises
    ------
    ValueError
        If its parts do not fit.
    CheckpointError
        If an array is missing or another one.
    """
    models, kinds = neuron_models(), transform_kinds()
    shared: dict[str, Described] = {}
    populations = tuple(
        Population(entry.name, entry.shape, cast(Neuron, _part_from(entry.neuron, models, arrays)))
        for entry in settings.populations
    )
    connections = []
    for entry in settings.connections:
        parts = [_shared(link, kinds, arrays, shared) for link in entry.transforms]
        links = cast(tuple[Transform, ...], tuple(parts))
        transform = links[0] if len(links) == 1 else Chain(links)
        connections.append(Connection(entry.sources, entry.target, transform, entry.delay))
    readout = settings.readout and _part_from(settings.readout, readout_kinds(), arrays)
    return Network(populations, tuple(connections), cast(Readout | None, readout))


def _shared(entry: Any, kinds: Kinds, arrays: Arrays, shared: dict[str, Described]) -> Described:
    """Return the part that an entry says, the same for all that say it."""
    said = entry.model_dump_json()
    if said not in shared:
        shared[said] = _part_from(entry, kinds, arrays)
    return shared[said]


def _part_from(entry: Any, kinds: Kinds, arrays: Arrays) -> Described:
    given = {name: getattr(entry, name) for name in type(entry).model_fields if name != "type"}
    for name, value in given.items():
        if isinstance(value, Reference):
            given[name] = arrays.take(value.array, (value.dtype,), value.shape)
    return kinds[entry.type](**given)
