"""``bionlp finetune``: tune the weights of a model to other neurons, which run in Brian 2."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from bionlp.cli import completion
from bionlp.cli.options import (
    Backend,
    DatasetOption,
    Json,
    LabelColumn,
    Model,
    Seed,
    TextColumn,
    TimeStep,
)
from bionlp.limits import MOST_EPOCHS, MOST_SENTENCES
from bionlp.progress import Reporter
from bionlp.training.settings import LEAST_RATE, MOST_RATE, MOST_UNITS

EXAMPLE = "Example: bionlp finetune mr --neurons adex-mr.toml --dataset mr --out models/mr-adex"


def finetune(
    model: Model,
    neurons: Annotated[
        str,
        typer.Option(
            metavar="FILE|NAME",
            help="The other neurons, best as bionlp calibrate wrote them: a TOML file, or a name.",
            autocompletion=completion.neurons,
        ),
    ],
    dataset: DatasetOption,
    out: Annotated[Path, typer.Option(help="Folder of the model. A killed training goes on.")],
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    sentences: Annotated[
        int, typer.Option(min=1, max=MOST_SENTENCES, help="Of train, so many are learned from.")
    ] = 1000,
    dev_sentences: Annotated[
        int, typer.Option(min=1, max=MOST_SENTENCES, help="Of dev, so many choose the epoch.")
    ] = 300,
    epochs: Annotated[
        int, typer.Option(min=1, max=MOST_EPOCHS, help="Passes over the sentences.")
    ] = 3,
    rate: Annotated[float, typer.Option(min=LEAST_RATE, max=MOST_RATE, help="Of Adam.")] = 3e-4,
    batch_size: Annotated[
        int, typer.Option(min=1, max=MOST_UNITS, help="Sentences in a step.")
    ] = 32,
    backend: Backend = "auto",
    seed: Seed = 0,
    dt: TimeStep = 1.0,
    as_json: Json = False,
) -> None:
    """Tune the weights of a model to other neurons, with these in the loop.

    Each batch is presented in Brian 2 with the weights as they are; gradients of
    the spikes that came are taken in PyTorch by tandem learning. The epoch is
    chosen on dev, in Brian 2, and the weights as they were are a candidate, too.
    The new model is for the same --neurons.
    """
    from bionlp.checkpoint import save_classifier
    from bionlp.cli.output import evaluation, load_model, neurons_and_step, print_json
    from bionlp.datasets.selection import select
    from bionlp.engine import Engine
    from bionlp.files import make_folder
    from bionlp.naming import name_of
    from bionlp.training.fit import FitSettings
    from bionlp.training.in_the_loop import NAME, some_of, tune_in_the_loop
    from bionlp.training.state import state_folder

    state = state_folder(out)
    make_folder(out)
    report, classifier = Reporter(), load_model(model)
    columns = {"text_column": text_column, "label_column": label_column}
    train, dev = (
        select(classifier, dataset, split, None, **columns).examples for split in ("train", "dev")
    )
    tuned = tune_in_the_loop(
        classifier,
        some_of(train, sentences, seed),
        some_of(dev, dev_sentences, seed),
        FitSettings(epochs, rate, batch_size, seed),
        engine=Engine(backend, "shared", **neurons_and_step(neurons, dt)),
        folder=state,
        report=report,
        name=name_of(out.name),
    )
    save_classifier(tuned, out)
    shutil.rmtree(state)
    record = tuned.training[NAME]
    if as_json:
        print_json({"model": classifier.name, "dataset": dataset, "out": str(out)} | record)
        return
    accuracies, best = record["dev_accuracy"], record["best_epoch"]
    typer.echo(
        f"dev, {record['dev_sentences']} sentences: {accuracies[0]:.1%} before, "
        f"{accuracies[best]:.1%} after epoch {best}"
        if best
        else f"no epoch is better on dev than {accuracies[0]:.1%}: the weights are as they were"
    )
    typer.echo(f"{out}; try: {evaluation(str(out), dataset, neurons, dt)}")
