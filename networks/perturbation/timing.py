"""Spikes at other times: jitter of the input, and delays between populations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from networks.description import Network
from networks.perturbation.model import Perturbation


@dataclass(frozen=True, eq=False)
class Jitter(Perturbation):
    """Each input spike comes rint(level z) steps later, with z normal.

    Spikes that would come before the presentation or after it are lost, and two of a neuron in one
    step are one.
    """

    name: ClassVar[str] = "jitter"
    axis: ClassVar[str] = "s.d. of input spike times (steps)"
    changes_input: ClassVar[bool] = True

    def input(self, spikes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the input at other times."""
        step, *neuron = np.nonzero(spikes)
        moved = step + np.rint(self.level * rng.standard_normal(len(step))).astype(np.int64)
        inside = (moved >= 0) & (moved < len(spikes))
        found = np.zeros_like(spikes)
        found[(moved[inside], *(axis[inside] for axis in neuron))] = True
        return found


@dataclass(frozen=True, eq=False)
class Delay(Perturbation):
    """Every connection delivers ``level`` steps later; what would come after the end is lost."""

    name: ClassVar[str] = "delay"
    axis: ClassVar[str] = "further delay of connections (steps)"
    most: ClassVar[float] = 1000
    counts: ClassVar[bool] = True

    def network(self, network: Network, rng: np.random.Generator) -> Network:
        """Return the network with longer delays."""
        for connection in network.connections:
            if not connection.transform.linear:
                raise ValueError(f"delay: connection {connection} is an attention, without delays")
        return replace(
            network,
            connections=tuple(
                replace(c, delay=c.delay + int(self.level)) for c in network.connections
            ),
        )
