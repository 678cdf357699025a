"""Everything that a report needs of one sentence, and the page as a file.

A recording holds spikes and membranes but no weights, so its model is asked again: the recorded
input is replayed into it, intact and without each word, and it must answer with the very output
spikes that were recorded.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import xarray as xr

from analysis.energy import Work
from analysis.recordings import input_layer, layer_names, output_layer
from analysis.report import make_report
from bionlp.attribution import attribute
from bionlp.classifier import TextClassifier
from bionlp.energy import energy_document
from bionlp.errors import RecordingError
from bionlp.files import atomic_path
from bionlp.simulation import Advance, Engine
from networks.description import NetworkDescription, Pooling


def write_report(
    recording: xr.DataTree,
    classifier: TextClassifier,
    path: Path,
    *,
    engine: Engine,
    advance: Advance | None = None,
) -> None:
    """Write a page about a sentence that was simulated.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.
    classifier : TextClassifier
        The model that was recorded.
    path : Path
        The HTML file.
    engine : Engine
        How Brian 2 presents the sentence without each of its words.
    advance : callable, optional
        Called with the fraction done.

    Raises
    ------
    RecordingError
        If the recording is of another model.
    OutputError
        If the file cannot be written.
    """
    network = _recorded_network(recording, classifier)
    spikes = input_layer(recording)["spikes"].values.astype(bool)
    relevance, output = attribute(network, spikes, engine=engine, advance=advance)
    recorded = output_layer(recording)["spikes"].values.astype(bool)
    if not np.array_equal(output, recorded.reshape(output.shape)):
        raise _another_model(recording, classifier)
    page = make_report(recording, relevance, energy_document(_work(recording, network)))
    with atomic_path(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _recorded_network(recording: xr.DataTree, classifier: TextClassifier) -> NetworkDescription:
    """Return the network of the classifier with the neurons that were recorded."""
    network = classifier.network
    words = input_layer(recording).sizes["position"]
    sizes = {name: recording[name]["spikes"][0].size for name in layer_names(recording)}
    if words > network.input.positions or sizes != {
        name: int(np.prod(shape)) for name, shape in network.shapes(words).items()
    }:
        raise _another_model(recording, classifier)
    layers = []
    for layer in network.layers:
        attrs = recording[layer.name].attrs
        window = layer.window if isinstance(layer, Pooling) else 1
        neurons = {"decay": attrs["decay"], "threshold": attrs["threshold"] / window}
        layers.append(replace(layer, **{name: float(value) for name, value in neurons.items()}))
    return replace(network, layers=tuple(layers))


def _another_model(recording: xr.DataTree, classifier: TextClassifier) -> RecordingError:
    return RecordingError(
        f"this is no recording of model {classifier.name!r} as it is now, which answers its input "
        f"otherwise; it was made by {recording.attrs['model']!r}: name its folder with --model, or "
        "simulate the sentence again"
    )


def _work(recording: xr.DataTree, network: NetworkDescription) -> Work:
    names = layer_names(recording)
    return Work(
        network,
        np.array([input_layer(recording).sizes["position"]]),
        int(recording.attrs["steps"]),
        {name: int(recording[name].attrs["spike_count"]) for name in names},
        {name: int(recording[name].attrs["synaptic_events"]) for name in names[1:]},
    )
