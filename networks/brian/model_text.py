"""What a text about neurons says of one population, and whether it makes sense.

Names in it are variables of the equations, parameters, parameters of the neurons that were trained,
or Brian 2's own functions and units; anything else is an error that names layer and part. Whether
units fit and equations can be integrated is asked of Brian 2 (:mod:`networks.brian.text_neurons`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import brian2
import numpy as np
from brian2.core.base import BrianObjectException
from brian2.core.functions import DEFAULT_FUNCTIONS
from brian2.core.namespace import DEFAULT_CONSTANTS, DEFAULT_UNITS
from brian2.equations.equations import DIFFERENTIAL_EQUATION, PARAMETER, EquationError
from brian2.stateupdaters.base import StateUpdateMethod
from brian2.units.fundamentalunits import Dimension, get_dimensions
from brian2.utils.stringtools import get_identifiers

from networks.brian.expressions import evaluate, unit_name
from networks.brian.groups import CONSTANT, time_constant
from networks.brian.neuron_model import ModelError, NeuronModel
from networks.description import Population
from networks.neurons import Neuron

BUFFER, SCALE, BIAS = "input_current", "input_scale", "input_bias"
RESERVED = {BUFFER, SCALE, BIAS, CONSTANT}
ALWAYS_KNOWN = {"dt", "i", "N", "lastspike", "not_refractory", "int"}
OF_TIME = {"t", "t_in_timesteps"}
RANDOM = {"rand", "randn", "poisson"}
FAULTS = (
    *(BrianObjectException, EquationError, brian2.DimensionMismatchError),
    *(SyntaxError, ValueError, TypeError, KeyError, AttributeError, NotImplementedError),
)
"""What Brian 2 raises of a text that it cannot use."""
# Those of the GNU Scientific Library need it, and have no code for NumPy.
METHODS = [name for name in StateUpdateMethod.stateupdaters if not name.startswith("gsl")]
STORED = (DIFFERENTIAL_EQUATION, PARAMETER)
"""Lines of equations whose variables have values of their own."""


class ModelText:
    """A model held against a population.

    Parameters
    ----------
    population : Population
        Whose neurons are replaced.
    model : NeuronModel
        By what.
    dt : brian2.Quantity
        Duration of a step.

    Attributes
    ----------
    equations : brian2.Equations
        Those of the model.
    names : dict of str to float, numpy.ndarray or brian2.Quantity
        What names in it stand for, besides its variables.
    holds : bool
        Whether ``receives`` holds the current of a step.
    scale, bias : numpy.ndarray, shape () or (neurons,)
        In the SI unit of the variable that receives.
    initial : dict of str to float or numpy.ndarray of shape (neurons,)
        What each variable is at the beginning of a presentation, in its SI unit.

    Raises
    ------
    ModelError
        If the text makes no sense; it names layer and part.
    """

    def __init__(self, population: Population, model: NeuronModel, dt: brian2.Quantity):
        self.name, self.model, self.dt = population.name, model, dt
        if population.neuron.wraps:
            raise self.fault(
                "interventions",
                "are of the neurons that were trained; give this layer no others, or leave the "
                "interventions on it out",
            )
        self.equations = self._parsed()
        self.names = self._parameters(population.neuron)
        self._check_forms()
        self._check_names()
        self._check_neuron(population.neuron)
        self.holds = self.equations[model.receives].type == PARAMETER
        if self.holds and model.reset_when != "at once":
            raise self.fault(
                "reset_when", f"is 'at once' where {model.receives} holds the current of a step"
            )
        self.scale, self.bias = self._arriving("scale"), self._arriving("bias")
        self.initial = self._initial()

    def fault(self, part: str, what: str) -> ModelError:
        """Return the error that something is wrong with a part of the text."""
        line = " ".join(what.split())
        return ModelError(f"neurons of layer {self.name!r}, {part}: {line}")

    @property
    def unit(self) -> str:
        """SI unit of the membrane, empty if it has none."""
        dimensions = self.equations["v"].dim
        return "" if dimensions.is_dimensionless else str(brian2.get_unit(dimensions))

    @property
    def level(self) -> float | None:
        """What the membrane has to exceed to fire, in its SI unit, if that is one number."""
        condition = re.fullmatch(r"\s*v\s*>=?(.+)", self.model.threshold or "")
        try:
            level = evaluate(condition[1], self.names) if condition else None
        except ValueError:  # it changes with time
            return None
        return float(level) if level is not None and np.ndim(level) == 0 else None

    @cached_property
    def said(self) -> dict[str, set[str]]:
        """Names in each part of the text that Brian 2 reads."""
        model = self.model
        parts = {"threshold": model.threshold, "reset": model.reset, "refractory": model.refractory}
        return {"equations": set(self.equations.identifiers)} | {
            part: get_identifiers(text) for part, text in parts.items() if text
        }

    def _parsed(self) -> brian2.Equations:
        try:
            equations = brian2.Equations(self.model.equations)
        except FAULTS as error:
            raise self.fault("equations", str(error).replace("Parsing failed:", "")) from error
        stored = [e.varname for e in equations.values() if e.type in STORED]
        for part, variable in (("equations", "v"), ("receives", self.model.receives)):
            if variable not in stored:
                role = "membrane" if part == "equations" else "variable"
                raise self.fault(
                    part,
                    f"there is no {role} {variable!r} with an equation or a line of its own, only "
                    f"{', '.join(stored) or 'none'}",
                )
        taken = RESERVED & {*equations.names, *self.model.parameters}
        if taken:
            raise self.fault("equations", f"the name {min(taken)!r} has another meaning here")
        return equations

    def _parameters(self, neuron: Neuron) -> dict[str, Any]:
        """Return what names stand for; a parameter may be told by those above it."""
        found = trained(neuron, self.dt)
        for name, value in self.model.parameters.items():
            if name in self.equations.names:
                raise self.fault(f"parameters.{name}", "is a variable of the equations")
            found[name] = self._worked_out(f"parameters.{name}", value, found)
        return found

    def _worked_out(self, part: str, value: float | str, names: Mapping[str, Any]) -> Any:
        try:
            return evaluate(value, names) if isinstance(value, str) else value
        except ValueError as error:
            raise self.fault(part, str(error)) from error

    def _check_forms(self) -> None:
        """See that conditions are some, that a reset sets variables, and that there is a method."""
        conditions = {"threshold": self.model.threshold, "refractory": self.model.refractory}
        for part, text in conditions.items():
            try:
                ast.parse((text or "v").strip(), mode="eval")
            except (SyntaxError, ValueError) as error:
                raise self.fault(part, f"{text!r} is no expression: {error}") from error
        for target in re.findall(r"^\s*(\w+)\s*[-+*/]?=", self.model.reset, re.MULTILINE):
            if target not in self.equations.names:
                raise self.fault("reset", f"sets {target!r}, which the equations do not declare")
        if self.model.method not in METHODS:
            raise self.fault(
                "method", f"there is no {self.model.method!r}; choose one of {', '.join(METHODS)}"
            )

    def _check_names(self) -> None:
        """See that all names mean something, and that all parameters are used."""
        known = {*self.names, *self.equations.names, *DEFAULT_FUNCTIONS, *DEFAULT_CONSTANTS}
        known |= {*DEFAULT_UNITS, *ALWAYS_KNOWN}
        for part, names in self.said.items():
            if {*self.equations.stochastic_variables} & names or RANDOM & names:
                raise self.fault(part, "noise would make a sentence depend on those before it")
            if OF_TIME & names:
                raise self.fault(part, "the time since the run began means nothing to a sentence")
            if names - known:
                raise self.fault(
                    part, f"there is no {min(names - known)!r}; give it in parameters, or write it"
                )
        idle = self.model.parameters.keys() - self.model.names
        if idle:
            raise self.fault(f"parameters.{min(idle)}", "is used nowhere")

    def _check_neuron(self, neuron: Neuron) -> None:
        if neuron.hindsight:
            raise self.fault("equations", "neurons that look both ways in time have no other form")
        if neuron.spikes != (self.model.threshold is not None):
            fires = "fires, so it needs one" if neuron.spikes else "never fires, so it has none"
            raise self.fault("threshold", f"the layer {fires}")
        longest = self.model.longest_step
        if longest is None:
            return
        most = self._worked_out("longest_step", longest, {})
        if get_dimensions(most) != get_dimensions(self.dt):
            raise self.fault("longest_step", f"is a time, not {most}")
        if float(self.dt) > float(most) * (1 + 1e-9):
            raise self.fault(
                "longest_step",
                f"a step lasts {self.dt}, and these neurons need {most} or less; choose "
                f"--dt {float(most) * 1e3:g}",
            )

    def _arriving(self, part: str) -> np.ndarray:
        """Return scale or bias in the SI unit of the variable that receives."""
        value = self._worked_out(part, getattr(self.model, part), self.names)
        return self._in_unit(part, value, self.model.receives)

    def _in_unit(self, part: str, value: Any, variable: str) -> np.ndarray:
        expected, number = self.equations[variable].dim, np.asarray(value, dtype=float)
        # Nothing is nothing in any unit.
        if number.any() and get_dimensions(value) != expected:
            raise self.fault(
                part,
                f"{variable} has the unit {_said(expected)}, and {getattr(self.model, part, value)}"
                f" has the unit {_said(get_dimensions(value))}",
            )
        return number

    def _initial(self) -> dict[str, float | np.ndarray]:
        variables = [
            e.varname
            for e in self.equations.values()
            if e.type in STORED and not {"constant", "shared"} & {*e.flags}
        ]
        initial: dict[str, float | np.ndarray] = dict.fromkeys(variables, 0.0)
        for name, value in self.model.initial.items():
            if name not in initial:
                raise self.fault(
                    f"initial.{name}", f"there is no such variable, only {', '.join(variables)}"
                )
            number = self._worked_out(f"initial.{name}", value, self.names)
            number = self._in_unit(f"initial.{name}", number, name)
            initial[name] = number if number.ndim else float(number)
        return initial


def _said(dimensions: Dimension) -> str:
    return unit_name(dimensions) if not dimensions.is_dimensionless else "1"


def trained(neuron: Neuron, dt: brian2.Quantity) -> dict[str, Any]:
    """Return what text may say of the neurons that were trained, by name.

    Parameters
    ----------
    neuron : Neuron
        The neurons.
    dt : brian2.Quantity
        Duration of a step.

    Returns
    -------
    dict of str to float, numpy.ndarray or brian2.Quantity
        Their parameters, in C order where neurons differ, and the time constant of the membrane.
    """
    decay = getattr(neuron, neuron.decays.get("v", ""), 1.0)
    tau = time_constant(decay, getattr(neuron, "integration", "exact"), dt)
    found = neuron.values | {"tau_v": tau}
    return {
        name: value.ravel() if np.ndim(value) else brian2.Quantity(value)
        for name, value in found.items()
    }
