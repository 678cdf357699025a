"""Membrane potential of single neurons against time.

Drawn is U[n], the potential at the moment of step n when it is tested against the threshold theta.
A step that fires is followed at once by the reset that the neuron has, the vertical drop from U[n]
to U[n] - theta or to a value; neurons that are not reset have none, those without a threshold
neither. Of neurons that were given as text the value after a reset is not recorded, and none drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from analysis.fonts import Fonts
from analysis.interventions import frame, interventions_on, say_framed
from analysis.recordings import (
    MILLIVOLTS,
    class_names,
    firing_levels,
    has_neuron_model,
    layer_names,
    member,
    membrane_unit,
    membranes,
    parameter,
    place_names,
    windows,
    words,
)
from analysis.style import (
    DOUBLE_COLUMN,
    GREY,
    INK,
    PaperFigure,
    class_styles,
    foreign_texts,
    headline,
)
from analysis.view import EVERYTHING, View
from networks.neurons import LIF, Neuron, neuron_models
from networks.perturbation.model import OUT_OF_REACH

PANEL_INCHES, LEAST_PANEL_INCHES, MARGIN_INCHES = 0.72, 0.5, 0.75
MOST_PANELS = 30

Reset = Callable[[np.ndarray], np.ndarray]
"""From potentials that were tested to those after the reset."""

RESETS: dict[str, tuple[Callable[[float], Reset], str]] = {
    "v = v - threshold": (lambda threshold: lambda v: v - threshold, "threshold"),
    "v = reset_value": (lambda value: lambda v: np.full_like(v, value), "reset_value"),
}
"""What is drawn of the statements of a :class:`networks.neurons.Neuron`, and what each needs."""


@dataclass(frozen=True)
class _Trace:
    """One neuron; ``index`` is its C-order index in the layer."""

    layer: str
    index: int
    time: np.ndarray  # (time,)
    membrane: np.ndarray  # (time,)
    spikes: np.ndarray  # (time,) bool
    threshold: float | None
    reset: Reset | None


def plot_traces(
    recording: xr.DataTree,
    neurons: Mapping[str, Iterable[int]] | None = None,
    *,
    view: View = EVERYTHING,
) -> PaperFigure:
    """Draw the membrane potential of recorded neurons, a panel each.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.
    neurons : mapping of str to iterable of int, optional
        C-order indices by layer; by default those of :func:`choose_neurons`.
    view : View
        What is drawn of it. The default choice is made from its layers, and takes as many neurons
        as it says of a layer, and in the output of a class; by default one.

    Returns
    -------
    matplotlib.figure.Figure
        Potentials in the unit of the weights, or in mV where the neurons had volts, over time in
        milliseconds, with the threshold as a dashed line and a tick above each spike. The lines
        have ``gid`` membrane, threshold and spikes.

    Raises
    ------
    ValueError
        If no neuron, or not the wanted ones, were recorded, they are too many for a figure, or the
        view does not fit the recording.

    Examples
    --------
    >>> import bionlp
    >>> from analysis import plot_traces
    >>> model = bionlp.load_classifier("mr")
    >>> (recording,) = bionlp.simulate(model, "a gripping film", steps=10, seed=1)
    >>> plot_traces(recording, {"output": [0, 10]}).savefig("traces.png")
    """
    if neurons is None:
        layers = None if view.layers is None else view.chosen_layers(recording)
        neurons = choose_neurons(recording, layers, per_layer=view.neurons or 1)
    steps = view.steps(recording)
    traces = [
        _trace(recording, layer, int(index), steps) for layer in neurons for index in neurons[layer]
    ]
    if not 1 <= len(traces) <= MOST_PANELS:
        raise ValueError(f"one figure shows 1 to {MOST_PANELS} neurons, not {len(traces)}")
    width = view.width or DOUBLE_COLUMN
    figure = PaperFigure(width, _height(view, len(traces)), foreign_texts(recording, view.title))
    with figure.style():
        axes = figure.subplots(len(traces), sharex=True, squeeze=False)[:, 0]
        for ax, trace in zip(axes, traces, strict=True):
            _draw_trace(ax, trace, recording, figure.fonts)
        title = headline(figure.fonts, recording, inches=width, title=view.title)
        figure.suptitle(title, fontsize=8, x=0.01, ha="left")
        gap = " " if figure.get_figheight() > 3.4 else "\n"
        unit = _label_units(list(axes), [membrane_unit(recording, trace.layer) for trace in traces])
        figure.supylabel(f"Membrane potential{gap}({unit})", fontsize=7)
        axes[-1].set_xlabel("Time (ms)")
        figure.explain_missing_glyphs("w1, w2, ... number the words of the text")
    return figure


def _label_units(axes: Sequence[Axes], units: Sequence[str]) -> str:
    """Return the unit of all panels; where they differ, write its own at each."""
    names = [unit or "units of the weights" for unit in units]
    if len(set(names)) == 1:
        return names[0]
    for ax, unit in zip(axes, units, strict=True):
        ax.set_ylabel(unit or "weights", fontsize=7)
    return "in mV or units of the weights" if set(units) == {"", MILLIVOLTS} else "several units"


def choose_neurons(
    recording: xr.DataTree, layers: Sequence[str] | None = None, *, per_layer: int = 1
) -> dict[str, list[int]]:
    """Choose the recorded neurons that fired most, but not all the time.

    A neuron that fires in every step tells no more than a silent one, so neurons are ranked by
    their number of steps with or without a spike, whichever is less.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.
    layers : sequence of str, optional
        Layers to choose from; by default all.
    per_layer : int
        Neurons of each layer, and in the output of each class.

    Returns
    -------
    dict of str to list of int
        C-order indices by layer; those of equal rank in ascending order.

    Raises
    ------
    ValueError
        If a layer does not exist, or no neuron of these layers was recorded.

    Examples
    --------
    >>> import bionlp
    >>> from analysis import choose_neurons
    >>> model = bionlp.load_classifier("mr")
    >>> (recording,) = bionlp.simulate(model, "a gripping film", steps=10, seed=1)
    >>> {layer: len(neurons) for layer, neurons in choose_neurons(recording, ["output"]).items()}
    {'output': 2}
    """
    chosen = {}
    for name in layer_names(recording) if layers is None else layers:
        recorded = _layer(recording, name)["index"].values
        spikes = _flat_spikes(recording, name)[:, recorded]
        changing = np.minimum(spikes.sum(axis=0), (~spikes).sum(axis=0))
        ranked = recorded[np.argsort(-changing, kind="stable")]
        chosen[name] = [
            int(index)
            for group in _groups(recording, name)
            for index in ranked[np.isin(ranked, group)][:per_layer]
        ]
    if not any(chosen.values()):
        raise ValueError(
            f"no membrane potentials were recorded in {', '.join(chosen)}; simulate again and "
            "record some (bionlp simulate --record)"
        )
    return chosen


def _groups(recording: xr.DataTree, name: str) -> list[np.ndarray]:
    """Return the indices of a layer's neurons, those of the output by class."""
    layer = recording[name]
    groups = layer.sizes.get("class", 1)
    return np.split(np.arange(layer["spikes"][0].size), groups)


