"""Several perturbations, one after the other, with the seed of all that is random in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np

from networks.described import whole
from networks.description import Network
from networks.perturbation.model import Perturbation


@dataclass(frozen=True)
class Perturbations:
    """What is done to a network, in this order.

    Each perturbation has random numbers of its own, which follow from the seed, its name, and how
    often that came before. So it does the same whatever stands beside it.

    Attributes
    ----------
    steps : tuple of Perturbation
        The first is done first.
    seed : int
        Of all that is random.
    """

    steps: tuple[Perturbation, ...]
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", tuple(self.steps))
        object.__setattr__(self, "seed", whole(self.seed, "a seed", 0))

    def __str__(self) -> str:
        return f"{', '.join(map(str, self.steps))} (seed {self.seed})"

    @property
    def changes_input(self) -> bool:
        """Whether input spikes are changed, too."""
        return bool(self.steps_on_input)

    @property
    def steps_on_input(self) -> str:
        """Names of the perturbations that change input spikes."""
        return ", ".join(str(step) for step in self.steps if step.changes_input and step.level)

    @property
    def document(self) -> dict[str, Any]:
        """What was done, ready for JSON."""
        return {
            "seed": self.seed,
            "steps": [{"what": step.name, "level": step.said} for step in self.steps],
        }

    def network(self, network: Network) -> Network:
        """Return the perturbed network.

        Raises
        ------
        ValueError
            If it has nothing that a perturbation is of; the message begins with its name.
        """
        for step, key in zip(self.steps, self._keys, strict=True):
            network = step.network(network, np.random.default_rng([self.seed, *key]))
        return network

    def input(self, spikes: np.ndarray, *, seed: int, number: int) -> np.ndarray:
        r"""Return the perturbed input of a presentation.

        Parameters
        ----------
        spikes : numpy.ndarray of bool, shape (steps, \*input)
            Input spikes.
        seed, number : int
            Of the input spikes, and of the presentation: each has losses and jitter of its own.
        """
        for step, key in zip(self.steps, self._keys, strict=True):
            rng = np.random.default_rng([self.seed, *key, seed, number])
            spikes = step.input(spikes, rng)
        return spikes

    @property
    def _keys(self) -> Iterable[tuple[int, int]]:
        names = [step.name for step in self.steps]
        return [
            (crc32(name.encode()), names[:place].count(name)) for place, name in enumerate(names)
        ]
