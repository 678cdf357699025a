"""A described network, alive in Brian 2."""

from __future__ import annotations

from collections.abc import Callable

import brian2
from brian2 import ms

from networks.brian.backends import StandaloneProject, choose_backend, codegen_target
from networks.brian.groups import connect, neuron_group
from networks.brian.stimulus import Stimulus, input_group
from networks.description import NetworkDescription

DT = 1 * ms


class BrianNetwork:
    """A network and its stimulus, built and ready to run.

    Use it as a context manager, or call :meth:`close`: ``cpp_standalone`` changes Brian 2's device
    for the whole process until then.

    Parameters
    ----------
    description : NetworkDescription
        The network.
    stimulus : PoissonStimulus or SpikeStimulus
        What it is shown. Only as many positions as the longest sentence has are built.
    backend : str
        ``numpy``, ``cython``, ``cpp_standalone`` or ``auto``.
    dt : brian2.Quantity
        Duration of a step.

    Attributes
    ----------
    network : brian2.Network
        Holds everything; add monitors of your own with ``network.add``.
    groups : dict of str to brian2.Group
        The neurons of each layer, the input included, by the layer's name.
    synapses : dict of tuple of str to brian2.Synapses
        By (source, target).
    clock : brian2.Clock
        Ticks once a step.
    shapes : dict of str to tuple of int
        Shape of each group; its neurons are numbered in C order.
    period : int
        Steps from the start of one presentation to the next.

    Raises
    ------
    BackendUnavailable
        If the backend does not exist or cannot run here.
    """

    def __init__(
        self,
        description: NetworkDescription,
        stimulus: Stimulus,
        *,
        backend: str = "auto",
        dt: brian2.Quantity = DT,
    ):
        self.description, self.stimulus, self.dt = description, stimulus, dt
        self.backend = choose_backend(backend, len(stimulus.words))
        self.shapes = description.shapes(max(stimulus.words))
        self.period = stimulus.steps + max(description.latency.values())
        self._project = StandaloneProject() if self.backend == "cpp_standalone" else None
        try:
            with codegen_target(self.backend):
                self._build()
        except BaseException:
            self.close()
            raise

    def _build(self) -> None:
        self.clock = brian2.Clock(self.dt, name="steps*")
        source = self.description.input.name
        self.groups = {
            source: input_group(self.stimulus, source, self.shapes[source], self.period, self.clock)
        }
        self.synapses = {}
        for layer in self.description.layers:
            group = neuron_group(layer, self.shapes[layer.name], self.clock)
            group.run_regularly("v = 0", dt=self.period * self.dt, when="start")
            self.groups[layer.name] = group
            pathways = connect(layer, self.groups, self.shapes)
            self.synapses |= {
                (source, layer.name): synapses
                for source, synapses in zip(layer.sources, pathways, strict=True)
            }
        self.network = brian2.Network(*self.groups.values(), *self.synapses.values())

    def run(self, *, seed: int, advance: Callable[[float], None] | None = None) -> None:
        """Present all sentences, once.

        Parameters
        ----------
        seed : int
            Of Brian 2's random numbers, and so of Poisson input. The same seed gives the same
            spikes on the same backend; backends differ in their generators.
        advance : callable, optional
            Called about once a second with the fraction done. ``cpp_standalone`` is a program of
            its own and does not call it.
        """
        brian2.seed(seed)
        duration = len(self.stimulus.words) * self.period * self.dt
        if self._project:
            self.network.run(duration)
            self._project.build_and_run()
            return

        def report(_elapsed, completed, _start, _duration):
            if advance:
                advance(completed)

        with codegen_target(self.backend):
            self.network.run(duration, report=report, report_period=1 * brian2.second)

    def close(self) -> None:
        """Free the backend. Recordings must be read before."""
        if self._project:
            self._project.close()
            self._project = None

    def __enter__(self) -> BrianNetwork:
        return self

    def __exit__(self, *_error) -> None:
        self.close()
