"""What a network from a NIR file costs in Brian 2: shared weights beside Brian 2's own synapses.

Each is measured in a process of its own, twice: the first time code is compiled, the second time
it is there.
"""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from bionlp.bench.memory import MIB, peak_bytes


@dataclass(frozen=True)
class GraphCost:
    """A row of the comparison.

    Attributes
    ----------
    synapses : str
        ``shared`` or ``stock``.
    weights : int
        Numbers that synapses hold, or weights that are held once.
    build_s : float
        To make groups and synapses.
    first_s : float
        The first run, with what has to be compiled.
    ms_per_step : float
        Wall time of a warm run, for each of its steps.
    peak_mib : float or None
        Most memory held beyond the imports; None where it cannot be known.
    spikes : int
        Of all populations but the input.
    """

    synapses: str
    weights: int
    build_s: float
    first_s: float
    ms_per_step: float
    peak_mib: float | None
    spikes: int


def measure_graph(
    path: Path, like: str, *, dt: float | None, rates: str, steps: int, seed: int, backend: str
) -> list[GraphCost]:
    """Measure both kinds of synapses.

    Parameters
    ----------
    path, like, dt
        As of :func:`bionlp.graphs.load_graph`.
    rates, steps
        As of :func:`bionlp.graphs.poisson_spikes`.
    seed : int
        Of the input.
    backend : {"numpy", "cython"}
        Of Brian 2.

    Returns
    -------
    list of GraphCost
        One for each.
    """
    spawn = multiprocessing.get_context("spawn")
    rows = []
    for synapses in ("shared", "stock"):
        with ProcessPoolExecutor(1, mp_context=spawn) as pool:
            task = pool.submit(_measure, path, like, dt, rates, steps, seed, backend, synapses)
            rows.append(task.result())
    return rows


def _measure(
    path: Path,
    like: str,
    dt: float | None,
    rates: str,
    steps: int,
    seed: int,
    backend: str,
    synapses: str,
) -> GraphCost:
    from bionlp.encoding import poisson_spikes as draw
    from bionlp.graphs import load_graph, poisson_spikes
    from networks.brian import BrianNetwork, PoissonStimulus, Recorder, SpikeStimulus

    imported = load_graph(path, like, dt=dt)
    shown = cast(PoissonStimulus, poisson_spikes(imported, rates, steps).stimulus)
    network, shape = imported.network, imported.network.input.shape
    # Both kinds are shown the same spikes; stock synapses would draw others.
    spikes = draw(shown.table[shown.ids[0]], steps, seed=seed).reshape(steps, *shape)
    before, times = peak_bytes(), []
    for _ in range(2):
        begun = time.perf_counter()
        stimulus = SpikeStimulus([spikes])
        with BrianNetwork(network, stimulus, backend=backend, synapses=synapses) as brian:
            recorder = Recorder(brian)
            built = time.perf_counter()
            brian.run(seed=seed)
            times.append((built - begun, time.perf_counter() - built))
            activity = recorder.activity(0)
            held = sum(map(len, brian.synapses.values())) if synapses == "stock" else 0
    if synapses == "shared":
        held = sum(weight.size for weight in network.weights.values())
    after = peak_bytes()
    return GraphCost(
        synapses,
        held,
        times[1][0],
        times[0][1],
        times[1][1] / steps * 1000,
        None if before is None or after is None else (after - before) / MIB,
        sum(int(activity[population.name].spikes.sum()) for population in network.hidden),
    )
