"""``bionlp experiment``: the paper's comparisons, cell by cell."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from bionlp.attacks.recipes import ATTACKS
from bionlp.cli.experiment_options import (
    Chinese,
    Datasets,
    English,
    Methods,
    Recipes,
    Results,
    Seeds,
    Work,
    listed,
    numbers,
    only,
    work_folder,
)
from bionlp.cli.options import (
    DeviceName,
    Encoder,
    Json,
    LanguageModel,
    Noise,
    Scheduler,
    Synonyms,
    Tagger,
    WordNet,
    chosen_cluster,
)
from bionlp.experiments.cells import (
    ATTACKED,
    CONTENDERS,
    DATASETS,
    ENCODERS,
    ENERGY,
    EXPERIMENTS,
    FIGURES,
    METHODS,
    READ,
    STEPS,
    TABLES,
    Cell,
    list_cells,
)
from bionlp.limits import MOST_SENTENCES
from bionlp.progress import Reporter
from bionlp.training.settings import RECIPES

EXAMPLE = "Example: bionlp experiment {} --datasets mr,sst2 --seeds 0,1,2 --out results"
PAGE_EXAMPLE = "Example: bionlp experiment page --out results --page RESULTS.md"

app = typer.Typer(
    no_args_is_help=True,
    help="The paper's comparisons: methods by datasets, sweeps of settings, energy.",
    epilog=EXAMPLE.format("table1"),
)

ALL_DATASETS, ALL_METHODS = ", ".join(DATASETS), ", ".join(METHODS)
ALL_RECIPES = ", ".join(RECIPES)
GLOVE = "glove-wiki-gigaword-300"


def table(
    context: typer.Context,
    datasets: Datasets = ALL_DATASETS,
    methods: Methods = ALL_METHODS,
    seeds: Seeds = "0",
    recipes: Recipes = "default",
    english: English = GLOVE,
    chinese: Chinese = None,
    out: Results = Path("results"),
    work: Work = None,
    device: DeviceName = "auto",
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Compute a table; the command can be stopped and started at will.

    Cells that are finished are taken from --out, and trainings that were interrupted go on.
    """
    name = str(context.info_name)
    vectors = {"english": english, "chinese": chinese}
    cells = list_cells(
        name, listed(datasets), listed(methods), numbers(seeds), listed(recipes), vectors
    )
    _run(context, name, cells, out, work, device, scheduler, as_json)


