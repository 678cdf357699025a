"""A network on a shorter input does what the whole network does on silence."""

import numpy as np
import pytest
import torch
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from networks.description import Connection, Network, Population, Potentials, Votes, crop
from networks.neurons import LIF, Input
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
)


def weights(draw, *shape):
    # Eighths, which are added without rounding in any order.
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    return rng.integers(-4, 9, shape) / 8


@st.composite
def links(draw, shape):
    """Return a transform of a source with positions, which has positions again."""
    axes = len(shape) - 1
    padding = draw(st.tuples(*[st.tuples(st.integers(0, 2), st.integers(0, 2))] * axes))
    stride = draw(st.tuples(*[st.integers(1, 3)] * axes))
    kind = draw(st.sampled_from([Convolution, Convolution, SumPooling, AveragePooling, Scaling]))
    if kind is Scaling:
        return Scaling(weights(draw, *shape) if draw(st.booleans()) else 0.75)
    if kind is not Convolution:
        window = draw(st.tuples(*[st.sampled_from([1, 2, 4])] * axes))
        return kind(window, draw(st.sampled_from([None, stride])), padding)
    width = draw(st.tuples(*[st.integers(1, 3)] * axes))
    dilation = draw(st.tuples(*[st.integers(1, 2)] * axes))
    groups = draw(st.sampled_from([g for g in (1, 2) if shape[-1] % g == 0]))
    kernel = weights(draw, 2, *width, shape[-1] // groups)
    bias = weights(draw, 2) if draw(st.sampled_from([False] * 7 + [True])) else None
    return Convolution(kernel, bias, stride, padding, dilation, groups)


@st.composite
def neurons(draw, shape):
    if draw(st.booleans()):
        return LIF(threshold=0.5)
    threshold = (1 + np.random.default_rng(0).integers(0, 8, shape)) / 8
    return AdaptiveLIF(0.5, 0.5, threshold, 0.25)


def fits(transform, shape):
    try:
        return transform.shape(shape)
    except ValueError:
        assume(False)


@st.composite
def networks(draw):
    """Return a network of several transforms in a row and beside each other, and a readout."""
    shape = draw(st.sampled_from([(9, 2), (8, 4), (6, 5, 2)]))
    populations = [Population("input", shape, Input())]
    connections = []
    for number in range(draw(st.integers(1, 3))):
        source = draw(st.sampled_from(populations))
        transform = draw(links(source.shape))
        shape = fits(transform, source.shape)
        if draw(st.booleans()):
            second = draw(links(shape))
            shape = fits(second, shape)
            transform = Chain((transform, second))
        name = f"hidden{number}"
        populations.append(Population(name, shape, draw(neurons(shape))))
        delay = draw(st.sampled_from([0, 0, 1, 2]))
        connections.append(Connection((source.name,), name, transform, delay))
        for other in populations[:-1]:
            if other.name != source.name and other.shape == shape and draw(st.booleans()):
                event("a skip")
                connections.append(Connection((other.name,), name, Scaling(0.5)))
    heard = [p for p in populations[1:] if draw(st.booleans())] or populations[-1:]
    last = Dense(weights(draw, 4, sum(p.size for p in heard)))
    names = tuple(p.name for p in heard)
    if len(heard) == 1 and draw(st.booleans()):
        last = Chain((Flattening(), last))
    populations.append(Population("output", (4,), LIF(threshold=0.5)))
    connections.append(Connection(names, "output", last))
    return Network(tuple(populations), tuple(connections), Votes("output", 2))


@settings(max_examples=200)
@given(network=networks(), data=st.data(), seed=st.integers(0, 100))
def test_no_spike_changes(network, data, seed):
    most = network.input.shape[0]
    positions = data.draw(st.integers(1, most))
    rng = np.random.default_rng(seed)
    spikes = np.zeros((8, *network.input.shape), dtype=bool)
    spikes[:, :positions] = rng.random((8, positions, *network.input.shape[1:])) < 0.5
    model = SpikingNetwork(network).double().eval()
    whole, alone = model.activity(spikes), model.activity(spikes[:, :positions])
    shapes = crop(network, positions).shapes
    event(f"left out: {any(shapes[p.name] != p.shape for p in network.hidden)}")
    for population in network.hidden:
        name = population.name
        fired, expected = alone[name].spikes, whole[name].spikes
        assert fired.shape[1:] == shapes[name]
        assert expected.shape[1:] == population.shape
        reached = fired.shape[1]
        np.testing.assert_array_equal(fired, expected[:, :reached])
        assert not expected[:, reached:].any()


def two_in_a_row(length=10):
    rng = np.random.default_rng(0)
    return Network(
        (
            Population("input", (length, 2), Input()),
            Population("first", (length - 2, 3), LIF(threshold=0.5)),
            Population("second", (length - 4, 3), LIF(threshold=0.5)),
        ),
        (
            Connection("input", "first", Convolution(rng.normal(0.3, 0.5, (3, 3, 2)))),
            Connection("first", "second", Convolution(rng.normal(0.3, 0.5, (3, 3, 3)))),
        ),
    )


@pytest.mark.parametrize(
    ("positions", "first", "second"), [(10, 8, 6), (9, 8, 6), (7, 7, 6), (5, 5, 5), (1, 1, 1)]
)
def test_two_convolutions_in_a_row(positions, first, second):
    network = two_in_a_row()
    assert crop(network, positions).shapes == {
        "input": (positions, 2),
        "first": (first, 3),
        "second": (second, 3),
    }
    spikes = torch.rand(5, 1, positions, 2).round().double()
    traces = SpikingNetwork(network).double().traces(spikes)
    assert traces["first"][0].shape == (5, 1, first, 3)
    assert traces["second"][0].shape == (5, 1, second, 3)


@pytest.mark.parametrize("positions", [0, 11, -1])
def test_an_input_must_fit(positions):
    with pytest.raises(ValueError, match="the input has 1 to 10"):
        crop(two_in_a_row(), positions)


def test_a_whole_input_leaves_the_network_as_it_is():
    network = two_in_a_row()
    assert crop(network, 10) is network


def test_a_bias_wakes_everything():
    network = two_in_a_row()
    bias = Convolution(np.ones((3, 3, 2)), np.full(3, 0.3))
    connections = (Connection("input", "first", bias), network.connections[1])
    network = Network(network.populations, connections)
    assert crop(network, 2).shapes == network.shapes | {"input": (2, 2)}


def test_what_hears_itself_keeps_its_size():
    network = two_in_a_row()
    loop = Connection("second", "second", Scaling(0.5), 1)
    network = Network(network.populations, (*network.connections, loop))
    assert crop(network, 2).shapes == {"input": (2, 2), "first": (2, 3), "second": (6, 3)}


def test_parameters_are_cut_with_their_population():
    network = two_in_a_row()
    decay = np.linspace(0.5, 1, 24).reshape(8, 3)
    cropped = crop(network.with_neurons({"first": LIF(decay)}), 3)
    np.testing.assert_array_equal(cropped["first"].neuron.decay, decay[:3])


@pytest.mark.parametrize("readout", [Votes("second", 3), Potentials("second", 6)])
def test_what_is_read_keeps_its_size(readout):
    network = two_in_a_row()
    network = Network(network.populations, network.connections, readout)
    assert crop(network, 2).shapes == {"input": (2, 2), "first": (2, 3), "second": (6, 3)}
    spikes = torch.zeros(6, 1, 10, 2, dtype=torch.float64)
    spikes[:, :, :2] = 1
    model = SpikingNetwork(network).double()
    assert model(spikes).any()
    torch.testing.assert_close(model(spikes), model(spikes[:, :, :2]))


def test_a_mean_over_all_positions_needs_all_of_them():
    rng = np.random.default_rng(0)
    network = Network(
        (
            Population("input", (6, 2), Input()),
            Population("mean", (2,), LI(0.9)),
            Population("windows", (3, 2), LIF(threshold=0.4)),
        ),
        (
            Connection("input", "mean", AveragePooling()),
            Connection("input", "windows", AveragePooling(2)),
        ),
        Potentials("mean", 2),
    )
    assert crop(network, 2) is network
    model = SpikingNetwork(network).double()
    short = torch.from_numpy(rng.random((5, 1, 2, 2)) < 0.5).double()
    whole = torch.zeros(5, 1, 6, 2, dtype=torch.float64)
    whole[:, :, :2] = short
    torch.testing.assert_close(model(short), model(whole))
    assert model.traces(short)["windows"][0].shape == (5, 1, 3, 2)


def test_a_dense_transform_loses_the_weights_of_what_is_left_out():
    network = two_in_a_row()
    weight = np.arange(2 * 42.0).reshape(2, 42)
    network = Network(
        (*network.populations, Population("output", (2,), LIF())),
        (*network.connections, Connection(("first", "second"), "output", Dense(weight))),
        Votes("output", 2),
    )
    cropped = crop(network, 3)
    kept = np.r_[0:9, 24:33]
    np.testing.assert_array_equal(cropped.weights["output"], weight[:, kept])


def test_gradients_of_what_is_left_out_are_zero():
    rng = np.random.default_rng(1)
    network = Network(
        (
            Population("input", (5, 2), Input()),
            Population("output", (3,), LIF(threshold=0.5)),
        ),
        (Connection("input", "output", Dense(rng.normal(0.2, 0.5, (3, 10)))),),
        Votes("output", 3),
    )
    model = SpikingNetwork(network, dropout=0.0).double()
    model(torch.ones(4, 1, 2, 2, dtype=torch.float64)).sum().backward()
    grad = model.weights["output"].grad
    assert grad.shape == (3, 10)
    assert (grad[:, :4] != 0).all()
    assert not grad[:, 4:].any()
