"""Recordings as NetCDF files."""

from __future__ import annotations

from pathlib import Path

import xarray as xr

from bionlp.errors import RecordingError
from bionlp.files import atomic_path
from bionlp.recording import version1
from bionlp.recording.schema import FORMAT, VERSION, check, plain
from bionlp.strict import one_line


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
    """
    compressed = {
        node.path: {name: {"zlib": True, "complevel": 1} for name in node.data_vars}
        for node in recording.subtree
    }
    with atomic_path(path) as temporary:
        recording.to_netcdf(temporary, engine="h5netcdf", encoding=compressed)


def load_recording(path: Path) -> xr.DataTree:
    """Read a recording.

    Parameters
    ----------
    path : Path
        A file that :func:`save_recording` wrote, or that of version 1.

    Returns
    -------
    xarray.DataTree
        The recording, in memory.

    Raises
    ------
    RecordingError
        If the file is missing, no recording, or of an unknown version; in one line that names what
        is missing or wrong in it.
    """
    if not Path(path).is_file():
        raise RecordingError(f"there is no recording {path}; make one with: bionlp simulate --out")
    try:
        with xr.open_datatree(path, engine="h5netcdf") as tree:
            recording = tree.load()
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError) as error:
        raise RecordingError(f"{path} is truncated or no NetCDF file: {one_line(error)}") from error
    attrs = plain(recording.attrs)
    if attrs.get("format") != FORMAT:
        raise RecordingError(f"{path} is a NetCDF file but no recording of this program")
    try:
        if attrs.get("version") == version1.VERSION:
            return version1.upgrade(recording)
        if attrs.get("version") == VERSION:
            check(recording)
            return recording
    except RecordingError as error:
        raise RecordingError(f"{path}, {error}") from error
    raise RecordingError(
        f"{path} is a recording of version {one_line(attrs.get('version'))}, this program reads "
        f"versions {version1.VERSION} and {VERSION}; simulate the sentence again"
    )
