"""NIR files: what is read of them, and what never is."""

import os

import h5py
import numpy as np
import pytest

from networks.nir import Graph, GraphError, Node, read, read_graph, write_graph
from tests.networks.nir.building import chain, lif, node


@pytest.fixture
def path(tmp_path):
    return tmp_path / "network.nir"


@pytest.fixture
def written(path):
    graph = chain(node("Input", shape=[3]), node("Linear", weight=np.ones((2, 3))), lif(2))
    write_graph(graph, path)
    return path


def test_what_is_written_is_read(path):
    inner = Graph({"a": node("Input", shape=[2])}, ())
    graph = Graph(
        {"b": inner, "10": node("Conv1d", weight=np.ones((2, 1, 3), "f4"), padding="same")},
        (("b", "10"),),
        {"dt": np.array(0.5), "writer": "somebody"},
    )
    write_graph(graph, path)
    found = read_graph(path)
    assert found.version == "1.0.8"
    assert found.metadata == {"dt": 0.5, "writer": "somebody"}
    assert found.edges == graph.edges
    assert set(found.nodes) == {"b", "10"}
    assert found.nodes["10"].fields["padding"] == "same"
    assert found.nodes["10"].fields["weight"].dtype == np.float32
    assert isinstance(found.nodes["b"], Graph)


def test_a_file_is_replaced_at_once(written):
    before = written.read_bytes()
    with pytest.raises(TypeError):
        write_graph(Graph({"a": Node("Input", {"shape": np.array([{}])})}, ()), written)
    assert written.read_bytes() == before
    assert os.listdir(written.parent) == [written.name]


@pytest.mark.parametrize("size", [0, 1, 100, 1000, -200, -1])
def test_a_truncated_file(written, size):
    written.write_bytes(written.read_bytes()[:size])
    with pytest.raises(GraphError, match=r"network\.nir"):
        read_graph(written)


def test_harmed_bytes_never_pass_as_something_else(written):
    raw, rng = written.read_bytes(), np.random.default_rng(0)
    refused = 0
    for _ in range(200):
        harmed = bytearray(raw)
        for place in rng.integers(0, len(raw), 4):
            harmed[place] = rng.integers(0, 256)
        written.write_bytes(harmed)
        try:
            read(written)
        except GraphError:  # nothing else
            refused += 1
    assert refused > 10


def test_no_file_and_no_hdf5(path, tmp_path):
    with pytest.raises(GraphError, match="there is no file"):
        read_graph(path)
    with pytest.raises(GraphError, match="there is no file"):
        read_graph(tmp_path)
    path.write_text("{}")
    with pytest.raises(GraphError, match="is no NIR file"):
        read_graph(path)
    with h5py.File(path, "w") as file:
        file["something"] = 1
    with pytest.raises(GraphError, match="it has no node"):
        read_graph(path)


def loop(file):
    file["node/nodes/n0/again"] = h5py.SoftLink("/node")


def outside(file):
    del file["node/nodes/n1/weight"]
    file["node/nodes/n1/weight"] = h5py.ExternalLink("/etc/hostname", "/")


def graph_in_itself(file):
    file["node/nodes/n9"] = file["node"]


def huge(file):
    del file["node/nodes/n1/weight"]
    file.create_dataset("node/nodes/n1/weight", shape=(2, 10**12), chunks=(1, 1000), dtype="f8")


def elsewhere(file):
    del file["node/nodes/n1/weight"]
    kept = [(os.devnull, 0, 48)]
    file.create_dataset("node/nodes/n1/weight", shape=(2, 3), dtype="f8", external=kept)


def virtual(file):
    layout = h5py.VirtualLayout(shape=(2, 3), dtype="f8")
    layout[:] = h5py.VirtualSource("other.h5", "w", shape=(2, 3))
    del file["node/nodes/n1/weight"]
    file.create_virtual_dataset("node/nodes/n1/weight", layout)


def reference(file):
    del file["node/nodes/n1/weight"]
    file["node/nodes/n1"].create_dataset("weight", data=file["node"].ref, dtype=h5py.ref_dtype)


def compound(file):
    del file["node/nodes/n1/weight"]
    file["node/nodes/n1/weight"] = np.zeros((2, 3), dtype=[("a", "f8"), ("b", "i4")])


def no_type(file):
    del file["node/nodes/n1/type"]


def type_of_numbers(file):
    del file["node/nodes/n1/type"]
    file["node/nodes/n1/type"] = 3


def edges_of_numbers(file):
    del file["node/edges"]
    file["node/edges"] = np.zeros((2, 2))


def three_ends(file):
    del file["node/edges"]
    file["node"].create_dataset("edges", data=[["a", "b", "c"]], dtype=h5py.string_dtype())


def a_group_for_numbers(file):
    del file["node/nodes/n1/weight"]
    file.create_group("node/nodes/n1/weight")


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (loop, "is a link"),
        (outside, "is a link"),
        (graph_in_itself, "without end"),
        (huge, "is said to have 16,000,000,000,000 bytes"),
        (elsewhere, "kept outside of the file"),
        (virtual, "kept outside of the file"),
        (reference, "no plain numbers"),
        (compound, "no plain numbers"),
        (no_type, "'n1' has no type"),
        (type_of_numbers, "is no text"),
        (edges_of_numbers, "are no pairs of names"),
        (three_ends, "are no pairs of names"),
        (a_group_for_numbers, "is a group"),
    ],
)
def test_hostile_files(written, harm, message):
    with h5py.File(written, "a") as file:
        harm(file)
    with pytest.raises(GraphError, match=message) as caught:
        read_graph(written)
    assert "\n" not in str(caught.value)
