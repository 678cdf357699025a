"""What convolutions and pooling have in common: who is connected, weights, units and delays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from brian2 import Quantity, second
from brian2.core.clocks import Clock
from brian2.core.names import Nameable
from brian2.core.spikesource import SpikeSource
from brian2.core.variables import ArrayVariable, DynamicArrayVariable, Variables
from brian2.groups.group import CodeRunner, Group
from brian2.groups.subgroup import Subgroup
from brian2.units.fundamentalunits import fail_for_dimension_mismatch

from networks.brian.private import TemplateRunner
from networks.brian.shared_weights.weights import as_given, as_weights

# Time steps that differ by less come from the same number: 1 ms may be written 0.001 s. Clocks of
# such time steps tick together, by Brian 2's own tolerance, for a hundred million steps.
SAME_DT = 1e-12

PENDING = "_pending"


class SharedWeightSynapses(Group, TemplateRunner):
    """What convolutions and pooling have in common: a source, a target and weights ``w``.

    Without a delay, spikes act on the target when the object's slot comes next: in the same step if
    the slot is after the source's thresholds, as it is by default, and in the next step otherwise,
    as with :class:`brian2.Synapses`. With a delay of d steps, spikes of step n act in the object's
    slot of step n + d, wherever the slot is.

    Parameters
    ----------
    source : brian2.NeuronGroup, brian2.PoissonGroup, a slice of one, or brian2.SpikeGeneratorGroup
        Who spikes.
    target : brian2.NeuronGroup or a slice of one
        Who receives.
    function : {"convolve", "pool"}
        What is done with the spikes of a step, by its name in ``templates/common/convolve.h`` and
        :mod:`networks.brian.numpy_kernels`.
    geometry : Geometry or sequence of int
        Where the windows lie, or who is connected.
    w : numpy.ndarray or brian2.Quantity
        The weights, flat.
    names : dict of str to str
        Expressions of ``i``, the number of a weight, that weights can be addressed by.
    variable : str
        Variable of the target that weights are added to.
    delay : brian2.Quantity or None
        From a spike to its effect, in whole time steps.
    when, order
        Scheduling, see :class:`brian2.BrianObject`.
    name : str
        Name of the object.

    Attributes
    ----------
    w : brian2.VariableView
        Weights, in the unit of the target's variable.
    events : brian2.VariableView
        Synaptic events, in all runs so far: how often a spike met a weight. As with
        :class:`brian2.Synapses`, they count when they arrive, also at neurons that are refractory
        and do not take them. A standalone program counts those of its own run.
    delay : brian2.Quantity
        From a spike to its effect.
    pending : str or None
        Name of the variable that holds the spikes in flight; setting all of it to 0 forgets them.
        None without a delay.
    t, dt, t_in_timesteps : brian2.VariableView
        Time and time step of the source's clock.
    """

    add_to_magic_network = True
    invalidates_magic_network = True

    def __init__(
        self,
        source: SpikeSource,
        target: Group,
        *,
        function: str,
        geometry: Sequence[int],
        w: np.ndarray | Quantity,
        names: dict[str, str],
        variable: str,
        delay: Quantity | None,
        when: str,
        order: int,
        name: str,
    ):
        self.source, self.target, self.codeobj_class = source, target, None
        # Brian 2 asks slices and standalone run arguments where a group begins and ends.
        self.start, self.stop = 0, np.size(w)
        self._steps = steps_of_delay(delay, source.clock)
        self._delay = self._steps * source.clock.dt
        Nameable.__init__(self, name)
        self._add_variables(variable, geometry, names)
        received = self.variables["_target"]
        CodeRunner.__init__(
            self,
            group=self,
            template="shared_weights",
            clock=source.clock,
            when=when,
            order=order,
            name=None,  # has been given above; the variables need it
            needed_variables=[
                *(["_pending", "_pending_steps"] if self._steps else ["_spikespace"]),
                *(["_receives"] if "_receives" in self.variables else []),
            ],
            template_kwds={
                "function": function,
                "delayed": bool(self._steps),
                "refractory": received.conditional_write is not None,
                "spike_variable": source.variables["_spikespace"],
            },
            check_units=False,
        )
        if self._steps:
            self.contained_objects.append(_Pending(self, source))
        self.add_dependency(source)
        self.add_dependency(target)
        self.written_readonly_vars = {
            self.variables[name] for name in ("events", "_pending_steps") if name in self.variables
        }
        self._enable_group_attributes()
        self.w = w

    def __repr__(self) -> str:
        ends = (f"{group.name!r} ({len(group):,})" for group in (self.source, self.target))
        return (
            f"<{type(self).__name__} {self.name!r} from {' to '.join(ends)}, {self.stop:,} weights>"
        )

    def _add_variables(self, variable: str, geometry: Sequence[int], names: dict[str, str]) -> None:
        source, target, size = self.source, self.target, self.stop
        received = target.variables[variable]
        start = getattr(source, "start", 0)
        self.variables = Variables(self)
        self.variables.add_constant("N", size)
        self.variables.add_arange("i", size)
        self.variables.create_clock_variables(source.clock)
        self.variables.add_array(
            "w", size, dimensions=received.dim, dtype=received.dtype, constant=False
        )
        self.variables.add_array("events", 1, dtype=np.int64, scalar=True, read_only=True)
        self.variables.add_array(
            "_geometry",
            len(geometry),
            values=np.array(geometry, dtype=np.int64),
            dtype=np.int64,
            constant=True,
            read_only=True,
        )
        self.variables.add_reference("_target", target, variable)
        self.variables.add_constant("_target_start", getattr(target, "start", 0))
        self.variables.add_constant("_targets", len(target))
        if received.conditional_write is not None:
            self.variables.add_reference("_receives", target, received.conditional_write.name)
        self.variables.add_reference("_spikespace", source)
        self.variables.add_constant("_source_start", start)
        self.variables.add_constant("_source_stop", start + len(source))
        self.variables.add_constant("_delay", self._steps)
        if self._steps:
            # A row for each step until its spikes are due: their number, then who. Rows are told
            # apart by their step, so that what is left after a pause is not taken for new.
            rows = self._steps + 1
            self.variables.add_array(PENDING, rows * (len(source) + 1), dtype=np.int32)
            self.variables.add_array("_pending_steps", rows, dtype=np.int64, read_only=True)
        for key, expression in names.items():
            self.variables.add_subexpression(key, dtype=np.int32, expr=expression)

    @property
    def delay(self) -> Quantity:
        """From a spike to its effect."""
        return self._delay

    @property
    def pending(self) -> str | None:
        """Name of the variable that holds the spikes in flight, if there is a delay."""
        return PENDING if self._steps else None

    def before_run(self, run_namespace: dict[str, Any]) -> None:
        """See that the time steps are still those that the object was made for."""
        check_clocks(self.source, self.target)
        if self._steps and not _same(float(self.delay), self._steps * self.source.clock.dt_):
            raise ValueError(
                f"the time step has changed since {self.name} was made, so that its delay of "
                f"{self.delay} is no longer {self._steps} steps; make it after setting dt"
            )
        super().before_run(run_namespace)

    def __setattr__(self, key: str, value: Any, level: int = 0) -> None:
        if key in ("w", "w_") and not isinstance(value, str):
            value = as_given(as_weights(value), self.variables["w"].dtype)
        super().__setattr__(key, value, level=level + 1)  # the namespace of expressions is above


class _Pending(TemplateRunner):
    """Keeps the spikes of a step until they are due.

    It runs right after whatever makes the source spike, also if that is scheduled anew.
    """

    add_to_magic_network = False

    def __init__(self, synapses: SharedWeightSynapses, source: SpikeSource):
        group = source.source if isinstance(source, Subgroup) else source
        self._spiking = getattr(group, "thresholder", {}).get("spike", group)
        CodeRunner.__init__(
            self,
            group=synapses,
            template="pending",
            clock=source.clock,
            name=f"{synapses.name}_pending*",
            needed_variables=["_spikespace"],
            template_kwds={"spike_variable": source.variables["_spikespace"]},
            check_units=False,
        )

    @property
    def when(self) -> str:
        """Slot, that of the source."""
        slot: str = self._spiking.when
        return slot

    @when.setter
    def when(self, _when: str) -> None:
        """Brian 2 sets one that does not count."""

    @property
    def order(self) -> int:
        """Place in the slot, after the source."""
        return int(self._spiking.order) + 1

    @order.setter
    def order(self, _order: int) -> None:
        """Brian 2 sets one that does not count."""


def check_groups(source: SpikeSource, target: Group, variable: str) -> None:
    """See that a source spikes, that a target has a variable to add to, and that both tick alike.

    Parameters
    ----------
    source, target : brian2.Group
        Who is to be connected.
    variable : str
        Variable of the target.

    Raises
    ------
    TypeError
        If they cannot be connected.
    ValueError
        If their time steps differ.
    """
    if not isinstance(source, SpikeSource) or "_spikespace" not in source.variables:
        raise TypeError(f"the source has to spike, and {source!r} does not")
    received = getattr(target, "variables", {}).get(variable, None)
    name = getattr(target, "name", repr(target))
    if (
        not isinstance(received, ArrayVariable)
        or isinstance(received, DynamicArrayVariable)
        or received.scalar
    ):
        raise TypeError(f"{name} has no variable {variable!r} with a value per neuron")
    group = target.source if isinstance(target, Subgroup) else target
    if received.read_only or received.owner.name != group.name:
        raise TypeError(f"{variable!r} of {name} is read-only or another group's")
    if not np.issubdtype(received.dtype, np.number):
        raise TypeError(f"{variable!r} of {name} is {received.dtype}, and nothing to add to")
    check_clocks(source, target)


def check_clocks(source: SpikeSource, target: Group) -> None:
    """See that two groups have the same time step; they may have it of different clocks.

    Parameters
    ----------
    source, target : brian2.Group
        The groups.

    Raises
    ------
    ValueError
        If they have not.
    """
    if not _same(source.clock.dt_, target.clock.dt_):
        raise ValueError(
            f"{source.name} has a time step of {source.clock.dt} and {target.name} one of "
            f"{target.clock.dt}; shared weights are delivered step by step, so give both the same "
            "dt, or use brian2.Synapses"
        )


def steps_of_delay(delay: Quantity | None, clock: Clock) -> int:
    """Count the steps of a delay.

    Parameters
    ----------
    delay : brian2.Quantity or None
        A time.
    clock : brian2.Clock
        Has the time step.

    Returns
    -------
    int
        Steps; 0 without a delay.

    Raises
    ------
    brian2.DimensionMismatchError
        If the delay is no time.
    ValueError
        If it is none or several times, negative, or no multiple of the time step.
    """
    if delay is None:
        return 0
    fail_for_dimension_mismatch(delay, second, "a delay is a time, not {value}", value=delay)
    if np.size(delay) != 1:
        raise ValueError(
            f"all weights have the same delay, so {np.size(delay)} delays are no use; make an "
            "object for each"
        )
    exact = float(np.asarray(delay).item()) / float(clock.dt_)
    if not (0 <= exact < 2**31 and abs(exact - round(exact)) <= Clock.epsilon_dt):
        raise ValueError(
            f"a delay is a whole multiple of the time step, {clock.dt}, and not negative; "
            f"{delay} is not"
        )
    return round(exact)


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= SAME_DT * max(abs(one), abs(other))
