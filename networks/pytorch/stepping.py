"""Any neuron model in PyTorch, step by step, from what the model says of itself.

The order of a step is that of :mod:`networks.neurons.model`. A spike is given the derivative of a
fast sigmoid of the margin between membrane and level (Zenke & Ganguli 2018), in units of ``scale``,

    S = H(v - level),    dS/dv = 1 / (1 + slope |v - level| / scale)^2 / scale

and resets carry no gradient through S, as in snnTorch.

Two things are written otherwise than the model has them, with the same value but for rounding. A
variable that leaks by a factor takes its input in the same operation, ``I + decay * v``, which many
processors round once. And a reset after the leak that only adds something to the variable, as the
subtraction of a threshold does, happens after the input. Both is what
:class:`networks.pytorch.lif.Scan` does, so the two agree to the last bit.
"""

from __future__ import annotations

import ast
from functools import cache
from types import CodeType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from networks.neurons import Neuron

SLOPE = 25.0
WITH_INPUT = "with input"
"""When a reset after the leak happens here if it makes no difference: before anything is driven."""

_NAMES = "abs ceil clip cos exp expm1 floor log log1p sign sin sqrt tan tanh"
_FUNCTIONS = {name: getattr(torch, name) for name in _NAMES.split()}


class FastSigmoid(torch.autograd.Function):
    """1 where the margin is positive, and 0 elsewhere, with the derivative of a fast sigmoid."""

    @staticmethod
    def forward(
        ctx: Any, margin: Tensor, inclusive: bool, slope: float, scale: float | Tensor
    ) -> Tensor:
        """Fire above the margin, if inclusive also at it."""
        ctx.save_for_backward(margin)
        ctx.unit = slope, scale
        return (margin >= 0 if inclusive else margin > 0).to(margin.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None]:
        """Multiply by the derivative."""
        (margin,) = ctx.saved_tensors
        slope, scale = ctx.unit
        derivative = margin.abs().mul_(slope / scale).add_(1).pow_(-2)
        return derivative.mul_(grad).div_(scale), None, None, None


class Stepper:
    """A population between two steps.

    Parameters
    ----------
    neuron : Neuron
        What the population consists of.
    like : Tensor, shape (batch, ...)
        A current, for its shape, type and device.
    scale : float
        Unit of the membrane for the surrogate gradient.
    slope : float
        Steepness of the fast sigmoid.
    """

    def __init__(self, neuron: Neuron, like: Tensor, scale: float = 1.0, slope: float = SLOPE):
        self._neuron, self._unit = neuron, (slope, scale)
        self._parameters = on_device(neuron, like)
        # One row for the whole batch: what no input reaches, such as noise, stays that.
        self._state = {variable: torch.zeros_like(like[:1]) for variable in neuron.variables}
        self._fired: Tensor | None = None
        self._leak = dict(neuron.leak)
        self._timing = getattr(neuron, "reset", None)
        if self._timing == "after leak" and all(
            _commutes(reset, neuron.receives) for reset in neuron.resets
        ):
            self._timing = WITH_INPUT
        self._factor = self._taken_with_input()

    def step(self, current: Tensor) -> tuple[Tensor, Tensor]:
        """Take the current of a step.

        Parameters
        ----------
        current : Tensor, shape (batch, ...)
            Of each neuron.

        Returns
        -------
        spikes, membrane : Tensor, shape (batch, ...)
            1 where a neuron fires, else 0, and ``v`` at the moment of the test.
        """
        self._reset_if("before leak")
        received, state = self._neuron.receives, self._state
        # All from the values before the leak, also where one refers to another.
        state.update({name: self._value(expression) for name, expression in self._leak.items()})
        self._reset_if("after leak")
        state[received] = _add(current, state[received], self._factor)
        self._reset_if(WITH_INPUT)
        for statement in self._neuron.drive:
            name, expression = _parts(statement)
            state[name] = self._value(expression)
        self._reset_if("after input")
        membrane = state["v"]
        spikes = self._test(membrane)
        self._reset_if("at once")
        return spikes, membrane

    def _taken_with_input(self) -> Any:
        """Return the factor that the input's variable leaks by, and forget its leak."""
        received = self._neuron.receives
        decay = self._neuron.decays.get(received)
        if decay is None or self._leak.get(received) != f"{decay} * {received}":
            return 1.0
        if self._timing == "after leak":
            return 1.0
        del self._leak[received]
        return self._parameters[decay]

    def _test(self, membrane: Tensor) -> Tensor:
        level = self._neuron.level
        if level is None:
            return torch.zeros_like(membrane)
        margin = membrane - self._value(level)
        inclusive = getattr(self._neuron, "inclusive", False)
        spikes: Tensor = FastSigmoid.apply(margin, inclusive, *self._unit)
        self._fired = spikes.detach().bool()
        return spikes

    def _reset_if(self, timing: str) -> None:
        """Reset the neurons that have fired, if this is the time for it."""
        if timing != self._timing or self._fired is None:
            return
        for statement in self._neuron.resets:
            name, expression = _parts(statement)
            before = self._state[name]
            after = torch.as_tensor(
                self._value(expression), dtype=before.dtype, device=before.device
            )
            self._state[name] = torch.where(self._fired, after, before)

    def _value(self, expression: str) -> Any:
        names = _FUNCTIONS | self._parameters | self._state
        return eval(_compiled(expression), {"__builtins__": {}}, names)


def on_device(neuron: Neuron, like: Tensor) -> dict[str, float | Tensor]:
    """Return the parameters of a neuron; those that differ between neurons as tensors."""
    return {
        name: torch.tensor(value, dtype=like.dtype, device=like.device)
        if isinstance(value, np.ndarray)
        else value
        for name, value in neuron.values.items()
    }


def step_through(
    neuron: Neuron, current: Tensor, scale: float = 1.0, slope: float = SLOPE
) -> tuple[Tensor, Tensor]:
    """Step a population through all currents; see :func:`networks.pytorch.neurons.scan`."""
    population = Stepper(neuron, current[0], scale, slope)
    spikes, membranes = zip(*map(population.step, current), strict=True)
    return torch.stack(spikes), torch.stack(membranes)


def _add(current: Tensor, state: Tensor, factor: float | Tensor) -> Tensor:
    if isinstance(factor, Tensor):
        return torch.addcmul(current, state, factor)
    return torch.add(current, state, alpha=factor)


@cache
def _compiled(expression: str) -> CodeType:
    return compile(expression.strip(), f"<{expression}>", "eval")


@cache
def _parts(statement: str) -> tuple[str, str]:
    """Return the variable and the expression of a statement."""
    variable, expression = statement.split("=", 1)
    return variable.strip(), expression


@cache
def _commutes(statement: str, received: str) -> bool:
    """Tell whether it makes no difference that the input arrives first."""
    variable, expression = _parts(statement)
    body = ast.parse(expression.strip(), mode="eval").body
    if variable == received:
        if not (isinstance(body, ast.BinOp) and isinstance(body.op, ast.Add | ast.Sub)):
            return False
        if not (isinstance(body.left, ast.Name) and body.left.id == received):
            return False
        body = body.right
    return received not in {node.id for node in ast.walk(body) if isinstance(node, ast.Name)}
