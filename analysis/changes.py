"""What changed words did to a network: two recordings of one model, neuron by neuron.

Let S and S' be the spikes of a layer under the original sentence and under the changed one, at the
same neurons and steps. Spikes are in both, S S', or in one alone, S (1 - S') and (1 - S) S'. A
place that only the longer sentence has is silent under the shorter one, as it is in the network.

The decision is the lead of one class over another, M = N_a - N_b in output spikes. Classes a and b
are those that the original and the changed sentence are given; if they are given the same, b is the
runner-up. What neuron k, which the output hears, adds to the change of M is told by the weights

    P_k = (n'_k - n_k) (sum over j in a of W_jk  -  sum over j in b of W_jk)

with n_k and n'_k its spikes. P_k is a current, summed over time and over the neurons of a class: it
adds up over k, which votes do not, since output neurons have a threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from analysis.alignment import Pair
from analysis.recordings import (
    class_names,
    input_layer,
    layer_names,
    membranes,
    output_layer,
    output_name,
)
from networks.description import Network

NEEDED = (
    *("model", "language", "layers", "readout", "steps", "dt_ms", "encoding_version"),
    "interventions",
)
"""What two recordings must have in common."""


@dataclass(frozen=True)
class LayerChange:
    """How the spikes of a layer differ.

    Attributes
    ----------
    layer : str
        Its name.
    original, changed, common : int
        Spikes under the original sentence, under the changed one, and in both.
    first : int or None
        The first step in which they differ; None if they never do.
    """

    layer: str
    original: int
    changed: int
    common: int
    first: int | None

    @property
    def lost(self) -> int:
        """Spikes under the original sentence alone."""
        return self.original - self.common

    @property
    def gained(self) -> int:
        """Spikes under the changed sentence alone."""
        return self.changed - self.common

    @property
    def share(self) -> float:
        """Common spikes among all that either has; 1 where neither has any."""
        either = self.original + self.changed - self.common
        return self.common / either if either else 1.0


@dataclass(frozen=True)
class Lead:
    """By how much a class leads over another.

    Attributes
    ----------
    label, rival : int
        The classes.
    original, changed : int
        Output spikes by which the label leads under either sentence.
    """

    label: int
    rival: int
    original: int
    changed: int


@dataclass(frozen=True)
class Push:
    """What a neuron that the output hears did to the lead.

    Attributes
    ----------
    layer : str
        Where it is.
    index : int
        Which it is, in C order.
    original, changed : int
        Its spikes.
    current : float
        What their difference adds to the lead, in the unit of the output's membranes.
    """

    layer: str
    index: int
    original: int
    changed: int
    current: float


def check_alike(original: xr.DataTree, changed: xr.DataTree) -> None:
    """See that two recordings are of one network under the same circumstances.

    Parameters
    ----------
    original, changed : xarray.DataTree
        See :mod:`bionlp.recording`. Seeds may differ.

    Raises
    ------
    ValueError
        If they differ in model, steps, layers, neurons or classes.
    """
    for name in NEEDED:
        one, other = (np.asarray(r.attrs.get(name)).tolist() for r in (original, changed))
        if one != other:
            raise ValueError(f"the recordings differ in {name}: {one!r} and {other!r}")
    if class_names(original) != class_names(changed):
        raise ValueError("the recordings differ in their classes")
    for layer in layer_names(original):
        one, other = original[layer], changed[layer]
        names = one.attrs.get("parameters", "").split()
        for name in ("neuron", "neuron_model", "parameters", *names):
            if one.attrs.get(name) != other.attrs.get(name):
                raise ValueError(f"the recordings differ in {name} of {layer!r}")
        if one["spikes"].shape[2:] != other["spikes"].shape[2:]:
            raise ValueError(f"the recordings differ in the shape of {layer!r}")


def both_spikes(
    original: xr.DataTree, changed: xr.DataTree, layer: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return the spikes of a layer under both sentences, place by place.

    Parameters
    ----------
    original, changed : xarray.DataTree
        As of :func:`check_alike`.
    layer : str
        A layer.

    Returns
    -------
    original, changed : numpy.ndarray of bool, both of shape (time, ...)
        Of one shape; places that a sentence does not have are silent.
    """
    found = [recording[layer]["spikes"].values.astype(bool) for recording in (original, changed)]
    places = max(spikes.shape[1] for spikes in found)
    one, other = (_padded(spikes, places, axis=1) for spikes in found)
    return one, other


def layer_changes(original: xr.DataTree, changed: xr.DataTree) -> list[LayerChange]:
    """Compare the spikes of every layer.

    Parameters
    ----------
    original, changed : xarray.DataTree
        As of :func:`check_alike`.

    Returns
    -------
    list of LayerChange
        In the order of flow.
    """
    return [
        _layer_change(layer, *both_spikes(original, changed, layer))
        for layer in layer_names(original)
    ]


