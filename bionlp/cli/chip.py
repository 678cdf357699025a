"""``bionlp chip``: what of a model fits a neuromorphic chip, and what fitting it costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bionlp.cli import completion
from bionlp.cli.options import (
    DeviceName,
    Json,
    LabelColumn,
    Limit,
    Model,
    Seed,
    Split,
    TextColumn,
    given,
)
from bionlp.errors import UsageError
from bionlp.progress import Reporter

if TYPE_CHECKING:
    from bionlp.chips import Finding

EXAMPLE = "Example: bionlp chip mr --chip xylo --dataset mr --split dev"

TITLES = {
    "cores": "cores",
    "inputs": "inputs",
    "neurons": "neurons",
    "neurons_per_core": "neurons of a core",
    "outputs": "output neurons",
    "synapses": "synapses",
    "fan_in": "synapses onto a neuron",
    "weight_bits": "bits of a weight",
    "membrane_bits": "bits of a membrane",
    "delay": "delay in steps",
}


def chip(
    context: typer.Context,
    model: Model,
    chip: Annotated[
        str,
        typer.Option(
            help=f"Where it is to run: {', '.join(completion.CHIPS)}.",
            autocompletion=completion.choices(completion.CHIPS),
        ),
    ],
    dataset: Annotated[
        str | None,
        typer.Option(
            help="Measure accuracy on it before and after fitting, and the membranes.",
            autocompletion=completion.datasets,
        ),
    ] = None,
    split: Split = None,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    limit: Limit = None,
    device: DeviceName = "auto",
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Say what of a model fits a chip, what does not, and what fitting it costs.

    Fitting rounds weights to the bits of the chip, and keeps the largest weights
    of each neuron as far as the chip has synapses for them. Limits are those of
    published sources; what none of them says is not judged.
    """
    from bionlp.chips import choose_chip, fitting, judge
    from bionlp.cli.output import load_examples, load_model, print_json

    report = Reporter()
    chosen = choose_chip(chip)
    classifier = load_model(model)
    classifier.require_rates("chips are")
    fitted = classifier.perturbed(fitting(chosen))
    steps = fitted.perturbations.steps if fitted.perturbations else ()
    examples: Sequence[Any] = []
    if dataset is None:
        of_dataset = given(context, ["split", "text_column", "label_column", "limit"])
        if of_dataset:
            option = of_dataset[0].replace("_", "-")
            raise UsageError(f"--{option} is of a dataset; name one with --dataset")
    else:
        columns = {"text_column": text_column, "label_column": label_column}
        selection = load_examples(classifier, dataset, split, limit, report, **columns)
        examples, split = selection.examples, selection.split
    findings = judge(classifier, fitted, chosen, examples)
    accuracy = None
    if examples:
        accuracy = {
            name: _accuracy(one, examples, seed, device, report)
            for name, one in (("before", classifier), ("after", fitted))
        }
    if as_json:
        print_json(
            {
                "model": classifier.name,
                "chip": chip,
                "title": chosen.title,
                "limits": {finding.name: finding.document for finding in findings},
                "fitting": [str(step) for step in steps],
                "dataset": dataset,
                "split": split if dataset else None,
                "n": len(examples),
                "accuracy": accuracy,
            }
        )
    else:
        _print(f"{classifier.name} on {chosen.title}", findings)
        done = ", ".join(map(str, steps)) or "nothing that can be fitted"
        typer.echo(f"made to fit by: {done}")
        if accuracy:
            typer.echo(
                f"accuracy on {len(examples)} sentences of {dataset} {split}: "
                f"{accuracy['before']:.2%} before, {accuracy['after']:.2%} after"
            )
        for source in dict.fromkeys(f.limit.source for f in findings if f.limit):
            typer.echo(f"source: {source}")


def _accuracy(
    classifier: Any, examples: Sequence[Any], seed: int, device: str, report: Reporter
) -> float:
    from bionlp.devices import choose_device
    from bionlp.evaluation import evaluate

    with report.fraction("sentences", len(examples)) as advance:
        return evaluate(
            classifier,
            examples,
            steps=classifier.steps,
            seed=seed,
            device=choose_device(device),
            advance=advance,
        ).accuracy


def _print(title: str, findings: list[Finding]) -> None:
    from bionlp.cli.output import print_table

    print_table(
        title,
        ["limit", "needed", "the chip has", "fits", "made to fit", "fits then"],
        [
            (
                TITLES[finding.name],
                _said(finding.needed),
                _said(finding.limit.most if finding.limit else None),
                VERDICTS[finding.fits(finding.needed)],
                _said(finding.fitted),
                VERDICTS[finding.fits(finding.fitted)],
            )
            for finding in findings
            if finding.limit or finding.needed is not None
        ],
    )


VERDICTS = {True: "yes", False: "no", None: "-"}


def _said(number: int | None) -> str:
    return "unknown" if number is None else f"{number:,}"
