"""What the answer of a network is: the spikes of groups of neurons, or membranes.

Votes V_c[t] of a presentation are counted over time. Where a margin is given, the presentation is
over after the first step at which the group that leads is so far ahead of the next one,

    max V[t] - second V[t] >= margin

or when there is no more input. The smaller the margin, the earlier and the less safely.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from networks.described import LATER, Described, Kinds, whole

if TYPE_CHECKING:
    from networks.description.network import Network


@dataclass(frozen=True, eq=False)
class Readout(Described):
    """Base of all readouts.

    Attributes
    ----------
    population : str
        Where the answer is read.
    groups : int
        How many answers there are; the neurons are divided evenly among them, in C order.
    """

    population: str
    groups: int

    def __post_init__(self) -> None:
        self._set("groups", whole(self.groups, "groups of a readout", 1))

    def check(self, network: Network) -> None:
        """See that the readout fits a network.

        Raises
        ------
        ValueError
            If there is no such population, or it cannot be divided evenly.
        """
        if self.population not in network.shapes:
            raise ValueError(f"the readout is from an unknown population {self.population!r}")
        if self.population == network.input.name:
            raise ValueError("the readout is from the input; read a population that hears it")
        size = network[self.population].size
        if size % self.groups:
            raise ValueError(
                f"the readout gives each of {self.groups} groups its neurons, and "
                f"{self.population!r} has {size}"
            )


@dataclass(frozen=True, eq=False)
class Votes(Readout):
    """Spikes of each group, summed over its neurons: the group with most is the answer.

    Attributes
    ----------
    population, groups
        As of :class:`Readout`.
    margin : int or None
        Votes that a group has to be ahead of all others for a presentation to be over; None for
        presentations that are over when their input is.

    Raises
    ------
    ValueError
        If one of these is none, or a margin is of a single group.

    Examples
    --------
    >>> import numpy as np
    >>> from networks import Votes
    >>> Votes("output", 2).votes(np.array([[3, 1, 0, 2]]))  # of four neurons in one presentation
    array([[4, 2]])
    >>> steps = np.array([[1, 0], [1, 1], [1, 0], [0, 1]])  # votes of each step
    >>> Votes("output", 2, margin=2).ends(steps[:, None])
    array([3])
    """

    margin: int | None = field(default=None, metadata=LATER)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.margin is None:
            return
        self._set("margin", whole(self.margin, "the margin of votes", 1))
        if self.groups == 1:
            raise ValueError("a margin is between groups, and the readout has a single one")

    def check(self, network: Network) -> None:
        """See that the readout fits a network, and that its neurons spike."""
        super().check(network)
        if not network[self.population].neuron.spikes:
            raise ValueError(f"neurons of {self.population!r} never spike, so they cannot vote")
        if self.margin is not None and network.sweeps.count > 1:
            raise ValueError(
                "a network that looks both ways votes when all has been read, so a margin of votes "
                "cannot end a presentation"
            )

    def ends(self, votes: np.ndarray) -> np.ndarray:
        """Return after how many steps presentations are over.

        Parameters
        ----------
        votes : numpy.ndarray of int, shape (steps, presentations, groups)
            Votes of each step.

        Returns
        -------
        numpy.ndarray of int, shape (presentations,)
            All steps, if there is no margin.
        """
        if self.margin is None:
            return np.full(votes.shape[1], len(votes))
        return ends_of(votes.cumsum(axis=0), self.margin)

    def votes(self, counts: np.ndarray) -> np.ndarray:
        """Add up the spikes of each group.

        Parameters
        ----------
        counts : numpy.ndarray of int, shape (presentations, neurons)
            Spikes of every neuron.

        Returns
        -------
        numpy.ndarray of int, shape (presentations, groups)
            Spikes of each group.
        """
        votes: np.ndarray = counts.reshape(len(counts), self.groups, -1).sum(axis=-1)
        return votes


def ends_of(votes: np.ndarray, margin: int) -> np.ndarray:
    """Return after how many steps presentations are over.

    Parameters
    ----------
    votes : numpy.ndarray of int, shape (steps, presentations, groups)
        Votes up to each step.
    margin : int
        Votes that a group must be ahead.

    Returns
    -------
    numpy.ndarray of int, shape (presentations,)
        At least 1, at most all steps.
    """
    second, first = np.moveaxis(np.sort(votes, axis=-1)[..., -2:], -1, 0)
    ahead = first - second >= margin
    return np.where(ahead.any(axis=0), 1 + ahead.argmax(axis=0), len(votes))


@dataclass(frozen=True, eq=False)
class Potentials(Readout):
    """Membrane of each group, averaged over its neurons, in each step.

    Attributes
    ----------
    population, groups
        As of :class:`Readout`.

    Examples
    --------
    >>> import numpy as np
    >>> from networks import Connection, Dense, Input, LIF, Network, Population, Potentials
    >>> from networks import SpikingNetwork
    >>> import torch
    >>> network = Network(
    ...     (Population("input", (1, 3), Input()), Population("output", (2,), LIF(threshold=100))),
    ...     (Connection(("input",), "output", Dense(np.ones((2, 3), dtype=np.float32))),),
    ...     Potentials("output", 2),
    ... )
    >>> model = SpikingNetwork(network).eval()
    >>> model(torch.ones(2, 1, 1, 3)).tolist()  # two steps of three spikes
    [[[3.0, 3.0]], [[6.0, 6.0]]]
    """


def readout_kinds() -> Kinds:
    """Return all readouts by the name of their class."""
    return {kind.__name__: kind for kind in (Votes, Potentials)}
