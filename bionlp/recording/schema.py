"""What a recording has to hold, as pydantic models of its attributes and checks of its arrays."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Any, Literal

import numpy as np
import xarray as xr
from pydantic import Field, StringConstraints, ValidationError

from bionlp.decision import UNDECIDED
from bionlp.errors import RecordingError
from bionlp.limits import LARGEST, MOST_MARGIN, MOST_SEED, MOST_SENTENCES, MOST_STEPS
from bionlp.strict import OneOf, Open, first_fault, one_line
from networks.intervention import parse
from networks.neurons import Neuron, neuron_models

FORMAT = "bionlp-recording"
VERSION = 2

Count = Annotated[int, Field(ge=0, le=2**62)]
Positive = Annotated[int, Field(ge=1, le=2**31)]
Numbers = Annotated[str, StringConstraints(pattern=r"\A(\d+( \d+)*)?\Z")]


class Common(Open):
    """Attributes of the root, in all versions."""

    format: Annotated[str, OneOf([FORMAT])]
    text: str
    model: str
    language: str
    label: Annotated[int, Field(ge=UNDECIDED, le=2**31)]
    label_name: str
    layers: Annotated[list[str], Field(min_length=2)]
    seed: Annotated[int, Field(ge=0, le=MOST_SEED)]
    backend: str
    steps: Annotated[int, Field(ge=1, le=MOST_STEPS)]
    dt_ms: Annotated[float, Field(ge=1e-6, le=1e6)]
    python: str


class Root(Common):
    """Attributes of the root."""

    version: Annotated[int, OneOf([VERSION])]
    readout: str
    sentence: Annotated[int, Field(ge=0, lt=MOST_SENTENCES)]
    encoding_version: Positive
    precision: Literal["single", "double"]
    synapses: str
    perturbations: str = ""
    interventions: str = ""
    margin: Annotated[int, Field(ge=0, le=MOST_MARGIN)] = 0


class Layer(Open):
    """Attributes of the input."""

    kind: str
    neuron: str
    spike_count: Count
    synaptic_events: Count


class Hidden(Layer):
    """Attributes of a population behind the input."""

    parameters: str
    sources: str
    delay: Numbers
    unit: Positive
    width: Positive = 1
    neuron_model: str = ""
    level: Annotated[float, Field(ge=-LARGEST, le=LARGEST)] = 0.0


RESERVED = {
    *("spikes", "membrane", "index", "time", "class", "word", "first_word", "last_word"),
    *Hidden.model_fields,
}
"""What parameters of neurons cannot be named."""


def plain(attrs: dict[str, Any]) -> dict[str, Any]:
    """Return attributes as Python's own values, whatever the file made of them."""
    return {
        name: value.tolist() if isinstance(value, np.ndarray | np.generic) else value
        for name, value in attrs.items()
    }


def checked(model: type[Open], node: xr.DataTree) -> Any:
    """Check the attributes of a node.

    Raises
    ------
    RecordingError
        If one is missing or wrong; the message names it.
    """
    attrs = plain(node.attrs)
    try:
        return model.model_validate(attrs)
    except ValidationError as error:
        raise RecordingError(f"{node.path}: attribute {first_fault(error, attrs)}") from error


def check(recording: xr.DataTree) -> None:
    """See that a recording of this version has all that is asked of it.

    Parameters
    ----------
    recording : xarray.DataTree
        What was read.

    Raises
    ------
    RecordingError
        If something is missing or wrong; the message names it.
    """
    root = checked(Root, recording)
    try:
        parse(root.interventions.split())
    except ValueError as error:
        raise RecordingError(f"/: attribute interventions: {error}") from error
    check_arrays(recording, root, root.readout)
    for name in root.layers[1:]:
        hidden = checked(Hidden, recording[name])
        _check_parameters(recording[name], hidden)
        check_sources(name, hidden.kind, hidden.sources, root.layers)


def check_sources(name: str, kind: str, sources: str, layers: list[str]) -> None:
    """See that a population listens to others that there are."""
    if (not sources.split()) != (kind == "unconnected"):
        raise RecordingError(f"/{name}: attribute sources: {kind} has {sources.strip() or 'none'}")
    unknown = [source for source in sources.split() if source not in layers]
    if unknown:
        raise RecordingError(f"/{name}: attribute sources: there is no {one_line(unknown[0])!r}")


def check_arrays(recording: xr.DataTree, root: Common, readout: str) -> None:
    """See that each population has its arrays, of the right form.

    Parameters
    ----------
    recording : xarray.DataTree
        What was read.
    root : Common
        Its attributes.
    readout : str
        The population that votes.

    Raises
    ------
    RecordingError
        If one is missing or wrong.
    """
    names = root.layers
    if len(set(names)) < len(names):
        raise RecordingError("/: attribute layers: a population is named twice")
    if readout not in names[1:]:
        raise RecordingError(f"/: attribute readout: there is no population {readout!r} to read")
    time = _array(recording, "time", ("time",), root.steps)
    expected = np.arange(root.steps) * root.dt_ms
    if time.dtype.kind not in "fiu" or not np.allclose(time, expected, atol=0):
        raise RecordingError(f"/: time is not that of {root.steps} steps of {root.dt_ms:g} ms")
    for place, name in enumerate(names):
        if name not in recording.children:
            raise RecordingError(f"/: attribute layers: there is no node {name!r}")
        node = recording[name]
        layer = checked(Layer, node)
        if (layer.kind == "input") != (place == 0):
            raise RecordingError(f"/{name}: attribute kind: the first of layers is the input")
        _check_layer(node, root.steps, place == 0, name == readout)
        if layer.spike_count != int(node["spikes"].values.sum(dtype=np.int64)):
            raise RecordingError(f"/{name}: attribute spike_count: there are not so many spikes")
    _check_names(recording, root, readout)


