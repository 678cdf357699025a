"""A described spiking network as a plain snnTorch loop, to measure against.

It is written as the tutorials of snnTorch write networks: ``nn.Conv2d``, ``snntorch.Leaky``, an
average over positions, ``nn.Linear``, and a Python loop over the steps. Everything is stepped by
snnTorch itself; compare :mod:`networks.pytorch.spiking`, which computes all steps of a population
at once. It runs the networks that :func:`networks.conversion.convert` makes, and no others.

A population that counts P spikes averages them here, I[m] = (1 / P) sum over p of S[p, m], and is
tested against threshold / P. The average of binary spikes often lands on the threshold exactly, so
the two may differ by a spike where 1 / P has been rounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import snntorch
import torch
from snntorch import surrogate
from torch import Tensor, nn
from torch.nn import functional

from networks.description import Connection, Network, Votes
from networks.neurons import LIF
from networks.pytorch.convolution import centre
from networks.pytorch.neurons import is_plain
from networks.pytorch.stepping import SLOPE
from networks.transforms import Convolution, Dense, SumPooling


class SnnTorchNetwork(nn.Module):
    """A converted :class:`~networks.description.Network` in snnTorch, with trainable weights.

    It takes, gives and trains what :class:`networks.pytorch.spiking.SpikingNetwork` does.

    Parameters
    ----------
    network : Network
        The network; its weights are copied.
    dropout : float
        Probability that a spike train into a dense transform is dropped in training, for all steps
        of a presentation.

    Raises
    ------
    ValueError
        If the network has anything that converted ones have not.
    """

    def __init__(self, network: Network, *, dropout: float = 0.5):
        super().__init__()
        check_converted(network)
        self._network = network
        self._connections = [network.into(population.name)[0] for population in network.hidden]
        self.dropout = dropout
        self.kernels = nn.ModuleDict()
        self.classifiers = nn.ModuleDict()
        self.neurons = nn.ModuleDict()
        self._windows: dict[str, int] = {}
        for connection in self._connections:
            name, transform = connection.target, connection.transform
            if isinstance(transform, Convolution):
                self.kernels[name] = _conv2d(transform)
            elif isinstance(transform, SumPooling):
                self._windows[name] = transform.size(network.source_shape(connection))
            else:
                self.classifiers[name] = _linear(cast(Dense, transform))
        readout = network.voting
        dtype = cast(nn.Linear, self.classifiers[readout.population]).weight.dtype
        for name in (connection.target for connection in self._connections):
            neuron = cast(LIF, network[name].neuron)
            self.neurons[name] = _leaky(neuron, self._windows.get(name, 1), dtype)

    def forward(self, spikes: Tensor) -> Tensor:
        """Run the network and count its votes.

        Parameters
        ----------
        spikes : Tensor, shape (steps, batch, words, features)
            Input spikes, 0 or 1. ``words`` may be anything up to the length of the network.

        Returns
        -------
        Tensor, shape (steps, batch, classes)
            Spikes of each class's neurons, summed, in each step.
        """
        readout = self._network.voting
        name, classes = readout.population, readout.groups
        output = torch.stack([trains[name] for trains in self.steps(spikes)])
        votes: Tensor = output.unflatten(-1, (classes, -1)).sum(dim=-1)
        return votes

    def steps(self, spikes: Tensor) -> Iterator[dict[str, Tensor]]:
        r"""Step the network.

        Parameters
        ----------
        spikes : Tensor, shape (steps, batch, words, features)
            Input spikes, 0 or 1.

        Yields
        ------
        dict of str to Tensor
            For each population its spikes in this step: of shape (batch, maps, windows) behind a
            convolution, (batch, neurons) for the others.
        """
        leakies: dict[str, Any] = dict(self.neurons.items())
        membranes = {name: leaky.reset_mem() for name, leaky in leakies.items()}
        kept = {
            name: functional.dropout(
                spikes.new_ones(spikes.shape[1], cast(nn.Linear, linear).in_features),
                self.dropout,
                self.training,
            )
            for name, linear in self.classifiers.items()
        }
        source = self._network.input.name
        for step in self._pad(spikes):
            trains = {source: step.unsqueeze(1)}
            for connection in self._connections:
                name = connection.target
                heard = [trains[source] for source in connection.sources]
                current = self._current(name, heard, kept)
                fired, membranes[name] = self.neurons[name](current, membranes[name])
                # The surrogate of snnTorch returns single precision whatever it is given.
                trains[name] = fired.to(current)
            yield trains

    def constrain(self) -> None:
        """Centre the kernels (:func:`networks.pytorch.convolution.centre`) after a step."""
        for kernel in self.kernels.values():
            centre(cast(nn.Conv2d, kernel).weight.squeeze(1))

    def _pad(self, spikes: Tensor) -> Tensor:
        """Put as much silence behind the words as windows that reach over the end need."""
        missing = self._network.input.shape[0] - spikes.shape[2]
        kernels = [cast(nn.Conv2d, kernel) for kernel in self.kernels.values()]
        overhang = max(kernel.kernel_size[0] for kernel in kernels) - 1
        return functional.pad(spikes, (0, 0, 0, min(missing, overhang)))

    def _current(self, name: str, sources: list[Tensor], kept: dict[str, Tensor]) -> Tensor:
        if name in self.kernels:
            convolved: Tensor = self.kernels[name](sources[0])
            return convolved.squeeze(-1)
        if name in self._windows:
            # Windows wholly in the padding are silent; those that are left out count as well.
            return sources[0].sum(dim=-1) / self._windows[name]
        classified: Tensor = self.classifiers[name](torch.cat(sources, dim=-1) * kept[name])
        return classified


def check_converted(network: Network) -> None:
    """See that a network has nothing that converted ones have not.

    Raises
    ------
    ValueError
        If it has; the message says what.
    """
    for population in network.hidden:
        incoming = network.into(population.name)
        if len(incoming) != 1:
            raise _refusal(f"{len(incoming)} connections onto {population.name!r}")
        if type(population.neuron) is not LIF or not is_plain(population.neuron):
            raise _refusal(f"neurons of {population.name!r} that are {population.neuron!r}")
        if incoming[0].delay or not _is_converted(network, incoming[0]):
            raise _refusal(f"the connection {incoming[0]}")
    readout = network.readout
    voting = isinstance(readout, Votes) and network.into(readout.population)
    if not voting or not isinstance(voting[0].transform, Dense):
        raise _refusal(f"the readout {readout!r}")


def snntorch_scan(
    neuron: LIF, current: Tensor, scale: float = 1.0, slope: float = SLOPE
) -> tuple[Tensor, Tensor]:
    """Step a population by :class:`snntorch.Leaky`; see :func:`networks.pytorch.neurons.scan`.

    Its gradient is that of ``scale`` = 1, since snnTorch has no unit of membrane. Its reset is
    computed in single precision, so only a threshold that is a float32 is reset exactly.
    """
    leaky = _leaky(neuron, 1, current.dtype, slope)
    membrane = torch.zeros_like(current[0])
    spikes, membranes = [], []
    for step in current:
        fired, membrane = leaky(step, membrane)
        spikes.append(fired)
        membranes.append(membrane)
    # The surrogate of snnTorch returns single precision whatever it is given.
    return torch.stack(spikes).to(current), torch.stack(membranes)


def _is_converted(network: Network, connection: Connection) -> bool:
    """Tell whether a connection is one of the three that convolve, count and classify."""
    transform, source = connection.transform, connection.sources[0]
    if isinstance(transform, Convolution):
        return source == network.input.name and transform == Convolution(transform.weight)
    if isinstance(transform, SumPooling):
        heard = network.into(source)
        return transform == SumPooling() and isinstance(heard[0].transform, Convolution)
    return (
        isinstance(transform, Dense)
        and transform.bias is None
        and all(
            network.into(source) and isinstance(network.into(source)[0].transform, SumPooling)
            for source in connection.sources
        )
    )


def _refusal(what: str) -> ValueError:
    return ValueError(
        f"the plain snnTorch loop runs networks that are converted from a TextCNN, which do not "
        f"have {what}; run this one with networks.pytorch.SpikingNetwork"
    )


def _conv2d(transform: Convolution) -> nn.Conv2d:
    weight = torch.tensor(transform.weight).unsqueeze(1)
    height, width = weight.shape[2:]
    conv = nn.Conv2d(1, transform.maps, (height, width), bias=False, dtype=weight.dtype)
    conv.weight = nn.Parameter(weight)
    return conv


def _linear(transform: Dense) -> nn.Linear:
    weight = torch.tensor(transform.weight)
    neurons, features = weight.shape
    linear = nn.Linear(features, neurons, bias=False, dtype=weight.dtype)
    linear.weight = nn.Parameter(weight)
    return linear


def _leaky(neuron: LIF, windows: int, dtype: torch.dtype, slope: float = SLOPE) -> snntorch.Leaky:
    # Tensors, since Leaky would round plain numbers to single precision.
    return snntorch.Leaky(
        beta=torch.tensor(neuron.decay, dtype=dtype),
        threshold=torch.tensor(neuron.threshold / windows, dtype=dtype),
        spike_grad=surrogate.fast_sigmoid(slope),
        reset_mechanism="subtract",
    )
