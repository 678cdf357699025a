import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from networks.activity import synaptic_events
from networks.conversion import convert, diversify
from networks.description import Votes
from networks.neurons import LIF, Input
from networks.pytorch import SpikingNetwork
from networks.pytorch.snntorch_reference import snntorch_scan
from networks.textcnn import TailoredTextCNN, TextCNN
from networks.transforms import Convolution, SumPooling


@given(words=st.integers(1, 7), decay=st.sampled_from([1.0, 0.9]), seed=st.integers(0, 1000))
def test_padding_changes_nothing(make_network, make_spikes, words, decay, seed):
    model = SpikingNetwork(make_network(decay=decay, seed=seed)).double().eval()
    short = make_spikes(words, seed=seed)
    padded = np.zeros((len(short), 7, 6), dtype=bool)
    padded[:, :words] = short
    alone, within = model.activity(short), model.activity(padded)
    for name, layer in alone.items():
        reached = tuple(slice(size) for size in layer.spikes.shape)
        np.testing.assert_array_equal(layer.spikes, within[name].spikes[reached])
        assert layer.spikes.sum() == within[name].spikes.sum()


def test_votes_are_the_spikes_of_each_class(network, make_spikes):
    model = SpikingNetwork(network).double().eval()
    spikes = make_spikes(5)
    votes = model(torch.from_numpy(spikes).double().unsqueeze(1))
    output = model.activity(spikes)["output"].spikes
    assert output.any()
    np.testing.assert_array_equal(votes[:, 0, 0].detach(), output[:, :3].sum(axis=1))
    np.testing.assert_array_equal(votes[:, 0, 1].detach(), output[:, 3:].sum(axis=1))


def test_gradients_are_those_of_stepping_snntorch(make_network, make_spikes):
    # With a window of one, counting is averaging, the only scale that snnTorch knows.
    network = make_network(length=3, widths=(3,))
    spikes = torch.from_numpy(make_spikes(3, steps=12)).double().unsqueeze(1)
    gradients = []
    for options in ({}, {"neurons": snntorch_scan}):
        model = SpikingNetwork(network, dropout=0, **options).double()
        votes = model(spikes)
        torch.nn.functional.cross_entropy(votes[:, 0], torch.ones(12).long()).backward()
        gradients.append({name: weight.grad for name, weight in model.weights.items()})
    for name, gradient in gradients[0].items():
        assert gradient.abs().sum() > 0
        torch.testing.assert_close(gradient, gradients[1][name])


def test_dropout_drops_a_train_for_all_steps(network, make_spikes):
    torch.manual_seed(0)
    model = SpikingNetwork(network, dropout=0.5).double()
    spikes = torch.from_numpy(make_spikes(7, steps=40)).double().unsqueeze(1)
    model.eval()
    full = model.traces(spikes)["output"][1]
    model.train()
    dropped = model.traces(spikes)["output"][1]
    assert not torch.equal(full, dropped)
    model.dropout = 0.0
    assert torch.equal(model.traces(spikes)["output"][1], full)


def test_a_description_survives_the_module(network):
    described = SpikingNetwork(network).describe()
    assert described == network
    single = network.with_weights(
        {name: weight.astype(np.float32) for name, weight in network.weights.items()}
    )
    assert SpikingNetwork(single).describe() == single != network


def test_synaptic_events_are_counted_by_hand(network, make_spikes):
    activity = SpikingNetwork(network).double().eval().activity(make_spikes(4, steps=10))
    events = synaptic_events(network, activity)
    by_hand = 0
    kernel = network.weights["conv2"]
    for _, word, _ in zip(*np.nonzero(activity["input"].spikes), strict=True):
        windows = [p for p in range(4) if p <= word < p + kernel.shape[1]]
        by_hand += len(windows) * len(kernel)
    assert events["input"] == 0
    assert events["conv2"] == by_hand
    assert events["pool2"] == activity["conv2"].spikes.sum()
    pooled = activity["pool2"].spikes.sum() + activity["pool3"].spikes.sum()
    assert events["output"] == 6 * pooled


@pytest.fixture
def textcnn_options():
    """Return embeddings and sizes of a small TextCNN."""
    torch.manual_seed(0)
    table = torch.rand(20, 8)
    table[0] = 0
    return {"embeddings": table, "classes": 3, "length": 9, "widths": (2, 4), "maps": 5}


def test_tailored_is_its_equation(textcnn_options):
    model = TailoredTextCNN(**textcnn_options).eval()
    ids = torch.tensor([[3, 1, 4, 1, 5]])
    x = torch.zeros(9, 8)
    x[:5] = model.embedding(ids)[0]
    pooled = []
    for width in (2, 4):
        weight = model.weight(width)
        h = [torch.relu((weight * x[p : p + width]).sum(dim=(1, 2))) for p in range(9 - width + 1)]
        pooled.append(torch.stack(h).mean(dim=0))
    expected = model.classifier.weight @ torch.cat(pooled)
    torch.testing.assert_close(model(ids)[0], expected)
    assert model.classifier.bias is None


