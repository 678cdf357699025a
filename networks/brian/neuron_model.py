r"""Neurons as text: equations of one's own for the populations of a trained network.

The network stays what it was, its weights, shapes and connections; a population's neurons are
replaced. In step n the trained neuron is handed a number without a unit, I[n], the sum of weights
times spikes and of constant currents (:mod:`networks.description.network`). What arrives in the
variable ``receives`` of the new neuron is

    scale * I[n] + bias

in the unit of that variable. What it does there is told by how the equations declare it:

    dv/dt = -v / tau : volt      it is added to the variable at once, a jump per step, and the
                                 equation says how it fades: on v a pulse, on the current of a
                                 synapse an exponential one
    I : amp                      the variable is set to it for this step: a current that flows while
                                 the equations are integrated

In both cases, what arrives in step n acts on the membrane that is tested in step n.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from brian2.utils.stringtools import get_identifiers

from networks.brian.expressions import as_text
from networks.neurons.model import RESETS

Value = float | str
"""A number, or a constant expression with units."""


class ModelError(ValueError):
    """Neurons that are given as text and cannot be simulated; the message names their layer.

    Examples
    --------
    >>> import numpy as np
    >>> from networks import Connection, Dense, Input, LIF, Network, Population
    >>> from networks.brian import BrianNetwork, ModelError, NeuronModel, SpikeStimulus
    >>> network = Network(
    ...     (Population("input", (1, 3), Input()), Population("output", (2,), LIF(threshold=2))),
    ...     (Connection(("input",), "output", Dense(np.ones((2, 3)))),),
    ... )
    >>> stimulus = SpikeStimulus([np.ones((10, 1, 3), dtype=bool)])
    >>> model = NeuronModel("dv/dt = -v / tau : 1", threshold="v > 1", reset="v = 0")
    >>> try:
    ...     BrianNetwork(network, stimulus, neurons=model, backend="numpy")
    ... except ModelError as error:
    ...     print(error)
    neurons of layer 'output', equations: there is no 'tau'; give it in parameters, or write it
    """


@dataclass(frozen=True)
class NeuronModel:
    """Neurons of one's own, in the language of Brian 2's equations.

    Wherever a number is asked for, it may be a :class:`brian2.Quantity` or a constant expression,
    such as ``"20*mV"``. Expressions know the parameters, and of the neurons that were trained their
    parameters, ``threshold`` and ``decay`` for instance, and ``tau_v``, the time constant that
    ``decay`` stands for. So may equations, threshold and reset.

    Attributes
    ----------
    equations : str
        With a membrane ``v``, the one that is recorded. The unit of a line is a base unit: volt.
    threshold : str or None
        Condition on which a neuron fires; None for neurons that never do.
    reset : str
        Statements for neurons that have fired, one a line.
    receives : str
        Variable that the input current arrives in.
    refractory : str, brian2.Quantity or None
        How long a neuron is refractory, or a condition while which it is.
    method : str
        How equations are integrated, by Brian 2's name for it.
    parameters : mapping of str to float, str or brian2.Quantity
        What other names in the text stand for.
    initial : mapping of str to float, str or brian2.Quantity
        Values of variables at the beginning of each presentation; the others are 0 then.
    scale, bias : float, str or brian2.Quantity
        From the input current to what arrives.
    reset_when : str
        When a step is reset, see :data:`networks.neurons.model.RESETS`; where a current is held for
        the step, ``at once``.
    longest_step : str, brian2.Quantity or None
        Time step above which the equations are not integrated well.
    title, source : str
        What the model is called, and where it is from.

    Raises
    ------
    ValueError
        If a field has no such value.

    Examples
    --------
    >>> import numpy as np
    >>> from networks import Connection, Dense, Input, LIF, Network, Population
    >>> from networks.brian import BrianNetwork, NeuronModel, Recorder, SpikeStimulus
    >>> network = Network(
    ...     (Population("input", (1, 3), Input()), Population("output", (2,), LIF(threshold=2))),
    ...     (Connection(("input",), "output", Dense(np.ones((2, 3)))),),
    ... )
    >>> stimulus = SpikeStimulus([np.ones((10, 1, 3), dtype=bool)])
    >>> model = NeuronModel("dv/dt = -v / (20*ms) : 1", threshold="v > 1", reset="v = 0")
    >>> with BrianNetwork(network, stimulus, neurons=model, backend="numpy") as brian:
    ...     recorder = Recorder(brian)
    ...     brian.run(seed=0)
    ...     recorder.counts("output").tolist()
    [[10, 10]]
    """

    equations: str
    threshold: str | None
    reset: str = ""
    receives: str = "v"
    refractory: str | None = None
    method: str = "euler"
    parameters: Mapping[str, Value] = field(default_factory=dict)
    initial: Mapping[str, Value] = field(default_factory=dict)
    scale: Value = 1.0
    bias: Value = 0.0
    reset_when: str = "at once"
    longest_step: str | None = None
    title: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        for name in ("parameters", "initial"):
            given = getattr(self, name)
            if not isinstance(given, Mapping) or not all(isinstance(key, str) for key in given):
                raise ValueError(f"{name} are numbers by their names, not {given!r}")
            checked = {key: _value(f"{name}.{key}", value) for key, value in given.items()}
            object.__setattr__(self, name, checked)
        for name in ("scale", "bias"):
            object.__setattr__(self, name, _value(name, getattr(self, name)))
        for name in ("refractory", "longest_step"):
            given = getattr(self, name)
            if given is not None:
                object.__setattr__(self, name, str(_value(name, given)))
        for name in ("equations", "reset", "receives", "method", "reset_when", "title", "source"):
            if not isinstance(getattr(self, name), str):
                raise ValueError(f"{name} is text, not {getattr(self, name)!r}")
        if not isinstance(self.threshold, str | None):
            raise ValueError(f"threshold is a condition, not {self.threshold!r}")
        if self.reset_when not in RESETS:
            raise ValueError(
                f"reset_when is one of {', '.join(map(repr, RESETS))}, not {self.reset_when!r}"
            )

    @property
    def document(self) -> dict[str, Any]:
        """All fields, as numbers and texts."""
        return {part.name: getattr(self, part.name) for part in fields(self)}

    @property
    def names(self) -> set[str]:
        """All names in it, of variables, parameters and units."""
        texts = (self.equations, self.threshold, self.reset, self.refractory, self.scale, self.bias)
        values = (*self.parameters.values(), *self.initial.values())
        return set().union(*(get_identifiers(t) for t in (*texts, *values) if isinstance(t, str)))

    @property
    def called(self) -> str:
        """The title, or the equations of a model that has none, in a line."""
        return " ".join((self.title or self.equations).split())


def refined(model: NeuronModel, parts: int) -> NeuronModel:
    """Return a model for steps of which there are several in what was one.

    The charge of an input stays what it was: where it flows for a step, it flows for less time and
    is larger; a bias that is added in each step is smaller.

    Parameters
    ----------
    model : NeuronModel
        For whole steps.
    parts : int
        How many a step is parted into (:func:`networks.description.refine`).

    Returns
    -------
    NeuronModel
        The other one.

    Examples
    --------
    >>> from networks.brian import NeuronModel, refined
    >>> model = NeuronModel("dv/dt = -v / (20*ms) : 1", threshold="v > 1", bias=0.5)
    >>> refined(model, 2).bias
    '(0.5) / 2'
    """
    if parts == 1:
        return model
    if re.search(rf"^\s*{re.escape(model.receives)}\s*:", model.equations, re.MULTILINE):
        return replace(model, scale=f"{parts} * ({model.scale})")
    return replace(model, bias=f"({model.bias}) / {parts}")


def _value(name: str, given: Any) -> Value:
    if isinstance(given, str):
        return given
    try:
        return as_text(given)
    except TypeError as error:
        raise ValueError(f"{name}: {error}") from error


Neurons = NeuronModel | Mapping[str, NeuronModel]
"""One model for all populations but the input, or models by the names of populations."""
ALL = "all"
"""Name of the model of populations that have none of their own."""


def by_population(neurons: Neurons | None, populations: list[str]) -> dict[str, NeuronModel]:
    """Return the model of each population that has one.

    Parameters
    ----------
    neurons : NeuronModel, mapping of str to NeuronModel, or None
        What was asked for; ``all`` stands for populations that are not named.
    populations : list of str
        Populations that there are, without the input.

    Raises
    ------
    ModelError
        If a population does not exist, or it is no model that it is to have.
    """
    if neurons is None:
        return {}
    if isinstance(neurons, NeuronModel):
        return dict.fromkeys(populations, neurons)
    for name, model in neurons.items():
        if name not in (*populations, ALL):
            raise ModelError(
                f"neurons of {name!r}: there is no such layer, only {', '.join(populations)}"
            )
        if not isinstance(model, NeuronModel):
            raise ModelError(f"neurons of {name!r} are a NeuronModel, not {model!r}")
    others = dict.fromkeys(populations, neurons[ALL]) if ALL in neurons else {}
    return others | {name: model for name, model in neurons.items() if name != ALL}
