"""A described network, alive in Brian 2."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import brian2
import numpy as np
from brian2 import ms
from brian2.core.names import find_name
from threadpoolctl import threadpool_limits

from networks.brian import shared, stock
from networks.brian.backends import (
    EXTERNAL,
    GENN,
    choose_backend,
    choose_synapses,
    codegen_target,
    preferences,
)
from networks.brian.external import GATED, ExternalProject
from networks.brian.groups import Gate, Pathway, neuron_group
from networks.brian.numpy_kernels import all_spikes
from networks.brian.presentations import Presentations
from networks.brian.program import StandaloneProject
from networks.brian.schedule import Schedule, beginnings, schedule
from networks.brian.stimulus import PoissonStimulus, Stimulus
from networks.description import Layer, NetworkDescription

DT = 1 * ms
CLOCK = "steps*"

SYNAPSES = ("shared", "stock")
PRECISIONS = {"double": np.float64, "single": np.float32}


@contextmanager
def brief_garbage_collection() -> Iterator[None]:
    """Spare the garbage collector what is alive now.

    Brian 2 collects garbage when a run begins. With PyTorch and xarray in memory this takes longer
    than all else that comes before the first step: it goes through each of their objects.
    """
    if gc.get_freeze_count():
        # Somebody else has frozen objects, and thawing would thaw theirs.
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


STOP = "core.stop_on_keyboard_interrupt"


@contextmanager
def usual_interrupts() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt at once.

    Brian 2 would end the run, or its compiled program, as if it were over; 2.5 does not yet.
    """
    try:
        with preferences({STOP: False} if STOP in brian2.prefs else {}):
            yield
    except KeyboardInterrupt:
        # Brian 2 would take the run for one that still goes on, and swallow the next Ctrl-C.
        brian2.Network._globally_running = False
        raise


