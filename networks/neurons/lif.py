"""Leaky integrate-and-fire neurons with reset by subtraction, and those that do not leak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from networks.neurons.model import Neuron, Parameter, parameter


@dataclass(frozen=True, eq=False)
class IF(Neuron):
    """U[n] = U[n-1] + I[n] - threshold S[n-1],    S[n] = 1 if U[n] > threshold else 0.

    Attributes
    ----------
    threshold : float or numpy.ndarray
        Positive.
    inclusive : bool
        Whether a neuron fires at the threshold, too.
    reset : str
        When the threshold is subtracted, see :data:`networks.neurons.model.RESETS`. ``after leak``
        is the equation above, snnTorch's; without a leak and at a threshold above 0 all are alike.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Examples
    --------
    >>> from networks import IF
    >>> IF(threshold=2.0).decays  # of no variable
    {}
    """

    resets: ClassVar[tuple[str, ...]] = ("v = v - threshold",)

    threshold: Parameter = parameter(1.0, above=0)
    inclusive: bool = False
    reset: str = "after leak"


@dataclass(frozen=True, eq=False)
class LIF(Neuron):
    """U[n] = decay U[n-1] + I[n] - threshold S[n-1],    S[n] = 1 if U[n] > threshold else 0.

    The neuron of Lv, Xu & Zheng (2023, equations 2 to 4), and snnTorch's ``Leaky``. In continuous
    time the membrane is dU/dt = -U / tau, and a current of this step is added to it at once.

    Attributes
    ----------
    decay : float or numpy.ndarray
        Factor on the membrane per step, in (0, 1].
    threshold : float or numpy.ndarray
        Positive.
    inclusive : bool
        Whether a neuron fires at the threshold, too.
    reset : str
        When the threshold is subtracted, see :data:`networks.neurons.model.RESETS`; ``after leak``
        is the equation above.
    integration : {"exact", "euler"}
        How a simulator goes from tau to a step.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Examples
    --------
    >>> from networks import LIF
    >>> LIF(decay=0.9, threshold=[1.0, 2.0])  # a threshold for each of two neurons
    LIF(decay=0.9, threshold=<float64 (2,)>)
    """

    decays: ClassVar[Mapping[str, str]] = {"v": "decay"}
    resets: ClassVar[tuple[str, ...]] = ("v = v - threshold",)

    decay: Parameter = parameter(1.0, above=0, most=1)
    threshold: Parameter = parameter(1.0, above=0)
    inclusive: bool = False
    reset: str = "after leak"
    integration: str = "exact"
