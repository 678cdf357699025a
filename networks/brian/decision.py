"""The end of a presentation whose decision is safe, as one Brian 2 object.

In the ``end`` slot of each step it adds the spikes of that step to the votes of their groups. When
one is ahead of all others by the margin (:class:`networks.description.Votes`), or no input is left,
the presentation is over: the single neuron of this group fires, and the input group leaves out what
it has not shown. After the last presentation the run stops, on every target.

    steps     0 1 2 3 | 4 5 6 7 8 9 | 10 11       as they were scheduled
    decided         ^ (none)          ^
    steps     0 1 2 3 | 4 5 6 7 8 9 | 10          as they are run

So a stream of sentences takes as long as its decisions do. When each was made is what a monitor of
the group tells.
"""

from __future__ import annotations

import brian2
import numpy as np

from networks.brian.presentations import Presentations
from networks.brian.source import TemplateSource
from networks.description import Votes


class Decision(TemplateSource):
    """One neuron that fires in the last step of each presentation.

    Parameters
    ----------
    presents : Presentations
        The input group.
    output : brian2.NeuronGroup
        The neurons that vote.
    readout : Votes
        How they are grouped, and the margin.
    name : str
        Name of the group.

    Attributes
    ----------
    ends : brian2.SpikeMonitor
        When it has fired in the last run.
    """

    def __init__(
        self, presents: Presentations, output: brian2.NeuronGroup, readout: Votes, *, name: str
    ):
        super().__init__(1, "decided", name)
        self.variables.add_array("votes", size=readout.groups, dtype=np.int32)
        self.variables.add_reference("_fired", output, "_spikespace")
        for told in ("left", "more", "saved"):
            self.variables.add_reference(told, presents, told)
        options = {"margin": readout.margin, "neurons": len(output) // readout.groups}
        self._generate("decision", presents.clock, when="end", options=options, needed=["_fired"])
        self.ends = brian2.SpikeMonitor(self, when="after_end", name=f"{self.name}_ends*")
        self._enable_group_attributes()
        presents.clears(self, "votes")

    @property
    def begin(self) -> np.ndarray:
        """Step in which each presentation of the last run began, and in which it was over."""
        over = np.rint(np.asarray(self.ends.t / self.clock.dt)).astype(np.int64) + 1
        return np.concatenate([[0], over])
