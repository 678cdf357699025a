"""Reading a corpus: lazily as a whole, and one sentence of it as a recording like any other."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from pathlib import Path
from typing import Any, cast

import numpy as np
import xarray as xr

from bionlp.errors import RecordingError, UsageError
from bionlp.limits import free_memory, said
from bionlp.recording.corpus.common import of_recordings
from bionlp.recording.corpus.layout import size_of
from bionlp.recording.corpus.schema import check_sentences, check_structure
from bionlp.recording.corpus.store import Array, check_chunk, read_store
from bionlp.recording.digest import ATTRIBUTE
from bionlp.recording.files import checked_recording
from bionlp.recording.making import word_coordinates
from bionlp.recording.schema import VERSION
from bionlp.strict import one_line

OF_SENTENCES = ["text", "word_count", "true_label", "steps", "label", "written"]
"""Arrays that are in memory when a corpus is open, and coordinates of its sentences."""


def open_corpus(path: Path) -> xr.DataTree:
    """Open a corpus lazily: of spikes and membranes nothing is read until it is asked for.

    Parameters
    ----------
    path : Path
        A store that :func:`bionlp.corpora.record_corpus` wrote, finished or not.

    Returns
    -------
    xarray.DataTree
        See :mod:`bionlp.recording.corpus`; with Dask, arrays of it. Texts are strings, populations
        and classes have names. Sentences that are not recorded yet are silent: ``written`` tells.

    Raises
    ------
    RecordingError
        If it is missing, no corpus, of another version, or something in it has another form; in one
        line. What is in chunks is not looked at before :func:`take_sentence`.

    Examples
    --------
    >>> from pathlib import Path
    >>> from bionlp import load_classifier, open_corpus, record_corpus
    >>> texts = ["a gripping film", "a dull mess"]
    >>> model = load_classifier("mr")
    >>> done = record_corpus(model, texts, Path("films.zarr"), steps=10, seed=1)
    >>> corpus = open_corpus(Path("films.zarr"))
    >>> corpus["pool3"]["spikes"].shape
    (2, 10, 100)
    >>> int(corpus["spike_count"].sel(sentence=0, population="input"))
    4313
    """
    path = Path(path)
    corpus = open_raw(path)
    root, source = corpus.to_dataset(), corpus.encoding["source"]
    try:
        texts = np.array(documents(root["text"].values), dtype=object)
    except RecordingError as error:
        raise RecordingError(f"{path}, /text: {error}") from error
    root["text"] = ("sentence", texts)
    corpus.dataset = root.assign_coords(population=corpus.attrs["layers"]).set_coords(OF_SENTENCES)
    readout = corpus[corpus.attrs["readout"]]
    named = {"class": corpus.attrs["label_names"]}
    readout.dataset = readout.to_dataset(inherit=False).assign_coords(named)
    corpus.children = {name: corpus[name] for name in corpus.attrs["layers"]}
    corpus.encoding["source"] = source
    return corpus


def open_raw(path: Path) -> xr.DataTree:
    """Open a corpus as it is stored; see :func:`open_corpus`."""
    path = Path(path)
    store = read_store(path)
    if importlib.util.find_spec("zarr") is None:
        raise UsageError("a corpus is read with Zarr; pip install 'bionlp[zarr]'")
    chunks: dict[str, Any] = {"chunks": {}} if importlib.util.find_spec("dask") else {}
    try:
        check_structure(store)
        _check_memory(sum(cast(Array, store[name]).bytes for name in OF_SENTENCES))
        corpus = xr.open_datatree(
            path, engine="zarr", zarr_format=3, consolidated=False, decode_cf=False, **chunks
        )
        root = corpus.to_dataset()
        for name in OF_SENTENCES:
            root[name] = root[name].load()
        corpus.dataset = root
        check_sentences(corpus)
    except RecordingError as error:
        raise RecordingError(f"{path}, {error}") from error
    except Exception as error:  # whatever the libraries make of a store that is none
        raise RecordingError(f"{path} is damaged: {one_line(error)}") from error
    return corpus


def take_sentence(corpus: xr.DataTree, number: int) -> xr.DataTree:
    """Take one sentence out of a corpus.

    Parameters
    ----------
    corpus : xarray.DataTree
        From :func:`open_corpus`.
    number : int
        Of the sentence, from 0, as the coordinate ``sentence`` has it.

    Returns
    -------
    xarray.DataTree
        The recording that :func:`bionlp.simulation.simulate` makes of it, in memory
        (:mod:`bionlp.recording`). Its digest is that of what was simulated.

    Raises
    ------
    UsageError
        If the corpus has no sentence of this number.
    RecordingError
        If it is not recorded yet, was changed, or does not fit into memory.

    Examples
    --------
    >>> from pathlib import Path
    >>> from bionlp import load_classifier, open_corpus, record_corpus, take_sentence
    >>> texts = ["a gripping film", "a dull mess"]
    >>> model = load_classifier("mr")
    >>> done = record_corpus(model, texts, Path("films.zarr"), steps=10, seed=1)
    >>> recording = take_sentence(open_corpus(Path("films.zarr")), 1)
    >>> recording.attrs["text"], recording["input"]["spikes"].shape
    ('a dull mess', (10, 3, 300))
    """
    path = Path(corpus.encoding["source"])
    place = _place(corpus, path, number)
    where = f"{path}, sentence {number + 1}"
    try:
        if not corpus["written"].values[place]:
            raise RecordingError("it is not recorded yet; the command that began goes on")
        _check_chunks(path, place)
        return checked_recording(_assembled(corpus, place), VERSION)
    except RecordingError as error:
        raise RecordingError(f"{where}: {error}") from error
    except Exception as error:  # whatever the libraries make of a chunk that is none
        raise RecordingError(f"{where} is damaged: {one_line(error)}") from error


def _place(corpus: xr.DataTree, path: Path, number: int) -> int:
    numbers = corpus["sentence"].values
    found = np.flatnonzero(numbers == number)
    if not len(found):
        within = numbers[0] <= number <= numbers[-1]
        raise UsageError(
            f"{path} has no sentence {number + 1}"
            + (", in which the model knows no word" if within else "")
            + f"; it has {len(numbers):,}, numbered from {numbers[0] + 1} to {numbers[-1] + 1}"
        )
    return int(found[0])


def _check_chunks(path: Path, place: int) -> None:
    """See that the chunks that a sentence lies in are whole, and that memory suffices for them."""
    arrays = {name: each for name, each in read_store(path).items() if isinstance(each, Array)}
    groups: Counter[str] = Counter()
    total = 0
    for name, array in arrays.items():
        of_sentences = array.dimension_names[0] == "sentence"
        check_chunk(path, name, array, place if of_sentences else 0)
        groups[name.rpartition("/")[0]] += array.chunk_bytes
        total += array.chunk_bytes // (array.chunk[0] if of_sentences else 1)
    _check_memory(max(groups.values()) + total)


def _check_memory(needed: int) -> None:
    """See that memory suffices for what is declared."""
    free = free_memory()
    if free is not None and needed > free:
        raise RecordingError(f"it needs {said(needed)} of memory, and {said(free)} are free")


def _assembled(corpus: xr.DataTree, place: int) -> xr.DataTree:
    """Put a recording together, with the digest that it is to have."""
    names, classes = corpus.attrs["layers"], corpus.attrs["label_names"]
    root = _of_sentence(corpus, place)
    listed = {key: int(root[key]) for key in ("sentence", "label", "steps")}
    own = listed | {
        "text": str(root["text"].item()),
        "label_name": classes[listed["label"]] if listed["label"] >= 0 else "",
        ATTRIBUTE: root["sha256"].values.tobytes().hex(),
    }
    time = root["time"].variable.isel(time=slice(listed["steps"])).copy()
    attrs = of_recordings(corpus.attrs) | own
    tree: dict[str, xr.Dataset] = {"/": xr.Dataset(coords={"time": time}, attrs=attrs)}
    (words,) = documents(root["position_names"].values[None])
    counts = {key: root[key].values.tolist() for key in ("spike_count", "synaptic_events")}
    for number, name in enumerate(names):
        node = _population(corpus[name], place, listed["steps"], tuple(words))
        node.attrs |= {key: count[number] for key, count in counts.items()}
        if name == corpus.attrs["readout"]:
            node = node.assign_coords({"class": list(classes)})
        tree[f"/{name}"] = node
    return xr.DataTree.from_dict(tree)


def _of_sentence(node: xr.DataTree, place: int) -> xr.Dataset:
    """Read what a group has of a sentence, all of it at once: each reading has its price."""
    dataset = node.to_dataset(inherit=False)
    return dataset.isel(sentence=place, missing_dims="ignore").load()


def _population(node: xr.DataTree, place: int, steps: int, words: tuple[str, ...]) -> xr.Dataset:
    """Return what a population did in a sentence, without the silence behind it."""
    one = _of_sentence(node, place)
    dims = (*one["spikes"].dims[1:], "recorded")
    sizes = {"time": steps} | {dim: _size(one, dim, node.path) for dim in dims}

    def own(name: str) -> xr.Variable:
        array = one[name].variable
        # A copy, or what is cut off would stay in memory.
        return array.isel({dim: slice(sizes[dim]) for dim in array.dims}).copy()

    parameters = [key for key in node.attrs.get("parameters", "").split() if key in one.variables]
    found = xr.Dataset(
        {name: own(name) for name in ("spikes", "membrane", *parameters)},
        {"index": own("index")},
        node.attrs,
    )
    if "first_word" in one.variables:
        span = (own("first_word").values, own("last_word").values)
        found = found.assign_coords(word_coordinates(span, sizes["position"], words))
    return found


def _size(one: xr.Dataset, dim: str, path: str) -> int:
    """Return the true size of a dimension in a sentence."""
    if size_of(dim) not in one.variables:
        return one.sizes[dim]
    size = int(one[size_of(dim)])
    if not 0 <= size <= one.sizes[dim]:
        raise RecordingError(f"{path}: {size_of(dim)} is {size} of {one.sizes[dim]}")
    return size


def documents(rows: np.ndarray) -> list[Any]:
    """Read what :func:`bionlp.recording.corpus.layout.as_bytes` wrote.

    Raises
    ------
    RecordingError
        If a row is no JSON.
    """
    try:
        return [json.loads(row.tobytes().rstrip(b"\0")) for row in rows]
    except ValueError as error:
        raise RecordingError(f"a text is missing or was changed: {one_line(error)}") from error
