"""What a corpus has to hold: attributes, and arrays by name, type and dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
import xarray as xr
from pydantic import Field, ValidationError

from bionlp.decision import UNDECIDED
from bionlp.errors import RecordingError
from bionlp.limits import MOST_SEED
from bionlp.recording.corpus.layout import FORMAT, NO_LABEL, VERSION, WRITTEN, size_of
from bionlp.recording.corpus.store import Array, Group, Store
from bionlp.recording.digest import DIGITS
from bionlp.recording.schema import VERSION as RECORDING_VERSION
from bionlp.strict import OneOf, Open, first_fault, one_line

Kind = tuple[str, ...]
FLOATS, COUNTS = ("float32", "float64"), ("int64",)


class Root(Open):
    """Attributes of the root; those that recordings have, too, are checked when one is taken."""

    format: Annotated[str, OneOf([FORMAT])]
    version: Annotated[int, OneOf([VERSION])]
    recording_version: Annotated[int, OneOf([RECORDING_VERSION])]
    model: str
    language: str
    label_names: Annotated[list[str], Field(min_length=1)]
    layers: Annotated[list[str], Field(min_length=2)]
    readout: str
    seed: Annotated[int, Field(ge=0, le=MOST_SEED)]
    backend: str
    precision: Literal["single", "double"]
    dt_ms: Annotated[float, Field(ge=1e-6, le=1e6)]


OF_ROOT: dict[str, tuple[tuple[str, ...], Kind]] = {
    "time": (("time",), FLOATS),
    "text": (("sentence", "text_byte"), ("uint8",)),
    "position_names": (("sentence", "name_byte"), ("uint8",)),
    "spike_count": (("sentence", "population"), COUNTS),
    "synaptic_events": (("sentence", "population"), COUNTS),
    "sha256": (("sentence", "digest_byte"), ("uint8",)),
    "written": (("sentence",), ("bool",)),
    **dict.fromkeys(
        ("sentence", "word_count", "true_label", "steps", "label"), (("sentence",), COUNTS)
    ),
}
"""Dimensions of the arrays of the root, and what their numbers may be."""


def check_structure(store: Store) -> None:
    """See that a store declares all that a corpus has.

    Parameters
    ----------
    store : dict of str to Array or Group
        What it declares.

    Raises
    ------
    RecordingError
        If something is missing or wrong; the message names it.
    """
    attrs = _part(store, "", Group).attributes
    if attrs.get("format") != FORMAT:
        raise RecordingError("/: it is a Zarr store, but no corpus of this program")
    if attrs.get("version") != VERSION or type(attrs["version"]) is not int:
        raise RecordingError(
            f"/: it is a corpus of version {one_line(attrs.get('version'))}, this program reads "
            f"version {VERSION}; record the sentences again"
        )
    try:
        root = Root.model_validate(attrs)
    except ValidationError as error:
        raise RecordingError(f"/: attribute {first_fault(error, attrs)}") from error
    if len(set(root.layers)) < len(root.layers) or root.readout not in root.layers:
        raise RecordingError("/: attribute layers: one is there twice, or the readout is missing")
    sizes: dict[str, int] = {"population": len(root.layers), "digest_byte": DIGITS // 2}
    for name, (dims, kinds) in OF_ROOT.items():
        _check_array(store, name, dims, kinds, sizes)
    nodes = {path for path, part in store.items() if isinstance(part, Group)} - {""}
    if nodes != set(root.layers):
        wrong = one_line(min(nodes ^ set(root.layers)))
        raise RecordingError(f"/{wrong}: a group for each of layers, and no others")
    for name in root.layers:
        own = {key: sizes[key] for key in ("sentence", "time")}
        if name == root.readout:
            own["class"] = len(root.label_names)
        _check_population(store, name, own)


def _check_population(store: Store, name: str, sizes: dict[str, int]) -> None:
    """See that a population has its arrays, and none that is of another form."""
    dims = tuple(_part(store, f"{name}/spikes", Array).dimension_names)
    if dims[:2] != ("sentence", "time") or len(dims) < 3 or len(set(dims)) < len(dims):
        raise RecordingError(f"/{name}: spikes have the dimensions {dims}")
    _check_array(store, f"{name}/spikes", dims, ("bool",), sizes)
    _check_array(store, f"{name}/membrane", ("sentence", "time", "recorded"), FLOATS, sizes)
    _check_array(store, f"{name}/index", ("recorded",), COUNTS, sizes)
    attrs = _part(store, name, Group).attributes
    optional: dict[str, tuple[tuple[str, ...], Kind]] = {
        **dict.fromkeys(("first_word", "last_word"), (("sentence", "position"), ("int32",))),
        **{size_of(dim): (("sentence",), COUNTS) for dim in (*dims[2:], "recorded")},
        **{key: (dims[2:], FLOATS) for key in str(attrs.get("parameters", "")).split()},
    }
    for key, (own, kinds) in optional.items():
        if f"{name}/{key}" in store:
            _check_array(store, f"{name}/{key}", own, kinds, sizes)


def _check_array(
    store: Store, name: str, dims: tuple[str, ...], kinds: Kind, sizes: dict[str, int]
) -> None:
    """See that an array has certain dimensions, of the sizes that others have given them."""
    array = _part(store, name, Array)
    if tuple(array.dimension_names) != dims:
        raise RecordingError(
            f"/{name}: it has the dimensions {tuple(array.dimension_names)}, not {dims}"
        )
    if array.data_type not in kinds:
        raise RecordingError(f"/{name}: its numbers are {array.data_type}, not {kinds[-1]}")
    for dim, size in zip(dims, array.shape, strict=True):
        if sizes.setdefault(dim, size) != size:
            raise RecordingError(f"/{name}: {dim} has the size {size}, not {sizes[dim]}")


def _part(store: Store, name: str, kind: type[Any]) -> Any:
    if not isinstance(store.get(name), kind):
        raise RecordingError(f"/{name}: this {kind.__name__.lower()} is missing")
    return store[name]


def check_sentences(corpus: xr.DataTree) -> None:
    """See that what is listed of each sentence can be.

    Parameters
    ----------
    corpus : xarray.DataTree
        As it is stored, with what is listed in memory.

    Raises
    ------
    RecordingError
        If a number has no meaning; the message names the array.
    """
    numbers = corpus["sentence"].values
    if not len(numbers) or numbers[0] < 0 or (np.diff(numbers) < 1).any():
        raise RecordingError(
            "/sentence: numbers are not from 0 on, each larger than the one before"
        )
    classes = len(corpus.attrs["label_names"])
    if (corpus[WRITTEN].values & (corpus["steps"].values < 1)).any():
        raise RecordingError("/steps: a sentence that is written has none")
    bounds: Mapping[str, tuple[int, int]] = {
        "steps": (0, corpus.sizes["time"]),
        "true_label": (NO_LABEL, classes - 1),
        "label": (UNDECIDED, classes - 1),
    }
    for name, (least, most) in bounds.items():
        values = corpus[name].values
        if ((values < least) | (values > most)).any():
            raise RecordingError(
                f"/{name}: its numbers lie from {least} to {most}, and others do not"
            )
