"""``bionlp doctor``: what can run here, and what the rest lacks."""

from __future__ import annotations

import typer

from bionlp.cli.options import Json

EXAMPLE = "Example: bionlp doctor"


def doctor(as_json: Json = False) -> None:
    """Say which backends of Brian 2 and devices of PyTorch work here, and what others lack.

    Training on a GPU is written, but has not been tried on one yet.
    """
    import os
    import platform
    from importlib import metadata

    from bionlp.cli.output import print_json
    from bionlp.devices import DEVICES
    from bionlp.devices import missing as device_missing
    from networks.brian import BACKENDS, missing

    lacking = {backend: missing(backend) for backend in BACKENDS}
    devices = {name: device_missing(name) for name in DEVICES if name != "auto"}
    versions = {
        "python": platform.python_version(),
        "brian2": metadata.version("brian2"),
        "torch": metadata.version("torch"),
    }
    places = {name: os.environ.get(name) for name in ("GENN_PATH", "CUDA_PATH")}
    if as_json:
        document = {
            plural: [
                {kind: name, "works": lack is None, "missing": lack} for name, lack in found.items()
            ]
            for plural, kind, found in (
                ("backends", "backend", lacking),
                ("devices", "device", devices),
            )
        }
        print_json(document | {"versions": versions, "environment": places})
        return
    for name, lack in (
        lacking | {f"PyTorch {name}": lack for name, lack in devices.items()}
    ).items():
        typer.echo(f"{name:15} {'cannot run here: ' + lack if lack else 'can run here'}")
    told = {**versions, **{name: place or "not set" for name, place in places.items()}}
    typer.echo("; ".join(f"{name} {value}" for name, value in told.items()))
