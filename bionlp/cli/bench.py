"""``bionlp bench``: what the engines cost, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bionlp.cli import completion
from bionlp.cli.options import Json, Model, OldModel, Seed, Steps, note_old_model
from bionlp.errors import DatasetError, UsageError
from bionlp.files import make_folder
from bionlp.limits import MOST_PROCESSES
from bionlp.progress import Reporter

if TYPE_CHECKING:
    from bionlp.bench.workload import Workload
    from bionlp.classifier import TextClassifier

EXAMPLE = "Example: bionlp bench --engines stock-cpp,shared-cpp,snntorch-b1,torch --out runs/bench"
SAMPLES = "samples"
"""Stands for the sample sentences of :mod:`bionlp.samples` where a dataset is named."""


def bench(
    model: Model = "mr",
    old_model: OldModel = None,
    dataset: Annotated[
        str | None,
        typer.Option(
            help="A name, or a CSV or TSV file. Default: the test split of the model's own dataset "
            "if it is there, else a few sample sentences.",
            autocompletion=completion.datasets,
        ),
    ] = None,
    sentences: Annotated[
        int, typer.Option(min=1, max=100_000, help="Sentences; repeated if there are fewer.")
    ] = 20,
    steps: Steps = None,
    threads: Annotated[
        int, typer.Option(min=1, max=MOST_PROCESSES, help="Threads of an engine.")
    ] = 1,
    seed: Seed = 0,
    engines: Annotated[
        str | None, typer.Option(metavar="A,B,C", help="Only these engines; see above.")
    ] = None,
    repeats: Annotated[
        int,
        typer.Option(
            min=1, max=1_000, help="Most warm runs; the fastest counts. Slow engines get one."
        ),
    ] = 3,
    cached: Annotated[
        bool,
        typer.Option(
            "--cached", help="Use what was compiled before; otherwise all is compiled anew."
        ),
    ] = False,
    whole: Annotated[
        bool, typer.Option("--whole", help="Also label the whole test split on all cores.")
    ] = False,
    scaling: Annotated[
        bool,
        typer.Option(
            "--scaling",
            help="Also vary words, steps, number of sentences, and workers. Takes an hour with the "
            "stock engines.",
        ),
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Write bench.json and figures to this folder.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure what a sentence costs in Brian 2, snnTorch and PyTorch, side by side.

    Every engine gets the same network and sentences, in a process of its own,
    and draws its input and adds up the votes itself:

    - stock-cython, stock-cpp: Brian 2 with its own synapses
    - shared-numpy, shared-cython, shared-cpp: Brian 2 with shared weights
    - genn-cpu, genn, cuda: Brian 2 on GeNN or on Brian2CUDA, if they are there
    - snntorch-b1, snntorch-b64: a plain snnTorch loop, a batch of 1 or 64
    - torch: this project's own inference, in batches of 32
    - text-lif-numpy, text-lif-cpp, text-adex-numpy, text-adex-cython,
      text-adex-cpp: Brian 2 with neurons given as text, see bionlp neurons
    - finetune-snntorch, finetune-torch: training steps of 32 sentences
    - encoder-repeated, encoder-twin, encoder-words: training steps of 64
      sentences of encoders of one shape: all words in each of four steps, the
      twin without spikes, and a word a step
    - query-whole, query-batch, query-word: sentences that differ in one word, as
      an attack asks: one by one, together, and only what the word reaches

    Columns of the table:

    - build: to make the network from its description
    - compile: to generate and compile code, once
    - start: what each later run does before its first step
    - ms/sentence: wall time of a warm run, start included; fastest of several
    - events/s: synaptic events of the sentences, in the same time; they are
      counted in PyTorch, since the input of all engines has the same rates
    - MiB: most memory held beyond imports, with a compiled program's own

    Sentences are repeated until a batch is full. Brian 2 computes in double precision, snnTorch and
    PyTorch in single, as each does by default.
    """
    from bionlp.bench.engines import choose_engines

    chosen = choose_engines(engines)
    if out:
        make_folder(out)
    report = Reporter()
    if old_model is not None:
        note_old_model("bench", old_model, report)
    everything, source = _load(old_model or model, dataset, steps, seed, report)
    if whole and source == SAMPLES:
        raise UsageError("--whole needs a dataset; name one with --dataset")

    from bionlp.bench.document import Plan, benchmark, write_benchmark
    from bionlp.cli.output import print_json

    plan = Plan(chosen, sentences, threads, repeats, cached, whole, scaling)
    document = {"model": everything.classifier.name, "dataset": source}
    document |= benchmark(plan, everything, report)
    if out:
        write_benchmark(document, out)
        report.note(f"bench.json and figures are in {out}")
    if as_json:
        print_json(document)
    else:
        _print(document)


