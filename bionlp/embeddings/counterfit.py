"""Counter-fitting: word vectors in which synonyms are near and antonyms far (Mrksic et al. 2016).

Vectors learnt from text put words near each other that stand in the same places, and antonyms do:
``good`` and ``bad``. Given pairs S of synonyms and A of antonyms, vectors V of length 1 are moved
to V' by gradient descent on

    C(V') =   sum over A of       max(0, delta - d(v'_u, v'_w))                antonym repel
            + sum over S of       max(0, d(v'_u, v'_w) - gamma)                synonym attract
            + sum over N of       max(0, d(v'_u, v'_w) - d(v_u, v_w))   vector space preservation

with d = 1 - cosine, delta = 1 (antonyms are at right angles at least), N all pairs whose distance
in V is at most rho = 0.2, less those in A, and gamma = 0.3 d(v_u, v_w): synonyms come nearer by 70
%. Mrksic et al. have gamma = 0, which puts a word at the very place of its synonyms in rare
senses. The gradient of d with respect to v'_u is

    -(v'_w - cos(v'_u, v'_w) v'_u)

for vectors of length 1. An epoch goes through all pairs in random order, by batches; in each, a
word moves by ``rate`` times the mean of the gradients of its pairs that are not content yet, and
is brought back to length 1.

The pairs are WordNet's: synonyms share a synset, antonyms are those that it names, and adjectives
similar to the one or the other of these, so that ``superb`` is kept from ``bad``, too. A pair that
is both is an antonym. Many synsets are of a rare sense (``know`` and ``bed``), and WordNet's order
of senses does not tell well which; pairs of synonyms whose cosine in V is below 0.3 are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from bionlp.embeddings.neighbours import near_pairs, unit
from bionlp.errors import EmbeddingError

if TYPE_CHECKING:
    from gensim.models import KeyedVectors

    from bionlp.wordnet import Synset, WordNet

DELTA, RHO = 1.0, 0.2
GAMMA = 0.3
"""What is left at most of the distance of two synonyms."""
SENSE = 0.3
"""The smallest cosine, before, of a pair of synonyms that is believed."""
_BATCH = 4096
_REPEL, _ATTRACT = -1.0, 1.0


def wordnet_pairs(wordnet: WordNet, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Take pairs of synonyms and of antonyms from WordNet.

    Parameters
    ----------
    wordnet : WordNet
        Where they are.
    words : sequence of str
        The words that have vectors; others are left out.

    Returns
    -------
    synonyms, antonyms : ndarray of int, shape [pairs, 2]
        Places of the words in ``words``, the smaller first, without duplicates and in order.
    """
    places = {word: place for place, word in enumerate(words)}
    synonyms: set[tuple[int, int]] = set()
    antonyms: set[tuple[int, int]] = set()
    for _, _, synset in wordnet.all_synsets():
        known = [places[word] for word in synset.words if word in places]
        synonyms.update(_ordered(pair) for pair in combinations(known, 2))
        for word, opposite, other in wordnet.antonyms(synset):
            pairs = [(word, like) for like in [opposite, *_similar(wordnet, other)]]
            pairs += [(like, opposite) for like in _similar(wordnet, synset)]
            antonyms.update(
                _ordered((places[one], places[two]))
                for one, two in pairs
                if one in places and two in places and one != two
            )
    return _array(synonyms - antonyms), _array(antonyms)


def plain_words(vectors: KeyedVectors, number: int) -> tuple[list[str], np.ndarray]:
    """Take the first words of a table that are lower-case and have two letters or more.

    Parameters
    ----------
    vectors : gensim.models.KeyedVectors
        The table.
    number : int
        So many words at most.

    Returns
    -------
    words : list of str
        The words.
    vectors : ndarray of float32, shape [words, dimension]
        Their vectors.

    Raises
    ------
    EmbeddingError
        If there are fewer than two.
    """
    places = [
        place
        for place, word in enumerate(vectors.index_to_key)
        if len(word) > 1 and word.isalpha() and word == word.lower()
    ][:number]
    if len(places) < 2:
        raise EmbeddingError(
            "the word vectors have fewer than two lower-case words of letters; take another file"
        )
    return [vectors.index_to_key[place] for place in places], vectors.vectors[places]


