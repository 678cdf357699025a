"""What a perturbation says of itself: its name, its level, and what it does.

A perturbation is a transform of the neutral description, Network -> Network, so it acts in every
simulator alike, and PyTorch and Brian 2 stay equal spike for spike. What befalls spikes on their
way into the network is a transform of the input spikes instead, bool array -> bool array; both
simulators are then shown the same. A new perturbation is one module of this package and its test.
"""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from networks.described import Described, whole
from networks.description import Network
from networks.description.weights import weight_names

if TYPE_CHECKING:
    from typing_extensions import Self

OUT_OF_REACH = 1e30
"""A threshold that no membrane reaches, and single precision still has."""


@dataclass(frozen=True, eq=False)
class Perturbation(Described, ABC):
    """Base of all perturbations.

    Attributes
    ----------
    name : str
        What it is asked for by.
    axis : str
        What its level is, for figures, with the unit.
    least, most : float
        The range of its level, both ends included.
    counts : bool
        Whether the level is a whole number.
    changes_input : bool
        Whether input spikes are changed, too.
    level : float
        How strong it is.

    Raises
    ------
    ValueError
        If the level is out of range.
    """

    name: ClassVar[str]
    axis: ClassVar[str]
    least: ClassVar[float] = 0.0
    most: ClassVar[float] = np.inf
    counts: ClassVar[bool] = False
    changes_input: ClassVar[bool] = False

    level: float

    def __post_init__(self) -> None:
        level = whole(self.level, f"level of {self.name}", 0) if self.counts else float(self.level)
        if not (self.least <= level <= self.most and np.isfinite(level)):
            ends = f"from {self.least:g}" + (f" to {self.most:g}" if self.most < np.inf else " on")
            raise ValueError(f"the level of {self.name} is a number {ends}, not {self.level}")
        self._set("level", level)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a level as it is typed.

        Raises
        ------
        ValueError
            If it is none.
        """
        try:
            level = float(text)
        except ValueError:
            raise ValueError(f"the level of {cls.name} is a number, not {text!r}") from None
        return cls(level)

    @property
    def said(self) -> str:
        """The level as it is typed."""
        return f"{self.level:g}"

    def __str__(self) -> str:
        return f"{self.name}={self.said}"

    def network(self, network: Network, rng: np.random.Generator) -> Network:
        """Return the perturbed network.

        Parameters
        ----------
        network : Network
            The network.
        rng : numpy.random.Generator
            For what is random. It draws the same numbers whatever the level, so a higher level is
            more of the same.

        Raises
        ------
        ValueError
            If the network has nothing that this perturbation is of.
        """
        return network

    def input(self, spikes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        r"""Return the perturbed input of a presentation.

        Parameters
        ----------
        spikes : numpy.ndarray of bool, shape (steps, \*input)
            Input spikes.
        rng : numpy.random.Generator
            For what is random.
        """
        return spikes


def synaptic_weights(network: Network) -> dict[str, np.ndarray]:
    """Return the weights of synapses by their names, with what belongs to a target in each row.

    Factors and constant currents of neurons, which have one axis or none, are not among them.

    Raises
    ------
    ValueError
        If there are none.
    """
    found = {
        name: getattr(link, field)
        for key, connection in zip(network.keys, network.connections, strict=True)
        for name, link, field in weight_names(key, connection.links)
        if field == "weight" and getattr(link, field).ndim > 1
    }
    if not found:
        raise ValueError("the network has no weights of synapses to perturb")
    return found
