"""The best spiking network of each dataset: of all kinds and recipes, the one that dev prefers.

Seeds of one configuration are one candidate. Its accuracy on dev, mean over seeds, decides; what it
reaches on test is looked at afterwards. A candidate with fewer seeds than another is left aside:
of a few single seeds, the luckiest would win.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import chain
from textwrap import fill

import numpy as np

from bionlp.experiments.cells import CONTENDERS, DATASETS, ENCODERS, EXPERIMENTS, METHODS
from bionlp.experiments.layout import (
    gap_row,
    markdown,
    mean_of,
    of_recipe,
    say_average,
    scores,
    summary,
    titles,
)
from bionlp.experiments.published import PUBLISHED
from bionlp.experiments.store import Record, as_json
from bionlp.training.settings import TrainingSettings

NETWORKS = "table1"
NOT_SPIKING = ("original", "tailored", "twin")
EXPLANATION = """\
Candidates are the spiking networks of table 1, in all recipes, and spiking transformers; those with
fewer seeds than another are left aside. Dev chooses, and accuracies are on test. What was tried is
counted, too: the configurations of spiking networks that this page has an accuracy of, seeds and
attacks not counted."""

Documents = Mapping[str, Sequence[Record]]


def best_section(everything: Documents) -> list[str]:
    """Lay out the best spiking network of each dataset.

    Parameters
    ----------
    everything : mapping of str to sequence of dict
        Finished cells of each experiment.

    Returns
    -------
    list of str
        Paragraphs of Markdown; none unless there are two kinds to choose from.
    """
    if not (everything[NETWORKS] and everything[ENCODERS]):
        return []
    best = {name: found for name in DATASETS if (found := best_of(everything, name))}
    original = of_recipe(everything[NETWORKS], "default")
    reached = {name: 100 * _mean(cells, "test") for name, cells in best.items()}
    of_original = {
        name: 100 * float(np.mean(values))
        for name in best
        if (values := scores(original, name, "original"))
    }
    others = {"the original TextCNN": of_original, **PUBLISHED}
    gaps = {
        title: {n: value - known[n] for n, value in reached.items() if n in known}
        for title, known in others.items()
    }
    rows = [
        ["Chosen", *(_title(cells[0]) for cells in best.values())],
        ["Dev", *(f"{100 * _mean(cells, 'dev'):.2f}" for cells in best.values())],
        ["Test", *(summary([r["test"]["accuracy"] for r in cells]) for cells in best.values())],
        ["Seeds", *(str(len(cells)) for cells in best.values())],
        *(gap_row(f"Above {title}", gap, best) for title, gap in gaps.items()),
        ["Configurations on this page", *(str(_tried(everything, name)) for name in best)],
    ]
    means = [f"- Mean over {len(best)} datasets: {mean_of(reached):.2f} %."]
    means += [say_average(gap, title) for title, gap in gaps.items() if gap]
    return [
        "## The best spiking network of each dataset",
        fill(EXPLANATION, 100),
        markdown(["", *titles(list(best))], rows),
        "\n".join(means),
    ]


def best_of(everything: Documents, dataset: str) -> list[Record]:
    """Return the cells, one for each seed, of the candidate that dev prefers.

    Parameters
    ----------
    everything : mapping of str to sequence of dict
        Finished cells of each experiment.
    dataset : str
        Whose.

    Returns
    -------
    list of dict
        They; the first candidate of equals, none without candidates.
    """
    records = [*everything[NETWORKS], *everything[ENCODERS]]
    candidates = _configurations(records, dataset)
    seeds = max(map(len, candidates), default=0)
    as_sure = (cells for cells in candidates if len(cells) == seeds)
    return max(as_sure, key=lambda cells: _mean(cells, "dev"), default=[])


def _configurations(records: Iterable[Record], dataset: str) -> list[list[Record]]:
    """Return spiking networks that differ in nothing but the seed, together."""
    defaults = as_json(asdict(TrainingSettings()))
    found: dict[str, list[Record]] = {}
    for record in records:
        if record["dataset"] == dataset and record["method"] not in NOT_SPIKING:
            settings = defaults | record["settings"] | {"seed": None, "length": None}
            key = json.dumps([record["method"], record["embeddings"], settings], sort_keys=True)
            found.setdefault(key, []).append(record)
    return list(found.values())


def _tried(everything: Documents, dataset: str) -> int:
    """Return how many configurations have an accuracy, those with random embeddings as others."""
    random = (records for table, records in everything.items() if not EXPERIMENTS[table].pretrained)
    others = (records for table, records in everything.items() if EXPERIMENTS[table].pretrained)
    return sum(len(_configurations(chain(*some), dataset)) for some in (random, others))


def _title(record: Record) -> str:
    name = (METHODS | CONTENDERS)[record["method"]]
    return name if record["recipe"] == "default" else f"{name}, recipe `{record['recipe']}`"


def _mean(cells: Sequence[Record], split: str) -> float:
    return float(np.mean([record[split]["accuracy"] for record in cells]))