def counterfit(
    vectors: np.ndarray,
    synonyms: np.ndarray,
    antonyms: np.ndarray,
    *,
    epochs: int = 20,
    rate: float = 0.1,
    seed: int = 0,
    on_epoch: Callable[[int], None] | None = None,
) -> np.ndarray:
    """Move vectors until synonyms are near and antonyms far.

    Parameters
    ----------
    vectors : ndarray of float, shape [words, dimension]
        The vectors to begin with, of any length but 0.
    synonyms, antonyms : ndarray of int, shape [pairs, 2]
        Places of words, as :func:`wordnet_pairs` gives them. Synonyms whose cosine is below
        ``SENSE`` are not believed.
    epochs : int, optional
        How many times to go through all pairs.
    rate : float, optional
        The length of a step.
    seed : int, optional
        The seed of the order of the pairs.
    on_epoch : callable, optional
        Called after each epoch with the number of epochs done.

    Returns
    -------
    ndarray of float32, shape [words, dimension]
        The new vectors, of length 1.
    """
    moved = unit(vectors)
    kept, bounds = _preserved(moved, antonyms)
    synonyms = synonyms[_cosines(moved, synonyms) >= SENSE]
    nearer = GAMMA * (1 - _cosines(moved, synonyms))
    pairs = np.concatenate([antonyms, synonyms, kept])
    signs = np.repeat([_REPEL, _ATTRACT], [len(antonyms), len(synonyms) + len(kept)])
    limits = np.concatenate([np.full(len(antonyms), DELTA), nearer, bounds]).astype(np.float32)
    signs = signs.astype(np.float32)
    rng = np.random.default_rng(seed)
    for epoch in range(epochs):
        order = rng.permutation(len(pairs))
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            _step(moved, pairs[batch], signs[batch], limits[batch], rate)
        if on_epoch:
            on_epoch(epoch + 1)
    return moved


def _step(
    moved: np.ndarray, pairs: np.ndarray, signs: np.ndarray, limits: np.ndarray, rate: float
) -> None:
    from scipy.sparse import csr_array

    cosines = _cosines(moved, pairs)
    # How far each pair is beyond its limit: antonyms too near, others too far.
    active = signs * (1 - cosines - limits) > 0
    if not active.any():
        return
    first, second = moved[pairs[active, 0]], moved[pairs[active, 1]]
    cosines, sign = cosines[active, None], signs[active, None]
    pulls = np.concatenate([sign * (second - cosines * first), sign * (first - cosines * second)])
    places, slots = np.unique(pairs[active].T.ravel(), return_inverse=True)
    ones = np.ones(len(slots), np.float32)
    gather = csr_array((ones, (slots, np.arange(len(slots)))), (len(places), len(slots)))
    means = (gather @ pulls) / np.bincount(slots).astype(np.float32)[:, None]
    moved[places] = unit(moved[places] + np.float32(rate) * means)


def _cosines(vectors: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    return np.einsum("ij,ij->i", vectors[pairs[:, 0]], vectors[pairs[:, 1]])


def _preserved(vectors: np.ndarray, antonyms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs that are near each other and no antonyms, and their distances."""
    pairs, cosines = near_pairs(vectors, 1 - RHO)
    size = len(vectors)
    free = ~np.isin(pairs[:, 0] * size + pairs[:, 1], antonyms[:, 0] * size + antonyms[:, 1])
    return pairs[free], 1 - cosines[free]


def _similar(wordnet: WordNet, synset: Synset) -> list[str]:
    return [word for near in synset.similar for word in wordnet.synset(*near).words]


def _ordered(pair: tuple[int, int]) -> tuple[int, int]:
    return (min(pair), max(pair))


def _array(pairs: set[tuple[int, int]]) -> np.ndarray:
    return np.array(sorted(pairs), np.int64).reshape(-1, 2)
