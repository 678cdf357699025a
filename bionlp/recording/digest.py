"""A digest of all that a recording says, by which a file is known to be as it was written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from bionlp.recording.schema import plain

ATTRIBUTE = "sha256"
"""Of the root; not part of what is digested."""
DIGITS = 64
"""Of a digest, in hexadecimal."""


def digest(recording: xr.DataTree) -> str:
    """Return the SHA-256 of attributes, names, dimensions and values.

    Parameters
    ----------
    recording : xarray.DataTree
        In memory, or as it was read from a file.

    Returns
    -------
    str
        64 hexadecimal digits, the same for all widths that a file may give to numbers.
    """
    found = hashlib.sha256()
    for node in sorted(recording.subtree, key=lambda node: node.path):
        attrs = {name: value for name, value in node.attrs.items() if name != ATTRIBUTE}
        dataset = node.to_dataset(inherit=False)
        # Coordinates of the root are those of all nodes, whether a file repeats them or not.
        shared = () if node.path == recording.path else recording.coords
        own, labels = (
            sorted({*names} - {*shared}) for names in (dataset.variables, dataset.coords)
        )
        found.update(_written([node.path, plain(attrs), labels]))
        for name in own:
            variable = dataset.variables[name]
            found.update(_written([name, variable.dims, variable.shape, plain(variable.attrs)]))
            for piece in _content(variable.values):
                found.update(piece)
    return found.hexdigest()


def _content(values: np.ndarray) -> Iterator[bytes]:
    if values.dtype.kind in "biu":
        yield values.astype("<i8").tobytes()
    elif values.dtype.kind == "f":
        yield values.astype("<f8").tobytes()
    else:
        yield _written(values.tolist())


def _written(document: Any) -> bytes:
    return json.dumps(document, sort_keys=True, default=repr).encode()
