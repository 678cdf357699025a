"""Writing a corpus: all that is known of it at once, and recordings block by block.

A block is a chunk of each array, and a chunk is a file that is there whole or not at all. That a
block is ``written`` is said last, so what was cut off is known, and is written again. A store gets
its name only when all is in it that is known from the beginning.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from bionlp.errors import OutputError, RecordingError, UsageError
from bionlp.files import make_folder, reason
from bionlp.recording.corpus.common import check_common, common, of_recordings
from bionlp.recording.corpus.layout import FORMAT, WRITTEN, Layout, Variable
from bionlp.recording.corpus.reading import documents, open_raw
from bionlp.recording.corpus.store import (
    METADATA,
    MOST_METADATA,
    Array,
    Store,
    read_store,
)
from bionlp.recording.digest import digest
from bionlp.strict import one_line, parse_json, read_file

LEVEL = 3
"""Of zstd: more takes longer than it saves."""

Block = dict[str, np.ndarray]
"""Arrays of some sentences that follow each other, by path."""


def block_of(recordings: Sequence[xr.DataTree], layout: Layout) -> Block:
    """Put the recordings of a block into arrays, with silence behind those that are shorter.

    Parameters
    ----------
    recordings : sequence of xarray.DataTree
        In the order of the corpus.
    layout : Layout
        Of the corpus.

    Returns
    -------
    dict of str to numpy.ndarray, each of shape (sentences, ...)
        All arrays that are written block by block.

    Raises
    ------
    UsageError
        If a recording has something that a corpus has no place for.
    """
    block = {
        path: np.zeros((len(recordings), *each.shape[1:]), dtype=each.dtype)
        for path, each in layout.variables.items()
        if each.values is None
    }
    expected = {**layout.attrs, "": of_recordings(layout.attrs[""])}
    for place, recording in enumerate(recordings):
        check_common(common(recording), expected)
        names = recording.attrs["layers"]
        block["label"][place] = recording.attrs["label"]
        if "steps" in block:
            block["steps"][place] = recording.attrs["steps"]
        for key in ("spike_count", "synaptic_events"):
            block[key][place] = [recording[name].attrs[key] for name in names]
        block["sha256"][place] = np.frombuffer(bytes.fromhex(digest(recording)), dtype=np.uint8)
        block[WRITTEN][place] = True
        for path in (f"{name}/{key}" for name in names for key in ("spikes", "membrane")):
            values = recording[path].values
            inside: tuple[Any, ...] = (place, *map(slice, values.shape))
            block[path][inside] = values
    return block


class CorpusWriter:
    """Writes the blocks of a corpus, and makes the store when the first of them has come.

    Parameters
    ----------
    path : Path
        The store.
    layout : Layout
        All that is known of the corpus.
    overwrite : bool
        Replace a corpus that is there, whatever is in it.

    Attributes
    ----------
    missing : list of int
        Numbers of the blocks that were not written yet when this was made.

    Raises
    ------
    OutputError
        If there is another corpus, or something else, or the store could not be made.
    """

    def __init__(self, path: Path, layout: Layout, *, overwrite: bool = False):
        # A link stays one.
        path = path.resolve() if path.is_symlink() else path
        self._path, self._layout = path, layout
        self._is_there = os.path.lexists(path)
        self.missing = [*range(len(layout.blocks))]
        _zarr()
        make_folder(path.parent)
        if self._is_there and not _is_corpus(path):
            raise OutputError(f"{path} is there already, and is no corpus; choose another --out")
        if self._is_there and not overwrite:
            written = _written(path, layout)
            self.missing = [n for n in self.missing if not written[layout.blocks[n]].all()]
        self._is_there = self._is_there and not overwrite

    def write(self, number: int, block: Block) -> None:
        """Write the recordings of a block, and then that they are there.

        Parameters
        ----------
        number : int
            Of the block.
        block : dict of str to numpy.ndarray
            As of :func:`block_of`.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        if not self._is_there:
            _make(self._path, self._layout)
            self._is_there = True
        places = self._layout.blocks[number]
        with _writing(self._path):
            group = _zarr().open_group(self._path, mode="r+", zarr_format=3)
            for name in sorted(block, key=lambda name: name == WRITTEN):
                if block[name].size:
                    group[name][places] = block[name]


def _written(path: Path, layout: Layout) -> np.ndarray:
    """Return which sentences are written in a store that is there."""
    try:
        return _compare(path, layout)
    except RecordingError as error:
        advice = "choose another --out, or replace it with --overwrite"
        raise OutputError(f"{error}; {advice}") from error


