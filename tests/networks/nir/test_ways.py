"""What leads from one neuron to another: ways that meet, delays, loops, graphs in graphs."""

import numpy as np
import pytest

from networks.nir import Graph, GraphError, interpret
from tests.networks.nir.building import (
    chain,
    convolution,
    fire,
    flatten,
    lif,
    node,
    run,
    spikes,
)


def test_paths_that_meet_add_up_and_a_bias_counts_once():
    first, second = (node("Linear", weight=2.0 * np.eye(2)) for _ in range(2))
    meeting = node("Affine", weight=np.eye(2), bias=[0.5, 0.25])
    graph = Graph(
        {"in": node("Input", shape=[2]), "a": first, "b": second, "m": meeting, "n": lif(2)},
        (("in", "a"), ("in", "b"), ("in", "m"), ("a", "m"), ("b", "m"), ("m", "n")),
        {"dt": np.array(1e-3)},
    )
    imported = interpret(graph)
    assert len(imported.network.connections) == 3
    shown = np.zeros((1, 2), bool)
    assert run(imported, {"in": shown})["n"].membrane.tolist() == [[0.5, 0.25]]
    shown[0, 0] = True
    assert run(imported, {"in": shown})["n"].membrane.tolist() == [[5.5, 0.25]]


def test_a_bias_counts_once_for_each_way_on():
    graph = Graph(
        {
            "in": node("Input", shape=[1]),
            "a": node("Affine", weight=[[1.0]], bias=[1.0]),
            "b": node("Linear", weight=[[2.0]]),
            "c": node("Linear", weight=[[3.0]]),
            "n": node("LI", tau=5e-3, r=5.0, v_leak=0.0),
        },
        (("in", "a"), ("a", "b"), ("a", "c"), ("b", "n"), ("c", "n")),
        {"dt": np.array(1e-3)},
    )
    found = run(interpret(graph), {"in": np.zeros((1, 1), bool)})["n"].membrane
    assert found.tolist() == [[5.0]]


def test_delays_of_each_neuron():
    graph = chain(
        node("Input", shape=[3]),
        node("Delay", delay=[0.0, 2e-3, 5e-3]),
        node("Scale", scale=2.0),
        lif(3),
    )
    shown = np.zeros((8, 3), bool)
    shown[1] = True
    fired = run(interpret(graph), {"n0": shown})["n3"].spikes
    assert np.argwhere(fired).tolist() == [[1, 0], [3, 1], [6, 2]]


def test_delays_that_are_no_whole_steps_are_refused_or_rounded():
    graph = chain(node("Input", shape=[2]), node("Delay", delay=[1e-3, 2.6e-3]), lif(2))
    with pytest.raises(GraphError, match=r"2\.6 time steps are no whole number"):
        interpret(graph)
    imported = interpret(graph, round_delays=True)
    assert sorted(c.delay for c in imported.network.connections) == [1, 3]
    assert "rounded, at worst from 2.6 steps" in imported.remarks[0]
    assert len(interpret(graph, dt=2e-4).network.connections) == 2


def test_a_way_back_takes_a_step_unless_it_has_a_delay():
    back = node("Linear", weight=[[1.5]])
    graph = chain(
        node("Input", shape=[1]), node("Scale", scale=1.5), lif(1), back, extra=[("n3", "n2")]
    )
    imported = interpret(graph)
    assert imported.remarks == ("n2 -> n2: the way back takes one step",)
    shown = np.zeros((5, 1), bool)
    shown[1] = True
    assert run(imported, {"n0": shown})["n2"].spikes.ravel().tolist() == [0, 1, 1, 1, 1]
    late = chain(
        node("Input", shape=[1]),
        node("Scale", scale=1.5),
        lif(1),
        back,
        node("Delay", delay=2e-3),
        extra=[("n4", "n2")],
    )
    imported = interpret(late)
    assert imported.remarks == ()
    assert run(imported, {"n0": shown})["n2"].spikes.ravel().tolist() == [0, 1, 0, 1, 0]


