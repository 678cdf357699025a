"""Sums over windows, map by map."""

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


class PoolingSynapses(SharedWeightSynapses):
    """Sums over windows, map by map, with a single weight, along one or two axes.

    Neurons are numbered as those of :class:`ConvolutionalSynapses`, and source and target have the
    same maps. Window p covers ``window`` positions from ``p * stride`` on, all of them in the
    source; windows overlap if ``stride`` is smaller, and leave gaps if it is larger.

    Parameters
    ----------
    source, target, variable, delay, when, order, name
        As of :class:`ConvolutionalSynapses`.
    maps : int
        Feature maps; sizes of source and target are multiples of it.
    window : int or (int, int), optional
        Positions of a window, one number for all axes or one for each; by default all positions,
        one window.
    stride : int or (int, int), optional
        Positions from one window to the next, by default as many as a window has.
    shape : (int, int), optional
        Rows and columns of the source; without it, positions are one-dimensional.
    w : float or brian2.Quantity
        What a spike adds.

    Attributes
    ----------
    w : brian2.VariableView, shape (1,)
        What a spike adds.
    windows : tuple of int
        Windows along each axis.
    events, delay, pending, t, dt, t_in_timesteps
        As of :class:`SharedWeightSynapses`.

    Raises
    ------
    ValueError
        If sizes do not fit, there are several weights, the groups have different time steps, or
        the delay is not a multiple of it.
    TypeError
        If the source does not spike, the target has no such variable, or the weight is no number.
    brian2.DimensionMismatchError
        If the weight does not have the unit of the variable.

    Examples
    --------
    >>> import brian2 as b2
    >>> from networks.brian import PoolingSynapses
    >>> b2.prefs.codegen.target = "numpy"
    >>> source = b2.SpikeGeneratorGroup(8, [2, 3, 4], [0, 0, 0] * b2.ms)
    >>> target = b2.NeuronGroup(4, "v : 1")
    >>> synapses = PoolingSynapses(source, target, maps=1, window=2)
    >>> b2.Network(source, target, synapses).run(1 * b2.ms)
    >>> target.v[:].tolist()
    [0.0, 2.0, 1.0, 0.0]
    """

    def __init__(
        self,
        source: SpikeSource,
        target: Group,
        *,
        maps: Any,
        window: Any = None,
        stride: Any = None,
        shape: Any = None,
        w: Any = 1.0,
        variable: str = "v",
        delay: Quantity | None = None,
        when: str = "synapses",
        order: int = 0,
        name: str = "poolingsynapses*",
    ):
        check_groups(source, target, variable)
        maps = whole_number(maps, "maps", 1)
        if len(source) % maps or len(target) % maps:
            raise ValueError(
                f"{source.name} has {len(source)} neurons and {target.name} {len(target)}; both "
                f"must be multiples of {maps} maps"
            )
        w = as_weights(w)
        if np.size(w) != 1:
            raise ValueError(f"pooling has a single weight, not {np.size(w)}")
        positions = _positions(source, maps, shape)
        axes = len(positions)
        width = positions if window is None else per_axis(window, axes, "window", 1)
        stride = width if stride is None else per_axis(stride, axes, "stride", 1)
        if any(map(int.__gt__, width, positions)):
            raise ValueError(
                f"a window of {in_words(width)} positions does not fit into the "
                f"{in_words(positions)} of {source.name}"
            )
        self.windows = tuple(
            (all_ - one) // step + 1
            for all_, one, step in zip(positions, width, stride, strict=True)
        )
        if len(target) != int(np.prod(self.windows)) * maps:
            raise ValueError(
                f"{in_words(self.windows)} windows lie within the {in_words(positions)} positions "
                f"of {source.name}; with {maps} maps they are "
                f"{int(np.prod(self.windows)) * maps} neurons, and {target.name} has {len(target)}"
            )
        super().__init__(
            source,
            target,
            function="pool",
            geometry=geometry(
                getattr(source, "start", 0),
                positions=positions,
                features=maps,
                width=width,
                maps=maps,
                stride=stride,
                padding=(0,) * axes,
                dilation=(1,) * axes,
                windows=self.windows,
            ),
            w=np.reshape(w, 1),
            names={},
            variable=variable,
            delay=delay,
            when=when,
            order=order,
            name=name,
        )


def _positions(source: SpikeSource, maps: int, shape: Any) -> Axes:
    """Find the positions of a source, along as many axes as its shape has."""
    number = len(source) // maps
    if shape is None:
        return (number,)
    positions = per_axis(shape, np.size(shape), "shape", 1)
    if len(positions) not in (1, 2) or int(np.prod(positions)) != number:
        raise ValueError(
            f"{source.name} has {number} positions of {maps} maps, and not the shape {shape!r}"
        )
    return positions
