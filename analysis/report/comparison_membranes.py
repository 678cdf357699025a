"""Membranes of one neuron under two sentences, in one plot; the neuron can be picked."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from bokeh.layouts import column, row
from bokeh.models import ColumnDataSource, CustomJS, HoverTool, LayoutDOM, Select, Span
from bokeh.plotting import figure

from analysis.changes import both_spikes, recorded_in_both
from analysis.recordings import firing_levels, layer_names, output_name
from analysis.report.colours import CHANGED, ORIGINAL
from analysis.report.comparison_tables import SENTENCES, place_names_of_both
from analysis.report.membranes import membrane_label
from analysis.report.panel import time_panel
from analysis.style import GREY

PIXELS = 310
LOOKS: dict[str, dict[str, Any]] = {
    "original": {"color": ORIGINAL, "line_dash": "solid", "marker": "circle"},
    "changed": {"color": CHANGED, "line_dash": [6, 3], "marker": "triangle"},
}

PICK = """
if (cb_obj === layer) {
    neuron.options = neurons[layer.value]
    neuron.value = first[layer.value]
}
const threshold = thresholds[layer.value][neuron.value]
line.visible = threshold !== null
line.location = threshold
axis.axis_label = labels[layer.value]
for (const sentence of ["original", "changed"]) {
    const {time, ...traces} = membranes[sentence][layer.value].data
    const membrane = traces[neuron.value]
    const fired = steps[sentence][layer.value][neuron.value]
    shown[sentence].data = {time: time, membrane: membrane}
    spikes[sentence].data = {
        time: fired.map((step) => time[step]), membrane: fired.map((step) => membrane[step])
    }
}
"""


def both_membranes_panel(original: xr.DataTree, changed: xr.DataTree) -> LayoutDOM | None:
    """Draw the membrane of one neuron under both sentences, and let the reader pick another.

    Parameters
    ----------
    original, changed : xarray.DataTree
        As of :func:`analysis.changes.check_alike`.

    Returns
    -------
    bokeh.models.LayoutDOM or None
        A plot that opens on the output neuron whose spikes differ most; None if no neuron was
        recorded under both.
    """
    both = {name: recorded_in_both(original, changed, name) for name in layer_names(original)}
    both = {name: neurons for name, neurons in both.items() if neurons}
    if not both:
        return None
    time = original["time"].values.astype(float)
    fired = {name: both_spikes(original, changed, name) for name in both}
    membranes, steps = {}, {}
    for number, sentence in enumerate(SENTENCES):
        membranes[sentence] = {
            name: ColumnDataSource(
                {"time": time} | {str(index): traces[number] for index, *traces in neurons}
            )
            for name, neurons in both.items()
        }
        steps[sentence] = {
            name: {
                str(index): np.flatnonzero(_of_neuron(fired[name][number], index)).tolist()
                for index, *_ in neurons
            }
            for name, neurons in both.items()
        }
    of: dict[str, dict[str, Any]] = {
        "neurons": {name: _names(original, changed, name, both[name]) for name in both},
        "first": {name: _first(fired[name], both[name]) for name in both},
        "thresholds": {name: _thresholds(original, name, both[name]) for name in both},
        "labels": {name: membrane_label(original, name) for name in both},
        "membranes": membranes,
        "steps": steps,
    }
    output = output_name(original)
    return _panel(of, output if output in both else list(both)[-1], list(both))


def _panel(of: dict[str, dict], opened: str, layers: list[str]) -> LayoutDOM:
    index = of["first"][opened]
    layer = Select(title="Layer", value=opened, options=layers, width=160)
    neuron = Select(
        title="Neuron",
        value=index,
        options=of["neurons"][opened],
        sizing_mode="stretch_width",
        min_width=200,
        max_width=360,
    )
    plot = time_panel("membrane", of["labels"][opened], PIXELS)
    shown, spikes = {}, {}
    for sentence in SENTENCES:
        data = of["membranes"][sentence][opened].data
        look = LOOKS[sentence]
        fired = of["steps"][sentence][opened][index]
        shown[sentence] = ColumnDataSource({"time": data["time"], "membrane": data[index]})
        spikes[sentence] = ColumnDataSource(
            {"time": data["time"][fired], "membrane": data[index][fired]}
        )
        _draw(plot, sentence, shown[sentence], spikes[sentence], look)
    threshold = of["thresholds"][opened][index]
    line = Span(location=threshold, dimension="width", line_color=GREY, line_dash="dotted")
    line.visible = threshold is not None
    plot.add_layout(line)
    (legend,) = plot.legend
    legend.orientation, legend.location = "horizontal", "top_left"
    plot.add_layout(legend, "above")
    parts = {"layer": layer, "neuron": neuron, "shown": shown, "spikes": spikes, "line": line}
    parts |= {"axis": plot.yaxis[0]}
    pick = CustomJS(args=of | parts, code=PICK)
    for choice in (layer, neuron):
        choice.js_on_change("value", pick)
    choices = row(layer, neuron, sizing_mode="stretch_width", styles={"flex-wrap": "wrap"})
    return column(choices, plot, sizing_mode="stretch_width", name="membranes")


def _draw(
    plot: figure, sentence: str, shown: ColumnDataSource, spikes: ColumnDataSource, look: dict
) -> None:
    trace = plot.line(
        "time",
        "membrane",
        source=shown,
        name=f"membrane, {sentence}",
        color=look["color"],
        line_dash=look["line_dash"],
        line_width=1.5,
        legend_label=sentence,
    )
    plot.scatter(
        "time",
        "membrane",
        source=spikes,
        name=f"spikes, {sentence}",
        marker=look["marker"],
        color=look["color"],
        size=7,
        legend_label=sentence,
    )
    tooltips = [("", f"{sentence}: @membrane{{0.000}}"), ("", "@time{0.[000]} ms")]
    plot.add_tools(HoverTool(renderers=[trace], tooltips=tooltips, mode="vline", visible=False))


def _of_neuron(spikes: np.ndarray, index: int) -> np.ndarray:
    return spikes.reshape(len(spikes), -1)[:, index]


def _names(
    original: xr.DataTree, changed: xr.DataTree, layer: str, neurons: list[tuple]
) -> list[tuple[str, str]]:
    """Return index and name of each neuron."""
    names = place_names_of_both(original, changed, layer)
    columns = max(r[layer]["spikes"][0].size for r in (original, changed)) // len(names)
    return [(str(index), f"{names[index // columns]}{index % columns}") for index, *_ in neurons]


def _first(fired: tuple[np.ndarray, np.ndarray], neurons: list[tuple]) -> str:
    """Return the neuron whose spikes differ most."""
    differ = (fired[0] != fired[1]).reshape(len(fired[0]), -1).sum(axis=0)
    return str(max((index for index, *_ in neurons), key=lambda index: differ[index]))


def _thresholds(
    recording: xr.DataTree, layer: str, neurons: list[tuple]
) -> dict[str, float | None]:
    """Return the threshold of each neuron by its index, None if it has none."""
    thresholds = firing_levels(recording, layer)
    if thresholds is None:
        return {str(index): None for index, *_ in neurons}
    return {str(index): float(thresholds[index]) for index, *_ in neurons}
