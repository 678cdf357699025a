"""What the PyTorch module offers beside its steps: answers, weights, dropout, activity, errors."""

import numpy as np
import pytest
import torch

from networks.activity import synaptic_events
from networks.description import Connection, Network, Population, Potentials, Readout
from networks.neurons import IF, LIF, Input
from networks.neurons.adaptive import AdaptiveLIF
from networks.neurons.integrator import LI
from networks.pytorch import SpikingNetwork
from networks.transforms import (
    AveragePooling,
    Chain,
    Convolution,
    Dense,
    Flattening,
    Scaling,
    SumPooling,
    Transform,
)

RNG = np.random.default_rng(0)
NEURON = LIF(decay=0.8, threshold=0.7)


def draw(*shape, steps=20, batch=3, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).random((steps, batch, *shape)) < 0.5)


def network_of(populations, *connections, readout=None):
    return Network(
        tuple(Population(name, *of) for name, of in populations.items()), connections, readout
    )


def dense(target, source, mean=0.2, bias=False):
    return Dense(RNG.normal(mean, 0.6, (target, source)), RNG.normal(size=target) if bias else None)


@pytest.mark.parametrize("neuron", [LI(0.9), LIF(0.9, 0.6), AdaptiveLIF(0.9, 0.9, 0.6, 0.1)])
def test_potentials_are_averaged_and_trained(neuron):
    network = network_of(
        {"input": ((5,), Input()), "out": ((6,), neuron)},
        Connection("input", "out", dense(6, 5)),
        readout=Potentials("out", 2),
    )
    model = SpikingNetwork(network, dropout=0.0).double()
    spikes = draw(5).double()
    potentials = model(spikes)
    assert potentials.shape == (20, 3, 2)
    membrane = model.traces(spikes)["out"][1]
    torch.testing.assert_close(potentials, membrane.unflatten(-1, (2, 3)).mean(dim=-1))
    potentials.square().sum().backward()
    assert (model.weights["out"].grad != 0).all()


def test_a_network_without_a_readout_has_no_answer():
    network = network_of(
        {"input": ((5,), Input()), "a": ((2,), NEURON)}, Connection("input", "a", dense(2, 5))
    )
    with pytest.raises(ValueError, match="no readout.*Votes or Potentials"):
        SpikingNetwork(network).double()(draw(5).double())


def test_an_unknown_readout_is_refused():
    class Guess(Readout):
        pass

    network = network_of(
        {"input": ((5,), Input()), "a": ((2,), NEURON)},
        Connection("input", "a", dense(2, 5)),
        readout=Guess("a", 2),
    )
    with pytest.raises(TypeError, match="Guess.*networks/pytorch/spiking.py"):
        SpikingNetwork(network).double()(draw(5).double())


def test_an_unknown_transform_is_refused():
    class Strange(Transform):
        def shape(self, source):
            return source

        def matrix(self, source):
            return Scaling().matrix(source)

    network = network_of(
        {"input": ((5,), Input()), "a": ((5,), NEURON)}, Connection("input", "a", Strange())
    )
    with pytest.raises(TypeError, match="Strange.*networks/pytorch/transforms.py"):
        SpikingNetwork(network).traces(draw(5).double())


@pytest.mark.parametrize("shape", [(20, 5, 2), (20, 3, 5), (20, 3, 5, 3), (20, 3, 5, 2, 1)])
def test_spikes_of_another_shape_are_refused(shape):
    network = network_of(
        {"input": ((5, 2), Input()), "a": ((2,), NEURON)}, Connection("input", "a", dense(2, 10))
    )
    with pytest.raises(ValueError, match="the network takes \\(steps, batch, 5, 2\\)"):
        SpikingNetwork(network).traces(torch.zeros(shape))


def test_more_positions_than_there_are_are_refused():
    network = network_of(
        {"input": ((5, 2), Input()), "a": ((2,), NEURON)}, Connection("input", "a", dense(2, 10))
    )
    with pytest.raises(ValueError, match="6 positions do not fit"):
        SpikingNetwork(network).traces(torch.zeros(20, 3, 6, 2))


