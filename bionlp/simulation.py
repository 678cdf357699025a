"""Simulating sentences in Brian 2 and recording what happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import prod
from typing import cast

import numpy as np
import xarray as xr

from bionlp.classifier import TextClassifier
from bionlp.encoding import dequantise
from bionlp.engine import DEFAULT_ENGINE, Engine, backend_errors
from bionlp.errors import ArgumentTypeError, BackendError, BionlpError, UsageError
from bionlp.limits import MOST_STEPS, check_memory
from bionlp.membranes import DEFAULT, parse_membranes, within
from bionlp.recording import make_recording
from bionlp.sentences import Sentence
from networks.activity import Activity, Membranes
from networks.brian import (
    BackendUnavailable,
    BrianNetwork,
    Job,
    PoissonStimulus,
    Recorded,
    Recorder,
    SpikeStimulus,
    Stimulus,
    run_in_child,
)
from networks.description import Network, crop, refine

Advance = Callable[[float], None]

FLOAT_BYTES = 8


def simulate(
    classifier: TextClassifier,
    texts: str | Iterable[str],
    *,
    steps: int | None = None,
    seed: int = 0,
    engine: Engine = DEFAULT_ENGINE,
    record: Sequence[str] = DEFAULT,
    advance: Advance | None = None,
) -> list[xr.DataTree]:
    """Present texts to a classifier as Poisson spikes, in Brian 2.

    Parameters
    ----------
    classifier : TextClassifier
        The model.
    texts : str or iterable of str
        A sentence, or several that are presented one after the other.
    steps : int, optional
        Length of a presentation, by default that which the model was trained for; a step lasts
        1 ms, and may be parted by the engine.
    seed : int
        Of the input spikes.
    engine : Engine
        How Brian 2 runs it.
    record : sequence of str
        Neurons whose membrane is recorded, see :func:`bionlp.membranes.parse_membranes`.
    advance : callable, optional
        Called with the fraction done.

    Returns
    -------
    list of xarray.DataTree
        One recording per text, see :mod:`bionlp.recording`.

    Raises
    ------
    TextError
        If a text is empty or wholly unknown.
    BackendError
        If the backend cannot run here.
    UsageError
        If there is no text, the model is none, or a layer or neuron to record does not exist.

    Examples
    --------
    >>> from bionlp import load_classifier, simulate
    >>> model = load_classifier("mr")
    >>> (recording,) = simulate(model, "a gripping , funny and moving film", seed=1)
    >>> recording.attrs["label_name"]
    'positive'
    >>> int(recording["output"]["spikes"].sum()) > 0
    True
    """
    if not isinstance(classifier, TextClassifier):
        raise ArgumentTypeError(
            f"the model is a TextClassifier, as load_classifier returns it, not "
            f"{type(classifier).__name__}"
        )
    if isinstance(texts, str):
        texts = [texts]
    elif not isinstance(texts, Iterable):
        raise ArgumentTypeError(f"texts are a string or several, not {type(texts).__name__}")
    sentences = [classifier.read(text) for text in texts]
    if not sentences:
        raise UsageError("there is no text; give at least one")
    recordings, _ = present(
        classifier,
        sentences,
        steps=steps or classifier.steps,
        seed=seed,
        engine=engine,
        record=record,
        advance=advance,
    )
    return recordings


def present(
    classifier: TextClassifier,
    sentences: Sequence[Sentence],
    *,
    steps: int,
    seed: int,
    engine: Engine,
    record: Sequence[str] = DEFAULT,
    numbers: Sequence[int] | None = None,
    longest: int | None = None,
    advance: Advance | None = None,
) -> tuple[list[xr.DataTree], list[dict[str, Activity]]]:
    """Present sentences that were read; return what happened, labelled and bare.

    Parameters
    ----------
    classifier : TextClassifier
        The model.
    sentences : sequence of Sentence
        What it is shown.
    steps, seed, engine, record, advance
        As in :func:`simulate`.
    numbers : sequence of int, optional
        Number of each sentence, by default its place.
    longest : int, optional
        As of :func:`run_brian`.

    Returns
    -------
    recordings : list of xarray.DataTree
        One per sentence.
    activities : list of dict of str to Activity
        What they were made from, to compare with another simulator.
    """
    engine = engine.chosen(len(sentences))
    numbers = range(len(sentences)) if numbers is None else numbers
    shown, ids = classifier.narrowed([sentence.ids for sentence in sentences])
    stimulus = stimulus_of(shown, ids, steps, numbers, seed=seed, parts=engine.parts)
    backend, activities = run_brian(
        shown.network,
        stimulus,
        seed=seed,
        engine=engine,
        record=record,
        longest=longest,
        advance=advance,
    )
    recordings = [
        make_recording(
            shown,
            sentence,
            activity,
            seed=seed,
            number=number,
            backend=backend,
            dt_ms=engine.dt_ms,
            precision=engine.precision,
            synapses=engine.synapses,
            neurons=engine.neurons,
        )
        for number, sentence, activity in zip(numbers, sentences, activities, strict=True)
    ]
    return recordings, activities


def run_brian(
    network: Network,
    stimulus: Stimulus,
    *,
    seed: int,
    engine: Engine,
    record: Sequence[str] = DEFAULT,
    longest: int | None = None,
    advance: Advance | None = None,
) -> tuple[str, list[dict[str, Activity]]]:
    """Build, record and run a network, then free its backend.

    Parameters
    ----------
    network : Network
        The network.
    stimulus : PoissonStimulus or SpikeStimulus
        What it is shown.
    seed, engine, record, advance
        As in :func:`simulate`.
    longest : int, optional
        Positions of the longest of more sentences, of which these are some: the recorded membranes
        are chosen as they are among all of them. By default these are all.

    Returns
    -------
    backend : str
        The one that ran.
    activities : list of dict of str to Activity
        For each presentation.
    """
    membranes = parse_membranes(record, crop(network, longest or max(stimulus.words)))
    engine = engine.chosen(len(stimulus.words))
    if longest is not None:
        membranes = within(membranes, cropped(network, stimulus, engine))
    recorded = record_run(
        network, stimulus, seed=seed, engine=engine, membranes=membranes, advance=advance
    )
    return engine.backend, recorded.activities()


def record_run(
    network: Network,
    stimulus: Stimulus,
    *,
    seed: int,
    engine: Engine,
    layers: Iterable[str] | None = None,
    membranes: Membranes | None = None,
    words: int | None = None,
    advance: Advance | None = None,
) -> Recorded:
    """Build, record and run a network once, in a process of its own if the backend needs that.

    Parameters
    ----------
    network, stimulus, seed, engine, advance
        As of :func:`run_brian`.
    layers, membranes
        What is recorded, as of :class:`networks.brian.Recorder`.
    words : int, optional
        Positions that are built, see :func:`cropped`.

    Returns
    -------
    Recorded
        What was recorded.

    Raises
    ------
    BackendError
        If the backend cannot run here, or failed.
    """
    engine = engine.chosen(len(stimulus.words))
    layers = None if layers is None else list(layers)
    _check_memory(network, stimulus, layers, membranes)
    if engine.once_a_process:
        try:
            shown = cropped(network, stimulus, engine, words)
            return run_in_child(Job(shown, stimulus, engine.options, seed, layers, membranes))
        except BackendUnavailable as error:
            raise BackendError(str(error)) from error
        except BionlpError:
            raise
        except RuntimeError as error:
            raise BackendError(f"backend {engine.backend!r}: {error}") from error
    with backend_errors(), open_network(network, stimulus, engine, words) as brian:
        recorder = Recorder(brian, layers, membranes)
        brian.run(seed=seed, advance=advance)
        return recorder.read()


def _check_memory(
    network: Network,
    stimulus: Stimulus,
    layers: Iterable[str] | None,
    membranes: Membranes | None,
) -> None:
    """See that memory suffices for what is recorded."""
    shapes = crop(network, min(max(stimulus.words), network.input.shape[0])).shapes
    spikes = sum(prod(shapes[name]) for name in (shapes if layers is None else layers))
    traces = sum(len(cast(Sequence[int], neurons)) for neurons in (membranes or {}).values())
    steps = sum(stimulus.durations)
    check_memory(
        steps * (spikes + FLOAT_BYTES * traces),
        f"recording {len(stimulus.words)} sentences for {steps:,} steps",
        "lower --steps, record fewer membranes, or give fewer sentences at once",
    )


def stimulus_of(
    classifier: TextClassifier,
    ids: Sequence[np.ndarray],
    steps: int,
    numbers: Sequence[int] | None = None,
    *,
    seed: int,
    parts: int = 1,
) -> Stimulus:
    """Make the input of sentences: Poisson spikes of their rates, or a spike a word.

    Where input spikes are perturbed they are drawn here, and are those that PyTorch is shown.

    Parameters
    ----------
    classifier : TextClassifier
        Whose words they are.
    ids : sequence of numpy.ndarray of int, each of shape (words,)
        The sentences.
    steps : int
        Length of a presentation, or of a word.
    numbers : sequence of int, optional
        Number of each sentence in the experiment, by default its place.
    seed : int
        Of the input spikes.
    parts : int
        Into how many each step is parted, see :func:`networks.description.refine`.

    Returns
    -------
    PoissonStimulus or SpikeStimulus
        For :class:`networks.brian.BrianNetwork`.

    Raises
    ------
    UsageError
        If each word is to have another number of steps than one, or there are too many steps.
    """
    if steps * parts > MOST_STEPS:
        raise UsageError(
            f"{steps:,} steps of {parts} parts are {steps * parts:,}, and at most {MOST_STEPS:,} "
            "are presented; lower --steps or choose a longer --dt"
        )
    if classifier.word_a_step:
        spikes = [classifier.word_spikes(sentence, steps) for sentence in ids]
        return SpikeStimulus(spikes).refined(parts)
    if classifier.changes_input:
        numbers = range(len(ids)) if numbers is None else numbers
        spikes = [
            classifier.draw_spikes(
                dequantise(classifier.levels[sentence]), steps, seed=seed, sentence=number
            )
            for sentence, number in zip(ids, numbers, strict=True)
        ]
        return SpikeStimulus(spikes).refined(parts)
    used, rows = np.unique(np.concatenate(ids), return_inverse=True)
    ends = np.cumsum([len(sentence) for sentence in ids])
    table = dequantise(classifier.levels[used])
    words = np.split(rows.ravel(), ends[:-1])
    return PoissonStimulus.of_words(table, words, steps, numbers).refined(parts)


def open_network(
    network: Network, stimulus: Stimulus, engine: Engine, words: int | None = None
) -> BrianNetwork:
    """Build a network, with an error for users if its backend cannot run here."""
    engine = engine.chosen(len(stimulus.words))
    with backend_errors():
        return BrianNetwork(cropped(network, stimulus, engine, words), stimulus, **engine.options)


def cropped(
    network: Network, stimulus: Stimulus, engine: Engine, words: int | None = None
) -> Network:
    """Part the steps, and leave out the neurons that no sentence reaches, where that saves time.

    Parameters
    ----------
    network, stimulus, engine
        As of :func:`run_brian`; the engine is a chosen one.
    words : int, optional
        Positions that are kept, by default as many as the longest sentence has.

    Returns
    -------
    Network
        For a compiled program with shared weights the whole network: the program is kept, and then
        serves sentences of any length.

    Raises
    ------
    UsageError
        If its steps cannot be parted.
    """
    try:
        network = refine(network, engine.parts)
    except ValueError as error:
        raise UsageError(f"--dt {engine.dt_ms:g}: {error}") from error
    if engine.backend == "cpp_standalone" and engine.synapses == "shared":
        return network
    return crop(network, min(words or max(stimulus.words), network.input.shape[0]))
