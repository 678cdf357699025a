"""From a description to Brian 2's objects: with shared weights, with Brian 2's own, or with a lag.

A builder makes the groups and synapses of a network and says what is special about their time:
how many steps apart presentations are, and how far populations lag behind the input. It knows
nothing about devices and runs; that is the matter of :mod:`networks.brian.runtime`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import brian2
import numpy as np

from networks.brian import lag, shared, stock
from networks.brian.decision import Decision
from networks.brian.groups import Gate, neuron_group
from networks.brian.hebbian import Meeting, attention
from networks.brian.numpy_kernels import all_spikes
from networks.brian.pathways import Pathway, constant_current, pathways
from networks.brian.presentations import Presentations
from networks.brian.schedule import Schedule, beginnings, schedule
from networks.brian.slots import schedule_of, silence, slot
from networks.brian.stimulus import PoissonStimulus, Stimulus
from networks.brian.text_neurons import TextNeurons
from networks.description import Connection, Network, Population
from networks.transforms import Attention


@dataclass
class Built:
    """The objects of a network.

    Attributes
    ----------
    groups : dict of str to brian2.Group
        The neurons of each population, the input included.
    synapses : dict of (str, str) to brian2.BrianObject
        By source and key of the connection, where there is any.
    others : list of brian2.BrianObject
        What populations and connections need besides.
    schedule : list of str or None
        Slots of the network, None for those of the device.
    decision : Decision or None
        What ends presentations, if they may be over before their input is.
    """

    groups: dict[str, brian2.Group] = field(default_factory=dict)
    synapses: dict[tuple[str, str], brian2.BrianObject] = field(default_factory=dict)
    others: list[brian2.BrianObject] = field(default_factory=list)
    schedule: list[str] | None = None
    decision: Decision | None = None


class Builder(ABC):
    """How the objects of a network are made.

    Parameters
    ----------
    network : Network
        What is built.
    dtype : type
        Precision of the neurons' variables.

    Attributes
    ----------
    pause : int
        Steps between two presentations.
    """

    counts_events = False
    """Whether synapses count what they deliver."""
    replaceable = False
    """Whether other sentences can be shown to the same objects."""

    def __init__(self, network: Network, dtype: type[np.floating]):
        self.network, self.dtype = network, dtype
        self.pause = silence(network)

    @property
    def latency(self) -> dict[str, int]:
        """Steps that each population lags behind the input."""
        return dict.fromkeys(self.network.shapes, 0)

    def begin(self, stimulus: Stimulus) -> np.ndarray:
        """Return the step in which each presentation begins, and in which the last one is over."""
        return beginnings(stimulus, pause=self.pause, sweeps=self.network.sweeps.count)

    def build(self, stimulus: Stimulus, clock: brian2.Clock) -> Built:
        """Make all objects.

        Parameters
        ----------
        stimulus : PoissonStimulus or SpikeStimulus
            What is shown first.
        clock : brian2.Clock
            Ticks once a step.

        Returns
        -------
        Built
            The objects.
        """
        built, network = Built(schedule=self._schedule()), self.network
        begin = self.begin(stimulus)
        built.groups[network.input.name] = self._input(stimulus, begin, clock)
        for population in network.hidden:
            built.groups[population.name] = self._neurons(population, begin, clock)
        for key, connection in zip(network.keys, network.connections, strict=True):
            self._add_synapses(built, connection, key)
        self._forget(built, begin)
        return built

    def check(self, stimulus: Stimulus) -> None:  # noqa: B027, most builders take any
        """See that a stimulus can be presented to what was built.

        Raises
        ------
        ValueError
            If it cannot.
        """

    def moment(self, name: str) -> str:
        """Return the slot before which the membranes of a population are what is tested."""
        return slot("test", name)

    def _add_synapses(self, built: Built, connection: Connection, key: str) -> None:
        receives = self._receives(connection.target)
        found = pathways(self.network, connection, key, built.groups, receives)
        for source, pathway in found.items():
            synapses = self._connect(pathway, self.network[connection.target])
            if synapses is not None:
                built.synapses[source, key] = synapses

    def _receives(self, name: str) -> str:
        """Return the variable of a population that weights are added to."""
        return self.network[name].neuron.receives

    def _schedule(self) -> list[str] | None:
        return schedule_of(self.network)

    @abstractmethod
    def _input(
        self, stimulus: Stimulus, begin: np.ndarray, clock: brian2.Clock
    ) -> brian2.Group: ...

    @abstractmethod
    def _neurons(
        self, population: Population, begin: np.ndarray, clock: brian2.Clock
    ) -> brian2.NeuronGroup: ...

    @abstractmethod
    def _connect(self, pathway: Pathway, target: Population) -> brian2.BrianObject | None: ...

    @abstractmethod
    def _forget(self, built: Built, begin: np.ndarray) -> None:
        """Have everything that lasts reset when a presentation begins."""

    @abstractmethod
    def present(
        self, built: Built, stimulus: Stimulus, begin: np.ndarray, seed: int
    ) -> Schedule | None:
        """Have a run present a stimulus; return the schedule if the run is to read one."""


class SharedBuilder(Builder):
    """Weights held once, and an input group that presents sentence after sentence.

    It also clears all that lasts, so presentations follow each other without a pause and may be of
    different lengths.

    Parameters
    ----------
    network, dtype
        As of :class:`Builder`.
    texts : mapping of str to TextNeurons, optional
        Populations whose neurons are given as text.
    """

    replaceable = True

    def __init__(
        self,
        network: Network,
        dtype: type[np.floating],
        texts: Mapping[str, TextNeurons] | None = None,
    ):
        super().__init__(network, dtype)
        self._texts = texts or {}
        self.pause = 0
        # What attention learns and reads is not counted as it happens.
        self.counts_events = all(c.transform.linear for c in network.connections)

    def build(self, stimulus: Stimulus, clock: brian2.Clock) -> Built:
        """Make all objects, and what ends presentations by a margin of votes, if there is one."""
        built = super().build(stimulus, clock)
        if self.network.margin is not None:
            readout = self.network.voting
            presents = built.groups[self.network.input.name]
            output = built.groups[readout.population]
            built.decision = Decision(presents, output, readout, name="decision*")
            built.others += [built.decision, built.decision.ends]
        return built

    def _input(self, stimulus: Stimulus, begin: np.ndarray, clock: brian2.Clock) -> brian2.Group:
        population = self.network.input
        poisson = isinstance(stimulus, PoissonStimulus)
        return Presentations(
            population.size,
            population.size // population.shape[0],
            poisson=poisson,
            clock=clock,
            name=f"{population.name}*",
            fires=self.network.sweeps.fires[population.name],
        )

    def _neurons(
        self, population: Population, begin: np.ndarray, clock: brian2.Clock
    ) -> brian2.NeuronGroup:
        constant = constant_current(self.network, population.name)
        text = self._texts.get(population.name)
        if text is not None:
            return text.group(clock, constant=constant, dtype=self.dtype)
        return neuron_group(population, clock, constant=constant, dtype=self.dtype)

    def _receives(self, name: str) -> str:
        text = self._texts.get(name)
        return super()._receives(name) if text is None else text.receives

    def _schedule(self) -> list[str] | None:
        return schedule_of(self.network, {name: text.steps for name, text in self._texts.items()})

    def _connect(self, pathway: Pathway, target: Population) -> brian2.BrianObject | None:
        return shared.connect(pathway)

    def _add_synapses(self, built: Built, connection: Connection, key: str) -> None:
        if connection.transform.linear:
            super()._add_synapses(built, connection, key)
            return
        names = (*connection.sources, connection.target)
        *heard, target = [(built.groups[n], np.arange(self.network[n].size)) for n in names]
        queries, keys, values = heard
        sources = (queries, keys, values)
        built.others += attention(
            [Meeting(cast(Attention, connection.transform), sources, target, learns=0, reads=0)],
            built.groups[self.network.input.name],
            receives=self._receives(connection.target),
            when=slot("input", connection.target),
            name=f"{'_'.join(names[:3])}_to_{key.replace(':', '_')}",
        )

    def _forget(self, built: Built, begin: np.ndarray) -> None:
        presents = built.groups[self.network.input.name]
        for population in self.network.hidden:
            group = built.groups[population.name]
            text = self._texts.get(population.name)
            initial = dict.fromkeys(population.neuron.variables, 0)
            for variable, value in (initial if text is None else text.initial).items():
                presents.clears(group, variable, value)
            if population.neuron.spikes:
                presents.empties(group)
                if text is not None:
                    presents.watches(group)
        for synapses in built.synapses.values():
            if synapses.pending:
                presents.clears(synapses, synapses.pending)

    def present(
        self, built: Built, stimulus: Stimulus, begin: np.ndarray, seed: int
    ) -> Schedule | None:
        """Hand the schedule to the input group."""
        plan = schedule(stimulus, begin, seed=seed)
        built.groups[self.network.input.name].schedule = plan
        return plan


class StockBuilder(Builder):
    """Brian 2's own objects alone; all presentations last the same.

    Spikes in flight cannot be taken back, so no neuron fires in the pause between presentations.
    """

    def _gate(self, begin: np.ndarray) -> Gate | None:
        period = int(begin[1])
        return Gate(period - self.pause, period) if self.pause else None

    def _input(self, stimulus: Stimulus, begin: np.ndarray, clock: brian2.Clock) -> brian2.Group:
        return stock.input_group(stimulus, self.network.input, begin, clock)

    def _neurons(
        self, population: Population, begin: np.ndarray, clock: brian2.Clock
    ) -> brian2.NeuronGroup:
        constant = constant_current(self.network, population.name)
        return neuron_group(
            population, clock, constant=constant, dtype=self.dtype, gate=self._gate(begin)
        )

    def _connect(self, pathway: Pathway, target: Population) -> brian2.BrianObject | None:
        return stock.connect(pathway)

    def _forget(self, built: Built, begin: np.ndarray) -> None:
        for population in self.network.hidden:
            group = built.groups[population.name]
            group.run_regularly(
                "\n".join(f"{variable} = 0" for variable in population.neuron.variables),
                dt=begin[1] * group.clock.dt,
                when="start",
            )

    def present(
        self, built: Built, stimulus: Stimulus, begin: np.ndarray, seed: int
    ) -> Schedule | None:
        """Seed Brian 2's generators, which draw during the run."""
        brian2.seed(seed)
        return None


