"""From nodes of NIR to networks: what each kind computes."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from networks.neurons import IF, LIF
from networks.neurons.cuba import CubaLI, CubaLIF, ResetCubaLIF
from networks.neurons.integrator import LI
from networks.neurons.reset_to_value import ResetLIF
from networks.neurons.unreset import UnresetLIF
from networks.nir import CONVENTIONS, NIR, GraphError, interpret
from tests.networks.nir.building import (
    CURRENT,
    FIRING,
    LEAKY,
    chain,
    channels_first,
    convolution,
    fire,
    flatten,
    lif,
    node,
    pool,
    run,
    spikes,
)

RNG = np.random.default_rng(0)


# --- stateless nodes, against PyTorch's own functions ---


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
