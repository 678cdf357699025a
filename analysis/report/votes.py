"""How the vote builds up, to look at step by step; see :mod:`analysis.counts`."""

from __future__ import annotations

import xarray as xr
from bokeh.models import ColumnDataSource, HoverTool
from bokeh.plotting import figure

from analysis.counts import cumulative_class_counts
from analysis.report.colours import class_colours
from analysis.report.panel import time_panel
from analysis.style import class_styles

PIXELS = 260


def votes_panel(recording: xr.DataTree) -> figure:
    """Draw the output spikes of each class, added up over time.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.

    Returns
    -------
    bokeh.plotting.figure
        A stair for each class; time is in milliseconds.
    """
    counts = cumulative_class_counts(recording)
    plot = time_panel("votes", "Cumulative output spikes", PIXELS)
    time = counts["time"].values.astype(float)
    names = [str(name) for name in counts["class"].values]
    looks = zip(class_colours(len(names)), class_styles(len(names)), strict=True)
    for name, values, (colour, look) in zip(names, counts.values, looks, strict=True):
        source = ColumnDataSource({"time": time, "spikes": values.astype("int32")})
        dash = "solid" if look["linestyle"] == "-" else list(map(int, look["linestyle"][1]))
        plot.step(
            "time",
            "spikes",
            source=source,
            mode="after",
            line_width=2,
            color=colour,
            line_dash=dash,
            legend_label=f"{name}: {values[-1]}",
        )
        # Bokeh does not find a stair under the pointer, but a line through its corners.
        corners = plot.line("time", "spikes", source=source, line_alpha=0, name=name)
        tooltips = [("", "$name: @spikes"), ("", "@time{0.[000]} ms")]
        plot.add_tools(
            HoverTool(renderers=[corners], tooltips=tooltips, mode="vline", visible=False)
        )
    plot.legend.location = "top_left"
    plot.y_range.start = 0
    return plot
