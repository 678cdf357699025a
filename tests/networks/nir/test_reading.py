"""From graphs of NIR to networks: each kind of node, and how they are connected."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from networks.brian import SYNAPSES, BrianNetwork, Recorder, SpikeStimulus
from networks.neurons import IF, LIF
from networks.neurons.cuba import CubaLI, CubaLIF, ResetCubaLIF
from networks.neurons.integrator import LI
from networks.neurons.reset_to_value import ResetLIF
from networks.neurons.unreset import UnresetLIF
from networks.nir import CONVENTIONS, NIR, Graph, GraphError, interpret
from networks.pytorch import SpikingNetwork
from tests.networks.nir.building import chain, convolution, flatten, lif, node, pool, spikes

RNG = np.random.default_rng(0)


def everyone(network):
    return {population.name: range(population.size) for population in network.hidden}


def run(imported, arrays):
    """What the network does in PyTorch, after it was compared with Brian 2."""
    shown = imported.shown(arrays)
    network = imported.network
    expected = SpikingNetwork(network).double().eval().activity(shown, everyone(network))
    for synapses in SYNAPSES:
        stimulus = SpikeStimulus([shown])
        with BrianNetwork(network, stimulus, backend="numpy", synapses=synapses) as brian:
            recorder = Recorder(brian, membranes=everyone(network))
            brian.run(seed=0)
            found = recorder.activity(0)
        for name, activity in expected.items():
            np.testing.assert_array_equal(found[name].spikes, activity.spikes, err_msg=name)
            np.testing.assert_allclose(found[name].membrane, activity.membrane, atol=1e-12)
    return expected


def fire(currents, *, tau=5e-3, threshold=1.0, dt=1e-3):
    """Leaky neurons as `lif` makes them, in NumPy; channels first."""
    v, fired = np.zeros(currents.shape[1:]), []
    for current in currents:
        v = v + dt / tau * (-v + tau / dt * current)
        fired.append(v > threshold)
        v = np.where(fired[-1], 0.0, v)
    return np.array(fired)


def channels_first(spikes):
    return np.moveaxis(spikes, -1, 1) if spikes.ndim > 2 else spikes


# --- stateless nodes, against PyTorch's own functions ---


def torched(function):
    return lambda x: function(torch.as_tensor(x, dtype=torch.float64)).numpy()


W1, W2 = RNG.normal(0.2, 0.6, (4, 3, 3)), RNG.normal(0.1, 0.5, (4, 2, 3, 2))
STATELESS = {
    "linear": ((6,), [node("Linear", weight=RNG.normal(0.2, 0.5, (5, 6)))], (5,)),
    "affine": (
        (6,),
        [node("Affine", weight=RNG.normal(0.2, 0.5, (5, 6)), bias=RNG.normal(0, 0.1, 5))],
        (5,),
    ),
    "scale": ((6,), [node("Scale", scale=RNG.random(6))], (6,)),
    "scale of channels": ((2, 5), [node("Scale", scale=RNG.random((2, 5)))], (2, 5)),
    "conv1d": ((3, 9), [convolution(W1)], (4, 7)),
    "conv1d, strided": ((3, 9), [convolution(W1, stride=2, padding=2, bias=[0.1] * 4)], (4, 6)),
    "conv1d, same": ((3, 9), [convolution(W1, padding="same", dilation=2)], (4, 9)),
    "conv1d, even and same": ((3, 9), [convolution(W1[..., :2], padding="same")], (4, 9)),
    "conv1d, valid": ((3, 9), [convolution(W1, padding="valid", dilation=3)], (4, 3)),
    "conv1d, groups": ((3, 9), [convolution(RNG.normal(0.4, 1, (6, 1, 3)), groups=3)], (6, 7)),
    "conv2d": ((2, 6, 5), [convolution(W2)], (4, 4, 4)),
    "conv2d, all": (
        (4, 7, 6),
        [convolution(W2, stride=[2, 1], padding=[1, 2], dilation=[1, 2], groups=2)],
        (4, 4, 8),
    ),
    "sums": (
        (2, 6, 6),
        [pool("SumPool2d", [3, 2], [2, 2], 1), node("Scale", scale=0.3)],
        (2, 3, 4),
    ),
    "averages": ((2, 6, 6), [pool("AvgPool2d", 2), node("Scale", scale=0.9)], (2, 3, 3)),
    "flattened": ((2, 3, 4), [flatten()], (24,)),
    "flattened and dense": (
        (2, 3, 4),
        [flatten(), node("Linear", weight=RNG.normal(0.1, 0.4, (5, 24)))],
        (5,),
    ),
    "convolved, pooled and dense": (
        (3, 6, 6),
        [
            convolution(RNG.normal(0.1, 0.5, (4, 3, 3, 3)), bias=[0.1, 0.0, -0.1, 0.2]),
            pool("AvgPool2d", 2),
            flatten(),
            node("Affine", weight=RNG.normal(0.1, 0.4, (5, 16)), bias=[0.1] * 5),
        ],
        (5,),
    ),
}


def applied(kind, x):
    """What a stateless node makes of spikes, by PyTorch's functions."""
    f = {k: v if isinstance(v, str) else torch.as_tensor(v) for k, v in kind.fields.items()}
    x = torch.as_tensor(x, dtype=torch.float64)
    if kind.type in ("Linear", "Affine"):
        return functional.linear(x, f["weight"], f.get("bias")).numpy()
    if kind.type == "Scale":
        return (x * f["scale"]).numpy()
    if kind.type.startswith("Conv"):
        run = functional.conv1d if kind.type == "Conv1d" else functional.conv2d
        options = {
            k: v if isinstance(v, str) else tuple(np.atleast_1d(v).tolist())
            for k, v in kind.fields.items()
            if k in ("stride", "padding", "dilation")
        }
        bias = torch.as_tensor(kind.fields["bias"], dtype=torch.float64)
        return run(x, f["weight"], bias, groups=int(kind.fields["groups"]), **options).numpy()
    if kind.type.endswith("Pool2d"):
        window, stride, padding = (
            tuple(kind.fields[k].tolist()) for k in ("kernel_size", "stride", "padding")
        )
        mean = functional.avg_pool2d(x, window, stride, padding)
        return (mean * (np.prod(window) if kind.type == "SumPool2d" else 1)).numpy()
    return x.flatten(1).numpy()


