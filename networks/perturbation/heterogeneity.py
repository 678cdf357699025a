"""Neurons that differ: thresholds, time constants, leaks.

A parameter p becomes p f for each neuron, with f log-normal of mean 1 and standard deviation equal
to the level s, so that it stays positive:

    f = exp(a z - a^2 / 2),    a^2 = ln(1 + s^2),    z normal
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from networks.description import Network
from networks.perturbation.model import Perturbation


def factors(rng: np.random.Generator, shape: tuple[int, ...], deviation: float) -> np.ndarray:
    """Draw factors of mean 1 and some standard deviation, log-normal."""
    width = np.log1p(deviation**2)
    drawn: np.ndarray = np.exp(np.sqrt(width) * rng.standard_normal(shape) - width / 2)
    return drawn


@dataclass(frozen=True, eq=False)
class Thresholds(Perturbation):
    """threshold := threshold f, neuron by neuron."""

    name: ClassVar[str] = "threshold"
    axis: ClassVar[str] = "relative s.d. of thresholds"

    def network(self, network: Network, rng: np.random.Generator) -> Network:
        """Return the network with thresholds that differ."""
        changed = {
            p.name: replace(
                p.neuron, **{"threshold": threshold * factors(rng, p.shape, self.level)}
            )
            for p in network.hidden
            if (threshold := p.neuron.values.get("threshold")) is not None
        }
        if not changed:
            raise ValueError("threshold: no neuron of this network has a threshold")
        return network.with_neurons(changed) if self.level else network


@dataclass(frozen=True, eq=False)
class TimeConstants(Perturbation):
    """tau := tau f, neuron by neuron, so decay := decay^(1/f); for every variable that leaks."""

    name: ClassVar[str] = "tau"
    axis: ClassVar[str] = "relative s.d. of time constants"

    def network(self, network: Network, rng: np.random.Generator) -> Network:
        """Return the network with time constants that differ."""
        changed = {}
        for population in network.hidden:
            neuron = population.neuron
            decays = {name: getattr(neuron, name) for name in neuron.decays.values()}
            draws = {name: factors(rng, population.shape, self.level) for name in decays}
            leaking = {
                name: np.power(decay, 1 / draws[name])
                for name, decay in decays.items()
                if np.any(np.asarray(decay) < 1)
            }
            if leaking:
                changed[population.name] = replace(neuron, **leaking)
        if not changed:
            raise ValueError(
                "tau: all neurons of this network integrate without a leak, so their time "
                "constants are infinite; leak=LEVEL gives them one"
            )
        return network.with_neurons(changed) if self.level else network


@dataclass(frozen=True, eq=False)
class Leak(Perturbation):
    """decay := decay exp(-level e), with e exponential of mean 1: leaks where none were meant."""

    name: ClassVar[str] = "leak"
    axis: ClassVar[str] = "mean leak per step"

    def network(self, network: Network, rng: np.random.Generator) -> Network:
        """Return the network with leaks."""
        changed = {
            p.name: replace(
                p.neuron,
                **{"decay": decay * np.exp(-self.level * rng.standard_exponential(p.shape))},
            )
            for p in network.hidden
            if (decay := p.neuron.values.get("decay")) is not None
        }
        if not changed:
            raise ValueError("leak: no neuron of this network has a decay")
        return network.with_neurons(changed) if self.level else network
