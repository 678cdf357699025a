"""The raster of two sentences in one: spikes that both have, and those that only one has."""

from __future__ import annotations

import xarray as xr
from bokeh.models import GridPlot

from analysis.changes import both_spikes
from analysis.recordings import layer_names, words
from analysis.report.colours import CHANGED, NO_CLASS, ORIGINAL
from analysis.report.comparison_tables import place_labels, place_names_of_both
from analysis.report.raster import Marks, Rows, axis_labels, stacked_raster

COMMON_ALPHA = 0.45
"""Opacity of spikes that both have, which are the background."""


def difference_panel(original: xr.DataTree, changed: xr.DataTree) -> GridPlot:
    """Draw the spikes of two sentences.

    Parameters
    ----------
    original, changed : xarray.DataTree
        As of :func:`analysis.changes.check_alike`.

    Returns
    -------
    bokeh.models.GridPlot
        As of :func:`analysis.report.raster.raster_panel`; the marks of a layer are called ``conv3
        both``, ``conv3 original`` and ``conv3 changed``.
    """
    longer = max(original, changed, key=lambda recording: len(words(recording)))
    first, *_ = layer_names(longer)
    rows = []
    for layer in layer_names(longer):
        labels = axis_labels(longer, layer)
        if layer == first:
            labels = place_labels(original, changed)
        rows.append(_rows(original, changed, layer, labels))
    return stacked_raster(longer, rows)


def _rows(original: xr.DataTree, changed: xr.DataTree, layer: str, labels: list[str]) -> Rows:
    names = place_names_of_both(original, changed, layer)
    before, after = (
        spikes.reshape(len(spikes), len(names), -1)
        for spikes in both_spikes(original, changed, layer)
    )
    marks = [
        Marks(f"{layer} both", before & after, [NO_CLASS], "in both", COMMON_ALPHA),
        Marks(f"{layer} original", before & ~after, [ORIGINAL], "in the original alone"),
        Marks(f"{layer} changed", after & ~before, [CHANGED], "in the changed one alone"),
    ]
    return Rows(layer, names, labels, marks)
