"""The positive shift: from word vectors to firing rates.

A rate lies in [0, 1], a component of a word vector anywhere around zero. With one mean ``mu`` and
one standard deviation ``sigma`` over all values of the table,

    x <- min(max(x, mu - 3 sigma), mu + 3 sigma)
    z = (x - mu) / sigma
    rate = (z + 3) / 6

which keeps the order of all values and is the same for a table in other units. For sparse input
rates may begin higher than at z = -3, and what lies below is silent. From Lv, Xu and
Zheng (2023), Spiking convolutional neural networks for text classification, ICLR, section 3.1.
"""

from collections.abc import Iterator

import numpy as np

from bionlp.errors import EmbeddingError
from bionlp.limits import BOUND

_ROWS_AT_ONCE = 8192


def positive_shift(vectors: np.ndarray, silent_below: float = -BOUND) -> np.ndarray:
    """Map a table of word vectors into [0, 1].

    Parameters
    ----------
    vectors : ndarray of float, shape [words, dimension]
        The whole table; the mean and the deviation are those of all its values.
    silent_below : float
        Value that becomes a rate of 0, and all below it, in standard deviations from the mean. At
        -3, as Lv, Xu & Zheng (2023) have it, the mean rate is one half; the higher, the sparser.

    Returns
    -------
    ndarray of float32, shape [words, dimension]
        The rates, as probabilities of a spike in a step.

    Raises
    ------
    EmbeddingError
        If the table is empty, constant, or has a value that is not a finite number.
    """
    mu, sigma = table_moments(vectors)
    # Rounding of the mean can leave a constant table a deviation just above zero.
    if sigma == 0 or vectors.min() == vectors.max():
        raise EmbeddingError("all values of the word vectors are equal; use other word vectors")
    rates = np.empty(vectors.shape, dtype=np.float32)
    for rows in _row_blocks(vectors):
        z = (vectors[rows].astype(np.float64) - mu) / sigma
        rates[rows] = (np.clip(z, silent_below, BOUND) - silent_below) / (BOUND - silent_below)
    return rates


def table_moments(vectors: np.ndarray) -> tuple[float, float]:
    """Compute the mean and the standard deviation of all values of a table.

    Parameters
    ----------
    vectors : ndarray of float, shape [words, dimension]
        The table.

    Returns
    -------
    mu, sigma : float
        In the units of the table; ``sigma`` divides by the number of values.

    Raises
    ------
    EmbeddingError
        If the table is empty or has a value that is not a finite number.
    """
    if vectors.ndim != 2 or not vectors.size:
        raise EmbeddingError(
            f"word vectors of shape {vectors.shape} are no table of words by dimensions"
        )
    # Block by block: a copy of a large table in float64 would take gigabytes.
    blocks = list(_row_blocks(vectors))
    if not all(np.isfinite(vectors[rows]).all() for rows in blocks):
        raise EmbeddingError(
            "some values of the word vectors are not finite numbers; use other word vectors"
        )
    mu = sum(vectors[rows].sum(dtype=np.float64) for rows in blocks) / vectors.size
    squares = (np.square(vectors[rows].astype(np.float64) - mu).sum() for rows in blocks)
    return float(mu), float(np.sqrt(sum(squares) / vectors.size))


def _row_blocks(vectors: np.ndarray) -> Iterator[slice]:
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        yield slice(start, start + _ROWS_AT_ONCE)
