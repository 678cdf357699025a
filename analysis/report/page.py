"""The page itself: words shaded by relevance, pictures, tables, circumstances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from analysis.attribution import Relevance
from analysis.counts import cumulative_class_counts
from analysis.recordings import NO_LABEL, class_names, is_decided, words
from analysis.report.colours import class_colours
from analysis.report.document import make_document
from analysis.report.membranes import membranes_panel
from analysis.report.raster import raster_panel
from analysis.report.tables import (
    circumstances,
    cost_rows,
    layer_rows,
    membrane_rows,
    signed,
    vote_rows,
    word_rows,
    word_spikes,
)
from analysis.report.votes import votes_panel


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

    Examples
    --------
    >>> import bionlp, numpy as np
    >>> from analysis import Relevance, make_report
    >>> model, engine = bionlp.load_classifier("mr"), bionlp.Engine("numpy")
    >>> examples, steps = [bionlp.Example("a gripping film", 1)], {"steps": 10, "seed": 1}
    >>> (recording,) = bionlp.simulate(model, "a gripping film", engine=engine, **steps)
    >>> energy = bionlp.measure_energy(model, examples, engine=engine, **steps)
    >>> page = make_report(recording, Relevance(1, 0, 6, np.array([0, 5, 1])), energy)
    >>> page.startswith("<!DOCTYPE html>")
    True
    """
    panels = [votes_panel(recording), raster_panel(recording), membranes_panel(recording)]
    return make_document("page.html", panels, _variables(recording, relevance, energy))


def _variables(
    recording: xr.DataTree, relevance: Relevance, energy: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what the template asks for."""
    names, decided = class_names(recording), is_decided(recording)
    shaded = _words(recording, relevance.words)
    vote_columns, votes = vote_rows(recording)
    membranes = membrane_rows(recording)
    return {
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
        "reference": energy["reference"],
        "costs": cost_rows(energy["energy"], energy["reference"]),
        "sources": [(row["cost_model"], row["source"]) for row in energy["energy"]],
        "circumstances": circumstances(recording),
    }


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
