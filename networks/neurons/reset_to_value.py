"""Leaky integrate-and-fire neurons that are reset to a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from networks.neurons.model import Neuron, Parameter, parameter


@dataclass(frozen=True, eq=False)
class ResetLIF(Neuron):
    """U[n] = decay U[n-1] + I[n],    S[n] = 1 if U[n] > threshold else 0,    U := reset_value.

    Attributes
    ----------
    decay : float or numpy.ndarray
        Factor on the membrane per step, in (0, 1].
    threshold : float or numpy.ndarray
        Positive.
    reset_value : float or numpy.ndarray
        Membrane after a spike.
    inclusive : bool
        Whether a neuron fires at the threshold, too.
    reset : str
        When the membrane is set, see :data:`networks.neurons.model.RESETS`. With ``before leak``
        and the value 0 this is snnTorch's ``Leaky`` with reset to zero. ``after input`` also loses
        the current of the step after a spike, as snnTorch's other neurons do.
    integration : {"exact", "euler"}
        How a simulator goes from tau to a step.
    """

    decays: ClassVar[Mapping[str, str]] = {"v": "decay"}
    resets: ClassVar[tuple[str, ...]] = ("v = reset_value",)

    decay: Parameter = parameter(1.0, above=0, most=1)
    threshold: Parameter = parameter(1.0, above=0)
    reset_value: Parameter = parameter(0.0)
    inclusive: bool = False
    reset: str = "at once"
    integration: str = "exact"
