"""``bionlp attack``: words that mean the same and change the label."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bionlp.attacks.recipes import ATTACKS
from bionlp.cli import completion
from bionlp.cli.options import (
    DatasetOption,
    Decay,
    Encoder,
    Json,
    LabelColumn,
    LanguageModel,
    Limit,
    Model,
    Noise,
    Scheduler,
    Seed,
    Split,
    Steps,
    Synonyms,
    Tagger,
    TextColumn,
    Threshold,
    WordNet,
    chosen_cluster,
)
from bionlp.errors import INTERRUPTED, UsageError
from bionlp.progress import Reporter

if TYPE_CHECKING:
    from bionlp.attacks.document import AttackReport

EXAMPLE = "Example: bionlp attack mr --dataset mr --attack textfooler --limit 100"
MOST_CANDIDATES, MOST_QUERIES, MOST_SHOWN = 100, 1_000_000, 10_000


def attack(
    context: typer.Context,
    model: Model,
    dataset: DatasetOption,
    name: Annotated[
        str,
        typer.Option(
            "--attack",
            help=f"{', '.join(ATTACKS)}.",
            autocompletion=completion.choices(ATTACKS),
        ),
    ],
    words: Annotated[
        str,
        typer.Option(
            metavar="SHARE",
            help="Largest share of the words that is replaced, or several: 0.1,0.2.",
        ),
    ] = "0.1",
    candidates: Annotated[
        int, typer.Option(min=1, max=MOST_CANDIDATES, help="Most replacements tried for a word.")
    ] = 15,
    similarity: Annotated[
        float,
        typer.Option(
            min=-1, max=1, help="Least cosine between a sentence and its original; -1 for any."
        ),
    ] = 0.8,
    noise: Noise = "fixed",
    queries: Annotated[
        int, typer.Option(min=1, max=MOST_QUERIES, help="Most queries for a sentence.")
    ] = 2_000,
    draws: Annotated[
        int, typer.Option(min=1, max=500, help="Fresh presentations that judge each text.")
    ] = 20,
    split: Split = None,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    limit: Limit = None,
    synonyms: Synonyms = None,
    wordnet: WordNet = None,
    language_model: LanguageModel = None,
    encoder: Encoder = None,
    tagger: Tagger = None,
    scheduler: Scheduler = None,
    steps: Steps = None,
    seed: Seed = 0,
    decay: Decay = None,
    threshold: Threshold = None,
    show: Annotated[
        int, typer.Option(min=0, max=MOST_SHOWN, help="Show so many of the texts that were found.")
    ] = 0,
    replay: Annotated[
        int,
        typer.Option(
            min=0, max=MOST_SHOWN, help="Show so many of them to Brian 2, and compare each spike."
        ),
    ] = 0,
    out: Annotated[
        Path | None, typer.Option(help="Folder for attack.json and adversarial.csv.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Look for words that mean the same and change the label.

    A spiking network answers otherwise in each presentation. So what is found
    is presented afresh: a success is told as the papers count it, once, in the
    search; as what lasts in most fresh presentations; and as what an attack
    finds that goes on until 7 of 8 of them are wrong.

    Exits with code 1 if a spike of --replay differs.
    """
    from bionlp.attacks import noise as noises
    from bionlp.attacks.document import AttackReport, write_report
    from bionlp.attacks.plan import Parts, make_plan
    from bionlp.attacks.run import attack as run
    from bionlp.attacks.victims import SpikingVictim
    from bionlp.cli.output import load_examples, load_model, print_json
    from bionlp.files import make_folder

    report = Reporter()
    common = noises.Noise.parse(noise)
    if replay and str(common) != "fixed":
        raise UsageError("--replay needs the spikes of the search, which --noise fixed has one of")
    shares = _shares(words)
    cluster = chosen_cluster(context, scheduler)
    classifier = load_model(model, decay, threshold)
    parts = Parts(synonyms, wordnet, language_model, encoder, tagger)
    plan = make_plan(
        name,
        classifier.language,
        parts,
        shares=shares,
        candidates=candidates,
        similarity=similarity,
        most_queries=queries,
        draws=draws,
    )
    columns = {"text_column": text_column, "label_column": label_column}
    selection = load_examples(classifier, dataset, split, limit, report, **columns)
    if out:
        make_folder(out)
    victim = SpikingVictim(classifier, seed=seed, noise=common, steps=steps)
    started = time.perf_counter()
    try:
        with report.fraction("attacked sentences", len(selection.examples)) as advance:
            examples = selection.examples
            outcomes = run(victim, examples, plan, workers=cluster, advance=advance)
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    seconds = time.perf_counter() - started
    found = AttackReport(name, victim, selection, plan, dict(outcomes), seconds)
    replayed = found.replay(replay) if replay else None
    document = {"model": classifier.name, "dataset": dataset, **found.document(replayed)}
    if out:
        write_report(found, document, out)
        report.note(f"attack.json and adversarial.csv are in {out}")
    if as_json:
        print_json(document)
    else:
        _print(document, found, show)
    if replayed and replayed.differing:
        raise typer.Exit(1)


