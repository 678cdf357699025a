"""Noise on the membranes: an Ornstein-Uhlenbeck process added to the current of every neuron.

In continuous time tau d(eta)/dt = -eta + sqrt(2 tau) sigma xi(t); in steps of dt, exactly,

    eta[n] = rho eta[n-1] + sigma sqrt(1 - rho^2) xi[n],    rho = exp(-dt / tau)

with the standard deviation sigma = level * threshold, and tau of :data:`CORRELATION` steps. It is
added to the current, so neurons without a leak integrate it. What xi is, and why it is the same in
every simulator, is told in :mod:`networks.neurons.stochastic`. Each neuron has the same noise in
every presentation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from networks.description import Network
from networks.perturbation.model import OUT_OF_REACH, Perturbation
from networks.perturbation.stochastic import stochastic

CORRELATION = 5.0
"""Time constant of the noise in steps."""


@dataclass(frozen=True, eq=False)
class MembraneNoise(Perturbation):
    """Ornstein-Uhlenbeck noise whose standard deviation is ``level`` thresholds."""

    name: ClassVar[str] = "noise"
    axis: ClassVar[str] = "s.d. of the noise, in thresholds"

    def network(self, network: Network, rng: np.random.Generator) -> Network:
        """Return the network with noisy neurons."""
        persistence = float(np.exp(-1 / CORRELATION))
        changed = {}
        for name, neuron in stochastic(network, self.name, rng).items():
            threshold = np.asarray(neuron.threshold)
            # A dead neuron's threshold is no measure of anything.
            alive = np.where(threshold < OUT_OF_REACH, threshold, 0)
            new = self.level * np.sqrt(1 - persistence**2) * alive
            kick = np.sqrt(np.square(neuron.kick) + np.square(new))
            changed[name] = replace(neuron, persistence=persistence, kick=kick)
        return network.with_neurons(changed) if self.level else network
