"""Reading a recording: names of its layers, words under a neuron.

Positions are numbered from 1 where people read them (w1 is the first word), neurons and feature
maps from 0 as in the arrays, so that a number in a figure finds the neuron again.
"""

from __future__ import annotations

import numpy as np
import xarray as xr


def layer_names(recording: xr.DataTree) -> list[str]:
    """Return the layers in the order of their flow, the input first, the output last."""
    return [str(name) for name in np.atleast_1d(recording.attrs["layers"])]


def input_layer(recording: xr.DataTree) -> xr.DataTree:
    """Return the layer that spikes come in through."""
    return recording[layer_names(recording)[0]]


def output_layer(recording: xr.DataTree) -> xr.DataTree:
    """Return the layer that votes."""
    return recording[layer_names(recording)[-1]]


def words(recording: xr.DataTree) -> list[str]:
    """Return the words of the sentence, one per position of the input."""
    return [str(word) for word in input_layer(recording)["word"].values]


def class_names(recording: xr.DataTree) -> list[str]:
    """Return the names of the classes."""
    return [str(name) for name in output_layer(recording)["class"].values]


def kernel_width(recording: xr.DataTree, name: str) -> int | None:
    """Return how many words a window of the layer covers.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.
    name : str
        A layer.

    Returns
    -------
    int or None
        The width of a convolution, or of the one that a pooling layer pools; None for others.
    """
    attrs = recording[name].attrs
    if attrs["kind"] == "pooling":
        return kernel_width(recording, attrs["sources"].split()[0])
    return int(attrs["width"]) if "width" in attrs else None
