"""Networks as values, their order, their names, and faults that are found when they are made."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest

from networks.description import Connection, Network, Population, Potentials, Votes, crop
from networks.neurons import IF, LIF, Input
from networks.neurons.integrator import LI
from networks.transforms import Chain, Convolution, Dense, Flattening, Scaling, SumPooling


def test_populations_are_computed_after_those_they_hear(network):
    assert network.order == ("input", "conv2", "pool2", "conv3", "pool3", "output")
    assert network.components == tuple((name,) for name in network.order)
    assert [population.name for population in network.hidden] == list(network.order[1:])
    assert network.input.name == "input"


@pytest.mark.parametrize(
    ("words", "windows2", "windows3"), [(7, 6, 5), (6, 6, 5), (5, 5, 5), (3, 3, 3), (1, 1, 1)]
)
def test_windows_that_a_sentence_can_reach(network, words, windows2, windows3):
    shapes = crop(network, words).shapes
    assert shapes["input"] == (words, 6)
    assert shapes["conv2"] == (windows2, 4)
    assert shapes["conv3"] == (windows3, 4)
    assert shapes["pool2"] == (4,)
    assert shapes["output"] == (6,)


@pytest.mark.parametrize("words", [0, 8])
def test_a_sentence_must_fit(network, words):
    with pytest.raises(ValueError, match="1 to 7"):
        crop(network, words)


def test_other_neurons_keep_the_weights(network):
    other = network.with_neurons({name: IF(2.0) for name in ("conv2", "output")})
    assert other["conv2"].neuron == other["output"].neuron == IF(2.0)
    assert other["conv3"].neuron == network["conv3"].neuron
    assert other.connections == network.connections


def test_networks_are_values(make_network):
    network = make_network()
    assert network == make_network() == deepcopy(network)
    assert network != make_network(seed=1)
    assert network != make_network(decay=0.9)
    assert network != replace(network, readout=None)
    assert network != replace(network, readout=Potentials("output", 2))
    single = network.with_weights({n: w.astype(np.float32) for n, w in network.weights.items()})
    assert network != single
    assert network != "a network"
    with pytest.raises(TypeError, match="unhashable"):
        hash(network)


def test_weights_cannot_be_changed_behind_its_back(network):
    given = np.ones((2, 3))
    transform = Dense(given)
    given[0] = 2
    assert (transform.weight == 1).all()
    for weight in network.weights.values():
        with pytest.raises(ValueError, match="read-only"):
            weight[0] = 0


def small(*connections, readout=None, **populations):
    """Return a network of an input of two neurons, and others of one LIF or what is given."""
    made = [Population("input", (2,), Input())]
    for name, neuron in populations.items():
        made.append(Population(name, (2,), neuron or LIF()))
    return Network(tuple(made), connections, readout)


def test_names_of_weights():
    chain = Chain((Dense(np.ones((2, 2)), np.ones(2)), Flattening(), Scaling(3.0)))
    network = small(
        Connection("input", "a", Scaling(2.0)),
        Connection("input", "b", chain),
        Connection("a", "b", Dense(np.zeros((2, 2)), np.zeros(2)), 1),
        Connection("b", "c", Flattening()),
        a=None,
        b=None,
        c=None,
    )
    assert network.keys == ("a", "b:0", "b:1", "c")
    assert list(network.weights) == ["a", "b:0:0", "b:0:0:bias", "b:0:2", "b:1", "b:1:bias"]
    assert network.weights["b:0:2"] == 3.0
    changed = network.with_weights({"b:0:2": np.array(5.0), "b:1:bias": np.full(2, 7.0)})
    assert changed.weights["b:0:2"] == 5.0
    assert changed.weights["b:1:bias"].tolist() == [7.0, 7.0]
    assert changed.with_weights(network.weights) == network
    with pytest.raises(ValueError, match="no weight 'd', only a, b:0:0"):
        network.with_weights({"d": np.ones(2)})
    with pytest.raises(ValueError, match="'b:1' has shape \\(2, 2\\), not \\(2,\\)"):
        network.with_weights({"b:1": np.ones(2)})


def test_one_transform_twice_in_a_chain_has_two_weights():
    link = Scaling(2.0)
    network = small(Connection("input", "a", Chain((link, link))), a=None)
    changed = network.with_weights({"a:0": np.array(3.0)})
    assert changed.weights == {"a:0": 3.0, "a:1": 2.0}


def test_cycles_are_found():
    network = small(
        Connection("input", "a", Scaling()),
        Connection("a", "b", Scaling()),
        Connection("b", "a", Scaling(), 1),
        Connection("b", "c", Scaling()),
        Connection("c", "c", Scaling(), 2),
        Connection(("a", "c"), "d", Dense(np.ones((2, 4)))),
        d=None,
        c=None,
        b=None,
        a=None,
    )
    assert network.components == (("input",), ("a", "b"), ("c",), ("d",))
    assert network.is_feedback("b", "a")
    assert network.is_feedback("c", "c")
    assert not network.is_feedback("a", "b")


@pytest.mark.parametrize(
    "loop",
    [
        [Connection("a", "a", Scaling())],
        [Connection("a", "b", Scaling()), Connection("b", "a", Scaling())],
        # Another way round has a delay, this one has none.
        [
            Connection("a", "b", Scaling()),
            Connection("b", "a", Scaling()),
            Connection("b", "a", Scaling(), 1),
        ],
    ],
)
def test_cycles_without_a_delay_are_refused(loop):
    with pytest.raises(ValueError, match="hear one another without a delay.*at least one step"):
        small(Connection("input", "a", Scaling()), *loop, a=None, b=None)


@pytest.mark.parametrize("name", ["", "1a", "a b", "a-b", "_a", "a.b", "é", None, 1])
def test_names_there_cannot_be(name):
    with pytest.raises(ValueError, match="named by letters, digits and _"):
        Population(name, (2,), LIF())


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((), "no shape"),
        (3, "no shape"),
        ("ab", "no shape"),
        ((0,), "size of 'a' must be a whole number of at least 1"),
        ((2, -1), "at least 1"),
        ((2.5,), "whole number"),
        ((True,), "whole number"),
        (("2",), "whole number"),
        ((float("nan"),), "whole number"),
    ],
)
def test_shapes_there_cannot_be(shape, message):
    with pytest.raises(ValueError, match=message):
        Population("a", shape, LIF())


def test_shapes_are_kept_as_whole_numbers():
    shape = Population("a", [np.int64(2), 3.0], LIF()).shape
    assert shape == (2, 3)
    assert [type(size) for size in shape] == [int, int]
    assert Population("a", (2, 3), LIF()).size == 6


def test_neurons_are_neurons():
    for wrong in (LIF, "LIF", None):
        with pytest.raises(ValueError, match="no model of neurons"):
            Population("a", (2,), wrong)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((), "b", Scaling()), "has sources"),
        ((("a", "a"), "b", Scaling()), "has sources"),
        (("a", "b", "Scaling"), "made of transforms"),
        (("a", "b", Scaling(), -1), "delay of connection a -> b must be"),
        (("a", "b", Scaling(), 0.5), "delay of connection"),
        (("a", "b", Scaling(), True), "delay of connection"),
        (("a", "b", Scaling(), float("inf")), "delay of connection"),
    ],
)
def test_connections_there_cannot_be(arguments, message):
    with pytest.raises(ValueError, match=message):
        Connection(*arguments)


def test_one_source_may_be_given_by_its_name():
    assert Connection("a", "b", Scaling()) == Connection(("a",), "b", Scaling())


KERNEL = Convolution(np.ones((2, 1, 2)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Network((*small(a=None).populations, Population("a", (3,), IF())), ()),
            "two populations are named 'a'",
        ),
        (lambda: Network((Population("a", (2,), LIF()),), ()), "one population of Input.*not 0"),
        (lambda: small(more=Input()), "one population of Input.*not 2"),
        (lambda: small(Connection("x", "a", Scaling()), a=None), "unknown population 'x'"),
        (lambda: small(Connection("input", "x", Scaling()), a=None), "unknown population 'x'"),
        (lambda: small(Connection("input", "input", Scaling(), 1)), "ends in the input"),
        (lambda: small(Connection("a", "b", Scaling()), a=LI(), b=None), "'a' never spike"),
        (
            lambda: small(Connection("input", "a", KERNEL), a=None),
            "connection input -> a: a convolution needs a source of shape .positions, features",
        ),
        (
            lambda: small(Connection("input", "a", SumPooling()), a=None),
            "connection input -> a: pooling needs a source with positions",
        ),
        (
            lambda: small(Connection("input", "a", Dense(np.ones((3, 2)))), a=None),
            "currents of shape \\(3,\\), and 'a' has the shape \\(2,\\)",
        ),
        (
            lambda: small(Connection(("input", "a"), "b", Dense(np.ones((2, 3)))), a=None, b=None),
            "input\\+a -> b: weight has shape \\(2, 3\\), expected \\(neurons, 4\\)",
        ),
        (lambda: small(readout=Votes("x", 1), a=None), "unknown population 'x'"),
        (lambda: small(readout=Votes("input", 1), a=None), "from the input"),
        (lambda: small(readout=Votes("a", 3), a=None), "each of 3 groups its neurons.*has 2"),
        (lambda: small(readout=Votes("a", 1), a=LI()), "never spike, so they cannot vote"),
    ],
)
def test_networks_that_do_not_fit_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("readout", [Votes, Potentials])
@pytest.mark.parametrize("groups", [0, -1, 1.5, True, "2", None, float("nan"), float("inf")])
def test_readouts_there_cannot_be(readout, groups):
    with pytest.raises(ValueError, match="groups of a readout must be a whole number"):
        readout("output", groups)


def test_readouts_add_up_in_order():
    counts = np.arange(12).reshape(2, 6)
    assert Votes("output", 3).votes(counts).tolist() == [[1, 5, 9], [13, 17, 21]]
    assert Votes("a", np.int64(2)) == Votes("a", 2.0)
    assert Votes("a", 2) != Potentials("a", 2)
    assert small(readout=Potentials("a", 1), a=LI()).readout == Potentials("a", 1)


def test_a_network_of_rows_of_several_sources():
    network = Network(
        (
            Population("input", (3, 2), Input()),
            Population("a", (2, 2), LIF()),
            Population("b", (1,), LIF()),
        ),
        (
            Connection("input", "a", Convolution(np.ones((2, 2, 2)))),
            Connection(("a", "input"), "b", Dense(np.ones((1, 10)))),
        ),
    )
    assert network.source_shape(network.connections[0]) == (3, 2)
    assert network.source_shape(network.connections[1]) == (10,)
    assert network.into("b") == network.connections[1:]