def test_a_cycle_over_several_neurons_takes_one_step():
    graph = Graph(
        {name: lif(1) for name in "abc"}
        | {"in": node("Input", shape=[1]), "s": node("Scale", scale=2.0)}
        | {f"s{n}": node("Scale", scale=2.0) for n in range(3)},
        (
            ("in", "s"),
            ("s", "a"),
            ("a", "s0"),
            ("s0", "b"),
            ("b", "s1"),
            ("s1", "c"),
            ("c", "s2"),
            ("s2", "a"),
        ),
        {"dt": np.array(1e-3)},
    )
    imported = interpret(graph)
    assert imported.remarks == ("c -> a: the way back takes one step",)
    shown = np.zeros((3, 1), bool)
    shown[0] = True
    found = run(imported, {"in": shown})
    assert all(found[name].spikes.all() for name in "abc")


def test_a_graph_in_a_graph():
    inner = Graph(
        {
            "input": node("Input", shape=[2]),
            "lif": lif(2),
            "w_rec": node("Affine", weight=np.ones((2, 2)), bias=[0.1, 0.2]),
            "output": node("Output", shape=[2]),
        },
        (("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")),
    )
    graph = chain(
        node("Input", shape=[2]),
        node("Linear", weight=np.eye(2)),
        inner,
        node("Linear", weight=np.ones((3, 2))),
        lif(3),
        node("Output", shape=[3]),
        names=["input", "0", "1", "2", "10", "output"],
    )
    imported = interpret(graph)
    assert imported.nodes == {"lif_1_lif": "1.lif", "lif_10": "10"}
    assert imported.outputs == {"output": ("lif_10",)}
    fired = run(imported, {"input": spikes((2,))})
    assert fired["lif_10"].spikes.any()


def test_several_inputs_and_outputs():
    graph = Graph(
        {
            "image": node("Input", shape=[2, 3, 3]),
            "sound": node("Input", shape=[4]),
            "conv": convolution(np.full((2, 2, 3, 3), 0.2)),
            "flat": flatten(),
            "dense": node("Linear", weight=np.full((2, 4), 0.4)),
            "n": lif(2),
            "m": lif(2),
            "both": node("Output", shape=[2]),
            "heard": node("Output", shape=[2]),
        },
        (
            ("image", "conv"),
            ("conv", "flat"),
            ("flat", "n"),
            ("sound", "dense"),
            ("dense", "n"),
            ("dense", "m"),
            ("n", "both"),
            ("m", "heard"),
        ),
        {"dt": np.array(1e-3)},
    )
    imported = interpret(graph)
    assert imported.inputs == {"image": (2, 3, 3), "sound": (4,)}
    assert imported.outputs == {"both": ("n",), "heard": ("m",)}
    image, sound = spikes((2, 3, 3)), spikes((4,), seed=1)
    current = 0.2 * image.sum((1, 2, 3))[:, None] + 0.4 * sound.sum(1)[:, None]
    found = run(imported, {"image": image, "sound": sound})
    np.testing.assert_array_equal(found["n"].spikes, fire(np.repeat(current, 2, axis=1)))
    with pytest.raises(GraphError, match="the network has image, sound"):
        imported.shown({"image": image})
    with pytest.raises(GraphError, match="all inputs have the same steps"):
        imported.shown({"image": image, "sound": sound[:3]})


def test_an_axis_for_a_batch_of_one_is_left_out():
    graph = chain(node("Input", shape=[1, 3]), node("Linear", weight=np.ones((2, 3))), lif(2))
    assert interpret(graph).inputs == {"n0": (3,)}
    image = chain(
        node("Input", shape=[1, 3, 3]), convolution(np.ones((2, 1, 2, 2))), lif((2, 2, 2))
    )
    assert interpret(image).inputs == {"n0": (1, 3, 3)}


def test_order_is_that_of_flow_and_not_of_names():
    names = ["input", "0", "9", "10", "2"]
    graph = chain(node("Input", shape=[2]), lif(2), lif(2), lif(2), lif(2), names=names)
    shuffled = Graph(
        {name: graph.nodes[name] for name in sorted(names)}, graph.edges, graph.metadata
    )
    assert list(interpret(shuffled).nodes.values()) == names[1:]
