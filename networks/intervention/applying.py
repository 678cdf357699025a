"""Interventions as a transform of the neutral description, Network -> Network.

Each population that something is done to gets neurons that carry it
(:mod:`networks.neurons.intervened`), so every simulator does it alike.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from networks.description import Network, Population
from networks.intervention.model import KINDS, Intervention
from networks.neurons.intervened import Influence, IntervenedNeuron, undisturbed
from networks.perturbation.model import OUT_OF_REACH
from networks.transforms import AveragePooling, SumPooling

ACTS_ON = {"clamp": "membrane", "stimulate": "current", "silence": "level"}


def intervene(network: Network, interventions: Iterable[Intervention]) -> Network:
    """Return a network that something is done to while it reads.

    Parameters
    ----------
    network : Network
        The network; what is done to it already is done before.
    interventions : iterable of Intervention
        What is done. Currents add up; where membranes are clamped twice, the last one counts.

    Returns
    -------
    Network
        One with the same weights and shapes.

    Raises
    ------
    ValueError
        If there is no such population, neuron or map, or its neurons cannot take it; the message
        says what there is.
    """
    neurons: dict[str, IntervenedNeuron] = {}
    for each in interventions:
        population = _population(network, each)
        before = neurons.get(population.name, population.neuron)
        _check_neuron(population, each)
        influences = getattr(before, "influences", ())
        added = _influence(network, population, each)
        neurons[population.name] = IntervenedNeuron(undisturbed(before), (*influences, added))
    return network.with_neurons(neurons) if neurons else network


def untouched(network: Network) -> Network:
    """Return a network without what is done to it while it reads."""
    return network.with_neurons({p.name: undisturbed(p.neuron) for p in network.hidden})


def _population(network: Network, intervention: Intervention) -> Population:
    names = [population.name for population in network.hidden]
    if intervention.population not in names:
        raise ValueError(
            f"{intervention.kind}: there is no population {intervention.population!r}; choose one "
            f"of {', '.join(names)}"
        )
    return network[intervention.population]


def _check_neuron(population: Population, intervention: Intervention) -> None:
    """See that neurons are such as can be intervened with."""
    neuron, what = undisturbed(population.neuron), f"{intervention.kind}:{population.name}"
    kind = f"neurons of type {type(neuron).__name__}"
    if neuron.hindsight:
        raise ValueError(f"{what}: {kind} look both ways in time, so they have no step to act in")
    if intervention.kind == "silence" and not neuron.spikes:
        raise ValueError(f"{what}: {kind} never fire; clamp or stimulate another population")
    if KINDS[intervention.kind] and "threshold" not in neuron.values:
        raise ValueError(
            f"{what}: {KINDS[intervention.kind]} is in thresholds, and {kind} have none"
        )


def _influence(network: Network, population: Population, intervention: Intervention) -> Influence:
    """Return what an intervention is to the neurons of a population."""
    chosen = _chosen(network, population, intervention)
    strength = np.asarray(OUT_OF_REACH)
    named = KINDS[intervention.kind]
    if named:
        threshold = np.asarray(undisturbed(population.neuron).values["threshold"])
        # A dead neuron's threshold is no measure of anything.
        alive = np.where(threshold < OUT_OF_REACH, threshold, 0)
        strength = getattr(intervention, named) * alive
    if intervention.kind == "stimulate":
        # As precise as weights are: sums of these have no rounding that simulators could differ in.
        strength = strength.astype(np.float32).astype(np.float64)
    return Influence(
        ACTS_ON[intervention.kind],
        chosen * strength,
        chosen,
        intervention.start,
        intervention.stop,
    )


def _chosen(
    network: Network, population: Population, intervention: Intervention
) -> float | np.ndarray:
    """Return 1 for neurons that are chosen and 0 for others; 1 if all are."""
    what = f"{intervention.kind}:{population.name}"
    counts = {"maps": population.shape[-1], "neurons": population.size}
    if intervention.maps is not None:
        _check_maps(network, population, what)
    for of, count in counts.items():
        largest = max(
            (max(each[0], each[-1]) for each in getattr(intervention, of) or ()), default=0
        )
        if largest >= count:
            raise ValueError(f"{what} has {of} 0 to {count - 1}, and no {largest}")
    chosen = intervention.chosen(population.shape)
    return 1.0 if chosen.all() else chosen.astype(float)


def _check_maps(network: Network, population: Population, what: str) -> None:
    """See that a population has feature maps: positions, or a pool over them."""
    links = [link for c in network.into(population.name) for link in c.links]
    pools = any(isinstance(link, SumPooling | AveragePooling) for link in links)
    if len(population.shape) == 1 and not pools:
        raise ValueError(f"{what}: {population.name!r} has no feature maps; name neurons instead")
