"""Parallel spiking neurons that look both ways: what comes later acts on earlier steps, too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from networks.neurons.model import Neuron, Parameter, parameter


@dataclass(frozen=True, eq=False)
class BPSN(Neuron):
    """The bidirectional parallel spiking neuron, after SNN-BERT (2024); it has no reset.

        f[n] = forward f[n-1] + I[n],    g[n] = backward g[n+1] + I[n]
        U[n] = f[n] + g[n] - I[n],       S[n] = 1 if U[n] > threshold else 0

    The membrane of a step is known when the presentation is over. Without a reset it is linear in
    the input, so all steps can be computed at once (Fang et al. 2023, *Parallel Spiking Neurons*),
    and both factors below 1 keep it from firing without end. Its causal form, ``U = f``, is
    :class:`~networks.neurons.unreset.UnresetLIF`.

    Attributes
    ----------
    forward, backward : float or numpy.ndarray
        Factors per step on what came before and on what comes after, in (0, 1].
    threshold : float or numpy.ndarray
        Positive.
    """

    variables: ClassVar[tuple[str, ...]] = ("v", "f", "current")
    decays: ClassVar[Mapping[str, str]] = {"f": "forward"}
    receives: ClassVar[str] = "current"
    hindsight: ClassVar[str | None] = "backward"

    forward: Parameter = parameter(0.5, above=0, most=1)
    backward: Parameter = parameter(0.5, above=0, most=1)
    threshold: Parameter = parameter(1.0, above=0)
