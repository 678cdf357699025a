r"""Answers to many presentations that differ from one in the train of a single position.

Of a convolution over words, a word reaches only the windows that cover it. With the taps

    a[p, k] = sum over d of W[m, k, d] S[p, d],      I[q] = sum over k of a[q + k, k]

a presentation in which position p has another train needs new taps of p, the currents and spikes of
the w windows q = p - w + 1 ... p, and what follows from the sums over all windows:

    I'[q] = (I[q] - a[p, p - q]) + a'[p, p - q]      c' = c - sum S[q] + sum S'[q]

The sums of the others, in parentheses, are kept; counts are whole numbers, and currents are summed
in double precision, so spikes are those of the whole presentation. Of 25 words, that is an eighth
of the arithmetic, and trains of one position can be put together with those of others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor

from networks.description import Connection, Network, Population, Votes, crop
from networks.pytorch.neurons import is_plain, scan
from networks.transforms import Convolution, Dense, SumPooling

BATCH = 32
"""Presentations that are computed together; more would not stay in the cache."""


@dataclass(frozen=True)
class Branch:
    """A convolution, and what counts its spikes.

    Attributes
    ----------
    kernel : Convolution
        Its transform.
    convolved, pooled : Population
        Who receives its currents, and who counts their spikes.
    """

    kernel: Convolution
    convolved: Population
    pooled: Population


def branches_of(network: Network) -> tuple[list[Branch], Population] | None:
    """Take a network apart into convolutions that are pooled and dense neurons that vote.

    Parameters
    ----------
    network : Network
        Any network.

    Returns
    -------
    (list of Branch, Population) or None
        The branches in the order of the last connection, and who votes. None if the network is of
        another kind, which has to be presented as a whole.
    """
    if not isinstance(network.readout, Votes):
        return None
    output = network[network.readout.population]
    last = _only(network, output.name, Dense)
    if last is None or cast(Dense, last.transform).bias is not None:
        return None
    branches = []
    for name in last.sources:
        pooling = _only(network, name, SumPooling)
        if pooling is None or len(pooling.sources) > 1:
            return None
        if cast(SumPooling, pooling.transform).window is not None:
            return None
        convolution = _only(network, pooling.sources[0], Convolution)
        if convolution is None or convolution.sources != (network.input.name,):
            return None
        kernel = cast(Convolution, convolution.transform)
        found = Branch(kernel, network[pooling.sources[0]], network[name])
        if not (_slides(found.kernel) and is_plain(found.convolved.neuron)):
            return None
        branches.append(found)
    whole = 2 + 2 * len(branches) == len(network.populations)
    return (branches, output) if whole else None


def _only(network: Network, name: str, kind: type) -> Connection | None:
    """Return the only connection onto a population, if it is of a kind and without delay."""
    found = network.into(name)
    plain = len(found) == 1 and isinstance(found[0].transform, kind) and not found[0].delay
    return found[0] if plain else None


def _slides(kernel: Convolution) -> bool:
    """Tell whether window q covers the positions from q on, one after the other."""
    return (
        kernel.axes == kernel.groups == 1
        and kernel.stride == kernel.dilation == (1,)
        and kernel.padding[0][0] == 0
        and kernel.bias is None
    )


class Substitutions:
    """A presentation, and what becomes of it with another train at one position.

    Parameters
    ----------
    network : Network
        One that :func:`branches_of` can take apart.
    spikes : numpy.ndarray of bool, shape (steps, positions, features)
        The presentation; there may be fewer positions than the network has.
    dtype : torch.dtype
        Of currents and membranes.

    Raises
    ------
    ValueError
        If the network is of another kind.
    """

    def __init__(self, network: Network, spikes: np.ndarray, *, dtype: torch.dtype = torch.float64):
        cropped = crop(network, spikes.shape[1])
        parts = branches_of(cropped)
        if parts is None:
            raise ValueError("the network is no convolution that is pooled and voted on")
        self._branches, self._output = parts
        self._groups = network.voting.groups
        last = cast(Dense, cropped.into(self._output.name)[0].transform).weight
        self._last = torch.tensor(last, dtype=dtype).T
        # Every tap of every kernel, side by side: (features, taps * maps).
        self._taps = torch.cat(
            [torch.tensor(b.kernel.weight, dtype=dtype).flatten(0, 1).T for b in self._branches], 1
        ).contiguous()
        trains = torch.from_numpy(spikes).to(dtype)
        self._tapped = self._split(trains @ self._taps)
        self._kept = [
            _Kept(branch, tapped)
            for branch, tapped in zip(self._branches, self._tapped, strict=True)
        ]

    @torch.no_grad()
    def votes(self, places: Sequence[int], trains: np.ndarray) -> np.ndarray:
        """Return the votes of presentations that differ in one position each.

        Parameters
        ----------
        places : sequence of int
            The position of each.
        trains : numpy.ndarray of bool, shape (steps, presentations, features)
            What spikes there instead.

        Returns
        -------
        numpy.ndarray of int, shape (presentations, groups)
            Spikes of each group.
        """
        found = [
            self._votes(
                torch.as_tensor(places[start : start + BATCH]), trains[:, start:][:, :BATCH]
            )
            for start in range(0, len(places), BATCH)
        ]
        return np.concatenate(found) if found else np.zeros((0, self._groups), dtype=np.int64)

    @torch.no_grad()
    def keep(self, place: int, train: np.ndarray) -> None:
        """Go on from the presentation with another train at a position.

        Parameters
        ----------
        place : int
            The position.
        train : numpy.ndarray of bool, shape (steps, features)
            What spikes there from now on.
        """
        new = self._split(torch.from_numpy(train[:, None]).to(self._taps.dtype) @ self._taps)
        for number, tapped in enumerate(self._tapped):
            tapped[:, place] = new[number][:, 0]
            self._kept[number] = _Kept(self._branches[number], tapped)

    def _votes(self, places: Tensor, trains: np.ndarray) -> np.ndarray:
        loud = np.flatnonzero(trains.any(axis=(0, 2)))
        steps, number = trains.shape[:2]
        taps = self._taps.new_zeros(steps, number, self._taps.shape[1])
        taps[:, loud] = torch.from_numpy(trains[:, loud]).to(taps.dtype) @ self._taps
        pooled = [
            scan(branch.pooled.neuron, kept.counts(places, tapped))[0]
            for branch, kept, tapped in zip(
                self._branches, self._kept, self._split(taps), strict=True
            )
        ]
        spikes, _ = scan(self._output.neuron, torch.cat(pooled, dim=-1) @ self._last)
        counts = spikes.sum(dim=0).unflatten(-1, (self._groups, -1)).sum(dim=-1)
        votes: np.ndarray = counts.numpy().astype(np.int64)
        return votes

    def _split(self, taps: Tensor) -> list[Tensor]:
        """Return the taps of each kernel, shape (steps, positions, width, maps)."""
        kernels = [branch.kernel for branch in self._branches]
        sizes = [kernel.maps * kernel.width[0] for kernel in kernels]
        return [
            # A kernel has its maps first; its taps are wanted one after the other.
            part.unflatten(-1, (kernel.maps, -1)).transpose(-1, -2).contiguous()
            for part, kernel in zip(taps.split(sizes, dim=-1), kernels, strict=True)
        ]


class _Kept:
    """What a branch does in the presentation that others are compared with.

    Of position p, window number j is q = p - w + 1 + j, which covers p with its tap w - 1 - j.
    """

    def __init__(self, branch: Branch, tapped: Tensor):
        self._neuron = branch.convolved.neuron
        windows, width = branch.convolved.shape[0], branch.kernel.width[0]
        _, positions, _, _ = tapped.shape
        # Windows before the first and behind the last position, which nobody counts.
        padded = torch.nn.functional.pad(tapped, (0, 0, 0, 0, width, width))
        taps = (padded[:, tap + 1 : tap + positions + width, tap] for tap in range(width))
        current = cast(Tensor, sum(taps))  # of window q at q + width - 1
        covering = torch.arange(positions)[:, None] + torch.arange(width)
        windows_of = covering - width + 1
        self._valid = (windows_of >= 0) & (windows_of < windows)
        own = tapped.flip(2)
        self._others = current[:, covering] - own
        spikes, _ = scan(self._neuron, current[:, width - 1 :][:, :windows])
        self._total = spikes.sum(dim=1)
        around = torch.nn.functional.pad(spikes, (0, 0, width - 1, positions + width - windows))
        self._before = (around[:, covering] * self._valid[:, :, None]).sum(dim=2)

    def counts(self, places: Tensor, taps: Tensor) -> Tensor:
        """Return how many windows spike, given new taps (steps, presentations, width, maps)."""
        spikes, _ = scan(self._neuron, self._others[:, places] + taps.flip(2))
        spikes *= self._valid[places][:, :, None]
        return self._total[:, None] - self._before[:, places] + spikes.sum(dim=2)
