"""Neurons with noise on the membrane, whose spikes may get lost; both follow from their equations.

The random numbers are variables of the neuron: three multiplicative generators with the constants
of Wichmann & Hill (1982, Applied Statistics 31, algorithm AS 183),

    a := 171 a mod 30269,    b := 172 b mod 30307,    c := 170 c mod 30323

Their products stay below 2^24, so they are exact in single precision, too, and every simulator has
the same numbers, which a generator of its own could not give. Neurons go
through the same cycles from places of their own. The noise of two of them is the same with a
probability of 1e-9; one of its two parts is, some steps apart, for one pair in a few hundred.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from networks.neurons.model import Neuron, Parameter, parameter

MODULI = {"first_a": 30269, "first_b": 30307, "first_c": 30323}
"""Of the generators, by the parameter that holds where each starts."""


@dataclass(frozen=True, eq=False)
class StochasticLIF(Neuron):
    """U[n] = decay U[n-1] + I[n] + eta[n] - threshold F[n-1],    F[n] = 1 if U[n] > threshold.

    The spike that others hear is S[n] = F[n] R[n], with R[n] = 0 with the probability ``loss`` and
    1 otherwise. The noise is an Ornstein-Uhlenbeck process in steps, which starts from 0,

        eta[n] = persistence eta[n-1] + kick xi[n],    persistence = exp(-1 / tau)

    with xi of mean 0 and variance 1, the scaled sum of two uniform numbers; its standard deviation
    becomes kick / sqrt(1 - persistence^2). Each neuron has the same noise in each presentation:
    frozen noise, which other first values change.

    Attributes
    ----------
    decay, threshold, integration
        As of :class:`~networks.neurons.lif.LIF`.
    persistence : float or numpy.ndarray
        Factor on the noise per step.
    kick : float or numpy.ndarray
        Standard deviation of what is new in the noise in each step; 0 for no noise.
    loss : float or numpy.ndarray
        Probability that nobody hears a spike, which resets the neuron nevertheless.
    first_a, first_b, first_c : float or numpy.ndarray
        Whole numbers from 1 that the generators start from; below their moduli.
    """

    variables: ClassVar[tuple[str, ...]] = (
        *("v", "eta", "held"),
        *("draw_a", "draw_b", "draw_c"),
    )
    decays: ClassVar[Mapping[str, str]] = {"v": "decay"}
    # A generator that stands at 0 has not started yet. ``held`` is 4 where a spike gets lost, which
    # it keeps from firing and lets the step after reset, and 0 elsewhere. Made of signs alone, it
    # is exact in whatever order a simulator adds.
    drive: ClassVar[tuple[str, ...]] = (
        "v = v - threshold * sign(held)",
        "draw_a = (171 * (draw_a + first_a * (1 - sign(draw_a)))) % 30269",
        "draw_b = (172 * (draw_b + first_b * (1 - sign(draw_b)))) % 30307",
        "draw_c = (170 * (draw_c + first_c * (1 - sign(draw_c)))) % 30323",
        "eta = persistence * eta + kick * 2.449489742783178 * (draw_a/30269 + draw_b/30307 - 1)",
        "v = v + eta",
        "held = (sign(loss - draw_c / 30323) + abs(sign(loss - draw_c / 30323)))"
        " * (sign(v - threshold) + abs(sign(v - threshold)))",
    )
    level: ClassVar[str | None] = "threshold + held * abs(v)"

    resets: ClassVar[tuple[str, ...]] = ("v = v - threshold",)
    # The reset of a lost spike is made for these.
    reset: ClassVar[str] = "after leak"
    inclusive: ClassVar[bool] = False

    decay: Parameter = parameter(1.0, above=0, most=1)
    threshold: Parameter = parameter(1.0, above=0)
    persistence: Parameter = parameter(0.0, most=1)
    kick: Parameter = parameter(0.0)
    loss: Parameter = parameter(0.0, most=1)
    first_a: Parameter = parameter(1.0, above=0, most=MODULI["first_a"] - 1)
    first_b: Parameter = parameter(1.0, above=0, most=MODULI["first_b"] - 1)
    first_c: Parameter = parameter(1.0, above=0, most=MODULI["first_c"] - 1)
    integration: str = "exact"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in MODULI:
            if np.any(np.mod(getattr(self, name), 1)):
                raise ValueError(f"{name} of a StochasticLIF must be whole numbers")

    @property
    def spontaneous(self) -> bool:
        """Whether it may fire without input: where there is noise."""
        return bool(np.any(self.kick))
