"""How the votes of two sentences build up, in one plot."""

from __future__ import annotations

import numpy as np
import xarray as xr
from bokeh.models import ColumnDataSource, HoverTool
from bokeh.plotting import figure

from analysis.counts import cumulative_class_counts
from analysis.report.colours import class_colours
from analysis.report.comparison_tables import SENTENCES
from analysis.report.panel import time_panel
from analysis.report.tables import MOMENTS
from analysis.style import class_styles

PIXELS, LEGEND_PIXELS = 300, 24
"""Height of the plot of two classes, and of each further line in its legend."""
DASHES = {"original": "solid", "changed": [6, 4]}
MARKERS = {
    "o": "circle",
    "^": "triangle",
    "s": "square",
    "D": "diamond",
    "v": "inverted_triangle",
    "P": "plus",
    "X": "x",
    "*": "star",
}
"""What Bokeh calls the markers of :func:`analysis.style.class_styles`."""


def both_votes_panel(original: xr.DataTree, changed: xr.DataTree) -> figure:
    """Draw the output spikes of each class under both sentences, added up over time.

    Parameters
    ----------
    original, changed : xarray.DataTree
        As of :func:`analysis.changes.check_alike`.

    Returns
    -------
    bokeh.plotting.figure
        Stairs in the colour and with the marker of each class, solid for the original sentence and
        dashed for the changed one; time is in milliseconds.
    """
    counts = [cumulative_class_counts(recording) for recording in (original, changed)]
    names = [str(name) for name in counts[0]["class"].values]
    pixels = PIXELS + LEGEND_PIXELS * 2 * max(len(names) - 2, 0)
    plot = time_panel("votes", "Cumulative output spikes", pixels)
    time = counts[0]["time"].values.astype(float)
    moments = np.unique(np.linspace(0, len(time) - 1, MOMENTS).astype(int))
    looks = zip(class_colours(len(names)), class_styles(len(names)), strict=True)
    for number, (colour, look) in enumerate(looks):
        for sentence, of_sentence in zip(SENTENCES, counts, strict=True):
            values = of_sentence.values[number].astype("int32")
            source = ColumnDataSource({"time": time, "spikes": values})
            title = f"{names[number]}, {sentence}"
            legend = f"{title}: {values[-1]}"
            drawn = {"color": colour, "legend_label": legend}
            plot.step(
                "time",
                "spikes",
                source=source,
                mode="after",
                line_width=2,
                line_dash=DASHES[sentence],
                **drawn,
            )
            plot.scatter(
                time[moments],
                values[moments],
                marker=MARKERS[look["marker"]],
                size=7,
                fill_alpha=float(sentence == "original"),
                **drawn,
            )
            # Bokeh does not find a stair under the pointer, but a line through its corners.
            corners = plot.line("time", "spikes", source=source, line_alpha=0, name=title)
            tooltips = [("", "$name: @spikes"), ("", "@time{0.[000]} ms")]
            plot.add_tools(
                HoverTool(renderers=[corners], tooltips=tooltips, mode="vline", visible=False)
            )
    plot.legend.location = "top_left"
    plot.y_range.start = 0
    return plot
