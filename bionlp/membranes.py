"""Which neurons' membranes to record, as a user writes it.

A simulation has thousands of neurons and a figure shows a handful, so membranes are recorded on
request:

    conv3               all neurons of a population
    conv3:3,7,10-19     some, by C-order index (of a convolution: window * maps + map)
    all                 all of every layer
    some                all but where there are positions, as in a convolution: there a few, evenly
                        spread
    none                nothing
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bionlp.errors import UsageError
from networks.activity import Membranes
from networks.description import Network
from networks.ranges import parse_ranges

DEFAULT = ("some",)
FEW = 20


def parse_membranes(record: Sequence[str], network: Network) -> Membranes:
    """Read which membranes to record.

    Parameters
    ----------
    record : sequence of str
        Entries as above.
    network : Network
        The network, cropped to the longest sentence.

    Returns
    -------
    dict of str to sorted list of int
        Neurons by layer.

    Raises
    ------
    UsageError
        If a layer or neuron does not exist.
    """
    chosen: dict[str, set[int]] = {}
    for entry in record:
        for layer, neurons in _parse(entry, network).items():
            chosen.setdefault(layer, set()).update(neurons)
    return {layer: sorted(neurons) for layer, neurons in chosen.items()}


def within(membranes: Membranes, network: Network) -> Membranes:
    """Return those of chosen neurons that a network has, which is cropped to a shorter sentence."""
    sizes = sizes_of(network)
    return {
        layer: [neuron for neuron in neurons if neuron < sizes[layer]]
        for layer, neurons in membranes.items()
    }


def spread(sizes: Mapping[str, int], count: int) -> dict[str, list[int]]:
    """Choose ``count`` neurons of each layer, evenly spread, or all if it has fewer."""
    return {
        layer: np.unique(np.linspace(0, size - 1, count).astype(int)).tolist()
        for layer, size in sizes.items()
    }


def sizes_of(network: Network) -> dict[str, int]:
    """Return the number of neurons of each population behind the input."""
    return {population.name: population.size for population in network.hidden}


def _parse(entry: str, network: Network) -> dict[str, Sequence[int]]:
    sizes = sizes_of(network)
    everything: dict[str, Sequence[int]] = {layer: range(size) for layer, size in sizes.items()}
    if entry == "none":
        return {}
    if entry == "all":
        return everything
    if entry == "some":
        many = {name: size for name, size in sizes.items() if len(network.shapes[name]) > 1}
        return {**everything, **spread(many, FEW)}
    layer, colon, neurons = entry.partition(":")
    if layer not in sizes:
        raise UsageError(
            f"there is no layer {layer!r} to record; choose all, some, none or one of "
            f"{', '.join(sizes)}"
        )
    return {layer: _parse_neurons(entry, neurons, sizes[layer]) if colon else everything[layer]}


def _parse_neurons(entry: str, neurons: str, size: int) -> list[int]:
    try:
        ranges = parse_ranges(neurons, "neuron")
    except ValueError as error:
        raise UsageError(f"cannot read {entry!r}: {error}") from error
    if max(part[-1] for part in ranges) >= size:
        raise UsageError(f"{entry!r}: the layer has neurons 0 to {size - 1} for this input")
    return [neuron for part in ranges for neuron in part]
