"""``bionlp train``: both stages of training, from labelled sentences to a spiking classifier."""

from __future__ import annotations

import shlex
import sys
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Annotated, Any, cast

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
from bionlp.training.settings import ARCHITECTURES, AUGMENTATIONS, OWN, RECIPES, recipe

EXAMPLE = "Example: bionlp train --dataset mr --embeddings glove-wiki-gigaword-300 --out models/mr"

DEFAULT = recipe("default")


def _checked(parameter: typer.CallbackParam, value: Any) -> Any:
    """Let the settings check a number; bounds in the help would leave no room for its name."""
    recipe("default", **{parameter.name: value})
    return value


STAGES = ("tailored", "converted", "finetuned", "encoder")
"""What accuracies are printed of, where it was trained."""

_setting = partial(typer.Option, callback=_checked)
_network = partial(_setting, rich_help_panel="Network")
_tailored = partial(_setting, rich_help_panel="Tailored network")
_finetuning = partial(_setting, rich_help_panel="Fine-tuning")
_encoder = partial(_setting, rich_help_panel="Spiking encoder (snnbert)")
_learning = partial(_setting, rich_help_panel="Learning")
_lessons = partial(_setting, rich_help_panel="Lessons")


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
    seed: Annotated[int, _setting(help="Of all randomness but the split.")] = DEFAULT.seed,
    split_seed: Annotated[
        int, _setting(help="Of the split into train, dev and test.")
    ] = DEFAULT.split_seed,
    length: Annotated[
        int | None,
        _network(help="Words a sentence. Default: enough for 95 % of the sentences."),
    ] = DEFAULT.length,
    vocabulary_size: Annotated[
        int, _network(help="Words the model knows.")
    ] = DEFAULT.vocabulary_size,
    maps: Annotated[int, _network(help="Feature maps a width.")] = DEFAULT.maps,
    neurons_per_class: Annotated[
        int, _network(help="Output neurons a class.")
    ] = DEFAULT.neurons_per_class,
    dropout: Annotated[float, _network(help="Of pooled features.")] = DEFAULT.dropout,
    threshold: Annotated[float, _network(help="Of every neuron.")] = DEFAULT.threshold,
    decay: Annotated[
        float, _network(help="Of every membrane per step, in (0, 1].")
    ] = DEFAULT.decay,
    steps: Annotated[int, _network(help="Steps a sentence.")] = DEFAULT.steps,
    silent_below: Annotated[
        float,
        _network(
            help="Embedding values below this never fire, in standard deviations from the mean."
        ),
    ] = DEFAULT.silent_below,
    batch_size: Annotated[int, _tailored(help="Sentences in a step.")] = DEFAULT.batch_size,
    tailored_epochs: Annotated[
        int, _tailored(help="Passes over the training split.")
    ] = DEFAULT.tailored_epochs,
    tailored_rate: Annotated[float, _tailored(help="Learning rate.")] = DEFAULT.tailored_rate,
    embedding_rate: Annotated[
        float, _tailored(help="Learning rate of the embeddings.")
    ] = DEFAULT.embedding_rate,
    noise_steps: Annotated[
        int, _tailored(help="Noise of the tailored stage's input; 0 for none.")
    ] = cast(int, DEFAULT.noise_steps),
    finetuning_batch_size: Annotated[
        int, _finetuning(help="Sentences in a step.")
    ] = DEFAULT.finetuning_batch_size,
    finetuning_epochs: Annotated[
        int, _finetuning(help="Passes over the training split.")
    ] = DEFAULT.finetuning_epochs,
    finetuning_rate: Annotated[float, _finetuning(help="Learning rate.")] = DEFAULT.finetuning_rate,
    annealed: Annotated[
        bool, _learning(help="Let learning rates fall to zero along half a cosine.")
    ] = DEFAULT.annealed,
    finetuning_steps: Annotated[
        int, _finetuning(help="Steps a sentence in fine-tuning.")
    ] = DEFAULT.finetuning_steps,
    gain: Annotated[
        float, _tailored(help="Factor on the tailored network's initial weights.")
    ] = DEFAULT.gain,
    centred: Annotated[bool, _tailored(help="Keep the kernels of zero mean.")] = DEFAULT.centred,
    select_converted: Annotated[
        bool,
        _learning(help="Select the tailored epoch by its accuracy after conversion."),
    ] = DEFAULT.select_converted,
    diversity: Annotated[
        float, _finetuning(help="Spread of a class's weights before fine-tuning.")
    ] = DEFAULT.diversity,
    teachers: Annotated[
        int, _lessons(help="Original TextCNNs that teach the networks; 0 for none.")
    ] = DEFAULT.teachers,
    pieces: Annotated[
        int, _lessons(help="New sentences, for each sentence, that they teach with.")
    ] = DEFAULT.pieces,
    teacher: Annotated[
        str | None,
        _lessons(
            help="Transformer that teaches instead of TextCNNs, or beside the --teachers that are "
            "asked for: minilm, a folder, or a name that the library transformers knows.",
            autocompletion=completion.transformers,
        ),
    ] = DEFAULT.teacher,
    teacher_epochs: Annotated[
        int, _lessons(help="Passes of its fine-tuning.")
    ] = DEFAULT.teacher_epochs,
    teacher_rate: Annotated[
        float, _lessons(help="Learning rate of its fine-tuning.")
    ] = DEFAULT.teacher_rate,
    teacher_batch_size: Annotated[
        int, _lessons(help="Sentences in a step of its fine-tuning.")
    ] = DEFAULT.teacher_batch_size,
    phrases: Annotated[
        bool,
        _lessons("--phrases", help="Learn from labelled phrases, too, of sst2 and sst5."),
    ] = DEFAULT.phrases,
    augment: Annotated[
        str,
        _lessons(
            help=f"{', '.join(AUGMENTATIONS)}: what words are replaced by while networks learn, as "
            "a defence against attacks.",
            autocompletion=completion.choices(AUGMENTATIONS),
        ),
    ] = DEFAULT.augment,
    augment_share: Annotated[
        float, _lessons(help="Probability that a word is replaced.")
    ] = DEFAULT.augment_share,
    architecture: Annotated[
        str,
        _network(
            help=f"{', '.join(ARCHITECTURES)}: a TextCNN that becomes a spiking network, or a "
            "spiking transformer that reads a word a step.",
            autocompletion=completion.choices(ARCHITECTURES),
        ),
    ] = DEFAULT.architecture,
    width: Annotated[int, _encoder(help="Neurons of the residual current.")] = DEFAULT.width,
    blocks: Annotated[int, _encoder(help="Blocks of attention.")] = DEFAULT.blocks,
    heads: Annotated[int, _encoder(help="Heads of an attention.")] = DEFAULT.heads,
    hidden: Annotated[int, _encoder(help="Neurons of a feed-forward part.")] = DEFAULT.hidden,
    causal: Annotated[
        bool, _encoder("--causal", help="Tell a word only of what came before.")
    ] = DEFAULT.causal,
    spike_dropout: Annotated[
        float, _encoder(help="Of spikes into the residual current.")
    ] = DEFAULT.spike_dropout,
    word_dropout: Annotated[
        float, _encoder(help="Probability that a word is left out in training.")
    ] = DEFAULT.word_dropout,
    encoder_batch_size: Annotated[
        int, _encoder(help="Sentences in a step.")
    ] = DEFAULT.encoder_batch_size,
    encoder_epochs: Annotated[
        int, _encoder(help="Passes over the training split.")
    ] = DEFAULT.encoder_epochs,
    encoder_rate: Annotated[float, _encoder(help="Learning rate.")] = DEFAULT.encoder_rate,
    rate_penalty: Annotated[
        float, _encoder(help="Weight of the mean firing rate in the loss.")
    ] = DEFAULT.rate_penalty,
    device: DeviceName = "auto",
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
) -> None:
    """Train a tailored TextCNN, convert it to a spiking network, and fine-tune that.

    Original TextCNNs are trained first and teach both networks. With --architecture
    snnbert, they teach a spiking transformer, which is trained directly.
    """
    from bionlp.datasets import load_dataset
    from bionlp.devices import check_device, choose_device
    from bionlp.embeddings import read_word_vectors
    from bionlp.training.corpus import Embeddings

    settings = recipe(recipe_name, **_changes(context))
    check_device(device)
    report = Reporter(quiet=quiet)
    corpus = load_dataset(
        dataset,
        seed=split_seed,
        language=language,
        text_column=text_column,
        label_column=label_column,
        phrases=phrases,
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


def _changes(context: typer.Context) -> dict[str, Any]:
    """Return the training settings that were given on the command line."""
    names = {field.name for field in fields(DEFAULT)} & context.params.keys()
    changes = {name: context.params[name] for name in given(context, names)}
    architecture = context.params["architecture"]
    for other in OWN.keys() - {architecture}:
        foreign = [name for name in OWN[other] if name in changes]
        if foreign:
            raise UsageError(
                f"--{foreign[0].replace('_', '-')} is of the architecture {other}, not of "
                f"{architecture}; leave it out"
            )
    if "noise_steps" in changes:
        changes["noise_steps"] = changes["noise_steps"] or None
    if changes.get("teacher") is not None:
        changes = {"teachers": 0} | changes
    return changes
