"""What a population does with its currents, all steps in one call.

Every model says enough of itself to be stepped (:mod:`networks.pytorch.stepping`). Where the most
common neurons are as simple as they usually are, the scan of :mod:`networks.pytorch.lif` does the
same with half the memory traffic. A model with something faster registers it here.
"""

from __future__ import annotations

from functools import singledispatch

from torch import Tensor

from networks.neurons import IF, LIF, Neuron
from networks.neurons.bpsn import BPSN
from networks.pytorch.bidirectional import step_both_ways
from networks.pytorch.lif import Scan
from networks.pytorch.stepping import SLOPE, FastSigmoid, on_device, step_through


@singledispatch
def scan(
    neuron: Neuron, current: Tensor, scale: float = 1.0, slope: float = SLOPE
) -> tuple[Tensor, Tensor]:
    """Run a population that does not hear itself.

    Parameters
    ----------
    neuron : Neuron
        What the population consists of.
    current : Tensor, shape (steps, batch, ...)
        Current of every neuron in every step.
    scale : float
        Unit of the membrane for the surrogate gradient; the window of a population that counts
        spikes.
    slope : float
        Steepness of the fast sigmoid that the gradient is taken of.

    Returns
    -------
    spikes : Tensor, shape (steps, batch, ...)
        1 where a neuron fires, else 0. Differentiable through the surrogate.
    membrane : Tensor, shape (steps, batch, ...)
        ``v`` at the moment it is tested against the threshold.

    Raises
    ------
    TypeError
        If it is no neuron model.
    """
    raise TypeError(
        f"{type(neuron).__name__} is no neuron model: derive it from networks.neurons.Neuron, in a "
        "module of networks/neurons"
    )


scan.register(Neuron, step_through)


@scan.register(LIF)
@scan.register(IF)
def _(
    neuron: LIF | IF, current: Tensor, scale: float = 1.0, slope: float = SLOPE
) -> tuple[Tensor, Tensor]:
    if is_plain(neuron):
        decay = getattr(neuron, "decay", 1.0)
        spikes, membrane = Scan.apply(current, neuron.threshold, decay, slope, scale)
        return spikes, membrane
    return step_through(neuron, current, scale, slope)


@scan.register
def _(
    neuron: BPSN, current: Tensor, scale: float = 1.0, slope: float = SLOPE
) -> tuple[Tensor, Tensor]:
    values = on_device(neuron, current)
    membrane = step_both_ways(current, values["forward"], values["backward"])
    return FastSigmoid.apply(membrane - values["threshold"], False, slope, scale), membrane


def is_plain(neuron: Neuron) -> bool:
    """Tell whether a neuron is an LIF or IF as it is by default, with any two numbers."""
    # A class derived from these two may have changed any of its equations.
    return (
        isinstance(neuron, LIF | IF)
        and type(neuron) in (LIF, IF)
        and neuron.reset == "after leak"
        and not neuron.inclusive
        and all(isinstance(value, float) for value in neuron.values.values())
    )
