"""Making recordings."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Mapping
from dataclasses import replace
from importlib import metadata
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from bionlp.classifier import TextClassifier
from bionlp.decision import UNDECIDED, predict_labels
from bionlp.encoding import VERSION as ENCODING_VERSION
from bionlp.recording.circumstances import Circumstances, Presented
from bionlp.recording.places import Span, window_width, word_spans
from bionlp.recording.schema import FORMAT, RESERVED, VERSION
from bionlp.sentences import Sentence
from networks.activity import Activity, synaptic_events
from networks.described import Shape, values
from networks.description import Network, crop
from networks.neurons.intervened import undisturbed
from networks.transforms import Offset, Scaling

if TYPE_CHECKING:
    from networks.brian.text_neurons import TextNeurons

_PACKAGES = ("bionlp", "brian2", "numpy", "scipy", "torch", "xarray")


def make_recording(
    classifier: TextClassifier,
    sentence: Sentence,
    activity: Mapping[str, Activity],
    **circumstances: Any,
) -> xr.DataTree:
    """Label the activity of a classifier with words, classes and circumstances.

    Parameters
    ----------
    classifier : TextClassifier
        Whose network was run.
    sentence : Sentence
        What it was shown.
    activity : mapping of str to Activity
        What each population did.
    **circumstances
        How it was simulated, see :class:`Circumstances`.

    Returns
    -------
    xarray.DataTree
        In the format of :mod:`bionlp.recording`.
    """
    units = {name: classifier.network.unit(name) for name in classifier.network.shapes}
    network, positions = classifier.network, sentence.words
    if classifier.word_a_step:
        network, positions, activity = _own_words(classifier, positions, activity)
    else:
        network = crop(network, len(positions))
    presented = Presented(
        network,
        units,
        classifier.name,
        classifier.language,
        sentence.text,
        positions,
        network.voting.population,
        tuple(classifier.label_names),
    )
    done: dict[str, Any] = {
        "perturbations": str(classifier.perturbations or ""),
        "interventions": " ".join(map(str, classifier.interventions)),
        "margin": classifier.margin or 0,
    }
    return label_activity(presented, activity, Circumstances(**circumstances, **done))


def _own_words(
    classifier: TextClassifier, words: tuple[str, ...], activity: Mapping[str, Activity]
) -> tuple[Network, tuple[str, ...], dict[str, Activity]]:
    """Return network, words and activity without input neurons of words of other sentences.

    Each word is an input neuron, and there are more if several sentences were presented.
    """
    own, _ = classifier.narrowed([np.array(classifier.vocabulary.ids(words))])
    rows = np.array(classifier.vocabulary.ids(own.vocabulary.words)) - 1
    shown = activity[classifier.network.input.name]
    spoken = replace(shown, spikes=shown.spikes[:, rows])
    return own.network, own.vocabulary.words, dict(activity) | {own.network.input.name: spoken}


def label_activity(
    presented: Presented, activity: Mapping[str, Activity], circumstances: Circumstances
) -> xr.DataTree:
    """Make a recording of what any network did; see :func:`make_recording`."""
    network = presented.network
    names = [network.input.name, *(population.name for population in network.hidden)]
    events, spans = synaptic_events(network, activity), word_spans(network)
    nodes, texts = {}, _texts(network, circumstances)
    for name in names:
        node = _node(presented, name, activity[name], spans.get(name))
        if name in texts:
            _say_text(node, texts[name])
        node.attrs["synaptic_events"] = int(events[name])
        nodes[f"/{name}"] = node
    votes = nodes[f"/{presented.readout}"]["spikes"].sum(("time", "neuron")).values
    label = int(predict_labels(votes))
    steps, dt_ms = len(activity[network.input.name].spikes), circumstances.dt_ms
    time = xr.DataArray(np.arange(steps) * dt_ms, dims="time", attrs={"units": "ms"})
    root = xr.Dataset(coords={"time": time})
    root.attrs = {
        "format": FORMAT,
        "version": VERSION,
        "text": presented.text,
        "model": presented.model,
        "language": presented.language,
        "label": label,
        "label_name": "" if label == UNDECIDED else presented.class_names[label],
        "layers": names,
        "readout": presented.readout,
        "seed": circumstances.seed,
        "sentence": circumstances.number,
        "encoding_version": ENCODING_VERSION,
        "backend": circumstances.backend,
        "precision": circumstances.precision,
        "synapses": circumstances.synapses,
        "steps": steps,
        "dt_ms": dt_ms,
        **_done(circumstances),
        "python": platform.python_version(),
        **{f"{package}_version": metadata.version(package) for package in _PACKAGES},
    }
    return xr.DataTree.from_dict({"/": root} | nodes)


def _done(circumstances: Circumstances) -> dict[str, Any]:
    """Return what was done to the network, as attributes; nothing if nothing was."""
    names = ("perturbations", "interventions", "margin")
    done = {name: getattr(circumstances, name) for name in names}
    return {name: said for name, said in done.items() if said}


def _texts(network: Network, circumstances: Circumstances) -> dict[str, TextNeurons]:
    """Return the neurons of each population that had others than the network says."""
    if circumstances.neurons is None:
        return {}
    from brian2 import ms

    from networks.brian.text_neurons import made_concrete

    return made_concrete(circumstances.neurons, network, circumstances.dt_ms * ms)


def _say_text(node: xr.Dataset, text: TextNeurons) -> None:
    """Say which neurons a population had, what they fired at, and the unit of their membrane."""
    node.attrs["neuron_model"] = json.dumps(text.model.document)
    if text.level is not None:
        node.attrs["level"] = text.level
    if text.unit:
        node["membrane"].attrs["units"] = text.unit


def class_counts(recording: xr.DataTree) -> dict[str, int]:
    """Return the output spikes of each class by its name."""
    output = recording[recording.attrs["readout"]]
    counts = output["spikes"].sum(("time", "neuron"))
    return {
        str(name): int(count) for name, count in zip(output["class"].values, counts, strict=True)
    }


def counts_by_word(recording: xr.DataTree) -> list[tuple[str, dict[str, int]]]:
    """Return the output spikes of each class so far, after each word of a step of its own.

    Parameters
    ----------
    recording : xarray.DataTree
        Of a network that is shown a word a step.

    Returns
    -------
    list of (str, dict of str to int)
        Each word as it was read, and the spikes of each class up to it.
    """
    shown = recording[recording.attrs["layers"][0]]["spikes"]
    output = recording[recording.attrs["readout"]]
    so_far = output["spikes"].sum("neuron").cumsum("time").values
    names = output["class"].values.astype(str)
    words = shown["word"].values.astype(str)[shown.values.argmax(axis=1).ravel()]
    return [
        (str(word), dict(zip(names.tolist(), counts.tolist(), strict=True)))
        for word, counts in zip(words, so_far, strict=True)
    ]


def kind_of(network: Network, name: str) -> str:
    """Return what leads into a population, in a word: ``pooling`` of SumPooling, say."""
    if name == network.input.name:
        return "input"
    connections = network.into(name)
    if not connections:
        return "unconnected"
    links = connections[0].links
    # What only scales or shifts says less of a population than what it scales or shifts.
    telling = [link for link in links if not isinstance(link, Scaling | Offset)] or links
    return re.findall("[A-Z][a-z0-9]*", type(telling[-1]).__name__)[-1].lower()


def dimensions(kind: str, axes: int) -> tuple[str, ...]:
    """Name the axes of a population, but not those of a readout.

    Parameters
    ----------
    kind : str
        As of :func:`kind_of`.
    axes : int
        How many there are.

    Returns
    -------
    tuple of str
        Their names.
    """
    if axes == 1:
        return ("feature",) if kind == "pooling" else ("neuron",)
    if axes == 2:
        return ("position", "feature")
    if axes == 3:
        return ("row", "column", "feature")
    return (*(f"axis{number}" for number in range(axes - 1)), "feature")


def _node(presented: Presented, name: str, activity: Activity, span: Span | None) -> xr.Dataset:
    """Return what is recorded of a population, but for its synaptic events."""
    network, words = presented.network, presented.positions
    fired, is_input = activity.spikes, name == network.input.name
    if is_input:
        fired = _by_position(fired, len(words))
    labels = presented.class_names if name == presented.readout else None
    spikes, coordinates = _spikes(network, name, fired, labels)
    if span is not None and "position" in spikes.dims:
        if is_input:
            span = (np.arange(len(words)),) * 2
        coordinates |= word_coordinates(span, fired.shape[1], words)
    attrs, arrays = _describe(network, name, spikes)
    if not is_input:
        attrs["unit"] = presented.units[name]
    attrs["spike_count"] = int(fired.sum())
    return xr.Dataset(
        {"spikes": spikes, "membrane": (("time", "recorded"), activity.membrane)} | arrays,
        coordinates | {"index": ("recorded", activity.recorded)},
        attrs,
    )


def _by_position(fired: np.ndarray, positions: int) -> np.ndarray:
    """Return input spikes of shape (steps, positions, features), whatever axes the input has.

    A row of neurons has a position for each. Where a network cannot be cropped, there may be
    silence behind the words.
    """
    fired = fired.reshape(len(fired), positions_of(fired.shape[1:]), -1)
    return fired[:, :positions]


def positions_of(shape: Shape) -> int:
    """Count the positions of an input: all but its features; a row has one for each neuron."""
    return prod(shape[:-1]) if len(shape) > 1 else shape[0]


def _spikes(
    network: Network, name: str, spikes: np.ndarray, labels: tuple[str, ...] | None
) -> tuple[xr.DataArray, dict[str, Any]]:
    """Return spikes with their dimensions, and class names of a readout."""
    if labels is not None:
        by_class = spikes.reshape(len(spikes), len(labels), -1)
        return xr.DataArray(by_class, dims=("time", "class", "neuron")), {"class": list(labels)}
    if name == network.input.name:
        return xr.DataArray(spikes, dims=("time", "position", "feature")), {}
    dims = dimensions(kind_of(network, name), spikes.ndim - 1)
    return xr.DataArray(spikes, dims=("time", *dims)), {}


def word_coordinates(span: Span, positions: int, words: tuple[str, ...]) -> dict[str, Any]:
    """Return which words lie under each position, numbered and by name.

    Parameters
    ----------
    span : (numpy.ndarray, numpy.ndarray)
        As of :func:`bionlp.recording.places.word_spans`.
    positions : int
        How many there are.
    words : tuple of str
        Those of the sentence.

    Returns
    -------
    dict of str to (str, array)
        Coordinates along ``position``.
    """
    first = np.minimum(span[0][:positions], len(words))
    last = np.minimum(span[1][:positions], len(words) - 1)
    names = [words[number] if number < len(words) else "" for number in first]
    return {
        "word": ("position", names),
        "first_word": ("position", first),
        "last_word": ("position", last),
    }


def _describe(
    network: Network, name: str, spikes: xr.DataArray
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a population is, as attributes, and as variables where its neurons differ."""
    # What was done to neurons while they read is told of the whole network.
    neuron, connections = undisturbed(network[name].neuron), network.into(name)
    attrs: dict[str, Any] = {"kind": kind_of(network, name), "neuron": type(neuron).__name__}
    if name == network.input.name:
        return attrs, {}
    arrays: dict[str, Any] = {}
    for parameter, value in values(neuron).items():
        if parameter in RESERVED:
            raise ValueError(
                f"a parameter of {type(neuron).__name__} is named {parameter!r}, which recordings "
                "use for something else; give it another name"
            )
        if isinstance(value, np.ndarray):
            arrays[parameter] = (spikes.dims[1:], value.reshape(spikes.shape[1:]))
        else:
            attrs[parameter] = int(value) if isinstance(value, bool) else value
    pairs = [(source, c.delay) for c in connections for source in c.sources]
    attrs |= {
        "parameters": " ".join(values(neuron)),
        "sources": " ".join(source for source, _ in pairs),
        "delay": " ".join(str(delay) for _, delay in pairs),
    }
    if attrs["kind"] == "convolution":
        attrs["width"] = window_width(connections[0])
    return attrs, arrays
