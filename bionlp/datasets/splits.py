"""Parting examples into train, dev and test, the same way everywhere and for ever.

Each example is given the SHA-256 digest of ``"seed:index"``, and the examples of every class are
put in the order of their digests: the first tenth is the test part, the next tenth of the rest is
the dev part, what remains is the train part. Where there is a test part already, the first tenth is
the dev part. The digest stands in for a random number because
the streams of ``random`` and of NumPy's generators may change from one version to the next,
and a number reported on a test set means nothing if the test set is another one tomorrow.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence

from bionlp.datasets.model import Example

Parts = tuple[tuple[Example, ...], tuple[Example, ...], tuple[Example, ...]]


def stratified_split(examples: Sequence[Example], seed: int) -> Parts:
    """Part examples so that every class has the same share of each part.

    Parameters
    ----------
    examples : sequence of Example
        All examples. Their order counts: it is what the seed shuffles.
    seed : int
        Another seed gives another split.

    Returns
    -------
    train, dev, test : tuple of Example
        Of a class with ``n`` examples, ``t = round(n / 10)`` (halves up) are in test and
        ``round((n - t) / 10)`` in dev. Each part is shuffled over the classes, so its
        first few examples are a fair sample.
    """
    train, dev, test = [], [], []
    for indices in _by_class(examples, seed):
        n_test = _tenth(len(indices))
        n_held = n_test + _tenth(len(indices) - n_test)
        test += indices[:n_test]
        dev += indices[n_test:n_held]
        train += indices[n_held:]
    parts = [_shuffled(examples, part, seed) for part in (train, dev, test)]
    return parts[0], parts[1], parts[2]


def carve_dev(
    examples: Sequence[Example], seed: int
) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """Part the training examples of a dataset that has a test part into train and dev.

    Parameters
    ----------
    examples, seed
        As of :func:`stratified_split`.

    Returns
    -------
    train, dev : tuple of Example
        Of a class with ``n`` examples, ``round(n / 10)`` (halves up) are in dev.
    """
    train, dev = [], []
    for indices in _by_class(examples, seed):
        held = _tenth(len(indices))
        dev += indices[:held]
        train += indices[held:]
    return _shuffled(examples, train, seed), _shuffled(examples, dev, seed)


def _by_class(examples: Sequence[Example], seed: int) -> Iterable[list[int]]:
    """Return the places of the examples of each class, shuffled."""
    by_class = defaultdict(list)
    for index in sorted(range(len(examples)), key=lambda index: _digest(seed, index)):
        by_class[examples[index].label].append(index)
    return by_class.values()


def _shuffled(
    examples: Sequence[Example], indices: Iterable[int], seed: int
) -> tuple[Example, ...]:
    ordered = sorted(indices, key=lambda index: _digest(seed, index))
    return tuple(examples[index] for index in ordered)


def _tenth(count: int) -> int:
    """Round ``count / 10`` in integers: floating point would round some halves to even."""
    return (count + 5) // 10


def _digest(seed: int, index: int) -> bytes:
    return hashlib.sha256(f"{seed}:{index}".encode()).digest()
