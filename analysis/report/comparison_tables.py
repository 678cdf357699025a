"""What a page tells of two sentences, as words and as rows of tables."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

import numpy as np
import xarray as xr

from analysis.alignment import Pair
from analysis.changes import (
    LayerChange,
    Lead,
    Push,
    both_spikes,
    place_changes,
    recorded_in_both,
    votes,
)
from analysis.recordings import (
    NO_LABEL,
    class_names,
    kernel_width,
    layer_names,
    membrane_unit,
    output_name,
    windows,
    words,
)
from analysis.report.raster import neuron_names
from analysis.report.tables import Row, circumstances, signed, vote_rows

SENTENCES = ("original", "changed")
MOST_PUSHES = 12
"""Rows of the table of neurons that the output hears."""


def real(number: float, digits: int = 1) -> str:
    """Return a number with its sign, the minus as wide as the plus."""
    return f"{number:+.{digits}f}".replace("-", "−")


def became(before: object, after: object) -> str:
    """Return what was and what became of it; once if it is the same."""
    return f"{before}" if before == after else f"{before} → {after}"


def place_labels(original: xr.DataTree, changed: xr.DataTree) -> list[str]:
    """Return the word of each place, and the other one if there is another."""
    both = zip_longest(words(original), words(changed))
    return [
        became(before, after) if before is not None and after is not None else before or after
        for before, after in both
    ]


def place_names_of_both(original: xr.DataTree, changed: xr.DataTree, layer: str) -> list[str]:
    """Return the names of a layer's places with the words of both sentences.

    Parameters
    ----------
    original, changed : xarray.DataTree
        As of :func:`analysis.changes.check_alike`.
    layer : str
        A layer.

    Returns
    -------
    list of str
        As of :func:`analysis.report.raster.neuron_names`: w4 “funny” → “laughable”, feature.
    """
    names = []
    both = zip_longest(*(neuron_names(recording, layer) for recording in (original, changed)))
    for before, after in both:
        if before is None or after is None or before == after:
            names.append(after if before is None else before)
            continue
        head, _, tail = before.rpartition(", ")
        other = after.rpartition(", ")[0].partition(" ")[2]  # its number is the same
        names.append(f"{head} → {other}, {tail}")
    return names


def summary(pairs: Sequence[Pair], count: int) -> str:
    """Say how many of an original's words differ: 1 of 12 words changed, 1 put in."""
    replaced = sum(None not in (p.original, p.changed) and not p.same for p in pairs)
    put_in = sum(pair.original is None for pair in pairs)
    left_out = sum(pair.changed is None for pair in pairs)
    said = [f"{put_in} put in"] * bool(put_in) + [f"{left_out} left out"] * bool(left_out)
    if replaced or not said:
        said.insert(0, f"{replaced} of {count} word{'s' if count > 1 else ''} changed")
    return ", ".join(said)


def noise_note(
    pairs: Sequence[Pair],
    inputs: Sequence[LayerChange],
    whole: LayerChange,
    recordings: Sequence[xr.DataTree],
) -> str:
    """Say how much of the input two sentences have in common, as counted, and so what is noise.

    Parameters
    ----------
    pairs : sequence of Pair
        Their words.
    inputs : sequence of LayerChange
        Input spikes of each pair.
    whole : LayerChange
        Input spikes of all.
    recordings : sequence of xarray.DataTree
        Both of them.

    Returns
    -------
    str
        A few sentences.
    """
    stay = [spikes for pair, spikes in zip(pairs, inputs, strict=True) if pair.stays]
    moved = sum(pair.same and not pair.stays for pair in pairs)
    differ = sum(spikes.lost + spikes.gained for spikes in stay)
    noise = [f"seed {r.attrs['seed']}, number {r.attrs.get('sentence', '?')}" for r in recordings]
    share = f"{100 * whole.share:.1f} %"
    said = [f"Of the input spikes that either sentence has, {share} are common to both."]
    stays = (
        "1 word stays at its place" if len(stay) == 1 else f"{len(stay)} words stay at their places"
    )
    if not stay:
        said.append("No word stays at its place.")
    elif differ:
        said.append(
            f"The noise is another ({noise[0]}; {noise[1]}): {stays}, with {differ:,} spikes that "
            "only one of the sentences has, so part of what differs is noise."
        )
    else:
        said.append(
            f"The noise is the same ({noise[0]}): {stays}, with the very same "
            f"{sum(spikes.original for spikes in stay):,} spikes in both."
        )
    if moved:
        said.append(
            f"Noise belongs to places, and {moved} word{'s' * (moved > 1)} moved to another: there "
            "the spikes are others at the same rates, so part of what differs is noise."
        )
    return " ".join(said)


