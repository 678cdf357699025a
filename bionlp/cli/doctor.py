"""``bionlp doctor``: which backends can run here, and what the others lack."""

from __future__ import annotations

import typer

from bionlp.cli.options import Json

EXAMPLE = "Example: bionlp doctor"


def doctor(as_json: Json = False) -> None:
    """Say which backends of Brian 2 can run here, and what to do about the others."""
    import os
    import platform
    from importlib import metadata

    from bionlp.cli.output import print_json
    from networks.brian import BACKENDS, missing

    lacking = {backend: missing(backend) for backend in BACKENDS}
    versions = {"python": platform.python_version(), "brian2": metadata.version("brian2")}
    places = {name: os.environ.get(name) for name in ("GENN_PATH", "CUDA_PATH")}
    if as_json:
        backends = [
            {"backend": name, "works": lack is None, "missing": lack}
            for name, lack in lacking.items()
        ]
        print_json({"backends": backends, "versions": versions, "environment": places})
        return
    for name, lack in lacking.items():
        typer.echo(f"{name:15} {'cannot run here: ' + lack if lack else 'can run here'}")
    told = {**versions, **{name: place or "not set" for name, place in places.items()}}
    typer.echo("; ".join(f"{name} {value}" for name, value in told.items()))