def energy(
    context: typer.Context,
    datasets: Datasets = ALL_DATASETS,
    methods: Methods = "original,tailored,finetuned",
    seeds: Seeds = "0",
    recipes: Recipes = "default,sparse",
    english: English = GLOVE,
    chinese: Chinese = None,
    out: Results = Path("results"),
    work: Work = None,
    device: DeviceName = "auto",
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Compute what sentences cost as spikes, in Brian 2, and in the TextCNNs.

    Trainings are shared with table1. The command can be stopped and started at will.
    """
    of_training = datasets, methods, seeds, recipes, english, chinese
    table(context, *of_training, out, work, device, scheduler, as_json)


def attacks(
    context: typer.Context,
    datasets: Datasets = "mr, sst2, subj, sst5",
    methods: Methods = "original, tailored, finetuned",
    attacks: Annotated[str, only("attacks", ATTACKS)] = "textfooler, pwws, textbugger, minilm",
    noise: Noise = "fixed",
    sentences: Annotated[
        int, typer.Option(min=1, max=MOST_SENTENCES, help="The first so many of test.")
    ] = 500,
    seeds: Seeds = "0",
    recipes: Recipes = "default",
    english: English = GLOVE,
    chinese: Chinese = None,
    synonyms: Synonyms = None,
    wordnet: WordNet = None,
    language_model: LanguageModel = None,
    encoder: Encoder = None,
    tagger: Tagger = None,
    out: Results = Path("results"),
    work: Work = None,
    device: DeviceName = "auto",
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Attack each network by other words; the command can be stopped and started at will.

    Trainings are shared with table1. Each search tells of at most 10 and of at
    most 20 % of the words; see bionlp attack.
    """
    name = str(context.info_name)
    folder, report = work_folder(out, work), Reporter()

    from bionlp.attacks.plan import Parts
    from bionlp.devices import choose_device
    from bionlp.experiments.attacks import list_attacks, run_attacks
    from bionlp.experiments.results import Results

    cells = list_attacks(
        listed(datasets),
        listed(methods),
        numbers(seeds),
        listed(recipes),
        {"english": english, "chinese": chinese},
        attacks=listed(attacks),
        noise=noise,
        sentences=sentences,
    )
    parts = Parts(synonyms, wordnet, language_model, encoder, tagger)
    results, chosen = Results(out, name), choose_device(device)
    cluster = chosen_cluster(context, scheduler)
    records = run_attacks(cells, results, folder, report, chosen, parts, cluster)
    _print(name, records, as_json)


def encoders(
    context: typer.Context,
    datasets: Annotated[str, only("datasets", READ)] = "mr, sst2, sst5, subj",
    methods: Annotated[str, only("networks", CONTENDERS)] = ", ".join(CONTENDERS),
    seeds: Seeds = "0",
    english: English = GLOVE,
    chinese: Chinese = None,
    teacher: Annotated[
        str,
        typer.Option(
            help="Who teaches all of them: minilm, the folder of a transformer, or a name that the "
            "library transformers knows; textcnn, three of which are trained; or none."
        ),
    ] = "minilm",
    out: Results = Path("results"),
    work: Work = None,
    device: DeviceName = "auto",
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Train encoders, and say how right they are and what they cost.

    All are of one shape: a spiking transformer that reads a word a step, in
    both directions or causal, one that is shown all words in each of four
    steps, and the twin without spikes. The command can be stopped and started
    at will.
    """
    name = str(context.info_name)
    folder, report = work_folder(out, work), Reporter()

    from bionlp.devices import choose_device
    from bionlp.experiments.encoders import list_encoders, run_encoders
    from bionlp.experiments.results import Results

    vectors = {"english": english, "chinese": chinese}
    chosen = listed(datasets), listed(methods), numbers(seeds)
    cells = list_encoders(*chosen, vectors, teacher=teacher)
    results, computes = Results(out, name), choose_device(device)
    cluster = chosen_cluster(context, scheduler)
    records = run_encoders(cells, results, folder, report, computes, cluster)
    _print(name, records, as_json)


def figure(
    context: typer.Context,
    datasets: Datasets = "mr",
    seeds: Seeds = "0",
    recipes: Recipes = "default",
    english: English = GLOVE,
    chinese: Chinese = None,
    out: Results = Path("results"),
    work: Work = None,
    device: DeviceName = "auto",
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Compute a sweep of settings; the command can be stopped and started at will.

    Points that are finished are taken from --out, and interrupted trainings go
    on. All start from the tailored TextCNN of table1.
    """
    from bionlp.experiments.sweeps import list_points

    name = str(context.info_name)
    vectors = {"english": english, "chinese": chinese}
    cells = list_points(name, listed(datasets), numbers(seeds), listed(recipes), vectors)
    _run(context, name, cells, out, work, device, scheduler, as_json)


def steps(
    context: typer.Context,
    datasets: Datasets = "mr",
    seeds: Seeds = "0",
    recipes: Recipes = ALL_RECIPES,
    english: English = GLOVE,
    chinese: Chinese = None,
    out: Results = Path("results"),
    work: Work = None,
    device: DeviceName = "auto",
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Say what fine-tuned networks reach, and cost, after 1 to 100 steps.

    Trainings are shared with table1. The command can be stopped and started at will.
    """
    of_training = datasets, "finetuned", seeds, recipes, english, chinese
    table(context, *of_training, out, work, device, scheduler, as_json)


def _run(
    context: typer.Context,
    name: str,
    cells: list[Cell],
    out: Path,
    work: Path | None,
    device: str,
    scheduler: str | None,
    as_json: bool,
) -> None:
    """Compute what is missing and print it all."""
    folder = work_folder(out, work)

    from bionlp.devices import choose_device
    from bionlp.experiments.results import Results
    from bionlp.experiments.run import run_cells

    results, cluster = Results(out, name), chosen_cluster(context, scheduler)
    records = run_cells(cells, results, folder, Reporter(), choose_device(device), cluster)
    _print(name, records, as_json)


def _print(name: str, records: list[dict[str, Any]], as_json: bool) -> None:
    from bionlp.cli.output import print_json
    from bionlp.experiments.page import make_tables

    if as_json:
        print_json({"table": name, "cells": records})
    else:
        typer.echo(make_tables(name, records))


KINDS = (
    (TABLES, table),
    ([ATTACKED], attacks),
    ([ENERGY], energy),
    ([ENCODERS], encoders),
    (FIGURES, figure),
    ([STEPS], steps),
)
for names, function in KINDS:
    for name in names:
        title = EXPERIMENTS[name].title
        app.command(name, epilog=EXAMPLE.format(name), short_help=f"{title}.")(function)


@app.command(epilog=PAGE_EXAMPLE)
def page(
    out: Results = Path("results"),
    page: Annotated[Path, typer.Option(help="Markdown file to write.")] = Path("RESULTS.md"),
) -> None:
    """Write a page of all finished cells, and their figures; nothing is computed."""
    from bionlp.experiments.page import write_page

    for path in write_page(out, page):
        typer.echo(path)
