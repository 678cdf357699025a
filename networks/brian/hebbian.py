r"""Attention as Hebbian synapses (:mod:`networks.transforms.attention`).

A relay of C neurons marks in each step who fired among queries, keys and values, and has events of
three kinds, each of which drives a pathway:

    key     key i fired      learn:    M[i, j] = M[i, j] + value[j]    for each j of its head
    query   query i fired    read:     found[j] = found[j] + M[i, j]   for each j of its head
    find    found[j] != 0    deliver:  weight[j] found[j] is added to neuron j of the target

M is a variable of the :class:`brian2.Synapses` from the relay to itself, and zero when a
presentation begins. All of this comes in this order in the slot in which the target takes its
input, so a causal query meets the keys of its own step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import brian2
import numpy as np

from networks.brian.presentations import Presentations
from networks.brian.tape import CLOCKED, tell_time
from networks.transforms import Attention

MARKS = ("query", "key", "value")
"""By the order of the sources."""
FORGET, MARK, MEET, LEARN, READ, FIND, DELIVER = range(-7, 0)
"""Order within the slot, before all other input."""

Neurons = tuple[brian2.NeuronGroup, np.ndarray]
"""A group, and which of its neurons."""


@dataclass(frozen=True)
class Meeting:
    """Who takes part in an attention.

    Attributes
    ----------
    transform : Attention
        Which it is.
    sources : tuple of (brian2.NeuronGroup, numpy.ndarray)
        Queries, keys and values.
    target : tuple of (brian2.NeuronGroup, numpy.ndarray)
        Who receives.
    learns, reads : int
        The sweep of keys and values, and that of queries.
    """

    transform: Attention
    sources: tuple[Neurons, Neurons, Neurons]
    target: Neurons
    learns: int
    reads: int


def attention(
    meetings: Sequence[Meeting], presents: Presentations, *, receives: str, when: str, name: str
) -> list[brian2.BrianObject]:
    """Make the objects of attentions that are computed together.

    Parameters
    ----------
    meetings : sequence of Meeting
        The attentions; all targets are in one group.
    presents : Presentations
        The input of the network, which tells the time.
    receives : str
        Variable of the target that currents are added to.
    when : str
        Slot.
    name : str
        What the names of the objects begin with.

    Returns
    -------
    list of brian2.BrianObject
        Relay, marking synapses, memory and delivery.
    """
    relay = _relay(meetings, presents, when, name)
    first = np.cumsum([0, *(meeting.transform.features for meeting in meetings)])
    marking = [
        synapses
        for place, mark in enumerate(MARKS)
        for synapses in _marking(meetings, first, relay, place, mark, when, name)
    ]
    told = np.concatenate([meeting.target[1] for meeting in meetings])
    delivery = brian2.Synapses(
        relay,
        meetings[0].target[0],
        on_pre=f"{receives}_post += weight_pre * found_pre",
        on_event="find",
        clock=presents.clock,
        name=f"{name}_delivery*",
        namespace={},
    )
    delivery.connect(i=np.arange(len(relay)), j=told)
    _place(delivery.pre, when, DELIVER)
    return [relay, *marking, _memory(meetings, first, relay, when, name), delivery]


def _place(part: brian2.BrianObject, when: str, order: int) -> None:
    part.when, part.order = when, order


def _relay(
    meetings: Sequence[Meeting], presents: Presentations, when: str, name: str
) -> brian2.NeuronGroup:
    sizes = [meeting.transform.features for meeting in meetings]
    marks = [*MARKS, "found"]
    relay = brian2.NeuronGroup(
        sum(sizes),
        "\n".join(f"{mark} : 1" for mark in marks)
        + "\nweight : 1 (constant)\nlearns : integer (constant)\nreads : integer (constant)\n"
        + CLOCKED,
        events={
            "key": "key > 0 and sweep == learns",
            "query": "query > 0 and sweep == reads",
            "find": "found != 0",
        },
        clock=presents.clock,
        name=f"{name}_relay*",
        namespace={},
    )
    relay.weight = np.concatenate([meeting.transform.weight for meeting in meetings])
    relay.learns = np.repeat([meeting.learns for meeting in meetings], sizes)
    relay.reads = np.repeat([meeting.reads for meeting in meetings], sizes)
    tell_time(relay, presents)
    for event, order in {"key": MEET, "query": MEET, "find": FIND}.items():
        _place(relay.thresholder[event], when, order)
    relay.run_regularly(
        "\n".join(f"{mark} = 0" for mark in marks),
        when=when,
        order=FORGET,
        name=f"{name}_relay_run_regularly_*",
    )
    return relay


def _marking(
    meetings: Sequence[Meeting],
    first: np.ndarray,
    relay: brian2.NeuronGroup,
    place: int,
    mark: str,
    when: str,
    name: str,
) -> list[brian2.Synapses]:
    """Connect all queries, keys or values to the relay, with one object a group of theirs."""
    groups = {meeting.sources[place][0].name: meeting.sources[place][0] for meeting in meetings}
    made = []
    for group in groups.values():
        ours = [n for n, meeting in enumerate(meetings) if meeting.sources[place][0] is group]
        synapses = brian2.Synapses(
            group,
            relay,
            on_pre=f"{mark}_post = 1",
            clock=relay.clock,
            name=f"{name}_{mark}*",
            namespace={},
        )
        synapses.connect(
            i=np.concatenate([meetings[n].sources[place][1] for n in ours]),
            j=np.concatenate([np.arange(first[n], first[n + 1]) for n in ours]),
        )
        _place(synapses.pre, when, MARK)
        made.append(synapses)
    return made


def _memory(
    meetings: Sequence[Meeting],
    first: np.ndarray,
    relay: brian2.NeuronGroup,
    when: str,
    name: str,
) -> brian2.Synapses:
    memory = brian2.Synapses(
        relay,
        relay,
        "memory : 1",
        on_pre={"learn": "memory += value_post", "read": "found_post += memory"},
        on_event={"learn": "key", "read": "query"},
        clock=relay.clock,
        name=f"{name}_memory*",
        namespace={},
    )
    pairs = []
    for start, meeting in zip(first, meetings, strict=False):
        head = np.arange(meeting.transform.features) // meeting.transform.size
        pairs.append(start + np.argwhere(head[:, None] == head))
    i, j = np.concatenate(pairs).T
    memory.connect(i=i, j=j)
    _place(memory.learn, when, LEARN)
    _place(memory.read, when, READ)
    memory.run_regularly(
        "memory = memory * int(sweep_pre + step_pre > 0)",
        when=when,
        order=FORGET,
        name=f"{name}_memory_run_regularly_*",
    )
    return memory
