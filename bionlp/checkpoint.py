"""A trained classifier as a folder of files that people and programs can read.

    settings.json       everything that is not an array: the network's layers, the labels, how the
                        model was trained and what was measured; version of the format; checksums
    model.safetensors   the weights (float32) and the rates of all words (8 bits)
    vocabulary.json     the words in the order of their ids, from 1

``settings.json`` is written last, so that a folder with one is complete.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from bionlp.classifier import TextClassifier
from bionlp.errors import CheckpointError
from bionlp.files import atomic_path, read_bytes
from bionlp.vocabulary import Vocabulary
from networks.description import Convolution, Dense, Input, Layer, NetworkDescription, Pooling

FORMAT = "bionlp-model"
VERSION = 1
BUNDLED = Path(__file__).parent / "models"

_KINDS = {"convolution": Convolution, "pooling": Pooling, "dense": Dense}


def bundled_models() -> list[str]:
    """Return the names of the models that come with the package."""
    return sorted(path.parent.name for path in BUNDLED.glob("*/settings.json"))


def save_classifier(classifier: TextClassifier, folder: Path) -> None:
    """Write a classifier.

    Parameters
    ----------
    classifier : TextClassifier
        What to write.
    folder : Path
        Where; made if it is missing.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    arrays = {"levels": classifier.levels}
    for layer in classifier.network.layers:
        if hasattr(layer, "weight"):
            arrays[f"network.{layer.name}"] = layer.weight
    with atomic_path(folder / "model.safetensors") as path:
        path.write_bytes(save(arrays))
    _write_json(folder / "vocabulary.json", list(classifier.vocabulary.words))
    settings = {
        "format": FORMAT,
        "version": VERSION,
        "name": classifier.name,
        "language": classifier.language,
        "label_names": list(classifier.label_names),
        "network": _network_to_json(classifier.network),
        "training": classifier.training,
        "sha256": {
            name: _checksum(folder / name) for name in ("model.safetensors", "vocabulary.json")
        },
    }
    _write_json(folder / "settings.json", settings, indent=2)


def load_classifier(name_or_path: str | Path) -> TextClassifier:
    """Read a classifier.

    Parameters
    ----------
    name_or_path : str or Path
        Name of a bundled model, or the folder of another.

    Returns
    -------
    TextClassifier
        The model.

    Raises
    ------
    CheckpointError
        If it is missing, truncated, of another version or no model at all.
    """
    folder = BUNDLED / name_or_path
    if str(name_or_path) not in bundled_models():
        folder = Path(name_or_path)
    settings = _read_settings(folder)
    for name, expected in settings["sha256"].items():
        if _checksum(folder / name) != expected:
            raise CheckpointError(f"{folder / name} is truncated or was changed; copy it again")
    try:
        arrays = load_file(folder / "model.safetensors")
        words = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
        return TextClassifier(
            settings["name"],
            settings["language"],
            tuple(settings["label_names"]),
            Vocabulary(words),
            arrays["levels"],
            _network_from_json(settings["network"], arrays),
            settings["training"],
        )
    except (KeyError, TypeError, ValueError, SafetensorError) as error:
        raise CheckpointError(f"{folder} is no complete model: {error!r}") from error


def _read_settings(folder: Path) -> dict[str, Any]:
    path = folder / "settings.json"
    if not path.is_file():
        raise CheckpointError(
            f"there is no model {str(folder)!r}; give the folder of a trained model "
            f"or one of the bundled {', '.join(bundled_models())}"
        )
    try:
        settings = json.loads(path.read_bytes())
    except ValueError as error:
        raise CheckpointError(f"{path} is truncated or no JSON: {error}") from error
    if not isinstance(settings, dict) or settings.get("format") != FORMAT:
        raise CheckpointError(f"{path} does not describe a model of this program")
    if settings.get("version") != VERSION:
        raise CheckpointError(
            f"{folder} is a model of version {settings.get('version')}, this program reads "
            f"version {VERSION}; train it again or use the program that wrote it"
        )
    if not isinstance(settings.get("sha256"), dict):
        raise CheckpointError(f"{path} has no checksums; copy the model again")
    return settings


def _network_to_json(network: NetworkDescription) -> dict[str, Any]:
    kinds = {cls: kind for kind, cls in _KINDS.items()}
    layers = [
        {"kind": kinds[type(layer)]}
        | {f.name: getattr(layer, f.name) for f in fields(layer) if f.name != "weight"}
        for layer in network.layers
    ]
    return {
        "input": {f.name: getattr(network.input, f.name) for f in fields(network.input)},
        "layers": layers,
        "classes": network.classes,
    }


def _network_from_json(
    network: dict[str, Any], arrays: dict[str, np.ndarray]
) -> NetworkDescription:
    def layer(entry: dict[str, Any]) -> Layer:
        values = {key: value for key, value in entry.items() if key != "kind"}
        if "sources" in values:
            values["sources"] = tuple(values["sources"])
        if f"network.{entry['name']}" in arrays:
            values["weight"] = arrays[f"network.{entry['name']}"]
        return _KINDS[entry["kind"]](**values)

    return NetworkDescription(
        Input(**network["input"]), tuple(map(layer, network["layers"])), network["classes"]
    )


def _checksum(path: Path) -> str:
    return hashlib.sha256(read_bytes(path, CheckpointError)).hexdigest()


def _write_json(path: Path, content: Any, indent: int | None = None) -> None:
    with atomic_path(path) as temporary:
        text = json.dumps(content, ensure_ascii=False, indent=indent)
        temporary.write_text(text + "\n", encoding="utf-8")
