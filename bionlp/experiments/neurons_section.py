"""The table of neuron models: what a trained network does with other neurons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from textwrap import fill

from analysis.statistics import Interval, proportion_interval
from bionlp.experiments.cells import DATASETS
from bionlp.experiments.layout import datasets_of, markdown
from bionlp.experiments.neurons import COUNTED, FITTED, TRAINED
from bionlp.experiments.store import Record

EXPLANATION = """\
All neurons of the bundled models are replaced in Brian 2, their weights are not. Accuracy on the
first {sentences} sentences of test{fewer}, with 95 % confidence intervals (Wilson), as the models
stand on the shelf (`bionlp neurons`), and with a gain and a bias of each layer that were fitted on
{fitted} training sentences (`bionlp calibrate`), labels not looked at. The error is that of a
neuron's spikes in a sentence, root of the mean square, over layers: before and after the fit.
Spikes and synaptic operations are means over {counted} sentences, of the fitted network. Seconds
are those of a sentence, building and compiling included, beside the load that there was."""
TUNED = """\
In the column "Tuned" the weights were then tuned to the fitted neurons, with these in the loop
(`bionlp finetune`): {epochs} epochs of {asked} training sentences in Brian 2, the epoch chosen
on {dev_sentences} sentences of dev, the weights as they were among the candidates."""


def neurons_section(records: Sequence[Record]) -> list[str]:
    """Lay out all finished cells.

    Parameters
    ----------
    records : sequence of dict
        The cells.

    Returns
    -------
    list of str
        Paragraphs of Markdown; none without cells.
    """
    if not records:
        return []
    usual = _usual(records)
    some = any(record["sentences"] != usual for record in records)
    fewer = ", or on the first n where the table says so" if some else ""
    told = EXPLANATION.format(sentences=usual, fewer=fewer, fitted=FITTED, counted=COUNTED)
    return [
        "## Other neurons with the trained weights",
        fill(told, 100),
        *_tuning_told(records),
        neurons_table(records),
        "\n".join(f"- {title}: {source}." for title, source in _sources(records).items()),
        "Commands:",
        "\n".join(f"    {record['command']}" for record in records),
    ]


def _tuning_told(records: Sequence[Record]) -> list[str]:
    """Say how weights were tuned, if any were."""
    tuned = [record["tuned"] for record in records if record.get("tuned")]
    if not tuned:
        return []
    told = {
        name: _span(found[name] for found in tuned) for name in ("epochs", "asked", "dev_sentences")
    }
    return [fill(TUNED.format(**told), 100)]


def _span(numbers: Iterable[int]) -> str:
    """Say a number, or the least and the greatest of several."""
    found = sorted(set(numbers))
    return f"{found[0]}" if len(found) == 1 else f"{found[0]} to {found[-1]}"


def neurons_table(records: Sequence[Record]) -> str:
    """Lay out cells: a row for each network and model of neurons."""
    rows, usual = [], _usual(records)
    tuned = any(record.get("tuned") for record in records)
    for dataset in datasets_of(records):
        own = [record for record in records if record["dataset"] == dataset]
        for record in sorted(own, key=lambda record: record["neurons"] != TRAINED):
            work, fits = record["work"], record["layers"].values()
            errors = [
                f"{sum(fit[name] for fit in fits) / len(fits):.2f}" if fits else ""
                for name in ("error_before", "error_after")
            ]
            rows.append(
                [
                    DATASETS[dataset],
                    record["title"],
                    f"{record['dt_ms']:g}",
                    accuracy_told(record["before"], usual),
                    accuracy_told(record["after"], usual),
                    *(
                        [accuracy_told((record.get("tuned") or {}).get("test"), usual)]
                        if tuned
                        else []
                    ),
                    *errors,
                    f"{work['spikes']:,.0f}",
                    f"{work['synaptic_operations'] / 1e6:,.1f} M",
                    f"{work['seconds']:.2f}",
                ]
            )
    head = ["Network", "Neurons", "Step, ms", "Accuracy", "Fitted", *(["Tuned"] if tuned else [])]
    return markdown([*head, "Error", "Fitted", "Spikes", "Operations", "Seconds"], rows)


def accuracy_told(scores: dict[str, float] | None, usual: int | None = None) -> str:
    """Say an accuracy with its interval.

    Parameters
    ----------
    scores : dict or None
        As of a record; nothing is said of none.
    usual : int, optional
        Number of sentences that needs no word.
    """
    if scores is None:
        return ""
    n = int(scores["n"])
    of = "" if usual in (None, n) else f", n = {n}"
    return share_told(proportion_interval(round(scores["accuracy"] * n), n)) + of


def share_told(share: Interval) -> str:
    """Say a share and its interval in percent."""
    return f"{100 * share.estimate:.1f} ({100 * share.low:.1f} to {100 * share.high:.1f})"


def _usual(records: Sequence[Record]) -> int:
    """Return the number of sentences of most cells; the largest of several."""
    counts = Counter(record["sentences"] for record in records)
    return max(counts, key=lambda n: (counts[n], n))


def _sources(records: Sequence[Record]) -> dict[str, str]:
    return {record["title"]: record["source"] for record in records if record["source"]}
