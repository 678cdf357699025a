"""``bionlp experiment``: the paper's comparisons, cell by cell."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from bionlp.attacks.recipes import ATTACKS
from bionlp.cli import completion
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
from bionlp.errors import UsageError
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
    TABLES,
    Cell,
    list_cells,
)
from bionlp.files import make_folder
from bionlp.limits import MOST_SEED, MOST_SENTENCES
from bionlp.progress import Reporter
from bionlp.training.settings import RECIPES

EXAMPLE = "Example: bionlp experiment {} --datasets mr,sst2 --seeds 0,1,2 --out results"
PAGE_EXAMPLE = "Example: bionlp experiment page --out results --page RESULTS.md"

app = typer.Typer(
    no_args_is_help=True,
    help="The paper's comparisons: methods by datasets, sweeps of settings, energy.",
    epilog=EXAMPLE.format("table1"),
)

Datasets = Annotated[
    str,
    typer.Option(
        metavar="A,B,C",
        help=f"Only these datasets, of {', '.join(DATASETS)}.",
        autocompletion=completion.listed(DATASETS),
    ),
]
Methods = Annotated[
    str,
    typer.Option(
        metavar="A,B,C",
        help=f"Only these methods, of {', '.join(METHODS)}.",
        autocompletion=completion.listed(METHODS),
    ),
]
Seeds = Annotated[str, typer.Option(metavar="0,1,2", help="A cell for each seed.")]
Recipes = Annotated[
    str,
    typer.Option(
        "--recipe",
        metavar="A,B",
        help=f"How networks are trained: {', '.join(RECIPES)}.",
        autocompletion=completion.listed(RECIPES),
    ),
]
English = Annotated[
    str,
    typer.Option(
        help="English word vectors, as of bionlp train.", autocompletion=completion.word_vectors
    ),
]
Chinese = Annotated[
    str | None, typer.Option(help="Chinese word vectors.", autocompletion=completion.word_vectors)
]
Results = Annotated[Path, typer.Option("--out", help="Folder of the finished cells.")]
Work = Annotated[
    Path | None, typer.Option(help="Folder of trainings. Default: in the user's cache folder.")
]

ALL_DATASETS, ALL_METHODS = ", ".join(DATASETS), ", ".join(METHODS)
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
    attacks: Annotated[
        str,
        typer.Option(
            metavar="A,B,C",
            help=f"Only these attacks, of {', '.join(ATTACKS)}.",
            autocompletion=completion.listed(ATTACKS),
        ),
    ] = "textfooler, pwws, textbugger, minilm",
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
    datasets: Annotated[
        str,
        typer.Option(
            metavar="A,B,C",
            help=f"Only these datasets, of {', '.join(READ)}.",
            autocompletion=completion.listed(READ),
        ),
    ] = "mr, sst2, sst5, subj",
    methods: Annotated[
        str,
        typer.Option(
            metavar="A,B,C",
            help=f"Only these networks, of {', '.join(CONTENDERS)}.",
            autocompletion=completion.listed(CONTENDERS),
        ),
    ] = ", ".join(CONTENDERS),
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


def work_folder(out: Path, work: Path | None) -> Path:
    """Make the folder of results, and return that of trainings."""
    make_folder(out)

    from networks.brian.cache import usable_cache_folder

    return work or usable_cache_folder("experiments")


def _print(name: str, records: list[dict[str, Any]], as_json: bool) -> None:
    from bionlp.cli.output import print_json
    from bionlp.experiments.page import make_tables

    if as_json:
        print_json({"table": name, "cells": records})
    else:
        typer.echo(make_tables(name, records))


def listed(text: str) -> list[str]:
    """Split a list with commas; each entry once."""
    return list(dict.fromkeys(entry.strip() for entry in text.split(",")))


def numbers(seeds: str) -> list[int]:
    """Read seeds.

    Raises
    ------
    UsageError
        If one is none.
    """
    entries = listed(seeds)
    digits = len(str(MOST_SEED))
    if not all(seed.isdecimal() and len(seed) <= digits for seed in entries) or any(
        int(seed) > MOST_SEED for seed in entries
    ):
        raise UsageError(
            f"seeds are whole numbers from 0 to {MOST_SEED}, such as 0,1,2, not {seeds[:60]!r}"
        )
    return [int(seed) for seed in entries]


def perturb(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Option(
            metavar="A,B,C",
            help="Only these perturbations; those of --perturb elsewhere.",
            autocompletion=completion.listed(completion.PERTURBATIONS),
        ),
    ] = "threshold, mismatch, bits, fan-in, dead, noise, failure, leak",
    levels: Annotated[
        str | None, typer.Option(metavar="X,Y,Z", help="Levels of one perturbation.")
    ] = None,
    datasets: Annotated[
        str,
        typer.Option(metavar="A,B", help="Only these bundled models, of mr and waimai."),
    ] = "mr, waimai",
    seeds: Seeds = "0",
    sentences: Annotated[
        int, typer.Option(min=1, max=MOST_SENTENCES, help="The first so many of test.")
    ] = 500,
    out: Results = Path("results"),
    device: DeviceName = "auto",
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Measure what perturbations cost the bundled models; nothing is trained.

    The command can be stopped and started at will: finished cells are taken
    from --out. Some sentences of some cells are compared with Brian 2.
    """
    make_folder(out)

    from bionlp.cli.output import print_json
    from bionlp.devices import choose_device
    from bionlp.experiments.perturbation_run import run_perturbed
    from bionlp.experiments.perturbation_section import perturbation_tables
    from bionlp.experiments.perturbations import PerturbedResults, list_perturbed

    kinds, amounts = listed(what), _levels(levels)
    cells = list_perturbed(kinds, amounts, listed(datasets), numbers(seeds), sentences)
    results = PerturbedResults(out)
    cluster = chosen_cluster(context, scheduler)
    records = run_perturbed(cells, results, Reporter(), choose_device(device), cluster)
    if as_json:
        print_json({"table": "perturb", "cells": records})
    else:
        typer.echo(perturbation_tables(records))


def _levels(text: str | None) -> list[float]:
    try:
        return [float(level) for level in listed(text)] if text else []
    except ValueError:
        raise UsageError(f"levels are numbers, such as 0.1,0.2, not {str(text)[:60]!r}") from None


PERTURB_EXAMPLE = "Example: bionlp experiment perturb --what bits,noise --datasets mr --seeds 0,1,2"
app.command(epilog=PERTURB_EXAMPLE, short_help="Perturbations of the bundled models.")(perturb)

KINDS = (
    (TABLES, table),
    ([ATTACKED], attacks),
    ([ENERGY], energy),
    ([ENCODERS], encoders),
    (FIGURES, figure),
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
