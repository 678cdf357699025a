"""``bionlp simulate``: sentences in, labels and recordings out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bionlp.cli import completion
from bionlp.cli.options import (
    Backend,
    Decay,
    Figures,
    Intervene,
    Json,
    Margin,
    Neurons,
    OldModel,
    Overwrite,
    Perturb,
    PerturbSeed,
    Precision,
    Record,
    Seed,
    Steps,
    Synapses,
    Threshold,
    TimeStep,
    note_old_model,
)
from bionlp.errors import OutputError, UsageError
from bionlp.files import make_folder
from bionlp.progress import Reporter

if TYPE_CHECKING:
    import xarray as xr

EXAMPLE = 'Example: bionlp simulate mr "a gripping , funny and moving film" --seed 1 --out mine'


RECORDING = "recording.nc"
"""The file in the folder of each sentence, beside its figures."""

DEFAULT_MODEL = "mr"


def simulate(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MODEL TEXT...",
            help="A bundled model (mr, sst2, waimai) or a model's folder, and sentences, each in "
            "quotes.",
            autocompletion=completion.models,
        ),
    ] = None,
    old_model: OldModel = None,
    file: Annotated[
        Path | None, typer.Option(help="Read sentences from a UTF-8 file, one a line.")
    ] = None,
    backend: Backend = "auto",
    synapses: Synapses = "auto",
    precision: Precision = "double",
    steps: Steps = None,
    seed: Seed = 0,
    decay: Decay = None,
    threshold: Threshold = None,
    perturb: Perturb = None,
    perturb_seed: PerturbSeed = 0,
    intervene: Intervene = None,
    margin: Margin = None,
    neurons: Neurons = None,
    dt: TimeStep = 1.0,
    record: Record = None,
    out: Annotated[
        Path | None, typer.Option(help="Write a recording and figures of each sentence here.")
    ] = None,
    figures: Figures = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Classify sentences spike by spike in Brian 2."""
    from bionlp.cli.output import (
        done_to,
        load_model,
        neurons_and_step,
        print_json,
        warn_of_reading,
    )
    from bionlp.engine import Engine
    from bionlp.membranes import DEFAULT
    from bionlp.simulation import simulate as run
    from bionlp.text import read_texts

    report = Reporter()
    model, texts = model_and_texts(arguments or [], old_model, file is not None, report)
    texts += read_texts(file) if file else []
    if not texts:
        raise UsageError(
            f'give at least one sentence, as in: bionlp simulate {model} "a moving film"'
        )
    classifier = load_model(model, decay, threshold, perturb, perturb_seed, intervene, margin)
    warn_of_reading(classifier, texts, report)
    kinds = kinds_of_figures(figures, out)
    prepare_folder(out, classifier.name, len(texts), overwrite)
    with report.fraction("sentences", len(texts)) as advance:
        recordings = run(
            classifier,
            texts,
            steps=steps,
            seed=seed,
            engine=Engine(backend, synapses, precision, **neurons_and_step(neurons, dt)),
            record=record or DEFAULT,
            advance=advance,
        )
    warn_of_undecided(recordings, report)
    folders = write_results(recordings, out, report, kinds) if out else [None] * len(recordings)
    if as_json:
        both, done = zip(recordings, folders, strict=True), done_to(classifier)
        print_json([_entry(*pair, by_word=classifier.causal) | done for pair in both])
    else:
        print_summary(recordings)
        if classifier.causal:
            print_reading(recordings)


