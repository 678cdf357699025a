"""One-dimensional convolution over words, as a matrix product over all windows.

    y[p, m] = sum over k, d of weight[m, k, d] * x[p + k, d]

Laying the windows out costs memory, but the backward pass of the product is several times as fast
on a CPU as that of ``torch.nn.functional.conv1d``, and so is the whole for long batches.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


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
    maps, width, features = weight.shape
    padded = functional.pad(sequences, (0, 0, 0, padding))
    windows = padded.unfold(-2, width, 1).transpose(-1, -2)
    flat = windows.reshape(-1, width * features) @ weight.reshape(maps, -1).T
    return flat.reshape(*windows.shape[:-2], maps)


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
