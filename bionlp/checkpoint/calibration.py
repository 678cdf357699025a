"""``calibration.json``: how sure a model's answers are, beside its other files.

A file of its own, since a model can be calibrated at any time after its training. It names the
checksum of the weights that it is for, so that it cannot be taken for another model's.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from bionlp.checkpoint.schema import Checksum
from bionlp.confidence import LARGEST_EXPONENT, LARGEST_OFFSET, Calibration
from bionlp.errors import CheckpointError
from bionlp.files import atomic_path
from bionlp.limits import MOST_STEPS
from bionlp.strict import OneOf, Strict, first_fault, one_line, parse_json, read_file

FILE = "calibration.json"
FORMAT = "bionlp-calibration"
VERSION = 1
MOST_BYTES = 2**16


class _Written(Strict):
    """What the file says."""

    format: Annotated[str, OneOf([FORMAT])]
    version: Annotated[int, OneOf([VERSION])]
    sha256: Checksum
    exponent: Annotated[float, Field(gt=0, le=LARGEST_EXPONENT)]
    offset: Annotated[float, Field(gt=0, le=LARGEST_OFFSET)]
    steps: Annotated[int, Field(ge=1, le=MOST_STEPS)]
    dataset: Annotated[str, Field(max_length=1000)]
    split: Annotated[str, Field(max_length=100)]
    sentences: Annotated[int, Field(ge=1)]
    log_loss: Annotated[float, Field(ge=0)]


def write_calibration(calibration: Calibration, folder: Path, weights: str) -> None:
    """Write a calibration beside the model it is for.

    Parameters
    ----------
    calibration : Calibration
        What to write.
    folder : Path
        Of the model.
    weights : str
        SHA-256 of the model's arrays.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    document = {"format": FORMAT, "version": VERSION, "sha256": weights, **asdict(calibration)}
    with atomic_path(folder / FILE) as path:
        path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def read_calibration(folder: Path, weights: str) -> Calibration | None:
    """Read the calibration of a model, None if it has none.

    Parameters
    ----------
    folder : Path
        Of the model.
    weights : str
        SHA-256 of the model's arrays.

    Returns
    -------
    Calibration or None
        What is written.

    Raises
    ------
    CheckpointError
        If the file is damaged, of another version or for other weights.
    """
    path = folder / FILE
    if not os.path.lexists(path):
        return None
    raw = read_file(path, CheckpointError, MOST_BYTES)
    try:
        document = parse_json(raw)
        written = _Written.model_validate_json(raw)
    except ValidationError as error:
        why = first_fault(error, document)
    except ValueError as error:
        why = f"is no JSON: {one_line(error)}"
    else:
        if written.sha256 == weights:
            return Calibration(**written.model_dump(exclude={"format", "version", "sha256"}))
        why = "sha256: it is for other weights"
    raise CheckpointError(f"{path}: {why}; remove it, or make it anew with bionlp confidence")