class BrianNetwork:
    """A network and its stimulus, built and ready to run.

    Use it as a context manager, or call :meth:`close`: ``cpp_standalone`` changes Brian 2's device
    for the whole process until then.

    Parameters
    ----------
    description : NetworkDescription
        The network.
    stimulus : PoissonStimulus or SpikeStimulus
        What it is shown first.
    backend : str
        ``numpy``, ``cython``, ``cpp_standalone``, ``genn``, ``genn-cpu``, ``cuda`` or ``auto``.
        GeNN and CUDA run once in a process.
    synapses : {"shared", "stock"}, optional
        Whether connections hold their weights once (:mod:`networks.brian.shared_weights`), or are
        Brian 2's own (:mod:`networks.brian.stock`), one synapse per use of a weight. By default
        shared, but for GeNN and CUDA, which have only the latter.
    precision : {"double", "single"}
        Of membranes and shared weights.
    words : int, optional
        Positions that are built, by default as many as the longest sentence has. A compiled program
        with shared weights always has all that the network was made for, so that it can be kept.
    dt : brian2.Quantity
        Duration of a step.

    Attributes
    ----------
    network : brian2.Network
        Holds everything; add monitors of your own with ``network.add``.
    groups : dict of str to brian2.Group
        The neurons of each layer, the input included, by the layer's name.
    synapses : dict of tuple of str to SharedWeightSynapses or brian2.Synapses
        By (source, target).
    clock : brian2.Clock
        Ticks once a step.
    shapes : dict of str to tuple of int
        Shape of each group; its neurons are numbered in C order.
    begin : numpy.ndarray of int, shape (presentations + 1,)
        Time step in which each presentation begins, and the end of the last.

    Raises
    ------
    BackendUnavailable
        If the backend does not exist or cannot run here.
    ValueError
        If another option does not exist, a sentence or the number of its features does not fit, or
        stock synapses are to present sentences for different numbers of steps.
    """

    def __init__(
        self,
        description: NetworkDescription,
        stimulus: Stimulus,
        *,
        backend: str = "auto",
        synapses: str | None = None,
        precision: str = "double",
        words: int | None = None,
        dt: brian2.Quantity = DT,
    ):
        if synapses not in (None, *SYNAPSES):
            raise ValueError(f"synapses are {' or '.join(SYNAPSES)}, not {synapses!r}")
        if precision not in PRECISIONS:
            raise ValueError(f"precision is {' or '.join(PRECISIONS)}, not {precision!r}")
        self.description, self.stimulus, self.dt = description, stimulus, dt
        self.backend = choose_backend(backend, len(stimulus.words), synapses)
        self._genn = self.backend in GENN
        self._external = self.backend in EXTERNAL
        self._shared = (synapses or choose_synapses(self.backend)) == "shared"
        if not self._shared and len(set(stimulus.durations)) > 1:
            raise ValueError("stock synapses need the same number of steps for all sentences")
        if self._shared and self.backend == "cpp_standalone":
            words = description.input.positions  # one program for all sentences
        self.shapes = description.shapes(words or max(stimulus.words))
        self._check(stimulus)
        self._dtype = PRECISIONS[precision]
        self._ran = False
        self._latency = max(description.latency.values()) + (GATED if self._genn else 0)
        self.begin = beginnings(stimulus, start=0, latency=self._latency)
        self._project = self._open_project()
        try:
            with codegen_target(self.backend):
                self._build()
        except BaseException:
            self.close()
            raise

    @property
    def records_after_reset(self) -> bool:
        """Whether membranes can only be recorded at the end of a step, after the reset."""
        return self._genn

    def _open_project(self) -> StandaloneProject | ExternalProject | None:
        if self._external:
            return ExternalProject(self.backend, dt=self.dt, dtype=self._dtype)
        return StandaloneProject() if self.backend == "cpp_standalone" else None

    def _build(self) -> None:
        # Compiled code is made of the names of Brian 2's objects, and only kept code of the same
        # names is taken again. They may be in reference cycles, and hold their names until then.
        if find_name(CLOCK) != CLOCK.rstrip("*"):
            gc.collect()
        if self._external:
            self.clock = brian2.defaultclock
        else:
            self.clock = brian2.Clock(self.dt, name=CLOCK)
        source = self.description.input.name
        self.groups = {source: self._input_group(source)}
        self.synapses = {}
        period = int(self.begin[1])
        gate = Gate(period - GATED, period) if self._genn else None
        for layer in self.description.layers:
            group = neuron_group(layer, self.shapes[layer.name], self.clock, self._dtype, gate)
            self._clear(group)
            self.groups[layer.name] = group
            self._connect(layer)
        self.network = brian2.Network(*self.groups.values(), *self.synapses.values())

    def _connect(self, layer: Layer) -> None:
        """Make the synapses onto a layer, one object for each source."""
        connect = shared.connect if self._shared else stock.connect
        first_input = 0
        for name in layer.sources:
            source, target = self.groups[name], self.groups[layer.name]
            pathway = Pathway(
                source,
                target,
                self.shapes[name],
                self.shapes[layer.name],
                first_input,
                f"{name}_to_{layer.name}*",
            )
            self.synapses[name, layer.name] = connect(layer, pathway)
            first_input += len(source)

    def _input_group(self, name: str) -> brian2.Group:
        shape = self.shapes[name]
        if self._external:
            # Its spikes are drawn when the seed is known.
            return brian2.SpikeGeneratorGroup(
                int(np.prod(shape)), [], [] * self.dt, clock=self.clock, name=f"{name}*"
            )
        if not self._shared:
            return stock.input_group(self.stimulus, name, shape, self.begin, self.clock)
        poisson = isinstance(self.stimulus, PoissonStimulus)
        return Presentations(*shape, poisson=poisson, clock=self.clock, name=f"{name}*")

    def _clear(self, group: brian2.NeuronGroup) -> None:
        """Have the membranes of a group cleared at the beginning of each presentation."""
        if self._shared:
            self.groups[self.description.input.name].clears(group)
        else:
            group.run_regularly("v = 0", dt=self.begin[1] * self.dt, when="start")

    def run(
        self,
        *,
        seed: int,
        stimulus: Stimulus | None = None,
        advance: Callable[[float], None] | None = None,
    ) -> None:
        """Present all sentences, once.

        Parameters
        ----------
        seed : int
            Of Poisson input. With shared weights, the same seed gives the same spikes on every
            backend, and a sentence has them wherever it comes in the stream. Stock networks draw
            from Brian 2's generators, which differ between backends.
        stimulus : PoissonStimulus or SpikeStimulus, optional
            Other sentences than the network was built with, of the same kind and at most as long;
            for shared weights only. Nothing is compiled again.
        advance : callable, optional
            Called now and then with the fraction done.
        """
        if stimulus is not None:
            self._replace(stimulus)
        if self._ran and not self._shared:
            raise ValueError("stock synapses present their sentences once; build another network")
        self._ran = True
        # A compiled program begins at its first step in every run.
        start = 0 if self._project else int(self.clock.timestep[:])
        self.begin = beginnings(self.stimulus, start=start, latency=self._latency)
        plan = None
        source = self.groups[self.description.input.name]
        if self._shared:
            plan = schedule(self.stimulus, self.begin, seed=seed)
            source.schedule = plan
        elif self._external:
            drawn = schedule(self.stimulus, self.begin, seed=seed)
            neurons, steps = all_spikes(drawn, self.description.input.features)
            source.set_spikes(neurons, steps * self.dt)
        else:
            brian2.seed(seed)
        # Brian 2 looks for membranes above 1e50, a number that single precision does not have.
        with np.errstate(over="ignore"), usual_interrupts():
            self._run(plan, advance)

    def _run(self, plan: Schedule | None, advance: Callable[[float], None] | None) -> None:
        if self._external:
            self._project.run(self.network, int(self.begin[-1]) * self.dt)
            return
        if self._project:
            steps = int(self.begin[-1])
            self._project.run(self.network, steps, self.dt, plan=plan, advance=advance)
            return

        def report(_elapsed, completed, _start, _duration):
            if advance:
                advance(completed)

        duration = (self.begin[-1] - self.begin[0]) * self.dt
        # The matrix products of a step are so small that threads would mostly wait for each other.
        blas = threadpool_limits(1, user_api="blas")
        with codegen_target(self.backend), blas, brief_garbage_collection():
            self.network.run(duration, report=report, report_period=1 * brian2.second)

    def _replace(self, stimulus: Stimulus) -> None:
        if not self._shared:
            raise ValueError("stock synapses present what they were built with; build another")
        if type(stimulus) is not type(self.stimulus):
            raise ValueError(f"the network was built for a {type(self.stimulus).__name__}")
        self._check(stimulus)
        self.stimulus = stimulus

    def _check(self, stimulus: Stimulus) -> None:
        """See that all sentences fit the input neurons: compiled code would write past them."""
        words, features = self.shapes[self.description.input.name]
        if max(stimulus.words) > words:
            raise ValueError(f"the network was built for {words} words, not {max(stimulus.words)}")
        if stimulus.features != {features}:
            raise ValueError(
                f"words have {features} features for this network, not {stimulus.features}"
            )

    def close(self) -> None:
        """Free the backend. Recordings must be read before."""
        if self._project:
            self._project.close()
            self._project = None
        self.network = None

    def __enter__(self) -> BrianNetwork:
        return self

    def __exit__(self, *_error) -> None:
        self.close()