def model_and_texts(
    arguments: list[str], old_model: str | None, from_file: bool, report: Reporter
) -> tuple[str, list[str]]:
    """Tell the model from the sentences.

    Parameters
    ----------
    arguments : list of str
        The model and sentences; or, as it was written once, sentences alone.
    old_model : str or None
        What was given by ``--model``.
    from_file : bool
        Whether there is a file of sentences, too.
    report : Reporter
        Hears how it is written now, if it was written otherwise.

    Returns
    -------
    model : str
        A name or a folder.
    texts : list of str
        The sentences.
    """
    from bionlp.checkpoint import bundled_models

    if old_model is not None:
        note_old_model("simulate", f"{old_model} TEXT", report)
        return old_model, arguments
    if not arguments:
        return DEFAULT_MODEL, []
    first, *others = arguments
    # What stands before sentences, or alone beside a file, is a model, if only one that is missing.
    is_named = bool(others or from_file) and not any(map(str.isspace, first))
    if is_named or first in bundled_models() or os.path.isdir(first):
        return first, others
    report.note(
        f"note: no model is named, {DEFAULT_MODEL} is asked; name it first, as in: bionlp simulate "
        f"{DEFAULT_MODEL} TEXT"
    )
    return DEFAULT_MODEL, arguments


def kinds_of_figures(text: str | None, out: Path | None) -> tuple[str, ...] | None:
    """Read which figures are to be drawn.

    Parameters
    ----------
    text : str or None
        Kinds, separated by commas, or ``none``.
    out : Path or None
        The folder that they are for, if one was asked for.

    Returns
    -------
    tuple of str or None
        The kinds; None if nothing is said, for all.

    Raises
    ------
    UsageError
        If there is no folder, or a kind is not known.
    """
    if text is None:
        return None
    if out is None:
        raise UsageError("--figures is of --out; name a folder, too")
    kinds, known = tuple(dict.fromkeys(map(str.strip, text.split(",")))), completion.KINDS[1:]
    if kinds == ("none",):
        return ()
    for kind in kinds:
        if kind not in known:
            raise UsageError(f"unknown figure {kind!r}; choose of {', '.join(known)}, or none")
    return kinds


def prepare_folder(out: Path | None, name: str, count: int, overwrite: bool) -> None:
    """Make the folder of results, before the work, unless it has recordings that would be lost.

    Parameters
    ----------
    out : Path or None
        The folder, if one was asked for.
    name : str
        What recordings are called after.
    count : int
        How many there will be.
    overwrite : bool
        Whether they may be replaced.

    Raises
    ------
    OutputError
        If there is one, or the folder cannot be written.
    UsageError
        If nothing is written that could be replaced.
    """
    if out is None:
        if overwrite:
            raise UsageError("--overwrite is of --out; name a folder, too")
        return
    make_folder(out)
    for number in range(1, count + 1):
        folder = out / folder_name(name, number)
        if not overwrite and os.path.lexists(folder / RECORDING):
            raise OutputError(
                f"{folder} has a recording already; choose another --out, or replace it with "
                "--overwrite"
            )


def write_results(
    recordings: list[xr.DataTree],
    out: Path,
    report: Reporter,
    kinds: tuple[str, ...] | None = None,
) -> list[Path]:
    """Write each recording and its figures to a folder of its own; return the folders."""
    from bionlp.recording import save_recording

    folders, with_figures = [], "" if kinds == () else " and figures"
    with report.bar(f"recordings{with_figures}", len(recordings)) as bar:
        for number, recording in enumerate(recordings, start=1):
            folder = out / recording_name(recording, number)
            save_recording(recording, folder / RECORDING)
            if with_figures:
                from bionlp.figures import write_figures

                write_figures(recording, folder, kinds=kinds)
            folders.append(folder)
            bar.advance(1)
    report.note(f"recordings{with_figures} are in {out}")
    return folders


def print_summary(recordings: list[xr.DataTree]) -> None:
    """Print label, votes and work of each sentence."""
    from bionlp.cli.output import SENTENCE, as_done_to, print_table, span
    from bionlp.recording import class_counts

    first = recordings[0].attrs
    done = as_done_to(
        first.get("perturbations"), first.get("interventions", "").split(), first.get("margin")
    )
    print_table(
        f"model {first['model']}, {span(int(r.attrs['steps']) for r in recordings)} steps, "
        f"seed {first['seed']}, backend {first['backend']}{done}",
        ["", SENTENCE, "label", "output spikes", "spikes", "synaptic events"],
        [
            (
                recording_name(recording, number),
                recording.attrs["text"],
                label_of(recording),
                ", ".join(f"{name} {count}" for name, count in class_counts(recording).items()),
                sum(entry["spikes"] for entry in layer_entries(recording).values()),
                sum(entry["synaptic_events"] for entry in layer_entries(recording).values()),
            )
            for number, recording in enumerate(recordings, start=1)
        ],
    )


