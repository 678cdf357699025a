"""The page itself: words shaded by relevance, pictures, tables, circumstances."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import Any

import numpy as np
import xarray as xr
from bokeh.embed import file_html
from bokeh.resources import INLINE
from bokeh.themes import Theme
from jinja2 import Environment, StrictUndefined

from analysis.attribution import Relevance
from analysis.counts import cumulative_class_counts
from analysis.recordings import (
    NO_LABEL,
    class_names,
    input_layer,
    is_decided,
    layer_names,
    words,
)
from analysis.report.membranes import membranes_panel
from analysis.report.raster import raster_panel
from analysis.report.votes import votes_panel
from analysis.style import COLOURS, INK

FOR, AGAINST = COLOURS[0], COLOURS[1]
STRONGEST = 0.75
"""Opacity behind the word of greatest relevance."""

THEME = {
    "attrs": {
        "Axis": {"axis_line_color": INK, "minor_tick_line_color": None},
        "Grid": {"grid_line_color": "#eeeeee"},
        "Plot": {"outline_line_color": None},
        "Toolbar": {"logo": None, "autohide": False},
    }
}

CIRCUMSTANCES = (
    *("model", "backend", "synapses", "precision", "steps", "seed", "sentence", "dt_ms"),
)


def make_report(recording: xr.DataTree, relevance: Relevance, energy: dict[str, Any]) -> str:
    """Make a page about one sentence.

    Parameters
    ----------
    recording : xarray.DataTree
        See :mod:`bionlp.recording`.
    relevance : Relevance
        Of the words of the sentence.
    energy : dict
        What the sentence cost: ``layers`` and ``energy``, as ``bionlp energy --json`` prints them.

    Returns
    -------
    str
        HTML with all that it needs in it.
    """
    roots = [votes_panel(recording), raster_panel(recording)]
    membranes = membranes_panel(recording)
    if membranes is not None:
        roots.append(membranes)
    # Words come from users: everything that Bokeh did not make is escaped.
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    source = resources.files("analysis.report").joinpath("page.html").read_text(encoding="utf-8")
    names, decided = class_names(recording), is_decided(recording)
    shaded = _words(recording, relevance.words)
    variables = {
        "language": recording.attrs["language"],
        "text": recording.attrs["text"],
        "answer": recording.attrs["label_name"] if decided else NO_LABEL,
        "decided": decided,
        "label": names[relevance.label],
        "rival": names[relevance.rival],
        "margin": f"{relevance.margin:+d}",
        "votes": _votes(recording),
        "words": shaded,
        "silent": any(word["silent"] for word in shaded),
        "colour_for": _shade(1, 1),
        "colour_against": _shade(-1, 1),
        "membranes": membranes is not None,
        "layers": _layers(recording, energy["layers"]),
        "costs": energy["energy"],
        "circumstances": _circumstances(recording),
    }
    return file_html(
        roots,
        INLINE,
        title="",
        template=environment.from_string(source),
        template_variables=variables,
        theme=Theme(json=THEME),
    )


def _votes(recording: xr.DataTree) -> list[tuple[str, int]]:
    counts = cumulative_class_counts(recording).isel(time=-1).values.tolist()
    return list(zip(class_names(recording), counts, strict=True))


def _words(recording: xr.DataTree, relevance: np.ndarray) -> list[dict[str, Any]]:
    strongest = np.abs(relevance).max()
    spikes = input_layer(recording)["spikes"].sum(("time", "feature")).values
    return [
        {
            "text": word,
            "relevance": f"{value:+d}" if value else "0",
            "colour": _shade(value, strongest),
            "silent": not count,
            "title": f"w{number}: {count} input spikes",
        }
        for number, (word, value, count) in enumerate(
            zip(words(recording), relevance.tolist(), spikes.tolist(), strict=True), start=1
        )
    ]


def _shade(value: float, strongest: float) -> str:
    red, green, blue = bytes.fromhex((FOR if value > 0 else AGAINST).removeprefix("#"))
    opacity = STRONGEST * abs(value) / strongest if strongest else 0.0
    return f"rgba({red}, {green}, {blue}, {opacity:.3f})"


def _layers(recording: xr.DataTree, rows: Sequence[dict[str, Any]]) -> list[list[str]]:
    work = {row["layer"]: row for row in rows}
    table = []
    for name in layer_names(recording):
        row = [name, f"{recording[name].attrs['spike_count']:,}"]
        numbers = (work[name]["counted"], work[name]["macs"]) if name in work else ()
        table.append(row + [f"{number:,.0f}" for number in numbers] + [""] * (2 - len(numbers)))
    return table


def _circumstances(recording: xr.DataTree) -> list[tuple[str, str]]:
    attrs = recording.attrs
    versions = sorted(name for name in attrs if name.endswith("_version"))
    names = [name for name in CIRCUMSTANCES if name in attrs] + versions
    shown = [(name.replace("_", " "), str(attrs[name])) for name in names]
    return [*shown, ("python", str(attrs["python"]))]
