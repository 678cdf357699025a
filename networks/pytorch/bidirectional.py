r"""Membranes of neurons that look both ways, step by step and all at once.

Step by step, a cell for each step n holds what its membrane has become: when step n comes, the
forward filter; with each later step m, what that adds to it.

    f[m] = forward f[m-1] + I[m],    U[m] = f[m],    U[n] = U[n] + backward^(m-n) I[m]  for n < m

This is the order in which a simulator adds, and so the reference. All at once, it is a product with
the matrix of these powers,

    U = K I,    K[n, m] = forward^(n-m) for m <= n,  backward^(m-n) for m > n

which costs steps^2 multiplications a neuron, few for a sentence, and is what training uses. Spikes
S = H(U - threshold) with the derivative s of a fast sigmoid have the adjoint

    dL/dU = dL/dS s(U - threshold),    dL/dI = K^T dL/dU,    dL/dK = dL/dU I^T

so the backward pass needs the currents alone: it computes the membranes again, which is cheaper
than to keep them for all layers of a deep network. They are kept without padding.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from networks.pytorch.packing import Packing


def step_both_ways(current: Tensor, forward: float | Tensor, backward: float | Tensor) -> Tensor:
    """Return the membranes, computed step by step.

    Parameters
    ----------
    current : Tensor, shape (steps, batch, ...)
        Current of every neuron in every step.
    forward, backward : float or Tensor
        Factors per step, of all neurons or of each.

    Returns
    -------
    Tensor, shape (steps, batch, ...)
        Membranes when the last step is over.
    """
    filtered = torch.zeros_like(current[0])
    power = held = current[:0]
    one = torch.ones_like(current[:1])
    for arrived in current:
        filtered = forward * filtered + arrived
        power = power * backward
        held = torch.cat([held + power * arrived, filtered[None]])
        power = torch.cat([power, one])
    return held


def both_ways(current: Tensor, forward: Tensor, backward: Tensor | None = None) -> Tensor:
    """Return the membranes, computed at once and differentiable.

    Parameters
    ----------
    current : Tensor, shape (steps, batch, ...)
        Current of every neuron in every step.
    forward : Tensor, shape ()
        Factor per step of all neurons on what came before.
    backward : Tensor, shape (), optional
        On what comes after; without it, that does not count.

    Returns
    -------
    Tensor, shape (steps, batch, ...)
        Membranes.
    """
    return _filtered(filters(len(current), forward, backward), current)


def filters(steps: int, forward: Tensor, backward: Tensor | None = None) -> Tensor:
    """Return the matrix of :func:`both_ways`, shape (steps, steps)."""
    if backward is None:
        return kernel(steps, forward, forward).tril()
    return kernel(steps, forward, backward)


class BothWays(torch.autograd.Function):
    """Currents of shape (words, neurons) to spikes, with only the currents kept."""

    @staticmethod
    def forward(
        ctx: Any,
        current: Tensor,
        packing: Packing,
        forward: Tensor,
        backward: Tensor | None,
        threshold: Tensor,
        slope: float,
    ) -> Tensor:
        """Filter and fire; ``backward`` is None for neurons that look one way."""
        ctx.save_for_backward(current, forward, backward, threshold)
        ctx.packing, ctx.slope = packing, slope
        membranes = both_ways(packing.pad(current), forward, backward)
        return packing.pack(membranes > threshold).to(current.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        """Compute the membranes again, and go back through them."""
        current, forward, backward, threshold = ctx.saved_tensors
        packing, padded = ctx.packing, ctx.packing.pad(current)
        decays = [d.detach().requires_grad_() for d in (forward, backward) if d is not None]
        with torch.enable_grad():
            powers = filters(len(padded), *decays)
        matrix = powers.detach()
        margin = packing.pack(_filtered(matrix, padded)).sub_(threshold)
        adjoint = margin.abs_().mul_(ctx.slope).add_(1).pow_(-2).mul_(grad)
        of_threshold = -adjoint.sum(0)
        adjoint = packing.pad(adjoint)
        products = adjoint.flatten(1) @ padded.flatten(1).T
        of_decays = torch.autograd.grad(powers, decays, products)
        one_way = (None,) if backward is None else ()
        of_current = packing.pack(_filtered(matrix.T, adjoint))
        return of_current, None, *of_decays, *one_way, of_threshold, None


def _filtered(matrix: Tensor, current: Tensor) -> Tensor:
    """Return one product for all sentences and neurons, of which steps are the first axis."""
    return (matrix @ current.flatten(1)).view_as(current)


def kernel(steps: int, forward: Tensor, backward: Tensor) -> Tensor:
    """Return the matrix K of powers, shape (steps, steps)."""
    step = torch.arange(steps, device=forward.device)
    apart = step[:, None] - step
    # The power of the other direction would be of a negative number of steps, and overflow.
    before = forward ** apart.clamp(min=0)
    after = backward ** (-apart).clamp(min=0)
    return torch.where(apart >= 0, before, after)
