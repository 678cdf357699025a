"""Recordings: what a network did with one sentence, as an xarray tree with a node per layer.

    /                attributes: text, model, label, seed, dt_ms, backend, versions, ...
                     time (time)                       ms
    /input           spikes (time, position, feature)            word (position)
    /conv3           spikes (time, position, feature)            word (position), the window's first
    /pool3           spikes (time, feature)
    /output          spikes (time, class, neuron)                class names
    every layer      membrane (time, recorded)                   index (recorded), C order
                     attributes: kind, threshold, decay, latency, spike_count, synaptic_events

``time`` is the time of the step of the mathematics, the same in all layers; in Brian 2's own time a
layer with latency l is l steps later. ``threshold`` is in the unit of the membrane.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from bionlp.classifier import Sentence, TextClassifier, predict_labels
from bionlp.errors import RecordingError
from bionlp.files import atomic_path
from networks.activity import LayerActivity, synaptic_events
from networks.description import Convolution, Dense, NetworkDescription, firing_threshold

FORMAT = "bionlp-recording"
VERSION = 1
_PACKAGES = ("bionlp", "brian2", "numpy", "torch", "xarray")


def make_recording(
    classifier: TextClassifier,
    sentence: Sentence,
    activity: Mapping[str, LayerActivity],
    *,
    seed: int,
    backend: str,
    dt_ms: float,
) -> xr.DataTree:
    """Label the activity of a network with words, classes and circumstances.

    Parameters
    ----------
    classifier : TextClassifier
        Whose network was run.
    sentence : Sentence
        What it was shown.
    activity : mapping of str to LayerActivity
        What each layer did.
    seed : int
        Of the input spikes.
    backend : str
        What ran it: a backend of Brian 2, or ``torch``.
    dt_ms : float
        Duration of a step in milliseconds.

    Returns
    -------
    xarray.DataTree
        In the format of this module.
    """
    network = classifier.network
    events = synaptic_events(network, activity)
    steps = len(activity[network.input.name].spikes)
    time = xr.DataArray(np.arange(steps) * dt_ms, dims="time", attrs={"units": "ms"})
    root = xr.Dataset(coords={"time": time})
    nodes = {"/": root}
    for name, layer in layers_of(network).items():
        node = _layer_dataset(name, layer, network, activity[name], sentence, classifier)
        node.attrs |= {
            "latency": network.latency[name],
            "spike_count": int(activity[name].spikes.sum()),
            "synaptic_events": events[name],
        }
        nodes[f"/{name}"] = node
    counts = nodes[f"/{network.output.name}"]["spikes"].sum(("time", "neuron"))
    label = int(predict_labels(counts.values))
    root.attrs = {
        "format": FORMAT,
        "version": VERSION,
        "text": sentence.text,
        "model": classifier.name,
        "language": classifier.language,
        "label": label,
        "label_name": classifier.label_names[label],
        "layers": list(layers_of(network)),
        "seed": seed,
        "backend": backend,
        "steps": steps,
        "dt_ms": dt_ms,
        "python": platform.python_version(),
        **{f"{package}_version": metadata.version(package) for package in _PACKAGES},
    }
    return xr.DataTree.from_dict(nodes)


def layers_of(network: NetworkDescription) -> dict[str, Any]:
    """Return all layers by name, the input first."""
    return {layer.name: layer for layer in (network.input, *network.layers)}


def class_counts(recording: xr.DataTree) -> dict[str, int]:
    """Return the output spikes of each class by its name."""
    output = recording[recording.attrs["layers"][-1]]
    counts = output["spikes"].sum(("time", "neuron"))
    return {
        str(name): int(count) for name, count in zip(output["class"].values, counts, strict=True)
    }


def save_recording(recording: xr.DataTree, path: Path) -> None:
    """Write a recording as NetCDF.

    Parameters
    ----------
    recording : xarray.DataTree
        What to write.
    path : Path
        The file, usually ending in ``.nc``.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    compressed = {
        node.path: {name: {"zlib": True, "complevel": 1} for name in node.data_vars}
        for node in recording.subtree
    }
    with atomic_path(path) as temporary:
        recording.to_netcdf(temporary, engine="h5netcdf", encoding=compressed)


def load_recording(path: Path) -> xr.DataTree:
    """Read a recording.

    Parameters
    ----------
    path : Path
        A file that :func:`save_recording` wrote.

    Returns
    -------
    xarray.DataTree
        The recording, in memory.

    Raises
    ------
    RecordingError
        If the file is missing, no recording, or of another version.
    """
    if not Path(path).is_file():
        raise RecordingError(f"there is no recording {path}; make one with: bionlp simulate --out")
    try:
        with xr.open_datatree(path, engine="h5netcdf") as tree:
            recording = tree.load()
    except (OSError, ValueError, KeyError) as error:
        raise RecordingError(f"{path} is truncated or no NetCDF file: {error}") from error
    if recording.attrs.get("format") != FORMAT:
        raise RecordingError(f"{path} is a NetCDF file but no recording of this program")
    if recording.attrs.get("version") != VERSION:
        raise RecordingError(
            f"{path} is a recording of version {recording.attrs.get('version')}, this program "
            f"reads version {VERSION}; simulate the sentence again"
        )
    return recording


def _layer_dataset(
    name: str,
    layer: Any,
    network: NetworkDescription,
    activity: LayerActivity,
    sentence: Sentence,
    classifier: TextClassifier,
) -> xr.Dataset:
    spikes, dims, coords = activity.spikes, ("time", "feature"), {}
    attrs: dict[str, Any] = {"kind": type(layer).__name__.lower()}
    if spikes.ndim == 3:
        dims = ("time", "position", "feature")
        coords["word"] = ("position", list(sentence.words[: spikes.shape[1]]))
    if isinstance(layer, Convolution):
        attrs["width"] = layer.width
    if isinstance(layer, Dense):
        dims = ("time", "class", "neuron")
        spikes = spikes.reshape(len(spikes), network.classes, -1)
        coords["class"] = list(classifier.label_names)
    if layer is not network.input:
        attrs |= {
            "threshold": float(firing_threshold(layer)),
            "decay": float(layer.decay),
            "sources": " ".join(layer.sources),
        }
    return xr.Dataset(
        {
            "spikes": (dims, spikes),
            "membrane": (("time", "recorded"), activity.membrane),
        },
        coords | {"index": ("recorded", activity.recorded)},
        attrs,
    )
