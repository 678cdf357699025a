"""Neurons in bands: how rasters and rate maps stack what the layers of a recording do.

A band is a word in the input, a layer in convolutions and all else that is hidden, and a class in
the output. Within a convolution's band, neurons are ordered by position, and within a position by
feature map. Bands of the same kind share a panel, in which band b lies from b to b + 1, downwards.

A band of h points has room for h / :data:`ROW_POINTS` rows that the eye tells apart, usually far
fewer than it has neurons; what a row is, is for the figure to choose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from analysis.fonts import Fonts
from analysis.interventions import frame, interventions_on, say_framed
from analysis.recordings import (
    class_names,
    hidden_names,
    kernel_width,
    layer_names,
    output_layer,
    output_name,
    words,
)
from analysis.style import (
    DOUBLE_COLUMN,
    GREY,
    INK,
    LABEL_LETTERS,
    PALE,
    PaperFigure,
    class_styles,
    foreign_texts,
    headline,
)
from analysis.view import MOST_INCHES, View

POINTS_PER_INCH = 72
ROW_POINTS = 2.0
"""Height of a row: 4 pixels at 150 dpi, one of them a gap."""
LABEL_POINTS = 7.0
"""Height of a line of labels, and so the least of a band that has one."""
INPUT_POINTS, WORD_POINTS = 150.0, 38.0
"""Usual height of the input, and the greatest of a word."""
HIDDEN_POINTS = {"convolution": 38.0}
USUAL_POINTS = 28.0
"""Height of a hidden layer of each kind, and of any other."""
CLASS_POINTS = 21.0
MOST_WHOLE = 24
"""Neurons of a hidden layer that is never sampled by default."""

MOST_NUMBERED = 30
"""Positions or classes without names that are bands of their own."""

PANEL_INCHES, PAGE_INCHES, LINE_INCHES = 0.23, 0.42, 0.14
"""What a panel takes beside its bands, the time axis below all, and a line of the title above."""
DIGIT_POINTS = 3.4
"""Width of a digit of 6 pt."""
LABEL_SHARE = 0.3
"""Of the width of a figure that labels may take."""


@dataclass(frozen=True)
class Band:
    """Neurons that are drawn together.

    Attributes
    ----------
    layer, label : str
        Where they are, and what the band is called.
    spikes : numpy.ndarray of bool, shape (time, neurons)
        What they did.
    colour : str
        Of a spike.
    rows : int
        Rows that they are drawn in.
    """

    layer: str
    label: str
    spikes: np.ndarray
    colour: str = INK
    rows: int = 0

    @property
    def neurons(self) -> int:
        """Number of neurons."""
        return self.spikes.shape[1]


@dataclass(frozen=True)
class Panel:
    """Bands of the same kind, each ``points`` high."""

    title: str
    bands: list[Band]
    points: float

    @property
    def neurons(self) -> int:
        """Neurons of all bands."""
        return sum(band.neurons for band in self.bands)

    @property
    def rows(self) -> int:
        """Rows of all bands."""
        return sum(band.rows for band in self.bands)


def banded_figure(
    recording: xr.DataTree, view: View
) -> tuple[PaperFigure, list[Axes], list[Panel]]:
    """Return a figure with an empty, labelled panel for each kind of band.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.
    view : View
        What is drawn of it.

    Returns
    -------
    figure : PaperFigure
        With title and axes; ``figure.style()`` is for the caller to enter.
    axes : list of matplotlib.axes.Axes
        From the top down, over one axis of time in milliseconds.
    panels : list of Panel
        What belongs into each.

    Raises
    ------
    ValueError
        If the view does not fit the recording or the figure.
    """
    width = view.width or DOUBLE_COLUMN
    figure = PaperFigure(width, 1, foreign_texts(recording, view.title))
    title = headline(figure.fonts, recording, inches=width, title=view.title)
    panels = _panels(recording, view, figure.fonts, int(width * LABEL_SHARE * LABEL_LETTERS))
    beside = PAGE_INCHES + PANEL_INCHES * len(panels)
    beside += LINE_INCHES * len(title.splitlines())
    panels = _with_rows(_with_heights(panels, view, beside), view)
    height = beside + sum(p.points * len(p.bands) for p in panels) / POINTS_PER_INCH
    if height > MOST_INCHES:
        raise ValueError(
            f"these rows need {height:.0f} inches of height, and a figure has at most "
            f"{MOST_INCHES:g}; ask for fewer neurons or layers"
        )
    figure.set_figheight(height)
    ratios = [panel.points * len(panel.bands) for panel in panels]
    with figure.style():
        axes = figure.subplots(
            len(panels), sharex=True, squeeze=False, gridspec_kw={"height_ratios": ratios}
        )[:, 0]
        for ax, panel in zip(axes, panels, strict=True):
            _label(ax, panel)
        steps, dt = view.steps(recording), float(recording.attrs["dt_ms"])
        axes[-1].set_xlim((steps.start - 0.7) * dt, steps.stop * dt)
        for ax, panel in zip(axes, panels, strict=True):
            _frame(ax, panel, recording)
        axes[-1].set_xlabel("Time (ms)")
        figure.suptitle(title, fontsize=8, x=0.01, ha="left")
        figure.explain_missing_glyphs("w1, w2, ... number the words of the text")
    return figure, list(axes), panels


def write_beside(
    axes: Sequence[Axes], panels: Sequence[Panel], heading: str, number: Callable[[Band], str]
) -> None:
    """Write a number beside each band, and above them what they are."""
    numbers = [[number(band) for band in panel.bands] for panel in panels]
    longest = max(len(text) for texts in numbers for text in texts)
    look: dict[str, Any] = {
        "textcoords": "offset points",
        "fontsize": 6,
        "color": GREY,
        "ha": "right",
    }
    right = 4 + DIGIT_POINTS * max(longest, len(heading))
    for ax, texts in zip(axes, numbers, strict=True):
        place: dict[str, Any] = {
            "xycoords": ax.get_yaxis_transform(),
            "xytext": (right, 0),
            "va": "center",
        }
        for middle, text in enumerate(texts):
            ax.annotate(text, (1, middle + 0.5), **place, **look)
    place = {"xycoords": "axes fraction", "xytext": (right, 4), "va": "bottom"}
    axes[0].annotate(heading, (1, 1), **place, **look)


def _panels(recording: xr.DataTree, view: View, fonts: Fonts, letters: int) -> list[Panel]:
    chosen, steps = view.chosen_layers(recording), view.steps(recording)
    (into, *_), out = layer_names(recording), output_name(recording)
    panels = []
    if into in chosen:
        bands = _of_positions(recording, fonts.labels(words(recording), "w", letters), steps)
        panels.append(Panel("Input", bands, min(INPUT_POINTS / len(bands), WORD_POINTS)))
    hidden = [name for name in hidden_names(recording) if name in chosen]
    for kind in dict.fromkeys(recording[name].attrs["kind"] for name in hidden):
        names = [name for name in hidden if recording[name].attrs["kind"] == kind]
        labels = _layer_labels(recording, names, letters)
        bands = [
            Band(name, label, _flat(recording, name, steps))
            for name, label in zip(names, labels, strict=True)
        ]
        whole = [band.neurons for band in bands if band.neurons <= MOST_WHOLE]
        points = max(HIDDEN_POINTS.get(kind, USUAL_POINTS), ROW_POINTS * max(whole, default=0))
        panels.append(Panel(kind.capitalize(), bands, points))
    if out in chosen:
        names = fonts.labels(class_names(recording), "class ", letters)
        panels.append(Panel("Output", _of_classes(recording, names, steps), CLASS_POINTS))
    return [replace(panel, points=max(panel.points, LABEL_POINTS)) for panel in panels]


def _of_positions(recording: xr.DataTree, labels: list[str], steps: slice) -> list[Band]:
    name, *_ = layer_names(recording)
    if _too_many_numbers(labels):
        label = f"{labels[0]} to {labels[-1]}"
        return [Band(name, label, _flat(recording, name, steps))]
    spikes = recording[name]["spikes"].transpose("position", "time", ...).values[:, steps]
    return [
        Band(name, label, train.reshape(len(train), -1))
        for label, train in zip(labels, spikes, strict=True)
    ]


def _of_classes(recording: xr.DataTree, labels: list[str], steps: slice) -> list[Band]:
    name = output_name(recording)
    if _too_many_numbers(labels):
        label = f"{labels[0]} to {labels[-1]}"
        return [Band(name, label, _flat(recording, name, steps))]
    spikes = output_layer(recording)["spikes"].transpose("class", "time", "neuron").values
    return [
        Band(name, label, train[steps], style["color"])
        for label, train, style in zip(labels, spikes, class_styles(len(labels)), strict=True)
    ]


def _too_many_numbers(labels: list[str]) -> bool:
    return len(labels) > MOST_NUMBERED and all(label.isdecimal() for label in labels)


def _layer_labels(recording: xr.DataTree, names: list[str], letters: int) -> list[str]:
    """Return the widths of their kernels, if those tell the layers apart, or their names."""
    widths = [kernel_width(recording, name) for name in names]
    if None in widths or len(set(widths)) < len(widths):
        return [name if len(name) <= letters else f"{name[: letters - 1]}…" for name in names]
    return [f"width {width}" for width in widths]


def _flat(recording: xr.DataTree, name: str, steps: slice) -> np.ndarray:
    spikes = recording[name]["spikes"].values[steps]
    return spikes.reshape(len(spikes), -1)


def _with_heights(panels: list[Panel], view: View, beside: float) -> list[Panel]:
    """Return panels as high as the rows or the figure that were asked for make them."""
    if view.height is None:
        if view.neurons is None:
            return panels
        return [
            replace(panel, points=max(panel.points, ROW_POINTS * max(_wanted(panel, view))))
            for panel in panels
        ]
    usual = sum(panel.points * len(panel.bands) for panel in panels)
    factor = (view.height - beside) * POINTS_PER_INCH / usual
    lowest = min(panel.points for panel in panels)
    if factor * lowest < LABEL_POINTS:
        least = beside + LABEL_POINTS / lowest * usual / POINTS_PER_INCH
        raise ValueError(
            f"the labels do not fit into {view.height:g} inches of height; {least + 0.05:.1f} are "
            "enough, or fewer layers"
        )
    return [replace(panel, points=factor * panel.points) for panel in panels]


def _with_rows(panels: list[Panel], view: View) -> list[Panel]:
    """Return panels that know how many rows each band has."""
    counted = []
    for panel in panels:
        room = max(int(panel.points / ROW_POINTS + 1e-9), 1)
        wanted = [room] * len(panel.bands) if view.neurons is None else _wanted(panel, view)
        if max(wanted) > room:
            fitting = sum(min(room, rows) for rows in wanted)
            raise ValueError(
                f"{panel.title.lower()} has room for {fitting} of {sum(wanted)} neurons at "
                f"{view.height:g} inches of height; ask for fewer neurons or more height"
            )
        bands = [
            replace(band, rows=min(rows, band.neurons))
            for band, rows in zip(panel.bands, wanted, strict=True)
        ]
        counted.append(replace(panel, bands=bands))
    return counted


def _wanted(panel: Panel, view: View) -> list[int]:
    """Return how many of a layer's neurons each band is to show: at least one."""
    bands_of: dict[str, list[Band]] = {}
    for band in panel.bands:
        bands_of.setdefault(band.layer, []).append(band)
    rows = []
    for bands in bands_of.values():
        each, rest = divmod(cast(int, view.neurons), len(bands))
        rows += [
            min(max(each + (number < rest), 1), band.neurons) for number, band in enumerate(bands)
        ]
    return rows


