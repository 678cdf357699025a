r"""What a neuron model says of itself, so that every simulator can run it.

A step of any model is

    leak       each variable changes as it does without input            v = decay * v
    input      the current of this step arrives                          v = v + I
    drive      variables act on each other                               v = v + i
    test       S = 1 if v > threshold (or >=)
    reset      where S = 1                                               v = v - threshold

The reset of step n happens in it (``at once``), or in step n + 1 ``before leak``, ``after leak`` or
``after input``, when that has driven the membrane, too. A model writes these as expressions over
its variables and parameters, once: Brian 2 takes them as they are, PyTorch evaluates them on
tensors. Between two steps a variable that leaks follows, in continuous time,

    dv/dt = -v / tau,    tau = -dt / ln(decay)  (exact)    or    tau = dt / (1 - decay)  (Euler)

which is what a Brian 2 group is given. A new model is one module of this package and its test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, final

import numpy as np

from networks.described import Described, Shape, locked, values

Parameter = float | np.ndarray
"""A number for all neurons of a population, or an array with one for each."""

RESETS = ("at once", "before leak", "after leak", "after input")
INTEGRATIONS = ("exact", "euler")


def parameter(default: float, *, above: float = -np.inf, most: float = np.inf) -> Any:
    """Declare a parameter of a model, with the range it lies in: (above, most]."""
    return field(default=default, metadata={"above": above, "most": most})


@dataclass(frozen=True, eq=False)
class Neuron(Described):
    """Base of all neuron models: what they have in common, and what each has to say.

    Attributes
    ----------
    variables : tuple of str
        State of a neuron, all zero at the beginning; ``v`` is the membrane.
    decays : mapping of str to str
        Variables that leak, and the parameter each is multiplied by in a step.
    receives : str
        The variable that input is added to.
    drive : tuple of str
        Statements ``x = expression`` for after the input has arrived.
    level : str or None
        The neuron fires when ``v`` exceeds the value of this expression; None for one that never
        fires.
    resets : tuple of str
        Statements ``x = expression`` for neurons that have fired.
    hindsight : str or None
        The parameter by which input acts on earlier steps: I[m] adds its power m - n to the
        membrane of step n. Such a neuron is never reset, and its membranes are known when all
        input of a presentation is; None for neurons that time flows one way for.
    wraps : bool
        Whether it is another neuron that something is done to, and no model of its own.
    """

    variables: ClassVar[tuple[str, ...]] = ("v",)
    decays: ClassVar[Mapping[str, str]] = {}
    receives: ClassVar[str] = "v"
    drive: ClassVar[tuple[str, ...]] = ()
    level: ClassVar[str | None] = "threshold"
    resets: ClassVar[tuple[str, ...]] = ()
    hindsight: ClassVar[str | None] = None
    wraps: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for name, limits in parameters(type(self)).items():
            self._set(name, _checked(type(self).__name__, name, getattr(self, name), **limits))
        choices = {"reset": RESETS, "integration": INTEGRATIONS, "inclusive": (False, True)}
        for name, allowed in choices.items():
            value = getattr(self, name, allowed[0])
            if value not in allowed or (name == "inclusive" and not isinstance(value, bool)):
                raise ValueError(
                    f"{name} of a {type(self).__name__} is one of "
                    f"{', '.join(map(repr, allowed))}, not {value!r}"
                )

    @property
    def spikes(self) -> bool:
        """Whether the neuron can fire."""
        return self.level is not None

    @property
    def spontaneous(self) -> bool:
        """Whether the neuron may fire without any input."""
        return False

    @property
    @final
    def leak(self) -> dict[str, str]:
        """Variables that change without input, and what each becomes in a step."""
        return {variable: f"{decay} * {variable}" for variable, decay in self.decays.items()}

    @property
    def values(self) -> dict[str, Parameter]:
        """Parameters by name."""
        return {name: getattr(self, name) for name in parameters(type(self))}

    def cut(self, positions: int) -> Neuron:
        """Return the neurons of the first positions of a population."""
        arrays = {
            name: value[:positions]
            for name, value in values(self).items()
            if isinstance(value, np.ndarray)
        }
        return replace(self, **arrays)

    def check_shape(self, shape: Shape) -> None:
        """See that parameters with a value a neuron fit a population.

        Raises
        ------
        ValueError
            If one has another shape.
        """
        for name, value in self.values.items():
            if isinstance(value, np.ndarray) and value.shape != shape:
                raise ValueError(f"{name} has the shape {value.shape}, the population {shape}")


def parameters(model: type[Neuron]) -> dict[str, dict[str, float]]:
    """Return the parameters of a model by name, each with its range (``above``, ``most``)."""
    return {part.name: dict(part.metadata) for part in fields(model) if "above" in part.metadata}


def _checked(model: str, name: str, value: Any, above: float, most: float) -> Parameter:
    """Return a parameter as a float or a locked array, if it lies in (above, most]."""
    if isinstance(value, bool | str) or value is None:
        raise ValueError(f"{name} of a {model} must be a number, not {value!r}")
    numbers = locked(value, f"{name} of a {model}")
    if not ((numbers > above) & (numbers <= most)).all():
        ends = f"lie in ({above:g}, {most:g}]" if np.isfinite(most) else f"be above {above:g}"
        raise ValueError(f"{name} of a {model} must {ends}, not {value}")
    return numbers if numbers.ndim else float(numbers)
