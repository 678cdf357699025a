"""The spiking network's answers to labelled sentences, by PyTorch or by Brian 2.

What they are worth is said in :mod:`bionlp.scores`. How much of the network is at work is measured
here, too: a neuron is active in a presentation if it fires at least once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from bionlp.classifier import WORD_STEPS, TextClassifier
from bionlp.datasets import Example
from bionlp.decision import Counted, predict_labels
from bionlp.encoding import dequantise, poisson_spikes
from bionlp.limits import check_memory
from bionlp.scores import Evaluation, judge
from networks.description import Votes, crop
from networks.pytorch import SpikingNetwork

if TYPE_CHECKING:
    from bionlp.engine import Engine
    from bionlp.simulation import Advance
    from bionlp.workers import Workers

BATCH = 32
LOOKS = (8, 4, 2, 1)
"""Where presentations may end early: the first of so many parts of them is shown."""
BYTES = 10
"""Of an input neuron in a step, and of the neurons that hear it: spikes, and currents."""


def evaluate(
    classifier: TextClassifier,
    examples: Sequence[Example],
    *,
    steps: int,
    seed: int,
    engine: Engine | None = None,
    workers: int | Workers = 1,
    device: torch.device | str = "cpu",
    advance: Advance | None = None,
) -> Evaluation:
    """Label sentences and compare with their true classes.

    A sentence without a known word is undecided, whatever the network makes of its silence.

    Parameters
    ----------
    classifier : TextClassifier
        The model.
    examples : sequence of Example
        Labelled sentences.
    steps : int
        Length of a presentation.
    seed : int
        Of the input spikes.
    engine : Engine, optional
        How Brian 2 runs the network; PyTorch without it.
    workers : int or Workers
        Processes that Brian 2 runs in, or a cluster (:mod:`bionlp.cluster`).
    device : torch.device or str
        Where PyTorch computes.
    advance : callable, optional
        Called with the fraction done.

    Returns
    -------
    Evaluation
        What was right.

    Examples
    --------
    >>> from bionlp import Example, evaluate, load_classifier
    >>> films = [Example("a gripping , funny and moving film", 1), Example("a dull mess", 0)]
    >>> evaluate(load_classifier("mr"), films, steps=50, seed=0).accuracy
    1.0
    """
    ids = [np.array(classifier.token_ids(example.text)) for example in examples]
    if engine is None:
        count = pytorch_counter(classifier, steps, seed=seed, device=device)
        counted = count(ids, advance=advance)
    else:
        # With PyTorch nobody waits for Brian 2 to be imported.
        from bionlp.votes import count_votes

        counted = count_votes(
            classifier,
            ids,
            steps=steps,
            seed=seed,
            engine=engine,
            workers=workers,
            advance=advance,
        )
    known = np.array([classifier.knows_a_word(sentence) for sentence in ids])
    scores = [example.score for example in examples]
    judged = judge(
        np.array([example.label for example in examples]),
        counted.votes,
        known,
        None if None in scores else np.array(scores),
    )
    return replace(judged, steps=counted.steps)


Counter = Callable[..., Counted]
"""From word ids of sentences, their numbers and a progress callback to votes and steps."""
Batches = Iterator[tuple[np.ndarray, np.ndarray]]
"""Which sentences, and their votes in each step, (steps, sentences, classes)."""
Voter = Callable[..., Batches]
"""From sentences and their numbers to their votes."""
Draw = Callable[..., np.ndarray]
"""From rates and steps to spikes."""


def pytorch_counter(
    classifier: TextClassifier, steps: int, *, seed: int, device: torch.device | str = "cpu"
) -> Counter:
    """Prepare the network in PyTorch to count votes.

    Parameters
    ----------
    classifier, steps, seed, device
        As of :func:`pytorch_voter`.

    Returns
    -------
    callable
        Takes word ids of sentences, their numbers (by default their places) and a callable that
        hears of the fraction done; returns what is :class:`~bionlp.decision.Counted`.

    Raises
    ------
    UsageError
        If each word is to have another number of steps than one.
    """
    voter = pytorch_voter(classifier, steps, seed=seed, device=device)
    return partial(_count, voter, classifier.network.voting)


def pytorch_voter(
    classifier: TextClassifier, steps: int, *, seed: int, device: torch.device | str = "cpu"
) -> Voter:
    """Prepare the network in PyTorch to vote.

    Parameters
    ----------
    classifier : TextClassifier
        The model.
    steps : int
        Length of a presentation, or of a word.
    seed : int
        Of Poisson input.
    device : torch.device or str
        Where it is computed.

    Returns
    -------
    callable
        Takes word ids of sentences, and their numbers (by default their places); yields places of
        some of them, and their votes of shape (steps, places, classes).

    Raises
    ------
    UsageError
        If each word is to have another number of steps than one.
    """
    if classifier.word_a_step:
        classifier.word_spikes(np.zeros(1, dtype=int), steps)  # refuses other steps at once
        return partial(_votes_of_words, classifier, device)
    model = SpikingNetwork(classifier.network).eval().to(device)
    voter = spiking_voter(model, steps, seed=seed, draw=classifier.draw_spikes)

    def vote(ids, numbers=None):
        return voter([dequantise(classifier.levels[sentence]) for sentence in ids], numbers)

    return vote


def spiking_voter(
    model: SpikingNetwork, steps: int, *, seed: int, draw: Draw = poisson_spikes
) -> Voter:
    """Prepare a network that is shown firing rates to vote.

    Parameters
    ----------
    model : SpikingNetwork
        The network, in evaluation mode.
    steps : int
        Length of a presentation.
    seed : int
        Of the Poisson spikes; a sentence is seeded by (seed, its number).
    draw : callable
        Draws the spikes of a sentence, as :func:`bionlp.encoding.poisson_spikes` does.

    Returns
    -------
    callable
        As of :func:`pytorch_voter`, for the rates of sentences.
    """
    return partial(_votes, model, steps, seed, draw)


def votes_by_step(
    voter: Voter, sentences: Sequence[np.ndarray], classes: int, advance: Advance | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Present sentences, and count votes as they come.

    Parameters
    ----------
    voter : callable
        As of :func:`pytorch_voter` or :func:`spiking_voter`.
    sentences : sequence of numpy.ndarray
        What it takes.
    classes : int
        How many there are.
    advance : callable, optional
        Called with the fraction done.

    Returns
    -------
    votes : numpy.ndarray of int, shape (steps, sentences, classes)
        Votes up to each step; those of shorter presentations stay as they were at the end.
    lengths : numpy.ndarray of int, shape (sentences,)
        Steps of each presentation.
    """
    lengths = np.zeros(len(sentences), dtype=int)
    found = []
    for places, votes in _told(voter(sentences), len(sentences), advance):
        lengths[places] = len(votes)
        found.append((places, votes.cumsum(axis=0)))
    every = np.zeros((lengths.max(), len(sentences), classes), dtype=np.int64)
    for places, votes in found:
        every[: len(votes), places] = votes
        every[len(votes) :, places] = votes[-1]
    return every, lengths


