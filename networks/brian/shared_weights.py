r"""Synapses that share their weights: a convolution as one Brian 2 object.

:class:`brian2.Synapses` hold one weight per pair of neurons, so a convolution has to be unrolled:
8 million synapses for the kernels of a TextCNN over 25 words, of which 360,000 weights differ. Here
the kernel is held once. When source neuron (p, d) fires, position p and feature d, the row of each
window offset k is added to the targets of window p - k:

    v[p - k, :] += w[k, d, :]     for k = 0 .. width - 1

It is done in the ``synapses`` slot, as Brian 2's own synapses do: the neurons that receive are any
:class:`brian2.NeuronGroup`, and the ones that send anything that spikes.

What was tried for the compiled targets (``templates/common/convolve.h``), for 25 words of 300
features in 50 steps, half of the inputs firing, on one core with 32-byte vectors:

==========================================================  ======  ======
order of the loops                                          double  single
==========================================================  ======  ======
spike by spike, a row at a time                              42 ms   22 ms
window by window, sums of 32 maps in registers               33 ms   20 ms
the same, in tiles of 64 features that stay in the cache     20 ms   14 ms
the same, maps in blocks of equal size                       15 ms  8.5 ms
weights in single precision added to double sums             30 ms
==========================================================  ======  ======

The processor adds two vectors a cycle at best: 9 ms in double precision and 4 ms in single. All
orders add the same numbers; sums may differ by rounding.

A user's own one-dimensional convolution:

>>> import brian2 as b2, numpy as np
>>> b2.prefs.codegen.target = "numpy"
>>> kernel = np.array([[[-1.0], [2.0], [-1.0]]])  # maps, width, features
>>> source = b2.SpikeGeneratorGroup(8, [2, 3, 4], [0, 0, 0] * b2.ms)
>>> target = b2.NeuronGroup(6, "v : 1")
>>> synapses = ConvolutionalSynapses(source, target, kernel)
>>> b2.Network(source, target, synapses).run(1 * b2.ms)
>>> target.v[:].tolist()
[-1.0, 1.0, 0.0, 1.0, -1.0, 0.0]
>>> int(synapses.events[:])
9
"""

from __future__ import annotations

import numpy as np
from brian2 import Quantity
from brian2.core.names import Nameable
from brian2.core.spikesource import SpikeSource
from brian2.core.variables import ArrayVariable, Variables
from brian2.groups.group import Group

from networks.brian.targets import TemplateRunner


class SharedWeightSynapses(Group, TemplateRunner):
    """What convolutions and pooling have in common: a source, a target and weights ``w``.

    Delivery takes no time: as with :class:`brian2.Synapses` without a delay, spikes of a step act
    on the target in the same step, after the thresholds.

    Parameters
    ----------
    source : brian2.NeuronGroup, brian2.PoissonGroup, a slice of one, or brian2.SpikeGeneratorGroup
        Who spikes.
    target : brian2.NeuronGroup or a slice of one
        Who receives.
    template : str
        Name of the template.
    w : numpy.ndarray
        The weights, flat.
    constants : dict of str to int
        What the template needs to know.
    variable : str
        Variable of the target that weights are added to.
    when, order
        Scheduling, see :class:`brian2.BrianObject`.
    name : str
        Name of the object.

    Attributes
    ----------
    w : brian2.VariableView
        Weights, in the unit of the target's variable.
    events : brian2.VariableView
        Synaptic events: how often a weight was added, in all runs so far. A standalone program
        counts those of its own run.
    """

    add_to_magic_network = True
    invalidates_magic_network = True

    def __init__(
        self,
        source: SpikeSource,
        target: Group,
        *,
        template: str,
        w: np.ndarray | Quantity,
        constants: dict[str, int],
        variable: str,
        when: str,
        order: int,
        name: str,
    ):
        if not isinstance(source, SpikeSource) or "_spikespace" not in source.variables:
            raise TypeError(f"the source has to spike, and {source!r} does not")
        self.source, self.target, self.codeobj_class = source, target, None
        received = target.variables.get(variable, None)
        if not isinstance(received, ArrayVariable) or received.scalar:
            raise TypeError(f"{target.name} has no variable {variable!r} with a value per neuron")
        group = getattr(target, "source", target)
        if received.read_only or received.owner.name != group.name:
            raise TypeError(f"{variable!r} of {target.name} is read-only or another group's")
        if received.conditional_write is not None:
            raise TypeError(
                f"{variable!r} of {target.name} is '(unless refractory)', which shared weights do "
                "not heed; use brian2.Synapses"
            )
        if source.clock.name != target.clock.name:
            raise ValueError(
                f"{source.name} and {target.name} have different clocks; shared weights are "
                "delivered in the step of the spike, so give both the same clock"
            )
        Nameable.__init__(self, name)
        self.variables = Variables(self)
        self.variables.add_constant("N", np.size(w))
        self.variables.add_arange("i", np.size(w))
        self.variables.add_array(
            "w", np.size(w), dimensions=received.dim, dtype=received.dtype, constant=False
        )
        self.variables.add_array("events", 1, dtype=np.int64, scalar=True, read_only=True)
        self.variables.add_reference("_target", target, variable)
        self.variables.add_reference("_spikespace", source)
        start = getattr(source, "start", 0)
        self.variables.add_constant("_source_start", start)
        self.variables.add_constant("_source_stop", start + len(source))
        self.variables.add_constant("_target_start", getattr(target, "start", 0))
        for key, value in constants.items():
            self.variables.add_constant(f"_{key}", value)
        TemplateRunner.__init__(
            self,
            group=self,
            template=template,
            clock=source.clock,
            when=when,
            order=order,
            name=None,  # has been given above; the variables need it
            needed_variables=["_spikespace", "_target"],
            template_kwds={"spike_variable": source.variables["_spikespace"]},
            check_units=False,
        )
        self.add_dependency(source)
        self.add_dependency(target)
        self.written_readonly_vars = {self.variables["events"]}
        self._enable_group_attributes()
        self.w = w


