"""Recordings of version 1: a row of layers of leaky integrate-and-fire neurons."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import xarray as xr
from pydantic import Field

from bionlp.decision import UNDECIDED, predict_labels
from bionlp.limits import LARGEST, LEAST_PARAMETER
from bionlp.recording.schema import (
    Common,
    Count,
    Positive,
    check_arrays,
    check_sources,
    checked,
)
from bionlp.strict import OneOf, Open
from networks.described import values
from networks.neurons import LIF

VERSION = 1


class Root(Common):
    """Attributes of the root."""

    version: Annotated[int, OneOf([VERSION])]


class Hidden(Open):
    """Attributes of a layer behind the input."""

    kind: Literal["convolution", "pooling", "dense"]
    threshold: Annotated[float, Field(ge=LEAST_PARAMETER, le=LARGEST)]
    decay: Annotated[float, Field(ge=LEAST_PARAMETER, le=1)]
    sources: str
    latency: Count = 0
    width: Positive = 1


def upgrade(recording: xr.DataTree) -> xr.DataTree:
    """Check a recording, and say what it says as the present version does.

    Parameters
    ----------
    recording : xarray.DataTree
        What was read.

    Returns
    -------
    xarray.DataTree
        The same activity. What was not recorded then (the number of the sentence, precision,
        synapses, units) is not there; it still says that it is of version 1.

    Raises
    ------
    RecordingError
        If something is missing or wrong.
    """
    root = checked(Root, recording)
    first, *hidden = root.layers
    upgraded = recording.copy()
    upgraded.attrs["readout"] = hidden[-1] if hidden else first
    for name in {*root.layers} & {*recording.children}:
        upgraded[name].attrs["neuron"] = "Input" if name == first else LIF.__name__
    for name in {*hidden} & {*recording.children}:
        layer = checked(Hidden, recording[name])
        check_sources(name, layer.kind, layer.sources, root.layers)
        _upgrade_layer(upgraded, name, layer)
    check_arrays(upgraded, root, upgraded.attrs["readout"])
    votes = upgraded[upgraded.attrs["readout"]]["spikes"].sum(("time", "neuron")).values
    if predict_labels(votes) == UNDECIDED:
        # Ties and silence went to the first class.
        upgraded.attrs |= {"label": UNDECIDED, "label_name": ""}
    words = upgraded[first].sizes["position"]
    for name in root.layers:
        if "position" in upgraded[name].sizes:
            start = np.arange(upgraded[name].sizes["position"])
            width = int(upgraded[name].attrs.get("width", 1))
            upgraded[name].coords["first_word"] = ("position", start)
            upgraded[name].coords["last_word"] = ("position", np.minimum(start + width, words) - 1)
    return upgraded


def _upgrade_layer(recording: xr.DataTree, name: str, layer: Hidden) -> None:
    neuron = values(LIF(decay=layer.decay, threshold=layer.threshold))
    node = recording[name]
    node.attrs |= neuron | {
        "inclusive": int(neuron["inclusive"]),
        "parameters": " ".join(neuron),
        "delay": " ".join("0" for _ in layer.sources.split()),
    }
    node.attrs.pop("latency", None)
    if layer.kind == "dense" and name != recording.attrs["readout"] and "class" in node.dims:
        # Its neurons were divided among the classes, which they have nothing to do with.
        flat = node["spikes"].values.reshape(node.sizes["time"], -1)
        dataset = node.to_dataset(inherit=False).drop_vars(["spikes", "class"], errors="ignore")
        recording[name] = xr.DataTree(dataset.assign(spikes=(("time", "neuron"), flat)))