def replacement(original: xr.DataTree, changed: xr.DataTree, pair: Pair) -> tuple[str, str]:
    """Return a word and what became of it; nothing for one that was put in, or left out."""
    return (
        "" if pair.original is None else words(original)[pair.original],
        "" if pair.changed is None else words(changed)[pair.changed],
    )


def answer_rows(
    original: xr.DataTree, changed: xr.DataTree, lead: Lead, answers: Sequence[str]
) -> list[Row]:
    """Return answer, votes of each class and lead of either sentence."""
    both = zip(SENTENCES, answers, (original, changed), (lead.original, lead.changed), strict=True)
    return [
        [name, answer, *(f"{count:,}" for count in votes(recording).tolist()), signed(margin)]
        for name, answer, recording, margin in both
    ]


def pair_rows(
    original: xr.DataTree,
    changed: xr.DataTree,
    pairs: Sequence[Pair],
    inputs: Sequence[LayerChange],
    moved: Sequence[int | None],
) -> list[Row]:
    """Return word, place, input spikes and share in the decision of each pair of words."""
    rows = []
    for pair, spikes, share in zip(pairs, inputs, moved, strict=True):
        before, after = replacement(original, changed, pair)
        places = ["–" if p is None else f"w{p + 1}" for p in (pair.original, pair.changed)]
        counts = [f"{n:,}" for n in (spikes.original, spikes.changed, spikes.common)]
        told = "" if share is None else signed(share)
        rows.append([became(before or "–", after or "–"), became(*places), *counts, told])
    return rows


def fresh_rows(
    votes: np.ndarray, labels: np.ndarray, names: Sequence[str], lead: Lead
) -> list[Row]:
    """Return how often either sentence is given each class with other noise, and its lead.

    Parameters
    ----------
    votes : numpy.ndarray of int, shape (2, draws, classes)
        Output spikes.
    labels : numpy.ndarray of int, shape (2, draws)
        Classes; -1 where none has the most.
    names : sequence of str
        Of the classes.
    lead : Lead
        Between which classes.

    Returns
    -------
    list of list of str
        Sentence, draws of each class and without one; mean, least and most of the lead.
    """
    rows = []
    for name, counts, given in zip(SENTENCES, votes, labels, strict=True):
        margins = counts[:, lead.label] - counts[:, lead.rival]
        often = [str(np.count_nonzero(given == label)) for label in (*range(len(names)), -1)]
        ends = [signed(int(end)) for end in (margins.min(), margins.max())]
        rows.append([name, *often, real(margins.mean()), *ends])
    return rows


def fresh_columns(names: Sequence[str]) -> Row:
    """Return what :func:`fresh_rows` has."""
    return ["sentence", *names, NO_LABEL, "mean lead", "least", "most"]


def layer_change_rows(changes: Sequence[LayerChange], dt_ms: float) -> list[Row]:
    """Return the spikes of each layer under either sentence, under both, and under one alone."""
    return [
        [
            change.layer,
            *(
                f"{count:,}"
                for count in (
                    change.original,
                    change.changed,
                    change.common,
                    change.lost,
                    change.gained,
                )
            ),
            "never" if change.first is None else f"{change.first * dt_ms:g}",
        ]
        for change in changes
    ]


def both_vote_rows(original: xr.DataTree, changed: xr.DataTree) -> tuple[Row, list[Row]]:
    """Return the output spikes of each class until a few moments, under either sentence."""
    (columns, before), (_, after) = vote_rows(original), vote_rows(changed)
    names = [f"{name}, {sentence}" for sentence in SENTENCES for name in columns[1:]]
    rows = [[*one, *other[1:]] for one, other in zip(before, after, strict=True)]
    return [columns[0], *names], rows


def place_rows(original: xr.DataTree, changed: xr.DataTree) -> tuple[Row, list[Row]]:
    """Return the spikes that only one sentence has, by the place of their window.

    Parameters
    ----------
    original, changed : xarray.DataTree
        As of :func:`analysis.changes.check_alike`.

    Returns
    -------
    columns : list of str
        Word, and the layers with positions over words.
    rows : list of list of str
        For each place, the first word of its window and, by layer, lost and gained spikes.
    """
    layers = [
        name
        for name in layer_names(original)
        if "position" in original[name]["spikes"].dims and windows(original, name) is not None
    ]
    cells = [place_changes(original, changed, name).sum(axis=1) for name in layers]
    labels = place_labels(original, changed)
    rows = [
        [
            f"w{place + 1} {label}",
            *(_lost_and_gained(cell, place) for cell in cells),
        ]
        for place, label in enumerate(labels)
    ]
    return ["window from", *layers], rows