def word_changes(
    original: xr.DataTree, changed: xr.DataTree, pairs: Sequence[Pair]
) -> list[LayerChange]:
    """Compare the input spikes of words with those of what became of them.

    Parameters
    ----------
    original, changed : xarray.DataTree
        As of :func:`check_alike`.
    pairs : sequence of Pair
        Their words.

    Returns
    -------
    list of LayerChange
        For each pair. A word that moved is compared with itself at its new place, where its noise
        is another.
    """
    name = layer_names(original)[0]
    before, after = (input_layer(r)["spikes"].values.astype(bool) for r in (original, changed))
    none = np.zeros_like(before[:, 0])
    return [
        _layer_change(
            name,
            none if pair.original is None else before[:, pair.original],
            none if pair.changed is None else after[:, pair.changed],
        )
        for pair in pairs
    ]


def recorded_in_both(
    original: xr.DataTree, changed: xr.DataTree, layer: str
) -> list[tuple[int, np.ndarray, np.ndarray]]:
    """Return the membranes of the neurons of a layer that were recorded under both sentences.

    Parameters
    ----------
    original, changed : xarray.DataTree
        As of :func:`check_alike`.
    layer : str
        A layer.

    Returns
    -------
    list of (int, numpy.ndarray, numpy.ndarray)
        Of each neuron its index in C order, and its membrane under either sentence, shape (time,),
        as of :func:`analysis.recordings.membranes`.
    """
    nodes = original[layer], changed[layer]
    common, *at = np.intersect1d(*(node["index"].values for node in nodes), return_indices=True)
    before, after = (
        membranes(recording, layer)[:, columns]
        for recording, columns in zip((original, changed), at, strict=True)
    )
    return [(int(i), before[:, n], after[:, n]) for n, i in enumerate(common)]


def place_changes(original: xr.DataTree, changed: xr.DataTree, layer: str) -> np.ndarray:
    """Count the spikes of each place of a layer that only one sentence has.

    Parameters
    ----------
    original, changed : xarray.DataTree
        As of :func:`check_alike`.
    layer : str
        A layer with positions.

    Returns
    -------
    numpy.ndarray of int, shape (positions, features, 2)
        Of each position and feature map, spikes under the original sentence alone and under the
        changed one alone.
    """
    before, after = both_spikes(original, changed, layer)
    return np.stack([(before & ~after).sum(axis=0), (after & ~before).sum(axis=0)], axis=-1)


def lead(original: xr.DataTree, changed: xr.DataTree) -> Lead:
    """Return the lead that the words were changed to turn.

    Parameters
    ----------
    original, changed : xarray.DataTree
        As of :func:`check_alike`.

    Returns
    -------
    Lead
        Of the class that the original is given over that which the changed sentence is given, or
        over its runner-up.
    """
    before, after = votes(original), votes(changed)
    label = int(np.argmax(before))
    rival = next(int(c) for c in np.argsort(-after, kind="stable") if c != label)
    return Lead(label, rival, int(before[label] - before[rival]), int(after[label] - after[rival]))


def votes(recording: xr.DataTree) -> np.ndarray:
    """Return the output spikes of each class, shape (classes,)."""
    return output_layer(recording)["spikes"].sum(("time", "neuron")).values


def pushes(
    network: Network, original: xr.DataTree, changed: xr.DataTree, found: Lead
) -> list[Push]:
    """Ask the weights what the neurons that the output hears did to the lead.

    Parameters
    ----------
    network : Network
        The whole network that was recorded.
    original, changed : xarray.DataTree
        As of :func:`check_alike`.
    found : Lead
        Between which classes.

    Returns
    -------
    list of Push
        Of all that did something, strongest first.
    """
    output = output_name(original)
    each = network[output].size // network.voting.groups
    sign = np.zeros(network[output].size)
    sign[found.label * each : (found.label + 1) * each] = 1
    sign[found.rival * each : (found.rival + 1) * each] = -1
    result = []
    for connection in network.into(output):
        sources = [name for name in connection.sources if name != output]
        if len(sources) < len(connection.sources):
            continue  # what it hears of itself is no cause of its own
        weight = sign @ connection.transform.matrix(network.source_shape(connection))
        first = 0
        for name in sources:
            shape = network.shapes[name]
            steps = int(original.attrs["steps"]) - connection.delay
            before, after = (
                _padded(spikes[: max(steps, 0)], shape[0], axis=1).sum(axis=0).ravel()
                for spikes in both_spikes(original, changed, name)
            )
            current = (after - before) * weight[first : first + before.size]
            result += [
                Push(name, int(k), int(before[k]), int(after[k]), float(current[k]))
                for k in np.flatnonzero(current)
            ]
            first += before.size
    return sorted(result, key=lambda push: -abs(push.current))


def _padded(spikes: np.ndarray, places: int, axis: int) -> np.ndarray:
    """Return spikes with as many places along an axis, those at the end being silent."""
    widths = [(0, 0)] * spikes.ndim
    widths[axis] = (0, places - spikes.shape[axis])
    return np.pad(spikes, widths)


def _layer_change(layer: str, before: np.ndarray, after: np.ndarray) -> LayerChange:
    differ = (before != after).reshape(len(before), -1).any(axis=1)
    return LayerChange(
        layer,
        int(np.count_nonzero(before)),
        int(np.count_nonzero(after)),
        int(np.count_nonzero(before & after)),
        int(differ.argmax()) if differ.any() else None,
    )
