"""The input currents of populations, from spikes that any simulator has recorded.

What a population receives depends on the spikes of its sources and on nothing that it does itself,
as long as no loop leads back to it. So recorded spikes are put in place of its own, population by
population, and what arrives is kept: I[n] of :mod:`networks.neurons.model`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from networks.activity import Activity
from networks.description import Network
from networks.neurons import Neuron
from networks.pytorch.presentation import Trace
from networks.pytorch.spiking import SpikingNetwork


def input_currents(network: Network, activity: Mapping[str, Activity]) -> dict[str, np.ndarray]:
    r"""Compute what populations received in a presentation.

    Parameters
    ----------
    network : Network
        Without loops.
    activity : mapping of str to Activity
        What its populations did, on fewer positions if the presentation had fewer. Of one that is
        missing, and of all that hear it, nothing is known.

    Returns
    -------
    dict of str to numpy.ndarray of float64, shape (steps, \*shape)
        The current of each neuron in each step, of all populations whose sources are known.

    Raises
    ------
    ValueError
        If the network has loops.
    """
    if network.loops:
        ((name, *_), *_) = network.loops
        raise ValueError(f"{name!r} hears itself: what it receives depends on what it does")
    names = [component[0] for component in network.components[1:]]
    replay = _Replay(names, activity)
    model = SpikingNetwork(network, neurons=replay).double().eval()
    spikes = activity[network.input.name].spikes
    with torch.no_grad():
        traces = model.traces(torch.from_numpy(spikes).double().unsqueeze(1))
    known = {network.input.name, *activity}
    return {
        name: traces[name][1][:, 0].numpy()
        for name in names
        if all(known.issuperset(connection.sources) for connection in network.into(name))
    }


class _Replay:
    """Neurons that fire as recorded, whose membranes are their currents."""

    def __init__(self, names: list[str], activity: Mapping[str, Activity]):
        self._names, self._activity = iter(names), activity

    def __call__(self, neuron: Neuron, current: Tensor, scale: float = 1.0) -> Trace:
        found = self._activity.get(next(self._names))
        if found is None:
            return torch.zeros_like(current), current
        return torch.from_numpy(found.spikes).to(current.dtype).unsqueeze(1), current
