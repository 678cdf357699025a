"""The raster of all spikes, to zoom into and to ask for words and feature maps.

One panel for the layers of a kind, over one axis of time. A neuron is a row, from the top down: in
the input by word and embedding feature, in a convolution by window and feature map, in the output
by class. Layers of a kind are stacked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from bokeh.core.property.vectorization import Field
from bokeh.layouts import gridplot
from bokeh.models import (
    BoxAnnotation,
    ColumnDataSource,
    CustomJSHover,
    FixedTicker,
    GridPlot,
    HoverTool,
    Range1d,
    Span,
)
from bokeh.plotting import figure

from analysis.fonts import beginning
from analysis.interventions import FRAME, interventions_on, span_of
from analysis.recordings import (
    class_names,
    kernel_width,
    layer_names,
    member,
    output_name,
    place_names,
    windows,
    words,
)
from analysis.report.colours import NO_CLASS, class_colours
from analysis.report.panel import time_panel
from analysis.style import GREY

PANEL_PIXELS = {"input": 300, "convolution": 300}
USUAL_PIXELS = 150
"""Height of the panel of each kind of layer, and of any other, unless its labels need more."""
MOST_PIXELS = 600
LABEL_PIXELS = 13
"""Height of a label on the axis; where there are too many, only every second one is shown, or less.
"""
LEFT_PIXELS = 100
LABEL_LETTERS = 13
"""Room for words, the same beside each plot, so that their axes of time agree; longer ones are cut.
"""
MARK = 0.8
"""Width and height of a spike, in steps and rows."""

# A neuron's name is made where it is asked for: there are thousands of them.
NAME_OF_ROW = """
const row = Math.floor(value) - first
return layer + ": " + names[Math.floor(row / columns)] + (row % columns)
"""


@dataclass(frozen=True)
class Marks:
    """Spikes that are drawn and asked together.

    Attributes
    ----------
    name : str
        What the marks are called.
    spikes : numpy.ndarray of bool, shape (time, places, columns)
        The spikes.
    colours : sequence of str
        Of each place, or of all of them.
    said : str
        What the pointer is told of them, besides where and when they are; nothing by default.
    alpha : float
        Opacity.
    """

    name: str
    spikes: np.ndarray
    colours: Sequence[str]
    said: str = ""
    alpha: float = 1.0


@dataclass(frozen=True)
class Rows:
    """The rows of a layer: places of equally many neurons each.

    Attributes
    ----------
    layer : str
        Its name.
    names : list of str
        Of each place, to be followed by a neuron's number in it.
    labels : list of str
        On the axis, of each place or of the layer as a whole.
    marks : sequence of Marks
        What is drawn, in this order; all of one shape.
    """

    layer: str
    names: list[str]
    labels: list[str]
    marks: Sequence[Marks]

    @property
    def columns(self) -> int:
        """Neurons of a place."""
        return self.marks[0].spikes.shape[2]

    @property
    def count(self) -> int:
        """Neurons of the layer."""
        return len(self.names) * self.columns


def neuron_names(recording: xr.DataTree, layer: str) -> list[str]:
    """Return what each place of a layer is called, to be followed by a neuron's number there.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.
    layer : str
        A layer.

    Returns
    -------
    list of str
        For each word, window, position or class; a single one for a layer without any.
    """
    spikes, kind = recording[layer]["spikes"], recording[layer].attrs["kind"]
    labels = None
    if "class" in spikes.dims:
        labels = class_names(recording)
    elif (under := windows(recording, layer)) is not None:
        sentence = words(recording)
        labels = [f"w{seen.start + 1} “{' '.join(sentence[seen])}”" for seen in under]
    last = "feature" if kind == "input" else member(spikes)
    places = place_names(spikes, labels)
    return [f"{last} "] if places is None else [f"{place}, {last} " for place in places]


def raster_panel(recording: xr.DataTree) -> GridPlot:
    """Draw all spikes.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.

    Returns
    -------
    bokeh.models.GridPlot
        A plot for each kind of layer, with the layers' names as names of the marks. They share the
        axis of time, in milliseconds.
    """
    return stacked_raster(recording, [_rows(recording, name) for name in layer_names(recording)])


def stacked_raster(recording: xr.DataTree, layers: Sequence[Rows]) -> GridPlot:
    """Draw rows of layers, a plot for each kind of layer.

    Parameters
    ----------
    recording : xarray.DataTree
        Whose layers and times they are.
    layers : sequence of Rows
        What is drawn.

    Returns
    -------
    bokeh.models.GridPlot
        As of :func:`raster_panel`.
    """
    dt = float(recording.attrs["dt_ms"])
    time = Range1d(-dt, len(recording["time"]) * dt, bounds="auto")
    kinds: dict[str, list[Rows]] = {}
    output = output_name(recording)
    for rows in layers:
        # A hidden dense layer is no part of the vote.
        kind = "output" if rows.layer == output else recording[rows.layer].attrs["kind"]
        kinds.setdefault(kind, []).append(rows)
    plots = [_plot(title, of_kind, time, dt) for title, of_kind in kinds.items()]
    for plot, of_kind in zip(plots, kinds.values(), strict=True):
        _frame(plot, recording, of_kind)
    for plot in plots[:-1]:
        plot.xaxis.visible = False
    grid = gridplot(plots, ncols=1, sizing_mode="stretch_width", toolbar_location="above")
    grid.name = "raster"
    return grid


def axis_labels(recording: xr.DataTree, layer: str) -> list[str]:
    """Return what stands beside the rows of a layer.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.
    layer : str
        A layer.

    Returns
    -------
    list of str
        The words of the input and the classes of an output; of others, a single label.
    """
    node, width = recording[layer], kernel_width(recording, layer)
    if node.attrs["kind"] == "input":
        return words(recording)
    if "class" in node.sizes:
        return class_names(recording)
    return [layer if width is None else f"width {width}"]


def _rows(recording: xr.DataTree, layer: str) -> Rows:
    names, labels = neuron_names(recording, layer), axis_labels(recording, layer)
    spikes = recording[layer]["spikes"].values
    colours = [NO_CLASS]
    if "class" in recording[layer].sizes:
        colours = class_colours(len(labels))
    marks = Marks(layer, spikes.reshape(len(spikes), len(names), -1), colours)
    return Rows(layer, names, labels, [marks])


def _plot(title: str, layers: Sequence[Rows], time: Range1d, dt: float) -> figure:
    total = sum(layer.count for layer in layers)
    labels = sum(len(layer.labels) for layer in layers)
    pixels = min(max(PANEL_PIXELS.get(title, USUAL_PIXELS), LABEL_PIXELS * labels), MOST_PIXELS)
    plot = time_panel(
        f"raster {title}",
        title.capitalize(),
        pixels,
        tools=["xwheel_zoom"],
        min_border_left=LEFT_PIXELS,
        x_range=time,
        y_range=Range1d(total, 0, bounds="auto"),
    )
    ticks: dict[float, str] = {}
    first = 0
    for layer in layers:
        for marks in layer.marks:
            _draw(plot, layer, marks, first, dt)
        if first:
            plot.add_layout(Span(location=first, dimension="width", line_color=GREY, line_width=1))
        rows = layer.count / len(layer.labels)
        ticks |= {first + (n + 0.5) * rows: _short(label) for n, label in enumerate(layer.labels)}
        first += layer.count
    every = -(-LABEL_PIXELS * labels // pixels)
    shown = dict(list(ticks.items())[::every])
    plot.yaxis.ticker = FixedTicker(ticks=list(shown))
    plot.yaxis.major_label_overrides = shown
    plot.ygrid.visible = False
    return plot


def _frame(plot: figure, recording: xr.DataTree, layers: Sequence[Rows]) -> None:
    """Frame the layers that something was done to, while it was."""
    first = 0
    for layer in layers:
        everyone = np.arange(recording[layer.layer]["spikes"][0].size)
        for done in interventions_on(recording, layer.layer, everyone):
            left, right = span_of(recording, done)
            box = {"left": left, "right": right, "top": first, "bottom": first + layer.count}
            look = {"fill_color": FRAME, "fill_alpha": 0.12, "line_color": FRAME}
            plot.add_layout(BoxAnnotation(name=str(done), level="underlay", **box, **look))
        first += layer.count


def _short(label: str) -> str:
    """Return a label that has room beside a plot, with the sign that it was cut if it was."""
    if beginning(label, LABEL_LETTERS) == label:
        return label
    return f"{beginning(label, LABEL_LETTERS - 1)}…"


def _draw(plot: figure, layer: Rows, marks: Marks, first: int, dt: float) -> None:
    flat = marks.spikes.reshape(len(marks.spikes), -1)
    step, row = np.nonzero(flat)
    source = ColumnDataSource(
        {"time": (step * dt).astype(np.float32), "row": (row + first + 0.5).astype(np.float32)}
    )
    colour: str | Field = marks.colours[0]
    if len(marks.colours) > 1:
        source.data["colour"] = [marks.colours[place] for place in row // layer.columns]
        colour = Field("colour")
    drawn = plot.rect(
        "time",
        "row",
        width=MARK * dt,
        height=MARK,
        source=source,
        color=colour,
        alpha=marks.alpha,
        line_color=None,
        name=marks.name,
    )
    name = CustomJSHover(
        args={
            "layer": layer.layer,
            "names": layer.names,
            "columns": layer.columns,
            "first": first,
        },
        code=NAME_OF_ROW,
    )
    said = [("", marks.said)] if marks.said else []
    plot.add_tools(
        HoverTool(
            renderers=[drawn],
            tooltips=[("", "@row{custom}"), *said, ("", "@time{0.[000]} ms")],
            formatters={"@row": name},
            limit=1,
            description=f"Name spikes of {marks.name}",
            visible=False,
        )
    )
