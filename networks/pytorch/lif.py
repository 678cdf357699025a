"""Leaky integrate-and-fire neurons over all steps at once, with their surrogate gradient.

Forward, from U[-1] = S[-1] = 0, for each step n:

    U[n] = decay * U[n-1] + I[n] - threshold * S[n-1],    S[n] = H(U[n] - threshold)

Backward, the Heaviside step H is given the derivative of a fast sigmoid (Zenke & Ganguli 2018),
and the reset carries no gradient (as in snnTorch), so the adjoint of U is itself a leaky scan, run
from the last step to the first:

    dL/dI[n] = dL/dS[n] * s(U[n] - threshold) + dL/dU[n] + decay * dL/dI[n+1]
    s(x)     = 1 / (1 + slope |x|)^2

A pooling neuron counts P spikes where the mathematics averages them. Its surrogate is that of the
average: with ``scale`` = P, s is taken at (U - threshold) / P and divided by P.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class Scan(torch.autograd.Function):
    """Currents of shape (steps, ...) to spikes and membranes of the same shape."""

    @staticmethod
    def forward(
        ctx: Any, current: Tensor, threshold: float, decay: float, slope: float, scale: float
    ) -> tuple[Tensor, Tensor]:
        """Integrate and fire; all parameters are numbers."""
        membrane = current.clone()
        spikes = torch.empty_like(current)
        for n in range(len(current)):
            if n:
                membrane[n].add_(membrane[n - 1], alpha=decay)
                membrane[n].sub_(spikes[n - 1], alpha=threshold)
            torch.gt(membrane[n], threshold, out=spikes[n])
        ctx.save_for_backward(membrane)
        ctx.neuron = threshold, decay, slope, scale
        # Most losses do not look at membranes, and zeros for all steps would have to be added up.
        ctx.set_materialize_grads(False)
        return spikes, membrane

    @staticmethod
    def backward(
        ctx: Any, spikes_grad: Tensor | None, membrane_grad: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        """Run the adjoint from the last step to the first."""
        (membrane,) = ctx.saved_tensors
        threshold, decay, slope, scale = ctx.neuron
        if spikes_grad is None and membrane_grad is None:
            return (None,) * 5
        # In place on one buffer: these tensors hold all steps and dominate the memory traffic.
        if spikes_grad is None:
            grad = torch.zeros_like(membrane)
        else:
            derivative = membrane.sub(threshold).abs_().mul_(slope / scale).add_(1).pow_(-2)
            grad = derivative.mul_(spikes_grad)
        if membrane_grad is not None:
            grad.add_(membrane_grad, alpha=scale)
        for n in range(len(grad) - 2, -1, -1):
            grad[n].add_(grad[n + 1], alpha=decay)
        return grad.div_(scale), None, None, None, None
