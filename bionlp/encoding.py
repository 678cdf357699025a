"""From rates to Poisson spikes, and from words to a spike each.

An embedding value r in [0, 1] becomes a spike train that fires in each step with probability r,
independently of all other steps and channels (Lv, Xu & Zheng 2023, section 3.1): Bernoulli spikes,
a Poisson process in steps.

A sentence's spikes are drawn from a generator of its own, seeded by (seed, number of the
sentence), so that they depend neither on its neighbours nor on the size of a batch.
"""

from __future__ import annotations

import numpy as np

from bionlp.vocabulary import PADDING

VERSION = 1
"""Of how spikes are drawn: another one where the same seed gives other spikes."""

LEVELS = 255
"""Rates are stored in 8 bits, as multiples of 1 / LEVELS."""


def quantise(rates: np.ndarray) -> np.ndarray:
    """Round rates in [0, 1] to 8 bits.

    Parameters
    ----------
    rates : numpy.ndarray of float
        Values in [0, 1].

    Returns
    -------
    numpy.ndarray of uint8, same shape
        Nearest multiples of 1 / 255, off by at most 1 / 510.
    """
    if np.min(rates) < 0 or np.max(rates) > 1:
        raise ValueError("rates lie in [0, 1]; shift embeddings with positive_shift first")
    return np.rint(np.asarray(rates, dtype=np.float64) * LEVELS).astype(np.uint8)


def dequantise(levels: np.ndarray) -> np.ndarray:
    """Return the float64 rates that 8-bit ``levels`` stand for."""
    return levels / np.float64(LEVELS)


def poisson_spikes(rates: np.ndarray, steps: int, *, seed: int, sentence: int = 0) -> np.ndarray:
    """Draw one presentation of a sentence.

    Parameters
    ----------
    rates : numpy.ndarray, shape (words, features)
        Probability of a spike in a step.
    steps : int
        Length of the presentation.
    seed, sentence : int
        Seed of the experiment, and number of the sentence in it.

    Returns
    -------
    numpy.ndarray of bool, shape (steps, words, features)
        The spikes. The first k steps are the same for every ``steps`` >= k.
    """
    return uniforms(rates.shape, steps, seed=seed, sentence=sentence) < rates


def one_hot(ids: np.ndarray, words: int) -> np.ndarray:
    """Give each word of a sentence a step of its own, in which its neuron fires.

    Parameters
    ----------
    ids : numpy.ndarray of int, shape (sentence,)
        Word ids; 0, which is no word, has a step in which none fires.
    words : int
        Words of the vocabulary.

    Returns
    -------
    numpy.ndarray of bool, shape (sentence, words, 1)
        The spikes.
    """
    spikes = np.zeros((len(ids), words, 1), dtype=bool)
    known = np.flatnonzero(ids != PADDING)
    spikes[known, ids[known] - 1] = True
    return spikes


def uniforms(shape: tuple[int, ...], steps: int, *, seed: int, sentence: int = 0) -> np.ndarray:
    """Draw the numbers that rates are compared with.

    Parameters
    ----------
    shape : tuple of int
        Words and features.
    steps, seed, sentence : int
        As of :func:`poisson_spikes`.

    Returns
    -------
    numpy.ndarray of float32, shape (steps, words, features)
        In [0, 1).
    """
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, sentence])))
    return generator.random((steps, *shape), dtype=np.float32)