@pytest.mark.parametrize("name", STATELESS)
def test_stateless_nodes_do_what_pytorch_does(name):
    shape, links, expected = STATELESS[name]
    graph = chain(node("Input", shape=shape), *links, lif(expected))
    imported = interpret(graph)
    shown = spikes(shape)
    currents = shown.astype(float)
    for link in links:
        currents = applied(link, currents)
    assert currents.shape[1:] == expected
    (layer,) = imported.network.hidden
    found = channels_first(run(imported, {"n0": shown})[layer.name].spikes)
    differing = (found != fire(currents)).sum()
    # PyTorch may add up in another order, and a membrane be a rounding away from the threshold.
    assert differing == 0
    assert found.any()


def test_channels_of_a_file_stay_apart():
    weight = np.zeros((2, 2, 1, 1))
    weight[0, 1] = weight[1, 0] = 2.0
    imported = interpret(chain(node("Input", shape=[2, 3, 4]), convolution(weight), lif((2, 3, 4))))
    shown = np.zeros((1, 2, 3, 4), bool)
    shown[0, 1, 2, 3] = True
    found = channels_first(run(imported, {"n0": shown})["n2"].spikes)
    assert np.argwhere(found).tolist() == [[0, 0, 2, 3]]


# --- neurons ---


def neuron_of(kind, conventions=NIR, dt=1e-3, **fields):
    graph = chain(node("Input", shape=[2]), node("Scale", scale=1.0), node(kind, **fields))
    imported = interpret(graph, conventions, dt=dt)
    (layer,) = imported.network.hidden
    (connection,) = imported.network.connections
    return layer.neuron, connection.transform


LEAKY = {"tau": 5e-3, "r": 2.0, "v_leak": 0.0}
FIRING = {"v_threshold": 1.5, "v_reset": -0.5}
CURRENT = {"tau_syn": 2e-3, "tau_mem": 5e-3, "r": 2.0, "v_leak": 0.0, "w_in": 3.0}


def test_neurons_as_nir_is_written():
    neuron, scaled = neuron_of("LIF", **LEAKY, **FIRING)
    assert neuron == ResetLIF(0.8, 1.5, -0.5, integration="euler")
    assert [float(link.weight) for link in scaled.links] == [1.0, 0.4]
    assert neuron_of("LI", **LEAKY)[0] == LI(0.8, integration="euler")
    assert neuron_of("IF", r=2.0, **FIRING)[0] == ResetLIF(1.0, 1.5, -0.5, integration="euler")
    assert neuron_of("I", r=2.0)[0] == LI(1.0, integration="euler")
    neuron, scaled = neuron_of("CubaLIF", **CURRENT, **FIRING)
    assert neuron == ResetCubaLIF(0.5, 0.8, 0.4, 1.5, reset_value=-0.5, integration="euler")
    assert float(scaled.links[-1].weight) == 1.5
    assert neuron_of("CubaLI", **CURRENT)[0] == CubaLI(0.5, 0.8, 0.4, integration="euler")


