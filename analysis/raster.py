"""Raster plot: a mark for every spike of every layer, against time.

A neuron is a row, and rows are stacked into bands: a band per word in the input, per kernel width
in the convolutions and pooling layers, per class in the output. Within a convolution's band, rows
are ordered by position, and within a position by feature map; a pooling neuron is a feature map.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from analysis.fonts import Fonts
from analysis.recordings import (
    class_names,
    hidden_names,
    input_layer,
    kernel_width,
    layer_names,
    output_layer,
    output_name,
    words,
)
from analysis.style import DOUBLE_COLUMN, GREY, INK, PALE, PaperFigure, class_styles, headline

WORD_INCHES = (0.095, 0.15)
"""Least and greatest height of a word's band."""
INPUT_INCHES = 2.4
"""Height of the input, unless its words need more to be readable."""
HIDDEN_INCHES = {"convolution": 0.5}
USUAL_INCHES = 0.36
"""Height of a hidden layer of each kind, and of any other."""
CLASS_INCHES = 0.24

POINTS_PER_INCH = 72
COVERAGE = 0.45
THICKEST, THINNEST = 0.8, 0.25
"""Thickness of a spike in points, and of one that is just seen as a dash of its own."""
COUNT_STYLE = {"fontsize": 6, "color": GREY, "ha": "right", "va": "center"}


@dataclass(frozen=True)
class _Band:
    """Neurons of a layer that are drawn together, one row each, from the top down."""

    layer: str
    label: str
    spikes: np.ndarray  # (time, rows)
    look: dict = field(default_factory=dict)


@dataclass(frozen=True)
class _Panel:
    title: str
    bands: list[_Band]
    inches: float


def plot_raster(recording: xr.DataTree) -> PaperFigure:
    """Draw all spikes of a recording.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.

    Returns
    -------
    matplotlib.figure.Figure
        Panels for input, convolutions, pooling and output over one time axis in milliseconds.
        Each set of marks has the layer's name as its ``gid``. Marks are rasterised, so that
        PDF and SVG files stay small.
    """
    sentence, names = words(recording), class_names(recording)
    figure = PaperFigure(DOUBLE_COLUMN, 1, [recording.attrs["text"], *sentence, *names])
    panels = _panels(recording, figure.fonts)
    heights = [panel.inches for panel in panels]
    figure.set_figheight(sum(heights) + 0.1 * len(heights) + 0.8)
    with figure.style():
        axes = figure.subplots(
            len(panels), sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights}
        )[:, 0]
        for ax, panel in zip(axes, panels, strict=True):
            _draw_panel(ax, panel, recording)
        dt = float(recording.attrs["dt_ms"])
        axes[-1].set_xlim(-dt, len(recording["time"]) * dt)
        axes[-1].set_xlabel("Time (ms)")
        axes[0].set_title(headline(figure.fonts, recording, inches=DOUBLE_COLUMN), loc="left")
        axes[0].set_title("spikes", loc="right", x=1.05, fontsize=6, color=GREY)
        figure.align_ylabels(axes)
        figure.explain_missing_glyphs("w1, w2, ... number the words of the text")
    return figure


def _panels(recording: xr.DataTree, fonts: Fonts) -> list[_Panel]:
    bands = _input_bands(recording, fonts)
    least, greatest = WORD_INCHES
    inches = len(bands) * np.clip(INPUT_INCHES / len(bands), least, greatest)
    panels = [_Panel("Input", bands, max(inches, 0.4))]
    hidden = hidden_names(recording)
    for kind in dict.fromkeys(recording[name].attrs["kind"] for name in hidden):
        bands = [_hidden_band(recording, name) for name in hidden if _kind(recording, name) == kind]
        inches = HIDDEN_INCHES.get(kind, USUAL_INCHES)
        panels.append(_Panel(kind.capitalize(), bands, inches * len(bands)))
    bands = _output_bands(recording, fonts)
    return [*panels, _Panel("Output", bands, max(0.5, CLASS_INCHES * len(bands)))]


def _kind(recording: xr.DataTree, name: str) -> str:
    return recording[name].attrs["kind"]


def _input_bands(recording: xr.DataTree, fonts: Fonts) -> list[_Band]:
    name, *_ = layer_names(recording)
    spikes = input_layer(recording)["spikes"].transpose("position", "time", "feature").values
    labels = fonts.labels(words(recording), "w")
    return [_Band(name, label, train) for label, train in zip(labels, spikes, strict=True)]


def _hidden_band(recording: xr.DataTree, name: str) -> _Band:
    spikes = recording[name]["spikes"].values
    width = kernel_width(recording, name)
    label = name if width is None else f"width {width}"
    return _Band(name, label, spikes.reshape(len(spikes), -1))


def _output_bands(recording: xr.DataTree, fonts: Fonts) -> list[_Band]:
    spikes = output_layer(recording)["spikes"].transpose("class", "time", "neuron").values
    labels = fonts.labels(class_names(recording), "class ")
    name = output_name(recording)
    shape = {"markersize": 1.9, "markeredgewidth": 0, "linestyle": "none"}
    return [
        _Band(name, label, train, style | shape)
        for label, train, style in zip(labels, spikes, class_styles(len(labels)), strict=True)
    ]


def _draw_panel(ax: Axes, panel: _Panel, recording: xr.DataTree) -> None:
    """Stack the bands of a panel; write its label and its number of spikes beside each."""
    edges = np.cumsum([0, *(band.spikes.shape[1] for band in panel.bands)])
    middles = (edges[:-1] + edges[1:]) / 2
    thickness = _thickness(panel)
    for number, (band, top, middle) in enumerate(zip(panel.bands, edges, middles, strict=False)):
        if number % 2 == 0:
            ax.axhspan(top, edges[number + 1], color=PALE, linewidth=0, zorder=0)
        step, row = np.nonzero(band.spikes)
        points = np.column_stack([recording["time"].values[step], top + row + 0.5])
        if band.look:
            ax.plot(*points.T, gid=band.layer, rasterized=True, **band.look)
        else:
            dt = float(recording.attrs["dt_ms"])
            ax.add_collection(_dashes(points, dt, thickness, gid=band.layer), autolim=False)
        ax.text(1.05, middle, f"{len(points):,}", transform=ax.get_yaxis_transform(), **COUNT_STYLE)
    ax.set_ylim(edges[-1], 0)
    ax.set_yticks(middles, [band.label for band in panel.bands])
    ax.tick_params(axis="y", length=0, pad=2)
    ax.set_ylabel(panel.title)
    ax.spines["left"].set_visible(False)


def _thickness(panel: _Panel) -> float:
    """Return the thickness of a spike in points.

    Half of a busy panel is covered, whether its rows are finer than the print or not: a denser
    group is then a darker one, and a sparse one is still seen.
    """
    spikes = sum(band.spikes.sum() for band in panel.bands)
    at_once = max(spikes / len(panel.bands[0].spikes), 1)
    return min(COVERAGE * panel.inches * POINTS_PER_INCH / at_once, THICKEST)


def _dashes(points: np.ndarray, dt: float, thickness: float, *, gid: str) -> LineCollection:
    """Draw each spike for the duration of its step, with a gap where one can be seen."""
    length = dt * (0.75 if thickness > THINNEST else 1)
    ends = points[:, None] + [[-length / 2, 0], [length / 2, 0]]
    dashes = LineCollection(
        ends, linewidths=thickness, colors=INK, capstyle="butt", rasterized=True, gid=gid
    )
    # Snapping to pixels would draw rows finer than a pixel as full lines or not at all.
    dashes.set_snap(False)
    return dashes
