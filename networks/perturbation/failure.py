"""Spikes that nobody hears: release that fails.

With R independent for each spike,

    heard[n] = S[n] R[n],    R[n] = 0 with the probability ``level``, else 1

For neurons behind the input, R comes from equations of theirs (:mod:`networks.neurons.stochastic`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from networks.description import Network
from networks.perturbation.model import Perturbation
from networks.perturbation.stochastic import stochastic


@dataclass(frozen=True, eq=False)
class Failure(Perturbation):
    """Each spike is lost with the probability ``level``: nobody hears it.

    That is failure of release: a spike fails at all its synapses or at none. Neurons are reset by
    lost spikes as by others. Input spikes are lost as well. What the output loses does not count
    as a vote.
    """

    name: ClassVar[str] = "failure"
    axis: ClassVar[str] = "share of lost spikes"
    most: ClassVar[float] = 1.0
    changes_input: ClassVar[bool] = True

    def network(self, network: Network, rng: np.random.Generator) -> Network:
        """Return the network with neurons that lose spikes."""
        changed = {
            # Of two losses, the second is of what the first has left.
            name: replace(neuron, loss=neuron.loss + (1 - neuron.loss) * self.level)
            for name, neuron in stochastic(network, self.name, rng).items()
        }
        return network.with_neurons(changed) if self.level else network

    def input(self, spikes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the input without the spikes that are lost."""
        return spikes & (rng.random(spikes.shape, dtype=np.float32) >= self.level)
