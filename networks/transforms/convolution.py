"""The same kernel at every position, along one axis or two."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from scipy import sparse

from networks.described import One, Shape, locked, whole
from networks.transforms.model import Transform
from networks.transforms.windows import (
    Axis,
    Padding,
    check_positions,
    counts,
    padding_per_axis,
    per_axis,
)


@dataclass(frozen=True, eq=False)
class Convolution(Transform):
    r"""I[p, m] = bias[m] + sum over k, d of weight[m, k, d] S[p stride - before + k dilation, d].

    Along two axes p and k are pairs. Padding is silent. With several groups, features and maps are
    divided evenly, and a map listens to the features of its own group.

    Attributes
    ----------
    weight : numpy.ndarray, shape (maps, width, features) or (maps, height, width, features)
        Kernel; with groups, the features of one group.
    bias : numpy.ndarray, shape (maps,), or None
        Constant current of all neurons of a map.
    stride, dilation : int or tuple of int
        For all axes, or one for each.
    padding : int or tuple
        Silent positions: for all ends, for each axis, or for each axis (before, after).
    groups : int
        Groups of features.

    Raises
    ------
    ValueError
        If shapes do not fit each other.

    Examples
    --------
    >>> import numpy as np
    >>> from networks import Convolution
    >>> kernel = Convolution(np.ones((100, 3, 300)))  # maps, words, features
    >>> kernel.shape((39, 300))
    (37, 100)
    """

    trained: ClassVar[tuple[str, ...]] = ("weight", "bias")

    weight: np.ndarray
    bias: np.ndarray | None = None
    stride: tuple[int, ...] | One = 1
    padding: Padding | One = 0
    dilation: tuple[int, ...] | One = 1
    groups: int = 1

    def __post_init__(self) -> None:
        self._set("weight", locked(self.weight, "a weight"))
        if self.weight.ndim not in (3, 4):
            raise ValueError(
                f"weight has shape {self.weight.shape}, expected (maps, width, features) or "
                "(maps, height, width, features)"
            )
        self._set("groups", whole(self.groups, "groups", 1))
        if self.maps % self.groups:
            raise ValueError(f"{self.maps} maps cannot be divided into {self.groups} groups")
        if self.bias is not None:
            self._set("bias", locked(self.bias, "a bias"))
            if self.bias.shape != (self.maps,):
                raise ValueError(f"bias has shape {self.bias.shape}, expected ({self.maps},)")
        self._set("stride", per_axis(self.stride, self.axes, "stride", 1))
        self._set("dilation", per_axis(self.dilation, self.axes, "dilation", 1))
        self._set("padding", padding_per_axis(self.padding, self.axes))

    @property
    def axes(self) -> int:
        """Along how many axes the kernel slides, 1 or 2."""
        return self.weight.ndim - 2

    @property
    def maps(self) -> int:
        """Number of feature maps."""
        return len(self.weight)

    @property
    def width(self) -> tuple[int, ...]:
        """Positions under a window, along each axis."""
        return self.weight.shape[1:-1]

    @property
    def windows(self) -> tuple[Axis, ...]:
        """Windows along each axis."""
        return tuple(
            Axis(width, stride, before, after, dilation)
            for width, stride, (before, after), dilation in zip(
                self.width, self.stride, self.padding, self.dilation, strict=True
            )
        )

    def shape(self, source: Shape) -> Shape:
        r"""Return (\*windows, maps)."""
        check_positions(source, self.axes, "a convolution")
        features = self.weight.shape[-1] * self.groups
        if source[-1] != features:
            raise ValueError(
                f"weight has shape {self.weight.shape} for {self.groups} groups, which takes "
                f"{features} features, and the source has {source[-1]}"
            )
        return (*counts(self.windows, source, "a convolution"), self.maps)

    def matrix(self, source: Shape) -> sparse.sparray:
        """Return the kernel, unrolled."""
        target = self.shape(source)
        features = self.weight.shape[-1]
        # Along axes that both alternate: window, offset under it, ...; then feature and map.
        place, window = np.zeros((), dtype=np.int32), np.zeros((), dtype=np.int32)
        inside = np.ones((), dtype=bool)
        for axis, size in zip(self.windows, source, strict=False):
            places = axis.places(size)
            place = place[..., None, None] * size + places
            inside = inside[..., None, None] & (places >= 0)
            window = window[..., None, None] * len(places) + np.arange(len(places))[:, None]
        offset = np.arange(np.prod(self.width)).reshape(self.width)
        offset = offset[(None, slice(None)) * self.axes]
        # The synapses of a neuron are beside each other, which simulators go through one by one.
        maps = np.arange(self.maps)
        group = maps // (self.maps // self.groups)
        feature = np.arange(features)[:, None]
        i = place[..., None, None] * source[-1] + group * features + feature
        j = np.broadcast_to(window[..., None, None] * self.maps + maps, i.shape)
        kernel = self.weight.reshape(self.maps, -1, features).astype(np.float64)
        entries = np.broadcast_to(kernel.transpose(1, 2, 0)[offset], i.shape)
        kept = np.broadcast_to(inside[..., None, None], i.shape)
        synapses = (entries[kept], (j[kept], i[kept]))
        return sparse.coo_array(synapses, shape=(int(np.prod(target)), int(np.prod(source))))

    def constant(self, source: Shape) -> np.ndarray | None:
        """Return the bias at every window."""
        if self.bias is None:
            return None
        return np.broadcast_to(self.bias.astype(np.float64), self.shape(source))

    def fan_out(self, source: Shape) -> np.ndarray:
        """Count the windows over each position, times the maps of a group."""
        counted = np.array(self.maps // self.groups)
        for axis, size in zip(self.windows, source, strict=False):
            counted = counted[..., None] * axis.covering(size)
        return counted[..., None]

    def reach(self, source: Shape, positions: int) -> int | None:
        """Count the windows along the first axis that cover one of the first positions."""
        return None if self.bias is not None else self.windows[0].reach(source[0], positions)

    def cropped(self, source: Shape, positions: int, reached: int | None) -> Convolution:
        """Return it with as much padding behind the source as is left out."""
        axis = self.windows[0].cropped(source[0], positions, reached)
        return replace(self, padding=((axis.before, axis.after), *self.padding[1:]))
