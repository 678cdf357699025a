"""Simulating sentences in Brian 2 and recording what happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
import xarray as xr
from brian2 import ms

from bionlp.classifier import Sentence, TextClassifier
from bionlp.encoding import dequantise
from bionlp.errors import BackendError, UsageError
from bionlp.limits import MOST_STEPS, check_memory
from bionlp.membranes import DEFAULT, parse_membranes
from bionlp.recording import make_recording
from networks.activity import Activity, Membranes
from networks.brian import (
    EXTERNAL,
    PRECISIONS,
    SYNAPSES,
    BackendUnavailable,
    BrianNetwork,
    Job,
    ModelError,
    NeuronModel,
    PoissonStimulus,
    Recorded,
    Recorder,
    SpikeStimulus,
    Stimulus,
    choose_backend,
    choose_synapses,
    refined,
    run_in_child,
)
from networks.description import Network, crop, refine

Advance = Callable[[float], None]

DT_MS = 1.0
"""Duration of a step that networks are trained for."""
MOST_PARTS, PARTED = 1000, 1e-6
FLOAT_BYTES = 8


@dataclass(frozen=True)
class Engine:
    """How Brian 2 runs a network; see :class:`networks.brian.BrianNetwork`.

    Attributes
    ----------
    backend : str
        One of :data:`networks.brian.BACKENDS`, or ``auto``.
    synapses : str
        ``shared``, ``stock``, or ``auto`` for what is best for the backend.
    precision : str
        ``double`` or ``single``.
    neurons : mapping of str to NeuronModel, optional
        Neurons in place of the trained ones, by layer, see :mod:`networks.brian.neuron_model`;
        ``all`` for layers that are not named.
    dt_ms : float
        Duration of a step in milliseconds: 1, for which networks are trained, or a whole part of
        it, see :func:`networks.description.refine`.

    Raises
    ------
    UsageError
        If synapses or precision do not exist, or the step is no such part.
    """

    backend: str = "auto"
    synapses: str = "auto"
    precision: str = "double"
    neurons: Mapping[str, NeuronModel] | None = None
    dt_ms: float = DT_MS

    def __post_init__(self):
        exact = DT_MS / self.dt_ms if self.dt_ms > 0 else 0
        if not (1 <= round(exact) <= MOST_PARTS and abs(exact - round(exact)) < PARTED * exact):
            raise UsageError(
                f"a step lasts {DT_MS:g} ms divided by a whole number up to {MOST_PARTS}, such as "
                f"0.5 or 0.1, not {self.dt_ms:g}"
            )
        known = {"synapses": ("auto", *SYNAPSES), "precision": tuple(PRECISIONS)}
        for name, choices in known.items():
            if getattr(self, name) not in choices:
                raise UsageError(
                    f"unknown {name} {getattr(self, name)!r}; choose one of {', '.join(choices)}"
                )

    def chosen(self, presentations: int) -> Engine:
        """Return the engine with ``auto`` replaced by what is best for so many sentences."""
        synapses = None if self.synapses == "auto" else self.synapses
        with backend_errors():
            backend = choose_backend(self.backend, presentations, synapses)
        return replace(self, backend=backend, synapses=synapses or choose_synapses(backend))

    @property
    def parts(self) -> int:
        """How many parts of a trained step there are."""
        return round(DT_MS / self.dt_ms)

    @property
    def options(self) -> dict[str, Any]:
        """What :class:`networks.brian.BrianNetwork` is told."""
        neurons = None
        if self.neurons is not None:
            neurons = {name: refined(model, self.parts) for name, model in self.neurons.items()}
        own = {name: getattr(self, name) for name in ("backend", "synapses", "precision")}
        return own | {"neurons": neurons, "dt": self.dt_ms * ms}

    @property
    def document(self) -> dict[str, Any]:
        """The same for JSON, with the titles of neurons."""
        own = {name: getattr(self, name) for name in ("backend", "synapses", "precision")}
        neurons = {name: model.called for name, model in (self.neurons or {}).items()}
        return own | {"dt_ms": self.dt_ms, "neurons": neurons or None}

    @property
    def as_trained(self) -> bool:
        """Whether networks are run with the neurons and steps that they were trained with."""
        return self.neurons is None and self.parts == 1

    def require_trained(self, what: str) -> None:
        """See that the network is run as it was trained.

        Raises
        ------
        UsageError
            If it has other neurons or steps.
        """
        if not self.as_trained:
            raise UsageError(
                f"{what} PyTorch, which has the trained neurons and steps alone; leave --neurons "
                "and --dt out"
            )

    @property
    def once_a_process(self) -> bool:
        """Whether the backend can run a single network in the life of a process."""
        return self.backend in EXTERNAL


DEFAULT_ENGINE = Engine()


def as_run(classifier: TextClassifier, engine: Engine) -> TextClassifier:
    """Return a classifier without what was measured of the trained neurons, if it has others."""
    return classifier if engine.as_trained else replace(classifier, calibration=None)


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
    >>> from bionlp.checkpoint import load_classifier
    >>> recordings = simulate(load_classifier("mr"), ["a gripping film"])  # doctest: +SKIP
    """
    if not isinstance(classifier, TextClassifier):
        raise UsageError(
            f"the model is a TextClassifier, as load_classifier returns it, not "
            f"{type(classifier).__name__}"
        )
    if isinstance(texts, str):
        texts = [texts]
    elif not isinstance(texts, Iterable):
        raise UsageError(f"texts are a string or several, not {type(texts).__name__}")
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

    Returns
    -------
    recordings : list of xarray.DataTree
        One per sentence.
    activities : list of dict of str to Activity
        What they were made from, to compare with another simulator.
    """
    engine = engine.chosen(len(sentences))
    shown, ids = classifier.narrowed([sentence.ids for sentence in sentences])
    stimulus = stimulus_of(shown, ids, steps, seed=seed, parts=engine.parts)
    backend, activities = run_brian(
        shown.network, stimulus, seed=seed, engine=engine, record=record, advance=advance
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
        for number, (sentence, activity) in enumerate(zip(sentences, activities, strict=True))
    ]
    return recordings, activities


def run_brian(
    network: Network,
    stimulus: Stimulus,
    *,
    seed: int,
    engine: Engine,
    record: Sequence[str] = DEFAULT,
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

    Returns
    -------
    backend : str
        The one that ran.
    activities : list of dict of str to Activity
        For each presentation.
    """
    membranes = parse_membranes(record, crop(network, max(stimulus.words)))
    engine = engine.chosen(len(stimulus.words))
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
        except RuntimeError as error:
            raise BackendError(f"backend {engine.backend!r}: {error}") from error
    with backend_errors(), open_network(network, stimulus, engine, words) as brian:
        recorder = Recorder(brian, layers, membranes)
        brian.run(seed=seed, advance=advance)
        return recorder.read()


@contextmanager
def backend_errors() -> Iterator[None]:
    """Turn what a backend cannot do into an error for users.

    Raises
    ------
    BackendError
        If the block finds that the backend cannot run here.
    UsageError
        If it finds that neurons that are given cannot be simulated.
    """
    try:
        yield
    except BackendUnavailable as error:
        raise BackendError(str(error)) from error
    except ModelError as error:
        raise UsageError(str(error)) from error


def _check_memory(
    network: Network,
    stimulus: Stimulus,
    layers: Iterable[str] | None,
    membranes: Membranes | None,
) -> None:
    """See that memory suffices for what is recorded."""
    shapes = crop(network, min(max(stimulus.words), network.input.shape[0])).shapes
    spikes = sum(prod(shapes[name]) for name in (shapes if layers is None else layers))
    traces = sum(len(neurons) for neurons in (membranes or {}).values())
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
