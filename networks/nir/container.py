"""NIR files: HDF5 containers of a graph, read without trusting them.

    /version                          version of the package that wrote it
    /node/type                        "NIRGraph"
    /node/edges         (edges, 2)    names of nodes
    /node/nodes/NAME/type             "LIF", "Affine", ...; a graph in a graph is a node, too
    /node/nodes/NAME/FIELD            numbers
    /node/nodes/NAME/metadata/...     what the writer adds

They are read by h5py alone, and not by the ``nir`` package, which writes the same format: its
reader (1.0.8) infers the shapes of everything while it reads, and so refuses files of Norse, of
convolutions with groups and of kernels that are not square; it takes no file of an older version
that lacks a field; and it follows links out of the file. Here a file is a tree of plain numbers
and texts. Links, references, data elsewhere and objects of other types are errors, so opening a
file executes nothing and reads nothing else.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from errno import EIO
from os.path import isfile
from pathlib import Path

import h5py
import numpy as np

MOST_NODES = 100_000
DEEPEST = 32
"""How deep graphs may be nested, and folders in them."""
MOST_INFLATED = 2_000
"""Bytes that a byte in the file may stand for; DEFLATE reaches 1,032."""
SMALL = 2**20
"""Bytes that may stand for any."""
WRITTEN_AS = "1.0.8"
"""Version of the format that is written."""

Value = np.ndarray | str


class GraphError(ValueError):
    """A NIR file that cannot be read, or whose network cannot be built; the message says why."""


@dataclass(frozen=True)
class Node:
    """A node of a graph.

    Attributes
    ----------
    type : str
        Such as ``LIF``.
    fields : dict of str to numpy.ndarray or str
        Its parameters.
    metadata : dict of str to numpy.ndarray or str
        What its writer says of it.
    """

    type: str
    fields: dict[str, Value]
    metadata: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    """Nodes and edges.

    Attributes
    ----------
    nodes : dict of str to Node or Graph
        By name.
    edges : tuple of (str, str)
        From and to.
    metadata : dict of str to numpy.ndarray or str
        What its writer says of it.
    version : str
        Of the package that wrote it; empty inside of another graph.
    """

    nodes: dict[str, Node | Graph]
    edges: tuple[tuple[str, str], ...]
    metadata: dict[str, Value] = field(default_factory=dict)
    version: str = ""


def read_graph(path: str | Path) -> Graph:
    """Read a NIR file.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    Graph
        What is in it; nothing is known yet about what nodes mean.

    Raises
    ------
    GraphError
        If there is no such file, it is no NIR file, or is damaged.
    """
    path = Path(path)
    if not isfile(path):
        raise GraphError(f"there is no file {path}")
    try:
        with h5py.File(path, "r") as file:
            return _Reader().file(file)
    except GraphError as error:
        raise GraphError(f"{path}: {error}") from error
    # h5py raises all of these for damaged files.
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, MemoryError) as error:
        reason = " ".join(str(error).split())[:200]
        raise GraphError(f"{path} is no NIR file, or is damaged: {reason}") from error


class _Reader:
    """What is counted while a file is read."""

    def __init__(self) -> None:
        self._nodes = 0

    def file(self, file: h5py.File) -> Graph:
        if "node" not in file:
            raise GraphError("it has no node, so it is no NIR file")
        version = _text(_child(file, "version", "")) if "version" in file else ""
        graph = self._node(_child(file, "node", ""), "node", 0)
        if not isinstance(graph, Graph):
            raise GraphError(f"its outermost node is of type {graph.type}, and a graph is expected")
        return Graph(graph.nodes, graph.edges, graph.metadata, version)

    def _node(self, group: h5py.Group, name: str, depth: int) -> Node | Graph:
        self._nodes += 1
        if self._nodes > MOST_NODES or depth > DEEPEST:
            raise GraphError(f"it has more than {MOST_NODES:,} nodes, or is nested without end")
        if not isinstance(group, h5py.Group):
            raise GraphError(f"node {name!r} is no group")
        parts = {part: _child(group, part, name) for part in group}
        if "type" not in parts:
            raise GraphError(f"node {name!r} has no type")
        kind, metadata = _text(parts.pop("type")), _metadata(parts.pop("metadata", None), name)
        if kind != "NIRGraph":
            return Node(kind, {part: _value(parts[part], name) for part in parts}, metadata)
        if set(parts) != {"nodes", "edges"}:
            raise GraphError(f"graph {name!r} has {', '.join(sorted(parts))}, not nodes and edges")
        nodes = {
            part: self._node(_child(parts["nodes"], part, name), part, depth + 1)
            for part in parts["nodes"]
        }
        return Graph(nodes, _edges(parts["edges"], name), metadata)


def _child(group: h5py.Group, part: str, name: str) -> h5py.Group | h5py.Dataset:
    """Return what is in a group, if it is in the file itself."""
    if not isinstance(group, h5py.Group):
        raise GraphError(f"{name!r} is no group")
    if not isinstance(group.get(part, getlink=True), h5py.HardLink):
        raise GraphError(f"{part!r} of {name!r} is a link, and nothing outside of a file is read")
    return group[part]


def _metadata(group: h5py.Group | None, name: str, depth: int = 0) -> dict[str, Value]:
    if group is None:
        return {}
    if depth > DEEPEST:
        raise GraphError(f"the metadata of {name!r} is nested without end")
    found: dict[str, Value] = {}
    for part in group:
        child = _child(group, part, name)
        if isinstance(child, h5py.Group):
            inner = _metadata(child, name, depth + 1)
            found |= {f"{part}.{key}": value for key, value in inner.items()}
        else:
            found[part] = _value(child, name)
    return found


def _value(dataset: h5py.Dataset, name: str) -> Value:
    """Read numbers or a text; nothing is taken into memory that the file is too small for."""
    if not isinstance(dataset, h5py.Dataset):
        raise GraphError(f"node {name!r}: {dataset.name} is a group, and numbers are expected")
    if h5py.check_string_dtype(dataset.dtype) is not None:
        return _text(dataset)
    if dataset.dtype.kind not in "fiub":
        raise GraphError(f"node {name!r}: {dataset.name} holds {dataset.dtype}, no plain numbers")
    if dataset.is_virtual or dataset.external:
        raise GraphError(f"node {name!r}: {dataset.name} is kept outside of the file")
    stored = dataset.id.get_storage_size()
    if dataset.nbytes > SMALL and dataset.nbytes > MOST_INFLATED * stored:
        raise GraphError(
            f"node {name!r}: {dataset.name} is said to have {dataset.nbytes:,} bytes, and the file "
            f"holds {stored:,} of them"
        )
    return np.asarray(dataset[()])


def _text(dataset: h5py.Dataset) -> str:
    if not isinstance(dataset, h5py.Dataset) or h5py.check_string_dtype(dataset.dtype) is None:
        raise GraphError(f"{dataset.name} is no text")
    if dataset.shape != ():
        raise GraphError(f"{dataset.name} is no single text")
    text: str = dataset.asstr()[()]
    return text


def _edges(dataset: h5py.Dataset, name: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(dataset, h5py.Dataset):
        raise GraphError(f"the edges of {name!r} are no dataset")
    if dataset.size == 0:
        return ()
    is_text = h5py.check_string_dtype(dataset.dtype) is not None
    if not is_text or dataset.ndim != 2 or dataset.shape[1] != 2:
        raise GraphError(f"the edges of {name!r} are no pairs of names")
    if dataset.shape[0] > MOST_NODES:
        raise GraphError(f"it has more than {MOST_NODES:,} edges")
    return tuple((str(source), str(target)) for source, target in dataset.asstr()[()])


def write_graph(graph: Graph, path: str | Path) -> None:
    """Write a NIR file, whole or not at all.

    Parameters
    ----------
    graph : Graph
        What is written.
    path : str or Path
        The file; one that is there is replaced.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    path = Path(path)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        os.close(handle)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    try:
        with h5py.File(name, "w") as file:
            file.create_dataset("version", data=WRITTEN_AS, dtype=h5py.string_dtype())
            _write(file.create_group("node"), graph)
        mask = os.umask(0)
        os.umask(mask)
        Path(name).chmod(0o666 & ~mask)
        os.replace(name, path)
    except OSError as error:
        raise OSError(error.errno or EIO, error.strerror or str(error), str(path)) from error
    finally:
        Path(name).unlink(missing_ok=True)


def _write(group: h5py.Group, node: Node | Graph) -> None:
    texts = h5py.string_dtype()
    if node.metadata:
        _write_values(group.create_group("metadata"), node.metadata)
    if isinstance(node, Node):
        group.create_dataset("type", data=node.type, dtype=texts)
        _write_values(group, node.fields)
        return
    group.create_dataset("type", data="NIRGraph", dtype=texts)
    edges = np.array(node.edges, dtype=object).reshape(-1, 2)
    group.create_dataset("edges", data=edges, dtype=texts)
    nodes = group.create_group("nodes")
    for name, inner in node.nodes.items():
        _write(nodes.create_group(name), inner)


def _write_values(group: h5py.Group, values: Mapping[str, Value]) -> None:
    for name, value in values.items():
        if isinstance(value, str):
            group.create_dataset(name, data=value, dtype=h5py.string_dtype())
        elif np.ndim(value):
            group.create_dataset(name, data=value, compression="gzip")
        else:
            group.create_dataset(name, data=value)
