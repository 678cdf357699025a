"""Rate map: how often all neurons of a recording fire, against time.

A row is a group of k neighbouring neurons of a band (see :mod:`analysis.bands`), as few as can be
told apart, and a column a group of m steps, usually one. The colour of a cell is the rate

    r = (spikes in the cell) / (k m),

in spikes per neuron and step; 1 is a spike in every step. No neuron is left out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from analysis.bands import POINTS_PER_INCH, Panel, banded_figure, write_beside
from analysis.raster import BESIDE_INCHES
from analysis.style import PaperFigure
from analysis.view import EVERYTHING, View

COLOURS = "YlGnBu"
"""Light to dark, so that it can be printed in grey; silence is the lightest."""
COLUMN_POINTS = 1.0


def plot_ratemap(recording: xr.DataTree, view: View = EVERYTHING) -> PaperFigure:
    """Draw the firing rates of all neurons of a recording.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.
    view : View
        What is drawn of it; ``neurons`` is the number of rows of a layer.

    Returns
    -------
    matplotlib.figure.Figure
        Panels as those of :func:`analysis.raster.plot_raster`, with one colour bar. Beside each
        band is its mean rate. Each image has the layer's name as its ``gid``.

    Raises
    ------
    ValueError
        If the view does not fit the recording or the figure.

    Examples
    --------
    >>> import bionlp
    >>> from analysis import plot_ratemap
    >>> model = bionlp.load_classifier("mr")
    >>> (recording,) = bionlp.simulate(model, "a gripping film", steps=10, seed=1)
    >>> plot_ratemap(recording).savefig("rates.png")
    """
    figure, axes, panels = banded_figure(recording, view)
    steps, dt = view.steps(recording), float(recording.attrs["dt_ms"])
    points = (figure.get_figwidth() - BESIDE_INCHES) * POINTS_PER_INCH
    columns = min(steps.stop - steps.start, int(points / COLUMN_POINTS))
    rates = [[mean_rates(b.spikes, columns, b.rows) for b in panel.bands] for panel in panels]
    highest = max(float(rate.max()) for of_panel in rates for rate in of_panel) or 1.0
    look: dict[str, Any] = {"norm": Normalize(0, highest), "cmap": COLOURS}
    left, right = (steps.start - 0.5) * dt, (steps.stop - 0.5) * dt
    with figure.style():
        for ax, panel, of_panel in zip(axes, panels, rates, strict=True):
            for top, (band, rate) in enumerate(zip(panel.bands, of_panel, strict=True)):
                place: dict[str, Any] = {
                    "extent": (left, right, top + 1, top),
                    "aspect": "auto",
                    "zorder": 1,
                }
                ax.imshow(rate.T, interpolation="none", gid=band.layer, **place, **look)
            ax.set_xlim(left, right)
            ax.set_ylim(len(panel.bands), 0)  # imshow has set its own
            ax.set_title(_title(panel), loc="left", fontsize=7)
        write_beside(axes, panels, "mean", lambda band: f"{band.spikes.mean():.3f}")
        bar = figure.colorbar(ScalarMappable(**look), ax=axes, fraction=0.03, aspect=40, pad=0.01)
        bar.set_label(f"Spikes per neuron and step of {dt:g} ms")
        bar.outline.set_linewidth(0.5)
    return figure


def mean_rates(spikes: np.ndarray, columns: int, rows: int) -> np.ndarray:
    """Return the rates of groups of neighbouring steps and neurons.

    Parameters
    ----------
    spikes : numpy.ndarray of bool, shape (time, neurons)
        What they did.
    columns, rows : int
        How many groups of steps and of neurons, at most as many as there are; groups differ by one
        at most in size.

    Returns
    -------
    numpy.ndarray of float, shape (columns, rows)
        Spikes per neuron and step.
    """
    rates = spikes.astype(float)
    for axis, groups in enumerate((columns, rows)):
        edges = np.arange(groups + 1) * rates.shape[axis] // groups
        sizes = np.expand_dims(np.diff(edges), 1 - axis)
        rates = np.add.reduceat(rates, edges[:-1], axis=axis) / sizes
    return rates


def _title(panel: Panel) -> str:
    neurons = f"{panel.title}: {panel.neurons:,} neurons"
    return neurons if panel.rows == panel.neurons else f"{neurons} in {panel.rows:,} rows"
