"""Convolutions over one or two axes."""

from __future__ import annotations

from typing import Any

import numpy as np
from brian2 import Quantity
from brian2.core.spikesource import SpikeSource
from brian2.groups.group import Group

from networks.brian.shared_weights.base import SharedWeightSynapses, check_groups
from networks.brian.shared_weights.geometry import (
    Axes,
    geometry,
    in_words,
    per_axis,
    whole_number,
)
from networks.brian.shared_weights.weights import as_weights


class ConvolutionalSynapses(SharedWeightSynapses):
    """A convolution from one group to another, with one kernel for all positions.

    In one dimension, source neurons are numbered ``position * features + feature`` and target
    neurons ``window * maps + map``. Window p covers ``width`` positions from ``p * stride -
    padding`` on, each ``dilation`` after the one before. Positions outside the source are silent,
    so a window may reach over either end of it. A dense layer is a convolution with a single
    position.

    In two dimensions the same is done along rows and columns: source neurons are numbered ``(row *
    columns + column) * features + feature``, and target neurons likewise.

    Parameters
    ----------
    source : brian2.NeuronGroup, brian2.PoissonGroup, a slice of one, or brian2.SpikeGeneratorGroup
        Who spikes.
    target : brian2.NeuronGroup or a slice of one
        Who receives. Variables that are ``(unless refractory)`` receive unless they are.
    kernel : array_like, shape (maps, width, features) or (maps, height, width, features)
        Weights with the unit of ``variable``: lists, NumPy arrays, quantities, PyTorch tensors and
        parameters, xarray's arrays. With ``groups`` the last axis are the features of one group.
    shape : int or (int, int), optional
        Positions of the source, in two dimensions (rows, columns). Needed in two dimensions; in one
        it follows from the size of the source.
    windows : int or (int, int), optional
        Windows along each axis. By default as many as the size of the target tells in one
        dimension, and as lie within the source and its padding in two.
    variable : str
        Variable of the target that weights are added to.
    stride : int or (int, int)
        Positions from one window to the next, one number for all axes or one for each.
    padding : int or (int, int)
        Silent positions before the first; in two dimensions also taken for those after the last,
        unless ``windows`` are given.
    dilation : int or (int, int)
        Positions from one weight of the kernel to the next.
    groups : int
        Parts that features and maps are divided into, as in :class:`torch.nn.Conv2d`: map m listens
        to the features of part ``m // (maps / groups)`` alone.
    delay : brian2.Quantity, optional
        From a spike to its effect, a whole multiple of the source's time step.
    when, order, name
        As of any Brian 2 object.

    Attributes
    ----------
    w : brian2.VariableView, shape (weights,)
        Weights in the order (offset, feature, map), or (row, column, feature, map), settable by
        value or by an expression of the variables of these names: ``synapses.w = "exp(-offset)"``.
        ``row``, ``column`` and ``offset`` are places within the kernel, and ``feature`` is counted
        within its group.
    kernel : numpy.ndarray or brian2.Quantity, of the shape of the kernel
        The same weights, with their unit, settable. Without it: ``kernel_``.
    windows : tuple of int
        Windows along each axis.
    events, delay, pending, t, dt, t_in_timesteps
        As of :class:`SharedWeightSynapses`.

    Raises
    ------
    ValueError
        If sizes do not fit, the groups have different time steps, or the delay is not a multiple
        of it.
    TypeError
        If the source does not spike, the target has no such variable, or weights are no numbers.
    brian2.DimensionMismatchError
        If weights do not have the unit of the variable.

    Examples
    --------
    >>> import brian2 as b2, numpy as np
    >>> from networks.brian import ConvolutionalSynapses
    >>> b2.prefs.codegen.target = "numpy"
    >>> source = b2.SpikeGeneratorGroup(8, [2, 3, 4], [0, 0, 0] * b2.ms)
    >>> target = b2.NeuronGroup(6, "v : 1")
    >>> kernel = np.array([[[-1.0], [2.0], [-1.0]]])  # maps, width, features
    >>> synapses = ConvolutionalSynapses(source, target, kernel)
    >>> b2.Network(source, target, synapses).run(1 * b2.ms)
    >>> target.v[:].tolist()
    [-1.0, 1.0, 0.0, 1.0, -1.0, 0.0]
    >>> int(synapses.events[:])  # weights that were added
    9
    """

    def __init__(
        self,
        source: SpikeSource,
        target: Group,
        kernel: Any,
        *,
        shape: Any = None,
        windows: Any = None,
        variable: str = "v",
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: Any = 1,
        delay: Quantity | None = None,
        when: str = "synapses",
        order: int = 0,
        name: str = "convolutionalsynapses*",
    ):
        check_groups(source, target, variable)
        kernel = as_weights(kernel)
        if np.ndim(kernel) not in (3, 4):
            raise ValueError(
                "a kernel has the shape (maps, width, features) or (maps, height, width, "
                f"features), not {np.shape(kernel)}"
            )
        if 0 in kernel.shape:
            raise ValueError(f"an axis of the kernel is empty, its shape is {kernel.shape}")
        maps, *width, features = self._shape = kernel.shape
        axes = len(width)
        groups = whole_number(groups, "groups", 1)
        if maps % groups:
            raise ValueError(f"{maps} maps cannot be divided into {groups} groups")
        stride = per_axis(stride, axes, "stride", 1)
        padding = per_axis(padding, axes, "padding", 0)
        dilation = per_axis(dilation, axes, "dilation", 1)
        positions = _positions(source, features * groups, shape, axes)
        if windows is None and axes == 2:
            self.windows = tuple(map(_inside, positions, width, stride, padding, dilation))
            if min(self.windows) < 1:
                raise ValueError(
                    f"the kernel covers {in_words(tuple(map(_extent, width, dilation)))} "
                    f"positions, more than the {in_words(positions)} of {source.name} with their "
                    "padding; give windows to have them reach over the end"
                )
        else:
            self.windows = _given(target, maps, windows, axes)
        if len(target) != int(np.prod(self.windows)) * maps:
            raise ValueError(
                f"{in_words(self.windows)} windows of {maps} maps are "
                f"{int(np.prod(self.windows)) * maps} neurons, and {target.name} has "
                f"{len(target)}; change its size, or give windows"
            )
        offsets = (
            {"offset": f"i // {maps * features}"}
            if axes == 1
            else {
                "row": f"i // {maps * features * width[1]}",
                "column": f"(i // {maps * features}) % {width[1]}",
            }
        )
        super().__init__(
            source,
            target,
            function="convolve",
            geometry=geometry(
                getattr(source, "start", 0),
                positions=positions,
                features=features * groups,
                width=tuple(width),
                maps=maps,
                groups=groups,
                stride=stride,
                padding=padding,
                dilation=dilation,
                windows=self.windows,
            ),
            w=_flat(kernel),
            names={"map": f"i % {maps}", "feature": f"(i // {maps}) % {features}", **offsets},
            variable=variable,
            delay=delay,
            when=when,
            order=order,
            name=name,
        )

    @property
    def kernel(self) -> np.ndarray | Quantity:
        """Weights with their unit, of the shape of the kernel."""
        return Quantity(self.kernel_, dim=self.variables["w"].dim)

    @kernel.setter
    def kernel(self, kernel: Any) -> None:
        self.w = self._reordered(kernel)

    @property
    def kernel_(self) -> np.ndarray:
        """Weights without unit, of the shape of the kernel."""
        maps, *rest = self._shape
        return np.moveaxis(np.asarray(self.w_[:]).reshape(*rest, maps), -1, 0)

    @kernel_.setter
    def kernel_(self, kernel: Any) -> None:
        self.w_ = self._reordered(kernel)

    def _reordered(self, kernel: Any) -> np.ndarray | Quantity:
        kernel = as_weights(kernel)
        if np.shape(kernel) != self._shape:
            raise ValueError(f"the kernel has the shape {self._shape}, not {np.shape(kernel)}")
        return _flat(kernel)


