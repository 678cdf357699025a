"""Results as Markdown and figures, made of finished cells and of nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from analysis.accuracies import plot_accuracies
from bionlp.errors import UsageError
from bionlp.experiments.cells import DATASETS, METHODS, TABLES
from bionlp.experiments.results import Record, Results
from bionlp.files import atomic_path
from bionlp.training.settings import RECIPES

PAPER = {
    "mr": 75.45,
    "sst2": 80.91,
    "sst5": 41.63,
    "subj": 90.60,
    "chnsenti": 85.02,
    "waimai": 86.66,
}
"""Converted and fine-tuned spiking networks of Lv, Xu & Zheng (2023), table 1, with GloVe and
epochs that were selected on test."""
SPIKEBERT = {
    "mr": 80.69,
    "sst2": 85.39,
    "sst5": 46.11,
    "subj": 93.00,
    "chnsenti": 86.36,
    "waimai": 89.66,
}
"""SpikeBERT (Lv et al. 2023), a spiking transformer: the highest figures known for these sets."""

KNOWN = {"Lv, Xu & Zheng (2023)": PAPER, "SpikeBERT (Lv et al. 2023)": SPIKEBERT}
COMPARED = {
    "original": "the original TextCNN",
    "direct": "direct training",
    "converted": "conversion alone",
}

MEANING = """\
Every figure here is made from `results/*.json` by `bionlp experiment page`, and none is typed.
Percent on the test split, which is read once for each cell; epochs are selected on dev. Mean and
standard deviation over the seeds of training, where there are several; the split is the same for
all. An empty cell has not been computed. Spiking networks are shown 50 steps of Poisson input (20
in the recipe `sparse`).
A network that labels everything alike, as a silent one does, has the accuracy of that class.