class ConvolutionalSynapses(SharedWeightSynapses):
    """A one-dimensional convolution from one group to another, with one kernel for all positions.

    Source neurons are numbered ``position * features + feature``, target neurons
    ``window * maps + map``. Window p covers the positions from ``p * stride - padding`` on,
    ``width`` of them. Positions outside the source are silent, so a window may reach over either
    end of it. A dense layer is a convolution with a single position.

    Parameters
    ----------
    source : brian2.NeuronGroup, brian2.PoissonGroup, a slice of one, or brian2.SpikeGeneratorGroup
        Its size is a multiple of ``features``.
    target : brian2.NeuronGroup or a slice of one
        Its size is a multiple of ``maps``, and decides how many windows there are.
    kernel : numpy.ndarray or brian2.Quantity, shape (maps, width, features)
        Weights, with the unit of ``variable``.
    variable : str
        Variable of the target that weights are added to.
    stride : int
        Positions from one window to the next.
    padding : int
        Silent positions before the first.
    when, order, name
        As of any Brian 2 object.

    Attributes
    ----------
    w : brian2.VariableView, shape (width * features * maps,)
        Weights in the order (offset, feature, map), settable by value or by an expression of the
        variables ``offset``, ``feature`` and ``map``: ``synapses.w = "exp(-offset)"``.
    kernel : numpy.ndarray, shape (maps, width, features)
        The same weights without unit, settable.
    events : brian2.VariableView
        Synaptic events so far.

    Raises
    ------
    ValueError
        If sizes do not fit, or the groups have different clocks.
    TypeError
        If the source does not spike, or the target has no such variable.
    """

    def __init__(
        self,
        source: SpikeSource,
        target: Group,
        kernel: np.ndarray | Quantity,
        *,
        variable: str = "v",
        stride: int = 1,
        padding: int = 0,
        when: str = "synapses",
        order: int = 0,
        name: str = "convolutionalsynapses*",
    ):
        if np.ndim(kernel) != 3:
            raise ValueError(
                f"a kernel has the shape (maps, width, features), not {np.shape(kernel)}"
            )
        maps, width, features = self._shape = np.shape(kernel)
        if len(source) % features:
            raise ValueError(
                f"{source.name} has {len(source)} neurons, no multiple of {features} features"
            )
        if len(target) % maps:
            raise ValueError(f"{target.name} has {len(target)} neurons, no multiple of {maps} maps")
        if stride < 1 or padding < 0:
            raise ValueError("stride is at least 1, and padding at least 0")
        super().__init__(
            source,
            target,
            template="convolution",
            w=kernel.transpose(1, 2, 0).flatten(),
            constants={
                "positions": len(source) // features,
                "features": features,
                "width": width,
                "maps": maps,
                "stride": stride,
                "padding": padding,
                "windows": len(target) // maps,
            },
            variable=variable,
            when=when,
            order=order,
            name=name,
        )

    def _enable_group_attributes(self) -> None:
        for name, expression in {
            "map": "i % _maps",
            "feature": "(i // _maps) % _features",
            "offset": "i // (_maps * _features)",
        }.items():
            self.variables.add_subexpression(name, dtype=np.int32, expr=expression)
        super()._enable_group_attributes()

    @property
    def kernel(self) -> np.ndarray:
        """Weights without unit, shape (maps, width, features)."""
        maps, width, features = self._shape
        return np.asarray(self.w[:]).reshape(width, features, maps).transpose(2, 0, 1)

    @kernel.setter
    def kernel(self, kernel: np.ndarray) -> None:
        if np.shape(kernel) != self._shape:
            raise ValueError(f"the kernel has the shape {self._shape}, not {np.shape(kernel)}")
        self.w_ = kernel.transpose(1, 2, 0).flatten()


class PoolingSynapses(SharedWeightSynapses):
    """Sums over windows that do not overlap, map by map, with a single weight.

    Source neurons are numbered ``position * maps + map``, target neurons ``window * maps + map``;
    window p covers positions ``p * window`` to ``(p + 1) * window - 1``.

    Parameters
    ----------
    source, target, variable, when, order, name
        As of :class:`ConvolutionalSynapses`.
    maps : int
        Feature maps; sizes of source and target are multiples of it.
    window : int, optional
        Positions of a window; by default all, one window.
    w : float or brian2.Quantity
        What a spike adds.

    Raises
    ------
    ValueError
        If sizes do not fit, there are several weights, or the groups have different clocks.
    """

    def __init__(
        self,
        source: SpikeSource,
        target: Group,
        *,
        maps: int,
        window: int | None = None,
        w: float | Quantity = 1.0,
        variable: str = "v",
        when: str = "synapses",
        order: int = 0,
        name: str = "poolingsynapses*",
    ):
        if len(source) % maps or len(target) % maps:
            raise ValueError(
                f"{source.name} has {len(source)} neurons and {target.name} {len(target)}; both "
                f"must be multiples of {maps} maps"
            )
        if np.size(w) != 1:
            raise ValueError(f"pooling has a single weight, not {np.size(w)}")
        window = len(source) // maps if window is None else window
        if window < 1:
            raise ValueError(f"a window covers at least one position, not {window}")
        super().__init__(
            source,
            target,
            template="pooling",
            w=w,
            constants={"window": window, "maps": maps, "targets": len(target)},
            variable=variable,
            when=when,
            order=order,
            name=name,
        )