def _frame(ax: Axes, panel: Panel, recording: xr.DataTree) -> None:
    """Frame what was done to bands while the network read."""
    begin, everything = dict.fromkeys((band.layer for band in panel.bands), 0), []
    for number, band in enumerate(panel.bands):
        neurons = np.arange(begin[band.layer], begin[band.layer] + band.neurons)
        begin[band.layer] += band.neurons
        done = interventions_on(recording, band.layer, neurons)
        bottom = 1 - (number + 1) / len(panel.bands)
        frame(ax, recording, done, (bottom, bottom + 1 / len(panel.bands)))
        everything += done
    say_framed(ax, everything)


def _label(ax: Axes, panel: Panel) -> None:
    """Shade every other band, draw the lines between them, and name them."""
    for number in range(0, len(panel.bands), 2):
        ax.axhspan(number, number + 1, color=PALE, linewidth=0, zorder=0)
    for edge in range(1, len(panel.bands)):
        ax.axhline(edge, color=INK, linewidth=0.4, zorder=3, gid="boundary")
    ax.set_ylim(len(panel.bands), 0)
    middles = np.arange(len(panel.bands)) + 0.5
    ax.set_yticks(middles, [band.label for band in panel.bands])
    ax.tick_params(axis="y", length=0, pad=2)
    ax.spines["left"].set_visible(False)
