"""Whether a network does what the library that wrote it computed, spike by spike.

Spikes are compared for equality, in every step of every neuron. Membranes are kept by some
libraries before the reset and by others after it; the nearer of the two is what is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from networks.activity import Activity
from networks.brian import BrianNetwork, Recorder, SpikeStimulus
from networks.description import Network
from networks.neurons import Neuron
from networks.nir.container import Graph, GraphError
from networks.nir.conventions import CONVENTIONS, Conventions
from networks.nir.reading import Imported, interpret, time_step
from networks.nir.reference import Reference
from networks.nir.structure import flatten
from networks.pytorch import SpikingNetwork

STEPS_TRIED = (1e-3, 1e-4, 1.0)
"""Time steps that are tried where neither a file nor conventions say one."""


@dataclass(frozen=True)
class LayerProof:
    """A layer beside its reference.

    Attributes
    ----------
    population, node : str
        Its name, and that of its node in the file.
    spikes : int
        How many it fired.
    expected, differing : int or None
        How many the reference has, and in how many places they differ; None if it has none.
    membrane : float or None
        Largest difference of membranes; None if the reference has none.
    """

    population: str
    node: str
    spikes: int
    expected: int | None
    differing: int | None
    membrane: float | None


def count_differing(layers: Iterable[LayerProof]) -> int:
    """Add up the differing spikes of layers; one without a reference has none."""
    return sum(layer.differing or 0 for layer in layers)


@dataclass(frozen=True)
class Attempt:
    """What came of one set of conventions.

    Attributes
    ----------
    conventions : Conventions
        What was tried.
    dt : float or None
        With which time step.
    layers : tuple of LayerProof
        How far each layer was reproduced; empty if the graph cannot be read so.
    reason : str
        Why not.
    """

    conventions: Conventions
    dt: float | None
    layers: tuple[LayerProof, ...]
    reason: str = ""

    @property
    def differing(self) -> int | None:
        """Differing spikes of all layers; None if nothing was computed."""
        return count_differing(self.layers) if self.layers else None

    @property
    def membrane(self) -> float:
        """Largest difference of all membranes that are known."""
        return max((layer.membrane or 0.0 for layer in self.layers), default=np.inf)


def prove(
    imported: Imported,
    reference: Reference,
    *,
    backend: str | None = None,
    synapses: str | None = None,
) -> tuple[LayerProof, ...]:
    """Compare a network to what another library computed.

    Parameters
    ----------
    imported : Imported
        The network.
    reference : Reference
        What the library computed.
    backend : str or None
        Backend of Brian 2; None for PyTorch.
    synapses : {"shared", "stock"}, optional
        Of Brian 2.

    Returns
    -------
    tuple of LayerProof
        For each layer in the order of flow.

    Raises
    ------
    GraphError
        If the reference is one of another network.
    """
    layers = imported.network.hidden
    shown = imported.shown(reference.input)
    _check(imported, reference)
    wanted = {layers[number].name: range(layers[number].size) for number in reference.membranes}
    activity = _activity(imported.network, shown, wanted, backend, synapses)
    return tuple(
        _compared(imported, number, activity[layer.name], reference)
        for number, layer in enumerate(layers)
    )


def try_conventions(
    graph: Graph, reference: Reference, *, dt: float | None = None
) -> list[Attempt]:
    """Find the conventions that reproduce what a library computed, in PyTorch.

    Parameters
    ----------
    graph : Graph
        What the file holds.
    reference : Reference
        What the library computed.
    dt : float, optional
        Time step; by default those of the conventions and the file, and some that are common.

    Returns
    -------
    list of Attempt
        All that were tried: fewest differing spikes first, then the smallest difference of
        membranes.
    """
    flat = flatten(graph)
    attempts = []
    for conventions in CONVENTIONS.values():
        try:
            steps: tuple[float, ...] = (time_step(flat, conventions, dt),)
        except GraphError:
            steps = STEPS_TRIED
        attempts += [_attempt(graph, reference, conventions, step) for step in steps]
    return sorted(attempts, key=_rank)


def _rank(attempt: Attempt) -> tuple[float, float]:
    differing = attempt.differing
    return (np.inf if differing is None else differing, attempt.membrane)


def _attempt(graph: Graph, reference: Reference, conventions: Conventions, dt: float) -> Attempt:
    try:
        imported = interpret(graph, conventions, dt=dt)
        return Attempt(conventions, dt, prove(imported, reference))
    except GraphError as error:
        return Attempt(conventions, dt, (), str(error))


def _check(imported: Imported, reference: Reference) -> None:
    """See that a reference has the shapes of a network."""
    layers = imported.network.hidden
    for kind, parts in (("s", reference.spikes), ("v", reference.membranes)):
        for number, array in parts.items():
            if number >= len(layers):
                raise GraphError(
                    f"the reference has {kind}_{number}, and the network {len(layers)} layers"
                )
            shape = imported.shapes[layers[number].name]
            if array.shape[1:] != shape:
                raise GraphError(
                    f"{kind}_{number} of the reference has the shape {array.shape[1:]} in a step, "
                    f"and layer {layers[number].name!r} has {shape}"
                )


def _activity(
    network: Network,
    shown: np.ndarray,
    membranes: Mapping[str, Iterable[int]],
    backend: str | None,
    synapses: str | None,
) -> Mapping[str, Activity]:
    if backend is None:
        return SpikingNetwork(network).double().eval().activity(shown, membranes)
    stimulus = SpikeStimulus([shown])
    with BrianNetwork(network, stimulus, backend=backend, synapses=synapses) as brian:
        recorder = Recorder(brian, membranes=membranes)
        brian.run(seed=0)
        return recorder.activity(0)


def _compared(
    imported: Imported, number: int, activity: Activity, reference: Reference
) -> LayerProof:
    layer = imported.network.hidden[number]
    spikes, expected = activity.spikes, reference.spikes.get(number)
    differing = None
    if expected is not None:
        differing = int((spikes != features_last(expected).reshape(spikes.shape)).sum())
    membrane = None
    if number in reference.membranes:
        kept = features_last(reference.membranes[number]).reshape(len(spikes), -1)
        membrane = min(
            float(np.abs(found - kept).max()) for found in _moments(layer.neuron, activity)
        )
    return LayerProof(
        layer.name,
        imported.nodes[layer.name],
        int(spikes.sum()),
        None if expected is None else int(expected.sum()),
        differing,
        membrane,
    )


def _moments(neuron: Neuron, activity: Activity) -> list[np.ndarray]:
    """Return membranes as they were tested, and as a reset in the same step leaves them."""
    tested = activity.membrane
    fired = activity.spikes.reshape(tested.shape)
    found = [tested]
    if fired.any() and getattr(neuron, "reset", None) == "at once":
        if hasattr(neuron, "reset_value"):
            left = np.broadcast_to(np.ravel(neuron.reset_value), tested.shape)
        else:
            left = tested - np.ravel(neuron.values["threshold"])
        found.append(np.where(fired, left, tested))
    return found


def features_last(array: np.ndarray) -> np.ndarray:
    """Return an array of steps with channels first as one with features last."""
    return np.moveaxis(array, 1, -1) if array.ndim > 2 else array
