"""Networks on devices with a schedule of their own: GeNN and CUDA.

There, all groups are integrated and tested before spikes are delivered, so a spike acts in the next
step: each population lags one step behind those it hears. Input that arrives at the end of a step
decays once before it is tested, and so does a reset. So the weights of a leaky integrate-and-fire
neuron are divided by its decay, and so is what its reset subtracts where that is not to decay;
step n of the mathematics is then step n + latency of the simulation, exactly.

What this cannot carry is refused: populations that hear steps of different ages, cycles, delays,
constant currents, and other neurons.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any, cast

import brian2
import numpy as np

from networks.brian.backends import Unsupported
from networks.brian.groups import Gate, gate_condition, time_constant
from networks.brian.integration import integration
from networks.brian.pathways import constant_current
from networks.description import Network, Population
from networks.neurons import IF, LIF, Neuron


def latencies(network: Network, backend: str) -> dict[str, int]:
    """Count the synapses between the input and each population.

    Parameters
    ----------
    network : Network
        The network.
    backend : str
        The device, for the error.

    Returns
    -------
    dict of str to int
        Steps that each population lags behind the input.

    Raises
    ------
    Unsupported
        If the device cannot carry the network; the message says why.
    """
    depth = {network.input.name: 0}
    for component in network.components:
        (name, *others) = component
        if name == network.input.name:
            continue
        hears = {source for c in network.into(name) for source in c.sources}
        if others or name in hears:
            raise _refusal(backend, f"populations {', '.join(component)} hear one another")
        if any(connection.delay for connection in network.into(name)):
            raise _refusal(backend, f"a connection onto {name!r} has a delay")
        if constant_current(network, name) is not None:
            raise _refusal(backend, f"{name!r} has a constant current")
        behind = {depth[source] for source in hears}
        if len(behind) > 1:
            raise _refusal(backend, f"the paths to {name!r} are not equally long")
        decay_per_step(network[name].neuron, backend)
        depth[name] = 1 + max(behind, default=0)
    return depth


def _refusal(backend: str, reason: str) -> Unsupported:
    return Unsupported(
        f"backend {backend!r} cannot run this network: {reason}, and spikes take a step there; "
        "choose numpy, cython or cpp_standalone"
    )


@singledispatch
def decay_per_step(neuron: Neuron, backend: str) -> float | np.ndarray:
    """Return the factor on the membrane that input meets before it is tested.

    Raises
    ------
    Unsupported
        If the neuron has no form in which input and reset may come a step early.
    """
    raise _refusal(backend, f"neurons of type {type(neuron).__name__} have no form with a lag")


@decay_per_step.register
def _(neuron: IF, backend: str) -> float | np.ndarray:
    return 1.0


@decay_per_step.register
def _(neuron: LIF, backend: str) -> float | np.ndarray:
    return neuron.decay


def lagging_group(
    population: Population, clock: brian2.Clock, dtype: type[np.floating], gate: Gate | None
) -> brian2.NeuronGroup:
    """Make the neurons of a population for a device with a schedule of its own.

    Parameters
    ----------
    population : Population
        Of a type that :func:`decay_per_step` knows.
    clock : brian2.Clock
        Ticks once a step.
    dtype : type
        Precision of the membranes.
    gate : Gate or None
        When neurons may fire.

    Returns
    -------
    brian2.NeuronGroup
        With the membrane ``v``.
    """
    neuron = cast(IF | LIF, population.neuron)
    decay = decay_per_step(neuron, "")
    tau = time_constant(decay, getattr(neuron, "integration", "exact"), clock.dt)
    values = {"tau": tau, "threshold": neuron.threshold, "subtracted": subtracted(neuron)}
    equations = "dv/dt = -v / tau : 1\n"
    namespace: dict[str, Any] = {}
    arrays: dict[str, np.ndarray] = {}
    for name, value in values.items():
        if np.ndim(value):
            arrays[name] = value.ravel()
            equations += f"{name} : {'second' if name == 'tau' else '1'} (constant)\n"
        else:
            namespace[name] = brian2.Quantity(value) if name == "tau" else float(value)
    threshold = f"v {'>=' if neuron.inclusive else '>'} threshold"
    group = brian2.NeuronGroup(
        population.size,
        equations,
        threshold=threshold + gate_condition(gate, clock, namespace),
        reset="v -= subtracted",
        method=integration(getattr(neuron, "integration", "exact")),
        clock=clock,
        name=f"{population.name}*",
        namespace=namespace,
        dtype=dtype,
    )
    for name, value in arrays.items():
        setattr(group, name, value)
    return group


def subtracted(neuron: IF | LIF) -> float | np.ndarray:
    """Return what a reset at the end of a step subtracts, to be worth the threshold when tested."""
    decays = neuron.reset in ("at once", "before leak")
    return neuron.threshold / (1.0 if decays else decay_per_step(neuron, ""))
