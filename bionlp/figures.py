"""Figures of a recording as files."""

from __future__ import annotations

from pathlib import Path

import xarray as xr

from analysis.counts import plot_class_counts
from analysis.raster import plot_raster
from analysis.traces import plot_traces
from bionlp.errors import RecordingError, UsageError
from bionlp.files import atomic_path

KINDS = {"raster": plot_raster, "traces": plot_traces, "counts": plot_class_counts}
FORMATS = (".png", ".pdf", ".svg")
DPI = 300


def write_figures(recording: xr.DataTree, folder: Path) -> list[Path]:
    """Draw every kind of figure that a recording has the data for.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.
    folder : Path
        Where the PNG files go.

    Returns
    -------
    list of Path
        The files.
    """
    kinds = [kind for kind in KINDS if kind != "traces" or _has_membranes(recording)]
    return [write_figure(recording, kind, folder / f"{kind}.png") for kind in kinds]


def write_figure(recording: xr.DataTree, kind: str, path: Path) -> Path:
    """Draw one figure.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.
    kind : str
        One of :data:`KINDS`.
    path : Path
        File to write; its suffix chooses the format.

    Returns
    -------
    Path
        The same.

    Raises
    ------
    UsageError
        If the suffix is none of :data:`FORMATS`.
    RecordingError
        If the recording lacks what the figure shows.
    OutputError
        If the file cannot be written.
    """
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"cannot draw {path.name}; the suffix must be {', '.join(FORMATS)}")
    if kind == "traces" and not _has_membranes(recording):
        raise RecordingError("the recording holds no membranes; simulate again with --record some")
    figure = KINDS[kind](recording)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=DPI)
    return path


def _has_membranes(recording: xr.DataTree) -> bool:
    return any(recording[name].sizes["recorded"] for name in recording.attrs["layers"])
