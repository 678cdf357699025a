"""A trained classifier as a folder of files that people and programs can read.

    settings.json       everything that is not an array: the network's populations and connections,
                        the labels, how the model was trained and what was measured; version of the
                        format; checksums
    model.safetensors   weights, parameters that differ between neurons, and the rates of all words
                        (8 bits), unless a word is one spike
    vocabulary.json     the words in the order of their ids, from 1
    calibration.json    how sure its answers are, if that was measured

``settings.json`` is written last, so that a folder with one is complete. All that is read is
checked (:mod:`bionlp.checkpoint.schema`). Models of version 1 are read, too.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any, cast

import numpy as np
from pydantic import TypeAdapter, ValidationError

from bionlp.checkpoint import graph, schema, version1
from bionlp.checkpoint.arrays import Arrays, as_bytes
from bionlp.checkpoint.calibration import FILE as CALIBRATION
from bionlp.checkpoint.calibration import read_calibration, write_calibration
from bionlp.checkpoint.fitting import check_network, check_words
from bionlp.checkpoint.schema import FORMAT, VERSION, Common
from bionlp.classifier import TextClassifier
from bionlp.confidence import Calibration
from bionlp.errors import AbsentCheckpointError, CheckpointError
from bionlp.files import atomic_path
from bionlp.naming import name_of
from bionlp.strict import first_fault, one_line, parse_json, read_file
from bionlp.vocabulary import Vocabulary
from networks.description import Network

BUNDLED = Path(__file__).parent.parent / "models"

SETTINGS, ARRAYS, WORDS = "settings.json", "model.safetensors", "vocabulary.json"

LONGEST = {SETTINGS: 2**26, WORDS: 2**30, ARRAYS: 2**36}
"""Bytes that each file may have."""
LONGEST_PATH = 200
"""Characters of a path that a message repeats."""

_READERS = {
    version1.VERSION: (version1.settings_schema, version1.network_from),
    VERSION: (schema.settings_schema, graph.network_from),
}


def bundled_models() -> list[str]:
    """Return the names of the models that come with the package.

    Returns
    -------
    list of str
        In alphabetical order.

    Examples
    --------
    >>> from bionlp import bundled_models
    >>> bundled_models()
    ['mr', 'sst2', 'waimai']
    """
    return sorted(path.parent.name for path in BUNDLED.glob(f"*/{SETTINGS}"))


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
    CheckpointError
        If it could not be read again: its name is none, say (:data:`bionlp.naming.NAME`), or
        something is done to it while it reads.
    OutputError
        If the folder cannot be written.

    Examples
    --------
    >>> from pathlib import Path
    >>> from bionlp import load_classifier, save_classifier
    >>> save_classifier(load_classifier("mr"), Path("copy"))
    >>> load_classifier("copy").label_names
    ('negative', 'positive')
    """
    if classifier.interventions:
        raise CheckpointError(
            f"no model to save: {' '.join(map(str, classifier.interventions))} is done while it "
            "reads; save it before there are interventions"
        )
    network, arrays = graph.network_to_json(classifier.network)
    if not classifier.word_a_step:
        arrays["levels"] = classifier.levels
    settings: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "name": classifier.name,
        "language": classifier.language,
        "label_names": list(classifier.label_names),
        "network": network,
        "training": classifier.training,
    }
    if classifier.word_a_step:
        settings["coding"] = schema.WORDS
    _check_settings(settings, classifier)
    with atomic_path(folder / ARRAYS) as path:
        path.write_bytes(as_bytes(arrays))
    _write_json(folder / WORDS, list(classifier.vocabulary.words))
    settings["sha256"] = {
        name: hashlib.sha256(_read(folder / name)).hexdigest() for name in (ARRAYS, WORDS)
    }
    if classifier.calibration is None:
        (folder / CALIBRATION).unlink(missing_ok=True)
    else:
        write_calibration(classifier.calibration, folder, settings["sha256"][ARRAYS])
    _write_json(folder / SETTINGS, settings, indent=2)


