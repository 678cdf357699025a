"""Networks in PyTorch against loops over steps, written by hand, and against snnTorch."""

from math import prod

import numpy as np
import pytest
import snntorch
import torch
from snntorch import surrogate

from networks.description import Connection, Network, Population, Votes
from networks.neurons import LIF, Input
from networks.neurons.integrator import LI
from networks.pytorch import SpikingNetwork
from networks.pytorch.stepping import SLOPE
from networks.pytorch.transforms import currents
from networks.transforms import (
    Chain,
    Convolution,
    Dense,
    Flattening,
    Scaling,
    SumPooling,
    Transform,
)

RNG = np.random.default_rng(0)


def draw(*shape, steps=20, batch=3, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).random((steps, batch, *shape)) < 0.5)


def network_of(populations, *connections, readout=None):
    return Network(
        tuple(Population(name, *of) for name, of in populations.items()), connections, readout
    )


def dense(target, source, mean=0.2, bias=False):
    return Dense(RNG.normal(mean, 0.6, (target, source)), RNG.normal(size=target) if bias else None)


def by_hand(network, spikes):
    """Step a network of LIF neurons and leaky integrators, one presentation at a time."""
    steps, batch = spikes.shape[:2]
    trains = {p.name: np.zeros((steps, batch, p.size)) for p in network.populations}
    trains[network.input.name] = spikes.numpy().reshape(steps, batch, -1).astype(float)
    membranes = {name: np.zeros_like(train) for name, train in trains.items()}
    for n in range(steps):
        for population in network.hidden:
            name, neuron = population.name, population.neuron
            threshold = getattr(neuron, "threshold", np.inf)
            u = np.zeros((batch, population.size))
            if n:
                u = neuron.decay * membranes[name][n - 1]
                u = u - np.where(trains[name][n - 1] > 0, threshold, 0)
            for connection in network.into(name):
                shape = network.source_shape(connection)
                row = np.zeros((batch, prod(shape)))
                if n >= connection.delay:
                    heard = [trains[source][n - connection.delay] for source in connection.sources]
                    row = np.concatenate(heard, axis=1)
                u = u + (connection.transform.matrix(shape) @ row.T).T
                constant = connection.transform.constant(shape)
                if constant is not None:
                    u = u + constant.ravel()
            membranes[name][n] = u
            trains[name][n] = u > threshold
    return {p.name: (trains[p.name], membranes[p.name]) for p in network.hidden}


def check(network, spikes):
    """See that a network does what is computed by hand; return what it did."""
    traces = SpikingNetwork(network).double().eval().traces(spikes.double())
    expected = by_hand(network, spikes)
    assert list(traces) == [name for name in network.order if name != network.input.name]
    for name, (fired, membrane) in traces.items():
        assert fired.shape == membrane.shape == (*spikes.shape[:2], *network.shapes[name])
        if network[name].neuron.spikes:
            assert 0.02 < fired.mean() < 0.98, name
        np.testing.assert_array_equal(fired.detach().flatten(2), expected[name][0])
        found = membrane.detach().flatten(2)
        np.testing.assert_allclose(found, expected[name][1], rtol=1e-9, atol=1e-10)
    return traces


NEURON = LIF(decay=0.8, threshold=0.7)


@pytest.mark.parametrize("delay", [0, 1, 3, 19, 25])
def test_delays(delay):
    network = network_of(
        {"input": ((4,), Input()), "a": ((5,), NEURON), "b": ((3,), NEURON), "c": ((2,), LI(0.9))},
        Connection("input", "a", dense(5, 4)),
        Connection("a", "b", dense(3, 5, bias=True), delay),
        Connection("b", "c", dense(2, 3), 2),
    )
    check(network, draw(4))


def test_skips_of_unequal_depth():
    network = network_of(
        {
            "input": ((4,), Input()),
            "a": ((4,), NEURON),
            "b": ((4,), NEURON),
            "c": ((3,), NEURON),
        },
        Connection("input", "a", dense(4, 4)),
        Connection("a", "b", dense(4, 4), 1),
        Connection("input", "b", Scaling(RNG.normal(size=4))),
        Connection(("input", "a", "b"), "c", dense(3, 12, mean=0.1)),
        Connection("a", "c", dense(3, 4), 2),
    )
    check(network, draw(4))


def test_feedback_across_layers():
    network = network_of(
        {
            "input": ((6, 2), Input()),
            "a": ((5, 3), NEURON),
            "b": ((4, 3), NEURON),
            "c": ((3,), NEURON),
            "d": ((2,), NEURON),
        },
        Connection("input", "a", Convolution(RNG.normal(0.2, 0.5, (3, 2, 2)))),
        Connection("a", "b", Convolution(RNG.normal(0.2, 0.5, (3, 2, 3)), RNG.normal(size=3))),
        Connection("b", "c", Chain((SumPooling(), Scaling(0.3)))),
        Connection("c", "a", Chain((dense(15, 3), Shaping((5, 3)))), 2),
        Connection(("c", "input"), "b", Chain((dense(12, 15, 0.0), Shaping((4, 3)))), 1),
        Connection("c", "c", dense(3, 3, -0.2), 1),
        Connection("c", "d", dense(2, 3)),
    )
    assert network.components == (("input",), ("a", "b", "c"), ("d",))
    check(network, draw(6, 2))


