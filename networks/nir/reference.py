"""Spikes that another library computed, and the spikes it computed them from.

An .npz file holds ``input``, of shape (steps, ...) with channels first as in NIR, or one array
``input.NAME`` for each of several Inputs. For each layer of neurons i in the order of flow it may
hold ``s_i``, its spikes, and ``v_i``, its membranes. Anything else is an error.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from os.path import isfile
from pathlib import Path

import numpy as np

from networks.nir.container import GraphError

MOST_BYTES = 2**32
"""Of all arrays together."""
PART = re.compile(r"input(\..+)?|[sv]_(0|[1-9]\d*)", re.DOTALL)


@dataclass(frozen=True)
class Reference:
    """What a library computed.

    Attributes
    ----------
    input : dict of str to numpy.ndarray of bool, each of shape (steps, ...)
        Spikes that it was shown, by the names of Inputs; of a single one the name is empty.
    spikes, membranes : dict of int to numpy.ndarray, each of shape (steps, ...)
        Of each layer that was kept, numbered in the order of flow.
    """

    input: dict[str, np.ndarray]
    spikes: dict[int, np.ndarray]
    membranes: dict[int, np.ndarray]


def read_reference(path: str | Path) -> Reference:
    """Read what a library computed.

    Parameters
    ----------
    path : str or Path
        An .npz file; objects in it are not unpickled.

    Returns
    -------
    Reference
        What is in it.

    Raises
    ------
    GraphError
        If there is no such file, or it holds something else.
    """
    arrays = read_arrays(path)
    for name in arrays:
        if not PART.fullmatch(name):
            raise GraphError(f"{path}: {name!r} is neither input, nor s_0, v_0, s_1, ...")
    shown = input_of(arrays, path)
    steps = len(next(iter(shown.values())))
    for name, array in arrays.items():
        if len(array) != steps:
            raise GraphError(f"{path}: {name} has {len(array)} steps, and the input {steps}")
    parts = {
        kind: {int(name[2:]): array for name, array in sorted(arrays.items()) if name[0] == kind}
        for kind in "sv"
    }
    spikes = {number: as_spikes(s, f"{path}: s_{number}") for number, s in parts["s"].items()}
    return Reference(shown, spikes, parts["v"])


def input_of(arrays: dict[str, np.ndarray], path: str | Path) -> dict[str, np.ndarray]:
    """Take the input out of what a file holds; see :attr:`Reference.input`.

    Raises
    ------
    GraphError
        If there is none, or it holds anything but spikes.
    """
    names = [name for name in arrays if name.partition(".")[0] == "input"]
    if not names or ("input" in names and len(names) > 1):
        raise GraphError(f"{path} has no input, only {', '.join(sorted(arrays)) or 'nothing'}")
    return {
        name.partition(".")[2]: as_spikes(arrays.pop(name), f"{path}: {name}") for name in names
    }


def read_arrays(path: str | Path) -> dict[str, np.ndarray]:
    """Read the arrays of an .npz file, all of them numbers with steps along the first axis."""
    path = Path(path)
    if not isfile(path):
        raise GraphError(f"there is no file {path}")
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(part.file_size for part in archive.infolist())
        if size > MOST_BYTES:
            raise GraphError(f"{path} would take {size:,} bytes, and at most {MOST_BYTES:,} may be")
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except GraphError:
        raise
    # NumPy and zipfile raise all of these for files that are none or damaged.
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, MemoryError) as error:
        reason = " ".join(str(error).split())[:200]
        raise GraphError(f"{path} is no .npz file of numbers, or is damaged: {reason}") from error
    for name, array in arrays.items():
        if array.dtype.kind not in "fiub" or not array.ndim or not array.size:
            raise GraphError(f"{path}: {name} is no array of numbers with steps along an axis")
    return arrays


def as_spikes(array: np.ndarray, what: str) -> np.ndarray:
    """Return spikes as truth values.

    Raises
    ------
    GraphError
        If there is anything but 0 and 1: several spikes in a step are not supported.
    """
    if not np.isin(array, (0, 1)).all():
        worst = array[~np.isin(array, (0, 1))].flat[0]
        raise GraphError(f"{what} holds {worst:g}; a neuron fires once in a step, or not")
    return array.astype(bool)
