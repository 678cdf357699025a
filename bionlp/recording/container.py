"""What a NetCDF file declares, looked at before anything of it is taken into memory.

Recordings are HDF5 files of plain arrays. HDF5 can do more: arrays of which no more than the size
is there, content that lies in other files, filters that are programs. None of it is followed.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

import h5py

from bionlp.errors import RecordingError
from bionlp.limits import free_memory, said

MOST_OBJECTS = 10_000
FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}
DENSEST = 1_100
"""How many times as large content may be as what it was compressed to; deflate reaches 1,032."""
UNSTORED = 2**20
"""Bytes of an array that may be declared without being stored."""
DIMENSION = b"This is a netCDF dimension but not a netCDF variable"
"""How the name of something begins that is a size and no array."""


def check_file(path: Path) -> None:
    """See that a file is one, and not larger inside than outside.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    RecordingError
        If it is a folder or a pipe, declares more than it holds, or refers to other files.
    OSError, RuntimeError, ValueError, LookupError
        If it is no HDF5 file, or damaged.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise RecordingError(f"{path} is no file but a folder, a pipe or a device")
    with h5py.File(path, "r") as file:
        total = _check_group(file, file.filename, [0])
    free = free_memory()
    if free is not None and total > free:
        raise RecordingError(
            f"{path} holds {said(total)} of arrays, and {said(free)} of memory are free"
        )


def _check_group(group: h5py.Group, path: str, seen: list[int]) -> int:
    """Return how many bytes the arrays of a group have in memory."""
    total = 0
    for name in group:
        seen[0] += 1
        if seen[0] > MOST_OBJECTS:
            raise RecordingError(f"{path} has more than {MOST_OBJECTS:,} parts")
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise RecordingError(f"{path}, {group.name}: {name!r} refers to somewhere else")
        part = group[name]
        if isinstance(part, h5py.Group):
            total += _check_group(part, path, seen)
        elif isinstance(part, h5py.Dataset):
            total += _check_array(part, path)
    return total


def _check_array(array: h5py.Dataset, path: str) -> int:
    where = f"{path}, {array.name}"
    if array.is_virtual or array.external:
        raise RecordingError(f"{where}: its content lies in other files")
    made = array.id.get_create_plist()
    if {made.get_filter(number)[0] for number in range(made.get_nfilters())} - FILTERS:
        raise RecordingError(f"{where} is packed in an unknown way")
    declared, stored = array.size * array.dtype.itemsize, array.id.get_storage_size()
    if _is_dimension(array):
        return 0
    if declared > max(UNSTORED, DENSEST * stored) or stored > os.path.getsize(path):
        raise RecordingError(
            f"{where} declares {said(declared)}, of which the file holds {said(stored)}"
        )
    return declared


def _is_dimension(array: h5py.Dataset) -> bool:
    name = array.attrs.get("NAME", b"")
    return isinstance(name, bytes) and name.startswith(DIMENSION)
