"""Populations whose neurons are given as text (:mod:`networks.brian.neuron_model`).

Synapses write into the variable that receives, as they do for neurons of the network's own, where
what arrives is the current as it is. Where it is scaled or held, they write into a buffer without a
unit, and in the ``drive`` slot

    x = x + (scale * input_current + bias)      or      x = scale * input_current + bias

Equations that change nothing between inputs, as those of a neuron without a leak, are left out: the
trained neurons are not integrated either then.

Before anything is built, one neuron of each population is integrated for one step by NumPy: Brian 2
then says of a text what it would say of the whole network, and it is known of which population.
"""

from __future__ import annotations

from typing import Any

import brian2
import numpy as np
import sympy
from brian2.core.base import BrianObjectException
from brian2.equations.equations import PARAMETER, SingleEquation
from brian2.parsing.sympytools import str_to_sympy, sympy_to_str
from brian2.units.fundamentalunits import get_dimensions

from networks.brian.backends import codegen_target
from networks.brian.expressions import evaluate, unit_name
from networks.brian.groups import CONSTANT, declare, in_slots
from networks.brian.integration import integration
from networks.brian.model_text import BIAS, BUFFER, FAULTS, SCALE, ModelText
from networks.brian.neuron_model import NeuronModel, Neurons, by_population
from networks.brian.private import NEVER, NamesApart, without_delay
from networks.brian.slots import HOLDING, STEPS, slot
from networks.description import Network, Population

HUGE = 1e50
"""Where Brian 2 begins to doubt a value."""
NOTHING = 2.0**-55
"""A change by this part of itself, or less, rounds back to the number that there was."""
PARTS = {"thresholder": "threshold", "resetter": "reset", "run_regularly": "scale"}
"""What objects of Brian 2 are called, and the text that they are made of."""


