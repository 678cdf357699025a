"""Some neurons of a source, as if they were all."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np
from scipy import sparse

from networks.described import Shape, whole
from networks.transforms.model import Transform


@dataclass(frozen=True, eq=False)
class Part(Transform):
    """I[j] = S[first + j]: neurons in a row, given positions and features of their own.

    Attributes
    ----------
    first : int
        The first of them, in C order.
    size : tuple of int
        What shape they have together.
    """

    first: int
    size: Shape

    def __post_init__(self) -> None:
        self._set("first", whole(self.first, "the first neuron of a part", 0))
        self._set("size", tuple(whole(n, "the size of a part", 1) for n in self.size))

    def shape(self, source: Shape) -> Shape:
        """Return the shape of the part."""
        if self.first + prod(self.size) > prod(source):
            raise ValueError(
                f"the source has {prod(source)} neurons, and a part of it the numbers "
                f"{self.first} to {self.first + prod(self.size) - 1}"
            )
        return self.size

    def matrix(self, source: Shape) -> sparse.sparray:
        """Return a row of the identity for each neuron of the part."""
        neurons = np.arange(prod(self.size))
        entries = (np.ones(len(neurons)), (neurons, self.first + neurons))
        return sparse.coo_array(entries, shape=(len(neurons), prod(source))).tocsc()
