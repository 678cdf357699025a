"""Brian 2, with its own synapses and with shared weights."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import brian2

from bionlp.bench import memory
from bionlp.bench.engines import Conditions, EngineSpec
from bionlp.bench.timing import Run, costs, repeat
from bionlp.bench.workload import Workload
from bionlp.engine import Engine
from bionlp.simulation import open_network, stimulus_of
from networks.brian import EXTERNAL, GENN, Recorder
from networks.brian.neuron_files import shelf_model
from networks.brian.neuron_model import ALL
from networks.brian.private import program_seconds

PROGRAMS = ("cpp_standalone", *EXTERNAL)
"""Backends that compile a whole program."""


class _Network:
    """A network that counts its votes; see :class:`networks.brian.BrianNetwork`."""

    def __init__(self, workload: Workload, engine: Engine):
        network = workload.classifier.network
        shown = workload.classifier, workload.ids, workload.steps
        stimulus = stimulus_of(*shown, seed=workload.seed)
        started = time.perf_counter()
        self._brian = open_network(network, stimulus, engine)
        self._recorder = Recorder(self._brian, layers=[network.voting.population])
        self.build = time.perf_counter() - started
        self._readout, self._seed = network.voting, workload.seed

    def run(self) -> Run:
        """Present all sentences."""
        standalone = self._brian.backend in PROGRAMS
        marks: list[float] = []

        def mark(_fraction: float) -> None:
            marks.append(time.perf_counter())

        started = time.perf_counter()
        # Brian 2 reports before the first step and after the last.
        self._brian.run(seed=self._seed, advance=None if standalone else mark)
        return self._finished(started, program_seconds() if standalone else marks[-1] - marks[0])

    def run_program(self) -> Run:
        """Run the compiled program once more; a network of stock synapses has only one run."""
        folder = brian2.device.project_dir
        started = time.perf_counter()
        if self._brian.backend in GENN:
            brian2.device.run(folder, self._brian.backend == "genn", with_output=False)
        else:
            brian2.device.run(directory=folder, with_output=False, run_args=[])
        return self._finished(started, program_seconds())

    def _finished(self, started: float, stepping: float) -> Run:
        votes = self._readout.votes(self._recorder.counts(self._readout.population))
        return Run(time.perf_counter() - started, stepping, votes)

    def __enter__(self) -> _Network:
        return self

    def __exit__(self, *_error) -> None:
        self._brian.close()


def measure(workload: Workload, spec: EngineSpec, conditions: Conditions) -> dict[str, Any]:
    """Measure a target of Brian 2.

    Parameters
    ----------
    workload : Workload
        The sentences.
    spec : EngineSpec
        Its options are those of :class:`bionlp.engine.Engine`; ``neurons`` is a model of the
        shelf, for all layers.
    conditions : Conditions
        How it is measured.

    Returns
    -------
    dict
        What is measured here of a row. The memory of an external simulator is not.
    """
    options = dict(spec.options)
    if "neurons" in options:
        options["neurons"] = {ALL: shelf_model(options["neurons"])}
    engine = Engine(**options)
    if conditions.cache is not None:
        brian2.prefs.codegen.runtime.cython.cache_dir = str(Path(conditions.cache) / "cython")
    held: dict[str, Any] = {}
    with _Network(workload, engine) as network:
        with _watched_program(held):
            first = network.run()
        if engine.synapses == "shared":
            warm = repeat(network.run, conditions.repeats)
        elif engine.backend in PROGRAMS:
            warm = repeat(network.run_program, conditions.repeats)
        else:
            warm = [first]
        build = network.build
    start = min(run.start for run in warm)
    compiling = max(first.start - start, 0.0)
    if engine.backend in EXTERNAL:
        held["peak_mib"] = None
    return held | costs(warm, len(workload), build=build, compiling=compiling, start=start)


@contextmanager
def _watched_program(held: dict[str, int]) -> Iterator[None]:
    """Find out how much memory a compiled program holds that is run in the block."""
    preferences = brian2.prefs.devices.cpp_standalone
    command = preferences.run_cmd_unix
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "peak"
        # -I and -S: whoever watches is to be small and quick to start.
        watcher = [sys.executable, "-I", "-S", memory.__file__, str(file)]
        preferences.run_cmd_unix = [*watcher, command]
        try:
            yield
        finally:
            preferences.run_cmd_unix = command
        if file.exists() and (peak := file.read_text()):
            held["program_bytes"] = int(peak)
