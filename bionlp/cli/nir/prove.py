"""``bionlp nir prove``: every spike, compared with what another library computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from bionlp.cli.nir.options import File, Like, Reference, RoundDelays, TimeStep
from bionlp.cli.options import Backend, Json, Synapses

if TYPE_CHECKING:
    from networks.nir.proof import LayerProof

EXAMPLE = "Example: bionlp nir prove network.nir --like snntorch --reference computed.npz"


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

    Exits with code 1 if a spike differs.
    """
    from dataclasses import asdict

    from bionlp.cli.output import print_json
    from bionlp.engine import Engine, backend_errors
    from bionlp.graphs import graph_errors, load_graph
    from networks.nir.proof import count_differing
    from networks.nir.proof import prove as compare
    from networks.nir.reference import read_reference

    imported = load_graph(file, like, dt=dt, round_delays=round_delays)
    engine = Engine(backend, synapses).chosen(1)
    with graph_errors(), backend_errors():
        layers = compare(
            imported, read_reference(reference), backend=engine.backend, synapses=engine.synapses
        )
    differing = count_differing(layers)
    if as_json:
        document = {
            "file": str(file),
            "conventions": imported.conventions.name,
            "dt": imported.dt,
            "backend": engine.backend,
            "differing": differing,
            "layers": [asdict(layer) for layer in layers],
        }
        print_json(document)
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
