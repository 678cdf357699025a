"""``bionlp nir run``: a network of another library, simulated and recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, cast

import typer

from bionlp.cli.nir.options import File, Like, RoundDelays, TimeStep
from bionlp.cli.options import Backend, Figures, Json, Overwrite, Precision, Record, Seed, Synapses
from bionlp.errors import UsageError
from bionlp.limits import MOST_STEPS
from bionlp.progress import Reporter

EXAMPLE = "Example: bionlp nir run network.nir --like snntorch --input spikes.npz --out runs"


def run(
    file: File,
    like: Like = "file",
    dt: TimeStep = None,
    round_delays: RoundDelays = False,
    spikes: Annotated[
        Path | None,
        typer.Option(
            "--input",
            help="Spikes: an .npz with input of shape (steps, ...), channels first, or a recording "
            "whose input is shown again.",
        ),
    ] = None,
    poisson: Annotated[
        str | None,
        typer.Option(
            metavar="RATES",
            help="Poisson input instead: the probability of a spike in a step, or an .npz with "
            "input, one for each input neuron.",
        ),
    ] = None,
    steps: Annotated[
        int, typer.Option(min=1, max=MOST_STEPS, help="Time steps of Poisson input.")
    ] = 100,
    seed: Seed = 0,
    backend: Backend = "auto",
    synapses: Synapses = "auto",
    precision: Precision = "double",
    record: Record = None,
    out: Annotated[Path | None, typer.Option(help="Write a recording and figures here.")] = None,
    figures: Figures = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Simulate a network in Brian 2, and record and draw it as sentences are."""
    from bionlp.cli.output import print_json
    from bionlp.cli.simulate import (
        kinds_of_figures,
        layer_entries,
        prepare_folder,
        write_results,
    )
    from bionlp.engine import Engine
    from bionlp.graphs import given_spikes, load_graph, poisson_spikes, run_graph
    from bionlp.membranes import DEFAULT
    from bionlp.recording import class_counts

    if (spikes is None) == (poisson is None):
        raise UsageError("say what the network is shown: either --input or --poisson")
    report = Reporter()
    imported = load_graph(file, like, dt=dt, round_delays=round_delays)
    for remark in imported.remarks:
        report.note(remark)
    if spikes is not None:
        shown = given_spikes(imported, spikes)
    else:
        shown = poisson_spikes(imported, cast(str, poisson), steps)
    kinds = kinds_of_figures(figures, out)
    prepare_folder(out, file.stem, 1, overwrite)
    with report.fraction("steps", shown.stimulus.durations[0]) as advance:
        recording = run_graph(
            imported,
            file.stem,
            shown,
            seed=seed,
            engine=Engine(backend, synapses, precision),
            record=record or DEFAULT,
            advance=advance,
        )
    folder = write_results([recording], out, report, kinds)[0] if out else None
    document = {
        "network": file.stem,
        "conventions": imported.conventions.name,
        "dt": imported.dt,
        "backend": recording.attrs["backend"],
        "steps": recording.attrs["steps"],
        "seed": seed,
        "layers": layer_entries(recording),
        "readout": recording.attrs["readout"],
        "counts": class_counts(recording),
        "out": None if folder is None else str(folder),
    }
    if as_json:
        print_json(document)
    else:
        _print_run(document)


def _print_run(document: dict[str, Any]) -> None:
    from bionlp.cli.output import print_table

    print_table(
        f"{document['network']} as {document['conventions']} computes it, time step "
        f"{document['dt']:g}: {document['steps']} steps, seed {document['seed']}, backend "
        f"{document['backend']}",
        ["layer", "spikes", "synaptic events"],
        [
            (name, entry["spikes"], entry["synaptic_events"])
            for name, entry in document["layers"].items()
        ],
    )
