"""Reading a recording: names of its populations, words under a neuron, parameters of neurons.

Positions are numbered from 1 where people read them (w1 is the first word), neurons and feature
maps from 0 as in the arrays, so that a number in a figure finds the neuron again.
"""

from __future__ import annotations

import json

import numpy as np
import xarray as xr


def layer_names(recording: xr.DataTree) -> list[str]:
    """Return the populations in the order of their flow, the input first."""
    return [str(name) for name in np.atleast_1d(recording.attrs["layers"])]


def hidden_names(recording: xr.DataTree) -> list[str]:
    """Return the populations that are neither the input nor the readout."""
    return [name for name in layer_names(recording)[1:] if name != output_name(recording)]


def output_name(recording: xr.DataTree) -> str:
    """Return the population that votes."""
    return str(recording.attrs["readout"])


def input_layer(recording: xr.DataTree) -> xr.DataTree:
    """Return the population that spikes come in through."""
    return recording[layer_names(recording)[0]]


def output_layer(recording: xr.DataTree) -> xr.DataTree:
    """Return the population that votes."""
    return recording[output_name(recording)]


def words(recording: xr.DataTree) -> list[str]:
    """Return the words of the sentence, one per position of the input."""
    return [str(word) for word in input_layer(recording)["word"].values]


def class_names(recording: xr.DataTree) -> list[str]:
    """Return the names of the classes."""
    return [str(name) for name in output_layer(recording)["class"].values]


NO_LABEL = "undecided"
"""What stands for the label where no class has the most output spikes."""


def is_decided(recording: xr.DataTree) -> bool:
    """Tell whether a class has the most output spikes; else the label is -1."""
    return int(recording.attrs["label"]) >= 0


def kernel_width(recording: xr.DataTree, name: str) -> int | None:
    """Return how many positions a window of the population covers.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.
    name : str
        A population.

    Returns
    -------
    int or None
        The width of a convolution, or of the one that pooling follows; None for others.
    """
    seen: set[str] = set()
    while recording[name].attrs["kind"] == "pooling" and name not in seen:
        seen.add(name)
        name, *_ = recording[name].attrs["sources"].split()
    width = recording[name].attrs.get("width")
    return None if width is None else int(width)


def windows(recording: xr.DataTree, name: str) -> list[slice] | None:
    """Return which words lie under each position of a population.

    Parameters
    ----------
    recording, name
        As of :func:`kernel_width`.

    Returns
    -------
    list of slice or None
        For each position, into :func:`words`; None if there are no positions over words.
    """
    node = recording[name]
    if "first_word" not in node.coords:
        return None
    bounds = zip(node["first_word"].values.tolist(), node["last_word"].values.tolist(), strict=True)
    return [slice(first, last + 1) for first, last in bounds]


def parameter(recording: xr.DataTree, layer: str, name: str) -> np.ndarray | None:
    """Return a parameter of all neurons of a population.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.
    layer : str
        A population.
    name : str
        Of the parameter.

    Returns
    -------
    numpy.ndarray of float or None
        In C order; None if its neurons have no such parameter.
    """
    node = recording[layer]
    if name not in node.attrs.get("parameters", "").split():
        return None
    value = node[name].values if name in node.data_vars else node.attrs[name]
    return np.broadcast_to(value, node["spikes"].shape[1:]).astype(float).ravel()


VOLT, MILLIVOLTS = "V", "mV"
"""Unit in which membranes are recorded, and the one in which they are shown."""


def membrane_unit(recording: xr.DataTree, layer: str) -> str:
    """Return the unit that membranes are shown in, empty for that of the weights."""
    unit = str(recording[layer]["membrane"].attrs.get("units", ""))
    return MILLIVOLTS if unit == VOLT else unit


def membranes(recording: xr.DataTree, layer: str) -> np.ndarray:
    """Return the recorded membranes of a population as they are shown.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.
    layer : str
        A population.

    Returns
    -------
    numpy.ndarray of float, shape (time, recorded)
        In :func:`membrane_unit`.
    """
    return recording[layer]["membrane"].values.astype(float) * _shown(recording, layer)


def firing_levels(recording: xr.DataTree, layer: str) -> np.ndarray | None:
    """Return what the membrane of each neuron has to exceed to fire.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.
    layer : str
        A population.

    Returns
    -------
    numpy.ndarray of float or None
        In C order, in :func:`membrane_unit`; None if it has none, or one that changes with time.
    """
    node = recording[layer]
    if not has_neuron_model(recording, layer):
        return parameter(recording, layer, "threshold")
    if "level" not in node.attrs:
        return None
    level = float(node.attrs["level"]) * _shown(recording, layer)
    return np.full(node["spikes"][0].size, level)


def has_neuron_model(recording: xr.DataTree, layer: str) -> bool:
    """Tell whether neurons of a population were given as text, and not those that were trained."""
    return bool(recording[layer].attrs.get("neuron_model"))


def neuron_titles(recording: xr.DataTree) -> dict[str, str]:
    """Return, by population, the title of neurons that were given as text, or their equations."""
    models = {
        name: json.loads(recording[name].attrs["neuron_model"])
        for name in layer_names(recording)
        if has_neuron_model(recording, name)
    }
    return {
        name: " ".join((model["title"] or model["equations"]).split())
        for name, model in models.items()
    }


def _shown(recording: xr.DataTree, layer: str) -> float:
    return 1e3 if membrane_unit(recording, layer) == MILLIVOLTS else 1.0


def place_names(spikes: xr.DataArray, labels: list[str] | None) -> list[str] | None:
    """Return names of the neurons along all axes but the last.

    Parameters
    ----------
    spikes : xarray.DataArray
        Spikes of a population, time first.
    labels : list of str, optional
        What its positions or classes are called.

    Returns
    -------
    list of str or None
        In C order; None if there is only one axis.
    """
    dims = spikes.dims[1:-1]
    if not dims:
        return None
    if len(dims) == 1 and labels is not None:
        return labels
    places = np.ndindex(*(spikes.sizes[dim] for dim in dims))
    return [", ".join(f"{d} {n}" for d, n in zip(dims, place, strict=True)) for place in places]


def member(spikes: xr.DataArray) -> str:
    """Return what a neuron is among those of its place: a feature map, or a neuron."""
    return "map" if spikes.dims[-1] == "feature" else "neuron"
