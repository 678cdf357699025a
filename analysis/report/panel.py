"""What all plots of a report have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bokeh.plotting import figure


def time_panel(
    name: str, label: str, pixels: int, *, tools: Sequence[str] = (), **options: Any
) -> figure:
    """Return an empty plot over time in milliseconds, as wide as the page.

    Parameters
    ----------
    name : str
        To find it by.
    label : str
        Of the vertical axis.
    pixels : int
        Height.
    tools : sequence of str
        Tools besides those to pan, to zoom into a box, to reset and to save.
    **options
        For :func:`bokeh.plotting.figure`.

    Returns
    -------
    bokeh.plotting.figure
        The plot.
    """
    return figure(
        name=name,
        height=pixels,
        sizing_mode="stretch_width",
        toolbar_location="above",
        x_axis_label="Time (ms)",
        y_axis_label=label,
        tools=["pan", "box_zoom", *tools, "reset", "save"],
        active_drag="box_zoom",
        **options,
    )
