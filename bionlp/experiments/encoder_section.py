"""The tables of encoders: how right they are, and what sentences and training cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import fill

import numpy as np

from analysis.energy import COST_MODELS, price
from bionlp.experiments.cells import (
    CONTENDERS,
    DATASETS,
    ENCODERS,
    EXPERIMENTS,
    GLUE,
    METHODS,
    READ,
)
from bionlp.experiments.layout import (
    datasets_of,
    markdown,
    of_method,
    of_recipe,
    origin,
    recipes_of,
    say_gap,
    scores,
    summary,
    titles,
)
from bionlp.experiments.store import Record

EXPLANATION = """\
All encoders have {shape}, and are trained alike. Where there are labelled phrases (SST), they are
learned from, too{asked}. The teacher's figure is that on dev, where its epoch was selected; the
others are on test, sentences not cut.{textcnns} In repeat coding, which SNN-BERT is held against, a
sentence is shown for {repeats} steps, all words in each, to leaky integrate-and-fire neurons."""
COSTS = """\
Spikes and operations are those of a sentence, mean over {counted} sentences of test: weights that
spikes deliver, for the twin its multiply-accumulates. Updates are filters, or membranes, times
steps. Energy is in microjoules, in parentheses as a multiple of the twin's; rows of table 5 are the
TextCNN's and those of the rate-coded networks that were made from it. Memory is what the
backward pass of a step of {batch} sentences keeps. Trained on: {devices}. What a step of training
costs in time is measured on its own, since it is nothing beside other work: `bionlp bench --engines
encoder-repeated,encoder-twin,encoder-words`."""
TEXTCNNS = ("original", "finetuned")
GLUE_EXPLAINED = """\
On GLUE, what is called test is its dev file, for the labels of its test files are not public, and
epochs were selected on a tenth of its training file. QNLI, QQP and MNLI are missing, so there is no
mean that could be compared with what SNN-BERT reports."""


def encoder_section(
    records: Sequence[Record], textcnns: Sequence[Record], energies: Sequence[Record]
) -> list[str]:
    """Lay out all trained encoders.

    Parameters
    ----------
    records : sequence of dict
        Finished cells of the experiment on encoders.
    textcnns, energies : sequence of dict
        Those of table 1 and of the table of energy, to be shown beside them.

    Returns
    -------
    list of str
        Paragraphs of Markdown; none without cells.
    """
    if not records:
        return []
    from bionlp.training.encoder import MEASURED
    from networks.repeated import REPEATS

    explained = EXPLANATION.format(shape=_shape(records), repeats=REPEATS, **_teaching(records))
    counted = sorted({r["energy"]["sentences"] for r in records if r["energy"]})
    devices = ", ".join(sorted({record["device"] for record in records}))
    costs = COSTS.format(counted=" or ".join(map(str, counted)), batch=MEASURED, devices=devices)
    compared = [*_compared(records), *_beside_textcnn(records, textcnns, energies)]
    return [
        f"## {EXPERIMENTS[ENCODERS].title}",
        fill(f"{origin(records)}. {explained}", 100),
        *_scores(records, of_recipe(textcnns, "default")),
        fill(costs, 100),
        _costs(records, energies),
        *(["\n".join(compared)] if compared else []),
        "Commands:",
        "\n".join(f"    {line}" for line in dict.fromkeys(r["command"] for r in records)),
    ]


def encoder_tables(records: Sequence[Record]) -> str:
    """Return what the finished command prints, Markdown."""
    return "\n\n".join([*_scores(records, []), _costs(records, [])])


def _teaching(records: Sequence[Record]) -> dict[str, str]:
    """Say where others teach, or in another way."""
    asked = [r for r in records if r["settings"].get("phrase_pieces")]
    taught = [r for r in records if r["settings"]["teachers"]]
    names = ", ".join(titles(datasets_of(taught)))
    by_teacher = ", ".join(titles(datasets_of(asked)))
    return {
        "asked": f" ({by_teacher}: by the teacher alone, which is asked about them)" * bool(asked),
        "textcnns": f" On {names} original TextCNNs teach." * bool(taught),
    }


def _shape(records: Sequence[Record]) -> str:
    names = ("blocks", "width", "heads", "hidden")
    shapes = {tuple(record["settings"][name] for name in names) for record in records}
    return " or ".join(
        f"{blocks} blocks of width {width} with {heads} heads and {hidden} hidden neurons"
        for blocks, width, heads, hidden in sorted(shapes)
    )


def _scores(records: Sequence[Record], textcnns: Sequence[Record]) -> list[str]:
    """Lay out the datasets of the paper, and the tasks of GLUE."""
    parts = ([r for r in records if r["dataset"] in known] for known in (DATASETS, GLUE))
    of_paper, of_glue = parts
    tables = [_accuracies(of_paper, textcnns), *_of_vectors(of_paper)] if of_paper else []
    if of_glue:
        measured = [_metrics(of_glue)] if any(r["metrics"] for r in of_glue) else []
        tables += [fill(GLUE_EXPLAINED, 100), _accuracies(of_glue, []), *measured]
        tables += [fill(said, 100) for said in _at_largest_class(of_glue)]
    return tables


def _of_vectors(records: Sequence[Record]) -> Iterator[str]:
    """Say what it changes to train the vectors of words, on dev, which chooses, and on test."""
    gaps: dict[str, list[float]] = {"dev": [], "test": []}
    names = []
    for dataset in datasets_of(records):
        fixed, trained = (
            {record["seed"]: record for record in of_method(records, dataset, method)}
            for method in ("encoder", "vectors")
        )
        seeds = fixed.keys() & trained.keys()
        if not seeds:
            continue
        names.append(READ[dataset])
        for split, gap in gaps.items():
            of = [trained[n][split]["accuracy"] - fixed[n][split]["accuracy"] for n in seeds]
            gap.append(100 * float(np.mean(of)))
    if names:
        dev, test = (float(np.mean(gap)) for gap in gaps.values())
        yield fill(
            f"To train the vectors of words changes accuracy by {dev:+.2f} points on dev and by "
            f"{test:+.2f} on test (mean over {', '.join(names)}; the same seeds).",
            100,
        )


def _at_largest_class(records: Sequence[Record]) -> Iterator[str]:
    """Say on which tasks no network learnt more than which class is the largest."""
    stayed = []
    for dataset in datasets_of(records):
        test = next(r["test"] for r in records if r["dataset"] == dataset)
        error = np.sqrt(test["majority"] * (1 - test["majority"]) / test["n"])
        reached = [scores(records, dataset, method) for method in CONTENDERS]
        if max(_mean(of) for of in reached if of) <= test["majority"] + error:
            stayed.append(READ[dataset])
    if stayed:
        yield (
            f"On {' and '.join(filter(None, [', '.join(stayed[:-1]), stayed[-1]]))}, no network is "
            "right more often than the largest class by more than a standard error."
        )


def _metrics(records: Sequence[Record]) -> str:
    """Lay out what tasks are measured by besides accuracy, as GLUE has it."""
    asked = [
        (dataset, name)
        for dataset in datasets_of(records)
        for name in next(r["metrics"] for r in records if r["dataset"] == dataset)
    ]
    rows = []
    for method, title in CONTENDERS.items():
        cells = [
            summary([r["metrics"][name] for r in of_method(records, dataset, method)])
            for dataset, name in asked
        ]
        if any(cells):
            rows.append([title, *cells])
    heads = [f"{READ[dataset]}, {name}" for dataset, name in asked]
    return markdown(["Times 100", *heads], rows)


def _accuracies(records: Sequence[Record], textcnns: Sequence[Record]) -> str:
    datasets = datasets_of(records)
    majority = {record["dataset"]: record["test"]["majority"] for record in records}
    rows = [["Largest class", *(f"{100 * majority[name]:.2f}" for name in datasets)]]
    for method, title in CONTENDERS.items():
        cells = [summary(scores(records, name, method)) for name in datasets]
        if any(cells):
            rows.append([title, *cells])
    taught = {r["dataset"]: r["teacher"]["dev_accuracy"] for r in records if r["teacher"]}
    if taught:
        cells = [f"{100 * taught[name]:.2f}" if name in taught else "" for name in datasets]
        rows.append(["Teacher, dev", *cells])
    for method in TEXTCNNS:
        cells = [summary(scores(textcnns, name, method)) for name in datasets]
        if any(cells):
            rows.append([f"{METHODS[method]} (table 1)", *cells])
    return markdown(["Test accuracy, percent", *titles(datasets)], rows)


def _costs(records: Sequence[Record], energies: Sequence[Record]) -> str:
    models = _models(records)
    rows = []
    for dataset in datasets_of(records):
        for method, title in CONTENDERS.items():
            cells = of_method(records, dataset, method)
            if cells:
                macs = [r["energy"]["macs"] for r in _spiking(records, dataset)]
                joules = [_joules(records, dataset, method, model) for model in models]
                of_twin = f"{_mean(macs):,.0f}" if macs else ""
                work = [of_twin, ""] if method == "twin" else _work(cells)
                spikes = "" if method == "twin" else f"{_spikes(cells):,.0f}"
                kept = f"{_mean([r['kept_mib'] for r in cells]):,.1f}"
                rows.append([READ[dataset], title, kept, spikes, *work, *joules])
        rows += [[READ[dataset], *row] for row in _textcnns(energies, dataset, models)]
    head = ["Dataset", "Network", "MiB", "Spikes", "Operations", "Updates", *models]
    return markdown(head, rows)


def _textcnns(energies: Sequence[Record], dataset: str, models: Sequence[str]) -> Iterator[list]:
    """Yield what a TextCNN costs on the same dataset, and the spiking networks made from one."""
    cells = [r for r in energies if r["dataset"] == dataset and "energy" in r]
    if cells and models:
        own = [_mean(_costs_under(cells, model, "textcnn_joules")) for model in models]
        macs = _mean([record["energy"]["macs"] for record in cells])
        joules = (f"{1e6 * value:.3g}" for value in own)
        yield ["TextCNN (table 5)", "", "", f"{macs:,.0f}", "", *joules]
        for recipe in recipes_of(cells):
            of = of_recipe(cells, recipe)
            spiking = [_mean(_costs_under(of, model, "spiking_joules")) for model in models]
            name = f"{METHODS['finetuned']}, recipe `{recipe}` (table 5)"
            joules = (f"{1e6 * value:.3g}" for value in spiking)
            yield [name, "", f"{_spikes(of):,.0f}", *_work(of), *joules]


def _work(cells: Sequence[Record]) -> list[str]:
    names = ("synaptic_operations", "neuron_updates")
    return [f"{_mean([record['energy'][name] for record in cells]):,.0f}" for name in names]


def _spikes(cells: Sequence[Record]) -> float:
    return _mean([sum(record["energy"]["spikes"].values()) for record in cells])


def _spiking(records: Sequence[Record], dataset: str) -> list[Record]:
    return [r for r in records if r["dataset"] == dataset and r["energy"]]


def _models(records: Sequence[Record]) -> list[str]:
    """Return the names of the cost models."""
    spiking = any(record["energy"] for record in records)
    return [model.name for model in COST_MODELS] if spiking else []


def _costs_under(cells: Sequence[Record], model: str, name: str) -> list[float]:
    return [cost[name] for r in cells for cost in price(r["energy"]) if cost["cost_model"] == model]


def _joules(records: Sequence[Record], dataset: str, method: str, model: str) -> str:
    """Return microjoules, and how many times those of the twin they are."""
    if method == "twin":
        twin = _costs_under(_spiking(records, dataset), model, "twin_joules")
        return f"{1e6 * _mean(twin):.3g}" if twin else ""
    cells = of_method(records, dataset, method)
    spiking, ratio = (_mean(_costs_under(cells, model, n)) for n in ("spiking_joules", "ratio"))
    return f"{1e6 * spiking:.3g} ({ratio:.2g})"


def _beside_textcnn(
    records: Sequence[Record], textcnns: Sequence[Record], energies: Sequence[Record]
) -> Iterator[str]:
    """Say what share of the energy of the original TextCNN is needed, and how right both are."""
    models = _models(records)
    for dataset in datasets_of(records):
        ours, theirs = (
            of_method(records, dataset, "encoder"),
            of_method(energies, dataset, "finetuned"),
        )
        original = scores(of_recipe(textcnns, "default"), dataset, "original")
        if ours and theirs and original:
            shares = [
                f"{_mean(_costs_under(ours, model, 'spiking_joules')) / own:.2g} under `{model}`"
                for model in models
                if (own := _mean(_costs_under(theirs, model, "textcnn_joules")))
            ]
            gap = 100 * (_mean(_accuracy(ours)) - _mean(original))
            yield (
                f"- {READ[dataset]}: energy as a multiple of that of the original TextCNN: "
                f"{', '.join(shares)}; {say_gap(gap, 'it')}."
            )


def _compared(records: Sequence[Record]) -> Iterator[str]:
    """Say how much more repeat coding costs, for each dataset that has both."""
    for dataset in datasets_of(records):
        ours, theirs = (of_method(records, dataset, name) for name in ("encoder", "repeated"))
        if ours and theirs:
            parts = [
                f"{_ratio(theirs, ours, lambda r: r['kept_mib']):.1f} times the memory",
                f"{_ratio(theirs, ours, _operations):.1f} times the operations",
                f"{_ratio(theirs, ours, _updates):.1f} times the updates",
                *(
                    f"{_mean(_costs_under(theirs, m, 'spiking_joules')) / mine:.1f} times the "
                    f"energy under `{m}`"
                    for m in _models(records)
                    if (mine := _mean(_costs_under(ours, m, "spiking_joules")))
                ),
            ]
            gap = 100 * (_mean(_accuracy(theirs)) - _mean(_accuracy(ours)))
            yield (
                f"- {READ[dataset]}: repeat coding needs {', '.join(parts)}, and is "
                f"{abs(gap):.2f} points {'better' if gap > 0 else 'worse'} than a word a step."
            )


def _ratio(theirs, ours, value) -> float:
    return _mean([value(r) for r in theirs]) / _mean([value(r) for r in ours])


def _operations(record: Record) -> float:
    return record["energy"]["synaptic_operations"]


def _updates(record: Record) -> float:
    return record["energy"]["neuron_updates"]


def _accuracy(cells: Sequence[Record]) -> list[float]:
    return [record["test"]["accuracy"] for record in cells]


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0