def _layer(recording: xr.DataTree, name: str) -> xr.DataTree:
    if name not in layer_names(recording):
        raise ValueError(f"there is no layer {name!r}, only {', '.join(layer_names(recording))}")
    return recording[name]


def _flat_spikes(recording: xr.DataTree, name: str) -> np.ndarray:
    spikes = recording[name]["spikes"].values
    return spikes.reshape(len(spikes), -1).astype(bool)


def _height(view: View, panels: int) -> float:
    """Return the height of a figure in inches."""
    least = MARGIN_INCHES + LEAST_PANEL_INCHES * panels
    if view.height is not None and view.height < least:
        raise ValueError(
            f"{panels} neurons do not fit into {view.height:g} inches of height; "
            f"{least + 0.05:.1f} are enough, or fewer neurons"
        )
    return view.height or MARGIN_INCHES + PANEL_INCHES * panels


def _trace(recording: xr.DataTree, name: str, index: int, steps: slice) -> _Trace:
    layer = _layer(recording, name)
    column = np.flatnonzero(layer["index"].values == index)
    if not len(column):
        raise ValueError(
            f"the membrane of neuron {index} of {name} was not recorded; simulate again with "
            f"bionlp simulate --record {name}:{index}"
        )
    membrane = membranes(recording, name)[steps, column[0]]
    spikes = _flat_spikes(recording, name)[steps, index]
    thresholds = firing_levels(recording, name)
    threshold = None if thresholds is None else float(thresholds[index])
    time = recording["time"].values[steps]
    reset = _reset(recording, name, index)
    return _Trace(name, index, time, membrane, spikes, threshold, reset)


