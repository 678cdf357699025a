"""``bionlp nir bench``: what a network from a file costs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bionlp.cli import completion
from bionlp.cli.nir.options import File, Like, TimeStep
from bionlp.cli.options import Json, Seed
from bionlp.errors import UsageError
from bionlp.limits import MOST_STEPS

if TYPE_CHECKING:
    from bionlp.bench.graphs import GraphCost

EXAMPLE = "Example: bionlp nir bench network.nir --like snntorch --poisson 0.2"


def bench(
    file: File,
    like: Like = "file",
    dt: TimeStep = None,
    poisson: Annotated[
        str,
        typer.Option(
            metavar="RATES",
            help="Poisson input: the probability of a spike in a step, or an .npz with input.",
        ),
    ] = "0.1",
    steps: Annotated[int, typer.Option(min=1, max=MOST_STEPS, help="Time steps.")] = 100,
    seed: Seed = 0,
    backend: Annotated[
        str,
        typer.Option(
            help="numpy or cython.", autocompletion=completion.choices(("numpy", "cython"))
        ),
    ] = "numpy",
    as_json: Json = False,
) -> None:
    """Measure a network with shared weights beside Brian 2's own synapses, on the same input.

    Exits with code 1 if they fire differently.
    """
    from dataclasses import asdict

    from bionlp.bench.graphs import measure_graph
    from bionlp.cli.output import print_json
    from bionlp.engine import Engine
    from bionlp.graphs import load_graph, poisson_spikes

    if backend not in ("numpy", "cython"):
        raise UsageError(f"--backend is numpy or cython here, not {backend!r}")
    Engine(backend).chosen(1)
    # What is wrong with the file or the rates is said before anything is measured.
    poisson_spikes(load_graph(file, like, dt=dt), poisson, steps)
    rows = measure_graph(file, like, dt=dt, rates=poisson, steps=steps, seed=seed, backend=backend)
    if as_json:
        print_json([asdict(row) for row in rows])
    else:
        _print_costs(file, backend, rows)
    if len({row.spikes for row in rows}) > 1:
        raise typer.Exit(1)


def _print_costs(file: Path, backend: str, rows: list[GraphCost]) -> None:
    from bionlp.cli.output import print_table

    shared, stock = rows
    ratio = stock.ms_per_step / shared.ms_per_step
    print_table(
        f"{file.name} in Brian 2 ({backend}): shared weights {ratio:.1f} x as fast a step",
        ["synapses", "weights", "build s", "first run s", "ms/step", "MiB", "spikes"],
        [
            (
                row.synapses,
                row.weights,
                f"{row.build_s:.2f}",
                f"{row.first_s:.2f}",
                f"{row.ms_per_step:.2f}",
                "-" if row.peak_mib is None else f"{row.peak_mib:,.0f}",
                row.spikes,
            )
            for row in rows
        ],
    )
