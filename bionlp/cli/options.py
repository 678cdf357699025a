"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bionlp.cli import completion
from bionlp.cores import cores
from bionlp.datasets.model import SPLITS
from bionlp.devices import DEVICES
from bionlp.errors import UsageError
from bionlp.limits import (
    LEAST_PARAMETER,
    MOST_MARGIN,
    MOST_PROCESSES,
    MOST_SEED,
    MOST_SENTENCES,
    MOST_STEPS,
    MOST_THRESHOLD,
)

if TYPE_CHECKING:
    from bionlp.cluster import Cluster
    from bionlp.progress import Reporter


def _within(what: str, most: float) -> Callable[[float | None], float | None]:
    """Return a check that a number lies above 0, and so far that single precision can hold it."""

    def check(value: float | None) -> float | None:
        if value is not None and not LEAST_PARAMETER <= value <= most:
            raise UsageError(
                f"{what} must lie in (0, {most:g}], and not below {LEAST_PARAMETER:g}, not {value}"
            )
        return value

    return check


def _no_more_than_a_seed(seed: int) -> int:
    """Check the upper bound, whose nineteen digits nobody wants to read in each help."""
    if seed > MOST_SEED:
        raise UsageError(f"a seed is a whole number from 0 to {MOST_SEED}, not {seed}")
    return seed


Model = Annotated[
    str,
    typer.Argument(
        help="A bundled model (mr, sst2, waimai) or a model's folder.",
        autocompletion=completion.models,
    ),
]
OldModel = Annotated[
    str | None,
    typer.Option("--model", hidden=True, autocompletion=completion.models),
]
"""How a model was named where it now comes first."""
DatasetOption = Annotated[
    str,
    typer.Option(
        "--dataset",
        help="A name (see bionlp data list), or a table: CSV, TSV or JSON lines.",
        autocompletion=completion.datasets,
    ),
]
SkipUndecodable = Annotated[
    bool,
    typer.Option(
        "--skip-undecodable",
        help="Leave out words that are not UTF-8, instead of refusing the file.",
    ),
]

TextColumn = Annotated[
    str | None,
    typer.Option(help="Column of the texts of a table. Default: text, review, sentence, ..."),
]
LabelColumn = Annotated[
    str | None,
    typer.Option(help="Column of the labels of a table. Default: label, sentiment, ..."),
]
Split = Annotated[
    str | None,
    typer.Option(
        help="train, dev, test or all. Default: test, or all of a table that the model was not "
        "trained on.",
        autocompletion=completion.choices(SPLITS),
    ),
]
IdColumn = Annotated[
    str | None, typer.Option(help="Column of a table that names its rows. Default: id, if any.")
]
Limit = Annotated[
    int | None,
    typer.Option(min=1, max=MOST_SENTENCES, help="Only the first so many sentences of the split."),
]
Backend = Annotated[
    str,
    typer.Option(
        help="What Brian 2 runs on: auto, numpy, cython, cpp_standalone, genn (GPU), "
        "genn-cpu or cuda (GPU); bionlp doctor says which can run here.",
        autocompletion=completion.choices(completion.BACKENDS),
    ),
]
Synapses = Annotated[
    str,
    typer.Option(
        help="shared, weights held once, stock, Brian 2's own, one synapse per use, or auto: "
        "shared where the backend has them.",
        autocompletion=completion.choices(completion.SYNAPSES),
    ),
]
Precision = Annotated[
    str,
    typer.Option(
        help="Of membranes and weights: double or single.",
        autocompletion=completion.choices(completion.PRECISIONS),
    ),
]
Neurons = Annotated[
    str | None,
    typer.Option(
        "--neurons",
        metavar="FILE|NAME",
        help="Other neurons than those that were trained: a TOML file with a table for each layer, "
        "or a name (see bionlp neurons) for all layers.",
        autocompletion=completion.neurons,
    ),
]
LEAST_STEP = 0.001
TimeStep = Annotated[
    float,
    typer.Option(
        "--dt",
        min=LEAST_STEP,
        max=1,
        metavar="MS",
        help="Duration of a step in ms: 1, as networks are trained, or a part of it such as 0.1. "
        "Rates are kept, and --steps counts whole ones.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=MOST_PROCESSES,
        help="Processes that Brian 2 runs in; by default one for each core.",
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Run on the workers of a scheduler of Dask, such as tcp://host:8786, instead of on "
        "this machine.",
    ),
]
Steps = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=MOST_STEPS,
        help="Steps a sentence is presented for. Default: as many as the model was trained for.",
    ),
]
Seed = Annotated[
    int, typer.Option(min=0, callback=_no_more_than_a_seed, help="Seed of the input spikes.")
]
Decay = Annotated[
    float | None,
    typer.Option(
        callback=_within("decay", 1),
        help="Membrane decay per step of all neurons instead of their own.",
    ),
]
Threshold = Annotated[
    float | None,
    typer.Option(
        callback=_within("threshold", MOST_THRESHOLD),
        help="Threshold of all neurons instead of their own.",
    ),
]
Perturb = Annotated[
    list[str] | None,
    typer.Option(
        metavar="WHAT=LEVEL",
        help="Perturb the network first, as in bits=4 or noise=0.1; several times for several, "
        "done in this order. WHAT: " + ", ".join(completion.PERTURBATIONS) + ".",
        autocompletion=completion.assigned(completion.PERTURBATIONS),
    ),
]
PerturbSeed = Annotated[
    int,
    typer.Option(min=0, callback=_no_more_than_a_seed, help="Seed of what is random in --perturb."),
]
Intervene = Annotated[
    list[str] | None,
    typer.Option(
        metavar="WHAT:LAYER[:...]",
        help="Do something while the network reads: silence:conv3:from=20, clamp:pool3:value=0, "
        "or stimulate with current=0.5; with neurons=0-9 or maps=3,7 to these alone, with "
        "until=40 not to the end. Several times for several. Steps count from the beginning of "
        "each sentence; value and current are in thresholds.",
        autocompletion=completion.prefixed(completion.INTERVENTIONS),
    ),
]
Margin = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=MOST_MARGIN,
        metavar="VOTES",
        help="End a presentation as soon as a class is so many output spikes ahead of all others; "
        "bionlp margin finds out how many are safe.",
    ),
]
Record = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NEURONS",
        help="Membranes to record: conv3, conv3:0-9,40, all, none, or some (the default). "
        "May be given several times.",
    ),
]
OfCorpus = Annotated[
    int | None,
    typer.Option(
        "--sentence",
        min=1,
        max=MOST_SENTENCES,
        help="Of a corpus (.zarr): which of its sentences, numbered from 1.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace recordings that are in --out already.")
]
Figures = Annotated[
    str | None,
    typer.Option(
        metavar="A,B,C",
        help=f"What --out has figures of, beside the recording: {', '.join(completion.KINDS[1:])}, "
        "or none. Default: all that the recording has the data for.",
        autocompletion=completion.listed((*completion.KINDS[1:], "none")),
    ),
]
Out = Annotated[Path, typer.Option(help="Folder to write to; made if it is missing.")]