class Shaping(Transform):
    """A row in another shape, a transform that only this test has."""

    def __init__(self, target):
        self._set("target", target)

    def shape(self, source):
        return self.target

    def matrix(self, source):
        return Scaling().matrix(source)

    def __eq__(self, other):
        return self is other


@currents.register
def _(transform: Shaping, weights, trains):
    return trains.unflatten(1, transform.target)


@pytest.mark.parametrize("where", ["alone", "behind", "before"])
def test_populations_that_hear_themselves(where):
    populations = {"input": ((4,), Input()), "a": ((4,), NEURON), "b": ((4,), NEURON)}
    loop = {"alone": [], "behind": [("b", "b")], "before": [("a", "a")]}[where] or [
        ("a", "a"),
        ("b", "b"),
    ]
    network = network_of(
        populations,
        Connection("input", "a", dense(4, 4)),
        Connection("a", "b", dense(4, 4)),
        *(Connection(source, target, dense(4, 4, -0.2), 1) for source, target in loop),
    )
    check(network, draw(4))


def test_images():
    network = network_of(
        {
            "input": ((6, 5, 2), Input()),
            "a": ((3, 4, 4), NEURON),
            "b": ((2, 2, 4), LIF(0.8, 1.5)),
            "c": ((3,), NEURON),
        },
        Connection(
            "input",
            "a",
            Convolution(
                RNG.normal(0.2, 0.5, (4, 3, 2, 1)),
                RNG.normal(0.1, 0.1, 4),
                stride=(2, 1),
                padding=((1, 1), (0, 0)),
                groups=2,
            ),
        ),
        Connection("a", "b", SumPooling((2, 2), (1, 2))),
        Connection("b", "c", Chain((Flattening(), dense(3, 16)))),
    )
    check(network, draw(6, 5, 2))


def test_parameters_of_each_neuron():
    rng = np.random.default_rng(1)
    shape = (3, 2)
    neuron = LIF(rng.uniform(0.5, 1, shape), rng.uniform(0.3, 1, shape))
    network = network_of(
        {"input": ((4, 2), Input()), "a": (shape, neuron)},
        Connection("input", "a", Convolution(rng.normal(0.3, 0.5, (2, 2, 2)))),
    )
    flat = LIF(neuron.decay.ravel(), neuron.threshold.ravel())
    row = network_of(
        {"input": ((8,), Input()), "a": ((6,), flat)},
        Connection("input", "a", Dense(network.connections[0].transform.matrix((4, 2)).toarray())),
    )
    spikes = draw(4, 2)
    found = SpikingNetwork(network).double().traces(spikes.double())["a"]
    expected = check(row, spikes.flatten(2))["a"]
    for part, other in zip(found, expected, strict=True):
        torch.testing.assert_close(part.flatten(2), other)


def test_a_population_that_hears_nothing_is_silent():
    network = network_of(
        {"input": ((4,), Input()), "deaf": ((2, 3), NEURON), "a": ((2,), NEURON)},
        Connection(("input", "deaf"), "a", dense(2, 10)),
    )
    traces = SpikingNetwork(network).double().traces(draw(4).double())
    assert traces["deaf"][0].shape == (20, 3, 2, 3)
    assert not traces["deaf"][0].any()
    assert not traces["deaf"][1].any()


def conv_of_snntorch(network, spikes):
    """Step a convolution, a leaky neuron and a linear layer as the tutorials of snnTorch do."""
    kernel, last = network.weights["a"], network.weights["b"]
    conv = torch.nn.Conv2d(2, 4, (3, 2), stride=(1, 2), padding=(1, 0), bias=False).double()
    linear = torch.nn.Linear(*reversed(last.shape), bias=False).double()
    conv.weight.data = torch.tensor(kernel).permute(0, 3, 1, 2).contiguous()
    linear.weight.data = torch.tensor(last)
    options = {"beta": torch.tensor(0.8).double(), "spike_grad": surrogate.fast_sigmoid(SLOPE)}
    cells = [snntorch.Leaky(**options, threshold=torch.tensor(t).double()) for t in (0.75, 0.5)]
    membranes = [cell.reset_mem() for cell in cells]
    outputs = []
    for step in spikes:
        fired, membranes[0] = cells[0](conv(step.permute(0, 3, 1, 2)), membranes[0])
        row = fired.double().permute(0, 2, 3, 1).flatten(1)
        fired, membranes[1] = cells[1](linear(row), membranes[1])
        outputs.append(fired)
    return torch.stack(outputs).double(), conv.weight, linear.weight


