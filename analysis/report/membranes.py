"""Membrane traces of the neurons that were recorded, one at a time, to be picked."""

from __future__ import annotations

import numpy as np
import xarray as xr
from bokeh.layouts import column, row
from bokeh.models import ColumnDataSource, CustomJS, HoverTool, LayoutDOM, Select, Span
from bokeh.plotting import figure

from analysis.recordings import layer_names, output_name, parameter
from analysis.report.panel import time_panel
from analysis.report.raster import neuron_names
from analysis.style import COLOURS, GREY

PIXELS = 260

PICK = """
if (cb_obj === layer) {
    neuron.options = neurons[layer.value]
    neuron.value = neurons[layer.value][0][0]
}
const time = traces[layer.value].data.time
const membrane = traces[layer.value].data[neuron.value]
const threshold = thresholds[layer.value][neuron.value]
const fired = steps[layer.value][neuron.value]
line.visible = threshold !== null
line.location = threshold
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
        None if the recording holds no membranes.
    """
    layers = [name for name in layer_names(recording) if recording[name].sizes["recorded"]]
    if not layers:
        return None
    time = recording["time"].values.astype(float)
    traces = {name: _traces(recording[name], time) for name in layers}
    neurons = {name: _neurons(recording, name) for name in layers}
    thresholds = {name: _thresholds(recording, name) for name in layers}
    steps = {name: _steps(recording[name]) for name in layers}
    # The output decides, so it is looked at first.
    output = output_name(recording)
    first = output if output in layers else layers[-1]
    layer = Select(title="Layer", value=first, options=layers, width=160)
    choices = neurons[layer.value]
    neuron = Select(title="Neuron", value=choices[0][0], options=choices, width=360)
    membrane = traces[layer.value].data[neuron.value]
    shown = ColumnDataSource({"time": time, "membrane": membrane})
    fired = steps[layer.value][neuron.value]
    spikes = ColumnDataSource({"time": time[fired], "membrane": membrane[fired]})
    plot, line = _plot(shown, spikes, thresholds[layer.value][neuron.value])
    pick = CustomJS(
        args={
            "layer": layer,
            "neuron": neuron,
            "neurons": neurons,
            "traces": traces,
            "thresholds": thresholds,
            "steps": steps,
            "shown": shown,
            "spikes": spikes,
            "line": line,
        },
        code=PICK,
    )
    for choice in (layer, neuron):
        choice.js_on_change("value", pick)
    return column(row(layer, neuron), plot, sizing_mode="stretch_width", name="membranes")


def _traces(node: xr.DataTree, time: np.ndarray) -> ColumnDataSource:
    membranes = node["membrane"].values.astype(float)
    columns = {str(i): trace for i, trace in zip(node["index"].values, membranes.T, strict=True)}
    return ColumnDataSource(columns | {"time": time})


def _thresholds(recording: xr.DataTree, layer: str) -> dict[str, float | None]:
    """Return the threshold of each recorded neuron by its index, None if it has none."""
    indices, thresholds = recording[layer]["index"].values, parameter(recording, layer, "threshold")
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


def _plot(
    shown: ColumnDataSource, spikes: ColumnDataSource, threshold: float | None
) -> tuple[figure, Span]:
    plot = time_panel("membrane", "Membrane, when tested", PIXELS)
    trace = plot.line("time", "membrane", source=shown, color=COLOURS[0], line_width=1.5)
    plot.scatter("time", "membrane", source=spikes, color=COLOURS[5], size=7)
    line = Span(location=threshold, dimension="width", line_color=GREY, line_dash="dashed")
    line.visible = threshold is not None
    plot.add_layout(line)
    tooltips = [("membrane", "@membrane{0.000}"), ("time", "@time{0.[000]} ms")]
    plot.add_tools(HoverTool(renderers=[trace], tooltips=tooltips, mode="vline", visible=False))
    return plot, line