class TextNeurons(ModelText):
    """The neurons of one population, ready to be made.

    Parameters
    ----------
    population, model, dt
        As of :class:`networks.brian.model_text.ModelText`.

    Attributes
    ----------
    receives : str
        Variable that synapses write into.
    steps : tuple of str
        What happens within a step, see :mod:`networks.brian.slots`.

    Raises
    ------
    ModelError
        If the text cannot be used; it names layer and part.
    """

    def __init__(self, population: Population, model: NeuronModel, dt: brian2.Quantity):
        super().__init__(population, model, dt)
        self._size = population.size
        as_it_is = self.scale.ndim == 0 and self.scale == 1 and not self.bias.any()
        self._buffered = self.holds or not as_it_is
        self.receives = BUFFER if self._buffered else model.receives
        self.steps = HOLDING if self.holds else STEPS[model.reset_when]
        if self._buffered:
            self.initial[BUFFER] = 0.0
        if model.refractory is not None:
            self.initial |= {"lastspike": NEVER, "not_refractory": 1.0}

    def check_values(self, variable: str, values: np.ndarray) -> None:
        """See that values of a variable are such as can be.

        Raises
        ------
        ModelError
            If they are no numbers, or beyond all bounds.
        """
        if not in_bounds(values).all():
            step = float(self.dt) * 1e3
            raise self.fault(
                "equations",
                f"{variable!r} left all bounds with the method {self.model.method} and steps of "
                f"{step:g} ms; try --dt {step / 10:g}, another method or a smaller scale",
            )

    def group(
        self, clock: brian2.Clock, *, constant: np.ndarray | None, dtype: type[np.floating]
    ) -> brian2.NeuronGroup:
        """Make the neurons, in slots of their own; as :func:`networks.brian.groups.neuron_group`.

        Parameters
        ----------
        clock : brian2.Clock
            Ticks once a step.
        constant : numpy.ndarray or None
            Current of each neuron in every step, in C order.
        dtype : type
            Precision of their variables.
        """
        equations = self._held() if self._still() else self.equations
        return self._group(equations, self._size, clock, constant, dtype)

    def _still(self) -> bool:
        """Tell whether equations leave every number as it is between inputs."""
        if self.model.refractory is not None:
            return False  # it is while they are integrated that neurons cease to be refractory
        rates = self.equations.get_substituted_expressions()
        of = self.equations.diff_eq_names
        return all(self._stays(name, rate.code) for name, rate in rates if name in of)

    def _stays(self, variable: str, rate: str) -> bool:
        """Tell whether dx/dt is a x, with an a for which x (1 + a dt) is x."""
        expression, x = str_to_sympy(rate), sympy.Symbol(variable, real=True)
        if expression.subs(x, 0) != 0:
            return False
        try:
            # One that has other variables, x itself or functions is no constant expression.
            part = evaluate(sympy_to_str(expression.diff(x)), self.names) * self.dt
        except ValueError:
            return False
        return get_dimensions(part).is_dimensionless and bool(np.all(np.abs(part) <= NOTHING))

    def _held(self) -> brian2.Equations:
        """Return the equations with variables that hold what they are given."""
        return brian2.Equations(
            [
                SingleEquation(PARAMETER, e.varname, e.dim)
                if e.varname in self.equations.diff_eq_names
                else e
                for e in self.equations.values()
            ]
        )

    def _group(
        self,
        equations: brian2.Equations,
        size: int,
        clock: brian2.Clock,
        constant: np.ndarray | None,
        dtype: type[np.floating],
    ) -> brian2.NeuronGroup:
        model = self.model
        namespace: dict[str, Any] = {}
        arrays: dict[str, np.ndarray] = {}
        drive, of_drive = self._drive(constant)
        used = set().union(*(self.said | {"equations": set(equations.identifiers)}).values())
        values = {name: value for name, value in self.names.items() if name in used} | of_drive
        more = f"{BUFFER} : 1\n" if self._buffered else ""
        for name, value in values.items():
            unit = unit_name(get_dimensions(value)) if np.ndim(value) else "1"
            more += declare(name, value, unit, namespace, arrays)
        spiking: dict[str, Any] = {}
        if model.threshold is not None:
            spiking = {"threshold": model.threshold, "reset": model.reset}
            spiking["refractory"] = False if model.refractory is None else model.refractory
        group = brian2.NeuronGroup(
            size,
            equations + brian2.Equations(more),
            method=integration(model.method),
            clock=clock,
            name=f"{self.name}*",
            namespace=namespace,
            dtype=dtype,
            **spiking,
        )
        for name, array in arrays.items():
            setattr(group, name, array[:size])
        in_slots(group, self.name, drive)
        return group

    def _drive(self, constant: np.ndarray | None) -> tuple[list[str], dict[str, Any]]:
        """Return what happens when all input has arrived, and what that needs."""
        variable = self.model.receives
        unit = brian2.Quantity(1.0, dim=self.equations[variable].dim)
        if not self._buffered:
            if constant is None:
                return [], {}
            return [f"{variable} += {CONSTANT}"], {CONSTANT: constant * unit}
        needed = {} if constant is None else {CONSTANT: constant}
        needed |= {SCALE: self.scale * unit}
        arrives = f"{SCALE} * " + (
            f"({BUFFER} + {CONSTANT})" if needed.keys() > {SCALE} else BUFFER
        )
        if self.bias.any():
            needed[BIAS] = self.bias * unit
            arrives += f" + {BIAS}"
        return [f"{variable} {'' if self.holds else '+'}= {arrives}", f"{BUFFER} = 0"], needed

    @property
    def kind(self) -> tuple[str, str]:
        """All that decides whether the text can be simulated."""
        units = {name: (np.ndim(n), get_dimensions(n)) for name, n in self.names.items()}
        return repr(self.model), str(sorted(units.items()))

    def check_step(self) -> None:
        """Integrate one neuron for one step.

        Raises
        ------
        ModelError
            If Brian 2 cannot.
        """
        names = NamesApart()
        try:
            with (
                names.choosing(),
                codegen_target("numpy"),
                np.errstate(all="ignore"),
                without_delay(),
            ):
                clock = brian2.Clock(self.dt)
                group = self._group(self.equations, 1, clock, None, np.float64)
                network = brian2.Network(group)
                network.schedule = ["start", *(slot(step, self.name) for step in self.steps), "end"]
                network.run(self.dt, namespace={})
        except FAULTS as error:
            part, what = _understood(error)
            text = getattr(self.model, part)
            raise self.fault(part if part == "equations" else f"{part} {text!r}", what) from error
        finally:
            names.give_up()


def in_bounds(values: np.ndarray) -> np.ndarray:
    """Return which values are numbers, and such as can be."""
    return np.abs(np.asarray(values, dtype=np.float64)) <= HUGE


def _understood(error: Exception) -> tuple[str, str]:
    """Return the part of a text that Brian 2 complains of, and what it says."""
    part = "equations"
    while isinstance(error, BrianObjectException) and error.__cause__ is not None:
        where = str(error).splitlines()[0]
        part = next((said for end, said in PARTS.items() if end in where), part)
        error = error.__cause__
    return part, str(error.args[0] if error.args else error)


def made_concrete(
    neurons: Neurons | None, network: Network, dt: brian2.Quantity
) -> dict[str, TextNeurons]:
    """Return what :func:`text_neurons` does, without integrating any."""
    models = by_population(neurons, [population.name for population in network.hidden])
    return {name: TextNeurons(network[name], model, dt) for name, model in models.items()}


def text_neurons(
    neurons: Neurons | None, network: Network, dt: brian2.Quantity
) -> dict[str, TextNeurons]:
    """Make models concrete for the populations of a network.

    Parameters
    ----------
    neurons : NeuronModel, mapping of str to NeuronModel, or None
        As of :class:`networks.brian.BrianNetwork`.
    network : Network
        The network.
    dt : brian2.Quantity
        Duration of a step.

    Returns
    -------
    dict of str to TextNeurons
        By population.

    Raises
    ------
    ModelError
        If one cannot be used.
    """
    made = made_concrete(neurons, network, dt)
    # Populations that differ in numbers alone need no second look.
    for text in {text.kind: text for text in made.values()}.values():
        text.check_step()
    return made
