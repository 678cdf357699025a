"""Raster plot: a mark for every spike of a neuron, a row for every neuron, against time.

A page carries some hundred rows, and a network has thousands of neurons. So each band (see
:mod:`analysis.bands`) shows as many neurons as can be told apart, drawn at random, always the same
ones: the first so many of a permutation with seed :data:`SEED`. Bands of as many neurons show the
same ones, so that words are compared on the same features. What all neurons do is drawn by
:mod:`analysis.ratemap`.

A mark covers 70 % of the height of its row and half the width of its step or less, so two spikes do
not touch, as long as a step is at least half a point wide: 800 steps across two columns. In longer
recordings a window shows them apart. Marks are lines in vector files, unless they are more than
:data:`MOST_LINES`: only then are they an image.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.collections import LineCollection

from analysis.bands import POINTS_PER_INCH, Band, Panel, banded_figure, write_beside
from analysis.style import PaperFigure
from analysis.view import EVERYTHING, View

SEED = 0
MOST_LINES = 10_000

HEIGHT_SHARE, TALLEST = 0.7, 7.0
"""Height of a mark as a share of its row, and the greatest in points."""
WIDTH_SHARE, THINNEST, WIDEST = 0.5, 0.25, 2.0
"""Width of a mark as a share of a step, and the least and the greatest in points."""
BESIDE_INCHES = 1.4
"""What labels and numbers take of the width of a figure, at most."""


def plot_raster(recording: xr.DataTree, view: View = EVERYTHING) -> PaperFigure:
    """Draw spikes of a recording, each as a mark of its own.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.
    view : View
        What is drawn of it; by default all layers and steps, and a sample of the neurons.

    Returns
    -------
    matplotlib.figure.Figure
        Panels for input, convolutions, pooling and output over one time axis in milliseconds, each
        titled with how many of its neurons it shows. Beside each band is the number of spikes of
        all its neurons. Each set of marks has the layer's name as its ``gid``.

    Raises
    ------
    ValueError
        If the view does not fit the recording or the figure.

    Examples
    --------
    >>> import bionlp
    >>> from analysis import View, plot_raster
    >>> model = bionlp.load_classifier("mr")
    >>> (recording,) = bionlp.simulate(model, "a gripping film", steps=10, seed=1)
    >>> plot_raster(recording, View(layers=["input", "output"])).savefig("raster.png")
    """
    figure, axes, panels = banded_figure(recording, view)
    steps = view.steps(recording)
    times = recording["time"].values[steps]
    bands = [band for panel in panels for band in panel.bands]
    lines = sum(int(band.spikes[:, sample(band.neurons, band.rows)].sum()) for band in bands)
    step_points = (figure.get_figwidth() - BESIDE_INCHES) * POINTS_PER_INCH / len(times)
    look = {
        "linewidths": float(np.clip(WIDTH_SHARE * step_points, THINNEST, WIDEST)),
        "rasterized": lines > MOST_LINES,
        "capstyle": "butt",
    }
    sampled = any(band.rows < band.neurons for band in bands)
    with figure.style():
        for ax, panel in zip(axes, panels, strict=True):
            for top, band in enumerate(panel.bands):
                marks = _marks(band, times, top, panel.points)
                ax.add_collection(_lines(marks, band, look), autolim=False)
            ax.set_title(_title(panel), loc="left", fontsize=7)
        heading = "all spikes" if sampled else "spikes"
        write_beside(axes, panels, heading, lambda band: f"{int(band.spikes.sum()):,}")
    return figure


def sample(neurons: int, size: int) -> np.ndarray:
    """Return the neurons of a band that are shown.

    Parameters
    ----------
    neurons : int
        How many it has.
    size : int
        How many are shown.

    Returns
    -------
    numpy.ndarray of int, shape (size,)
        In ascending order; a larger sample holds all of a smaller one.
    """
    return np.sort(np.random.default_rng(SEED).permutation(neurons)[:size])


def _marks(band: Band, times: np.ndarray, top: int, points: float) -> np.ndarray:
    """Return the ends of each mark, in milliseconds and bands; shape (spikes, 2, 2)."""
    step, row = np.nonzero(band.spikes[:, sample(band.neurons, band.rows)])
    half = min(HEIGHT_SHARE / band.rows, TALLEST / points) / 2
    middle = top + (row + 0.5) / band.rows
    lower, upper = (np.column_stack([times[step], middle + end]) for end in (half, -half))
    return np.stack([lower, upper], axis=1)


def _lines(marks: np.ndarray, band: Band, look: dict) -> LineCollection:
    lines = LineCollection(list(marks), colors=band.colour, gid=band.layer, **look)
    # Snapping to pixels would let marks of neighbouring rows touch.
    lines.set_snap(False)
    return lines


def _title(panel: Panel) -> str:
    if panel.rows == panel.neurons:
        return f"{panel.title}: {panel.neurons:,} neurons"
    return f"{panel.title}: random {panel.rows:,} of {panel.neurons:,} neurons"
