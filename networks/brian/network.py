"""A described network, alive in Brian 2."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterable
from typing import Any

import brian2
import numpy as np
from brian2 import ms

from networks.brian.backends import choose_backend, choose_synapses
from networks.brian.neuron_model import Neurons
from networks.brian.private import (
    NamesApart,
    is_free,
    quiet_about_values,
    usual_interrupts,
    without_delay,
)
from networks.brian.runtime import open_runtime
from networks.brian.stimulus import Stimulus
from networks.brian.suited import suited_builder, suited_neurons
from networks.description import Network
from networks.intervention import Intervention, intervene

_logger = logging.getLogger(__name__)

DT = 1 * ms
CLOCK = "steps"

SYNAPSES = ("shared", "stock")
PRECISIONS: dict[str, type[np.floating]] = {"double": np.float64, "single": np.float32}


class BrianNetwork:
    """A network and its stimulus, built and ready to run.

    Use it as a context manager, or call :meth:`close`: ``cpp_standalone`` changes Brian 2's device
    for the whole process until then.

    Parameters
    ----------
    description : Network
        The network.
    stimulus : PoissonStimulus or SpikeStimulus
        What it is shown first. Presentations may have fewer positions than the input; the others
        are silent then.
    backend : str
        ``numpy``, ``cython``, ``cpp_standalone``, ``genn``, ``genn-cpu``, ``cuda`` or ``auto``.
        GeNN and CUDA run once in a process.
    synapses : {"shared", "stock"}, optional
        Whether connections hold their weights once (:mod:`networks.brian.shared_weights`), or are
        Brian 2's own (:mod:`networks.brian.stock`), one synapse per use of a weight. By default
        shared, but for GeNN and CUDA, which have only the latter.
    precision : {"double", "single"}
        Of the neurons' variables and shared weights.
    dt : brian2.Quantity
        Duration of a step.
    neurons : NeuronModel or mapping of str to NeuronModel, optional
        Neurons in place of those that the network describes, for all populations or for some; with
        shared weights only.
    interventions : iterable of Intervention, optional
        What is done to its neurons in some steps of each presentation
        (:mod:`networks.intervention`).

    Attributes
    ----------
    network : brian2.Network
        Holds everything; add monitors of your own with ``network.add``.
    groups : dict of str to brian2.Group
        The neurons of each population, the input included; of the population's size on every
        backend, numbered in C order of its shape.
    synapses : dict of (str, str) to SharedWeightSynapses or brian2.Synapses
        By the name of the source and the key of the connection.
    clock : brian2.Clock
        Ticks once a step.
    names : NamesApart
        Chooses the names of Brian 2's objects; those of another network do not matter to them.
    begin : numpy.ndarray of int, shape (presentations + 1,)
        Time step in which each presentation begins, and the end of the last: as it is planned
        before a run, and as it was after one, in which a margin of votes may have ended some early.
    latency : dict of str to int
        Steps of the simulation that a population lags behind the step of the mathematics: none,
        but on GeNN and CUDA.
    units : dict of str to str
        SI unit of the membranes of populations whose neurons are given, empty if they have none.

    Raises
    ------
    BackendUnavailable
        If the backend does not exist or cannot run here; :class:`~networks.brian.Unsupported` if
        it cannot carry the network.
    ModelError
        If neurons that are given cannot be simulated; see :mod:`networks.brian.neuron_model`.
    ValueError
        If another option does not exist, a presentation, the number of its features or an
        intervention does not fit, or stock synapses are to present sentences for different numbers
        of steps.

    Examples
    --------
    >>> import numpy as np
    >>> from networks import Connection, Dense, Input, LIF, Network, Population
    >>> from networks.brian import PRECISIONS, SYNAPSES, BrianNetwork, Recorder, SpikeStimulus
    >>> network = Network(
    ...     (Population("input", (1, 3), Input()), Population("output", (2,), LIF(threshold=2))),
    ...     (Connection(("input",), "output", Dense(np.ones((2, 3)))),),
    ... )
    >>> stimulus = SpikeStimulus([np.ones((10, 1, 3), dtype=bool)])
    >>> for synapses in SYNAPSES:
    ...     for precision in PRECISIONS:
    ...         options = {"synapses": synapses, "precision": precision, "backend": "numpy"}
    ...         with BrianNetwork(network, stimulus, **options) as brian:
    ...             recorder = Recorder(brian)
    ...             brian.run(seed=0)
    ...             print(synapses, precision, recorder.counts("output").tolist())
    shared double [[10, 10]]
    shared single [[10, 10]]
    stock double [[10, 10]]
    stock single [[10, 10]]
    """

    def __init__(
        self,
        description: Network,
        stimulus: Stimulus,
        *,
        backend: str = "auto",
        synapses: str | None = None,
        precision: str = "double",
        dt: brian2.Quantity = DT,
        neurons: Neurons | None = None,
        interventions: Iterable[Intervention] = (),
    ):
        if synapses not in (None, *SYNAPSES):
            raise ValueError(f"synapses are {' or '.join(SYNAPSES)}, not {synapses!r}")
        if precision not in PRECISIONS:
            raise ValueError(f"precision is {' or '.join(PRECISIONS)}, not {precision!r}")
        description = intervene(description, interventions)
        self.description, self.stimulus, self.dt = description, stimulus, dt
        self.backend = choose_backend(backend, len(stimulus.words), synapses)
        kind = synapses or choose_synapses(self.backend)
        self._texts = suited_neurons(neurons, description, self.backend, kind, dt)
        self._builder = suited_builder(
            description, self.backend, kind, PRECISIONS[precision], self._texts
        )
        self._check(stimulus)
        if not self._builder.replaceable and len(set(stimulus.durations)) > 1:
            raise ValueError("stock synapses need the same number of steps for all sentences")
        self.latency = self._builder.latency
        self.begin = self._builder.begin(stimulus)
        self._ran = self._closed = False
        self._silent: set[str] = set()
        self.names = NamesApart()
        # Brian 2's objects are in reference cycles: networks before hold their memory until then.
        if not is_free(CLOCK):
            gc.collect()
        self._runtime = open_runtime(self.backend, dt, PRECISIONS[precision])
        try:
            with self._runtime.building(), self.names.choosing(), without_delay():
                self._build()
        except BaseException:
            self.close()
            raise

    def __repr__(self) -> str:
        return f"<BrianNetwork on {self.backend}, for {self.stimulus!r}, of {self.description!r}>"

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each population."""
        return self.description.shapes

    @property
    def units(self) -> dict[str, str]:
        """SI unit of the membranes of each population whose neurons are given as text."""
        return {name: text.unit for name, text in self._texts.items()}

    @property
    def records_after_reset(self) -> bool:
        """Whether membranes can only be recorded at the end of a step, after the reset."""
        return self._runtime.records_after_reset

    def _build(self) -> None:
        own = self._runtime.own_clock
        self.clock = brian2.Clock(self.dt, name=f"{CLOCK}*") if own else brian2.defaultclock
        self._built = self._builder.build(self.stimulus, self.clock)
        self.groups, self.synapses = self._built.groups, self._built.synapses
        self.network = brian2.Network(
            *self.groups.values(),
            *self.synapses.values(),
            *self._built.others,
        )
        if self._built.schedule is not None:
            self.network.schedule = self._built.schedule

    def run(
        self,
        *,
        seed: int,
        stimulus: Stimulus | None = None,
        advance: Callable[[float], None] | None = None,
    ) -> None:
        """Present all sentences, from time 0 on; monitors hold the last run.

        Parameters
        ----------
        seed : int
            Of Poisson input. With shared weights, the same seed gives the same spikes on every
            backend, and a sentence has them wherever it comes in the stream. Stock networks draw
            from Brian 2's generators, which differ between backends.
        stimulus : PoissonStimulus or SpikeStimulus, optional
            Other sentences than the network was built with, of the same kind; for shared weights
            only. Nothing is compiled again.
        advance : callable, optional
            Called now and then with the fraction done.

        Raises
        ------
        ModelError
            If neurons that are given have values beyond all bounds when it is over.
        ValueError
            If the stimulus does not fit, or stock synapses are to present a second time.
        """
        if self._ran and not self._builder.replaceable:
            raise ValueError("stock synapses present their sentences once; build another network")
        if stimulus is not None:
            self._replace(stimulus)
        self._ran = True
        self.begin = self._builder.begin(self.stimulus)
        plan = self._builder.present(self._built, self.stimulus, self.begin, seed)
        # Brian 2 looks for membranes above 1e50, a number that single precision does not have.
        # Values of neurons that are given are looked at afterwards.
        groups = [self.groups[name].name for name in self._texts]
        quiet: dict[str, Any] = {"over": "ignore"}
        if groups:
            quiet |= {"invalid": "ignore", "divide": "ignore"}
        with (
            np.errstate(**quiet),
            quiet_about_values(groups),
            usual_interrupts(),
            self.names.choosing(),
            without_delay(),
        ):
            self._runtime.run(
                self.network, int(self.begin[-1]), self.dt, plan=plan, advance=advance
            )
        if self._built.decision is not None:
            self.begin = self._built.decision.begin
        self._look_at_texts()

    @property
    def durations(self) -> tuple[int, ...]:
        """Steps that each presentation lasts, or lasted in the last run."""
        if self._built.decision is None:
            return self.stimulus.durations
        return tuple(np.diff(self.begin).tolist())

    def synaptic_events(self) -> dict[str, int]:
        """Count how often a weight was added to each population in the last run.

        Returns
        -------
        dict of str to int
            For all populations but the input.

        Raises
        ------
        ValueError
            If the synapses do not count, as Brian 2's own do not.
        """
        if not self._builder.counts_events:
            raise ValueError(
                "only shared weights count synaptic events, and not where there is attention; "
                "count them from recorded spikes with networks.activity.synaptic_events"
            )
        events = {population.name: 0 for population in self.description.hidden}
        targets = dict(zip(self.description.keys, self.description.connections, strict=True))
        for (_, key), synapses in self.synapses.items():
            events[targets[key].target] += int(synapses.events[:])
        return events

    def check_values(self, name: str, variable: str, values: np.ndarray) -> None:
        """See that values of a population whose neurons are given are such as can be.

        Raises
        ------
        ModelError
            If they are no numbers, or beyond all bounds.
        """
        if name in self._texts:
            self._texts[name].check_values(variable, values)

    def moment(self, name: str) -> str:
        """Return the slot before which the membranes of a population are what is tested."""
        return self._builder.moment(name)

    def _look_at_texts(self) -> None:
        """See that neurons that are given are still alive, and say which never fired."""
        for name, text in self._texts.items():
            for variable in text.initial:
                self.check_values(name, variable, self.groups[name].variables[variable].get_value())
        presents = self.groups[self.description.input.name]
        for name, text in self._texts.items():
            fires = text.model.threshold is None or presents.fired(self.groups[name])
            if name not in self._silent and not fires:
                self._silent.add(name)
                _logger.warning(
                    "layer %s never fired; lower its threshold, or raise the scale of its input",
                    name,
                )

    def _replace(self, stimulus: Stimulus) -> None:
        if not self._builder.replaceable:
            raise ValueError("stock synapses present what they were built with; build another")
        if type(stimulus) is not type(self.stimulus):
            raise ValueError(f"the network was built for a {type(self.stimulus).__name__}")
        self._check(stimulus)
        self.stimulus = stimulus

    def _check(self, stimulus: Stimulus) -> None:
        """See that presentations fit the input neurons: compiled code would write past them."""
        positions, *features = self.description.input.shape
        if not stimulus.words or min(stimulus.durations) < 1:
            raise ValueError(
                "a stimulus is at least one presentation, and each lasts at least one step"
            )
        self._builder.check(stimulus)
        for words in stimulus.words:
            if not 1 <= words <= positions:
                raise ValueError(
                    f"the network has {positions} positions, and a presentation {words}; it needs "
                    "one, and may have all"
                )
        if stimulus.features != {int(np.prod(features))}:
            raise ValueError(
                f"positions have {int(np.prod(features))} features for this network, not "
                f"{stimulus.features}"
            )

    def close(self) -> None:
        """Give Brian 2 its runtime device back and remove compiled programs."""
        if not self._closed:
            self._closed = True
            self.names.give_up()
            self._runtime.close()

    def __enter__(self) -> BrianNetwork:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
