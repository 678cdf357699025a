r"""Confidence intervals for runs that agree in distribution only.

PyTorch and Brian 2 that draw their own input spikes cannot agree spike for spike. What can be
tested is how often their labels agree, and whether they spike equally much.

Agreement. With k equal labels among n, p = k / n, and z the normal quantile of the level, Wilson's
interval holds the proportions that p does not contradict:

    (p + z^2 / 2n  -+  z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n)

For a fixed set of sentences and independent input in every presentation it errs, if at all, on the
wide side: a sum of unlike, independent Bernoulli variables varies no more than a binomial one.

Mean of n independent values x_i, with Student's t of n - 1 degrees of freedom:

    mean(x)  -+  t sd(x) / sqrt(n)

Relative difference of spike counts a_i, b_i of the same sentences i, each averaged over seeds, is
R = mean(b - a) / mean(a). It is a ratio of means, whose error to first order is that of the mean of
e_i = (b_i - a_i - R a_i) / mean(a) (Cochran, Sampling Techniques, chapter 6).

Two classifiers on the same n sentences, of which b have only the first right and c only the second:
under the hypothesis that they are equally good, b is binomial among b + c with probability 1/2
(McNemar's test, exact), and with d = b - c, both counts raised by 1/2 and n by 2 (Agresti & Min
2005), the difference of their proportions lies in

    d / n  -+  z sqrt(b + c - d^2 / n) / n
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Interval:
    """An estimate with its confidence interval.

    Attributes
    ----------
    estimate, low, high : float
        In the unit of what is estimated.

    Examples
    --------
    >>> from analysis import Interval
    >>> Interval(estimate=0.8, low=0.7, high=0.9).low
    0.7
    """

    estimate: float
    low: float
    high: float


def proportion_interval(successes: int, trials: int, *, level: float = 0.95) -> Interval:
    """Return a proportion with Wilson's interval.

    Parameters
    ----------
    successes, trials : int
        How many of how many.
    level : float
        Probability that the interval covers the true proportion.

    Returns
    -------
    Interval
        Within [0, 1].

    Raises
    ------
    ValueError
        If there are no trials, or more successes than trials.

    Examples
    --------
    >>> from analysis import proportion_interval
    >>> found = proportion_interval(80, 100)
    >>> f"{found.estimate:.1%}, {found.low:.1%} to {found.high:.1%}"
    '80.0%, 71.1% to 86.7%'
    """
    low, high = stats.binomtest(successes, trials).proportion_ci(level, method="wilson")
    return Interval(successes / trials, float(low), float(high))


def mean_interval(values: np.ndarray, *, level: float = 0.95) -> Interval:
    """Return a mean with Student's interval.

    Parameters
    ----------
    values : array_like, shape (n,)
        At least two independent values, for example an accuracy for each seed.
    level : float
        Probability that the interval covers the true mean.

    Returns
    -------
    Interval
        In the unit of the values.

    Raises
    ------
    ValueError
        If there are fewer than two values.

    Examples
    --------
    >>> from analysis import mean_interval
    >>> found = mean_interval([0.78, 0.80, 0.79])
    >>> f"{found.estimate:.3f}, {found.low:.3f} to {found.high:.3f}"
    '0.790, 0.765 to 0.815'
    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(f"an interval needs two or more values in a row, not {values.shape}")
    mean = float(values.mean())
    half = stats.t.ppf((1 + level) / 2, len(values) - 1) * stats.sem(values)
    return Interval(mean, float(mean - half), float(mean + half))


def label_agreement(a: np.ndarray, b: np.ndarray, *, level: float = 0.95) -> Interval:
    """Return how often two sets of labels agree.

    Parameters
    ----------
    a, b : array_like of int, same shape
        Labels, for example of shape (seeds, sentences), each from input spikes of its own.
    level : float
        Probability that the interval covers the true proportion.

    Returns
    -------
    Interval
        Proportion of equal labels, over all seeds and sentences.

    Raises
    ------
    ValueError
        If the shapes differ, or there are no labels.

    Examples
    --------
    >>> from analysis import label_agreement
    >>> label_agreement([0, 1, 1, 1], [0, 1, 1, 0]).estimate
    0.75
    """
    a, b = _same_shape(a, b)
    return proportion_interval(int(np.count_nonzero(a == b)), a.size, level=level)


def relative_difference(a: np.ndarray, b: np.ndarray, *, level: float = 0.95) -> Interval:
    """Return how much more, relative to ``a``, a layer fires in ``b``.

    Parameters
    ----------
    a, b : array_like, shape (seeds, sentences)
        Spikes of the layer in each presentation; columns are paired, at least two.
    level : float
        Probability that the interval covers the true difference.

    Returns
    -------
    Interval
        0.01 means one per cent more spikes in ``b``. All NaN if ``a`` is silent.

    Raises
    ------
    ValueError
        If the shapes differ or there are fewer than two sentences.

    Examples
    --------
    >>> from analysis import relative_difference
    >>> found = relative_difference([[100, 200]], [[101, 202]])  # one seed, two sentences
    >>> round(found.estimate, 6)
    0.01
    """
    a, b = (counts.mean(axis=0) for counts in _same_shape(a, b))
    if not a.any():
        return Interval(np.nan, np.nan, np.nan)
    ratio = (b - a).mean() / a.mean()
    error = mean_interval((b - a - ratio * a) / a.mean(), level=level)
    return Interval(float(ratio), float(ratio + error.low), float(ratio + error.high))


@dataclass(frozen=True)
class Paired:
    """Two proportions of the same trials.

    Attributes
    ----------
    difference : Interval
        Of the first less the second.
    only_first, only_second : int
        Trials in which just one of the two succeeded.
    p : float
        Probability of so uneven a split if both are equally good, two-sided.

    Examples
    --------
    >>> from analysis import Interval, Paired
    >>> Paired(Interval(0.1, -0.1, 0.3), only_first=3, only_second=1, p=0.625).difference.estimate
    0.1
    """

    difference: Interval
    only_first: int
    only_second: int
    p: float


def paired_difference(a: np.ndarray, b: np.ndarray, *, level: float = 0.95) -> Paired:
    """Compare two proportions of the same trials by McNemar's exact test.

    Parameters
    ----------
    a, b : array_like of bool, shape (n,)
        In which trials each succeeded.
    level : float
        Probability that the interval covers the true difference.

    Returns
    -------
    Paired
        The difference, and whether it can be chance.

    Raises
    ------
    ValueError
        If the shapes differ, or there are no trials.

    Examples
    --------
    >>> from analysis import paired_difference
    >>> found = paired_difference([True] * 9 + [False], [True] * 3 + [False] * 7)
    >>> found.only_first, found.only_second, found.p
    (6, 0, 0.03125)
    """
    a, b = (np.asarray(flags, dtype=bool) for flags in _same_shape(a, b))
    if not a.size:
        raise ValueError("proportions of no trials cannot be compared")
    first, second = int((a & ~b).sum()), int((b & ~a).sum())
    p = stats.binomtest(first, first + second).pvalue if first + second else 1.0
    n, uneven = a.size + 2, first - second
    half = stats.norm.ppf((1 + level) / 2) * np.sqrt(first + second + 1 - uneven**2 / n) / n
    interval = Interval(uneven / a.size, uneven / n - half, uneven / n + half)
    return Paired(interval, first, second, float(p))


def _same_shape(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        raise ValueError(f"the shapes differ: {a.shape} and {b.shape}")
    return a, b
