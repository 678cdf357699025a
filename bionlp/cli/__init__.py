"""The command line, ``bionlp``.

Results go to standard output, everything else to standard error. Each subcommand has a module of
its own; heavy packages are imported when a command runs, so that ``--help`` answers at once.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any, cast

import typer
import typer.core

from bionlp.cli import (
    ablate,
    attack,
    bench,
    calibrate,
    chip,
    confidence,
    data,
    demo,
    doctor,
    embeddings,
    energy,
    evaluate,
    experiment,
    experiment_bundled,
    export,
    finetune,
    margin,
    neurons,
    nir,
    plot,
    predict,
    record,
    report,
    simulate,
    train,
    validate,
)
from bionlp.cli.streams import ReaderGone, standard_streams
from bionlp.errors import INTERRUPTED, BionlpError
from bionlp.text import printable


class _Commands(typer.core.TyperGroup):
    """All commands; each can be interrupted."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BaseException as error:
            if not _interrupted(error):
                raise
            print("interrupted", file=sys.stderr)
            sys.exit(INTERRUPTED)


def _interrupted(error: BaseException | None) -> bool:
    """Tell whether Ctrl-C was pressed; some libraries make an error of their own of it."""
    while error and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__
    return error is not None


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Run text classifiers as spiking networks in Brian 2.",
    epilog='Example: bionlp simulate mr "a gripping , funny and moving film"',
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
app.command(epilog=predict.EXAMPLE)(predict.predict)
app.command(epilog=validate.EXAMPLE)(validate.validate)
app.command(epilog=evaluate.EXAMPLE)(evaluate.evaluate)
app.command(epilog=chip.EXAMPLE)(chip.chip)
app.command(epilog=attack.EXAMPLE)(attack.attack)
app.command(epilog=confidence.EXAMPLE)(confidence.confidence)
app.command(epilog=train.EXAMPLE)(train.train)
app.command(epilog=record.EXAMPLE)(record.record)
app.command(epilog=plot.EXAMPLE)(plot.plot)
app.command(epilog=report.EXAMPLE)(report.report)
app.command(epilog=bench.EXAMPLE)(bench.bench)
app.command(epilog=energy.EXAMPLE)(energy.energy)
app.command(epilog=export.EXAMPLE)(export.export)
app.command(epilog=neurons.EXAMPLE)(neurons.neurons)
app.command(epilog=ablate.EXAMPLE)(ablate.ablate)
app.command(epilog=calibrate.EXAMPLE)(calibrate.calibrate)
app.command(epilog=margin.EXAMPLE)(margin.margin)
app.command(epilog=finetune.EXAMPLE)(finetune.finetune)
app.command(epilog=doctor.EXAMPLE)(doctor.doctor)
app.command(epilog=demo.EXAMPLE)(demo.demo)
app.add_typer(data.app, name="data")
app.add_typer(embeddings.app, name="embeddings")
experiment.app.command(
    epilog=experiment_bundled.PERTURB, short_help="Perturbations of the bundled models."
)(experiment_bundled.perturb)
experiment.app.command(
    epilog=experiment_bundled.NEURONS, short_help="Other neurons in the bundled models."
)(experiment_bundled.neurons)
experiment.app.command(
    epilog=experiment_bundled.CLOCK, short_help="The bundled models in smaller time steps."
)(experiment_bundled.clock)
app.add_typer(experiment.app, name="experiment")
app.add_typer(nir.app, name="nir")


def main() -> None:
    """Run the command line; errors of the user become one line and an exit code."""
    arguments = sys.argv[1:]
    # Brian 2 does without pylab, all of matplotlib under other names, which nothing here calls.
    sys.modules.setdefault("pylab", cast(Any, None))
    with standard_streams():
        try:
            _run(arguments)
        except ReaderGone as error:
            sys.exit(error.exit_code)
        except BionlpError as error:
            print(f"error: {printable(str(error))}", file=sys.stderr)
            sys.exit(error.exit_code)


def _run(arguments: list[str]) -> None:
    try:
        app(arguments, prog_name="bionlp")
    except SystemExit:
        # Only what has been written is done.
        sys.stdout.flush()
        raise
