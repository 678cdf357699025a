"""Every neuron of the source to every neuron of the target."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import ClassVar

import numpy as np
from scipy import sparse

from networks.described import Shape, locked
from networks.transforms.model import Transform


@dataclass(frozen=True, eq=False)
class Dense(Transform):
    """I[j] = bias[j] + sum over i of weight[j, i] S[i], over all neurons of the source in C order.

    Attributes
    ----------
    weight : numpy.ndarray, shape (neurons, inputs)
        One row per neuron.
    bias : numpy.ndarray, shape (neurons,), or None
        Constant current of each.

    Raises
    ------
    ValueError
        If shapes do not fit each other.

    Examples
    --------
    >>> import numpy as np
    >>> from networks import Dense
    >>> Dense(np.ones((20, 300))).shape((300,))
    (20,)
    """

    trained: ClassVar[tuple[str, ...]] = ("weight", "bias")

    weight: np.ndarray
    bias: np.ndarray | None = None

    def __post_init__(self) -> None:
        self._set("weight", locked(self.weight, "a weight"))
        if self.weight.ndim != 2:
            raise ValueError(f"weight has shape {self.weight.shape}, expected (neurons, inputs)")
        if self.bias is not None:
            self._set("bias", locked(self.bias, "a bias"))
            if self.bias.shape != self.weight.shape[:1]:
                raise ValueError(
                    f"bias has shape {self.bias.shape}, expected {self.weight.shape[:1]}"
                )

    def shape(self, source: Shape) -> Shape:
        """Return (neurons,)."""
        if prod(source) != self.weight.shape[1]:
            raise ValueError(
                f"weight has shape {self.weight.shape}, expected (neurons, {prod(source)})"
            )
        return self.weight.shape[:1]

    def matrix(self, source: Shape) -> sparse.sparray:
        """Return the weight, with all its entries."""
        neurons, inputs = self.weight.shape
        entries = self.weight.T.astype(np.float64).ravel()
        rows = np.tile(np.arange(neurons, dtype=np.int32), inputs)
        return sparse.csc_array(
            (entries, rows, np.arange(inputs + 1) * neurons), shape=self.weight.shape
        )

    def constant(self, source: Shape) -> np.ndarray | None:
        """Return the bias."""
        return None if self.bias is None else self.bias.astype(np.float64)

    def fan_out(self, source: Shape) -> np.ndarray:
        """Count the neurons of the target."""
        return np.array(len(self.weight))

    def cropped(self, source: Shape, positions: int, reached: int | None) -> Dense:
        """Return it without the weights of the positions that are left out."""
        weight = self.weight.reshape(len(self.weight), *source)[:, :positions]
        return replace(self, weight=weight.reshape(len(weight), -1))
