"""Which words lie under each position of a population."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from networks.description import Connection, Network
from networks.transforms import Transform

Span = tuple[np.ndarray, np.ndarray]
"""First and last word under each position, numbered from 0, shape (positions,); where only padding
is, the last comes before the first."""


def word_spans(network: Network) -> dict[str, Span]:
    """Find the words under each position.

    Parameters
    ----------
    network : Network
        Whose input has a position for each word.

    Returns
    -------
    dict of str to (numpy.ndarray, numpy.ndarray)
        For the input, and for the populations whose positions are windows over words, or windows
        over such windows.
    """
    words = np.arange(network.input.shape[0])
    spans: dict[str, Span] = {network.input.name: (words, words)}
    for population in network.hidden:
        for connection in network.into(population.name):
            span = _through(network, connection, spans)
            if span is not None:
                spans.setdefault(population.name, span)
    return spans


def window_width(connection: Connection) -> int | None:
    """Return how many positions a window covers along the first axis, None without windows."""
    for link in reversed(connection.links):
        if _windows(link):
            return _windows(link)[0].width
    return None


def _windows(link: Transform) -> tuple:
    """Return the windows along each axis that a transform slides; of most, none."""
    return getattr(link, "windows", ())


def _through(network: Network, connection: Connection, spans: Mapping[str, Span]) -> Span | None:
    """Return the words under each position of the target, None if that has no positions."""
    span = spans.get(connection.sources[0]) if len(connection.sources) == 1 else None
    shapes = connection.transform.shapes(network.source_shape(connection))
    for link, source, target in zip(connection.links, shapes, shapes[1:], strict=False):
        if span is None:
            return None
        if _windows(link):
            span = _under(_windows(link)[0].places(source[0]), span)
        elif target != source:
            return None
    return span


def _under(places: np.ndarray, span: Span) -> Span:
    """Return the first and the last word under windows with the given places, -1 for padding."""
    first, last = span
    beyond = int(last.max(initial=-1)) + 1
    return (
        np.where(places >= 0, first[places], beyond).min(axis=1),
        np.where(places >= 0, last[places], -1).max(axis=1),
    )
