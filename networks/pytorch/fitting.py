"""A network on a shorter input, and the part of each weight that it needs.

:func:`networks.description.crop` cuts the arrays of a description. To cut a parameter in the same
way, it is given a network whose weights are numbered, and the numbers that it leaves are those of
the entries that are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from networks.description import Network, crop


@dataclass(frozen=True)
class Fitted:
    """A network for inputs of some length.

    Attributes
    ----------
    network : Network
        Its geometry and its neurons; its weights are no weights.
    kept : dict of str to Tensor of int
        For each weight that is not kept whole, indices of the entries that are, in the shape of
        what is left.
    """

    network: Network
    kept: dict[str, Tensor]

    def weights(self, whole: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return what is needed of each weight."""
        return {
            name: weight.flatten()[self.kept[name].to(weight.device)]
            if name in self.kept
            else weight
            for name, weight in whole.items()
        }

    def padded(self, spikes: Tensor) -> Tensor:
        """Put silence behind spikes, where the network could not be cropped."""
        return silence_behind(spikes, self.network.input.shape[0], axis=2)


def fit(network: Network, positions: int) -> Fitted:
    """Return a network for inputs of some length, at most that of its own input.

    Raises
    ------
    ValueError
        If the input has not so many positions.
    """
    whole = network.weights
    numbered = network.with_weights(
        {name: np.arange(w.size, dtype=float).reshape(w.shape) for name, w in whole.items()}
    )
    cropped = crop(numbered, positions)
    return Fitted(
        cropped,
        {
            name: torch.from_numpy(numbers.astype(np.int64))
            for name, numbers in cropped.weights.items()
            if numbers.shape != whole[name].shape
        },
    )


def silence_behind(trains: Tensor, positions: int, axis: int) -> Tensor:
    """Make trains as long as wanted along an axis, by silence at its end."""
    missing = positions - trains.shape[axis]
    if not missing:
        return trains
    return functional.pad(trains, (0, 0) * (trains.ndim - axis - 1) + (0, missing))
