"""A described spiking network as a plain snnTorch loop, to measure against.

It is written as the tutorials of snnTorch write networks: ``nn.Conv2d``, ``snntorch.Leaky``, an
average over positions, ``nn.Linear``, and a Python loop over the steps. Everything is stepped by
snnTorch itself; compare :mod:`networks.spiking`, which computes all steps of a layer at once.

A pooling layer averages here, I[m] = (1 / window) sum over p of S[p, m], and is tested against
``threshold``, where the description counts spikes. The average of binary spikes often lands on the
threshold exactly, so the two may differ by a spike where 1 / window has been rounded.
"""

from __future__ import annotations

from collections.abc import Iterator

import snntorch
import torch
from snntorch import surrogate
from torch import Tensor, nn
from torch.nn import functional

from networks.convolution import centre
from networks.description import Convolution, Dense, Layer, NetworkDescription, Pooling
from networks.lif import SLOPE


class SnnTorchNetwork(nn.Module):
    """A :class:`~networks.description.NetworkDescription` in snnTorch, with trainable weights.

    It takes, gives and trains what :class:`networks.spiking.SpikingNetwork` does.

    Parameters
    ----------
    description : NetworkDescription
        The network; its weights are copied.
    dropout : float
        Probability that a spike train into a dense layer is dropped in training, for all steps of
        a presentation.
    """

    def __init__(self, description: NetworkDescription, *, dropout: float = 0.5):
        super().__init__()
        self._description = description
        self.dropout = dropout
        self.kernels = nn.ModuleDict()
        self.classifiers = nn.ModuleDict()
        self.neurons = nn.ModuleDict()
        for layer in description.layers:
            if isinstance(layer, Convolution):
                self.kernels[layer.name] = _conv2d(layer)
            elif isinstance(layer, Dense):
                self.classifiers[layer.name] = _linear(layer)
            self.neurons[layer.name] = _leaky(layer, torch.tensor(description.output.weight).dtype)

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
        name, classes = self._description.output.name, self._description.classes
        output = torch.stack([trains[name] for trains in self.steps(spikes)])
        return output.unflatten(-1, (classes, -1)).sum(dim=-1)

    def steps(self, spikes: Tensor) -> Iterator[dict[str, Tensor]]:
        r"""Step the network.

        Parameters
        ----------
        spikes : Tensor, shape (steps, batch, words, features)
            Input spikes, 0 or 1.

        Yields
        ------
        dict of str to Tensor
            For each layer its spikes in this step: of shape (batch, maps, windows) for a
            convolution, (batch, neurons) for the others.
        """
        layers = self._description.layers
        membranes = {name: leaky.reset_mem() for name, leaky in self.neurons.items()}
        kept = {
            name: functional.dropout(
                spikes.new_ones(spikes.shape[1], linear.in_features), self.dropout, self.training
            )
            for name, linear in self.classifiers.items()
        }
        for step in self._pad(spikes):
            trains = {self._description.input.name: step.unsqueeze(1)}
            for layer in layers:
                current = self._current(layer, [trains[source] for source in layer.sources], kept)
                fired, membranes[layer.name] = self.neurons[layer.name](
                    current, membranes[layer.name]
                )
                # The surrogate of snnTorch returns single precision whatever it is given.
                trains[layer.name] = fired.to(current)
            yield trains

    def constrain(self) -> None:
        """Centre the kernels (:func:`networks.convolution.centre`) after an optimiser step."""
        for kernel in self.kernels.values():
            centre(kernel.weight.squeeze(1))

    def _pad(self, spikes: Tensor) -> Tensor:
        """Put as much silence behind the words as windows that reach over the end need."""
        missing = self._description.input.positions - spikes.shape[2]
        overhang = max(layer.kernel_size[0] for layer in self.kernels.values()) - 1
        return functional.pad(spikes, (0, 0, 0, min(missing, overhang)))

    def _current(self, layer: Layer, sources: list[Tensor], kept: dict[str, Tensor]) -> Tensor:
        if isinstance(layer, Convolution):
            return self.kernels[layer.name](sources[0]).squeeze(-1)
        if isinstance(layer, Pooling):
            # Windows wholly in the padding are silent; those that are left out count as well.
            return sources[0].sum(dim=-1) / layer.window
        return self.classifiers[layer.name](torch.cat(sources, dim=-1) * kept[layer.name])


def _conv2d(layer: Convolution) -> nn.Conv2d:
    weight = torch.tensor(layer.weight).unsqueeze(1)
    conv = nn.Conv2d(1, layer.maps, tuple(weight.shape[2:]), bias=False, dtype=weight.dtype)
    conv.weight = nn.Parameter(weight)
    return conv


def _linear(layer: Dense) -> nn.Linear:
    weight = torch.tensor(layer.weight)
    linear = nn.Linear(*reversed(weight.shape), bias=False, dtype=weight.dtype)
    linear.weight = nn.Parameter(weight)
    return linear


def _leaky(layer: Layer, dtype: torch.dtype) -> snntorch.Leaky:
    # Tensors, since Leaky would round plain numbers to single precision.
    return snntorch.Leaky(
        beta=torch.tensor(layer.decay, dtype=dtype),
        threshold=torch.tensor(layer.threshold, dtype=dtype),
        spike_grad=surrogate.fast_sigmoid(SLOPE),
        reset_mechanism="subtract",
    )