def _lost_and_gained(counts: np.ndarray, place: int) -> str:
    if place >= len(counts) or not counts[place].any():
        return "0" if place < len(counts) else ""
    lost, gained = counts[place].tolist()
    return f"{signed(-lost)} {signed(gained)}"


def push_rows(
    original: xr.DataTree, changed: xr.DataTree, pushes: Sequence[Push], lead: Lead
) -> list[Row]:
    """Return what neurons that the output hears did to the lead.

    Parameters
    ----------
    original, changed : xarray.DataTree
        As of :func:`analysis.changes.check_alike`.
    pushes : sequence of Push
        Strongest first.
    lead : Lead
        Between which classes.

    Returns
    -------
    list of list of str
        Of the first ones: neuron, width of its kernel, its spikes; of the window of its feature map
        whose spikes changed most, the words and the spikes; current to the lead, and the
        class that it spoke for.
    """
    rows, classes = [], class_names(original)
    for push in pushes[:MOST_PUSHES]:
        names = neuron_names(original, push.layer)
        columns = int(np.prod(original[push.layer]["spikes"].shape[1:])) // len(names)
        name = f"{push.layer}, {names[push.index // columns]}{push.index % columns}"
        width = kernel_width(original, push.layer)
        rows.append(
            [
                name,
                "" if width is None else str(width),
                f"{push.original} → {push.changed}",
                *_most_changed_window(original, changed, push),
                real(push.current),
                classes[lead.label if push.current > 0 else lead.rival],
            ]
        )
    return rows


def _most_changed_window(
    original: xr.DataTree, changed: xr.DataTree, push: Push
) -> tuple[str, str]:
    """Return words and spikes of the window of a pooled feature map that changed most."""
    node = original[push.layer]
    source, *others = node.attrs["sources"].split() or [""]
    if node.attrs["kind"] != "pooling" or others or node["spikes"].dims != ("time", "feature"):
        return "", ""
    if original[source]["spikes"].dims != ("time", "position", "feature"):
        return "", ""
    if windows(original, source) is None:
        return "", ""
    counts = [
        spikes[..., push.index].sum(axis=0) for spikes in both_spikes(original, changed, source)
    ]
    place = int(place_changes(original, changed, source)[:, push.index].sum(axis=-1).argmax())
    seen = [_window_words(recording, source, place) for recording in (original, changed)]
    return f"w{place + 1} {became(*seen)}", f"{counts[0][place]} → {counts[1][place]}"


def _window_words(recording: xr.DataTree, layer: str, place: int) -> str:
    under = windows(recording, layer) or []
    return f"“{' '.join(words(recording)[under[place]])}”" if place < len(under) else "–"


def both_membrane_rows(original: xr.DataTree, changed: xr.DataTree) -> list[Row]:
    """Return how far the membranes of output neurons are apart.

    Parameters
    ----------
    original, changed : xarray.DataTree
        As of :func:`analysis.changes.check_alike`.

    Returns
    -------
    list of list of str
        Of each neuron that was recorded in both: its name, its spikes under either sentence, the
        largest difference of its membranes and when that is.
    """
    layer = output_name(original)
    both = recorded_in_both(original, changed, layer)
    spikes = [r.reshape(len(r), -1).sum(axis=0) for r in both_spikes(original, changed, layer)]
    names, time = class_names(original), original["time"].values
    each = spikes[0].size // len(names)
    rows = []
    for index, before, after in both:
        apart = np.abs(before - after)
        step = int(apart.argmax())
        rows.append(
            [
                f"{names[index // each]}, neuron {index % each}",
                *(str(counts[index]) for counts in spikes),
                f"{apart[step]:.3f} {membrane_unit(original, layer)}".strip(),
                f"{time[step]:g}",
            ]
        )
    return rows


def both_circumstances(original: xr.DataTree, changed: xr.DataTree) -> list[tuple[str, str]]:
    """Return how the recordings were made; of what differs, both values."""
    before, after = dict(circumstances(original)), dict(circumstances(changed))
    return [
        (name, value if value == after.get(name, value) else f"{value} / {after[name]}")
        for name, value in before.items()
    ]