def _shares(words: str) -> tuple[float, ...]:
    try:
        shares = tuple(float(share) for share in words.split(","))
    except ValueError:
        shares = ()
    if not shares or not all(0 < share <= 1 for share in shares):
        raise UsageError(
            f"--words is a share of the words above 0 and up to 1, or several with commas, such "
            f"as 0.1,0.2, not {words[:60]!r}"
        )
    return tuple(dict.fromkeys(shares))


DEFINITIONS = {
    "once": "wrong once, in the search",
    "lasting": "and in most fresh presentations",
    "insisting": "going on until 7 of 8 are wrong",
}


def _print(document: dict[str, Any], found: AttackReport, show: int) -> None:
    from bionlp.cli.output import print_table

    for share, measures in document["words"].items():
        clean = measures["clean"]
        typer.echo(
            f"{document['attack']} on {document['model']} ({document['dataset']} "
            f"{document['split']}), at most {float(share):.0%} of the words, noise "
            f"{document['noise']}, seed {document['seed']}: {measures['right']} of "
            f"{measures['n']} sentences are right ({clean['accuracy']:.1%}; fresh presentations "
            f"{clean['fresh']:.1%}, and {clean['unstable']:.1%} are unstable)"
        )
        print_table(
            "",
            ["a sentence is fooled if it is", "robust accuracy", "95 % interval", "success"],
            [
                (
                    words,
                    _percent(measures[name]["robust"]),
                    " to ".join(map(_percent, measures[name]["interval"])),
                    _percent(measures[name]["success"]),
                )
                for name, words in DEFINITIONS.items()
            ],
        )
        typer.echo(
            f"success without words that the model does not know: {_percent(measures['known'])}; "
            f"accuracy on what was found, fresh presentations: {measures['fresh_accuracy']:.1%}; "
            f"right again in most of them: {_percent(measures['undone'])}"
        )
        typer.echo(
            f"a sentence: {_number(measures['queries'])} queries, {_number(measures['changed'])} "
            f"words changed ({_percent(measures['unknown'])} of the new ones unknown), similarity "
            f"{_number(measures['similarity'], '.2f')}"
        )
    typer.echo(
        f"{document['seconds']:.0f} s, {document['sentences_per_s']:.1f} sentences a second; "
        + ", ".join(f"{part}: {name}" for part, name in document["parts"].items() if name)
    )
    if document["replay"]:
        again = document["replay"]
        typer.echo(
            f"Brian 2 ({again['backend']}): {again['same_label']} of {again['texts']} texts have "
            f"the label of the search, {again['differing']:,} of {again['spikes']:,} spikes differ"
        )
    if show:
        _print_texts(found, show)


def _print_texts(found: AttackReport, most: int) -> None:
    from bionlp.cli.output import print_table

    rows = [
        (
            text["label"],
            text["adversarial_label"] or "undecided",
            f"{text['wrong']:.0%}",
            ", ".join(f"{old} -> {new}" for old, new in text["changes"]),
            text["original"],
        )
        for text in found.texts()[:most]
    ]
    print_table(
        "texts that were found, with the share of fresh presentations that are wrong",
        ["true", "given", "wrong", "changes", "sentence"],
        rows,
    )


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _number(value: float | None, form: str = ".1f") -> str:
    return "-" if value is None else format(value, form)
