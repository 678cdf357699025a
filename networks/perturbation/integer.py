"""Membrane, weights and threshold as whole numbers, so that every step is exact.

Of each population, weights and threshold are measured in one unit s and rounded,

    W = rint(w / s),    T = max(1, rint(threshold / s)),    s = max |w| / (2^(bits - 1) - 1)

so that the membrane is a whole number, too: U[n] = U[n-1] + W x[n] - T S[n-1]. Sums of spikes are
whole numbers already, s = 1. Numbers of double precision hold all of this without rounding up to
2^53, and so the network is that of integer arithmetic, in any simulator. A leak would leave the
whole numbers: neurons have none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from networks.description import Network, Population
from networks.description.weights import weight_names
from networks.neurons import IF, LIF
from networks.perturbation.model import Perturbation
from networks.transforms import Convolution, Dense, Flattening, SumPooling


@dataclass(frozen=True, eq=False)
class Integer(Perturbation):
    """Integer arithmetic with weights of ``level`` bits; their sign is one of them."""

    name: ClassVar[str] = "integer"
    axis: ClassVar[str] = "bits of a weight, integer arithmetic"
    least: ClassVar[float] = 2
    most: ClassVar[float] = 24
    counts: ClassVar[bool] = True

    def network(self, network: Network, rng: np.random.Generator) -> Network:
        """Return the network in whole numbers, all weights in double precision."""
        weights: dict[str, np.ndarray] = {}
        neurons = {}
        for population in network.hidden:
            _check(network, population)
            own = _weights_onto(network, population.name)
            kernels = [weight for name, weight in own.items() if not name.endswith(":bias")]
            largest = max((np.abs(weight).max() for weight in kernels), default=1.0)
            unit = float(largest) / (2 ** (self.level - 1) - 1) if kernels and largest else 1.0
            weights |= {name: np.rint(w.astype(np.float64) / unit) for name, w in own.items()}
            own_threshold = np.asarray(population.neuron.values["threshold"])
            threshold = np.maximum(1, np.rint(own_threshold / unit))
            neurons[population.name] = replace(population.neuron, **{"threshold": threshold})
        return network.with_weights(weights).with_neurons(neurons)


def _weights_onto(network: Network, name: str) -> dict[str, np.ndarray]:
    """Return weights and constant currents of all connections onto a population, by name."""
    return {
        weight: getattr(link, field)
        for key, connection in zip(network.keys, network.connections, strict=True)
        if connection.target == name
        for weight, link, field in weight_names(key, connection.links)
    }


def _check(network: Network, population: Population) -> None:
    """See that whole numbers stay whole in a population."""
    neuron, what = population.neuron, f"integer: {population.name!r}"
    if type(neuron) not in (IF, LIF) or np.any(np.asarray(getattr(neuron, "decay", 1)) != 1):
        raise ValueError(
            f"{what} has {type(neuron).__name__} neurons; whole numbers are for IF and LIF neurons "
            "without a leak (decay 1)"
        )
    weighted = []
    for connection in network.into(population.name):
        links = [link for link in connection.links if not isinstance(link, Flattening)]
        kinds = [type(link) for link in links]
        if len(kinds) > 1 or not set(kinds) <= {Dense, Convolution, SumPooling}:
            names = ", ".join(kind.__name__ for kind in kinds)
            raise ValueError(
                f"{what} hears {names}; whole numbers are for one Dense, Convolution or SumPooling"
            )
        weighted += [kind is not SumPooling for kind in kinds]
    if any(weighted) and not all(weighted):
        raise ValueError(f"{what} hears both weights and counts, which have different units")
