"""Neurons that are out of order: dead ones here and there, and whole feature maps.

A neuron that is dead has a threshold that no membrane reaches, 1e30. It hears, and its membrane can
be recorded, but it never fires. That needs no change of weights, which neurons of a convolution
share with others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from networks.description import Network, Population
from networks.perturbation.model import OUT_OF_REACH, Perturbation
from networks.ranges import parse_ranges

if TYPE_CHECKING:
    from typing_extensions import Self


def silenced(network: Network, dead: Mapping[str, np.ndarray]) -> Network:
    """Return a network in which some neurons never fire.

    Parameters
    ----------
    network : Network
        The network.
    dead : mapping of str to numpy.ndarray of bool
        For populations by name, which neurons, in an array that broadcasts to their shape.
    """
    return network.with_neurons(
        {
            name: replace(
                network[name].neuron,
                **{
                    "threshold": np.where(
                        np.broadcast_to(which, network[name].shape),
                        OUT_OF_REACH,
                        network[name].neuron.values["threshold"],
                    )
                },
            )
            for name, which in dead.items()
            if which.any()
        }
    )


def firing(network: Network) -> list[Population]:
    """Return the populations behind the input whose neurons fire at a threshold."""
    return [p for p in network.hidden if p.neuron.spikes and "threshold" in p.neuron.values]


@dataclass(frozen=True, eq=False)
class DeadNeurons(Perturbation):
    """Each neuron behind the input is dead with the probability ``level``."""

    name: ClassVar[str] = "dead"
    axis: ClassVar[str] = "share of dead neurons"
    most: ClassVar[float] = 1.0

    def network(self, network: Network, rng: np.random.Generator) -> Network:
        """Return the network with dead neurons."""
        if not firing(network):
            raise ValueError("dead: no neuron of this network fires at a threshold")
        return silenced(
            network, {p.name: rng.random(p.shape) < self.level for p in firing(network)}
        )


@dataclass(frozen=True, eq=False)
class SilencedMaps(Perturbation):
    """Each feature map is dead with the probability ``level``, or the maps that are named are.

    Attributes
    ----------
    level : float
        Probability; 0 where maps are named.
    named : str
        Population and numbers of maps, as in ``conv3:0-9,40``; empty for maps at random.
    """

    name: ClassVar[str] = "maps"
    axis: ClassVar[str] = "share of silenced feature maps"
    most: ClassVar[float] = 1.0

    level: float = 0.0
    named: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a share, or the names of maps."""
        return cls(named=text) if ":" in text else super().parse(text)

    @property
    def said(self) -> str:
        """The share, or the names."""
        return self.named or super().said

    def network(self, network: Network, rng: np.random.Generator) -> Network:
        """Return the network with silenced maps."""
        maps = {p.name: p.shape[-1] for p in firing(network) if len(p.shape) > 1}
        if not maps:
            raise ValueError("maps: no population of this network has feature maps")
        dead = {name: rng.random(count) < self.level for name, count in maps.items()}
        if self.named:
            population, numbers = _parse_maps(self.named, maps)
            dead = {population: np.isin(np.arange(maps[population]), numbers)}
        return silenced(network, dead)


def _parse_maps(text: str, maps: Mapping[str, int]) -> tuple[str, np.ndarray]:
    """Return the population and the numbers that a text like ``conv3:0-9,40`` names."""
    name, _, ranges = text.partition(":")
    if name not in maps:
        raise ValueError(f"maps: {name!r} has no feature maps, only {', '.join(maps)}")
    try:
        numbers = parse_ranges(ranges, f"map of {name}", maps[name])
    except ValueError as error:
        raise ValueError(f"maps: {error}") from error
    return name, np.concatenate(numbers)