def test_images_and_their_gradients_are_those_of_snntorch():
    rng = np.random.default_rng(2)
    kernel = rng.normal(0.2, 0.4, (4, 3, 2, 2))
    network = network_of(
        {
            "input": ((5, 6, 2), Input()),
            "a": ((5, 3, 4), LIF(0.8, 0.75)),
            "b": ((6,), LIF(0.8, 0.5)),
        },
        Connection("input", "a", Convolution(kernel, stride=(1, 2), padding=(1, 0))),
        Connection("a", "b", Dense(rng.normal(0.05, 0.2, (6, 60)))),
        readout=Votes("b", 3),
    )
    # snnTorch knows 0.8 as a number of single precision.
    network = network.with_neurons(
        {
            "a": LIF(float(np.float32(0.8)), 0.75),
            "b": LIF(float(np.float32(0.8)), 0.5),
        }
    )
    spikes = draw(5, 6, 2).double()
    model = SpikingNetwork(network, dropout=0.0).double()
    votes = model(spikes)
    fired, conv, linear = conv_of_snntorch(network, spikes)
    expected = fired.unflatten(-1, (3, 2)).sum(dim=-1)
    assert votes.any()
    assert torch.equal(votes, expected)
    weighting = torch.linspace(-1, 1, votes.numel()).reshape(votes.shape).double()
    (votes * weighting).sum().backward()
    (expected * weighting).sum().backward()
    torch.testing.assert_close(model.weights["a"].grad, conv.grad.permute(0, 2, 3, 1))
    torch.testing.assert_close(model.weights["b"].grad, linear.grad)


@pytest.mark.parametrize("all_to_all", [True, False])
def test_recurrent_neurons_are_those_of_snntorch(all_to_all):
    rng = np.random.default_rng(3)
    recurrent = rng.normal(-0.2, 0.6, (4, 4) if all_to_all else 4)
    loop = Dense(recurrent, rng.normal(size=4)) if all_to_all else Scaling(recurrent)
    decay = float(np.float32(0.9))
    network = network_of(
        {"input": ((5,), Input()), "a": ((4,), LIF(decay, 0.75))},
        Connection("input", "a", Dense(rng.normal(0.3, 0.5, (4, 5)))),
        Connection("a", "a", loop, 1),
        readout=Votes("a", 4),
    )
    options = {"linear_features": 4} if all_to_all else {"V": torch.tensor(recurrent)}
    cell = snntorch.RLeaky(
        beta=torch.tensor(decay).double(),
        threshold=torch.tensor(0.75).double(),
        all_to_all=all_to_all,
        spike_grad=surrogate.fast_sigmoid(SLOPE),
        **options,
    ).double()
    if all_to_all:
        cell.recurrent.weight.data = torch.tensor(loop.weight)
        cell.recurrent.bias.data = torch.tensor(loop.bias)
    spikes = draw(5).double()
    model = SpikingNetwork(network, dropout=0.0).double()
    weight = torch.tensor(network.weights["a:0"], requires_grad=True)
    fired = membrane = torch.zeros(3, 4).double()
    steps = []
    for step in spikes:
        fired, membrane = cell(step @ weight.T, fired, membrane)
        fired = fired.double()
        steps.append(fired)
    expected, votes = torch.stack(steps), model(spikes)
    assert 0.1 < votes.mean() < 0.9
    assert torch.equal(votes, expected)
    weighting = torch.linspace(-1, 1, votes.numel()).reshape(votes.shape).double()
    (votes * weighting).sum().backward()
    (expected * weighting).sum().backward()
    torch.testing.assert_close(model.weights["a:0"].grad, weight.grad)
    inner = cell.recurrent.weight if all_to_all else cell.recurrent.V
    torch.testing.assert_close(model.weights["a:1"].grad, inner.grad)
    if all_to_all:
        torch.testing.assert_close(model.weights["a:1:bias"].grad, cell.recurrent.bias.grad)


def test_a_cycle_that_carries_nothing_changes_nothing():
    # The same population, once scanned and once stepped.
    rng = np.random.default_rng(4)
    parts = {"input": ((5,), Input()), "a": ((4,), LIF(0.9, 0.6))}
    forward = Connection("input", "a", Dense(rng.normal(0.3, 0.5, (4, 5))))
    loop = Connection("a", "a", Scaling(0.0), 1)
    found = []
    for connections in ([forward], [forward, loop]):
        network = network_of(parts, *connections, readout=Votes("a", 2))
        model = SpikingNetwork(network, dropout=0.0).double()
        votes = model(draw(5).double())
        votes.cos().sum().backward()
        found.append((votes, next(iter(model.weights.values())).grad))
    assert torch.equal(found[0][0], found[1][0])
    torch.testing.assert_close(found[0][1], found[1][1])
