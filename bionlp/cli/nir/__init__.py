"""``bionlp nir``: networks of other libraries, looked at, simulated and proven."""

from __future__ import annotations

import typer

from bionlp.cli.nir import bench, conventions, inspect, prove, run

app = typer.Typer(
    no_args_is_help=True,
    help="Networks of other libraries, from NIR files: look at them, simulate and prove them.",
    epilog=inspect.EXAMPLE,
)
app.command(epilog=inspect.EXAMPLE)(inspect.inspect)
app.command(epilog=run.EXAMPLE)(run.run)
app.command(epilog=prove.EXAMPLE)(prove.prove)
app.command(epilog=conventions.EXAMPLE)(conventions.conventions)
app.command(epilog=bench.EXAMPLE)(bench.bench)
