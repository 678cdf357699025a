"""``bionlp experiment perturb``, ``neurons`` and ``clock``: what changes cost bundled models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bionlp.cli import completion
from bionlp.cli.experiment_options import Results, Seeds, Work, listed, numbers, work_folder
from bionlp.cli.options import DeviceName, Json, Scheduler, chosen_cluster
from bionlp.errors import UsageError
from bionlp.files import make_folder
from bionlp.limits import MOST_SENTENCES
from bionlp.progress import Reporter

PERTURB = "Example: bionlp experiment perturb --what bits,noise --datasets mr --seeds 0,1,2"
CLOCK = "Example: bionlp experiment clock --models trained --dt 1,0.1 --sentences 200"
NEURONS = "Example: bionlp experiment neurons --models trained,adex --sentences 200"

Bundled = Annotated[
    str, typer.Option(metavar="A,B", help="Only these bundled models, of mr and waimai.")
]
FirstOfTest = Annotated[
    int, typer.Option(min=1, max=MOST_SENTENCES, help="The first so many of test.")
]


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
    datasets: Bundled = "mr, waimai",
    seeds: Seeds = "0",
    sentences: FirstOfTest = 500,
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


def neurons(
    context: typer.Context,
    models: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,C",
            help="Only these models of neurons (see bionlp neurons), and trained. Default: all.",
            autocompletion=completion.listed(completion.NEURONS),
        ),
    ] = None,
    datasets: Bundled = "mr",
    seeds: Seeds = "0",
    sentences: FirstOfTest = 200,
    finetune: Annotated[
        int,
        typer.Option(
            min=0,
            max=MOST_SENTENCES,
            metavar="N",
            help="Tune the weights to fitted neurons, too, on N training sentences.",
        ),
    ] = 0,
    out: Results = Path("results"),
    work: Work = None,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Replace the neurons of bundled models in Brian 2, before and after a fit.

    Nothing is trained, unless --finetune asks for it. The command can be stopped
    and started at will: finished cells are taken from --out.
    """
    folder = work_folder(out, work)

    from bionlp.cli.output import print_json
    from bionlp.experiments.neurons import TRAINED, NeuronsResults, list_neurons, run_neurons
    from bionlp.experiments.neurons_section import neurons_table
    from networks.brian.neuron_files import shelf

    chosen = listed(models) if models else [TRAINED, *shelf()]
    cells = list_neurons(chosen, listed(datasets), numbers(seeds), sentences)
    results = NeuronsResults(out)
    cluster = chosen_cluster(context, scheduler)
    records = run_neurons(cells, results, Reporter(), cluster)
    if finetune:
        from bionlp.experiments.tuning import tune_cells

        records = tune_cells(cells, results, finetune, folder, Reporter())
    if as_json:
        print_json({"table": "neurons", "cells": records})
    else:
        typer.echo(neurons_table(records))


def clock(
    context: typer.Context,
    models: Annotated[
        str,
        typer.Option(
            metavar="A,B,C",
            help="Only these models of neurons (see bionlp neurons), and trained.",
            autocompletion=completion.listed(completion.NEURONS),
        ),
    ] = "trained,lif_refractory,adex",
    steps: Annotated[
        str, typer.Option("--dt", metavar="MS,MS", help="Durations of a step, in milliseconds.")
    ] = "1,0.5,0.1",
    datasets: Bundled = "mr",
    seeds: Seeds = "0",
    sentences: FirstOfTest = 200,
    out: Results = Path("results"),
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Run bundled models in smaller time steps: what of accuracy was the clock's.

    Rates and time constants are kept. Neurons of the shelf are fitted in steps
    of 1 ms and keep what was found. The command can be stopped and started at
    will: finished cells are taken from --out.
    """
    make_folder(out)

    from bionlp.cli.output import print_json
    from bionlp.experiments.clock import ClockResults, list_clock, run_clock
    from bionlp.experiments.clock_section import clock_table

    of_steps = _durations(steps)
    cells = list_clock(listed(models), of_steps, listed(datasets), numbers(seeds), sentences)
    cluster = chosen_cluster(context, scheduler)
    records = run_clock(cells, ClockResults(out), Reporter(), cluster)
    if as_json:
        print_json({"table": "clock", "cells": records})
    else:
        typer.echo(clock_table(records))


def _durations(text: str) -> list[float]:
    try:
        return [float(step) for step in listed(text)]
    except ValueError:
        raise UsageError(f"steps are milliseconds, such as 1,0.5,0.1, not {text[:60]!r}") from None
