"""Populations as groups of Brian 2 neurons.

Each variable that leaks follows its equation, integrated exactly or by Euler's method,

    dv/dt = -v / tau,    tau = -dt / ln(decay)  or  dt / (1 - decay)

and is a plain variable where its decay is 1. The statements of the neuron (its drive, level and
reset) become code of the group as they stand, each in its slot (:mod:`networks.brian.slots`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import brian2
import numpy as np

from networks.brian.integration import integration
from networks.brian.slots import slot
from networks.description import Population
from networks.neurons import Neuron
from networks.neurons.model import Parameter

CONSTANT = "constant_current"


@dataclass(frozen=True)
class Gate:
    """When neurons may fire: in the first ``open`` steps of every ``period`` steps."""

    open: int
    period: int


def neuron_group(
    population: Population,
    clock: brian2.Clock,
    *,
    constant: np.ndarray | None = None,
    dtype: type[np.floating] = np.float64,
    gate: Gate | None = None,
) -> brian2.NeuronGroup:
    """Make the neurons of a population, in slots of their own.

    Parameters
    ----------
    population : Population
        What they are.
    clock : brian2.Clock
        Ticks once a step.
    constant : numpy.ndarray, optional
        Current of each neuron in every step, in C order.
    dtype : type
        Precision of their variables.
    gate : Gate, optional
        When neurons may fire; always without it.

    Returns
    -------
    brian2.NeuronGroup
        Named like the population, with its neurons in C order and the variables of its neuron.
    """
    neuron, name = population.neuron, population.name
    equations, namespace, arrays = _equations(neuron, clock.dt)
    for parameter, value in neuron.values.items():
        equations += declare(parameter, value, "1", namespace, arrays)
    if constant is not None:
        equations += declare(CONSTANT, constant, "1", namespace, arrays)
    spiking = {}
    if neuron.spikes:
        inclusive = getattr(neuron, "inclusive")  # noqa: B009, all models that fire have it
        threshold = f"v {'>=' if inclusive else '>'} {neuron.level}"
        spiking = {
            "threshold": threshold + gate_condition(gate, clock, namespace),
            "reset": "\n".join(neuron.resets),
        }
    group = brian2.NeuronGroup(
        population.size,
        equations,
        method=integration(getattr(neuron, "integration", "exact")),
        clock=clock,
        name=f"{name}*",
        namespace=namespace,
        dtype=dtype,
        **spiking,
    )
    for variable, values in arrays.items():
        setattr(group, variable, values)
    driven = [f"{neuron.receives} += {CONSTANT}"] if constant is not None else []
    in_slots(group, name, [*driven, *neuron.drive])
    return group


def in_slots(group: brian2.NeuronGroup, name: str, drive: Sequence[str]) -> None:
    """Have all that happens to neurons happen in the slots of their population.

    Parameters
    ----------
    group : brian2.NeuronGroup
        The neurons.
    name : str
        Of the population.
    drive : sequence of str
        Statements for after the input has arrived.
    """
    group.state_updater.when = slot("leak", name)
    for made, step in ((group.thresholder, "test"), (group.resetter, "reset")):
        if "spike" in made:
            made["spike"].when = slot(step, name)
    if drive:
        group.run_regularly(
            "\n".join(drive),
            clock=group.clock,
            when=slot("drive", name),
            name=f"{name}_run_regularly_*",
        )


def gate_condition(gate: Gate | None, clock: brian2.Clock, namespace: dict[str, Any]) -> str:
    """Return what a gate adds to a threshold, and put what it needs into the namespace."""
    if gate is None:
        return ""
    # Times are in the middle of a step, where rounding does not matter.
    namespace |= {
        "half_a_step": clock.dt / 2,
        "gate_period": gate.period * clock.dt,
        "gate_open": gate.open * clock.dt,
    }
    return " and (t + half_a_step) % gate_period < gate_open"


def time_constant(decay: Parameter, integration: str, dt: brian2.Quantity) -> brian2.Quantity:
    """Return the time constant with which a variable loses the factor ``decay`` in a step."""
    # A decay of 1 among others is a tau so long that nothing is lost in any precision; some devices
    # cannot write infinity into their code.
    with np.errstate(divide="ignore"):
        steps = 1 / (1 - decay) if integration == "euler" else -1 / np.log(decay)
    return np.where(np.asarray(decay) == 1, 1e30, np.abs(steps)) * dt


def _equations(
    neuron: Neuron, dt: brian2.Quantity
) -> tuple[str, dict[str, Any], dict[str, np.ndarray]]:
    """Return the equations of the variables, a namespace and values for what they need."""
    equations = ""
    namespace: dict[str, Any] = {}
    arrays: dict[str, np.ndarray] = {}
    for variable in neuron.variables:
        decay = neuron.values.get(neuron.decays.get(variable, ""), 1.0)
        if np.ndim(decay) == 0 and decay == 1:
            equations += f"{variable} : 1\n"
            continue
        integration = getattr(neuron, "integration")  # noqa: B009, all models that leak have it
        tau = time_constant(decay, integration, dt)
        equations += f"d{variable}/dt = -{variable} / tau_{variable} : 1\n"
        equations += declare(f"tau_{variable}", tau, "second", namespace, arrays)
    return equations, namespace, arrays


def declare(
    name: str, value: Any, unit: str, namespace: dict[str, Any], arrays: dict[str, np.ndarray]
) -> str:
    """Declare what equations need: one number, or one for each neuron.

    Parameters
    ----------
    name : str
        Of the number.
    value : float, numpy.ndarray or brian2.Quantity
        What it is.
    unit : str
        Of numbers for each neuron.
    namespace, arrays : dict
        Where one number, or one for each neuron, is put.

    Returns
    -------
    str
        A line of equations for one for each neuron, else nothing.
    """
    if np.ndim(value) == 0:
        namespace[name] = value if unit == "1" else brian2.Quantity(value)
        return ""
    arrays[name] = value.ravel()
    return f"{name} : {unit} (constant)\n"
