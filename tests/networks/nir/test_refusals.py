"""Graphs that cannot be simulated: one line that names the node."""

import numpy as np
import pytest

from networks.nir import CONVENTIONS, Graph, GraphError, interpret
from tests.networks.nir.building import CURRENT, FIRING, LEAKY, chain, convolution, lif, node, pool

IN, IMAGE = node("Input", shape=[2]), node("Input", shape=[2, 4, 4])
AFFINE, SCALE = node("Affine", weight=np.eye(2), bias=[1, 1]), node("Scale", scale=1.0)


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (
            chain(IN, node("Sigmoid", x=1)),
            "node 'n1' is of type 'Sigmoid', and those that are known",
        ),
        (chain(IN, node("Linear", weight=np.ones((2, 3)))), "takes 3 numbers in a row and hears"),
        (chain(IN, node("Affine", weight=np.ones((2, 2)))), "Affine: bias is missing"),
        (chain(IN, node("Linear", weight=np.ones((2, 2)), colour=1)), "has no field 'colour'"),
        (chain(IN, node("Scale", scale=np.nan), lif(2)), "scale holds a number that is not finite"),
        (chain(IN, node("Scale", scale="much"), lif(2)), "scale is the text 'much'"),
        (chain(IN, lif(3)), r"has the shape \(3,\) and hears \(2,\)"),
        (chain(IN, lif(2, tau=0.0)), "time constants are positive"),
        (chain(IN, lif(2, tau=1e-4)), "has to be longer than the time step"),
        (chain(IN, lif(2, v_threshold=0.0)), r"threshold of a ResetLIF must be above 0"),
        (chain(IN, node("Threshold", threshold=1.0)), "supported right behind an I or LI"),
        (chain(IN, node("LI", **LEAKY), lif(2)), "gives no spikes and leads to 'n2'"),
        (chain(IN, lif(2), extra=[("n1", "nowhere")]), "an edge ends in 'nowhere'"),
        (chain(IN, lif(2), extra=[("n0", "n1")]), "is there twice"),
        (chain(IN, lif(2), extra=[("n1", "n0")]), "leads into the input"),
        (chain(lif(2), lif(2)), "it has no Input"),
        (chain(node("Input", shape=[0]), lif(2)), r"input 'n0' has the shape \[0\]"),
        (
            chain(node("Input", shape=[2, 4, 4]), convolution(np.ones((1, 3, 2, 2)))),
            "takes 3 channels",
        ),
        (chain(node("Input", shape=[2, 4, 4]), pool("SumPool2d", 5)), "larger than what it hears"),
        (
            chain(node("Input", shape=[2, 4]), convolution(np.ones((1, 2, 2)), padding="reflect")),
            "may be 'same', 'valid' or numbers",
        ),
        (
            chain(
                node("Input", shape=[2, 4]),
                convolution(np.ones((1, 2, 2)), padding="same", stride=2),
            ),
            "'same' needs a stride of 1",
        ),
        (
            chain(node("Input", shape=[2, 4]), convolution(np.ones((1, 2, 2)), stride=1.5)),
            r"stride is \[1.5\], and whole numbers",
        ),
        (
            chain(node("Input", shape=[2, 3, 4]), node("Flatten", start_dim=1, end_dim=2)),
            "only all axes can become one",
        ),
        (
            chain(
                IN, node("Affine", weight=np.eye(2), bias=[1, 1]), node("Delay", delay=1e-3), lif(2)
            ),
            "behind a constant current",
        ),
        (chain(IN, node("Delay", delay=-1e-3), lif(2)), "delays are negative"),
        (
            chain(IN, node("CubaLIF", **{**CURRENT, "v_leak": 0.5}, **FIRING)),
            "v_leak of a current-based neuron",
        ),
        (
            Graph(
                {
                    "i": IN,
                    "a": node("Scale", scale=1.0),
                    "b": node("Scale", scale=1.0),
                    "n": lif(2),
                },
                (("i", "a"), ("a", "b"), ("b", "a"), ("b", "n")),
                {"dt": np.array(1e-3)},
            ),
            "on a cycle without neurons",
        ),
    ],
)
def test_what_cannot_be_simulated_is_named(graph, message):
    with pytest.raises(GraphError, match=message) as caught:
        interpret(graph)
    assert "\n" not in str(caught.value)
    assert str(caught.value).count("node '") <= 2


def test_the_time_step_is_asked_for_or_of_the_conventions_or_of_the_file():
    graph = chain(IN, lif(2))
    assert interpret(graph).dt == 1e-3
    assert interpret(graph, CONVENTIONS["spikingjelly"]).dt == 1e-4
    assert interpret(graph, dt=2e-3).dt == 2e-3
    silent = Graph(graph.nodes, graph.edges)
    with pytest.raises(GraphError, match="does not say its time step"):
        interpret(silent)
    with pytest.raises(GraphError, match="must be a positive number"):
        interpret(silent, dt=-1.0)
    with pytest.raises(GraphError, match="must be a positive number"):
        interpret(Graph(graph.nodes, graph.edges, {"dt": "soon"}))
