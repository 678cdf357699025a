"""The table of energy: what a sentence costs in each network, under each cost model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from analysis.energy import price
from bionlp.experiments.cells import DATASETS, ENERGY, METHODS
from bionlp.experiments.layout import (
    commands,
    datasets_of,
    heading,
    markdown,
    of_recipe,
    origin,
    points_above,
    recipes_of,
    say_gap,
    scores,
    summary,
)
from bionlp.experiments.store import Record

Document = dict[str, Any]
"""As ``bionlp energy --json`` prints it; what it counted is priced anew, by today's cost models."""

TEXTCNNS = {"original": "the original TextCNN", "tailored": "the tailored TextCNN"}

EXPLANATION = """\
Accuracy is that on all of test. Operations are those of a sentence, mean over {sentences}
sentences of test: synaptic operations, counted one by one in Brian 2, of a spiking network,
multiply-accumulates of a TextCNN. Energy is in microjoules, in parentheses as a multiple of that of
the TextCNN with the same kernels, which is not charged for padding. Both TextCNNs have the same
multiply-accumulates."""


def energy_section(records: Sequence[Record]) -> list[str]:
    """Lay out what networks cost, and how right they are.

    Parameters
    ----------
    records : sequence of dict
        Finished cells of the experiment on energy, of all recipes.

    Returns
    -------
    list of str
        Paragraphs of Markdown; none without cells.
    """
    if not records:
        return []
    counts = sorted({record["energy"]["sentences"] for record in records if "energy" in record})
    sentences = " or ".join(map(str, counts)) or "some"
    sources = "\n".join(f"- `{name}`: {source}." for name, source in _sources(records).items())
    return [
        heading("Table", ENERGY, "default"),
        f"{origin(records)}. {EXPLANATION.format(sentences=sentences)}",
        energy_table(records),
        *([_verdicts(records), "Cost models:", sources] if sources else []),
        "All cells:",
        commands(ENERGY, records),
    ]


def energy_table(records: Sequence[Record]) -> str:
    """Lay out cells: for each dataset a row for each network.

    Parameters
    ----------
    records : sequence of dict
        Finished cells of the experiment on energy, of all recipes.

    Returns
    -------
    str
        Markdown. TextCNNs are those of the first recipe that has them.
    """
    models = _sources(records)
    rows = []
    for dataset in datasets_of(records):
        of_dataset = [record for record in records if record["dataset"] == dataset]
        energies = [record["energy"] for record in of_dataset if "energy" in record]
        # What a TextCNN costs follows from its kernels and the words: it is the same beside all.
        beside = _textcnn_costs(energies[0], models) if energies else ["" for _ in ["", *models]]
        for method in TEXTCNNS:
            reached = scores(_baseline(of_dataset, method), dataset, method)
            if reached:
                name = f"{DATASETS[dataset]}, {METHODS[method]}"
                rows.append([name, summary(reached), "", "", *beside])
        for recipe, cells in _finetuned(of_dataset).items():
            name = f"{DATASETS[dataset]}, {METHODS['finetuned']}, recipe `{recipe}`"
            accuracy = summary(scores(cells, dataset, "finetuned"))
            rows.append([name, accuracy, *_spiking_costs([c["energy"] for c in cells], models)])
    head = ["Network", "Accuracy (%)", "Steps", "Spikes", "Operations"]
    return markdown([*head, *(f"µJ, {model}" for model in models)], rows)


def _textcnn_costs(energy: Document, models: Iterable[str]) -> list[str]:
    joules = [_cost(energy, model)["textcnn_joules"] for model in models]
    return [f"{energy['macs']:,.0f}", *(f"{1e6 * value:.2f}" for value in joules)]


def _spiking_costs(energies: Sequence[Document], models: Iterable[str]) -> list[str]:
    """Return steps, spikes, operations and energy, mean over the seeds."""
    spikes = np.mean([sum(energy["spikes"].values()) for energy in energies])
    operations = np.mean([energy["synaptic_operations"] for energy in energies])
    costs = []
    for model in models:
        joules = np.mean([_cost(energy, model)["spiking_joules"] for energy in energies])
        costs.append(f"{1e6 * joules:.2f} ({_ratio(energies, model):.2f})")
    return [str(energies[0]["steps"]), f"{spikes:,.0f}", f"{operations:,.0f}", *costs]


def _verdicts(records: Sequence[Record]) -> str:
    """Say of each spiking network where it needs less, and how right it is."""
    lines = []
    for dataset in datasets_of(records):
        of_dataset = [record for record in records if record["dataset"] == dataset]
        for recipe, cells in _finetuned(of_dataset).items():
            energies = [cell["energy"] for cell in cells]
            ratios = {model: _ratio(energies, model) for model in _sources(cells)}
            less = [f"`{model}`" for model, ratio in ratios.items() if ratio < 1]
            more = [f"`{model}`" for model, ratio in ratios.items() if ratio >= 1]
            under = [
                f"{word} under {_together(chosen)}"
                for word, chosen in (("less", less), ("more", more))
                if chosen
            ]
            gaps = [
                say_gap(gap, title)
                for method, title in TEXTCNNS.items()
                for gap in points_above(
                    cells, _baseline(of_dataset, method), method, [dataset]
                ).values()
            ]
            needs = f"needs {', '.join(under)} than its TextCNN"
            lines.append(f"- {DATASETS[dataset]}, recipe `{recipe}`: {'; '.join([needs, *gaps])}.")
    return "\n".join(lines)


def _together(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _finetuned(records: Sequence[Record]) -> dict[str, list[Record]]:
    """Return the spiking networks of one dataset by recipe."""
    cells = [record for record in records if "energy" in record]
    return {recipe: of_recipe(cells, recipe) for recipe in recipes_of(cells)}


def _baseline(records: Sequence[Record], method: str) -> list[Record]:
    """Return a TextCNN on one dataset, of the first recipe that has it."""
    cells = [record for record in records if record["method"] == method]
    return of_recipe(cells, recipes_of(cells)[0]) if cells else []


def _sources(records: Sequence[Record]) -> dict[str, str]:
    """Return the cost models by name, and where their figures are from."""
    documents = [record["energy"] for record in records if "energy" in record]
    return {cost["cost_model"]: cost["source"] for d in documents for cost in price(d)}


def _cost(energy: Document, model: str) -> dict[str, Any]:
    return next(cost for cost in price(energy) if cost["cost_model"] == model)


def _ratio(energies: Sequence[Document], model: str) -> float:
    """Return the energy of spiking networks as a multiple of the TextCNN's, mean over seeds."""
    return float(np.mean([_cost(energy, model)["ratio"] for energy in energies]))
