"""How the vote builds up: spikes of each class's output neurons, added up over time.

    N_c[n] = sum over m <= n and over the neurons j of class c of S_j[m]

The class with the largest N_c after the last step is the label; on a tie the first one is.
"""

from __future__ import annotations

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from analysis.recordings import class_names, output_layer
from analysis.style import INK, SINGLE_COLUMN, PaperFigure, class_styles, headline

HEIGHT = 2.4


def cumulative_class_counts(recording: xr.DataTree) -> xr.DataArray:
    """Add up the output spikes of each class over time.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.

    Returns
    -------
    xarray.DataArray of int, dims (class, time)
        Spikes up to and including each step, with class names and times (ms) as coordinates.
    """
    spikes = output_layer(recording)["spikes"].sum("neuron").cumsum("time")
    counts = spikes.transpose("class", "time").assign_coords(time=recording["time"])
    return counts.rename("spikes")


def plot_class_counts(recording: xr.DataTree) -> PaperFigure:
    """Draw the cumulative output spikes of each class, and mark the label.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.

    Returns
    -------
    matplotlib.figure.Figure
        A line per class over time in milliseconds, named in a legend with its final count.
    """
    figure = PaperFigure(SINGLE_COLUMN, HEIGHT, [recording.attrs["text"], *class_names(recording)])
    with figure.style():
        ax = figure.subplots()
        _draw_counts(ax, recording, figure.fonts.labels(class_names(recording), "class "))
        ax.set_title(headline(figure.fonts, recording, inches=SINGLE_COLUMN - 0.5), fontsize=7)
        ax.legend(title="Class: spikes", alignment="left")
        figure.explain_missing_glyphs("Some text has no glyphs here")
    return figure


def _draw_counts(ax: Axes, recording: xr.DataTree, names: list[str]) -> None:
    """Draw a stair for each class, with a mark at its end that is largest for the label."""
    counts = cumulative_class_counts(recording)
    label = int(recording.attrs["label"])
    for number, style in enumerate(class_styles(len(names))):
        values = counts.values[number]
        ax.plot(
            counts["time"],
            values,
            drawstyle="steps-post",
            markevery=[-1],
            markersize=7 if number == label else 3,
            markeredgecolor=INK,
            markeredgewidth=0.5,
            label=f"{names[number]}: {values[-1]}" + (" (label)" if number == label else ""),
            clip_on=False,
            gid=f"class {number}",
            **style,
        )
    ax.set_ylim(bottom=0)
    ax.set_xlim(left=0)
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("Time (ms)")
    ax.set_ylabel("Cumulative output spikes")
