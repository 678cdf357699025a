r"""What a transform says of itself, so that any simulator can deliver it.

A transform takes the spikes of a step, an array of the shape of its source, to currents,

    I = A S + b

with a matrix A that follows from few weights, and a constant current b in every step. Axes are
positions first, features last: (position, feature) for words, (row, column, feature) for images.

Everything a simulator needs follows from A and b, which any transform can write out. Simulators
that know better (a convolution in PyTorch, shared weights in Brian 2) register a function for it.

One transform is not linear and remembers earlier steps, and has no A
(:mod:`networks.transforms.attention`); each simulator has to know it by name.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from scipy import sparse

from networks.described import Described, Shape


class Transform(Described, ABC):
    """Base of all kinds of transforms.

    Attributes
    ----------
    trained : tuple of str
        Fields that hold weights; one may be None.
    linear : bool
        Whether there is a matrix A.
    """

    trained: ClassVar[tuple[str, ...]] = ()
    linear: ClassVar[bool] = True

    @abstractmethod
    def shape(self, source: Shape) -> Shape:
        """Return the shape of the currents for a source of the given shape.

        Raises
        ------
        ValueError
            If the source does not fit.
        """

    def shapes(self, source: Shape) -> list[Shape]:
        """Return the shape of the source and of the currents; of a chain, those between too."""
        return [source, self.shape(source)]

    @abstractmethod
    def matrix(self, source: Shape) -> sparse.sparray:
        """Return A, in double precision.

        Parameters
        ----------
        source : tuple of int
            Shape of the source.

        Returns
        -------
        scipy.sparse.sparray, shape (currents, source neurons)
            An entry for every synapse, also where its weight is zero; neurons in C order. The
            format is whatever costs least to make.
        """

    def constant(self, source: Shape) -> np.ndarray | None:
        """Return b for a source of the given shape, None if there is none."""
        return None

    def fan_out(self, source: Shape) -> np.ndarray:
        """Count the synapses of each source neuron, in an array that broadcasts to ``source``."""
        return np.diff(self.matrix(source).tocsc().indptr).reshape(source)

    def reach(self, source: Shape, positions: int) -> int | None:
        """Tell how far along the first axis of the currents a part of the source reaches.

        Parameters
        ----------
        source : tuple of int
            Shape of the whole source.
        positions : int
            How many of its positions, from the first, are not silent for ever.

        Returns
        -------
        int or None
            Positions of the currents that are not zero for ever; None for all of them.
        """
        return None

    def cropped(self, source: Shape, positions: int, reached: int | None) -> Transform:
        """Return the same transform from the first positions of its source alone.

        Parameters
        ----------
        source, positions
            As of :meth:`reach`.
        reached : int or None
            Positions that the currents are to have, at least those that are reached; None for all.

        Returns
        -------
        Transform
            The other one.

        Raises
        ------
        NotImplementedError
            If this kind has no rule for it.
        """
        raise NotImplementedError(f"{type(self).__name__} has no rule to leave silence out")
