"""What a Zarr store declares, looked at before any array of it is opened.

A corpus is a folder of plain arrays, cut into chunks by sentence alone and packed by Blosc. Zarr
can do more: objects that are unpickled, codecs that are programs, chunks that lie in other places.
A file system can do more, too: links and pipes. None of it is followed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, ValidationError

from bionlp.errors import AbsentRecordingError, RecordingError
from bionlp.files import reason
from bionlp.limits import MOST_SENTENCES
from bionlp.strict import Strict, first_fault, one_line, parse_json, read_file

METADATA = "zarr.json"
MOST_METADATA = 2**24
"""Bytes of a file of attributes."""
MOST_CHUNK = 2**31 - 17
"""Bytes of a chunk in memory; Blosc packs no more."""
MOST_CHUNKS = 10**6
"""Of an array."""
HEADER = 16
"""Bytes that Blosc puts before what it packs."""

Size = Annotated[int, Field(ge=0, le=MOST_SENTENCES)]


class Grid(Strict):
    """How an array is cut."""

    class Shape(Strict):
        """How large its chunks are."""

        chunk_shape: Annotated[
            list[Annotated[int, Field(ge=1, le=MOST_CHUNK)]], Field(min_length=1)
        ]

    name: Literal["regular"]
    configuration: Shape


class Keys(Strict):
    """How files of chunks are named."""

    class Separator(Strict):
        """What stands between numbers."""

        separator: Literal["/"]

    name: Literal["default"]
    configuration: Separator


class Bytes(Strict):
    """How numbers become bytes."""

    class Order(Strict):
        """Which of their bytes comes first."""

        endian: Literal["little"]

    name: Literal["bytes"]
    configuration: Order | None = None


class Blosc(Strict):
    """How bytes are packed."""

    class Settings(Strict):
        """Which of its ways."""

        typesize: Annotated[int, Field(ge=1, le=8)]
        cname: Literal["zstd"]
        clevel: Annotated[int, Field(ge=0, le=9)]
        shuffle: Literal["noshuffle", "shuffle", "bitshuffle"]
        blocksize: Literal[0]

    name: Literal["blosc"]
    configuration: Settings


class Array(Strict):
    """The metadata of an array."""

    zarr_format: Literal[3]
    node_type: Literal["array"]
    shape: Annotated[list[Size], Field(min_length=1)]
    data_type: Literal["bool", "uint8", "int32", "int64", "float32", "float64"]
    chunk_grid: Grid
    chunk_key_encoding: Keys
    fill_value: Literal[False, 0] | Annotated[float, Field(ge=0, le=0)]
    codecs: tuple[Bytes, Blosc]
    attributes: Annotated[dict[str, Any], Field(default_factory=dict)]
    dimension_names: list[str]
    storage_transformers: Annotated[list[Any], Field(default_factory=list, max_length=0)]

    @property
    def chunk(self) -> list[int]:
        """The shape of a chunk."""
        return self.chunk_grid.configuration.chunk_shape

    @property
    def bytes(self) -> int:
        """Bytes of all of it in memory."""
        return prod(self.shape) * np.dtype(self.data_type).itemsize

    @property
    def chunk_bytes(self) -> int:
        """Bytes of a chunk in memory."""
        return prod(self.chunk) * np.dtype(self.data_type).itemsize


class Group(Strict):
    """The metadata of a group."""

    zarr_format: Literal[3]
    node_type: Literal["group"]
    attributes: Annotated[dict[str, Any], Field(default_factory=dict)]


Store = dict[str, Array | Group]
"""What is in a store, by path; the root is named ``""``."""


def read_store(path: Path) -> Store:
    """Read what a store declares, and see that there is nothing in it that is not written here.

    Parameters
    ----------
    path : Path
        The folder.

    Returns
    -------
    dict of str to Array or Group
        By path, such as ``conv3/spikes``.

    Raises
    ------
    RecordingError
        If there is none, or something in it is no file, of another format, packed in another way or
        too large.
    """
    if not os.path.exists(path):
        raise AbsentRecordingError(
            f"there is no corpus {path}; make one with: bionlp record MODEL --out {path}"
        )
    if not (path / METADATA).is_file():
        raise RecordingError(f"{path} is no corpus: a folder with {METADATA} and others")
    try:
        folders = sorted(_folders(path))
    except OSError as error:
        raise RecordingError(f"cannot read {path}: {reason(error)}") from error
    return {folder: _declared(path, folder) for folder in folders}


def _folders(path: Path) -> Iterator[str]:
    """Yield the folders that have metadata, seeing that all else are folders and plain files."""
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        with os.scandir(path / folder) as entries:
            for entry in entries:
                name = f"{folder}/{entry.name}".removeprefix("/")
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(name)
                elif not entry.is_file(follow_symlinks=False):
                    raise RecordingError(
                        f"{path}: {one_line(repr(name))} is a link, a pipe or a device; a corpus "
                        "has plain files alone"
                    )
                elif entry.name == METADATA:
                    yield folder


def _declared(path: Path, folder: str) -> Array | Group:
    """Read the metadata of a folder."""
    file = path / folder / METADATA
    raw = read_file(file, RecordingError, MOST_METADATA)
    data: Any = None
    try:
        data = parse_json(raw)
        is_array = isinstance(data, dict) and data.get("node_type") == "array"
        found = Array.model_validate(_listed(data)) if is_array else Group.model_validate(data)
    except ValidationError as error:
        raise RecordingError(f"{file}: {first_fault(error, data)}") from error
    except (ValueError, UnicodeDecodeError) as error:
        raise RecordingError(f"{file} is no JSON: {one_line(error)}") from error
    if isinstance(found, Array):
        _check_array(found, file)
    return found


def _listed(data: dict[str, Any]) -> dict[str, Any]:
    """Return metadata with the pair of codecs as a pair, which JSON does not have."""
    codecs = data.get("codecs")
    return data | {"codecs": tuple(codecs)} if isinstance(codecs, list) else data


def _check_array(array: Array, file: Path) -> None:
    """See that an array is cut along its first dimension alone, and not into too much."""
    if not len(array.shape) == len(array.chunk) == len(array.dimension_names):
        raise RecordingError(f"{file}: shape, chunks and dimension_names are of other lengths")
    whole = [max(size, 1) for size in array.shape[1:]]
    chunks = -(-array.shape[0] // array.chunk[0])
    if array.chunk[1:] != whole or array.chunk_bytes > MOST_CHUNK or chunks > MOST_CHUNKS:
        raise RecordingError(f"{file}: it has chunks of the shape {array.chunk}")


def check_chunk(path: Path, name: str, array: Array, place: int) -> None:
    """See that a chunk is as large as it should be before it is unpacked.

    Parameters
    ----------
    path : Path
        The store.
    name : str
        Path of an array.
    array : Array
        What it declares.
    place : int
        Along its first dimension.

    Raises
    ------
    RecordingError
        If the chunk says that it is larger or smaller, or is cut off.
    """
    row = place // array.chunk[0]
    file = path.joinpath(name, "c", str(row), *["0"] * (len(array.shape) - 1))
    try:
        raw = read_file(file, RecordingError, MOST_CHUNK + HEADER)
    except AbsentRecordingError:
        return  # zeros alone are not written
    sizes = np.frombuffer(raw[4:HEADER], dtype="<u4").tolist() if len(raw) >= HEADER else []
    if not sizes or sizes[0] != array.chunk_bytes or sizes[2] != len(raw):
        raise RecordingError(f"{file} is truncated, or is no chunk of {array.chunk_bytes:,} bytes")