def _load(
    model: str, dataset: str | None, steps: int | None, seed: int, report: Reporter
) -> tuple[Workload, str]:
    """Return all sentences that there are to present, and where they are from."""
    from bionlp.bench.workload import Workload
    from bionlp.cli.output import load_examples, load_model, read_known
    from bionlp.samples import SAMPLES as SENTENCES

    classifier = load_model(model)
    classifier.require_rates("benchmarks are")
    source = dataset or _own_dataset(classifier)
    if source is None:
        source, texts = SAMPLES, list(SENTENCES[classifier.language])
        report.note("the model's dataset is not here: presenting sample sentences")
    else:
        selection = load_examples(classifier, source, None, None, report)
        texts = [example.text for example in selection.examples]
    ids = tuple(sentence.ids for sentence in read_known(classifier, texts, report))
    return Workload(classifier, ids, steps or classifier.steps, seed), source


def _own_dataset(classifier: TextClassifier) -> str | None:
    """Return the name of the dataset that a model was trained on, if it is on this machine."""
    from bionlp.datasets import load_dataset
    from bionlp.datasets.registry import KNOWN

    name = classifier.training.get("dataset")
    if name not in KNOWN:
        return None
    try:
        load_dataset(name)
    except DatasetError:
        return None
    return name


TABLES = {
    "inference": {
        "build s": ("build_s", ".2f"),
        "compile s": ("compile_s", ".1f"),
        "start s": ("start_s", ".2f"),
        "ms/sentence": ("ms_per_sentence", ",.1f"),
        "events/s": ("events_per_s", ".1e"),
        "MiB": ("peak_mib", ",.0f"),
    },
    "neurons": {
        "build s": ("build_s", ".2f"),
        "compile s": ("compile_s", ".1f"),
        "ms/sentence": ("ms_per_sentence", ",.1f"),
        "MiB": ("peak_mib", ",.0f"),
    },
    "training": {"ms/sentence": ("ms_per_sentence", ",.1f"), "MiB": ("peak_mib", ",.0f")},
    "queries": {"ms/query": ("ms_per_sentence", ",.2f"), "MiB": ("peak_mib", ",.0f")},
    "whole": {
        "cores": ("threads", "d"),
        "sentences": ("sentences", ",d"),
        "ms/sentence": ("ms_per_sentence", ",.1f"),
        "events/s": ("events_per_s", ".1e"),
    },
}
"""For each part of a benchmark its columns: key in a row, and format."""


def _print(document: dict[str, Any]) -> None:
    shown = f"{document['model']} on {document['dataset']}"
    titles = {
        "inference": f"{shown}: {document['sentences']} sentences of {document['words']:.1f} "
        f"words, {document['steps']} steps, threads: {document['threads']}",
        "neurons": f"{shown}: other neurons, {document['steps']} steps",
        "training": f"{shown}: training steps",
        "queries": f"{shown}: queries of an attack, {document['steps']} steps",
        "whole": f"{shown}: all sentences on all cores",
    }
    for part, title in titles.items():
        rows = [row for row in document["rows"] if row["part"] == part and not row["skipped"]]
        if rows:
            _print_rows(title, TABLES[part], rows)
    for curve, measured in document.get("scaling", {}).items():
        _print_curve(curve, measured)
    for row in document["rows"]:
        if row["skipped"]:
            typer.echo(f"{row['engine']} was skipped: {row['skipped']}")
    machine = document["machine"]
    typer.echo(
        f"{machine['cpu']}, {machine['cores']} cores; Brian 2 {machine['versions']['brian2']}"
    )


def _print_rows(
    title: str, columns: dict[str, tuple[str, str]], rows: list[dict[str, Any]]
) -> None:
    from bionlp.cli.output import print_table

    cells = [
        (
            row["engine"],
            *(_cell(row[key], form) for key, form in columns.values()),
            f"{row['times_as_fast']:.1f} × {row['reference']}" if "reference" in row else "",
        )
        for row in rows
    ]
    print_table(title, ["engine", *columns, "times as fast"], cells)


def _cell(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _print_curve(curve: str, measured: list[dict[str, Any]]) -> None:
    from bionlp.cli.output import print_table

    costs = {
        (point["engine"], point["value"]): point["ms_per_sentence"]
        for point in measured
        if not point["skipped"]
    }
    values = sorted({value for _, value in costs})
    cells = [
        (engine, *(f"{costs[engine, v]:,.1f}" if (engine, v) in costs else "-" for v in values))
        for engine in dict.fromkeys(engine for engine, _ in costs)
    ]
    print_table(f"ms a sentence by {curve}", ["engine", *map(str, values)], cells)
