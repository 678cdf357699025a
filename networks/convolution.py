"""One-dimensional convolution over words: project every word, then add what falls together.

    z[q, k, m] = sum over d of weight[m, k, d] * x[q, d]
    y[p, m]    = sum over k of z[p + k, k, m]

The first line is one matrix product over all words, in all steps of all sentences. It reads each
word once, where laying out the windows would copy it ``width`` times, and the shifted sums of the
second line are cheap beside it. Both are done in blocks that stay in the cache, forward and back.
"""

from __future__ import annotations

import torch
from torch import Tensor

ROWS = 2048
"""Words of a block."""


class _Convolve(torch.autograd.Function):
    @staticmethod
    def forward(ctx, sequences, weight, padding):
        maps, width, features = weight.shape
        count, words, _ = sequences.shape
        kernel = weight.permute(2, 1, 0).reshape(features, width * maps)
        windows = words + padding - width + 1
        result = sequences.new_zeros(count, windows, maps)
        for part in _blocks(count, words):
            block = result[part]
            projected = sequences[part].reshape(-1, features) @ kernel
            projected = projected.view(len(block), words, width, maps)
            for offset in range(min(width, words)):
                last = min(windows, words - offset)
                block[:, :last] += projected[:, offset : offset + last, offset]
        ctx.save_for_backward(sequences, weight)
        return result

    @staticmethod
    def backward(ctx, grad):
        sequences, weight = ctx.saved_tensors
        maps, width, features = weight.shape
        count, words, _ = sequences.shape
        windows = grad.shape[1]
        kernel = weight.permute(1, 0, 2).reshape(width * maps, features)
        grad_kernel = torch.zeros_like(kernel)
        grad_sequences = torch.empty_like(sequences) if ctx.needs_input_grad[0] else None
        for part in _blocks(count, words):
            block = sequences[part]
            projected = grad.new_zeros(len(block), words, width, maps)
            for offset in range(min(width, words)):
                last = min(windows, words - offset)
                projected[:, offset : offset + last, offset] = grad[part, :last]
            projected = projected.view(-1, width * maps)
            grad_kernel.addmm_(projected.T, block.reshape(-1, features))
            if grad_sequences is not None:
                grad_sequences[part] = (projected @ kernel).view_as(block)
        grad_weight = grad_kernel.view(width, maps, features).permute(1, 0, 2)
        return grad_sequences, grad_weight, None


def _blocks(count: int, words: int) -> list[slice]:
    size = max(ROWS // words, 1)
    return [slice(start, start + size) for start in range(0, count, size)]


def convolve(sequences: Tensor, weight: Tensor, padding: int) -> Tensor:
    """Convolve sequences with a kernel.

    Parameters
    ----------
    sequences : Tensor, shape (..., words, features)
        The sequences.
    weight : Tensor, shape (maps, width, features)
        The kernel.
    padding : int
        Zero vectors put behind each sequence; ``words + padding`` is at least ``width``.

    Returns
    -------
    Tensor, shape (..., words + padding - width + 1, maps)
        One value per window and map.
    """
    result = _Convolve.apply(sequences.flatten(0, -3), weight, padding)
    return result.unflatten(0, sequences.shape[:-2])


@torch.no_grad()
def centre(weight: Tensor) -> None:
    """Take the mean over the features of each word out of a kernel, in place.

    Inputs that are rates lie around one half, so all words share a large common mode, and without
    a bias a filter that is free to will mostly answer to it: a step of the optimiser adds up over
    a thousand inputs, training stays at chance for epochs, and filters die. With zero mean, a word
    whose rates are all one half moves a filter no more than a silent one does.

    Parameters
    ----------
    weight : Tensor, shape (maps, width, features)
        The kernel.
    """
    weight -= weight.mean(dim=2, keepdim=True)
