"""A network with other parameters of its neurons."""

from __future__ import annotations

from dataclasses import replace

from networks.description.network import Network
from networks.neurons import Neuron


def with_all_neurons(
    network: Network, *, decay: float | None = None, threshold: float | None = None
) -> Network:
    """Return the same network with another decay or threshold of all neurons that have one.

    Parameters
    ----------
    network : Network
        The network.
    decay : float, optional
        Factor on the membranes per step.
    threshold : float, optional
        In the unit of an average where a population counts instead (:meth:`Network.unit`).

    Returns
    -------
    Network
        The other one.

    Raises
    ------
    ValueError
        If the value is out of range, or no neuron has such a parameter.
    """
    wanted = {"decay": decay, "threshold": threshold}
    given = {name: value for name, value in wanted.items() if value is not None}
    changed: dict[str, Neuron] = {}
    found: set[str] = set()
    for population in network.hidden:
        neuron = population.neuron
        own = {name: value for name, value in given.items() if name in neuron.values}
        if "threshold" in own:
            own["threshold"] *= network.unit(population.name)
        changed[population.name] = replace(neuron, **own)
        found |= own.keys()
    for name in given.keys() - found:
        raise ValueError(f"no neuron of this network has a {name}; leave it out")
    return network.with_neurons(changed)