def _check_layer(node: xr.DataTree, steps: int, is_input: bool, is_readout: bool) -> None:
    spikes = _array(node, "spikes", None, steps)
    dims = node["spikes"].dims
    expected = _dims(dims, is_input, is_readout)
    if dims != expected:
        raise RecordingError(f"{node.path}: spikes have the dimensions {dims}, not {expected}")
    if not spikes.size:
        raise RecordingError(f"{node.path}: spikes are of no neurons")
    if spikes.dtype.kind not in "biu" or not ((spikes == 0) | (spikes == 1)).all():
        raise RecordingError(f"{node.path}: spikes are 0 or 1, and others are among them")
    index = _array(node, "index", ("recorded",))
    inside = index.dtype.kind in "iu" and ((index >= 0) & (index < spikes[0].size)).all()
    if not inside or len(np.unique(index)) < len(index):
        raise RecordingError(f"{node.path}: index names neurons that there are none of")
    membrane = _array(node, "membrane", ("time", "recorded"), steps)
    if membrane.dtype.kind != "f" or not np.isfinite(membrane).all():
        raise RecordingError(f"{node.path}: membrane has values that are no finite numbers")


def _dims(dims: tuple[str, ...], is_input: bool, is_readout: bool) -> tuple[str, ...]:
    """Return the dimensions that spikes should have, of those that are possible the given ones."""
    if is_input:
        return ("time", "position", "feature")
    if is_readout:
        return ("time", "class", "neuron")
    possible = {
        2: (dims[:1], ("feature",), ("neuron",)),
        3: (dims[:1], ("position", "feature")),
        4: (dims[:1], ("row", "column", "feature")),
    }.get(len(dims), (dims[:1], dims[1:]))
    rest = dims[1:] if dims[1:] in possible[1:] else possible[1]
    return ("time", *rest)


def _check_names(recording: xr.DataTree, root: Common, readout: str) -> None:
    """See that words and classes have names, and windows lie over words."""
    words = _array(recording[root.layers[0]], "word", ("position",))
    classes = _array(recording[readout], "class", ("class",))
    for path, names in ((root.layers[0], words), (readout, classes)):
        if names.dtype.kind not in "OUT" or not all(isinstance(n, str) for n in names.tolist()):
            raise RecordingError(f"/{path}: {'words' if names is words else 'class'} are no texts")
    named = ["", *classes.tolist()]
    if root.label >= len(classes) or named[root.label + 1] != root.label_name:
        raise RecordingError(f"/: attribute label: class {root.label} is not {root.label_name!r}")
    for name in root.layers:
        node = recording[name]
        # Where only padding is, the last word comes before the first.
        bounds = {"first_word": (0, len(words)), "last_word": (-1, len(words) - 1)}
        for bound, (least, most) in bounds.items() if bounds.keys() & {*node.variables} else ():
            numbers = _array(node, bound, ("position",))
            inside = numbers.dtype.kind in "iu" and ((numbers >= least) & (numbers <= most)).all()
            if not inside:
                raise RecordingError(f"{node.path}: {bound} numbers words that there are none of")


def _check_parameters(node: xr.DataTree, attrs: Hidden) -> None:
    """See that each parameter of the neurons is there."""
    dims, given = node["spikes"].dims[1:], plain(node.attrs)
    described = fields(neuron_models().get(attrs.neuron, Neuron))
    numeric = {"threshold", *(f.name for f in described if not isinstance(f.default, str))}
    for name in attrs.parameters.split():
        if name in node.data_vars:
            array = _array(node, name, dims)
            if array.dtype.kind != "f" or not np.isfinite(array).all():
                raise RecordingError(f"{node.path}: {name} has values that are no finite numbers")
        elif not _is_value(given.get(name), name in numeric):
            raise RecordingError(f"{node.path}: parameter {name} is missing or of another type")
    if len(attrs.sources.split()) != len(attrs.delay.split()):
        raise RecordingError(f"{node.path}: attribute delay: there is not one for each of sources")


def _is_value(value: Any, numeric: bool) -> bool:
    if isinstance(value, str):
        return not numeric
    return isinstance(value, int | float) and abs(value) <= LARGEST


def _array(
    node: xr.DataTree, name: str, dims: tuple[str, ...] | None, steps: int | None = None
) -> np.ndarray:
    """Return a variable of a node that has certain dimensions, and as many steps."""
    if name not in node.variables:
        raise RecordingError(f"{node.path}: variable {name} is missing")
    array = node[name]
    if dims is not None and array.dims != dims:
        raise RecordingError(f"{node.path}: {name} has the dimensions {array.dims}, not {dims}")
    if steps is not None and array.sizes.get("time") != steps:
        raise RecordingError(
            f"{node.path}: {name} has {array.sizes.get('time', 'no')} steps, not {steps}"
        )
    return array.values
