"""Current-based neurons: a synaptic current between the input and the membrane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from networks.neurons.model import Neuron, Parameter, parameter


@dataclass(frozen=True, eq=False)
class CubaLI(Neuron):
    """i[n] = synaptic_decay i[n-1] + I[n],    U[n] = decay U[n-1] + gain i[n]; no spikes.

    Attributes
    ----------
    synaptic_decay, decay : float or numpy.ndarray
        Factors per step on the synaptic current i and on the membrane, in (0, 1].
    gain : float or numpy.ndarray
        What a unit of current adds to the membrane in a step.
    integration : {"exact", "euler"}
        How a simulator goes from tau to a step.
    """

    variables: ClassVar[tuple[str, ...]] = ("v", "i_syn")
    decays: ClassVar[Mapping[str, str]] = {"v": "decay", "i_syn": "synaptic_decay"}
    receives: ClassVar[str] = "i_syn"
    drive: ClassVar[tuple[str, ...]] = ("v = v + gain * i_syn",)
    level: ClassVar[str | None] = None

    synaptic_decay: Parameter = parameter(1.0, above=0, most=1)
    decay: Parameter = parameter(1.0, above=0, most=1)
    gain: Parameter = parameter(1.0)
    integration: str = "exact"


@dataclass(frozen=True, eq=False)
class CubaLIF(Neuron):
    """As :class:`CubaLI`, with S[n] = 1 if U[n] > threshold, and the threshold is subtracted.

        i[n] = synaptic_decay i[n-1] + I[n]
        U[n] = decay U[n-1] + gain i[n] - threshold S[n-1]

    snnTorch's ``Synaptic`` is this with ``gain`` 1.

    Attributes
    ----------
    synaptic_decay, decay, gain, integration
        As of :class:`CubaLI`.
    threshold : float or numpy.ndarray
        Positive.
    inclusive : bool
        Whether a neuron fires at the threshold, too.
    reset : str
        When the threshold is subtracted, see :data:`networks.neurons.model.RESETS`.
    """

    variables: ClassVar[tuple[str, ...]] = CubaLI.variables
    decays: ClassVar[Mapping[str, str]] = CubaLI.decays
    receives: ClassVar[str] = CubaLI.receives
    drive: ClassVar[tuple[str, ...]] = CubaLI.drive
    resets: ClassVar[tuple[str, ...]] = ("v = v - threshold",)

    synaptic_decay: Parameter = parameter(1.0, above=0, most=1)
    decay: Parameter = parameter(1.0, above=0, most=1)
    gain: Parameter = parameter(1.0)
    threshold: Parameter = parameter(1.0, above=0)
    inclusive: bool = False
    reset: str = "after leak"
    integration: str = "exact"


@dataclass(frozen=True, eq=False)
class ResetCubaLIF(CubaLIF):
    """As :class:`CubaLIF`, and the membrane is set to a value instead: U := reset_value.

    Attributes
    ----------
    synaptic_decay, decay, gain, threshold, inclusive, reset, integration
        As of :class:`CubaLIF`; the reset is at once by default.
    reset_value : float or numpy.ndarray
        Membrane after a spike; the synaptic current stays.
    """

    resets: ClassVar[tuple[str, ...]] = ("v = reset_value",)

    reset_value: Parameter = parameter(0.0)
    reset: str = "at once"
