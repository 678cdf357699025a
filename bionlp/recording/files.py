"""Recordings as NetCDF files."""

from __future__ import annotations

import os
from pathlib import Path

import xarray as xr

from bionlp.errors import AbsentRecordingError, RecordingError
from bionlp.files import atomic_path, check_room
from bionlp.recording import version1
from bionlp.recording.container import check_file
from bionlp.recording.digest import ATTRIBUTE, digest
from bionlp.recording.schema import FORMAT, VERSION, check, plain
from bionlp.strict import one_line

VERSIONS = (version1.VERSION, VERSION)
OVERHEAD = 2**18
"""Bytes of a file beside its arrays, at most."""


def save_recording(recording: xr.DataTree, path: Path) -> None:
    """Write a recording as NetCDF.

    Parameters
    ----------
    recording : xarray.DataTree
        What to write.
    path : Path
        The file, usually ending in ``.nc``.

    Raises
    ------
    OutputError
        If it cannot be written.

    Examples
    --------
    >>> from pathlib import Path
    >>> from bionlp import load_classifier, save_recording, simulate
    >>> (recording,) = simulate(load_classifier("mr"), "a gripping film", steps=10, seed=1)
    >>> save_recording(recording, Path("film.nc"))
    """
    compressed = {
        node.path: {name: {"zlib": True, "complevel": 1} for name in node.data_vars}
        for node in recording.subtree
    }
    signed = recording.copy()
    signed.attrs = recording.attrs | {ATTRIBUTE: digest(recording)}
    size = sum(node.to_dataset().nbytes for node in recording.subtree)
    with atomic_path(path) as temporary:
        # HDF5 may crash on a full disk.
        check_room(temporary, size + OVERHEAD)
        signed.to_netcdf(temporary, engine="h5netcdf", encoding=compressed)


def open_recording(path: Path) -> xr.DataTree:
    """Read a recording; the file is closed again.

    Parameters
    ----------
    path : Path
        A file that :func:`save_recording` wrote, or that of version 1.

    Returns
    -------
    xarray.DataTree
        The recording, in memory: what is read is checked whole, and a sentence is small.

    Raises
    ------
    RecordingError
        If the file is missing, no recording, or of an unknown version; in one line that names what
        is missing or wrong in it.

    Examples
    --------
    >>> from pathlib import Path
    >>> from bionlp import load_classifier, open_recording, save_recording, simulate
    >>> (recording,) = simulate(load_classifier("mr"), "a gripping film", steps=10, seed=1)
    >>> save_recording(recording, Path("film.nc"))
    >>> open_recording(Path("film.nc"))["input"]["spikes"].shape
    (10, 3, 300)
    """
    if not os.path.exists(path):
        raise AbsentRecordingError(
            f"there is no recording {path}; make one with: bionlp simulate --out"
        )
    if (Path(path) / "zarr.json").exists():
        raise RecordingError(f"{path} is a corpus; open it with open_corpus, and take a sentence")
    recording = _read(path)
    attrs = plain(recording.attrs)
    if attrs.get("format") != FORMAT:
        raise RecordingError(f"{path} is a NetCDF file but no recording of this program")
    version = attrs.get("version")
    if type(version) is not int or version not in VERSIONS:
        raise RecordingError(
            f"{path} is a recording of version {one_line(version)}, this program reads "
            f"versions {' and '.join(map(str, VERSIONS))}; simulate the sentence again"
        )
    try:
        return checked_recording(recording, version)
    except RecordingError as error:
        raise RecordingError(f"{path}, {error}") from error


def _read(path: Path) -> xr.DataTree:
    try:
        check_file(path)
        with xr.open_datatree(path, engine="h5netcdf") as tree:
            return tree.load()
    except RecordingError:
        raise
    except Exception as error:  # whatever the libraries make of a file that is none
        raise RecordingError(f"{path} is truncated or no NetCDF file: {one_line(error)}") from error


_DAMAGED = (RecordingError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError)


def checked_recording(recording: xr.DataTree, version: int) -> xr.DataTree:
    """Return a recording that was read as the present version has it, if nothing is wrong in it.

    Parameters
    ----------
    recording : xarray.DataTree
        What a file says.
    version : int
        One of :data:`VERSIONS`.

    Returns
    -------
    xarray.DataTree
        The recording.

    Raises
    ------
    RecordingError
        If something is missing or wrong; the message names it in one line.
    """
    try:
        return _checked(recording, version)
    except _DAMAGED as error:
        raise RecordingError(one_line(error)) from error


def _checked(recording: xr.DataTree, version: int) -> xr.DataTree:
    given = recording.attrs.pop(ATTRIBUTE, None)
    found = digest(recording) if given is not None else None
    if version == VERSION:
        check(recording)
    else:
        recording = version1.upgrade(recording)
    if given != found or (given is None and version == VERSION):
        raise RecordingError(
            f"/: attribute {ATTRIBUTE} is {'missing' if given is None else 'of other content'}; "
            "the file was changed: simulate the sentence again"
        )
    return recording
