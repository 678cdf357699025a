"""``bionlp report``: a page about one sentence, or about two, to look at in a browser."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bionlp.cli import completion
from bionlp.cli.options import (
    Backend,
    Decay,
    Intervene,
    Neurons,
    OfCorpus,
    Record,
    Seed,
    Steps,
    Threshold,
    TimeStep,
    given,
)
from bionlp.errors import UsageError
from bionlp.files import is_file
from bionlp.progress import Reporter

if TYPE_CHECKING:
    import xarray as xr

    from bionlp.classifier import TextClassifier

EXAMPLE = 'Example: bionlp report mr --text "not a dull moment" --out page.html'

OF_A_RECORDING = (
    *("steps", "seed", "decay", "threshold", "intervene", "text", "record", "neurons", "dt"),
)
"""Options that a recording has already answered."""
RECORDED = ".nc"


def report(
    context: typer.Context,
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="RECORDING_OR_MODEL",
            help="A recording, as simulate --out writes it, a corpus, as record does, or a model: "
            "bundled (mr, sst2, waimai) or a folder.",
            autocompletion=completion.recordings_and_models,
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="The page.")] = Path("report.html"),
    text: Annotated[
        str | None, typer.Option(help="Sentence to show a model. Default: a sample.")
    ] = None,
    sentence: OfCorpus = None,
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="ORIGINAL CHANGED",
            help="Two sentences for a model, or two recordings (.nc) of it: the page shows what "
            "the changed words did.",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="Model of a recording, if it is not a bundled one.",
            autocompletion=completion.models,
        ),
    ] = None,
    backend: Backend = "auto",
    steps: Steps = None,
    seed: Seed = 0,
    decay: Decay = None,
    threshold: Threshold = None,
    intervene: Intervene = None,
    neurons: Neurons = None,
    dt: TimeStep = 1.0,
    record: Record = None,
) -> None:
    """Write one HTML file about a sentence: words, spikes, membranes, votes, energy.

    It opens in any browser, without a network. Each word is shaded by how much
    its spikes moved the decision: the sentence is simulated again without them.

    With --compare it is about two sentences with the same noise: what changed
    words did to spikes, membranes and votes.
    """
    from bionlp.cli.output import neurons_and_step
    from bionlp.engine import Engine
    from bionlp.membranes import DEFAULT

    engine = Engine(backend, **neurons_and_step(neurons, dt))
    options = {"steps": steps, "seed": seed, "record": record or DEFAULT, "engine": engine}
    changes = {"decay": decay, "threshold": threshold, "intervene": intervene}
    if compare is not None:
        if sentence is not None:
            raise UsageError("--compare is of two sentences, and --sentence of one; leave out one")
        _compare(context, source, compare, out, model, changes, options)
    elif source is None:
        raise UsageError('name a model or a recording, as in: bionlp report mr --text "a film"')
    else:
        _report(context, source, text, sentence, out, model, changes, options)
    typer.echo(out)


def _report(
    context: typer.Context,
    source: str,
    text: str | None,
    sentence: int | None,
    out: Path,
    model: str | None,
    changes: dict[str, Any],
    options: dict[str, Any],
) -> None:
    """Write a page about one sentence."""
    from analysis.recordings import words
    from bionlp.cli.output import CORPUS, load_model, warn_of_reading
    from bionlp.cli.simulate import warn_of_undecided
    from bionlp.report import write_report
    from bionlp.samples import SAMPLES
    from bionlp.simulation import simulate

    progress = Reporter()
    if _is_recording(source):
        _refuse_given(context, OF_A_RECORDING, "a recording has its own")
        recording, classifier = _recorded(Path(source), model, sentence)
    elif sentence is not None:
        raise UsageError(f"--sentence is of a corpus ({CORPUS}); {source!r} is a model")
    elif model is not None:
        raise UsageError(f"--model is for recordings; {source!r} is a model itself")
    else:
        classifier = load_model(source, **changes)
        if text is None:
            text = SAMPLES[classifier.language][0]
        (recording,) = simulate(classifier, [text], **options)
    warn_of_reading(classifier, [recording.attrs["text"]], progress)
    warn_of_undecided([recording], progress)
    with progress.fraction("words", len(words(recording))) as advance:
        write_report(recording, classifier, out, engine=options["engine"], advance=advance)


def _compare(
    context: typer.Context,
    source: str | None,
    compare: tuple[str, str],
    out: Path,
    model: str | None,
    changes: dict[str, Any],
    options: dict[str, Any],
) -> None:
    """Write a page about two sentences, or about two recordings."""
    from bionlp.cli.output import is_corpus, load_model, warn_of_reading
    from bionlp.cli.simulate import warn_of_undecided
    from bionlp.comparison_report import write_comparison
    from bionlp.recording import open_recording
    from bionlp.simulation import simulate

    if any(is_corpus(Path(name)) for name in compare):
        raise UsageError("--compare takes recordings of single sentences (.nc), and no corpus")
    recorded = [name.endswith(RECORDED) for name in compare]
    if any(recorded) and not all(recorded):
        raise UsageError("--compare takes two sentences or two recordings, not one of each")
    if source is not None and _is_recording(source):
        raise UsageError(
            f"--compare takes a model, or two recordings itself; leave out the recording {source}"
        )
    if source is not None and model is not None:
        raise UsageError(f"--model and {source!r} both name a model; leave out one of the two")
    progress = Reporter()
    if all(recorded):
        _refuse_given(context, OF_A_RECORDING, "recordings have their own")
        (original, classifier), changed = (
            _recorded(Path(compare[0]), source or model),
            open_recording(Path(compare[1])),
        )
    else:
        _refuse_given(context, ("text",), "--compare has its own")
        if model is not None:
            raise UsageError("--model is for recordings; name the model first, without --model")
        if source is None:
            raise UsageError(
                "name a model for the two sentences, as in: bionlp report mr --compare "
                '"a funny film" "a laughable film"'
            )
        classifier = load_model(source, **changes)
        # One at a time, so that both have the same number, and with it the same noise.
        (original,), (changed,) = (simulate(classifier, [text], **options) for text in compare)
    both = [original, changed]
    warn_of_reading(classifier, [recording.attrs["text"] for recording in both], progress)
    warn_of_undecided(both, progress)
    with progress.fraction("sentences", len(both)) as advance:
        original, changed = both
        write_comparison(
            original, changed, classifier, out, engine=options["engine"], advance=advance
        )


def _is_recording(source: str) -> bool:
    from bionlp.cli.output import is_corpus

    return source.endswith(RECORDED) or is_file(source) or is_corpus(Path(source))


def _refuse_given(context: typer.Context, names: Iterable[str], who: str) -> None:
    """See that no option was given that is answered already."""
    answered = given(context, names)
    if answered:
        raise UsageError(f"{who} {answered[0]}; leave out --{answered[0]}")


def _recorded(
    path: Path, model: str | None, sentence: int | None = None
) -> tuple[xr.DataTree, TextClassifier]:
    """Read a recording, and the model that made it."""
    from bionlp.checkpoint import bundled_models
    from bionlp.cli.output import load_model, read_recording

    recording = read_recording(path, sentence)
    name = recording.attrs["model"]
    if model is None and name not in bundled_models():
        raise UsageError(f"{path} was made by {name!r}, no bundled model: name its folder, --model")
    return recording, load_model(model or name)
