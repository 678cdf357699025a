"""The same network in smaller steps: each is parted into k, and rates are kept.

What a step did, k of them do together. A membrane that loses the factor decay in a step loses its
k-th root in each part; a constant current is parted evenly; a delay has k times the steps. Weights
and thresholds stay as they are: a spike adds as much as before. Input that fires with probability p
in a step is to fire with p / k in a part (``refined`` of a stimulus, :mod:`networks.brian`).
A neuron may then fire up to k times in what was a step, so spikes are not those of before: how far
apart they are says what the clock had done.
"""

from __future__ import annotations

from dataclasses import replace

from networks.description.network import Network
from networks.neurons import Neuron
from networks.neurons.intervened import IntervenedNeuron


def refine(network: Network, parts: int) -> Network:
    """Part each step of a network.

    Parameters
    ----------
    network : Network
        The network.
    parts : int
        Into how many.

    Returns
    -------
    Network
        With the same populations and connections.

    Raises
    ------
    ValueError
        If neurons or connections cannot be parted.

    Examples
    --------
    >>> from networks import Input, LIF, Network, Population, refine
    >>> populations = (Population("input", (1, 1), Input()), Population("a", (1,), LIF(decay=0.25)))
    >>> refine(Network(populations, ()), 2)["a"].neuron
    LIF(decay=0.5)
    """
    if parts == 1:
        return network
    for connection in network.connections:
        if not connection.transform.linear:
            raise ValueError(f"connection {connection}: attention has no smaller steps")
    neurons = {p.name: _refined(p.name, p.neuron, parts) for p in network.hidden}
    currents = {
        name: weight / parts
        for name, weight in network.weights.items()
        if name.split(":")[-1] == "bias"
    }
    refined = network.with_neurons(neurons).with_weights(currents)
    connections = (replace(c, delay=c.delay * parts) for c in refined.connections)
    return replace(refined, connections=tuple(connections))


def _refined(name: str, neuron: Neuron, parts: int) -> Neuron:
    if isinstance(neuron, IntervenedNeuron):
        influences = tuple(each.parted(parts) for each in neuron.influences)
        return IntervenedNeuron(_refined(name, neuron.neuron, parts), influences)
    # What drives a membrane all the time does so in each part.
    driving = {"gain": 1 / parts} if neuron.drive and hasattr(neuron, "gain") else {}
    if neuron.hindsight or (neuron.drive and not driving):
        raise ValueError(
            f"neurons of {name!r} are of type {type(neuron).__name__}, which has no smaller steps"
        )
    changed = {field: getattr(neuron, field) * factor for field, factor in driving.items()}
    for decay in neuron.decays.values():
        before = getattr(neuron, decay)
        euler = getattr(neuron, "integration", "exact") == "euler"
        changed[decay] = 1 - (1 - before) / parts if euler else before ** (1 / parts)
    return replace(neuron, **changed)
