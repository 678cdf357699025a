"""Leaky integrators that never fire: readouts whose membrane is the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from networks.neurons.model import Neuron, Parameter, parameter


@dataclass(frozen=True, eq=False)
class LI(Neuron):
    """U[n] = decay U[n-1] + I[n]; no spikes.

    Attributes
    ----------
    decay : float or numpy.ndarray
        Factor on the membrane per step, in (0, 1].
    integration : {"exact", "euler"}
        How a simulator goes from tau to a step.
    """

    decays: ClassVar[Mapping[str, str]] = {"v": "decay"}
    level: ClassVar[str | None] = None

    decay: Parameter = parameter(1.0, above=0, most=1)
    integration: str = "exact"