def test_one_precision_for_all_weights():
    single = Dense(np.ones((2, 5), np.float32))
    parts = {"input": ((5,), Input()), "a": ((2,), NEURON)}
    mixed = network_of(parts, Connection("input", "a", Chain((single, Scaling(0.5)))))
    assert {w.dtype for w in SpikingNetwork(mixed).weights.values()} == {torch.float32}
    double = network_of(parts, Connection("input", "a", dense(2, 5)))
    assert {w.dtype for w in SpikingNetwork(double).weights.values()} == {torch.float64}
    traces = SpikingNetwork(mixed).traces(draw(5).float())
    assert {part.dtype for part in traces["a"]} == {torch.float32}


def test_weights_have_the_names_that_the_network_gives_them():
    network = network_of(
        {"input": ((5, 2), Input()), "a": ((4, 3), NEURON), "b": ((2,), NEURON)},
        Connection("input", "a", Convolution(np.ones((3, 2, 2)), np.ones(3))),
        Connection("a", "b", Chain((SumPooling(), dense(2, 3, bias=True)))),
        Connection("b", "b", Scaling(0.5), 1),
    )
    model = SpikingNetwork(network)
    names = {"a", "a:bias", "b:0:1", "b:0:1:bias", "b:1"}
    assert set(model.weights) == set(network.weights) == names
    assert {name.removeprefix("weights.") for name in model.state_dict()} == names
    with torch.no_grad():
        model.weights["a:bias"] += 1
        model.weights["b:1"] *= 3
    described = model.describe()
    assert described.weights["a:bias"].tolist() == [2.0, 2.0, 2.0]
    assert described.weights["b:1"] == 1.5
    assert described.with_weights(network.weights) == network


def test_a_name_that_pytorch_needs_is_refused():
    network = network_of(
        {"input": ((5,), Input()), "values": ((2,), NEURON)},
        Connection("input", "values", dense(2, 5)),
    )
    with pytest.raises(ValueError, match="values.*choose another"):
        SpikingNetwork(network)


def test_all_kernels_are_centred():
    rng = np.random.default_rng(5)
    network = network_of(
        {"input": ((5, 6, 2), Input()), "a": ((4, 5, 3), NEURON), "b": ((3, 4, 2), NEURON)},
        Connection("input", "a", Convolution(rng.random((3, 2, 2, 2)), rng.random(3))),
        Connection("a", "b", Chain((Convolution(rng.random((2, 2, 2, 3))), Scaling(2.0)))),
    )
    model = SpikingNetwork(network)
    model.constrain()
    for name in ("a", "b:0"):
        mean = model.weights[name].detach().mean(dim=-1)
        torch.testing.assert_close(mean, torch.zeros_like(mean))
    np.testing.assert_array_equal(model.weights["a:bias"].detach(), network.weights["a:bias"])
    assert model.weights["b:1"] == 2.0


@pytest.mark.parametrize("cyclic", [False, True])
def test_dropout_is_the_same_in_all_steps(cyclic):
    # Each output is the only train that is not dropped, so weights of one show what was.
    loop = [Connection("a", "a", Scaling(0.0), 1)] if cyclic else []
    network = network_of(
        {"input": ((50,), Input()), "a": ((50,), LI(1.0) if not cyclic else IF(1e6))},
        Connection("input", "a", Dense(np.eye(50))),
        *loop,
    )
    torch.manual_seed(0)
    model = SpikingNetwork(network, dropout=0.25).double().train()
    _, membrane = model.traces(torch.ones(6, 40, 50).double())["a"]
    gains = membrane.diff(dim=0, prepend=torch.zeros(1, 40, 50))
    torch.testing.assert_close(gains, gains[:1].expand_as(gains))
    kept = (gains[0] > 0).double()
    torch.testing.assert_close(gains[0], kept / 0.75)
    assert kept.mean().item() == pytest.approx(0.75, abs=0.05)
    assert kept.std(dim=0).min() > 0
    torch.testing.assert_close(
        model.eval().traces(torch.ones(6, 2, 50).double())["a"][1][-1],
        torch.full((2, 50), 6.0).double(),
    )


