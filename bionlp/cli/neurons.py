"""``bionlp neurons``: models of neurons that can take the place of those that were trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bionlp.cli import completion
from bionlp.cli.options import Json
from bionlp.errors import UsageError

if TYPE_CHECKING:
    from networks.brian import NeuronModel

EXAMPLE = "Example: bionlp neurons adex --toml > mine.toml"


def neurons(
    name: Annotated[
        str | None,
        typer.Argument(
            help="One of them. Default: all.", autocompletion=completion.choices(completion.NEURONS)
        ),
    ] = None,
    as_toml: Annotated[
        bool, typer.Option("--toml", help="Print the model as a file for --neurons, to change it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show models of neurons: equations, parameters, where they are from.

    simulate, evaluate, predict, report and energy take one for all layers
    (--neurons adex), or a file with one for each.
    """
    from bionlp.cli.output import print_json
    from networks.brian.neuron_files import shelf, shelf_model, shelf_text

    if name is not None and name not in shelf():
        raise UsageError(f"there are no neurons {name!r}; choose one of {', '.join(shelf())}")
    if as_toml:
        if name is None or as_json:
            raise UsageError("--toml is of one model, as in: bionlp neurons adex --toml")
        typer.echo(shelf_text(name), nl=False)
        return
    models = {entry: shelf_model(entry) for entry in ([name] if name else shelf())}
    if as_json:
        print_json({"neurons": {entry: model.document for entry, model in models.items()}})
        return
    for entry, model in models.items():
        typer.echo(_said(entry, model, whole=name is not None))


def _said(name: str, model: NeuronModel, *, whole: bool) -> str:
    lines = [f"{name}: {model.title}", *_indented(model.equations)]
    lines += [f"    fires if {model.threshold}"]
    lines += (
        [f"    then {'; '.join(model.reset.split(chr(10))).strip('; ')}"] if model.reset else []
    )
    if whole:
        lines += [f"    {part} = {value}" for part, value in model.parameters.items()]
        lines += [f"    at first {part} = {value}" for part, value in model.initial.items()]
        lines += [f"    {model.receives} receives {model.scale} times the input of a step"]
        if model.longest_step:
            lines += [f"    steps of at most {model.longest_step}"]
    return "\n".join([*lines, f"    {model.source}", ""])


def _indented(text: str) -> list[str]:
    return [f"    {line.strip()}" for line in text.strip().splitlines()]