def test_a_missing_v_reset_is_zero_and_a_missing_w_in_one():
    old = {name: CURRENT[name] for name in CURRENT if name != "w_in"}
    neuron, scaled = neuron_of("CubaLIF", **old, v_threshold=1.5)
    assert neuron.reset_value == 0.0
    assert float(scaled.links[-1].weight) == 0.5


def test_neurons_of_libraries_that_subtract():
    like = CONVENTIONS["snntorch"]
    neuron, plain = neuron_of("LIF", like, 1e-3, tau=5e-3, r=5.0, v_leak=0.0, **FIRING)
    assert neuron == LIF(0.8, 1.5, integration="euler")
    assert float(plain.weight) == 1.0
    assert neuron_of("IF", CONVENTIONS["sinabs"], 1.0, r=1.0, **FIRING)[0] == IF(
        1.5, inclusive=True, reset="at once"
    )
    neuron, _ = neuron_of("CubaLIF", like, 1e-3, **{**CURRENT, "r": 5.0, "w_in": 2.0}, **FIRING)
    assert neuron == CubaLIF(0.5, 0.8, 1.0, 1.5, integration="euler")


def test_neurons_that_do_not_leak_have_an_infinite_time_constant():
    like = CONVENTIONS["snntorch"]
    neuron, plain = neuron_of("LIF", like, tau=np.inf, r=np.inf, v_leak=0.0, **FIRING)
    assert neuron == LIF(1.0, 1.5, integration="euler")
    assert float(plain.weight) == 1.0
    neuron, dead = neuron_of("LIF", tau=np.inf, r=1.0, v_leak=0.5, **FIRING)
    assert neuron.decay == 1.0
    assert float(dead.links[-1].weight) == 0.0
    with pytest.raises(GraphError, match="r is infinite"):
        neuron_of("LIF", tau=np.inf, r=np.inf, v_leak=0.0, **FIRING)


def test_neurons_with_parameters_of_their_own():
    shape = (2, 3, 4)
    fields = {
        "tau": RNG.uniform(2e-3, 9e-3, shape),
        "r": RNG.uniform(1, 5, shape),
        "v_leak": RNG.uniform(-0.2, 0.5, shape),
        "v_threshold": RNG.uniform(0.4, 0.8, shape),
        "v_reset": RNG.uniform(-0.2, 0.2, shape),
    }
    weight = RNG.normal(0.3, 0.5, (2, 2, 1, 1))
    graph = chain(node("Input", shape=shape), convolution(weight), node("LIF", **fields))
    shown = spikes(shape)
    currents, a = applied(convolution(weight), shown.astype(float)), 1e-3 / fields["tau"]
    v, expected = np.zeros(shape), []
    for current in currents:
        v = v + a * (fields["v_leak"] - v + fields["r"] * current)
        expected.append(v > fields["v_threshold"])
        v = np.where(expected[-1], fields["v_reset"], v)
    found = channels_first(run(interpret(graph), {"n0": shown})["n2"].spikes)
    np.testing.assert_array_equal(found, expected)
    assert 50 < found.sum() < found.size / 2


def test_a_threshold_behind_an_integrator_fires_without_a_reset():
    graph = chain(
        node("Input", shape=[1]),
        node("LI", tau=[5e-3], r=[5.0], v_leak=[0.0]),
        node("Threshold", threshold=[1.5]),
        node("Output", shape=[1]),
    )
    imported = interpret(graph)
    (layer,) = imported.network.hidden
    assert layer.neuron == UnresetLIF(0.8, 1.5, integration="euler")
    fired = run(imported, {"n0": np.ones((10, 1), bool)})["n1"].spikes
    assert fired.ravel().tolist() == [False] + [True] * 9
    assert imported.outputs == {"n3": ("n1",)}


# --- what leads from one neuron to another ---


def test_paths_that_meet_add_up_and_a_bias_counts_once():
    first, second, third = (node("Linear", weight=2.0 * np.eye(2)) for _ in range(3))
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
    assert third.type == "Linear"


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
    assert imported.nodes == {"n1_lif": "1.lif", "lif_10": "10"} or imported.nodes == {
        "lif_1_lif": "1.lif",
        "lif_10": "10",
    }
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


# --- what is refused ---

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
