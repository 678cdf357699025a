import numpy as np
import pytest
import torch

from networks.description import Connection, Network, Population, Potentials, Votes
from networks.neurons import IF, LIF, Input
from networks.pytorch import SnnTorchNetwork, SpikingNetwork
from networks.transforms import AveragePooling, Chain, Convolution, Dense, Flattening, SumPooling


def both(network, spikes):
    """Return the traces of our network and the stacked steps of the reference."""
    ours = SpikingNetwork(network).double().eval().traces(spikes)
    steps = list(SnnTorchNetwork(network).eval().steps(spikes))
    reference = {
        population.name: torch.stack([trains[population.name] for trains in steps])
        for population in network.hidden
    }
    return ours, reference


@pytest.mark.parametrize("words", [1, 3, 6, 7])
@pytest.mark.parametrize("decay", [1.0, 0.9])
def test_spikes_are_those_of_the_spiking_network(make_network, make_spikes, words, decay):
    network = make_network(decay=decay)
    batch = [make_spikes(words, steps=60, seed=seed) for seed in range(4)]
    spikes = torch.from_numpy(np.stack(batch, axis=1)).double()
    ours, reference = both(network, spikes)
    for name, (expected, _) in ours.items():
        if name.startswith("conv"):
            windows = expected.shape[2]
            got = reference[name].transpose(-1, -2)
            assert expected.any()
            assert torch.equal(got[:, :, :windows], expected)
            assert not got[:, :, windows:].any()
        else:
            # An average that lands on the threshold may be rounded over it, a count may not.
            got = reference[name]
            difference = (got.sum(dim=0) - expected.sum(dim=0)).abs()
            assert difference.max() <= 4
            assert abs(got.sum() - expected.sum()) <= 0.05 * expected.sum() + 2
    assert (words == 1) or reference["output"].any()


def test_votes_add_up_the_neurons_of_a_class(network, make_spikes):
    spikes = torch.from_numpy(make_spikes(5)).double().unsqueeze(1)
    model = SnnTorchNetwork(network).eval()
    votes = model(spikes)
    output = torch.stack([trains["output"] for trains in model.steps(spikes)])
    assert votes.shape == (len(spikes), 1, 2)
    assert votes.any()
    assert torch.equal(votes[..., 1], output[..., 3:].sum(dim=-1))


def test_a_presentation_leaves_nothing_behind(network, make_spikes):
    spikes = torch.from_numpy(make_spikes(5)).double().unsqueeze(1)
    model = SnnTorchNetwork(network).eval()
    assert torch.equal(model(spikes), model(spikes))


def test_gradients_are_those_of_the_spiking_network(make_network, make_spikes):
    # With a window of one, averaging is counting.
    network = make_network(length=3, widths=(3,))
    spikes = torch.from_numpy(make_spikes(3, steps=12)).double().unsqueeze(1)
    ours = SpikingNetwork(network, dropout=0).double()
    reference = SnnTorchNetwork(network, dropout=0)
    for model in (ours, reference):
        votes = model(spikes)
        torch.nn.functional.cross_entropy(votes[:, 0], torch.ones(12).long()).backward()
    gradients = {
        "conv3": reference.kernels["conv3"].weight.grad.squeeze(1),
        "output": reference.classifiers["output"].weight.grad,
    }
    for name, gradient in gradients.items():
        assert gradient.abs().sum() > 0
        torch.testing.assert_close(gradient, ours.weights[name].grad)


def test_it_learns(make_network, make_spikes):
    network = make_network(widths=(2,))
    batch = [make_spikes(7, steps=10, seed=seed) for seed in range(8)]
    spikes = torch.from_numpy(np.stack(batch, axis=1)).double()
    labels = torch.arange(8) % 2
    spikes[:, labels == 0, :, :3] = 0
    torch.manual_seed(0)
    model = SnnTorchNetwork(network, dropout=0.1).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    losses = []
    for _ in range(12):
        optimizer.zero_grad()
        votes = model(spikes)
        loss = torch.nn.functional.cross_entropy(
            votes.flatten(0, 1), labels.expand(len(spikes), -1).flatten()
        )
        loss.backward()
        optimizer.step()
        model.constrain()
        losses.append(loss.item())
    assert np.mean(losses[-3:]) < 0.8 * losses[0]
    means = model.kernels["conv2"].weight.detach().mean(dim=-1)
    torch.testing.assert_close(means, torch.zeros_like(means), atol=1e-12, rtol=0)


