"""The table of time steps: what remains of accuracy and answers when the clock is finer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from textwrap import fill

import numpy as np

from analysis.statistics import Paired, label_agreement, paired_difference
from bionlp.engine import DT_MS
from bionlp.experiments.cells import DATASETS
from bionlp.experiments.layout import datasets_of, markdown
from bionlp.experiments.neurons import COUNTED, FITTED, TRAINED
from bionlp.experiments.neurons_section import accuracy_told, share_told
from bionlp.experiments.store import Record

CHANCE = 0.05
"""Differences that are less probable than this, if there were none, are called one."""

EXPLANATION = """\
The bundled models in Brian 2, with each step of 1 ms parted into smaller ones: rates of the input
and time constants stay, and a neuron may fire once in each part (`--dt`). Neurons of the shelf have
the gain and bias that were fitted in steps of 1 ms on {fitted} training sentences. Accuracy on
test with 95 % confidence intervals (Wilson); an undecided sentence is not right. Same answer: the
share of sentences that are answered as in steps of 1 ms, undecided ones included, again with
Wilson's interval. Input is drawn anew for other steps, so some answers change by that alone.
Spikes of all layers behind the input are means over {counted} sentences."""


def clock_section(records: Sequence[Record]) -> list[str]:
    """Lay out all finished cells.

    Parameters
    ----------
    records : sequence of dict
        The cells.

    Returns
    -------
    list of str
        Paragraphs of Markdown; none without cells.
    """
    if not records:
        return []
    told = [*_conclusions(records), *_other_draws(records)]
    return [
        "## Smaller time steps",
        fill(EXPLANATION.format(fitted=FITTED, counted=COUNTED), 100),
        clock_table(records),
        "\n".join(fill(f"- {line}", 100, subsequent_indent="  ") for line in told),
        "Commands:",
        "\n".join(f"    {record['command']}" for record in records),
    ]


def clock_table(records: Sequence[Record]) -> str:
    """Lay out cells: a row for each network, model of neurons, seed and step."""
    rows = []
    for group in _groups(records):
        whole = _of_step(group, DT_MS)
        for record in group:
            rows.append(
                [
                    DATASETS[record["dataset"]],
                    record["title"],
                    str(record["seed"]),
                    f"{record['dt_ms']:g}",
                    str(record["sentences"]),
                    accuracy_told(record["scores"]),
                    "" if whole in (None, record) else _agreement(whole, record),
                    f"{record['work']['spikes']:,.0f}",
                ]
            )
    head = ["Network", "Neurons", "Seed", "Step, ms", "Sentences", "Accuracy", "Same answer"]
    return markdown([*head, "Spikes"], rows)


def _groups(records: Sequence[Record]) -> list[list[Record]]:
    """Group cells that differ in the step alone, from the largest step to the smallest."""
    groups: dict[tuple, list[Record]] = {}
    order = datasets_of(records)
    for record in sorted(
        records,
        key=lambda r: (order.index(r["dataset"]), r["neurons"] != TRAINED, r["title"], r["seed"]),
    ):
        which = tuple(record[name] for name in ("dataset", "neurons", "seed", "sentences"))
        groups.setdefault(which, []).append(record)
    return [sorted(group, key=lambda record: -record["dt_ms"]) for group in groups.values()]


def _of_step(group: Iterable[Record], dt_ms: float) -> Record | None:
    return next((record for record in group if record["dt_ms"] == dt_ms), None)


def _flags(record: Record) -> np.ndarray:
    return np.array([digit == "1" for digit in record["right"]])


def _agreement(one: Record, other: Record) -> str:
    same = label_agreement(np.array(list(one["answers"])), np.array(list(other["answers"])))
    return share_told(same)


def _conclusions(records: Sequence[Record]) -> list[str]:
    """Say of each network and model of neurons what the smallest step has changed."""
    told = []
    for group in _groups(records):
        whole, finest = _of_step(group, DT_MS), group[-1]
        if whole in (None, finest):
            continue
        paired = paired_difference(_flags(whole), _flags(finest))
        before, after = (100 * record["scores"]["accuracy"] for record in (whole, finest))
        spikes = finest["work"]["spikes"] / max(whole["work"]["spikes"], 1e-9)
        told.append(
            f"{DATASETS[whole['dataset']]}, {_lower(whole['title'])}, seed {whole['seed']}: from "
            f"{DT_MS:g} ms to {finest['dt_ms']:g} ms accuracy goes from {before:.1f} to "
            f"{after:.1f} %, on the same {whole['sentences']} sentences, with {spikes:.2f} times "
            f"as many spikes. {_verdict(paired)}"
        )
    return told


def _verdict(paired: Paired) -> str:
    """Say how much of the accuracy was the clock's."""
    gain = paired.difference
    points = f"{100 * abs(gain.estimate):.1f} points"
    interval = f"{100 * gain.low:.1f} to {100 * gain.high:.1f}"
    test = f"McNemar's exact p = {paired.p:.2g}; points lost, 95 % interval: {interval}"
    if paired.p >= CHANCE:
        return f"No part of it is shown to be the clock's ({test})."
    if gain.estimate > 0:
        return f"So {points} of it are the clock's ({test})."
    return f"So the clock costs {points} ({test})."


def _other_draws(records: Sequence[Record]) -> list[str]:
    """Say how many answers stay in whole steps where only the input is drawn anew."""
    told = []
    whole = [record for record in records if record["dt_ms"] == DT_MS]
    for one, other in combinations(sorted(whole, key=lambda record: record["seed"]), 2):
        same = all(one[name] == other[name] for name in ("dataset", "neurons", "sentences"))
        if same and one["seed"] != other["seed"]:
            told.append(
                f"{DATASETS[one['dataset']]}, {_lower(one['title'])}: in steps of {DT_MS:g} ms, "
                f"input of seed {other['seed']} instead of {one['seed']} leaves "
                f"{_agreement(one, other)} % of the answers."
            )
    return told


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]
