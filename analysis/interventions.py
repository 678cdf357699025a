"""What was done to neurons while a network read, as framed spans of time.

A recording says it as it is typed (:mod:`networks.intervention`). There, ``from`` and ``until`` are
milliseconds, so a span begins half a step before the first mark that it is meant for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.recordings import output_name
from networks.intervention import Intervention, parse

FRAME, SHADE = "#7B5EA7", "#E6DEF2"
TITLE_INCHES, LETTERS_PER_INCH = 3.2, 23
"""What a panel's title takes of the width of a figure, and letters of the line beside it."""


def interventions_on(recording: xr.DataTree, layer: str, neurons: np.ndarray) -> list[Intervention]:
    """Return what was done to any of some neurons.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.
    layer : str
        Their population.
    neurons : numpy.ndarray of int
        C-order indices.

    Returns
    -------
    list of Intervention
        In the order in which it was done; empty for most recordings.
    """
    shape = recording[layer]["spikes"].shape[1:]
    # Classes are no axis of the population itself.
    shape = (int(np.prod(shape)),) if layer == output_name(recording) else shape
    return [
        each
        for each in parse(str(recording.attrs.get("interventions", "")).split())
        if each.population == layer and each.chosen(shape).ravel()[neurons].any()
    ]


def span_of(recording: xr.DataTree, done: Intervention) -> tuple[float, float]:
    """Return from when to when something was done, in milliseconds."""
    step, steps = float(recording.attrs["dt_ms"]), int(recording.attrs["steps"])
    end = steps * step if done.stop is None else done.stop
    return done.start - step / 2, end - step / 2


def frame(
    ax: Axes, recording: xr.DataTree, done: Iterable[Intervention], rows: tuple[float, float]
) -> None:
    """Frame and shade the times in which something was done.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Over time in milliseconds, whose limits stay.
    recording : xarray.DataTree
        The recording.
    done : iterable of Intervention
        What.
    rows : tuple of float
        From where to where, in parts of the height.
    """
    limits = ax.get_xlim()
    for each in done:
        span = span_of(recording, each)
        ax.axvspan(*span, *rows, color=SHADE, linewidth=0, zorder=0.5, gid="intervention")
        # An image hides the shade, but not this.
        ax.axvspan(*span, *rows, fill=False, edgecolor=FRAME, linewidth=0.8, zorder=2.5)
    ax.set_xlim(limits)


def say_framed(ax: Axes, done: Iterable[Intervention]) -> None:
    """Write above the right end of a panel what is framed in it, if anything is."""
    done = list(done)
    if not done:
        return
    said = " ".join(dict.fromkeys(map(str, done)))
    figure = cast(Figure, ax.figure)
    if len(said) > (figure.get_figwidth() - TITLE_INCHES) * LETTERS_PER_INCH:
        said = ", ".join(dict.fromkeys(each.kind for each in done))
    place: dict[str, Any] = {
        "xycoords": "axes fraction",
        "xytext": (0, 4),
        "textcoords": "offset points",
    }
    ax.annotate(
        f"framed: {said}", (1, 1), ha="right", va="bottom", fontsize=6, color=FRAME, **place
    )
