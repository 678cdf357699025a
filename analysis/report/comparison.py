"""A page about two sentences: what changed words did to spikes, membranes and votes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from analysis.alignment import Pair
from analysis.changes import LayerChange, Lead, Push, layer_changes, word_changes
from analysis.recordings import NO_LABEL, class_names, is_decided, words
from analysis.report.colours import CHANGED, NO_CLASS, ORIGINAL
from analysis.report.comparison_membranes import both_membranes_panel
from analysis.report.comparison_raster import COMMON_ALPHA, difference_panel
from analysis.report.comparison_tables import (
    answer_rows,
    both_circumstances,
    both_membrane_rows,
    both_vote_rows,
    fresh_columns,
    fresh_rows,
    layer_change_rows,
    noise_note,
    pair_rows,
    place_rows,
    push_rows,
    real,
    replacement,
    summary,
)
from analysis.report.comparison_votes import both_votes_panel
from analysis.report.document import make_document
from analysis.report.tables import signed


@dataclass(frozen=True)
class Comparison:
    """All that a page tells of two sentences.

    Attributes
    ----------
    original, changed : xarray.DataTree
        Recordings of one model, see :func:`analysis.changes.check_alike`.
    pairs : sequence of Pair
        Their words.
    lead : Lead
        Between which classes it is decided.
    moved : sequence of int or None
        Of each pair, by how many output spikes the word moved the lead; None where that was not
        measured.
    pushes : sequence of Push
        What neurons that the output hears did to it, strongest first.
    probabilities : numpy.ndarray of float, shape (2, classes), or None
        How likely each class is after either sentence, if that is known.
    fresh : numpy.ndarray of int, shape (2, draws, classes)
        Votes after either sentence with other noise.
    fresh_labels : numpy.ndarray of int, shape (2, draws)
        What they decide, -1 for nothing.
    """

    original: xr.DataTree
    changed: xr.DataTree
    pairs: Sequence[Pair]
    lead: Lead
    moved: Sequence[int | None]
    pushes: Sequence[Push]
    probabilities: np.ndarray | None
    fresh: np.ndarray
    fresh_labels: np.ndarray

    @property
    def recordings(self) -> tuple[xr.DataTree, xr.DataTree]:
        """Both of them."""
        return self.original, self.changed


def make_comparison(comparison: Comparison) -> str:
    """Make a page about two sentences.

    Parameters
    ----------
    comparison : Comparison
        What it tells.

    Returns
    -------
    str
        HTML with all that it needs in it.
    """
    both = comparison.recordings
    panels = [both_votes_panel(*both), difference_panel(*both), both_membranes_panel(*both)]
    variables = _variables(comparison) | {"pictured": panels[-1] is not None}
    return make_document("comparison.html", panels, variables)


def answers(comparison: Comparison) -> list[str]:
    """Return either answer in words, with its probability if that is known: positive (61 %)."""
    said = []
    for number, recording in enumerate(comparison.recordings):
        answer = recording.attrs["label_name"] if is_decided(recording) else NO_LABEL
        if comparison.probabilities is not None and is_decided(recording):
            share = comparison.probabilities[number, int(recording.attrs["label"])]
            answer += f" ({100 * share:.0f} %)"
        said.append(answer)
    return said


def _variables(comparison: Comparison) -> dict[str, Any]:
    """Return what the template asks for."""
    original, changed = comparison.recordings
    pairs, lead, names = comparison.pairs, comparison.lead, class_names(original)
    inputs = word_changes(original, changed, pairs)
    layers = layer_changes(original, changed)
    vote_columns, vote_rows = both_vote_rows(original, changed)
    place_columns, places = place_rows(original, changed)
    membranes = both_membrane_rows(original, changed)
    shown = _pairs(comparison, inputs)
    before, after = answers(comparison)
    return {
        "sentence_colours": {"original": ORIGINAL, "changed": CHANGED},
        "common_colour": NO_CLASS,
        "common_alpha": COMMON_ALPHA,
        "language": original.attrs["language"],
        "texts": [recording.attrs["text"] for recording in comparison.recordings],
        "before": before,
        "after": after,
        "label": names[lead.label],
        "rival": names[lead.rival],
        "lead": [signed(lead.original), signed(lead.changed), signed(lead.changed - lead.original)],
        "summary": summary(pairs, len(words(original))),
        "replaced": [replacement(original, changed, pair) for pair in pairs if not pair.same],
        "answers": answer_rows(original, changed, lead, (before, after)),
        "votes_of": [f"votes for {name}" for name in names],
        "pairs": shown,
        "silent": any(pair["was_silent"] or pair["is_silent"] for pair in shown),
        "pair_rows": pair_rows(original, changed, pairs, inputs, comparison.moved),
        "noise": noise_note(pairs, inputs, layers[0], comparison.recordings),
        "measured": sum(value is not None for value in comparison.moved),
        "draws": comparison.fresh.shape[1],
        "fresh_columns": fresh_columns(names),
        "fresh": fresh_rows(comparison.fresh, comparison.fresh_labels, names, lead),
        "layers": layer_change_rows(layers, float(original.attrs["dt_ms"])),
        "vote_columns": vote_columns,
        "vote_rows": vote_rows,
        "place_columns": place_columns,
        "places": places,
        "pushes": push_rows(original, changed, comparison.pushes, lead),
        "pushing": len(comparison.pushes),
        "pushed": real(sum(push.current for push in comparison.pushes)),
        "membranes": membranes,
        "circumstances": both_circumstances(original, changed),
    }


def _pairs(comparison: Comparison, inputs: Sequence[LayerChange]) -> list[dict[str, Any]]:
    """Return what is shown of each pair of words."""
    shown = []
    for pair, spikes, moved in zip(comparison.pairs, inputs, comparison.moved, strict=True):
        before, after = replacement(*comparison.recordings, pair)
        shown.append(
            {
                "same": pair.same,
                "before": before,
                "after": after,
                "was_silent": bool(before) and not spikes.original,
                "is_silent": bool(after) and not spikes.changed,
                "moved": "" if moved is None else signed(moved),
            }
        )
    return shown