def print_reading(recordings: list[xr.DataTree]) -> None:
    """Print the votes after each word, of a network that answers as it reads."""
    from bionlp.cli.output import print_table
    from bionlp.recording import counts_by_word

    for number, recording in enumerate(recordings, start=1):
        read = counts_by_word(recording)
        print_table(
            f"{recording_name(recording, number)}, output spikes up to each word",
            ["word", *read[0][1], "label so far"],
            [(word, *counts.values(), leading(counts) or "undecided") for word, counts in read],
        )


def leading(counts: dict[str, int]) -> str | None:
    """Return the class that has the most spikes, None if several have or there are none."""
    import numpy as np

    from bionlp.decision import why_undecided

    undecided = why_undecided(np.array(list(counts.values()))) is not None
    return None if undecided else max(counts, key=counts.__getitem__)


def label_of(recording: xr.DataTree) -> str:
    """Return the label of a sentence, or that it has none and why."""
    reason = why_no_label(recording)
    return recording.attrs["label_name"] if reason is None else f"undecided ({reason})"


def why_no_label(recording: xr.DataTree) -> str | None:
    """Return ``silent`` or ``tie`` where no class has the most output spikes."""
    import numpy as np

    from bionlp.decision import why_undecided
    from bionlp.recording import class_counts

    return why_undecided(np.array(list(class_counts(recording).values())))


def warn_of_undecided(recordings: list[xr.DataTree], report: Reporter) -> None:
    """Say which sentences have no label, and why."""
    from bionlp.decision import WORDS_OF_REASONS

    for number, recording in enumerate(recordings, start=1):
        reason = why_no_label(recording)
        if reason is not None:
            report.note(f"warning: sentence {number} is undecided: {WORDS_OF_REASONS[reason]}")


def recording_name(recording: xr.DataTree, number: int) -> str:
    """Return the name of a sentence's folder, and of its row in tables."""
    return folder_name(recording.attrs["model"], number)


def folder_name(model: str, number: int) -> str:
    """Return the name of the folder of a model's sentence."""
    return f"{model}-{number:02d}"


def layer_entries(recording: xr.DataTree) -> dict[str, dict[str, int]]:
    """Return spikes and synaptic events of every layer."""
    return {
        name: {
            "spikes": int(recording[name].attrs["spike_count"]),
            "synaptic_events": int(recording[name].attrs["synaptic_events"]),
        }
        for name in recording.attrs["layers"]
    }


def _entry(recording: xr.DataTree, folder: Path | None, *, by_word: bool = False) -> dict[str, Any]:
    from analysis.recordings import neuron_titles
    from bionlp.recording import class_counts, counts_by_word

    attrs, reason = recording.attrs, why_no_label(recording)
    read = counts_by_word(recording) if by_word else []
    return {
        "text": attrs["text"],
        "label": attrs["label_name"] if reason is None else None,
        "label_index": attrs["label"] if reason is None else None,
        "undecided": reason,
        "counts": class_counts(recording),
        "words": [
            {"word": word, "counts": counts, "label": leading(counts)} for word, counts in read
        ],
        "layers": layer_entries(recording),
        "model": attrs["model"],
        "backend": attrs["backend"],
        "steps": attrs["steps"],
        "dt_ms": attrs["dt_ms"],
        "neurons": neuron_titles(recording) or None,
        "seed": attrs["seed"],
        "out": None if folder is None else str(folder),
    }