def _told(batches: Batches, sentences: int, advance: Advance | None) -> Batches:
    """Pass votes on, and tell which fraction of the sentences has voted."""
    done = 0
    for places, votes in batches:
        yield places, votes
        done += len(places)
        if advance:
            advance(done / sentences)


def _count(
    voter: Voter,
    readout: Votes,
    sentences: Sequence[np.ndarray],
    numbers: Sequence[int] | None = None,
    advance: Advance | None = None,
) -> Counted:
    votes = np.zeros((len(sentences), readout.groups), dtype=np.int64)
    steps = np.zeros(len(sentences))
    for places, by_step in _told(voter(sentences, numbers), len(sentences), advance):
        votes[places], steps[places] = by_step.sum(axis=0), readout.ends(by_step)
    return Counted(votes, steps)


@torch.no_grad()
def _votes(
    model: SpikingNetwork,
    steps: int,
    seed: int,
    draw: Draw,
    rates: Sequence[np.ndarray],
    numbers: Sequence[int] | None = None,
) -> Batches:
    for places, spikes in presentations(model, rates, steps, seed, numbers, draw):
        yield places, _until_decided(model, spikes)


def _until_decided(model: SpikingNetwork, spikes: Tensor) -> np.ndarray:
    """Return the votes of each step, shown no more of a presentation than its decision asks for.

    All steps are computed at once, so presentations that are not over after some steps begin anew,
    with twice as many: few of them are shown the whole input.
    """
    readout = model.voting
    if readout.margin is None:
        return _whole(model(spikes))
    steps, sentences = spikes.shape[:2]
    votes = np.zeros((steps, sentences, readout.groups), dtype=np.int64)
    going_on = np.arange(sentences)
    for parts in LOOKS:
        shown = -(-steps // parts)
        found = _whole(model(spikes[:shown, torch.from_numpy(going_on).to(spikes.device)]))
        votes[:shown, going_on] = found
        going_on = going_on[readout.ends(found) == shown]
        if not len(going_on):
            break
    return votes


@torch.no_grad()
def _votes_of_words(
    classifier: TextClassifier,
    device: torch.device | str,
    ids: Sequence[np.ndarray],
    _numbers: Sequence[int] | None = None,
) -> Batches:
    """Yield votes of sentences that are read a word a step, those of one length together."""
    lengths = np.array([len(sentence) for sentence in ids])
    for length in np.unique(lengths):
        same = np.flatnonzero(lengths == length)
        for start in range(0, len(same), BATCH):
            places = same[start : start + BATCH]
            shown, own = classifier.narrowed([ids[place] for place in places])
            # In double precision, as in Brian 2: votes are then the same, not only nearly so.
            model = SpikingNetwork(shown.network).double().eval().to(device)
            spikes = np.stack([shown.word_spikes(sentence, WORD_STEPS) for sentence in own], axis=1)
            like = next(model.parameters())
            yield places, _whole(model(torch.from_numpy(spikes).to(like.device, like.dtype)))


def _whole(votes: Tensor) -> np.ndarray:
    return votes.cpu().numpy().astype(np.int64)


def predict_spiking(
    model: SpikingNetwork,
    rates: Sequence[np.ndarray],
    steps: int,
    *,
    seed: int,
    numbers: Sequence[int] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Label sentences with the PyTorch network.

    Parameters
    ----------
    model : SpikingNetwork
        The network, in evaluation mode.
    rates : sequence of numpy.ndarray, each of shape (words, features)
        Firing probabilities of each sentence.
    steps : int
        Length of a presentation.
    seed : int
        Of the Poisson spikes; a sentence is seeded by (seed, its number).
    numbers : sequence of int, optional
        Number of each sentence in the experiment, by default its place.

    Returns
    -------
    labels : numpy.ndarray of int, shape (sentences,)
        The classes; :data:`bionlp.decision.UNDECIDED` where none won.
    votes : numpy.ndarray of int, shape (sentences, classes)
        Output spikes of each class.
    """
    votes = _count(spiking_voter(model, steps, seed=seed), model.voting, rates, numbers).votes
    return predict_labels(votes), votes


@torch.no_grad()
def active_neurons(
    model: SpikingNetwork, rates: Sequence[np.ndarray], steps: int, *, seed: int
) -> np.ndarray:
    """Measure which share of the network is at work in each sentence.

    Parameters
    ----------
    model, rates, steps, seed
        As of :func:`predict_spiking`.

    Returns
    -------
    numpy.ndarray of float, shape (sentences,)
        Active neurons as a fraction of all neurons behind the input that the sentence can reach:
        windows that lie wholly in the padding are not counted.
    """
    active = np.zeros(len(rates))
    for places, spikes in presentations(model, rates, steps, seed):
        for fired, _ in model.traces(spikes).values():
            active[places] += fired.any(dim=0).flatten(1).sum(dim=1).cpu().numpy()
    # What belongs to the padding of a batch never fires, so only the neurons remain to be counted.
    description, lengths = model.describe(), [len(sentence) for sentence in rates]
    neurons = {
        length: sum(population.size for population in crop(description, length).hidden)
        for length in set(lengths)
    }
    return active / [neurons[length] for length in lengths]


def presentations(
    model: SpikingNetwork,
    rates: Sequence[np.ndarray],
    steps: int,
    seed: int,
    numbers: Sequence[int] | None = None,
    draw: Draw = poisson_spikes,
) -> Iterator[tuple[np.ndarray, Tensor]]:
    """Draw the input of sentences, those of about one length together.

    Parameters
    ----------
    model, rates, steps, seed, numbers
        As of :func:`predict_spiking`.
    draw : callable
        Draws the spikes of a sentence, as :func:`bionlp.encoding.poisson_spikes` does.

    Yields
    ------
    places : numpy.ndarray of int, shape (batch,)
        Which sentences.
    spikes : Tensor, shape (steps, batch, words, features)
        Their input, silence behind the shorter ones.
    """
    numbers = range(len(rates)) if numbers is None else numbers
    order = np.argsort([len(r) for r in rates], kind="stable")
    like = next(model.parameters())
    for start in range(0, len(order), BATCH):
        places = order[start : start + BATCH]
        longest = len(rates[places[-1]])
        check_memory(
            BYTES * steps * len(places) * longest * rates[0].shape[1],
            f"presenting {len(places)} sentences together for {steps:,} steps",
            "lower --steps",
        )
        spikes = np.zeros((steps, len(places), longest, rates[0].shape[1]), dtype=bool)
        for column, place in enumerate(places):
            trains = draw(rates[place], steps, seed=seed, sentence=numbers[place])
            spikes[:, column, : len(rates[place])] = trains
        yield places, torch.from_numpy(spikes).to(like.device, like.dtype)
