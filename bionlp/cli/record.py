"""``bionlp record``: the recordings of a whole corpus, in one store."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bionlp.cli import completion
from bionlp.cli.options import (
    Backend,
    Decay,
    Intervene,
    Json,
    LabelColumn,
    Limit,
    Margin,
    Model,
    Neurons,
    Overwrite,
    Perturb,
    PerturbSeed,
    Precision,
    Record,
    Scheduler,
    Seed,
    Split,
    Steps,
    Synapses,
    TextColumn,
    Threshold,
    TimeStep,
    Workers,
    chosen_workers,
    given,
)
from bionlp.errors import INTERRUPTED, UsageError
from bionlp.progress import Reporter

if TYPE_CHECKING:
    import xarray as xr

    from bionlp.classifier import TextClassifier

EXAMPLE = "Example: bionlp record mr --dataset mr --split test --out corpus.zarr"
OF_DATASETS = ("split", "limit", "text_column", "label_column")
"""Options that mean nothing to a file of sentences."""


def record(
    context: typer.Context,
    model: Model,
    out: Annotated[Path, typer.Option(help="The store: a folder whose name ends in .zarr.")],
    dataset: Annotated[
        str | None,
        typer.Option(
            help="A name (see bionlp data list), or a table: CSV, TSV or JSON lines.",
            autocompletion=completion.datasets,
        ),
    ] = None,
    split: Split = None,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    limit: Limit = None,
    file: Annotated[
        Path | None,
        typer.Option(
            help="Read sentences from a UTF-8 file, one a line; after those of --dataset."
        ),
    ] = None,
    backend: Backend = "auto",
    synapses: Synapses = "auto",
    precision: Precision = "double",
    workers: Workers = None,
    scheduler: Scheduler = None,
    steps: Steps = None,
    seed: Seed = 0,
    decay: Decay = None,
    threshold: Threshold = None,
    perturb: Perturb = None,
    perturb_seed: PerturbSeed = 0,
    intervene: Intervene = None,
    margin: Margin = None,
    neurons: Neurons = None,
    dt: TimeStep = 1.0,
    record: Record = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Record the spikes and membranes of many sentences in one Zarr store.

    Sentences are simulated in blocks, and each block is written when it is
    done: memory holds a few blocks, however many sentences there are. After
    an interruption the same command records only those that are missing.

    xarray reads the store lazily (bionlp.open_corpus), and plot and report
    take single sentences of it, with --sentence.
    """
    from bionlp.cli.output import (
        CORPUS,
        done_to,
        load_model,
        neurons_and_step,
        note_left_out,
        print_json,
    )
    from bionlp.corpora import record_corpus
    from bionlp.engine import Engine
    from bionlp.membranes import DEFAULT
    from bionlp.recording import open_corpus

    if dataset is None:
        senseless = given(context, OF_DATASETS)
        if senseless:
            raise UsageError(f"--{senseless[0].replace('_', '-')} is of --dataset; name one")
        if file is None:
            raise UsageError("name sentences: --dataset, or --file, or both")
    if out.suffix != CORPUS:
        raise UsageError(f"the name of a store ends in {CORPUS}, and {out} does not")
    by_whom, count = chosen_workers(context, workers, scheduler)
    report = Reporter()
    classifier = load_model(model, decay, threshold, perturb, perturb_seed, intervene, margin)
    columns = {"text_column": text_column, "label_column": label_column}
    texts, labels = _sentences(classifier, dataset, split, limit, file, report, columns)
    started = time.perf_counter()
    try:
        with report.fraction("sentences", len(texts)) as advance:
            done = record_corpus(
                classifier,
                texts,
                out,
                labels=labels,
                steps=steps,
                seed=seed,
                engine=Engine(backend, synapses, precision, **neurons_and_step(neurons, dt)),
                record=record or DEFAULT,
                workers=by_whom,
                overwrite=overwrite,
                advance=advance,
            )
    except KeyboardInterrupt:
        report.note("interrupted; the same command resumes where it stopped")
        raise typer.Exit(INTERRUPTED) from None
    note_left_out(len(done.left_out), report)
    corpus = open_corpus(out)
    document = {
        "model": classifier.name,
        "dataset": dataset,
        "file": None if file is None else str(file),
        "out": str(out),
        "sentences": done.sentences,
        "recorded": done.recorded,
        "left_out": [number + 1 for number in done.left_out],
        **_of_labels(corpus),
        "layers": _of_layers(corpus),
        "steps": steps or classifier.steps,
        "seed": seed,
        "brian": done.engine.document | {"workers": count, "scheduler": scheduler},
        "size_mib": round(_size(out) / 2**20, 2),
        "seconds": round(time.perf_counter() - started, 2),
        **done_to(classifier),
    }
    if as_json:
        print_json(document)
    else:
        _print(document, classifier, corpus)


def _sentences(
    classifier: TextClassifier,
    dataset: str | None,
    split: str | None,
    limit: int | None,
    file: Path | None,
    report: Reporter,
    columns: dict[str, str | None],
) -> tuple[list[str], list[int | None]]:
    """Return all sentences, and those of their labels that are known."""
    from bionlp.cli.output import load_examples
    from bionlp.text import read_texts

    texts: list[str] = []
    labels: list[int | None] = []
    if dataset is not None:
        examples = load_examples(classifier, dataset, split, limit, report, **columns).examples
        texts += [example.text for example in examples]
        labels += [example.label for example in examples]
    if file is not None:
        lines = read_texts(file)
        texts += lines
        labels += [None] * len(lines)
    return texts, labels


def _of_labels(corpus: xr.DataTree) -> dict[str, int]:
    """Count the answers: those that can be compared, those that are right, and none at all."""
    label, true = corpus["label"].values, corpus["true_label"].values
    return {
        "labelled": int((true >= 0).sum()),
        "right": int(((label == true) & (true >= 0)).sum()),
        "undecided": int((label < 0).sum()),
    }


def _of_layers(corpus: xr.DataTree) -> dict[str, dict[str, int]]:
    """Return spikes and synaptic events of each population, of all sentences together."""
    spikes, events = (
        corpus[name].sum("sentence").values.tolist() for name in ("spike_count", "synaptic_events")
    )
    return {
        name: {"spikes": spikes[number], "synaptic_events": events[number]}
        for number, name in enumerate(corpus.attrs["layers"])
    }


def _size(folder: Path) -> int:
    """Return the bytes of all files of a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _print(document: dict[str, Any], classifier: TextClassifier, corpus: xr.DataTree) -> None:
    from bionlp.cli.output import as_done_to, print_table, span

    count = document["sentences"]
    done = as_done_to(classifier.perturbations, classifier.interventions)
    typer.echo(
        f"{document['out']}: {count:,} sentences, {document['recorded']:,} of them recorded now, "
        f"{document['size_mib']:,} MiB, {document['seconds']} s"
    )
    if document["labelled"]:
        typer.echo(
            f"{document['right']:,} of {document['labelled']:,} are labelled rightly, "
            f"{document['undecided']:,} of all are undecided"
        )
    steps = span(corpus["steps"].values.tolist())
    print_table(
        f"model {document['model']}, {steps} steps, seed {document['seed']}, backend "
        f"{document['brian']['backend']}{done}",
        ["population", "spikes", "a sentence", "synaptic events", "a sentence"],
        [
            (
                name,
                layer["spikes"],
                round(layer["spikes"] / count),
                layer["synaptic_events"],
                round(layer["synaptic_events"] / count),
            )
            for name, layer in document["layers"].items()
        ],
        cut="population",
    )