def test_tailored_ignores_padding_and_original_pads_to_length(textcnn_options):
    ids = torch.tensor([[3, 1, 4]])
    padded = torch.tensor([[3, 1, 4, 0, 0, 0, 0, 0, 0]])
    for network in (TailoredTextCNN, TextCNN):
        model = network(**textcnn_options).eval()
        torch.testing.assert_close(model(ids), model(padded))


def test_original_takes_the_maximum(textcnn_options):
    model = TextCNN(**textcnn_options).eval()
    embedded = model.embedding(torch.tensor([[3, 1, 4, 1, 5, 9, 2, 6, 5]]))
    conv = torch.nn.functional.conv1d(
        embedded.transpose(1, 2), model.weight(2).transpose(1, 2), model.kernels[0].bias
    )
    torch.testing.assert_close(model.features(embedded, 2), torch.relu(conv).amax(dim=2))


def test_constrain_clips_embeddings_and_centres_filters(textcnn_options):
    model = TailoredTextCNN(**textcnn_options)
    with torch.no_grad():
        model.embedding.weight += 0.7
        model.kernels[0].weight += 1
    model.constrain()
    assert model.embedding.weight.max() == 1
    torch.testing.assert_close(model.weight(2).mean(dim=2), torch.zeros(5, 2), atol=1e-6, rtol=0)


def test_noise_is_that_of_a_presentation(textcnn_options):
    torch.manual_seed(0)
    model = TailoredTextCNN(**textcnn_options, noise_steps=25).train()
    ids = torch.full((20_000, 1), 3)
    rates = model.embedding.weight[3].detach()
    noisy = model.embed(ids).detach()[:, 0]
    torch.testing.assert_close(noisy.mean(dim=0), rates, atol=0.005, rtol=0)
    torch.testing.assert_close(noisy.var(dim=0), rates * (1 - rates) / 25, atol=0.001, rtol=0)
    assert not model.embed(torch.zeros(1, 1, dtype=int)).any()
    model.eval()
    assert torch.equal(model.embed(ids)[0, 0], rates)


def test_conversion_copies_weights(textcnn_options):
    model = TailoredTextCNN(**textcnn_options)
    network = convert(model, neurons_per_class=4, threshold=0.5, decay=0.9)
    assert network.order == ("input", "conv2", "conv4", "pool2", "pool4", "output")
    assert set(network.weights) == {"conv2", "conv4", "output"}
    np.testing.assert_array_equal(network.weights["conv2"], model.weight(2).detach())
    np.testing.assert_array_equal(network.weights["conv4"], model.weight(4).detach())
    np.testing.assert_array_equal(
        network.weights["output"].reshape(3, 4, 10),
        np.stack([model.classifier.weight.detach()] * 4, axis=1),
    )
    assert network["input"].neuron == Input()
    for name in ("conv2", "conv4", "output"):
        assert network[name].neuron == LIF(decay=0.9, threshold=0.5)
    for name, windows in (("2", 8), ("4", 6)):
        # An average of so many windows against a threshold, as a sum.
        assert network.into(f"pool{name}")[0].transform == SumPooling()
        assert network.into(f"conv{name}")[0].transform == Convolution(
            model.weight(int(name)).detach().numpy()
        )
        assert network[f"conv{name}"].shape == (windows, 5)
        assert network[f"pool{name}"].neuron == LIF(decay=0.9, threshold=0.5 * windows)
    assert network.into("output")[0].sources == ("pool2", "pool4")
    assert network.readout == Votes("output", 3)


def test_rates_approximate_activations(textcnn_options):
    """A long presentation's firing rates come close to the TextCNN's activations."""
    model = TailoredTextCNN(**textcnn_options).eval()
    with torch.no_grad():
        for kernel in model.kernels:
            kernel.weight *= 0.2 / kernel.weight.abs().max()
    network = convert(model)
    ids = torch.tensor([[3, 1, 4, 1, 5, 9, 2, 6, 5]])
    rates = model.embedding(ids).detach().numpy()[0]
    steps = 20_000
    spikes = np.random.default_rng(0).random((steps, *rates.shape)) < rates
    fired = SpikingNetwork(network).eval().activity(spikes)["pool2"].spikes.mean(axis=0)
    activation = model.features(model.embedding(ids), 2)[0].detach().numpy()
    # A membrane remembers a negative excess, so noise around zero fires less than nothing lost.
    np.testing.assert_allclose(fired, activation, atol=0.02)


def test_diversify_keeps_each_class_as_a_whole(textcnn_options):
    network = convert(TailoredTextCNN(**textcnn_options), neurons_per_class=4)
    diverse = diversify(network, 0.3, seed=1)
    before, after = (n.weights["output"].reshape(3, 4, 10) for n in (network, diverse))
    np.testing.assert_allclose(after.mean(axis=1), before.mean(axis=1), atol=1e-6)
    assert (np.ptp(after, axis=1) > 0).all()
    again = diversify(network, 0.3, seed=1)
    assert again == diverse
    assert diverse.weights["output"].dtype == np.float32
    assert diverse.with_weights({"output": network.weights["output"]}) == network