def _flat(kernel: np.ndarray | Quantity) -> np.ndarray | Quantity:
    """Put the maps last, so that the weights of a spike lie next to each other."""
    return kernel.transpose(*range(1, kernel.ndim), 0).flatten()


def _positions(source: SpikeSource, features: int, shape: Any, axes: int) -> Axes:
    """Find the positions of a source along each axis."""
    if shape is None:
        if axes == 2:
            raise ValueError(
                f"give the shape of {source.name} as shape=(rows, columns); its {len(source)} "
                "neurons could be any"
            )
        if len(source) % features:
            raise ValueError(
                f"{source.name} has {len(source)} neurons, no multiple of {features} features"
            )
        return (len(source) // features,)
    if axes == 2 and np.ndim(shape) != 1:
        raise ValueError(f"the shape of {source.name} is (rows, columns), not {shape!r}")
    positions = per_axis(shape, axes, "shape", 1)
    if int(np.prod(positions)) * features != len(source):
        raise ValueError(
            f"{in_words(positions)} positions of {features} features are "
            f"{int(np.prod(positions)) * features} neurons, and {source.name} has {len(source)}"
        )
    return positions


def _given(target: Group, maps: int, windows: Any, axes: int) -> Axes:
    """Take the windows that are asked for, in one dimension by the size of the target."""
    if windows is not None:
        return per_axis(windows, axes, "windows", 1)
    if len(target) % maps:
        raise ValueError(f"{target.name} has {len(target)} neurons, no multiple of {maps} maps")
    return (len(target) // maps,)


def _extent(width: int, dilation: int) -> int:
    """Count the positions from the first to the last of a window."""
    return dilation * (width - 1) + 1


def _inside(positions: int, width: int, stride: int, padding: int, dilation: int) -> int:
    """Count the windows that lie within positions with padding on both sides."""
    return (positions + 2 * padding - _extent(width, dilation)) // stride + 1
