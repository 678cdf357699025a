"""Spikes that another library computed: what a file of them may hold."""

import numpy as np
import pytest

from networks.nir import GraphError, interpret
from networks.nir.proof import prove
from networks.nir.reference import Reference, read_reference
from tests.networks.nir.building import chain, lif, node, spikes


@pytest.fixture
def path(tmp_path):
    return tmp_path / "reference.npz"


def test_a_reference(path):
    np.savez(path, input=spikes((3,)), s_0=spikes((2,)), v_10=np.zeros((40, 2)))
    found = read_reference(path)
    assert found.input[""].dtype == bool
    assert list(found.spikes) == [0]
    assert list(found.membranes) == [10]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"s_0": np.zeros((4, 2))}, "has no input, only s_0"),
        ({"input": np.zeros((4, 2)), "spikes": np.zeros((4, 2))}, "'spikes' is neither input"),
        ({"input": np.full((4, 2), 2.0)}, "input holds 2; a neuron fires once"),
        ({"input": np.full((4, 2), np.nan)}, "input holds nan"),
        ({"input": np.zeros((4, 2)), "s_0": np.zeros((5, 2))}, "s_0 has 5 steps, and the input 4"),
        ({"input": np.zeros((4, 2)), "s_0": np.full((4, 2), 0.5)}, "s_0 holds 0.5"),
        ({"input": np.array(3)}, "input is no array of numbers"),
        ({"input": np.array([{}], dtype=object)}, "no .npz file of numbers"),
    ],
)
def test_what_is_no_reference(path, arrays, message):
    np.savez(path, **arrays)
    with pytest.raises(GraphError, match=message):
        read_reference(path)


def test_files_that_are_none(path, tmp_path):
    with pytest.raises(GraphError, match="there is no file"):
        read_reference(path)
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(GraphError, match=r"is no \.npz file"):
        read_reference(path)
    np.savez(path, input=np.zeros((40, 30)))
    raw = path.read_bytes()
    for size in range(0, len(raw), 97):
        path.write_bytes(raw[:size])
        with pytest.raises(GraphError):
            read_reference(path)


def test_membranes_may_be_kept_before_or_after_the_reset():
    imported = interpret(chain(node("Input", shape=[1]), node("Scale", scale=1.5), lif(1)))
    shown = np.ones((3, 1), bool)
    for kept in (1.5, 0.0):
        reference = Reference({"": shown}, {0: shown}, {0: np.full((3, 1), kept)})
        (layer,) = prove(imported, reference)
        assert (layer.differing, layer.membrane) == (0, 0.0)
    reference = Reference({"": shown}, {0: ~shown}, {0: np.full((3, 1), 1.0)})
    (layer,) = prove(imported, reference)
    assert (layer.spikes, layer.expected, layer.differing, layer.membrane) == (3, 0, 3, 0.5)


def test_layers_that_there_are_none_of():
    imported = interpret(chain(node("Input", shape=[1]), lif(1)))
    shown = np.ones((3, 1), bool)
    with pytest.raises(GraphError, match="the reference has s_1, and the network 1 layers"):
        prove(imported, Reference({"": shown}, {1: shown}, {}))
    with pytest.raises(GraphError, match=r"has the shape \(2,\) in a step, and layer"):
        prove(imported, Reference({"": shown}, {0: np.ones((3, 2), bool)}, {}))