def _check_settings(settings: dict[str, Any], classifier: TextClassifier) -> None:
    """See that what is to be written can be read again."""
    document = settings | {"sha256": dict.fromkeys((ARRAYS, WORDS), "0" * 64)}
    try:
        read = schema.settings_schema().model_validate_json(json.dumps(document))
        check_network(classifier.network, read.label_names)
        if classifier.word_a_step:
            check_words(classifier.network, len(classifier.vocabulary))
    except ValidationError as error:
        raise CheckpointError(f"no model to save: {first_fault(error, document)}") from error
    except ValueError as error:
        raise CheckpointError(f"no model to save: network: {one_line(error)}") from error


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
        If it is missing, truncated, of an unknown version or no model at all. The message is one
        line that names the field.

    Examples
    --------
    >>> from bionlp import load_classifier
    >>> load_classifier("mr")
    <TextClassifier 'mr' (en), 2 classes ('negative', 'positive'), 20,000 words, ...>
    """
    folder = BUNDLED / name_or_path
    if str(name_or_path) not in bundled_models():
        folder = Path(name_or_path)
    document, settings, build = _read_settings(folder)
    raw = {name: _read(folder / name) for name in (WORDS, ARRAYS)}
    for name, expected in settings.sha256.by_file.items():
        if hashlib.sha256(raw[name]).hexdigest() != expected:
            raise CheckpointError(f"{folder / name} is truncated or was changed; copy it again")
    vocabulary = _vocabulary(folder / WORDS, raw[WORDS])
    arrays = Arrays.of_bytes(raw[ARRAYS], folder / ARRAYS)
    try:
        network = build(cast(Any, settings).network, arrays)
        check_network(network, settings.label_names)
        by_word = getattr(settings, "coding", schema.RATES) == schema.WORDS
        if by_word:
            check_words(network, len(vocabulary))
    except CheckpointError:
        raise
    except (ValueError, TypeError, ArithmeticError, LookupError) as error:
        raise CheckpointError(f"{folder / SETTINGS}: network: {one_line(error)}") from error
    levels = None if by_word else _take_levels(arrays, len(vocabulary), network)
    arrays.finish()
    return TextClassifier(
        name_of(settings.name),  # of version 1, it may hold anything
        settings.language,
        settings.label_names,
        vocabulary,
        levels,
        network,
        document["training"],
        read_calibration(folder, settings.sha256.arrays),
    )


def add_calibration(calibration: Calibration, folder: Path) -> None:
    """Write a calibration into the folder of a model, in place of one that it has.

    Parameters
    ----------
    calibration : Calibration
        Of this model.
    folder : Path
        Its folder.

    Raises
    ------
    CheckpointError
        If there is no model.
    OutputError
        If the folder cannot be written.
    """
    _, settings, _ = _read_settings(folder)
    write_calibration(calibration, folder, settings.sha256.arrays)


def _read_settings(folder: Path) -> tuple[dict[str, Any], Common, Any]:
    """Return the settings as they are and as they were read, and what makes a network of them."""
    path = folder / SETTINGS
    if not os.path.lexists(path):
        raise AbsentCheckpointError(
            f"there is no model {_shown(folder)}; give the folder of a trained model "
            f"or one of the bundled {', '.join(bundled_models())}"
        )
    raw = _read(path)
    document = _parse_json(path, raw)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise CheckpointError(f"{path} does not describe a model of this program")
    version = document.get("version")
    if type(version) is not int or version not in _READERS:
        raise CheckpointError(
            f"{folder} is a model of version {one_line(version)}, this program reads versions "
            f"{' and '.join(map(str, _READERS))}; use a newer program, or train it again"
        )
    schema_of, build = _READERS[version]
    try:
        return document, schema_of().model_validate_json(raw), build
    except ValidationError as error:
        raise CheckpointError(f"{path}: {first_fault(error, document)}") from error


def _shown(folder: Path) -> str:
    name = repr(str(folder))
    return name if len(name) <= LONGEST_PATH else f"{name[: LONGEST_PATH - 3]}..."


def _read(path: Path) -> bytes:
    return read_file(path, CheckpointError, LONGEST[path.name])


def _vocabulary(path: Path, raw: bytes) -> Vocabulary:
    document = _parse_json(path, raw)
    try:
        return Vocabulary(TypeAdapter(list[str]).validate_json(raw, strict=True))
    except ValidationError as error:
        raise CheckpointError(f"{path}: {first_fault(error, document)}") from error
    except ValueError as error:
        raise CheckpointError(f"{path}: {one_line(error)}") from error


def _parse_json(path: Path, raw: bytes) -> Any:
    try:
        return parse_json(raw)
    except ValueError as error:
        raise CheckpointError(f"{path} is truncated or no JSON: {one_line(error)}") from error


def _take_levels(arrays: Arrays, words: int, network: Network) -> np.ndarray:
    """Return the rates of all words, of which the first, for unknown ones, is silent."""
    levels = arrays.take("levels", ("uint8",), (words + 1, network.input.shape[1]))
    if levels[0].any():
        raise CheckpointError(
            f"{arrays.path}: array 'levels': row 0 stands for unknown words and must be zero"
        )
    return levels


def _write_json(path: Path, content: Any, indent: int | None = None) -> None:
    with atomic_path(path) as temporary:
        text = json.dumps(content, ensure_ascii=False, indent=indent)
        temporary.write_text(text + "\n", encoding="utf-8")
