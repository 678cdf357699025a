"""Neurons in files: TOML with a table for each layer, and the shelf of models that are there.

    [all]                        # every layer that has no table of its own
    model = "adex"               # one of the shelf, where another one is to be begun with
    [all.parameters]
    tau_w = "100*ms"

    [output]
    equations = "dv/dt = -v / (10*ms) : 1"
    threshold = "v > threshold"
    reset = "v = 0"

Keys are the fields of :class:`networks.brian.NeuronModel`. Parameters and initial values are added
to those of a model of the shelf, everything else replaces its own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import fields, replace
from functools import cache
from importlib import resources
from typing import Any

from networks.brian.neuron_model import ALL, ModelError, NeuronModel

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SHELF = resources.files("networks.brian") / "shelf"
SUFFIX = ".toml"
BASE = "model"
JOINED = ("parameters", "initial")


def shelf() -> list[str]:
    """Return the names of the models that are there."""
    return sorted(
        entry.name.removesuffix(SUFFIX) for entry in SHELF.iterdir() if entry.name.endswith(SUFFIX)
    )


def shelf_text(name: str) -> str:
    """Return the file of a model of the shelf.

    Raises
    ------
    ModelError
        If there is no such model.
    """
    if name not in shelf():
        raise ModelError(f"there is no model {name!r} of neurons, only {', '.join(shelf())}")
    return (SHELF / f"{name}{SUFFIX}").read_text(encoding="utf-8")


@cache
def shelf_model(name: str) -> NeuronModel:
    """Return a model of the shelf.

    Raises
    ------
    ModelError
        If there is no such model.
    """
    return parse_neurons(shelf_text(name))[ALL]


def parse_neurons(text: str) -> dict[str, NeuronModel]:
    """Read a file of neurons.

    Parameters
    ----------
    text : str
        TOML.

    Returns
    -------
    dict of str to NeuronModel
        By layer; ``all`` for layers that are not named.

    Raises
    ------
    ModelError
        If it is no such file; the message says where.
    """
    try:
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ModelError(f"it is no TOML: {error}") from error
    if not tables:
        raise ModelError("it has no table; write [all], or a layer's name, above the fields")
    return {layer: model_of(layer, table) for layer, table in tables.items()}


def write_neurons(neurons: Mapping[str, NeuronModel]) -> str:
    """Write a file of neurons.

    Parameters
    ----------
    neurons : mapping of str to NeuronModel
        By layer.

    Returns
    -------
    str
        TOML, from which :func:`parse_neurons` makes the same.
    """
    return "\n".join(_table(layer, model) for layer, model in neurons.items())


def _table(layer: str, model: NeuronModel) -> str:
    usual = {part.name: part.default for part in fields(NeuronModel)}
    lines, tables = [f"[{_key(layer)}]"], []
    for name, value in model.document.items():
        if name in JOINED:
            if value:
                tables += ["", f"[{_key(layer)}.{name}]"]
                tables += [f"{_key(key)} = {_written(given)}" for key, given in value.items()]
        elif value is not None and value != usual[name]:
            lines.append(f"{name} = {_written(value)}")
    return "\n".join([*lines, *tables]) + "\n"


def _key(name: str) -> str:
    return name if name.isascii() and name.isidentifier() else _string(name)


def _string(text: str) -> str:
    """Write a string as JSON does, which leaves one character alone that TOML does not take."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _written(value: float | str) -> str:
    """Return a number or a string in TOML; strings are those of JSON, or lines as one sees them."""
    if not isinstance(value, str):
        return repr(float(value))
    plain = value.replace("\n", "").isprintable() and not {'"', "\\"} & {*value}
    if "\n" in value and plain:
        return f'"""\n{value}"""'
    return _string(value)


def model_of(layer: str, table: Any) -> NeuronModel:
    """Return the model that a table says.

    Parameters
    ----------
    layer : str
        Name of the table, for errors.
    table : dict
        Fields, and perhaps ``model``.

    Raises
    ------
    ModelError
        If a field is unknown, missing or of another type.
    """
    if not isinstance(table, dict):
        raise ModelError(f"{layer!r} is no table; write [all], or a layer's name, above it")
    given = dict(table)
    base = given.pop(BASE, None)
    said = {} if base is None else shelf_model(str(base)).document
    known = [part.name for part in fields(NeuronModel)]
    unknown = given.keys() - set(known)
    if unknown:
        raise ModelError(
            f"[{layer}]: there is no field {min(unknown)!r}, only {BASE}, {', '.join(known)}"
        )
    joined = {
        name: {**said[name], **given[name]}
        for name in JOINED
        if isinstance(said.get(name), dict) and isinstance(given.get(name), dict)
    }
    said = said | given | joined
    missing = {"equations", "threshold"} - said.keys()
    if missing:
        raise ModelError(f"[{layer}]: {min(missing)} is missing")
    try:
        model = NeuronModel(**said)
    except ValueError as error:
        raise ModelError(f"[{layer}]: {error}") from error
    own = given.get("parameters", {})
    # What other equations than those of the shelf have no use for is not theirs.
    kept = {n: v for n, v in model.parameters.items() if n in own or n in model.names}
    return replace(model, parameters=kept)
