"""Networks of other libraries: read from NIR files, shown spikes, and recorded as sentences are.

To read a network takes no simulator, so Brian 2 is imported where it is first needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bionlp.errors import BionlpError, GraphFileError, OutputError, UsageError
from bionlp.files import reason
from bionlp.limits import MOST_STEPS
from bionlp.membranes import DEFAULT
from networks import nir
from networks.description import Network
from networks.nir.reference import input_of, read_arrays

if TYPE_CHECKING:
    import xarray as xr

    from bionlp.engine import Engine
    from bionlp.simulation import Advance
    from networks.brian import Stimulus

NAMED = 100
"""Neurons of a readout that are classes of their own; more are one class together."""


@dataclass(frozen=True)
class Shown:
    """What a network is shown.

    Attributes
    ----------
    stimulus : PoissonStimulus or SpikeStimulus
        One presentation.
    text : str
        Where it is from.
    """

    stimulus: Stimulus
    text: str


@contextmanager
def graph_errors() -> Iterator[None]:
    """Turn what is wrong with a NIR file into an error for users.

    Raises
    ------
    GraphFileError
        If the block finds a file that cannot be read, or a graph that cannot be simulated.
    OutputError
        If it cannot write a file.
    """
    try:
        yield
    except nir.GraphError as error:
        raise GraphFileError(str(error)) from error
    except BionlpError:
        raise
    except OSError as error:
        raise OutputError(f"cannot write {error.filename}: {reason(error)}") from error


def conventions_of(like: str) -> nir.Conventions | None:
    """Return the conventions of a name; None for those of the file.

    Raises
    ------
    UsageError
        If there are none of that name.
    """
    if like == "file":
        return None
    if like not in nir.CONVENTIONS:
        raise UsageError(
            f"unknown conventions {like!r}; choose one of file, {', '.join(nir.CONVENTIONS)}"
        )
    return nir.CONVENTIONS[like]


def load_graph(
    path: Path, like: str = "file", *, dt: float | None = None, round_delays: bool = False
) -> nir.Imported:
    """Read a network from a NIR file.

    Parameters
    ----------
    path : Path
        The file.
    like : str
        Name of the conventions, or ``file`` for those that it has in its metadata.
    dt : float, optional
        Time step in the unit of the file.
    round_delays : bool
        Whether delays may be rounded to whole steps.

    Returns
    -------
    Imported
        The network.

    Raises
    ------
    GraphFileError
        If the file cannot be read, or holds something that cannot be simulated.
    UsageError
        If there are no conventions of that name.
    """
    with graph_errors():
        return nir.read(path, conventions_of(like), dt=dt, round_delays=round_delays)


def given_spikes(imported: nir.Imported, path: Path) -> Shown:
    """Read the spikes that a network is to be shown.

    Parameters
    ----------
    imported : Imported
        The network.
    path : Path
        An .npz file with ``input``, of shape (steps, ...) with channels first; or a recording of
        this program, whose input is shown again.

    Returns
    -------
    Shown
        Them.

    Raises
    ------
    GraphFileError
        If the file holds no such spikes.
    RecordingError
        If it is a recording that cannot be read.
    """
    from networks.brian import SpikeStimulus

    if path.suffix == ".nc":
        spikes = _replayed(imported.network, path)
    else:
        with graph_errors():
            spikes = imported.shown(input_of(read_arrays(path), path))
    return Shown(SpikeStimulus([spikes]), f"input of {path.name}")


def _replayed(network: Network, path: Path) -> np.ndarray:
    """Return the input of a recording, with silence behind it where it is shorter."""
    from bionlp.recording import open_recording, positions_of

    recording = open_recording(path)
    layer = recording.attrs["layers"][0]
    found = recording[layer]["spikes"].values.astype(bool)
    shape = network.input.shape
    positions = positions_of(shape)
    features = prod(shape) // positions
    if found.shape[1] > positions or found.shape[2] != features:
        raise GraphFileError(
            f"the input of {path} has {found.shape[1]} positions of {found.shape[2]} features, and "
            f"the network takes up to {positions} of {features}"
        )
    spikes = np.zeros((len(found), positions, features), dtype=bool)
    spikes[:, : found.shape[1]] = found
    return spikes.reshape(len(found), *shape)


def poisson_spikes(imported: nir.Imported, rates: str, steps: int) -> Shown:
    """Return Poisson input for a network.

    Parameters
    ----------
    imported : Imported
        The network.
    rates : str
        Probability of a spike in a step: a number for all input neurons, or an .npz file with
        ``input``, an array of the shape of the input with channels first.
    steps : int
        Length of the presentation.

    Returns
    -------
    Shown
        It.

    Raises
    ------
    GraphFileError
        If the file holds no such rates.
    UsageError
        If a rate is no probability.
    """
    from networks.brian import PoissonStimulus

    shape = imported.network.input.shape
    try:
        table = np.full(shape, float(rates))
    except ValueError:
        table = _rates(imported, Path(rates))
    try:
        stimulus = PoissonStimulus.of_rates([table.reshape(shape[0], -1)], steps)
    except ValueError as error:
        raise UsageError(f"--poisson {rates}: {error}") from error
    return Shown(stimulus, f"Poisson input, {rates}")


def _rates(imported: nir.Imported, path: Path) -> np.ndarray:
    with graph_errors():
        arrays = read_arrays(path)
        if arrays.keys() != {"input"} or len(imported.inputs) > 1:
            raise nir.GraphError(
                f"{path} holds {', '.join(arrays)}, and rates are one array, input"
            )
        return imported.shown({"": arrays["input"][None]})[0].astype(np.float64)


def run_graph(
    imported: nir.Imported,
    name: str,
    shown: Shown,
    *,
    seed: int = 0,
    engine: Engine,
    record: Sequence[str] = DEFAULT,
    advance: Advance | None = None,
) -> xr.DataTree:
    """Simulate a network in Brian 2 and record it.

    Parameters
    ----------
    imported : Imported
        The network.
    name : str
        What it is called.
    shown : Shown
        What it is shown.
    seed : int
        Of Poisson input.
    engine, record, advance
        As of :func:`bionlp.simulation.simulate`.

    Returns
    -------
    xarray.DataTree
        In the format of :mod:`bionlp.recording`. An input with rows and columns has a position for
        each pair; each neuron of the readout is a class, if there are at most a hundred.

    Raises
    ------
    BackendError
        If the backend cannot run here, or not this network.
    UsageError
        If a neuron to record does not exist.
    """
    from bionlp.engine import DT_MS
    from bionlp.recording import Circumstances, Presented, label_activity, positions_of
    from bionlp.simulation import run_brian

    steps = shown.stimulus.durations[0]
    if steps > MOST_STEPS:
        raise UsageError(f"the input has {steps:,} steps, and at most {MOST_STEPS:,} are presented")
    network = imported.network
    engine = engine.chosen(1)
    backend, (activity,) = run_brian(
        network, shown.stimulus, seed=seed, engine=engine, record=record, advance=advance
    )
    readout = readout_of(imported)
    size = network[readout].size
    presented = Presented(
        network,
        {name: network.unit(name) for name in network.shapes},
        name,
        "",
        shown.text,
        tuple(str(n + 1) for n in range(positions_of(network.input.shape))),
        readout,
        tuple(map(str, range(size))) if size <= NAMED else ("all",),
    )
    circumstances = Circumstances(
        seed=seed,
        backend=backend,
        dt_ms=DT_MS,
        precision=engine.precision,
        synapses=engine.synapses,
    )
    return label_activity(presented, activity, circumstances)


def readout_of(imported: nir.Imported) -> str:
    """Return the population that is read: before an Output, and one that spikes if there is one."""
    network = imported.network
    before = [name for names in imported.outputs.values() for name in names]
    spiking = [p.name for p in network.hidden if p.neuron.spikes]
    candidates = [name for name in before if name in spiking] or spiking or before
    return (candidates or [network.hidden[-1].name])[-1]
