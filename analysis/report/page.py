"""The page itself: words shaded by relevance, pictures, tables, circumstances."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any

import numpy as np
import xarray as xr
from bokeh.document import Document
from bokeh.embed import file_html
from bokeh.models import CustomJS, InlineStyleSheet
from bokeh.models.ui import StyledElement
from bokeh.resources import INLINE
from bokeh.themes import Theme
from jinja2 import Environment, StrictUndefined

from analysis.attribution import Relevance
from analysis.counts import cumulative_class_counts
from analysis.recordings import NO_LABEL, class_names, is_decided, words
from analysis.report.colours import DARK, LIGHT, PARTS, STRONGEST, class_colours, triplet
from analysis.report.membranes import membranes_panel
from analysis.report.raster import raster_panel
from analysis.report.tables import (
    cost_rows,
    layer_rows,
    membrane_rows,
    signed,
    vote_rows,
    word_rows,
    word_spikes,
)
from analysis.report.votes import votes_panel

# Colours are the style sheet's, which knows light from dark.
THEME = {
    "attrs": {
        "Axis": {"minor_tick_line_color": None},
        "Plot": {"outline_line_color": None},
        "Toolbar": {"logo": None, "autohide": False},
    }
}

# A canvas keeps the colours it was painted with, so it is painted again when the style sheet has
# others; before it is printed there is no time to wait for the next frame. Setting its width
# empties it: Bokeh itself leaves the outermost half pixel. A finger that moves up or down scrolls
# the page, as everywhere else.
READY = """
const plots = [...Bokeh.index.query((view) => view.model.type === "Figure")]
const paint = (plot) => {
    const {canvas} = plot.canvas_view.primary
    canvas.width = canvas.width
    plot.invalidate_painters()
    plot.paint()
}
for (const query of ["(prefers-color-scheme: dark)", "print"]) {
    matchMedia(query).addEventListener("change", () => plots.forEach(paint))
}
for (const plot of plots) plot.canvas_view.events_el.style.touchAction = "pan-y pinch-zoom"
"""

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
    # Words come from users: everything that Bokeh did not make is escaped.
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    source = resources.files("analysis.report").joinpath("page.html").read_text(encoding="utf-8")
    return file_html(
        _pictures(recording),
        INLINE,
        title="",
        template=environment.from_string(source),
        template_variables=_variables(recording, relevance, energy),
        theme=Theme(json=THEME),
    )


def _pictures(recording: xr.DataTree) -> Document:
    panels = [votes_panel(recording), raster_panel(recording), membranes_panel(recording)]
    document, parts = Document(), InlineStyleSheet(css=PARTS)
    for panel in panels:
        if panel is None:
            continue
        for part in panel.select({"type": StyledElement}):
            part.stylesheets = [*part.stylesheets, parts]
        document.add_root(panel)
    document.js_on_event("document_ready", CustomJS(code=READY))
    return document


def _variables(
    recording: xr.DataTree, relevance: Relevance, energy: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what the template asks for."""
    names, decided = class_names(recording), is_decided(recording)
    shaded = _words(recording, relevance.words)
    vote_columns, votes = vote_rows(recording)
    membranes = membrane_rows(recording)
    return {
        "light": _style_variables(LIGHT),
        "dark": _style_variables(DARK),
        "strongest": STRONGEST,
        "language": recording.attrs["language"],
        "text": recording.attrs["text"],
        "answer": recording.attrs["label_name"] if decided else NO_LABEL,
        "decided": decided,
        "label": names[relevance.label],
        "rival": names[relevance.rival],
        "margin": signed(relevance.margin),
        "votes": _votes(recording),
        "words": shaded,
        "silent": any(word["silent"] for word in shaded),
        "word_rows": word_rows(recording, relevance.words.tolist()),
        "vote_columns": vote_columns,
        "vote_rows": votes,
        "membranes": bool(membranes),
        "membrane_rows": membranes,
        "layers": layer_rows(recording, energy["layers"]),
        "costs": cost_rows(energy["energy"]),
        "sources": [(row["cost_model"], row["source"]) for row in energy["energy"]],
        "circumstances": _circumstances(recording),
    }


def _style_variables(colours: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    shades = {f"{name}-rgb": triplet(colours[name]) for name in ("for", "against")}
    return list((dict(colours) | shades).items())


def _votes(recording: xr.DataTree) -> list[tuple[str, str, int]]:
    names = class_names(recording)
    counts = cumulative_class_counts(recording).isel(time=-1).values.tolist()
    return list(zip(names, class_colours(len(names)), counts, strict=True))


def _words(recording: xr.DataTree, relevance: np.ndarray) -> list[dict[str, Any]]:
    strongest = max(int(np.abs(relevance).max()), 1)
    sentence = zip(words(recording), relevance.tolist(), word_spikes(recording), strict=True)
    return [
        {
            "text": word,
            "relevance": signed(value),
            "kind": _kind(value) + ("" if count else " silent"),
            "strength": f"{abs(value) / strongest:.3f}",
            "silent": not count,
        }
        for word, value, count in sentence
    ]


def _kind(relevance: int) -> str:
    if not relevance:
        return ""
    return " for" if relevance > 0 else " against"


def _circumstances(recording: xr.DataTree) -> list[tuple[str, str]]:
    attrs = recording.attrs
    versions = sorted(name for name in attrs if name.endswith("_version"))
    names = [name for name in CIRCUMSTANCES if name in attrs] + versions
    shown = [(name.replace("_", " "), str(attrs[name])) for name in names]
    return [*shown, ("python", str(attrs["python"]))]
