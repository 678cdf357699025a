"""A described spiking network as a PyTorch module, to fine-tune and to compare with.

All steps of a layer are computed at once. A layer's current in step n depends on its sources in
the same step alone, so time is one more batch axis for the weights, and only the membranes are
scanned (:mod:`networks.lif`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from networks.activity import LayerActivity, Membranes
from networks.convolution import centre, convolve
from networks.description import (
    Convolution,
    Layer,
    NetworkDescription,
    Pooling,
    firing_threshold,
)
from networks.lif import LIF


class SpikingNetwork(nn.Module):
    """A :class:`~networks.description.NetworkDescription` with trainable weights.

    Parameters
    ----------
    description : NetworkDescription
        The network; its weights are copied.
    dropout : float
        Probability that a spike train into a dense layer is dropped in training. A train is
        dropped for all steps of a presentation, or the network would see the average instead.
    neurons : type
        :class:`~networks.lif.LIF`, or :class:`~networks.lif.SnnTorchLIF` as the reference.
    """

    def __init__(
        self, description: NetworkDescription, *, dropout: float = 0.5, neurons: type[LIF] = LIF
    ):
        super().__init__()
        self._description = description
        self.dropout = dropout
        self.weights = nn.ParameterDict(
            {
                layer.name: nn.Parameter(torch.tensor(layer.weight))
                for layer in description.layers
                if not isinstance(layer, Pooling)
            }
        )
        self.neurons = nn.ModuleDict(
            {
                layer.name: neurons(
                    firing_threshold(layer),
                    layer.decay,
                    scale=layer.window if isinstance(layer, Pooling) else 1.0,
                )
                for layer in description.layers
            }
        )

    def describe(self) -> NetworkDescription:
        """Return the description of the network with its present weights."""
        layers = tuple(
            replace(layer, weight=self.weights[layer.name].detach().cpu().numpy().copy())
            if layer.name in self.weights
            else layer
            for layer in self._description.layers
        )
        return replace(self._description, layers=layers)

    def traces(self, spikes: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
        r"""Run the network and keep spikes and membranes of every layer.

        Parameters
        ----------
        spikes : Tensor, shape (steps, batch, words, features)
            Input spikes, 0 or 1. ``words`` may be anything up to the length of the network.

        Returns
        -------
        dict of str to (Tensor, Tensor)
            For each layer after the input, spikes and membranes of shape (steps, batch, \*shape).
        """
        traces: dict[str, tuple[Tensor, Tensor]] = {}
        trains = {self._description.input.name: spikes}
        for layer in self._description.layers:
            current = self._current(layer, [trains[source] for source in layer.sources])
            traces[layer.name] = self.neurons[layer.name](current)
            trains[layer.name] = traces[layer.name][0]
        return traces

    @torch.no_grad()
    def activity(
        self, spikes: np.ndarray, membranes: Membranes | None = None
    ) -> dict[str, LayerActivity]:
        """Present one sentence and report it as any simulator does.

        Parameters
        ----------
        spikes : numpy.ndarray of bool, shape (steps, words, features)
            Input spikes.
        membranes : mapping of str to iterable of int, optional
            Neurons whose membrane voltage is kept.

        Returns
        -------
        dict of str to LayerActivity
            For each layer, the input included.
        """
        dtype = next(self.parameters()).dtype
        traces = self.traces(torch.from_numpy(spikes).to(dtype).unsqueeze(1))
        nothing = np.zeros(0, dtype=int)
        activity = {
            self._description.input.name: LayerActivity(spikes, np.zeros((len(spikes), 0)), nothing)
        }
        for name, (fired, membrane) in traces.items():
            size = fired[0].numel()
            chosen = np.sort(np.fromiter((membranes or {}).get(name, ()), dtype=int))
            chosen = chosen[chosen < size]
            activity[name] = LayerActivity(
                fired.squeeze(1).numpy().astype(bool),
                membrane.flatten(1).numpy()[:, chosen].astype(np.float64),
                chosen,
            )
        return activity

    def forward(self, spikes: Tensor) -> Tensor:
        """Run the network and count its votes.

        Parameters
        ----------
        spikes : Tensor, shape (steps, batch, words, features)
            Input spikes, 0 or 1.

        Returns
        -------
        Tensor, shape (steps, batch, classes)
            Spikes of each class's neurons, summed, in each step.
        """
        votes, _ = self.traces(spikes)[self._description.output.name]
        return votes.unflatten(-1, (self._description.classes, -1)).sum(dim=-1)

    def constrain(self) -> None:
        """Centre the kernels (:func:`networks.convolution.centre`) after an optimiser step."""
        for layer in self._description.layers:
            if isinstance(layer, Convolution):
                centre(self.weights[layer.name])

    def _current(self, layer: Layer, sources: list[Tensor]) -> Tensor:
        if isinstance(layer, Convolution):
            words = sources[0].shape[2]
            windows, _ = self._description.shapes(words)[layer.name]
            padding = windows + layer.width - 1 - words
            return convolve(sources[0], self.weights[layer.name], padding)
        if isinstance(layer, Pooling):
            return sources[0].sum(dim=2)
        trains = torch.cat([source.flatten(2) for source in sources], dim=-1)
        if self.training and self.dropout:
            kept = torch.rand_like(trains[0]) >= self.dropout
            trains = trains * kept / (1 - self.dropout)
        return trains @ self.weights[layer.name].T
