"""Which arrays a corpus has, known before anything is simulated, from recordings of silence.

A recording has the form that the length of its sentence gives it. So a recording of silence, a step
long, is made for each length: what is the same in all of them is said once for the whole corpus,
sizes that differ are listed by sentence, and arrays are as large as the largest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from bionlp.classifier import TextClassifier
from bionlp.errors import UsageError
from bionlp.membranes import parse_membranes
from bionlp.recording.corpus.common import check_common, common
from bionlp.recording.digest import DIGITS
from bionlp.recording.making import make_recording
from bionlp.sentences import Sentence
from networks.activity import Activity, Membranes
from networks.described import digest_of
from networks.description import crop

if TYPE_CHECKING:
    from bionlp.engine import Engine

FORMAT = "bionlp-corpus"
VERSION = 1

NO_LABEL = -1
"""The true label of a sentence of which nobody knows it."""
MOST_BLOCK = 32
"""Sentences that are simulated and written together, at most."""
WRITTEN = "written"
"""The array that says which sentences are there."""
CHUNK_BYTES = 2**25
"""Of an array of a block in memory, at most, unless a single sentence has more."""
ROWS = 4096
"""Sentences in a chunk of what is known of each before it is simulated."""
BEHIND = -1
"""Stands for the words under positions that a sentence does not have."""


@dataclass(frozen=True)
class Listed:
    """A sentence of a corpus.

    Attributes
    ----------
    number : int
        In the experiment, which with the seed decides its input spikes.
    text : str
        As it was given.
    positions : tuple of str
        Names of the positions of its input: its words, or the different ones where each is a step.
    words : int
        Words that are read.
    label : int
        The true one, or :data:`NO_LABEL`.
    """

    number: int
    text: str
    positions: tuple[str, ...]
    words: int
    label: int = NO_LABEL


def listed(
    classifier: TextClassifier, sentence: Sentence, number: int, label: int | None
) -> Listed:
    """Return what a corpus lists of a sentence."""
    positions = sentence.words
    if classifier.word_a_step:
        positions = tuple(dict.fromkeys(positions))
    label = NO_LABEL if label is None else label
    return Listed(number, sentence.text, positions, len(sentence.words), label)


@dataclass(frozen=True)
class Variable:
    """An array of a corpus.

    Attributes
    ----------
    dims : tuple of str
        Names of its dimensions.
    shape : tuple of int
        Their sizes.
    dtype : str
        As Zarr names it.
    rows : int
        Size of a chunk along the first dimension; along the others a chunk is whole.
    attrs : dict
        Of the array.
    values : numpy.ndarray or None
        What is in it from the beginning; None for what comes block by block.
    """

    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    rows: int
    attrs: Mapping[str, Any]
    values: np.ndarray | None = None


@dataclass(frozen=True)
class Layout:
    """All of a corpus but what happened in its presentations.

    Attributes
    ----------
    attrs : mapping of str to dict
        Attributes of the root, named ``""``, and of each population.
    variables : mapping of str to Variable
        By path, such as ``conv3/spikes``.
    block : int
        Sentences that are written together.
    """

    attrs: Mapping[str, dict[str, Any]]
    variables: Mapping[str, Variable]
    block: int

    @property
    def count(self) -> int:
        """Number of sentences."""
        return self.variables["sentence"].shape[0]

    @property
    def blocks(self) -> list[slice]:
        """The sentences of each block, by their places."""
        starts = range(0, self.count, self.block)
        return [slice(start, min(start + self.block, self.count)) for start in starts]


def layout_of(
    classifier: TextClassifier,
    sentences: Sequence[Listed],
    *,
    steps: int,
    seed: int,
    engine: Engine,
    record: Sequence[str],
) -> Layout:
    """Find out which arrays hold the recordings of sentences.

    Parameters
    ----------
    classifier : TextClassifier
        Who reads them.
    sentences : sequence of Listed
        At least one.
    steps, seed, engine, record
        As of :func:`bionlp.simulation.present`; the engine is a chosen one.

    Returns
    -------
    Layout
        Nothing is in memory of what will be recorded.

    Raises
    ------
    UsageError
        If recordings of sentences of several lengths have less in common than a corpus asks for.
    """
    by_length = {len(sentence.positions): sentence for sentence in sentences}
    longest = max(by_length)
    told = {
        "seed": seed,
        "backend": engine.backend,
        "dt_ms": engine.dt_ms,
        "precision": engine.precision,
        "synapses": engine.synapses,
        "neurons": engine.neurons,
    }
    whole = _silence(classifier, by_length[longest], longest, record, told)
    parts = {
        length: whole
        if length == longest
        else _silence(classifier, sentence, longest, record, told)
        for length, sentence in by_length.items()
    }
    for part in parts.values():
        check_common(common(part), common(whole))
    pace = [sentence.words if classifier.word_a_step else steps for sentence in sentences]
    lasting = np.array(pace) * engine.parts
    lengths = [len(sentence.positions) for sentence in sentences]
    names = whole.attrs["layers"]
    nodes = {
        name: _of_population(
            {length: part[name] for length, part in parts.items()},
            lengths,
            int(lasting.max()),
            "float32" if engine.precision == "single" else "float64",
        )
        for name in names
    }
    block = _block([each for node in nodes.values() for each in node.values()])
    time = np.arange(lasting.max()) * engine.dt_ms
    variables = {"time": _known(("time",), time, whole["time"].attrs)}
    variables |= _of_root(sentences, None if classifier.margin else lasting, len(names))
    for name in variables.keys() & {*names}:
        raise UsageError(
            f"a corpus lists {name} of sentences, and has no population of that name; record them "
            "one by one, with bionlp simulate"
        )
    variables |= {f"{name}/{key}": each for name in names for key, each in nodes[name].items()}
    attrs = common(whole)
    attrs[""] |= {
        "format": FORMAT,
        "version": VERSION,
        "recording_version": whole.attrs["version"],
        "label_names": list(classifier.label_names),
        "model_sha256": _digest(classifier),
        "record": list(record),
    }
    return Layout(
        attrs,
        {
            path: each if each.values is not None else replace(each, rows=block)
            for path, each in variables.items()
        },
        block,
    )


def _silence(
    classifier: TextClassifier,
    sentence: Listed,
    longest: int,
    record: Sequence[str],
    told: Mapping[str, Any],
) -> xr.DataTree:
    """Return a recording of a step in which nothing happens."""
    read = classifier.read(sentence.text)
    shown, _ = classifier.narrowed([read.ids])
    if classifier.word_a_step:
        longest = shown.network.input.shape[0]
    membranes: Membranes = parse_membranes(record, crop(shown.network, longest))
    silent = {}
    for name, shape in crop(shown.network, len(sentence.positions)).shapes.items():
        recorded = np.array([n for n in membranes.get(name, ()) if n < prod(shape)], dtype=np.int64)
        spikes = np.zeros((1, *shape), dtype=bool)
        silent[name] = Activity(spikes, np.zeros((1, len(recorded))), recorded)
    return make_recording(shown, read, silent, **told)


def _of_population(
    parts: Mapping[int, xr.DataTree], lengths: Sequence[int], steps: int, voltage: str
) -> dict[str, Variable]:
    """Return the arrays of a population, given its silence for each length of a sentence."""
    whole = parts[max(parts)]
    dims = [dim for dim in (*whole["spikes"].dims, "recorded") if dim != "time"]
    sizes = {dim: {n: part.sizes[dim] for n, part in parts.items()} for dim in dims}
    most = {dim: max(by_length.values()) for dim, by_length in sizes.items()} | {"time": steps}
    count = len(lengths)

    def of_blocks(name: str, dtype: str) -> Variable:
        own = whole[name].dims
        shape = (count, *(most[dim] for dim in own))
        return Variable(("sentence", *own), shape, dtype, 1, dict(whole[name].attrs))

    found = {"spikes": of_blocks("spikes", "bool"), "membrane": of_blocks("membrane", voltage)}
    for name, array in whole.variables.items():
        if name in ("first_word", "last_word"):
            rows = {length: part[name].values for length, part in parts.items()}
            values = np.full((count, most["position"]), BEHIND, dtype=np.int32)
            for place, length in enumerate(lengths):
                values[place, : len(rows[length])] = rows[length]
            found[name] = _known(("sentence", "position"), values)
        elif name == "index" or name in whole.attrs.get("parameters", "").split():
            _check_prefixes(name, parts)
            found[name] = _known(array.dims, array.values)
    for dim, by_length in sizes.items():
        if len({*by_length.values()}) > 1:
            listing = np.array([by_length[length] for length in lengths])
            found[size_of(dim)] = _known(("sentence",), listing)
    return found


def size_of(dim: str) -> str:
    """Return the name of the array that lists the true size of a dimension by sentence."""
    return f"{dim}_size"


def _check_prefixes(name: str, parts: Mapping[int, xr.DataTree]) -> None:
    """See that shorter sentences have the first values of those that the longest one has."""
    whole = parts[max(parts)][name].values
    for part in parts.values():
        values = part[name].values
        if not np.array_equal(values, whole[tuple(map(slice, values.shape))]):
            raise UsageError(
                f"{name} of {part.path} depends on the sentence, and a corpus has one for all; "
                "record the sentences one by one, with bionlp simulate"
            )


def _known(
    dims: tuple[str, ...], values: np.ndarray, attrs: Mapping[str, Any] | None = None
) -> Variable:
    """Return an array of which all is known; numbers that count are of 64 bits."""
    if values.dtype.kind in "iu" and values.dtype != np.int32 and values.dtype != np.uint8:
        values = values.astype(np.int64)
    rows = min(ROWS, max(len(values), 1)) if dims[0] == "sentence" else max(len(values), 1)
    return Variable(dims, values.shape, values.dtype.name, rows, dict(attrs or {}), values)


def _of_root(
    sentences: Sequence[Listed], lasting: np.ndarray | None, populations: int
) -> dict[str, Variable]:
    """Return the arrays that are of sentences, and not of a population.

    How long presentations last is not known beforehand if they may end early.
    """
    count, of_sentences = len(sentences), ("sentence",)

    def of_blocks(dtype: str, *rest: tuple[str, int]) -> Variable:
        dims = (*of_sentences, *(name for name, _ in rest))
        return Variable(dims, (count, *(size for _, size in rest)), dtype, 1, {})

    by_population = ("population", populations)
    names = [each.positions for each in sentences]
    return {
        "sentence": _known(of_sentences, np.array([each.number for each in sentences])),
        "text": _known((*of_sentences, "text_byte"), as_bytes([s.text for s in sentences])),
        "position_names": _known((*of_sentences, "name_byte"), as_bytes(names)),
        "word_count": _known(of_sentences, np.array([each.words for each in sentences])),
        "true_label": _known(of_sentences, np.array([each.label for each in sentences])),
        "steps": of_blocks("int64") if lasting is None else _known(of_sentences, lasting),
        "label": of_blocks("int64"),
        "spike_count": of_blocks("int64", by_population),
        "synaptic_events": of_blocks("int64", by_population),
        "sha256": of_blocks("uint8", ("digest_byte", DIGITS // 2)),
        WRITTEN: of_blocks("bool"),
    }


def as_bytes(documents: Sequence[Any]) -> np.ndarray:
    """Write documents as JSON in UTF-8, each in a row of bytes with zeros behind it."""
    rows = [json.dumps(document, ensure_ascii=False).encode() for document in documents]
    width = max(map(len, rows))
    return np.array([np.frombuffer(row.ljust(width, b"\0"), dtype=np.uint8) for row in rows])


def _block(arrays: Sequence[Variable]) -> int:
    """Return how many sentences are written together, so that no chunk of them becomes large."""
    largest = max(
        prod(each.shape[1:]) * np.dtype(each.dtype).itemsize
        for each in arrays
        if each.values is None
    )
    return int(np.clip(CHUNK_BYTES // max(largest, 1), 1, MOST_BLOCK))


def _digest(classifier: TextClassifier) -> str:
    """Return a digest of all of a model that decides what it does with words."""
    found = hashlib.sha256(digest_of(classifier.network).encode())
    found.update(json.dumps(classifier.vocabulary.words).encode())
    if not classifier.word_a_step:
        found.update(np.ascontiguousarray(classifier.levels).tobytes())
    return found.hexdigest()
