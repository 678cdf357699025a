r"""Attention without a softmax, made of spikes.

Of the queries, keys and values of a head, q[n], k[n] and v[n], binary vectors of its size,

    c[n] = q[n] M,    M = sum over steps m of k[m]^T v[m]        (all steps, or those up to n)
    I[n] = weight c[n] + bias                                   (neuron by neuron)

Since nothing lies between the two products, they may be taken in either order (Katharopoulos et al.
2020, *Transformers are RNNs*), and M is what a Hebbian synapse learns: a spike of key i that meets
one of value j adds 1 to M[i, j], and a spike of query i reads row i.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np
from scipy import sparse

from networks.described import Shape, locked, whole
from networks.transforms.model import Transform


@dataclass(frozen=True, eq=False)
class Attention(Transform):
    """What each query finds among keys and values; the sources are these three, of equal size.

    Attributes
    ----------
    weight : numpy.ndarray, shape (features,)
        Factor on each current.
    heads : int
        Parts that the features are divided into, each with keys of its own.
    causal : bool
        Whether a query meets what has been so far, its own step included, or all steps of the
        presentation.
    bias : numpy.ndarray, shape (features,), or None
        Constant current of each neuron.
    """

    trained: ClassVar[tuple[str, ...]] = ("weight", "bias")
    linear: ClassVar[bool] = False

    weight: np.ndarray
    heads: int = 1
    causal: bool = False
    bias: np.ndarray | None = None

    def __post_init__(self) -> None:
        self._set("weight", locked(self.weight, "a factor"))
        self._set("heads", whole(self.heads, "heads of an attention", 1))
        if not isinstance(self.causal, bool):
            raise ValueError(f"causal is True or False, not {self.causal!r}")
        if self.weight.ndim != 1 or len(self.weight) % self.heads:
            raise ValueError(
                f"factors of an attention have one axis, of a multiple of {self.heads} heads, not "
                f"the shape {self.weight.shape}"
            )
        if self.bias is not None:
            self._set("bias", locked(self.bias, "a bias"))
            if self.bias.shape != self.weight.shape:
                raise ValueError(f"bias has shape {self.bias.shape}, expected {self.weight.shape}")

    @property
    def features(self) -> int:
        """Neurons of the queries, of the keys, of the values and of the target."""
        return len(self.weight)

    @property
    def size(self) -> int:
        """Features of a head."""
        return self.features // self.heads

    def shape(self, source: Shape) -> Shape:
        """Return (features,)."""
        if prod(source) != 3 * self.features:
            raise ValueError(
                f"queries, keys and values are {3 * self.features} neurons, not {prod(source)}"
            )
        return (self.features,)

    def matrix(self, source: Shape) -> sparse.sparray:
        """Raise an error: the currents are products of spikes.

        Raises
        ------
        ValueError
            Always.
        """
        raise ValueError("attention multiplies spikes by spikes, so it has no matrix of weights")

    def constant(self, source: Shape) -> np.ndarray | None:
        """Return the bias."""
        return None if self.bias is None else self.bias.astype(np.float64)

    def events(self, spikes: np.ndarray) -> int:
        """Count synaptic events: of a key that meets a value, and of a query that reads.

        Parameters
        ----------
        spikes : numpy.ndarray of bool, shape (steps, 3 * features)
            Of queries, keys and values.

        Returns
        -------
        int
            Additions to M, and of its entries to the target.
        """
        parts = spikes.reshape(len(spikes), 3, self.heads, self.size).sum(axis=-1, dtype=np.int64)
        queries, keys, values = parts.transpose(1, 0, 2)
        return int((keys * values).sum() + queries.sum() * self.size)