def _reset(recording: xr.DataTree, name: str, index: int) -> Reset | None:
    """Return what a spike does to the membrane, None where that is not known."""
    if has_neuron_model(recording, name):
        return None
    model = neuron_models().get(str(recording[name].attrs.get("neuron")), LIF)
    for statement, (kind, needed) in RESETS.items():
        values = parameter(recording, name, needed)
        if statement in cast(type[Neuron], model).resets and values is not None:
            return kind(float(values[index]))
    return None


def _name_neuron(recording: xr.DataTree, layer: str, index: int, fonts: Fonts) -> str:
    """Return, for example, "conv3 · 'funny and moving' · map 17"."""
    spikes = recording[layer]["spikes"]
    labels = None
    if "class" in spikes.dims:
        labels = fonts.labels(class_names(recording), "class ")
    elif (under := windows(recording, layer)) is not None:
        sentence = fonts.labels(words(recording), "w")
        labels = [f"'{' '.join(sentence[window])}'" for window in under]
    places = place_names(spikes, labels)
    if places is None:
        return f"{layer} · {member(spikes)} {index}"
    place, number = divmod(index, spikes.shape[-1])
    return f"{layer} · {places[place]} · {member(spikes)} {number}"


def _draw_trace(ax: Axes, trace: _Trace, recording: xr.DataTree, fonts: Fonts) -> None:
    time = trace.time
    ax.plot(*_with_resets(trace), color=_colour(trace, recording), gid="membrane")
    if trace.threshold is not None and trace.threshold < OUT_OF_REACH:
        _draw_threshold(ax, trace.threshold)
    fired = time[trace.spikes]
    ax.plot(
        fired,
        np.full(len(fired), 1.04),
        transform=ax.get_xaxis_transform(),
        linestyle="none",
        marker="|",
        markersize=4,
        color=INK,
        clip_on=False,
        in_layout=False,  # with no spike, it would have no sensible extent
        gid="spikes",
    )
    ax.set_title(_name_neuron(recording, trace.layer, trace.index, fonts), loc="left", fontsize=7)
    ax.yaxis.set_major_locator(MaxNLocator(3))
    ax.set_xlim(time[0], time[-1] + float(recording.attrs["dt_ms"]))
    done = interventions_on(recording, trace.layer, np.array([trace.index]))
    frame(ax, recording, done, (0, 1))
    say_framed(ax, done)


def _draw_threshold(ax: Axes, threshold: float) -> None:
    ax.axhline(threshold, color=GREY, linestyle=(0, (4, 2)), linewidth=0.7, gid="threshold")
    right: dict[str, Any] = {"xytext": (3, 0), "textcoords": "offset points", "va": "center"}
    said = f"θ = {threshold:g}".replace("-", "−")
    ax.annotate(said, (1, threshold), xycoords=("axes fraction", "data"), **right)


def _colour(trace: _Trace, recording: xr.DataTree) -> str:
    spikes = recording[trace.layer]["spikes"]
    if "class" not in spikes.dims:
        return INK
    return class_styles(spikes.sizes["class"])[trace.index // spikes.sizes["neuron"]]["color"]


def _with_resets(trace: _Trace) -> tuple[np.ndarray, np.ndarray]:
    """Return times and potentials with the potential after the reset behind every spike."""
    if trace.reset is None:
        return trace.time, trace.membrane
    points = 1 + trace.spikes.astype(int)
    membrane = np.repeat(trace.membrane, points)
    fired = (np.cumsum(points) - 1)[trace.spikes]
    membrane[fired] = trace.reset(membrane[fired])
    return np.repeat(trace.time, points), membrane
