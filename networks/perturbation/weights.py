"""Weights that are not what was trained: mismatch, few bits, a limited range, few of them.

All act on the weights of each connection, on those of a convolution once for all its windows, as
they are held. Constant currents stay as they are.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from networks.description import Network
from networks.perturbation.model import Perturbation, synaptic_weights


@dataclass(frozen=True, eq=False)
class WeightPerturbation(Perturbation):
    """Base of those that look at the weights of one connection at a time."""

    def network(self, network: Network, rng: np.random.Generator) -> Network:
        """Return the network with other weights, in the precision that they had."""
        return network.with_weights(
            {
                name: self.weights(weight.astype(np.float64), rng).astype(weight.dtype)
                for name, weight in synaptic_weights(network).items()
            }
        )

    @abstractmethod
    def weights(self, weight: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return what becomes of the weights of a connection, with a row for each target."""


@dataclass(frozen=True, eq=False)
class Mismatch(WeightPerturbation):
    """w := w (1 + level z), with z normal, drawn for each weight."""

    name: ClassVar[str] = "mismatch"
    axis: ClassVar[str] = "relative s.d. of weights"

    def weights(self, weight: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return weights that missed."""
        return weight * (1 + self.level * rng.standard_normal(weight.shape))


@dataclass(frozen=True, eq=False)
class Range(WeightPerturbation):
    """``w := clip(w, -c, c),    c = level max |w|``."""

    name: ClassVar[str] = "range"
    axis: ClassVar[str] = "largest weight, of the original"
    least: ClassVar[float] = 1e-6
    most: ClassVar[float] = 1.0

    def weights(self, weight: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return clipped weights."""
        bound = self.level * np.abs(weight).max()
        return np.clip(weight, -bound, bound)


@dataclass(frozen=True, eq=False)
class FanIn(WeightPerturbation):
    """Each target keeps its ``level`` largest weights ``|w|``; the others become 0.

    Poolings, which count, have no weights and keep all their synapses.
    """

    name: ClassVar[str] = "fan-in"
    axis: ClassVar[str] = "weights of a neuron that are kept"
    least: ClassVar[float] = 1
    counts: ClassVar[bool] = True

    def weights(self, weight: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return weights with zeros."""
        rows = weight.reshape(len(weight), -1)
        if rows.shape[1] <= self.level:
            return weight
        order = np.argsort(-np.abs(rows), axis=1, kind="stable")
        kept = np.zeros(rows.shape, dtype=bool)
        np.put_along_axis(kept, order[:, : self.level], True, axis=1)
        return np.where(kept, rows, 0).reshape(weight.shape)


def quantised(weight: np.ndarray, bits: int) -> np.ndarray:
    """Round to multiples of s, ``s = m / (2^(bits-1) - 1), m = max |w|``, fewer than 2^(bits-1).

    They are 2^bits - 1, symmetric about 0. Rounding twice is rounding once, to the last bit: the
    largest keep the value m, which the scale is computed of.

    Parameters
    ----------
    weight : numpy.ndarray of float64
        What shares a scale.
    bits : int
        At least 2.

    Returns
    -------
    numpy.ndarray of float64, same shape
        The multiples.
    """
    largest, steps = np.abs(weight).max(), 2 ** (bits - 1) - 1
    if largest == 0:
        return weight
    scale = largest / steps
    multiples = np.rint(weight / scale)
    ends = np.abs(multiples) == steps
    return np.where(ends, np.sign(multiples) * largest, multiples * scale)


@dataclass(frozen=True, eq=False)
class Bits(WeightPerturbation):
    """Weights of ``level`` bits with a sign, symmetric, with one scale for each connection."""

    name: ClassVar[str] = "bits"
    axis: ClassVar[str] = "bits of a weight"
    least: ClassVar[float] = 2
    most: ClassVar[float] = 24
    counts: ClassVar[bool] = True

    def weights(self, weight: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return rounded weights."""
        return quantised(weight, int(self.level))


@dataclass(frozen=True, eq=False)
class BitsPerMap(Bits):
    """The same with a scale for each feature map of a convolution, or each target neuron."""

    name: ClassVar[str] = "bits-per-map"
    axis: ClassVar[str] = "bits of a weight, scaled per map"

    def weights(self, weight: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return rounded weights."""
        return np.stack([quantised(row, int(self.level)) for row in weight])
