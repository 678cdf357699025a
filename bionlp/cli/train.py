"""``bionlp train``: both stages of training, from labelled sentences to a spiking classifier."""

from __future__ import annotations

import shlex
import sys
from dataclasses import Field, fields
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from bionlp.cli import completion
from bionlp.cli.options import (
    DatasetOption,
    DeviceName,
    LabelColumn,
    SkipUndecodable,
    TextColumn,
    given,
)
from bionlp.errors import EmbeddingError, UsageError
from bionlp.limits import MOST_DIMENSION
from bionlp.progress import Reporter
from bionlp.training.settings import RECIPES, TrainingSettings, recipe

EXAMPLE = "Example: bionlp train --dataset mr --embeddings glove-wiki-gigaword-300 --out models/mr"

STAGES = ("tailored", "converted", "finetuned", "encoder")
"""What accuracies are printed of, where it was trained."""

COMPLETED = {"teacher": completion.transformers}
"""Settings that are completed by more than their choices."""


def _checked(parameter: typer.CallbackParam, value: Any) -> Any:
    """Let the settings check a number; bounds in the help would leave no room for its name."""
    recipe("default", **{parameter.name: value})
    return value


def _option(setting: Field[Any], kind: Any) -> Parameter:
    """Return the option of a setting; one that is off by itself has none that turns it off."""
    name, about = setting.name, setting.metadata
    option = typer.Option(
        *([f"--{name.replace('_', '-')}"] if setting.default is False else []),
        help=about["help"],
        rich_help_panel=about["panel"],
        callback=_checked,
        autocompletion=COMPLETED.get(name, completion.choices(about["choices"])),
    )
    return Parameter(
        name,
        Parameter.POSITIONAL_OR_KEYWORD,
        default=setting.default,
        annotation=Annotated[kind, option],
    )


def _with_settings(command: Any) -> Any:
    """Give a command the option of each setting, ahead of the options by keyword alone."""
    own = signature(command, eval_str=True).parameters.values()
    options = [option for option in own if option.kind is not Parameter.VAR_KEYWORD]
    kinds = get_type_hints(TrainingSettings)
    options += [_option(f, kinds[f.name]) for f in fields(TrainingSettings) if f.metadata["help"]]
    command.__signature__ = Signature(sorted(options, key=lambda option: option.kind))
    command.__annotations__ = {option.name: option.annotation for option in options}
    return command


@_with_settings
def train(
    context: typer.Context,
    dataset: DatasetOption,
    embeddings: Annotated[
        str,
        typer.Option(
            help="Word vectors: a file, a file's name in $BIONLP_EMBEDDINGS_DIR, or a name of "
            "gensim's downloader.",
            autocompletion=completion.word_vectors,
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the model. A killed training goes on.")],
    language: Annotated[
        str | None, typer.Option(help="en or zh, of a table of your own. Default: guessed.")
    ] = None,
    skip_undecodable: SkipUndecodable = False,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    dimension: Annotated[
        int | None,
        typer.Option(min=1, max=MOST_DIMENSION, help="Dimension that the word vectors must have."),
    ] = None,
    recipe_name: Annotated[
        str,
        typer.Option(
            "--recipe",
            help=f"{', '.join(RECIPES)}: what options that are not given are set to. "
            "The defaults shown here are those of the default recipe.",
            autocompletion=completion.choices(RECIPES),
        ),
    ] = "default",
    *,
    device: DeviceName = "auto",
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
    **chosen: Any,
) -> None:
    """Train a tailored TextCNN, convert it to a spiking network, and fine-tune that.

    Original TextCNNs are trained first and teach both networks. With --architecture
    snnbert, they teach a spiking transformer, which is trained directly.
    """
    from bionlp.datasets import load_dataset
    from bionlp.devices import check_device, choose_device
    from bionlp.embeddings import read_word_vectors
    from bionlp.training.corpus import Embeddings

    settings = recipe(recipe_name, **_changes(context, chosen))
    check_device(device)
    report = Reporter(quiet=quiet)
    corpus = load_dataset(
        dataset,
        seed=settings.split_seed,
        language=language,
        text_column=text_column,
        label_column=label_column,
        phrases=settings.phrases,
    )
    if corpus.skipped:
        report.note(f"left out {corpus.skipped} rows of {dataset} without a text")
    report.note(f"reading word vectors {embeddings}")
    found = read_word_vectors(embeddings, skip_undecodable=skip_undecodable)
    for remark in found.left_out.remarks():
        report.note(f"warning: {remark}")
    vectors = found.vectors
    if dimension and vectors.vector_size != dimension:
        raise EmbeddingError(
            f"{embeddings} has vectors of dimension {vectors.vector_size}, not {dimension}; "
            "choose other word vectors or another --dimension"
        )
    table = Embeddings(Path(embeddings).name, vectors.index_to_key, vectors.vectors)
    # Takes seconds to import, for which faults of the data need not wait.
    from bionlp.training.recipe import train as run

    command = shlex.join(["bionlp", *sys.argv[1:]])
    classifier = run(
        corpus, table, out, settings, command=command, report=report, device=choose_device(device)
    )
    measured = classifier.training["measured"]
    for stage in STAGES:
        if stage not in measured:
            continue
        typer.echo(
            f"{stage:9} dev {measured[stage]['dev_accuracy']:.2%}, "
            f"test {measured[stage]['test_accuracy']:.2%}"
        )
    typer.echo(f"model written to {out}; try: bionlp simulate {out} TEXT")


def _changes(context: typer.Context, chosen: dict[str, Any]) -> dict[str, Any]:
    """Return the training settings that were given on the command line."""
    changes = {name: chosen[name] for name in given(context, chosen)}
    architecture = chosen["architecture"]
    for setting in fields(TrainingSettings):
        only = setting.metadata["only"]
        if setting.name in changes and only not in (None, architecture):
            raise UsageError(
                f"--{setting.name.replace('_', '-')} is of the architecture {only}, not of "
                f"{architecture}; leave it out"
            )
    if "noise_steps" in changes:
        changes["noise_steps"] = changes["noise_steps"] or None
    if changes.get("teacher") is not None:
        changes = {"teachers": 0} | changes
    return changes