def test_dropout_drops_a_train_for_all_steps(network, make_spikes):
    spikes = torch.from_numpy(make_spikes(7, steps=40)).double().unsqueeze(1)
    torch.manual_seed(0)
    model = SnnTorchNetwork(network, dropout=0.5).train()
    dropped = model(spikes)
    model.eval()
    assert not torch.equal(model(spikes), dropped)
    model.train()
    model.dropout = 0.0
    assert torch.equal(model(spikes), model.eval()(spikes))


def test_weights_are_copies(network):
    model = SnnTorchNetwork(network)
    for name, weight in network.weights.items():
        part = (model.kernels if name.startswith("conv") else model.classifiers)[name]
        np.testing.assert_array_equal(part.weight.detach().squeeze(1), weight)
        with torch.no_grad():
            part.weight += 1
        assert not np.array_equal(part.weight.detach().squeeze(1), weight)


def changed(network, *, neurons=None, target=None, transform=None, sources=None, **options):
    """Return a network with other neurons, or another connection onto a population."""
    connections = tuple(
        Connection(sources or c.sources, target, transform or c.transform, **options)
        if c.target == target
        else c
        for c in network.connections
    )
    network = Network(network.populations, connections, network.readout)
    return network.with_neurons(neurons or {})


WEIGHT = np.ones((4, 2, 6))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"neurons": {"conv2": IF()}}, "neurons of 'conv2'"),
        ({"neurons": {"conv2": LIF(reset="at once")}}, "neurons of 'conv2'"),
        ({"neurons": {"pool2": LIF(inclusive=True)}}, "neurons of 'pool2'"),
        ({"neurons": {"output": LIF(np.full(6, 0.5))}}, "neurons of 'output'"),
        ({"neurons": {"output": LIF(threshold=np.ones(6))}}, "neurons of 'output'"),
        ({"target": "output", "delay": 1}, "the connection pool2\\+pool3 -> output"),
        ({"target": "conv2", "transform": Convolution(WEIGHT, np.ones(4))}, "input -> conv2"),
        (
            {"target": "conv2", "transform": Convolution(WEIGHT, padding=((1, 0),), dilation=2)},
            "input -> conv2",
        ),
        ({"target": "pool2", "transform": AveragePooling()}, "conv2 -> pool2"),
        ({"target": "pool2", "transform": Dense(np.ones((4, 24)))}, "conv2 -> pool2"),
        ({"target": "output", "transform": Dense(np.ones((6, 8)), np.ones(6))}, "-> output"),
        (
            {"target": "output", "transform": Chain((Flattening(), Dense(np.ones((6, 8)))))},
            "-> output",
        ),
    ],
)
def test_other_networks_are_refused(network, change, message):
    other = changed(network, **change)
    SpikingNetwork(other)
    with pytest.raises(ValueError, match=f"TextCNN.*{message}.*SpikingNetwork"):
        SnnTorchNetwork(other)


def test_other_graphs_and_readouts_are_refused(network):
    populations, connections = network.populations, network.connections
    twice = Connection("pool2", "output", Dense(np.ones((6, 4))))
    with pytest.raises(ValueError, match="2 connections onto 'output'"):
        SnnTorchNetwork(Network(populations, (*connections, twice), network.readout))
    for readout in (None, Potentials("output", 2), Votes("pool2", 2)):
        with pytest.raises(ValueError, match="the readout"):
            SnnTorchNetwork(Network(populations, connections, readout))
    deep = Network(
        (
            Population("input", (7, 6), Input()),
            Population("first", (6, 4), LIF()),
            Population("second", (5, 4), LIF()),
            Population("pool", (4,), LIF()),
            Population("output", (2,), LIF()),
        ),
        (
            Connection("input", "first", Convolution(WEIGHT)),
            Connection("first", "second", Convolution(np.ones((4, 2, 4)))),
            Connection("second", "pool", SumPooling()),
            Connection("pool", "output", Dense(np.ones((2, 4)))),
        ),
        Votes("output", 2),
    )
    with pytest.raises(ValueError, match="first -> second"):
        SnnTorchNetwork(deep)