def _zarr() -> Any:
    try:
        import zarr
    except ImportError as error:
        raise UsageError(
            f"a corpus is written with Zarr ({error}); pip install 'bionlp[zarr]'"
        ) from error
    return zarr


def _is_corpus(path: Path) -> bool:
    """Tell whether a folder is a corpus, of any version and however damaged: it may be replaced."""
    try:
        root = parse_json(read_file(path / METADATA, RecordingError, MOST_METADATA))
        return root["attributes"]["format"] == FORMAT
    except (RecordingError, ValueError, LookupError, TypeError):
        return False


def _make(path: Path, layout: Layout) -> None:
    """Make the store, in place of another one, if there is one."""
    new, old = (path.with_name(f".{secrets.token_hex(4)}{path.suffix}") for _ in range(2))
    try:
        with _writing(path):
            _fill(new, layout)
            if path.exists():
                path.rename(old)
            new.rename(path)
    finally:
        for folder in (new, old):
            shutil.rmtree(folder, ignore_errors=True)


def _fill(path: Path, layout: Layout) -> None:
    """Write all that is known of a corpus."""
    zarr = _zarr()
    root = zarr.create_group(path, zarr_format=3, attributes=layout.attrs[""])
    for name, attrs in layout.attrs.items():
        if name:
            root.create_group(name, attributes=attrs)
    for name, variable in layout.variables.items():
        array = root.create_array(name, **_options(variable))
        if variable.values is not None and variable.values.size:
            array[:] = variable.values


def _options(variable: Variable) -> dict[str, Any]:
    """Return how Zarr is told to make an array."""
    from zarr.codecs import BloscCodec

    # Of a spike one bit of eight says something, of numbers all but the first of their bytes.
    bits = variable.dtype == "bool"
    size = np.dtype(variable.dtype).itemsize
    return {
        "shape": variable.shape,
        "chunks": (variable.rows, *(max(size, 1) for size in variable.shape[1:])),
        "dtype": variable.dtype,
        "compressors": BloscCodec(
            cname="zstd", clevel=LEVEL, shuffle="bitshuffle" if bits else "shuffle", typesize=size
        ),
        "fill_value": np.zeros((), variable.dtype).item(),
        "dimension_names": variable.dims,
        "attributes": dict(variable.attrs),
    }


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Turn what the system refuses into an error for users."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {reason(error)}; choose another place or free this one"
        ) from error


def _compare(path: Path, layout: Layout) -> np.ndarray:
    """See that a store has all that is known of a corpus; return which sentences are written."""
    store, corpus = read_store(path), open_raw(path)
    for name, attrs in layout.attrs.items():
        _compare_attrs(path, name, _declared(store, name), attrs)
    count = corpus.sizes.get("sentence")
    if count != layout.count:
        raise RecordingError(f"{path} is of {count} sentences, and these are {layout.count}")
    _compare_texts(path, corpus, layout)
    for name, variable in layout.variables.items():
        declared = store.get(name)
        form = isinstance(declared, Array) and (
            (declared.dimension_names, declared.shape, declared.data_type, declared.chunk[0])
            == ([*variable.dims], [*variable.shape], variable.dtype, variable.rows)
        )
        same = form and (
            variable.values is None or np.array_equal(corpus[name].values, variable.values)
        )
        if not same:
            raise RecordingError(f"{path} was begun otherwise: {name} is not the same")
    return corpus[WRITTEN].values


def _declared(store: Store, name: str) -> dict[str, Any]:
    return store[name].attributes if name in store else {}


def _compare_attrs(
    path: Path, name: str, found: Mapping[str, Any], expected: Mapping[str, Any]
) -> None:
    for key in sorted(found.keys() | expected.keys()):
        if found.get(key) != expected.get(key):
            whose = f"{key} of {name}" if name else key
            raise RecordingError(
                f"{path} was begun with other settings: {whose} is {_said(found.get(key))} there, "
                f"and now {_said(expected.get(key))}"
            )


def _compare_texts(path: Path, corpus: xr.DataTree, layout: Layout) -> None:
    """See that sentences are the same, and their numbers, labels and steps."""
    for name in ("text", "sentence", "true_label", "steps"):
        known = layout.variables[name].values
        if known is None:
            continue
        there, here = _listed(corpus[name].values), _listed(known)
        for place, (old, new) in enumerate(zip(there, here, strict=True), start=1):
            if old != new:
                raise RecordingError(
                    f"{path} was begun otherwise: {name} of its {place}. sentence is {_said(old)} "
                    f"there, and now {_said(new)}"
                )


def _listed(values: Any) -> list[Any]:
    return documents(values) if values.ndim > 1 else values.tolist()


def _said(value: Any) -> str:
    return "not said" if value is None else one_line(repr(value))
