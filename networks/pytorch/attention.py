"""What attention of spikes finds, of all steps at once (:mod:`networks.transforms.attention`)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from networks.transforms import Attention


def attend(transform: Attention, weights: Mapping[str, Tensor], trains: Tensor) -> Tensor:
    """Return the currents of a presentation.

    Parameters
    ----------
    transform : Attention
        The heads, and what a query meets.
    weights : mapping of str to Tensor
        Its ``weight``, and its ``bias`` if there is one.
    trains : Tensor, shape (steps, batch, 3 * features)
        Spikes of queries, keys and values.

    Returns
    -------
    Tensor, shape (steps, batch, features)
        The currents.
    """
    queries, keys, values = trains.unflatten(-1, (3, transform.heads, transform.size)).unbind(2)
    found = associate(queries, keys, values, causal=transform.causal).flatten(-2)
    currents = weights["weight"] * found
    return currents + weights["bias"] if "bias" in weights else currents


def associate(queries: Tensor, keys: Tensor, values: Tensor, *, causal: bool) -> Tensor:
    """Sum the values of all steps, or of those up to a query's, by how many keys it meets there.

    Parameters
    ----------
    queries, keys, values : Tensor, shape (steps, batch, heads, size)
        Spikes. What is not to be met has neither keys nor values.
    causal : bool
        Whether later steps do not count.

    Returns
    -------
    Tensor, shape (steps, batch, heads, size)
        Whole numbers of spikes, c of :class:`~networks.transforms.Attention`.
    """
    if not causal:
        memory = torch.einsum("mbhi,mbhj->bhij", keys, values)
        return torch.einsum("nbhi,bhij->nbhj", queries, memory)
    met = torch.einsum("nbhi,mbhi->bhnm", queries, keys).tril()
    return torch.einsum("bhnm,mbhj->nbhj", met, values)
