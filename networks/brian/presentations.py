r"""The input of a stream of presentations, as one Brian 2 object.

In the ``start`` slot of each step it writes the spikes of the input neurons. When a presentation
begins it first clears whatever lasts in the network: variables of neurons, spikes in flight, and
the spikes of the step before, which resets and feedback look for. So nothing is left of the
sentence before. Groups of which somebody wants to know whether they ever fire are looked at before
that, and when the run is over, before Brian 2 forgets who spiked last.

Where a network goes through a presentation in several sweeps (:mod:`networks.description.sweeps`),
the group says which sweep and which step of it this is, and fires in those that it is told.

Where a presentation may be over before its input is (:mod:`networks.brian.decision`), all that
comes later moves up: the schedule is read at the present step and the steps that were saved.

Poisson input. Neuron i has rate r, the entry of its word and feature in the table of rates, and
spikes in step n of a presentation with key c if u < r, where u is uniform in [0, 1):

    u(c, n, i) = mix(mix(c + g (n + 1)) + g (i + 1)) / 2^64,    g = 0x9E3779B97F4A7C15

with ``mix`` the finaliser of SplitMix64 (Steele, Lea & Flood, OOPSLA 2014). A random number is thus
a function of where it is used and not of what was drawn before: a sentence has the same spikes
alone or in a stream, in one process or in many, and on every target, which a generator with a
state cannot give. Words that a sentence does not have cost nothing.
"""

from __future__ import annotations

from typing import Any

import brian2
import numpy as np
from brian2.groups.group import Group

from networks.brian.schedule import FILE, Schedule
from networks.brian.source import TemplateSource

TOLD = {
    "presentation": np.int64,
    "sweep": np.int32,
    "step": np.int32,
    "left": np.int64,
    "more": np.int64,
}
"""What the group says of the time, all counted from 0; equations can link to an ``integer``."""


class _Shown:
    """What generated code is handed to find the schedule in.

    Were it the group itself, Brian 2's caches would keep the group, and with it its name, for ever.
    """

    schedule: Schedule | None = None
    scalar = True  # as slices of the group ask of everything it has
    _state_tuple = ()  # all that the caches have to know


class Presentations(TemplateSource):
    """Input neurons that present sentences one after the other.

    Parameters
    ----------
    size, features : int
        Number of input neurons, and how many there are for each position.
    poisson : bool
        Whether schedules have Poisson input or given spikes.
    clock : brian2.Clock
        Ticks once a step.
    name : str
        Name of the group.
    fires : tuple of int
        Sweeps of each presentation in which the input fires.

    Attributes
    ----------
    schedule : Schedule or None
        What is presented; to be set before a run. A compiled program reads it from its file.
    presentation, sweep, step : brian2.VariableView
        Number of the presentation that is going on, of its sweep, and of the step in that.
    left, more : brian2.VariableView
        How many steps of the presentation, and how many presentations, come after this one.
    saved : brian2.VariableView
        Steps of the schedule that were left out so far, as others have decided.
    """

    def __init__(
        self,
        size: int,
        features: int,
        *,
        poisson: bool,
        clock: brian2.Clock,
        name: str,
        fires: tuple[int, ...] = (0,),
    ):
        self._shown = _Shown()
        self._reached = 0
        self._cleared: list[tuple[str, float | str]] = []
        self._emptied: list[str] = []
        self._watched: dict[str, tuple[str, str]] = {}
        super().__init__(size, "presented", name)
        self.variables.add_constant("_features", features)
        for told, dtype in TOLD.items():
            self.variables.add_array(told, size=1, dtype=dtype, scalar=True, read_only=True)
        self.variables.add_array("saved", size=1, dtype=np.int64, scalar=True)
        self.variables.add_object("_presentations", self._shown)
        options = {
            "poisson": poisson,
            "fires": fires,
            "cleared": self._cleared,
            "emptied": self._emptied,
            "watched": self._watched,
            "file": FILE,
        }
        self._generate("presentations", clock, when="start", options=options)
        self.written_readonly_vars = {self.variables[told] for told in TOLD}
        self._enable_group_attributes()

    def before_run(self, run_namespace: dict[str, Any]) -> None:
        """See that there is something to present.

        Raises
        ------
        RuntimeError
            If there is not.
        """
        if self._shown.schedule is None:
            raise RuntimeError(
                f"the input group {self.name!r} has no sentences to present yet; call run() of the "
                "BrianNetwork, which hands them over, instead of that of its brian2.Network"
            )
        super().before_run(run_namespace)

    @property
    def schedule(self) -> Schedule | None:
        """What is presented."""
        return self._shown.schedule

    @schedule.setter
    def schedule(self, schedule: Schedule) -> None:
        self._shown.schedule = schedule

    def clears(self, group: Group, variable: str, value: float | np.ndarray = 0) -> None:
        """Set a variable of a group to a value, or each of its own, when a presentation begins."""
        dtype = group.variables[variable].dtype
        name = self._reaches(group, variable)
        if not isinstance(value, np.ndarray):
            # Cython takes no number with a point for a truth value.
            real = np.issubdtype(dtype, np.floating)
            self._cleared.append((name, float(value) if real else int(value)))
            return
        begin, options = f"_begins{name}", {"constant": True, "read_only": True}
        self.variables.add_array(begin, len(value), values=value, dtype=dtype, **options)
        self.needed_variables.append(begin)
        self._cleared.append((name, begin))

    def empties(self, group: brian2.NeuronGroup) -> None:
        """Forget who spiked in the step before each presentation."""
        self._emptied.append(self._reaches(group, "_spikespace"))

    def watches(self, group: brian2.NeuronGroup) -> None:
        """Have it be known whether anybody in a group fires, without a monitor of the group."""
        name = f"_seen_{len(self._watched)}"
        self.variables.add_array(name, size=1, dtype=np.int32)
        self.needed_variables.append(name)
        self._watched[group.name] = name, self._reaches(group, "_spikespace")

    def fired(self, group: brian2.NeuronGroup) -> bool:
        """Tell whether anybody in a group that is watched has fired in the last run."""
        seen, _ = self._watched[group.name]
        return bool(self.variables[seen].get_value()[0])

    def _reaches(self, group: Group, variable: str) -> str:
        """Let generated code reach a variable, and return what it calls it."""
        name = f"_reached_{self._reached}"
        self._reached += 1
        self.variables.add_reference(name, group, variable)
        self.needed_variables.append(name)
        return name

    def __getitem__(self, item: slice) -> brian2.Subgroup:
        # Group would look an index up among the variables.
        if not isinstance(item, slice):
            raise TypeError("subgroups are contiguous slices")
        start, stop, step = item.indices(self._N)
        if step != 1 or start >= stop:
            raise IndexError("subgroups are contiguous slices")
        return brian2.Subgroup(self, start, stop)

    @property
    def spikes(self) -> np.ndarray:
        """Indices of the neurons that spike in this step."""
        space: np.ndarray = self.variables["_spikespace"].get_value()
        return space[: space[-1]]
