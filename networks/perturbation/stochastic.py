"""Making the neurons of a network stochastic, for noise and for losses alike."""

from __future__ import annotations

import numpy as np

from networks.description import Network
from networks.neurons import IF, LIF, Neuron
from networks.neurons.stochastic import MODULI, StochasticLIF


def stochastic(network: Network, what: str, rng: np.random.Generator) -> dict[str, StochasticLIF]:
    """Return the neurons of a network as stochastic ones, with neither noise nor losses yet.

    Parameters
    ----------
    network : Network
        The network; neurons that are stochastic already stay as they are.
    what : str
        Who asks, for the error.
    rng : numpy.random.Generator
        Draws where the generators of each neuron start.

    Returns
    -------
    dict of str to StochasticLIF
        By the names of populations.

    Raises
    ------
    ValueError
        If neurons are of another model than LIF and IF, or not as these are by default.
    """
    found = {}
    for population in network.hidden:
        neuron = population.neuron
        first = {
            name: rng.integers(1, modulus, population.shape).astype(np.float64)
            for name, modulus in MODULI.items()
        }
        if not isinstance(neuron, StochasticLIF):
            _check(neuron, population.name, what)
            neuron = StochasticLIF(
                decay=getattr(neuron, "decay", 1.0),
                threshold=neuron.values["threshold"],
                integration=getattr(neuron, "integration", "exact"),
                **first,
            )
        found[population.name] = neuron
    return found


def _check(neuron: Neuron, name: str, what: str) -> None:
    plain = isinstance(neuron, IF | LIF) and neuron.reset == "after leak" and not neuron.inclusive
    if type(neuron) not in (IF, LIF) or not plain:
        raise ValueError(
            f"{what}: neurons of {name!r} are {type(neuron).__name__}; this is for LIF and IF "
            "neurons that fire above the threshold and are reset after the leak"
        )
