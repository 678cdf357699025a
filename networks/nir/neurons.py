r"""The neurons of NIR in steps of dt, under some conventions.

Euler's method makes of tau dv/dt = v_leak - v + R x

    v[n] = (1 - a) v[n-1] + a R x[n] + a v_leak,        a = dt / tau

and of an IF, dv/dt = R x, the same without a leak. So the weights onto a neuron are multiplied by
``gain`` = a R, and a v_leak is a constant current. A current-based neuron has its weights
multiplied by b w_in with b = dt / tau_syn, and a R is the gain of its synaptic current.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from networks.described import Shape
from networks.neurons import IF, LIF, Neuron
from networks.neurons.cuba import CubaLI, CubaLIF, ResetCubaLIF
from networks.neurons.integrator import LI
from networks.neurons.reset_to_value import ResetLIF
from networks.neurons.unreset import UnresetLIF
from networks.nir.container import GraphError, Node
from networks.nir.conventions import Conventions

Number = float | np.ndarray
ROUNDED = 1e-4
"""How far from 1 what stands for 1 may be, where R and tau are kept in single precision."""


@dataclass(frozen=True)
class Interpreted:
    """A neuron in steps.

    Attributes
    ----------
    neuron : Neuron
        Its model.
    gain : float or numpy.ndarray
        What weights onto it are multiplied by.
    current : float or numpy.ndarray
        Constant current that it has of its own.
    """

    neuron: Neuron
    gain: Number
    current: Number


class Reader:
    """The parameters of one node.

    Parameters
    ----------
    name : str
        Of the node, for errors.
    node : Node
        A neuron, or what is before a threshold.
    shape : tuple of int
        Of what it gives, channels first.
    conventions : Conventions
        What the file does not say.
    dt : float
        Time step in the unit of the file.
    hears_itself : bool
        Whether a path leads from it to itself, past no other neuron.
    threshold : Node or None
        A node of type Threshold that makes spikes of what this neuron gives.
    """

    def __init__(
        self,
        name: str,
        node: Node,
        shape: Shape,
        conventions: Conventions,
        dt: float,
        *,
        hears_itself: bool = False,
        threshold: Node | None = None,
    ):
        self.name, self.node, self.shape = name, node, shape
        self.conventions, self.dt, self.threshold = conventions, dt, threshold
        self._timing = conventions.recurrent_timing if hears_itself else conventions.timing

    def interpreted(self) -> Interpreted:
        """Return the neuron in steps.

        Raises
        ------
        GraphError
            If there is no such neuron.
        """
        try:
            return _MODELS[self.node.type](self)
        except GraphError:
            raise
        except ValueError as error:
            raise self.error(str(error)) from error

    def error(self, reason: str) -> GraphError:
        """Return an error that names the node."""
        return GraphError(f"node {self.name!r}, {self.node.type}: {reason}")

    def field(self, name: str, default: float | None = None) -> Number:
        """Return a parameter in our order of axes; one number where all are the same."""
        value = self.node.fields.get(name, default)
        if value is None:
            raise self.error(f"{name} is missing")
        return uniform(arranged(np.asarray(value, dtype=np.float64), self.shape))

    def rate(self, name: str) -> Number:
        """Return dt / tau; 0 for an infinite tau."""
        tau = np.asarray(self.field(name))
        if (tau <= 0).any():
            raise self.error(f"{name} is {tau.min():g}, and time constants are positive")
        if self.conventions.tau_unit == "time dt":
            tau = tau / self.dt
        rate = self.dt / tau
        if (rate >= 1).any():
            raise self.error(
                f"{name} is as short as {tau.min():g}, and has to be longer than the time step of "
                f"{self.dt:g}; choose a shorter one"
            )
        return uniform(rate)

    def gain(self, resistance: str, rate: Number, *, plain: bool) -> Number:
        """Return R dt / tau, or 1 where that is what a library means by it."""
        factor = self.field(resistance, 1.0)
        with np.errstate(invalid="ignore"):
            product = np.asarray(factor * np.asarray(rate))
        # snnTorch writes R = tau / dt = infinity for neurons that do not leak.
        endless = np.isinf(factor)
        if plain and (endless | (np.abs(product - 1) < ROUNDED)).all():
            return 1.0
        if endless.any():
            raise self.error(f"{resistance} is infinite")
        return uniform(product)

    def firing(self) -> dict[str, Any]:
        """Return what is to be said of threshold and reset."""
        common = {"threshold": self.field("v_threshold"), "inclusive": self.conventions.inclusive}
        if self.conventions.reset == "value":
            common["reset_value"] = self.field("v_reset", 0.0)
        return common | {"reset": self._timing}

    def leaky(self, rate: Number, gain: Number, current: Number) -> Interpreted:
        """Return a neuron with a membrane alone."""
        decay = 1 - rate
        if self.node.type in ("I", "LI"):
            if self.threshold is None:
                return Interpreted(LI(decay, integration="euler"), gain, current)
            level = np.asarray(self.threshold.fields["threshold"], dtype=np.float64)
            unreset = UnresetLIF(
                decay,
                uniform(arranged(level, self.shape)),
                inclusive=self.conventions.inclusive,
                integration="euler",
            )
            return Interpreted(unreset, gain, current)
        firing = self.firing()
        if "reset_value" in firing:
            neuron: Neuron = ResetLIF(decay, integration="euler", **firing)
        elif self.node.type == "IF":
            neuron = IF(**firing)
        else:
            neuron = LIF(decay, integration="euler", **firing)
        return Interpreted(neuron, gain, current)


def _integrator(read: Reader) -> Interpreted:
    plain = read.conventions.plain_input
    return read.leaky(0.0, read.gain("r", read.dt, plain=plain), 0.0)


def _leaky(read: Reader) -> Interpreted:
    rate = read.rate("tau")
    gain = read.gain("r", rate, plain=read.conventions.plain_input)
    return read.leaky(rate, gain, rate * read.field("v_leak"))


def _current_based(read: Reader) -> Interpreted:
    conventions, rate, synaptic = read.conventions, read.rate("tau_mem"), read.rate("tau_syn")
    if np.any(np.asarray(rate) * np.asarray(read.field("v_leak")) != 0):
        raise read.error("v_leak of a current-based neuron other than 0 is not supported")
    values: dict[str, Any] = {
        "synaptic_decay": 1 - synaptic,
        "decay": 1 - rate,
        "gain": read.gain("r", rate, plain=conventions.plain_input),
        "integration": "euler",
    }
    per_step = synaptic if conventions.w_in_of == "time" else 1.0
    gain = read.gain("w_in", per_step, plain=conventions.plain_input)
    spiking = read.node.type == "CubaLIF"
    if read.threshold is not None:
        raise read.error("a Threshold behind a synaptic current is not supported")
    firing = read.firing() if spiking else {}
    kind = (ResetCubaLIF if "reset_value" in firing else CubaLIF) if spiking else CubaLI
    return Interpreted(kind(**values, **firing), gain, 0.0)


_MODELS = {
    "I": _integrator,
    "IF": _integrator,
    "LI": _leaky,
    "LIF": _leaky,
    "CubaLI": _current_based,
    "CubaLIF": _current_based,
}


def arranged(values: np.ndarray, shape: Shape) -> np.ndarray:
    """Return numbers of a shape with channels first in our order, with features last.

    Parameters
    ----------
    values : numpy.ndarray
        One number, or an array of that shape.
    shape : tuple of int
        Channels first.

    Returns
    -------
    numpy.ndarray
        Of no axis, or of the shape with the first axis behind all others.
    """
    if values.size == 1:
        return values.reshape(())
    return np.moveaxis(values.reshape(shape), 0, -1)


def uniform(values: np.ndarray | float) -> Number:
    """Return one number where all are the same."""
    values = np.asarray(values, dtype=np.float64)
    first = values.flat[0]
    return float(first) if (values == first).all() else values
