"""Leaky integrate-and-fire neurons whose threshold rises with each spike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from networks.neurons.model import Neuron, Parameter, parameter


@dataclass(frozen=True, eq=False)
class AdaptiveLIF(Neuron):
    """S[n] = 1 if U[n] > threshold + strength a[n], where a remembers the spikes.

        U[n] = decay U[n-1] + I[n] - threshold S[n-1]
        a[n] = adaptation_decay a[n-1] + S[n-1]

    The adaptive neuron of Bellec et al. (NeurIPS 2018, section 2) with reset by the threshold at
    rest. With the reset ``before leak`` a spike is itself decayed in the step that follows.

    Attributes
    ----------
    decay, adaptation_decay : float or numpy.ndarray
        Factors per step on the membrane and on the adaptation, in (0, 1].
    threshold : float or numpy.ndarray
        Positive.
    strength : float or numpy.ndarray
        How much a spike raises the threshold.
    inclusive : bool
        Whether a neuron fires at the threshold, too.
    reset : str
        When a spike is subtracted and remembered, see :data:`networks.neurons.model.RESETS`.
    integration : {"exact", "euler"}
        How a simulator goes from tau to a step.
    """

    variables: ClassVar[tuple[str, ...]] = ("v", "a")
    decays: ClassVar[Mapping[str, str]] = {"v": "decay", "a": "adaptation_decay"}
    level: ClassVar[str | None] = "threshold + strength * a"
    resets: ClassVar[tuple[str, ...]] = ("v = v - threshold", "a = a + 1")

    decay: Parameter = parameter(1.0, above=0, most=1)
    adaptation_decay: Parameter = parameter(1.0, above=0, most=1)
    threshold: Parameter = parameter(1.0, above=0)
    strength: Parameter = parameter(1.0)
    inclusive: bool = False
    reset: str = "after leak"
    integration: str = "exact"
