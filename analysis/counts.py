"""How the vote builds up: spikes of each class's output neurons, added up over time.

    N_c[n] = sum over m <= n and over the neurons j of class c of S_j[m]

The class with the largest N_c after the last step is the label; on a tie the first one is.
"""

from __future__ import annotations

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from analysis.recordings import class_names, output_layer
from analysis.style import (
    INK,
    LABEL_LETTERS,
    SINGLE_COLUMN,
    PaperFigure,
    class_styles,
    foreign_texts,
    headline,
)
from analysis.view import EVERYTHING, View

HEIGHT, MARGIN_INCHES = 2.4, 0.5


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

    Examples
    --------
    >>> import bionlp
    >>> from analysis import cumulative_class_counts
    >>> model = bionlp.load_classifier("mr")
    >>> (recording,) = bionlp.simulate(model, "a gripping film", steps=10, seed=1)
    >>> counts = cumulative_class_counts(recording)
    >>> counts.dims, counts.shape
    (('class', 'time'), (2, 10))
    """
    spikes = output_layer(recording)["spikes"].sum("neuron").cumsum("time")
    counts = spikes.transpose("class", "time").assign_coords(time=recording["time"])
    return counts.rename("spikes")


def plot_class_counts(recording: xr.DataTree, view: View = EVERYTHING) -> PaperFigure:
    """Draw the cumulative output spikes of each class, and mark the label.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.
    view : View
        What is drawn of it; spikes are counted from the first step in any window. It can choose
        neither layers nor neurons.

    Returns
    -------
    matplotlib.figure.Figure
        A line per class over time in milliseconds, named in a legend with its last count.

    Raises
    ------
    ValueError
        If the view does not fit the recording.

    Examples
    --------
    >>> import bionlp
    >>> from analysis import plot_class_counts
    >>> model = bionlp.load_classifier("mr")
    >>> (recording,) = bionlp.simulate(model, "a gripping film", steps=10, seed=1)
    >>> plot_class_counts(recording).savefig("votes.png")
    """
    if view.layers is not None or view.neurons is not None:
        raise ValueError("class counts are those of all output neurons; no others can be chosen")
    width, counts = view.width or SINGLE_COLUMN, cumulative_class_counts(recording)
    counts = counts.isel(time=view.steps(recording))
    figure = PaperFigure(width, view.height or HEIGHT, foreign_texts(recording, view.title))
    letters = int((width - MARGIN_INCHES) * LABEL_LETTERS / 2)
    with figure.style():
        ax = figure.subplots()
        names = figure.fonts.labels(class_names(recording), "class ", letters)
        _draw_counts(ax, counts, names, int(recording.attrs["label"]))
        title = headline(figure.fonts, recording, inches=width - MARGIN_INCHES, title=view.title)
        ax.set_title(title, fontsize=7)
        ax.legend(title="Class: spikes", alignment="left")
        figure.explain_missing_glyphs("Some text has no glyphs here")
    return figure


def _draw_counts(ax: Axes, counts: xr.DataArray, names: list[str], label: int) -> None:
    """Draw a stair for each class, with a mark at its end that is largest for the label."""
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
    ax.set_xlim(left=float(counts["time"][0]))
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("Time (ms)")
    ax.set_ylabel("Cumulative output spikes")