DeviceName = Annotated[
    str,
    typer.Option(
        "--device",
        autocompletion=completion.choices(sorted(DEVICES)),
        help="Where PyTorch computes: cpu, cuda, or auto for a GPU where there is one.",
    ),
]
ENGINES = ("torch", "brian")
Engines = Annotated[
    str | None,
    typer.Option(
        "--engine",
        autocompletion=completion.choices(ENGINES),
        help="torch or brian. Default: torch, or brian if one of its own options is given.",
    ),
]
Noise = Annotated[
    str,
    typer.Option(
        metavar="KIND",
        help="What queries have in common: fixed, one presentation; mean:K, K of them; fresh, "
        "nothing.",
    ),
]
Synonyms = Annotated[
    Path | None,
    typer.Option(help="Word vectors, or a table of neighbours, in place of the bundled one."),
]
WordNet = Annotated[
    Path | None, typer.Option("--wordnet", help="Folder of WordNet's database files.")
]
LanguageModel = Annotated[
    str | None, typer.Option(help="Masked language model: its folder, or its name.")
]
Encoder = Annotated[
    str | None, typer.Option(help="Encoder of sentences: use, minilm, or a folder.")
]
Tagger = Annotated[
    str | None, typer.Option(help="Tagger of parts of speech: nltk, denckring or jieba.")
]

COMMAND_LINE = "COMMANDLINE"
"""The name by which click says that an option was given."""


def given(context: typer.Context, names: Iterable[str]) -> list[str]:
    """Return those of some options that were given on the command line."""
    sources = {name: context.get_parameter_source(name) for name in names}
    return [name for name, source in sources.items() if source and source.name == COMMAND_LINE]


def chosen_engine(context: typer.Context, engine: str | None, of_brian: Iterable[str]) -> str:
    """Return what computes, given the options on the command line that mean Brian 2.

    Raises
    ------
    UsageError
        If there is no such engine, or an option of the other one was given.
    """
    if engine not in (None, *ENGINES):
        raise UsageError(f"unknown engine {engine!r}; choose one of {', '.join(ENGINES)}")
    brian = given(context, of_brian)
    if engine == "torch" and brian:
        raise UsageError(f"--{brian[0]} is for --engine brian; leave out one of the two")
    chosen = engine or ("brian" if brian else "torch")
    if chosen == "brian" and given(context, ["device"]):
        raise UsageError("--device is for --engine torch; Brian 2 has --backend")
    return chosen


def chosen_cluster(context: typer.Context, scheduler: str | None) -> Cluster | None:
    """Return the workers of a scheduler, if one was given, until the command is over."""
    if scheduler is None:
        return None
    from bionlp.cluster import Cluster

    return context.with_resource(Cluster(scheduler))


def chosen_workers(
    context: typer.Context, workers: int | None, scheduler: str | None
) -> tuple[Cluster | int, int]:
    """Return what does the work, those of a scheduler or processes here, and how many they are.

    Raises
    ------
    UsageError
        If both are asked for.
    """
    if workers and scheduler:
        raise UsageError("--workers are of this machine, --scheduler has its own; leave out one")
    cluster = chosen_cluster(context, scheduler)
    if cluster:
        return cluster, cluster.count
    count = workers or cores()
    return count, count


def note_old_model(command: str, model: str, report: Reporter) -> None:
    """Say how a model is named now."""
    report.note(f"note: the model comes first now, as in: bionlp {command} {model}")
