"""``bionlp nir``: networks of other libraries, looked at, simulated and proven."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bionlp.cli.options import Backend, Json, Precision, Record, Seed, Synapses
from bionlp.errors import UsageError
from bionlp.limits import MOST_STEPS
from bionlp.progress import Reporter

if TYPE_CHECKING:
    from networks.nir import Conventions
    from networks.nir.proof import Attempt, LayerProof
    from networks.nir.report import GraphReport

app = typer.Typer(
    no_args_is_help=True,
    help="Networks of other libraries, from NIR files: look at them, simulate and prove them.",
)

File = Annotated[Path, typer.Argument(help="A NIR file.")]
Like = Annotated[
    str,
    typer.Option(
        help="Whose conventions it follows: snntorch, norse, sinabs, spikingjelly, nir, ...; "
        "bionlp nir conventions lists them. Default: those in the file's metadata, else nir."
    ),
]
TimeStep = Annotated[
    float | None,
    typer.Option(help="Time step in the unit of the file. Default: of the conventions, or file."),
]
RoundDelays = Annotated[
    bool, typer.Option("--round-delays", help="Round delays to whole time steps.")
]
Reference = Annotated[
    Path,
    typer.Option(
        help="What the library computed: an .npz with input, s_0, v_0, s_1, ... in the order of "
        "flow, each of shape (steps, ...) with channels first."
    ),
]

INSPECT = "Example: bionlp nir inspect network.nir --like snntorch"
RUN = "Example: bionlp nir run network.nir --like snntorch --input spikes.npz --out runs"
PROVE = "Example: bionlp nir prove network.nir --like snntorch --reference computed.npz"
CONVENTIONS = "Example: bionlp nir conventions network.nir --reference computed.npz"


def _time_step(dt: float | None) -> float | None:
    if dt is not None and not 1e-12 <= dt <= 1e12:
        raise UsageError(f"--dt must be a positive number, not {dt}")
    return dt


@app.command(epilog=INSPECT)
def inspect(file: File, like: Like = "file", dt: TimeStep = None, as_json: Json = False) -> None:
    """Say what is in a file, and how each node will be understood.

    Leaves with code 1 if there is a node that cannot be simulated.
    """
    from bionlp.cli.output import print_json
    from bionlp.graphs import conventions_of, graph_errors
    from networks.nir import read_graph
    from networks.nir.report import inspect as look_at

    with graph_errors():
        report = look_at(read_graph(file), conventions_of(like), dt=_time_step(dt))
    if as_json:
        print_json(_inspected(report))
    else:
        _print_graph(file, report)
    if report.imported is None:
        raise typer.Exit(1)


def _inspected(report: GraphReport) -> dict[str, Any]:
    from dataclasses import asdict

    imported = report.imported
    return {
        "version": report.version,
        "conventions": asdict(report.conventions),
        "dt": report.dt,
        "nodes": [asdict(node) for node in report.nodes],
        "populations": {} if imported is None else imported.nodes,
        "remarks": [] if imported is None else list(imported.remarks),
        "not_supported": report.reason or None,
    }


def _print_graph(file: Path, report: GraphReport) -> None:
    from bionlp.cli.output import print_table

    step = "unknown" if report.dt is None else f"{report.dt:g}"
    print_table(
        f"{file.name}, written by nir {report.version or '(unknown)'}; conventions "
        f"{report.conventions.name}, time step {step}",
        ["node", "type", "gives", "hears", "parameters"],
        [
            (
                node.name,
                node.type,
                "?" if node.shape is None else " x ".join(map(str, node.shape)),
                ", ".join(node.hears) or "-",
                "; ".join(f"{name} {value}" for name, value in node.parameters.items()) or "-",
            )
            for node in report.nodes
        ],
        cut="parameters",
    )
    for node in report.nodes:
        typer.echo(f"{node.name}: {node.status}{f' ({node.remark})' if node.remark else ''}")
    for remark in report.imported.remarks if report.imported else ():
        typer.echo(remark)
    if report.reason:
        typer.echo(f"cannot be simulated: {report.reason}")


@app.command(epilog=RUN)
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
    as_json: Json = False,
) -> None:
    """Simulate a network in Brian 2, and record and draw it as sentences are."""
    from bionlp.cli.output import print_json
    from bionlp.cli.simulate import layer_entries, write_results
    from bionlp.files import make_folder
    from bionlp.graphs import given_spikes, load_graph, poisson_spikes, run_graph
    from bionlp.membranes import DEFAULT
    from bionlp.recording import class_counts
    from bionlp.simulation import Engine

    if (spikes is None) == (poisson is None):
        raise UsageError("say what the network is shown: either --input or --poisson")
    report = Reporter()
    imported = load_graph(file, like, dt=_time_step(dt), round_delays=round_delays)
    for remark in imported.remarks:
        report.note(remark)
    if spikes is not None:
        shown = given_spikes(imported, spikes)
    else:
        shown = poisson_spikes(imported, poisson, steps)
    if out:
        make_folder(out)
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
    folder = write_results([recording], out, report)[0] if out else None
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


@app.command(epilog=PROVE)
def prove(
    file: File,
    reference: Reference,
    like: Like = "file",
    dt: TimeStep = None,
    round_delays: RoundDelays = False,
    backend: Backend = "auto",
    synapses: Synapses = "auto",
    as_json: Json = False,
) -> None:
    """Compare every spike of Brian 2 with what another library computed.

    Leaves with code 1 if a spike differs.
    """
    from bionlp.cli.output import print_json
    from bionlp.graphs import graph_errors, load_graph
    from bionlp.simulation import Engine, backend_errors
    from networks.nir.proof import prove as compare
    from networks.nir.reference import read_reference

    imported = load_graph(file, like, dt=_time_step(dt), round_delays=round_delays)
    engine = Engine(backend, synapses).chosen(1)
    with graph_errors(), backend_errors():
        layers = compare(
            imported, read_reference(reference), backend=engine.backend, synapses=engine.synapses
        )
    differing = sum(layer.differing or 0 for layer in layers)
    if as_json:
        print_json(_proven(file, imported.conventions, imported.dt, engine.backend, layers))
    else:
        for remark in imported.remarks:
            typer.echo(remark)
        _print_layers(
            f"{file.name} in Brian 2 ({engine.backend}) as {imported.conventions.name} computes "
            f"it, against {reference.name}",
            layers,
        )
    if differing:
        raise typer.Exit(1)


def _proven(
    file: Path,
    conventions: Conventions,
    dt: float,
    backend: str,
    layers: tuple[LayerProof, ...],
) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "file": str(file),
        "conventions": conventions.name,
        "dt": dt,
        "backend": backend,
        "differing": sum(layer.differing or 0 for layer in layers),
        "layers": [asdict(layer) for layer in layers],
    }


def _print_layers(title: str, layers: tuple[LayerProof, ...]) -> None:
    from bionlp.cli.output import print_table

    def said(value: float | None, form: str) -> str:
        return "-" if value is None else format(value, form)

    print_table(
        title,
        ["layer", "node", "spikes", "in the reference", "differing", "largest membrane difference"],
        [
            (
                layer.population,
                layer.node,
                layer.spikes,
                said(layer.expected, ",d"),
                said(layer.differing, ",d"),
                said(layer.membrane, ".1e"),
            )
            for layer in layers
        ],
    )


@app.command(epilog=CONVENTIONS)
def conventions(
    file: Annotated[
        Path | None, typer.Argument(help="A NIR file. Without it, the conventions are listed.")
    ] = None,
    reference: Annotated[
        Path | None,
        typer.Option(help="What the library computed, as for bionlp nir prove."),
    ] = None,
    dt: TimeStep = None,
    as_json: Json = False,
) -> None:
    """Find the conventions that reproduce what a library computed.

    Leaves with code 1 if none does.
    """
    from bionlp.cli.output import print_json
    from bionlp.graphs import graph_errors
    from networks.nir import read_graph
    from networks.nir.proof import try_conventions
    from networks.nir.reference import read_reference

    if file is None:
        if reference is not None:
            raise UsageError("--reference is of a file; name it, too")
        _list_conventions(as_json)
        return
    if reference is None:
        raise UsageError("conventions are found by a --reference: spikes that a library computed")
    with graph_errors():
        attempts = try_conventions(read_graph(file), read_reference(reference), dt=_time_step(dt))
    if as_json:
        print_json([_attempted(attempt) for attempt in attempts])
    else:
        _print_attempts(file, attempts)
    if attempts[0].differing != 0:
        raise typer.Exit(1)


def _list_conventions(as_json: bool) -> None:
    from dataclasses import asdict

    from bionlp.cli.output import print_json, print_table
    from networks.nir import CONVENTIONS as RECORDS

    if as_json:
        print_json([asdict(record) for record in RECORDS.values()])
        return
    print_table(
        "conventions of NIR files",
        ["name", "step", "reset", "fires at", "of"],
        [
            (
                record.name,
                *(record.described()[what] for what in ("step", "reset", "fires at")),
                f"{record.library} {record.versions}",
            )
            for record in RECORDS.values()
        ],
        cut="of",
    )


def _attempted(attempt: Attempt) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "conventions": attempt.conventions.name,
        "dt": attempt.dt,
        "differing": attempt.differing,
        "membrane": attempt.membrane if attempt.layers else None,
        "reproduces": attempt.differing == 0,
        "layers": [asdict(layer) for layer in attempt.layers],
        "reason": attempt.reason or None,
    }


def _print_attempts(file: Path, attempts: list[Attempt]) -> None:
    from bionlp.cli.output import print_table

    print_table(
        f"{file.name} under all conventions",
        ["conventions", "step", "differing spikes", "largest membrane difference", ""],
        [
            (
                attempt.conventions.name,
                f"{attempt.dt:g}",
                "-" if attempt.differing is None else attempt.differing,
                f"{attempt.membrane:.1e}" if attempt.layers else "-",
                attempt.reason or ("reproduces it" if attempt.differing == 0 else ""),
            )
            for attempt in attempts
        ],
        cut="",
    )
