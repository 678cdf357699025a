"""What an intervention is: what is done, to which neurons, in which steps of each presentation.

Let n be a step of a presentation, counted from 0 when that begins, with start <= n < stop, and let
theta be the threshold of a chosen neuron. Then

    clamp       U[n] = value * theta            at the test, whatever arrives or was reset
    stimulate   I[n] + current * theta          is what arrives in step n
    silence     S[n] = 0                        no spike, and so no reset

A clamped neuron is tested like any other: it fires in each step if its value lies above 1, and
otherwise never. When it is let go, it goes on from the value, less the reset if it has just fired.
A silenced neuron hears and adds up, as those of the perturbations ``dead`` and ``maps`` do. What
lies above the threshold when it is let go is fired then; one that was clamped to 0 instead goes on
from rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from numbers import Real
from typing import Any, cast

import numpy as np

from networks.described import Described, Shape, whole

KINDS: dict[str, str | None] = {"clamp": "value", "stimulate": "current", "silence": None}
"""What can be done, and the field that says how strongly."""

MOST = 1e6
"""Thresholds that a value or a current is at most; single precision still has them."""

Numbers = int | slice | range | Iterable[int | slice | range]


@dataclass(frozen=True, eq=False)
class Intervention(Described):
    """What is done to some neurons of a population in some steps of each presentation.

    Attributes
    ----------
    kind : {"clamp", "stimulate", "silence"}
        What is done.
    population : str
        To whom: any but the input.
    neurons : int, slice, range or iterable of these, optional
        Which neurons, by their numbers in C order of the population's shape.
    maps : int, slice, range or iterable of these, optional
        Which feature maps, with all their positions, in place of neurons. Without either, all
        neurons are meant.
    value : float, optional
        What the membrane is clamped to, in thresholds.
    current : float, optional
        What is added to the input of each step, in thresholds.
    start : int
        First step in which it is done.
    stop : int, optional
        Step from which on it is done no more; by default it is done until the end.

    Raises
    ------
    ValueError
        If one of these is none, is missing, or is of another kind of intervention.

    Examples
    --------
    >>> from networks import Intervention
    >>> print(Intervention("clamp", "output", neurons=range(10), value=0, start=20))
    clamp:output:neurons=0-9:value=0:from=20
    """

    kind: str
    population: str
    neurons: Numbers | None = None
    maps: Numbers | None = None
    value: float | None = None
    current: float | None = None
    start: int = 0
    stop: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(
                f"unknown intervention {self.kind!r}; choose one of {', '.join(KINDS)}"
            )
        for name in ("value", "current"):
            self._check_strength(name)
        if self.neurons is not None and self.maps is not None:
            raise ValueError(f"{self.kind}:{self.population} names neurons and maps; leave out one")
        for name in ("neurons", "maps"):
            if getattr(self, name) is not None:
                self._set(name, _ranges(getattr(self, name), f"{name} of {self.kind}"))
        self._set("start", whole(self.start, f"the first step of {self.kind}", 0))
        if self.stop is not None:
            self._set("stop", whole(self.stop, f"the end of {self.kind}", 0))
            if self.start >= self.stop:
                raise ValueError(
                    f"{self.kind}:{self.population} is from step {self.start} until step "
                    f"{self.stop}; the end comes after the beginning"
                )

    def chosen(self, shape: Shape) -> np.ndarray:
        """Return which neurons are meant.

        Parameters
        ----------
        shape : tuple of int
            Of the population, or of its first positions.

        Returns
        -------
        numpy.ndarray of bool, of this shape
            True for those that are.
        """
        numbers, ranges = np.arange(prod(shape)).reshape(shape), self.neurons
        if self.maps is not None:
            numbers, ranges = numbers % shape[-1], self.maps
        if ranges is None:
            return np.ones(shape, dtype=bool)
        among = [_among(numbers, each) for each in cast(tuple[range, ...], ranges)]
        any_of: np.ndarray = np.logical_or.reduce(among)
        return any_of

    def _check_strength(self, name: str) -> None:
        given, wanted = getattr(self, name), KINDS[self.kind] == name
        if given is None and wanted:
            raise ValueError(
                f"{self.kind}:{self.population} needs a {name}, in thresholds, as in {name}=0.5"
            )
        if given is None:
            return
        if not wanted:
            raise ValueError(f"{self.kind}:{self.population} has no {name}; leave it out")
        number = isinstance(given, Real) and not isinstance(given, bool)
        if not number or not abs(float(given)) <= MOST:
            raise ValueError(
                f"the {name} of {self.kind} is a number from {-MOST:g} to {MOST:g}, not {given!r}"
            )
        self._set(name, float(given))

    def __str__(self) -> str:
        said = [self.kind, self.population]
        for name in ("neurons", "maps"):
            if getattr(self, name) is not None:
                said.append(f"{name}={','.join(map(_typed, getattr(self, name)))}")
        strength = KINDS[self.kind]
        said += [f"{strength}={_shortest(getattr(self, strength))}"] if strength else []
        said += [f"from={self.start}"] if self.start else []
        said += [] if self.stop is None else [f"until={self.stop}"]
        return ":".join(said)

    @property
    def document(self) -> dict[str, Any]:
        """What is done, ready for JSON."""
        found: dict[str, str | None] = {"what": self.kind, "population": self.population}
        for name in ("neurons", "maps"):
            ranges = getattr(self, name)
            found[name] = None if ranges is None else ",".join(map(_typed, ranges))
        return found | {
            "value": self.value,
            "current": self.current,
            "from": self.start,
            "until": self.stop,
        }


def _ranges(given: Numbers, what: str) -> tuple[range, ...]:
    """Return numbers of any form as ranges, none of them empty."""
    several = [given] if isinstance(given, int | np.integer | slice | range) else given
    if isinstance(several, str) or not isinstance(several, Iterable):
        raise ValueError(f"{what} are whole numbers, slices or ranges, not {given!r}")
    found = [_range(each, what) for each in several]
    if not found or not all(found):
        raise ValueError(f"{what} are at least one, not {given!r}")
    return tuple(found)


def _range(given: Any, what: str) -> range:
    if isinstance(given, slice):
        if given.stop is None:
            raise ValueError(f"{what}: a slice needs an end, which {given} has not")
        given = range(given.start or 0, given.stop, given.step or 1)
    if not isinstance(given, range):
        number = whole(given, f"each of {what}", 0)
        return range(number, number + 1)
    if given and min(given[0], given[-1]) < 0:
        raise ValueError(f"{what} are counted from 0 on, and {given} goes below")
    return given


def _among(numbers: np.ndarray, of: range) -> np.ndarray:
    """Return which numbers a range has, of any length."""
    inside = (numbers >= min(of[0], of[-1])) & (numbers <= max(of[0], of[-1]))
    matched: np.ndarray = inside & ((numbers - of[0]) % of.step == 0)
    return matched


def _typed(numbers: range) -> str:
    """Return numbers as they are typed."""
    if len(numbers) > 1 and numbers.step != 1:
        return ",".join(map(str, numbers))
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}"


def _shortest(number: float) -> str:
    """Return a number so that it is read as the very same, whole ones without a point."""
    return repr(number).removesuffix(".0")
