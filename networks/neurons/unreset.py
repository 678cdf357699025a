"""Leaky integrators that fire and go on as if nothing had happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from networks.neurons.model import Neuron, Parameter, parameter


@dataclass(frozen=True, eq=False)
class UnresetLIF(Neuron):
    """U[n] = decay U[n-1] + I[n],    S[n] = 1 if U[n] > threshold else 0; no reset.

    A reset that is drawn as a connection, from the neuron to itself, is one of the network.

    Attributes
    ----------
    decay : float or numpy.ndarray
        Factor on the membrane per step, in (0, 1].
    threshold : float or numpy.ndarray
        Positive.
    inclusive : bool
        Whether a neuron fires at the threshold, too.
    integration : {"exact", "euler"}
        How a simulator goes from tau to a step.
    """

    decays: ClassVar[Mapping[str, str]] = {"v": "decay"}

    decay: Parameter = parameter(1.0, above=0, most=1)
    threshold: Parameter = parameter(1.0, above=0)
    inclusive: bool = False
    integration: str = "exact"
