"""The command line, ``bionlp``.

Results go to standard output, everything else to standard error. Each subcommand has a module of
its own; heavy packages are imported when a command runs, so that ``--help`` answers at once.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from bionlp.cli import (
    bench,
    data,
    demo,
    doctor,
    embeddings,
    energy,
    evaluate,
    experiment,
    plot,
    report,
    simulate,
    train,
    validate,
)
from bionlp.errors import BionlpError

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Run text classifiers as spiking networks in Brian 2.",
    epilog='Example: bionlp simulate "a gripping , funny and moving film" --model mr',
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata

        typer.echo(f"bionlp {metadata.version('bionlp')}")
        raise typer.Exit()


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and leave."
        ),
    ] = False,
) -> None:
    pass


app.command(epilog=simulate.EXAMPLE)(simulate.simulate)
app.command(epilog=validate.EXAMPLE)(validate.validate)
app.command(epilog=evaluate.EXAMPLE)(evaluate.evaluate)
app.command(epilog=train.EXAMPLE)(train.train)
app.command(epilog=plot.EXAMPLE)(plot.plot)
app.command(epilog=report.EXAMPLE)(report.report)
app.command(epilog=bench.EXAMPLE)(bench.bench)
app.command(epilog=energy.EXAMPLE)(energy.energy)
app.command(epilog=doctor.EXAMPLE)(doctor.doctor)
app.command(epilog=demo.EXAMPLE)(demo.demo)
app.add_typer(data.app, name="data")
app.add_typer(embeddings.app, name="embeddings")
app.add_typer(experiment.app, name="experiment")


def main() -> None:
    """Run the command line; errors of the user become one line and an exit code."""
    try:
        app()
    except BionlpError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
