"""The leaky integrate-and-fire neuron, and its surrogate gradient, over all steps at once.

Forward, from U[-1] = S[-1] = 0, for each step n:

    U[n] = decay * U[n-1] + I[n] - threshold * S[n-1],    S[n] = H(U[n] - threshold)

Backward, the Heaviside step H is given the derivative of a fast sigmoid (Zenke & Ganguli 2018),
and the reset carries no gradient (as in snnTorch), so the adjoint of U is itself a leaky scan, run
from the last step to the first:

    dL/dI[n] = dL/dS[n] * s(U[n] - threshold) + decay * dL/dI[n+1],    s(x) = 1 / (1 + slope |x|)^2

A pooling neuron counts P spikes where the mathematics averages them. Its surrogate is that of the
average: with ``scale`` = P, s is taken at (U - threshold) / P and divided by P.
"""

from __future__ import annotations

import snntorch
import torch
from snntorch import surrogate
from torch import Tensor, nn

SLOPE = 25.0


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(ctx, current, threshold, decay, slope, scale):
        membrane = current.clone()
        spikes = torch.empty_like(current)
        for n in range(len(current)):
            if n:
                membrane[n].add_(membrane[n - 1], alpha=decay)
                membrane[n].sub_(spikes[n - 1], alpha=threshold)
            torch.gt(membrane[n], threshold, out=spikes[n])
        ctx.save_for_backward(membrane)
        ctx.neuron = threshold, decay, slope, scale
        ctx.mark_non_differentiable(membrane)
        return spikes, membrane

    @staticmethod
    def backward(ctx, spikes_grad, _membrane_grad):
        (membrane,) = ctx.saved_tensors
        threshold, decay, slope, scale = ctx.neuron
        # In place on one buffer: these tensors hold all steps and dominate the memory traffic.
        derivative = membrane.sub(threshold).abs_().mul_(slope / scale).add_(1).pow_(-2)
        grad = derivative.mul_(spikes_grad)
        for n in range(len(grad) - 2, -1, -1):
            grad[n].add_(grad[n + 1], alpha=decay)
        return grad.div_(scale), None, None, None, None


class LIF(nn.Module):
    """A population of leaky integrate-and-fire neurons that takes all steps in one call.

    Parameters
    ----------
    threshold : float
        Membrane value above which a neuron fires.
    decay : float
        Factor on the membrane per step, in (0, 1].
    scale : float
        Unit of the membrane for the surrogate gradient; the window of a pooling layer.
    slope : float
        Steepness of the fast sigmoid.
    """

    def __init__(
        self, threshold: float = 1.0, decay: float = 1.0, scale: float = 1.0, slope: float = SLOPE
    ):
        super().__init__()
        self.threshold, self.decay, self.scale, self.slope = threshold, decay, scale, slope

    def forward(self, current: Tensor) -> tuple[Tensor, Tensor]:
        """Integrate and fire.

        Parameters
        ----------
        current : Tensor, shape (steps, ...)
            Input current of every neuron in every step.

        Returns
        -------
        spikes : Tensor, shape (steps, ...)
            1 where a neuron fires, else 0. Differentiable through the surrogate.
        membrane : Tensor, shape (steps, ...)
            U at the moment it is tested against the threshold.
        """
        return _Scan.apply(current, self.threshold, self.decay, self.slope, self.scale)


class SnnTorchLIF(LIF):
    """The same population stepped by :class:`snntorch.Leaky`, the reference for :class:`LIF`.

    Its gradient is that of ``scale`` = 1, since snnTorch has no unit of membrane. Its reset is
    computed in single precision, so only a threshold that is a float32 is reset exactly.
    """

    def forward(self, current: Tensor) -> tuple[Tensor, Tensor]:
        """Integrate and fire, one step at a time; see :meth:`LIF.forward`."""
        # Tensors, since Leaky would round plain numbers to single precision.
        leaky = snntorch.Leaky(
            beta=current.new_tensor(self.decay),
            threshold=current.new_tensor(self.threshold),
            spike_grad=surrogate.fast_sigmoid(self.slope),
            reset_mechanism="subtract",
        )
        membrane = torch.zeros_like(current[0])
        spikes, membranes = [], []
        for step in current:
            fired, membrane = leaky(step, membrane)
            spikes.append(fired)
            membranes.append(membrane)
        # The surrogate of snnTorch returns single precision whatever it is given.
        return torch.stack(spikes).to(current), torch.stack(membranes)
