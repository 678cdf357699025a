"""Neurons that something is done to in some steps of each presentation.

A variable of theirs counts the steps, from 0 when a presentation begins, and influence k acts in
the steps start_k <= n < stop_k:

    elapsed[n] = elapsed[n-1] + 1
    on_k[n] = clip(elapsed[n] - start_k, 0, 1) - clip(elapsed[n] - stop_k, 0, 1)

Where on_k = 1, and amount_k is of each neuron, 0 for those that are not chosen,

    current   I[n] + amount_k            arrives in place of I[n]
    membrane  U[n] = amount_k            where chosen_k = 1, whatever arrives or was reset
    level     S[n] = 1 if U[n] > level + amount_k

All of it is statements of the neuron, as :mod:`networks.neurons.model` has them, so every simulator
does the same. Products with 0 and 1 are exact: where nothing acts, no bit of the neuron changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, cast

import numpy as np

from networks.described import Described, locked, whole
from networks.neurons.model import Neuron, Parameter

ACTS_ON = ("current", "membrane", "level")
BEGINNING = "elapsed = elapsed + 1"


@dataclass(frozen=True, eq=False)
class Influence(Described):
    """What is done to neurons of a population from one step on, until another.

    Attributes
    ----------
    acts_on : {"current", "membrane", "level"}
        What is added to, or for the membrane set.
    amount : float or numpy.ndarray
        By how much or to what, in the unit of the membrane; 0 for neurons that are not chosen.
    chosen : float or numpy.ndarray
        1 for neurons that are chosen, else 0.
    start : int
        First step, from the beginning of each presentation.
    stop : int or None
        Step in which it is over; None for the end of the presentation.
    """

    acts_on: str
    amount: Parameter
    chosen: Parameter = 1.0
    start: int = 0
    stop: int | None = None

    def __post_init__(self) -> None:
        if self.acts_on not in ACTS_ON:
            raise ValueError(f"an influence acts on {', '.join(ACTS_ON)}, not {self.acts_on!r}")
        for name in ("amount", "chosen"):
            numbers = locked(getattr(self, name), f"{name} of an influence")
            self._set(name, numbers if numbers.ndim else float(numbers))
        self._set("start", whole(self.start, "the first step of an influence", 0))
        if self.stop is not None:
            self._set("stop", whole(self.stop, "the end of an influence", self.start + 1))

    @property
    def wakes(self) -> bool:
        """Whether neurons without input may fire by it."""
        return self.acts_on != "level" and bool(np.any(np.asarray(self.amount) > 0))

    def cut(self, positions: int) -> Influence:
        """Return the same on the first positions of a population."""
        changed = {
            name: getattr(self, name)[:positions]
            for name in ("amount", "chosen")
            if isinstance(getattr(self, name), np.ndarray)
        }
        return replace(self, **changed)

    def parted(self, parts: int) -> Influence:
        """Return the same where each step is parted."""
        share = parts if self.acts_on == "current" else 1
        stop = None if self.stop is None else self.stop * parts
        return replace(self, amount=self.amount / share, start=self.start * parts, stop=stop)


@dataclass(frozen=True, eq=False)
class IntervenedNeuron(Neuron):
    """Another neuron, and what is done to it.

    Attributes
    ----------
    neuron : Neuron
        What it is else; one that time flows one way for.
    influences : tuple of Influence
        Currents add up; of membranes that are set, the last one counts.

    Raises
    ------
    ValueError
        If the neuron has hindsight, nothing that is acted on, or is one of these itself.
    """

    wraps: ClassVar[bool] = True

    neuron: Neuron
    influences: tuple[Influence, ...]

    # What a model says of itself once for all its neurons is here that of the neuron within, and
    # so of an object and not of the class; hence the ignores.

    def __post_init__(self) -> None:
        self._set("influences", tuple(self.influences))
        if not isinstance(self.neuron, Neuron) or self.neuron.wraps:
            raise ValueError(f"something is done to a neuron of its own, not to {self.neuron!r}")
        if self.neuron.hindsight or not self.neuron.variables:
            raise ValueError(
                f"neurons of type {type(self.neuron).__name__} have no moment that something could "
                "be done in"
            )
        super().__post_init__()

    @property
    def variables(self) -> tuple[str, ...]:  # type: ignore[override]
        """Those of the neuron, and how many steps have begun."""
        return (*self.neuron.variables, "elapsed")

    @property
    def decays(self) -> Mapping[str, str]:  # type: ignore[override]
        """Those of the neuron."""
        return self.neuron.decays

    @property
    def receives(self) -> str:  # type: ignore[override]
        """The variable of the neuron that input is added to."""
        return self.neuron.receives

    @property
    def reset(self) -> Any:
        """When the neuron is reset, if it is."""
        return cast(Any, self.neuron).reset

    @property
    def inclusive(self) -> Any:
        """Whether the neuron fires at its level, too, if it fires."""
        return cast(Any, self.neuron).inclusive

    @property
    def integration(self) -> Any:
        """How a simulator goes from tau to a step, if there is one."""
        return cast(Any, self.neuron).integration

    @cached_property
    def drive(self) -> tuple[str, ...]:  # type: ignore[override]
        """A step is counted, currents arrive, the neuron is driven, and membranes are set."""
        currents = [f"{self.receives} = {self.receives} + {on}" for on in self._amounts("current")]
        # What follows from the membrane in the step, as the losses of a stochastic neuron do, is to
        # follow from the one that was set.
        own = self.neuron.drive
        driven = [statement.split("=")[0].strip() for statement in own]
        last = len(own) - driven[::-1].index("v") if "v" in driven else 0
        return (BEGINNING, *currents, *own[:last], *self._clamps, *own[last:])

    @cached_property
    def level(self) -> str | None:  # type: ignore[override]
        """The level of the neuron, and what is added to it."""
        if self.neuron.level is None:
            return None
        return " + ".join([self.neuron.level, *self._amounts("level")])

    @cached_property
    def resets(self) -> tuple[str, ...]:  # type: ignore[override]
        """Those of the neuron; where they come behind the input, a membrane that is set stays."""
        if getattr(self.neuron, "reset", None) != "after input":
            return self.neuron.resets
        return (*self.neuron.resets, *self._clamps)

    @property
    def hindsight(self) -> None:  # type: ignore[override]
        """None."""
        return None

    @property
    def spontaneous(self) -> bool:
        """Whether it may fire without input."""
        return self.neuron.spontaneous or any(each.wakes for each in self.influences)

    @property
    def values(self) -> dict[str, Parameter]:
        """Parameters of the neuron, and of what is done to it."""
        found = dict(self.neuron.values)
        for k, each in enumerate(self.influences):
            found |= {f"amount_{k}": each.amount, f"start_{k}": float(each.start)}
            if each.acts_on == "membrane":
                found[f"chosen_{k}"] = each.chosen
            if each.stop is not None:
                found[f"stop_{k}"] = float(each.stop)
        return found

    def cut(self, positions: int) -> IntervenedNeuron:
        """Return the neurons of the first positions of a population."""
        influences = tuple(each.cut(positions) for each in self.influences)
        return IntervenedNeuron(self.neuron.cut(positions), influences)

    @property
    def _clamps(self) -> list[str]:
        """Statements that set membranes."""
        return [
            f"v = v * (1 - chosen_{k} * {self._on(k)}) + amount_{k} * {self._on(k)}"
            for k, each in enumerate(self.influences)
            if each.acts_on == "membrane"
        ]

    def _amounts(self, acts_on: str) -> list[str]:
        """Return what is added to something in a step."""
        return [
            f"amount_{k} * {self._on(k)}"
            for k, each in enumerate(self.influences)
            if each.acts_on == acts_on
        ]

    def _on(self, k: int) -> str:
        """Return an expression that is 1 while an influence acts, else 0."""
        on = f"clip(elapsed - start_{k}, 0, 1)"
        if self.influences[k].stop is None:
            return on
        return f"({on} - clip(elapsed - stop_{k}, 0, 1))"


def undisturbed(neuron: Neuron) -> Neuron:
    """Return a neuron without what is done to it."""
    return neuron.neuron if isinstance(neuron, IntervenedNeuron) else neuron
