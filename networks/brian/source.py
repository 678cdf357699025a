"""Neurons that are no equations: they spike as a template of ours decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import brian2
import numpy as np
from brian2.core.names import Nameable
from brian2.core.spikesource import SpikeSource
from brian2.core.variables import Variables
from brian2.groups.group import CodeRunner, Group

from networks.brian.private import TemplateRunner


class TemplateSource(Group, TemplateRunner, SpikeSource):
    """Base of the groups whose spikes are written by generated code.

    Further variables come between its two steps: a name has to be there for them, and they for the
    code.

    Parameters
    ----------
    size : int
        Number of neurons.
    event : str
        What a spike is called.
    name : str
        Name of the group.
    """

    add_to_magic_network = True
    invalidates_magic_network = True

    def __init__(self, size: int, event: str, name: str):
        self.codeobj_class = None
        self._N = self.stop = size
        self.start = 0
        self.events = {"spike": event}
        Nameable.__init__(self, name)
        self.variables = Variables(self)
        self.variables.add_constant("N", self._N)
        self.variables.add_arange("i", self._N, constant=True, read_only=True)
        self.variables.add_array("_spikespace", size=self._N + 1, dtype=np.int32)

    def _generate(
        self,
        template: str,
        clock: brian2.Clock,
        *,
        when: str,
        options: dict[str, Any],
        needed: Sequence[str] = (),
    ) -> None:
        """Have code be generated from a template, which is told the name of the clock, too."""
        self.variables.create_clock_variables(clock)
        CodeRunner.__init__(
            self,
            group=self,
            template=template,
            clock=clock,
            when=when,
            name=None,  # has been given above; the variables need it
            template_kwds=options | {"clock_name": clock.name},
            needed_variables=list(needed),
            check_units=False,
        )
