"""Figures of a recording as files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import xarray as xr

from analysis.counts import plot_class_counts
from analysis.raster import plot_raster
from analysis.ratemap import plot_ratemap
from analysis.style import PaperFigure
from analysis.traces import plot_traces
from analysis.view import EVERYTHING, View
from bionlp.errors import RecordingError, UsageError
from bionlp.files import atomic_path
from bionlp.limits import LEAST_DPI, MOST_DPI, check_memory

KINDS: dict[str, Callable[..., PaperFigure]] = {
    "raster": plot_raster,
    "ratemap": plot_ratemap,
    "traces": plot_traces,
    "counts": plot_class_counts,
}
FORMATS = (".png", ".pdf", ".svg")
DPI = 300
MOST_PIXELS = 100_000_000
BYTES_A_PIXEL = 12
"""What an image takes while it is drawn and compressed: RGBA, about three times."""


def write_figures(
    recording: xr.DataTree,
    folder: Path,
    view: View = EVERYTHING,
    dpi: int = DPI,
    kinds: Sequence[str] | None = None,
) -> list[Path]:
    """Draw figures of several kinds.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.
    folder : Path
        Where the PNG files go.
    view : View
        What is drawn of it; class counts are always of all output neurons.
    dpi : int
        Pixels in an inch.
    kinds : sequence of str, optional
        Some of :data:`KINDS`; by default all that the recording has the data for.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    UsageError, RecordingError, OutputError
        As of :func:`write_figure`.
    """
    if kinds is None:
        kinds = [kind for kind in KINDS if kind != "traces" or _has_membranes(recording, view)]
    views = dict.fromkeys(kinds, view) | {"counts": replace(view, layers=None, neurons=None)}
    return [
        write_figure(recording, kind, folder / f"{kind}.png", views[kind], dpi) for kind in kinds
    ]


def write_figure(
    recording: xr.DataTree, kind: str, path: Path, view: View = EVERYTHING, dpi: int = DPI
) -> Path:
    """Draw one figure.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.
    kind : str
        One of :data:`KINDS`.
    path : Path
        File to write; its suffix chooses the format.
    view : View
        What is drawn of the recording.
    dpi : int
        Pixels in an inch: of the file, or of the images in a vector file.

    Returns
    -------
    Path
        The same.

    Raises
    ------
    UsageError
        If the suffix is none of :data:`FORMATS`, the view does not fit the recording, or the
        figure would have too many pixels.
    RecordingError
        If the recording lacks what the figure shows.
    OutputError
        If the file cannot be written.
    """
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"cannot draw {path.name}; the suffix must be {', '.join(FORMATS)}")
    if not LEAST_DPI <= dpi <= MOST_DPI:
        raise UsageError(f"the resolution must be {LEAST_DPI} to {MOST_DPI} dpi, not {dpi}")
    try:
        if kind == "traces" and not _has_membranes(recording, view):
            raise RecordingError(
                f"the recording holds no membranes of {', '.join(view.chosen_layers(recording))}; "
                "simulate again with --record some"
            )
        figure = KINDS[kind](recording, view=view)
    except RecordingError:
        raise
    except ValueError as error:
        raise UsageError(str(error)) from error
    _check_pixels(figure, dpi)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=dpi)
    return path


def _check_pixels(figure: PaperFigure, dpi: int) -> None:
    """See that an image of the figure is of use and fits into memory."""
    width, height = figure.get_size_inches()
    pixels = width * height * dpi**2
    what = f"a figure of {width:.3g} by {height:.3g} inches at {dpi} dpi"
    if pixels > MOST_PIXELS:
        raise UsageError(
            f"{what} has {pixels / 1e6:,.0f} million pixels, more than {MOST_PIXELS / 1e6:,.0f}; "
            "make it smaller"
        )
    check_memory(BYTES_A_PIXEL * pixels, what, "make it smaller")


def _has_membranes(recording: xr.DataTree, view: View) -> bool:
    layers = view.chosen_layers(recording)
    return any(recording[name].sizes["recorded"] for name in layers)
