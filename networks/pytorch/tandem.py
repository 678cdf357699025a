r"""Gradients through neurons that another simulator ran.

Neurons in Brian 2 may be such as nobody can differentiate. In tandem learning they run there, and
what each did in a presentation of T steps, its rate r = c / T with c its spikes, is put into a
network of straight lines with the same weights, through which gradients flow:

    forward     r = c / T
    backward    dr / dI = 1 / threshold  where c > 0 or I > 0,  else 0

I is the mean input current of a step; a neuron that it excites may learn to fire, though a leak
keeps it silent now. A straight line is what the trained neurons come near to, and so what others
come near to that were fitted to these (:mod:`networks.brian.fitting`). Transforms are linear, so
currents of rates are the rates of currents, and a presentation is one step here.

Source: Wu, Chua, Zhang, Li, Li & Tan, A Tandem Learning Rule for Effective Training and Rapid
Inference of Deep Spiking Neural Networks, IEEE TNNLS 34, 2023, section III.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from networks.activity import Activity
from networks.description import Network, Votes
from networks.neurons import Neuron
from networks.pytorch.presentation import Trace
from networks.pytorch.spiking import SpikingNetwork


class Tandem:
    """A network of straight lines beside one that another simulator runs.

    Parameters
    ----------
    network : Network
        The network as it was trained.

    Attributes
    ----------
    model : SpikingNetwork
        Holds the weights, which may be trained; ``model.describe()`` is what to simulate next.

    Raises
    ------
    ValueError
        If it has loops, transforms that are not linear or interventions, or does not vote.
    """

    def __init__(self, network: Network):
        _check(network)
        self.model = SpikingNetwork(network, dropout=0.0, neurons=self._line)
        self._names = network.order
        self._rates: Iterator[Tensor] = iter(())

    def votes(self, activity: Mapping[str, Activity]) -> Tensor:
        """Return the mean votes of a step, with gradients to the weights.

        Parameters
        ----------
        activity : mapping of str to Activity
            What each population did in a presentation.

        Returns
        -------
        Tensor, shape (1, groups)
            Spikes of the neurons of each group, as they were.
        """
        like = next(self.model.parameters())
        # The input comes first in the order in which a network computes its populations.
        input_rates, *self_made = (
            torch.from_numpy(activity[name].spikes).to(like.dtype).mean(dim=0)
            for name in self._names
        )
        self._rates = iter(self_made)
        votes: Tensor = self.model(input_rates[None, None])
        return votes[0]

    def _line(self, neuron: Neuron, current: Tensor, scale: float = 1.0) -> Trace:
        rates = next(self._rates).expand_as(current)
        threshold = torch.as_tensor(getattr(neuron, "threshold"), dtype=current.dtype)  # noqa: B009
        line = ((rates > 0) | (current > 0)) * current / threshold
        return rates + (line - line.detach()), current


def _check(network: Network) -> None:
    """See that a network is one that straight lines can stand in for."""
    if not isinstance(network.readout, Votes):
        raise ValueError("nothing votes in it, so its answer is no number of spikes")
    if network.loops:
        raise ValueError("it has loops: what a neuron receives depends on what it does")
    for connection in network.connections:
        if not connection.transform.linear:
            kind = type(connection.transform).__name__
            raise ValueError(
                f"{connection.target!r} is reached by a transform, {kind}, that is not linear"
            )
    for population in network.hidden:
        if population.neuron.wraps:
            raise ValueError(f"something is done to the neurons of {population.name!r}")
