"""Everything that a report needs of one sentence, and the page as a file.

A recording holds spikes and membranes but no weights, so its model is asked again: the recorded
input is replayed into it, intact and without each word, and it must answer with the very output
spikes that were recorded.
"""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import xarray as xr

from analysis.energy import WordWork, Work
from analysis.recordings import (
    has_neuron_model,
    input_layer,
    layer_names,
    output_layer,
    words,
)
from analysis.report import make_report
from bionlp.attribution import attribute
from bionlp.classifier import TextClassifier
from bionlp.energy import energy_document
from bionlp.engine import Engine
from bionlp.errors import RecordingError, UsageError
from bionlp.files import atomic_path
from bionlp.membranes import sizes_of
from bionlp.simulation import Advance
from bionlp.strict import parse_json
from networks.brian import NeuronModel
from networks.described import Shape, values
from networks.description import Network, crop
from networks.intervention import intervene, parse, untouched
from networks.neurons import Neuron, neuron_models
from networks.neurons.intervened import IntervenedNeuron


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
    network, engine = recorded_network(recording, classifier), recorded_engine(recording, engine)
    spikes = input_layer(recording)["spikes"].values.astype(bool)
    relevance, output = attribute(network, spikes, engine=engine, advance=advance)
    recorded = output_layer(recording)["spikes"].values.astype(bool)
    if not np.array_equal(output, recorded.reshape(output.shape)):
        raise another_model(recording, classifier)
    work = _work(recording, classifier)
    page = make_report(recording, relevance, energy_document(work))
    with atomic_path(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def recorded_network(recording: xr.DataTree, classifier: TextClassifier) -> Network:
    """Return the network of the classifier with the neurons that were recorded.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.
    classifier : TextClassifier
        The model that was recorded.

    Returns
    -------
    Network
        For sentences of any length; where neurons differ, for those that are no longer.

    Raises
    ------
    RecordingError
        If the recording is of another model, or of neurons that cannot be simulated.
    """
    done = recording.attrs.get("perturbations")
    if done:
        raise RecordingError(
            f"the recording is of model {recording.attrs['model']!r} perturbed by {done}, and "
            "pages ask the model as it is; simulate the sentence without --perturb"
        )
    positions = input_layer(recording).sizes["position"]
    if positions > classifier.length:
        raise another_model(recording, classifier)
    if classifier.word_a_step:
        ids = np.array(classifier.vocabulary.ids(words(recording)))
        if not ids.all():
            raise another_model(recording, classifier)
        classifier, _ = classifier.narrowed([ids])
    try:
        interventions = parse(recording.attrs.get("interventions", "").split())
        network = intervene(untouched(classifier.network), interventions)
    except ValueError as error:
        raise RecordingError(f"the recorded interventions cannot be done: {error}") from error
    shown = crop(network, positions)
    sizes = {name: recording[name]["spikes"][0].size for name in layer_names(recording)[1:]}
    features = input_layer(recording).sizes["feature"]
    if sizes != sizes_of(shown) or features != network.input.shape[1]:
        raise another_model(recording, classifier)
    try:
        neurons = {p.name: _recorded_neuron(recording[p.name], p.shape) for p in shown.hidden}
        # Where neurons differ, those that the sentence does not reach were not recorded.
        given = [value for neuron in neurons.values() for value in values(neuron).values()]
        differ = any(isinstance(value, np.ndarray) for value in given)
        if differ:
            return shown.with_neurons(
                {name: _as_done_to(shown[name].neuron, each) for name, each in neurons.items()}
            )
        return intervene(network.with_neurons(neurons), interventions)
    except (LookupError, TypeError, ValueError) as error:
        raise RecordingError(f"the recorded neurons cannot be simulated: {error}") from error


def recorded_engine(recording: xr.DataTree, engine: Engine) -> Engine:
    """Return an engine with the neurons and the step of a recording.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.
    engine : Engine
        How Brian 2 is to run it.

    Raises
    ------
    RecordingError
        If the recorded neurons are none.
    """
    said = {
        name: recording[name].attrs["neuron_model"]
        for name in layer_names(recording)
        if has_neuron_model(recording, name)
    }
    try:
        neurons = {name: NeuronModel(**parse_json(text.encode())) for name, text in said.items()}
        return replace(engine, neurons=neurons or None, dt_ms=float(recording.attrs["dt_ms"]))
    except (TypeError, ValueError, UsageError) as error:
        raise RecordingError(f"the recorded neurons cannot be simulated: {error}") from error


def _recorded_neuron(node: xr.DataTree, shape: Shape) -> Neuron:
    """Return the neurons of a population as they were recorded."""
    name = node.attrs["neuron"]
    if name not in neuron_models():
        raise ValueError(f"there are no neurons {name!r} here, only {', '.join(neuron_models())}")
    model = neuron_models()[name]
    given: dict[str, Any] = {}
    for field in fields(model):
        value = node.attrs.get(field.name)
        if field.name in node.data_vars:
            value = node[field.name].values.reshape(shape)
        if value is None:
            raise ValueError(f"{node.path}: parameter {field.name} was not recorded")
        given[field.name] = bool(value) if isinstance(field.default, bool) else value
    return cast(Neuron, model(**given))


def _as_done_to(other: Neuron, neuron: Neuron) -> Neuron:
    """Return a neuron that the same is done to as to another one."""
    return replace(other, neuron=neuron) if isinstance(other, IntervenedNeuron) else neuron


def another_model(recording: xr.DataTree, classifier: TextClassifier) -> RecordingError:
    """Return the error that says that a recording is of another model."""
    return RecordingError(
        f"this is no recording of model {classifier.name!r} as it is now, which answers its input "
        f"otherwise; it was made by {recording.attrs['model']!r}: name its folder with --model, or "
        "simulate the sentence again"
    )


def _work(recording: xr.DataTree, classifier: TextClassifier) -> Work:
    names, steps = layer_names(recording), int(recording.attrs["steps"])
    kind, length = Work, input_layer(recording).sizes["position"]
    if classifier.word_a_step:
        kind, length, steps = WordWork, steps, classifier.steps
    return kind(
        classifier.network,
        np.array([length]),
        steps,
        {name: int(recording[name].attrs["spike_count"]) for name in names},
        {name: int(recording[name].attrs["synaptic_events"]) for name in names[1:]},
    )