class LaggingBuilder(StockBuilder):
    """Brian 2's own objects on a device with a schedule of its own; see :mod:`networks.brian.lag`.

    Poisson spikes are drawn beforehand, so they are those of every other backend.

    Parameters
    ----------
    network, dtype
        As of :class:`Builder`.
    backend : str
        The device.
    gated : int
        Steps at the end of each presentation in which the device may not fire.

    Raises
    ------
    Unsupported
        If the device cannot carry the network.
    """

    def __init__(self, network: Network, dtype: type[np.floating], *, backend: str, gated: int = 0):
        super().__init__(network, dtype)
        self._latency, self._gated = lag.latencies(network, backend), gated
        self.pause = max(self._latency.values()) + gated

    @property
    def latency(self) -> dict[str, int]:
        """Steps that each population lags behind the input."""
        return self._latency

    def _schedule(self) -> list[str] | None:
        return None

    def _gate(self, begin: np.ndarray) -> Gate | None:
        period = int(begin[1])
        return Gate(period - self._gated, period) if self._gated else None

    def _input(self, stimulus: Stimulus, begin: np.ndarray, clock: brian2.Clock) -> brian2.Group:
        population = self.network.input
        return brian2.SpikeGeneratorGroup(
            population.size, [], [] * clock.dt, clock=clock, name=f"{population.name}*"
        )

    def _neurons(
        self, population: Population, begin: np.ndarray, clock: brian2.Clock
    ) -> brian2.NeuronGroup:
        return lag.lagging_group(population, clock, self.dtype, self._gate(begin))

    def _connect(self, pathway: Pathway, target: Population) -> brian2.BrianObject | None:
        decay = np.broadcast_to(lag.decay_per_step(target.neuron, ""), target.shape).ravel()
        return stock.connect(pathway, 1 / decay, own_slot=False)

    def present(
        self, built: Built, stimulus: Stimulus, begin: np.ndarray, seed: int
    ) -> Schedule | None:
        """Draw the spikes, and hand them to the input group."""
        drawn = schedule(stimulus, begin, seed=seed)
        features = self.network.input.size // self.network.input.shape[0]
        neurons, steps = all_spikes(drawn, features)
        group = built.groups[self.network.input.name]
        group.set_spikes(neurons, steps * group.clock.dt)
        return None