In the default recipe three original TextCNNs teach the tailored and the spiking networks. The row
of the original TextCNN is none of them: it has a seed of its own, and no teacher. The training of
the teachers is not in the seconds of a cell.
"""


def write_page(folder: Path, page: Path) -> list[Path]:
    """Write a page of all results, and their figures.

    Parameters
    ----------
    folder : Path
        Where the documents of the tables are; gets the figures too.
    page : Path
        The Markdown file.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    UsageError
        If there are no results.
    """
    if not any(Results(folder, table).records for table in TABLES):
        raise UsageError(f"{folder} holds no results; run bionlp experiment table1 first")
    written = []
    for table in TABLES:
        records = _of_recipe(Results(folder, table).records, "default")
        if records:
            figure = folder / f"{table}.png"
            with atomic_path(figure) as temporary:
                plot_accuracies(*_figure_data(records)).savefig(temporary)
            written.append(figure)
    with atomic_path(page) as temporary:
        temporary.write_text(make_page(folder, folder.name), encoding="utf-8")
    return [*written, page]


def make_page(folder: Path, link: str) -> str:
    """Return the page of all results.

    Parameters
    ----------
    folder : Path
        Where the documents of the tables are.
    link : str
        How the page refers to that folder.

    Returns
    -------
    str
        Markdown.
    """
    parts = ["# Results", MEANING]
    everything = {table: Results(folder, table).records for table in TABLES}
    for table, records in everything.items():
        for recipe in RECIPES:
            chosen = _of_recipe(records, recipe)
            if chosen:
                pretrained = _of_recipe(everything["table1"], recipe)
                parts += _section(table, recipe, chosen, pretrained, link)
    parts.append("## How each cell was computed")
    parts += [_cells(records) for records in everything.values() if records]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def markdown_table(records: Sequence[Record], score: str = "accuracy") -> str:
    """Lay out cells: a row for each method, a column for each dataset.

    Parameters
    ----------
    records : sequence of dict
        Finished cells of one table and one recipe.
    score : {"accuracy", "macro_f1"}
        What is shown, on test, in percent: the mean over the seeds and the standard deviation.

    Returns
    -------
    str
        Markdown.
    """
    datasets = _datasets(records)
    rows = []
    if score == "accuracy":
        majority = {record["dataset"]: record["test"]["majority"] for record in records}
        rows.append(["Largest class", *(f"{100 * majority[name]:.2f}" for name in datasets)])
    for method, title in METHODS.items():
        cells = [_summary(_scores(records, name, method, score)) for name in datasets]
        if any(cells):
            rows.append([title, *cells])
    return _markdown(["Method", *_titles(datasets)], rows)


def _section(
    table: str, recipe: str, records: Sequence[Record], pretrained: Sequence[Record], link: str
) -> list[str]:
    title = f"## Table {table.removeprefix('table')}: {TABLES[table].title}"
    if recipe != "default":
        title += f", recipe `{recipe}`"
    parts = [title, f"{_seeds(records)}.", "Accuracy:", markdown_table(records)]
    if recipe == "default":
        parts.append(f"![Accuracy of each method on each dataset]({link}/{table}.png)")
    parts += ["Macro-F1:", markdown_table(records, "macro_f1")]
    finetuned = [record for record in records if record["method"] == "finetuned"]
    if finetuned:
        parts += ["The fine-tuned networks beside others:", _comparison(records, pretrained, table)]
    return parts


def _comparison(records: Sequence[Record], pretrained: Sequence[Record], table: str) -> str:
    """Lay the fine-tuned networks out beside Brian 2, other methods and other work."""
    datasets = [name for name in _datasets(records) if _scores(records, name, "finetuned")]
    in_brian = [record | {"test": record["brian2"]} for record in records if record["brian2"]]
    gaps = {title: _gaps(records, records, method, datasets) for method, title in COMPARED.items()}
    if table == "table1":
        for title, known in KNOWN.items():
            gaps[title] = {
                name: 100 * float(np.mean(_scores(records, name, "finetuned"))) - known[name]
                for name in datasets
            }
    else:
        title = "the same with pre-trained embeddings and dropout"
        gaps[title] = _gaps(records, pretrained, "finetuned", datasets)
    gaps = {title: gap for title, gap in gaps.items() if gap}
    rows = [
        ["Fine-tuned, PyTorch", *(_summary(_scores(records, n, "finetuned")) for n in datasets)],
        ["Fine-tuned, Brian 2", *(_summary(_scores(in_brian, n, "finetuned")) for n in datasets)],
        *(
            [f"PyTorch, above {title}", *(f"{gap[n]:+.2f}" if n in gap else "" for n in datasets)]
            for title, gap in gaps.items()
        ),
    ]
    averages = "\n".join(
        f"- On average over datasets ({len(gap)}) {abs(mean):.2f} points "
        f"{'below' if mean < 0 else 'above'} {title}."
        for title, gap in gaps.items()
        for mean in [np.mean(list(gap.values()))]
    )
    return f"{_markdown(['', *_titles(datasets)], rows)}\n\n{averages}"


def _gaps(
    ours: Sequence[Record], theirs: Sequence[Record], method: str, datasets: Sequence[str]
) -> dict[str, float]:
    """Return how many points fine-tuning lies above another method, over the seeds of both."""
    gaps = {}
    for name in datasets:
        tuned, other = _by_seed(ours, name, "finetuned"), _by_seed(theirs, name, method)
        shared = tuned.keys() & other.keys()
        if shared:
            gaps[name] = 100 * float(np.mean([tuned[seed] - other[seed] for seed in shared]))
    return gaps


def _by_seed(records: Sequence[Record], dataset: str, method: str) -> dict[int, float]:
    chosen = _of_method(records, dataset, method)
    return {record["seed"]: record["test"]["accuracy"] for record in chosen}


def _cells(records: Sequence[Record]) -> str:
    rows = [
        [
            f"{record['test']['accuracy']:.2%}",
            f"{record['dev']['accuracy']:.2%}",
            "" if record["best_epoch"] is None else str(record["best_epoch"]),
            str(record["settings"]["length"]),
            f"{record['seconds']:.0f}",
            record["versions"]["bionlp"],
            f"`{record['command']}`",
        ]
        for record in sorted(records, key=_order)
    ]
    return _markdown(["test", "dev", "epoch", "words", "seconds", "version", "command"], rows)


def _order(record: Record) -> tuple:
    known = {"recipe": RECIPES, "dataset": DATASETS, "method": METHODS}
    return *(list(names).index(record[key]) for key, names in known.items()), record["seed"]


def _of_recipe(records: Sequence[Record], recipe: str) -> list[Record]:
    return [record for record in records if record["recipe"] == recipe]


def _titles(datasets: Sequence[str]) -> list[str]:
    return [DATASETS[name] for name in datasets]


def _datasets(records: Sequence[Record]) -> list[str]:
    present = {record["dataset"] for record in records}
    return [name for name in DATASETS if name in present]


def _scores(
    records: Sequence[Record], dataset: str, method: str, score: str = "accuracy"
) -> list[float]:
    return [record["test"][score] for record in _of_method(records, dataset, method)]


def _of_method(records: Sequence[Record], dataset: str, method: str) -> list[Record]:
    return [r for r in records if r["dataset"] == dataset and r["method"] == method]


def _figure_data(records: Sequence[Record]) -> tuple[dict, dict]:
    accuracies = {
        DATASETS[dataset]: {
            title: reached
            for method, title in METHODS.items()
            if (reached := _scores(records, dataset, method))
        }
        for dataset in _datasets(records)
    }
    chance = {DATASETS[record["dataset"]]: record["test"]["majority"] for record in records}
    return accuracies, chance


def _seeds(records: Sequence[Record]) -> str:
    embeddings = sorted({record["embeddings"] for record in records})
    seeds = sorted({record["seed"] for record in records})
    return (
        f"Embeddings: {', '.join(f'`{name}`' for name in embeddings)}; "
        f"seeds: {', '.join(map(str, seeds))}"
    )


def _summary(values: Sequence[float]) -> str:
    """Return mean and standard deviation in percent; nothing for nothing."""
    if not values:
        return ""
    percent = 100 * np.array(values)
    spread = f" ± {percent.std(ddof=1):.2f}" if len(values) > 1 else ""
    return f"{percent.mean():.2f}{spread}"


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))
