"""Membrane traces of the neurons that were recorded, one at a time, to be picked."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from bokeh.layouts import column, row
from bokeh.models import ColumnDataSource, CustomJS, HoverTool, LayoutDOM, Select, Span
from bokeh.plotting import figure

from analysis.recordings import (
    class_names,
    firing_levels,
    is_decided,
    layer_names,
    membrane_unit,
    membranes,
    output_name,
)
from analysis.report.colours import NO_CLASS, class_colours
from analysis.report.panel import time_panel
from analysis.report.raster import neuron_names
from analysis.style import GREY

PIXELS = 260

PICK = """
if (cb_obj === layer) {
    neuron.options = neurons[layer.value]
    neuron.value = first[layer.value]
}
const time = traces[layer.value].data.time
const membrane = traces[layer.value].data[neuron.value]
const threshold = thresholds[layer.value][neuron.value]
const fired = steps[layer.value][neuron.value]
const colour = colours[layer.value][neuron.value]
line.visible = threshold !== null
line.location = threshold
axis.axis_label = labels[layer.value]
trace.line_color = colour
dots.fill_color = colour
dots.line_color = colour
shown.data = {time: time, membrane: membrane}
spikes.data = {time: fired.map((step) => time[step]), membrane: fired.map((step) => membrane[step])}
"""


def membranes_panel(recording: xr.DataTree) -> LayoutDOM | None:
    """Draw the membrane of one recorded neuron, and let the reader pick another.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.

    Returns
    -------
    bokeh.models.LayoutDOM or None
        A plot that opens on a neuron of the class that won; None if the recording holds no
        membranes.
    """
    layers = [name for name in layer_names(recording) if recording[name].sizes["recorded"]]
    if not layers:
        return None
    time = recording["time"].values.astype(float)
    of: dict[str, dict[str, Any]] = {
        "neurons": {name: _neurons(recording, name) for name in layers},
        "first": {name: _first(recording, name) for name in layers},
        "traces": {name: _traces(recording, name, time) for name in layers},
        "labels": {name: membrane_label(recording, name) for name in layers},
        "thresholds": {name: _thresholds(recording, name) for name in layers},
        "steps": {name: _steps(recording[name]) for name in layers},
        "colours": {name: _colours(recording, name) for name in layers},
    }
    # The output decides, so it is looked at first.
    output = output_name(recording)
    shown_layer = output if output in layers else layers[-1]
    index = of["first"][shown_layer]
    layer = Select(title="Layer", value=shown_layer, options=layers, width=160)
    neuron = Select(
        title="Neuron",
        value=index,
        options=of["neurons"][shown_layer],
        sizing_mode="stretch_width",
        min_width=200,
        max_width=360,
    )
    membrane = of["traces"][shown_layer].data[index]
    shown = ColumnDataSource({"time": time, "membrane": membrane})
    fired = of["steps"][shown_layer][index]
    spikes = ColumnDataSource({"time": time[fired], "membrane": membrane[fired]})
    plot, line = _plot(
        shown, spikes, of["thresholds"][shown_layer][index], of["colours"][shown_layer][index]
    )
    plot.yaxis.axis_label = of["labels"][shown_layer]
    trace, dots = (renderer.glyph for renderer in plot.renderers)
    parts = {"layer": layer, "neuron": neuron, "shown": shown, "spikes": spikes}
    parts |= {"axis": plot.yaxis[0]}
    pick = CustomJS(args=of | parts | {"line": line, "trace": trace, "dots": dots}, code=PICK)
    for choice in (layer, neuron):
        choice.js_on_change("value", pick)
    choices = row(layer, neuron, sizing_mode="stretch_width", styles={"flex-wrap": "wrap"})
    return column(choices, plot, sizing_mode="stretch_width", name="membranes")


def membrane_label(recording: xr.DataTree, layer: str) -> str:
    """Return what stands at the axis of the membranes of a layer."""
    unit = membrane_unit(recording, layer)
    return f"Membrane, when tested{f' ({unit})' if unit else ''}"


def _traces(recording: xr.DataTree, layer: str, time: np.ndarray) -> ColumnDataSource:
    traces = membranes(recording, layer).T
    indices = recording[layer]["index"].values
    columns = {str(index): trace for index, trace in zip(indices, traces, strict=True)}
    return ColumnDataSource(columns | {"time": time})


def _thresholds(recording: xr.DataTree, layer: str) -> dict[str, float | None]:
    """Return the threshold of each recorded neuron by its index, None if it has none."""
    indices, thresholds = recording[layer]["index"].values, firing_levels(recording, layer)
    if thresholds is None:
        return {str(index): None for index in indices}
    return {str(index): float(thresholds[index]) for index in indices}


def _steps(node: xr.DataTree) -> dict[str, list[int]]:
    """Return the steps in which each recorded neuron fired, by its index."""
    spikes = node["spikes"].values.reshape(node.sizes["time"], -1)
    return {str(index): np.flatnonzero(spikes[:, index]).tolist() for index in node["index"].values}


def _neurons(recording: xr.DataTree, layer: str) -> list[tuple[str, str]]:
    """Return index and name of each recorded neuron."""
    node, names = recording[layer], neuron_names(recording, layer)
    columns = int(np.prod(node["spikes"].shape[1:])) // len(names)
    return [
        (str(index), f"{names[index // columns]}{index % columns}")
        for index in node["index"].values.tolist()
    ]


def _classes(recording: xr.DataTree, layer: str) -> np.ndarray | None:
    """Return the class that each recorded neuron votes for; None where there are no votes."""
    node = recording[layer]
    if "class" not in node["spikes"].dims:
        return None
    each = node["spikes"][0].size // node.sizes["class"]
    return node["index"].values // each


def _first(recording: xr.DataTree, layer: str) -> str:
    """Return the neuron that is looked at first.

    Where there are votes it is, of the class that won, the neuron with the most spikes.
    """
    indices, classes = recording[layer]["index"].values, _classes(recording, layer)
    if classes is None or not is_decided(recording):
        return str(indices[0])
    steps = _steps(recording[layer])
    of_winner = [str(index) for index in indices[classes == int(recording.attrs["label"])]]
    return max(of_winner, key=lambda index: len(steps[index]), default=str(indices[0]))


def _colours(recording: xr.DataTree, layer: str) -> dict[str, str]:
    """Return the colour of each recorded neuron, by its index."""
    indices, classes = recording[layer]["index"].values, _classes(recording, layer)
    if classes is None:
        return {str(index): NO_CLASS for index in indices}
    colours = class_colours(len(class_names(recording)))
    return {str(index): colours[label] for index, label in zip(indices, classes, strict=True)}


def _plot(
    shown: ColumnDataSource, spikes: ColumnDataSource, threshold: float | None, colour: str
) -> tuple[figure, Span]:
    plot = time_panel("membrane", "", PIXELS)
    trace = plot.line("time", "membrane", source=shown, color=colour, line_width=1.5)
    plot.scatter("time", "membrane", source=spikes, color=colour, size=7)
    line = Span(location=threshold, dimension="width", line_color=GREY, line_dash="dashed")
    line.visible = threshold is not None
    plot.add_layout(line)
    tooltips = [("", "membrane @membrane{0.000}"), ("", "@time{0.[000]} ms")]
    plot.add_tools(HoverTool(renderers=[trace], tooltips=tooltips, mode="vline", visible=False))
    return plot, line