@pytest.mark.parametrize(
    ("transforms", "scale"),
    [
        ([SumPooling()], 6),
        ([SumPooling(3, 1)], 3),
        ([AveragePooling()], 1),
        ([Convolution(np.ones((2, 1, 2))), SumPooling(), Flattening()], 6),
        ([SumPooling(), Scaling(1.0)], 1),
    ],
)
@pytest.mark.parametrize("positions", [6, 2])
def test_what_adds_up_positions_has_their_number_as_its_unit(transforms, scale, positions):
    shapes = Chain(tuple(transforms)).shapes((6, 2))
    found = []

    def recording(neuron, current, scale):
        found.append(scale)
        return current, current

    network = network_of(
        {"input": ((6, 2), Input()), "a": (shapes[-1], NEURON)},
        Connection("input", "a", Chain(tuple(transforms))),
    )
    SpikingNetwork(network, neurons=recording).double().traces(draw(positions, 2).double())
    assert found == [scale]


def test_activity_is_that_of_the_traces():
    network = network_of(
        {"input": ((4, 2), Input()), "a": ((3, 2), NEURON), "b": ((2,), LI(0.9))},
        Connection("input", "a", Convolution(RNG.normal(0.3, 0.5, (2, 2, 2)))),
        Connection("a", "b", Chain((Flattening(), dense(2, 6)))),
    )
    spikes = draw(4, 2, batch=1)
    model = SpikingNetwork(network).double().eval()
    activity = model.activity(spikes[:, 0].numpy(), {"a": [4, 1, 99], "b": [1]})
    traces = model.traces(spikes.double())
    assert list(activity) == ["input", "a", "b"]
    np.testing.assert_array_equal(activity["input"].spikes, spikes[:, 0])
    assert activity["a"].recorded.tolist() == [1, 4]
    for name, recorded in (("a", [1, 4]), ("b", [1])):
        np.testing.assert_array_equal(activity[name].spikes, traces[name][0][:, 0].detach())
        expected = traces[name][1][:, 0].detach().flatten(1)[:, recorded]
        np.testing.assert_array_equal(activity[name].membrane, expected)
    assert not activity["b"].spikes.any()


@pytest.mark.parametrize("positions", [5, 3])
@pytest.mark.parametrize("mean", [False, True], ids=["cropped", "not cropped"])
def test_synaptic_events_arrive_within_the_presentation(positions, mean):
    rng = np.random.default_rng(6)
    extra = [Connection("input", "b", Chain((AveragePooling(), dense(3, 2))))] if mean else []
    network = network_of(
        {
            "input": ((5, 2), Input()),
            "a": ((5, 3), NEURON),
            "b": ((3,), NEURON),
            "c": ((2,), NEURON),
        },
        Connection("input", "a", Convolution(rng.normal(0.3, 0.5, (3, 3, 2)), padding=1), 4),
        Connection(("a", "input"), "b", dense(3, 25), 2),
        *extra,
        Connection("b", "c", dense(2, 3), 1),
        Connection("c", "c", Scaling(0.5), 3),
        Connection("c", "b", dense(3, 2), 30),
    )
    steps = 12
    spikes = draw(positions, 2, steps=steps, batch=1)[:, 0].numpy()
    activity = SpikingNetwork(network).double().eval().activity(spikes)
    counts = {
        name: [part.spikes[: max(steps - delay, 0)] for delay in range(31)]
        for name, part in activity.items()
    }
    windows = activity["a"].spikes.shape[1]
    conv = sum(
        3 * fired
        for place, fired in enumerate(counts["input"][4].sum(axis=(0, 2)))
        for window in range(windows)
        if window - 1 <= place <= window + 1
    )
    into_b = 3 * (counts["a"][2].sum() + counts["input"][2].sum())
    if mean:
        into_b += 3 * counts["input"][0].sum()
    assert conv > 0
    assert synaptic_events(network, activity) == {
        "input": 0,
        "a": conv,
        "b": into_b,
        "c": 2 * counts["b"][1].sum() + counts["c"][3].sum(),
    }
