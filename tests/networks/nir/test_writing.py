"""Networks written as NIR files, and read back."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from networks.description import Connection, Network, Population
from networks.neurons import IF, LIF, Input
from networks.neurons.adaptive import AdaptiveLIF
from networks.neurons.cuba import CubaLI, CubaLIF, ResetCubaLIF
from networks.neurons.integrator import LI
from networks.neurons.model import RESETS
from networks.neurons.reset_to_value import ResetLIF
from networks.neurons.unreset import UnresetLIF
from networks.nir import GraphError, interpret, read, read_graph, to_graph, write
from networks.pytorch import SpikingNetwork
from networks.transforms import (
    AveragePooling,
    Chain,
    Convolution,
    Dense,
    Flattening,
    Offset,
    Scaling,
    SumPooling,
)
from tests.networks.graphs import draw_input, networks

RNG = np.random.default_rng(0)
STEPS = 25


def assert_same(network, imported):
    """See that all spikes and membranes are those of the network that was written."""
    shown = draw_input(network, STEPS, 0)
    first = np.moveaxis(shown, -1, 1) if shown.ndim > 2 else shown
    (name,) = imported.inputs
    again = imported.shown({name: first.reshape(STEPS, *imported.inputs[name])})
    activities = []
    for one, spikes in ((network, shown), (imported.network, again)):
        model = SpikingNetwork(one).double().eval()
        everyone = {population.name: range(population.size) for population in one.hidden}
        activities.append(model.activity(spikes, everyone))
    for population in network.hidden:
        before, after = (activity[population.name] for activity in activities)
        np.testing.assert_array_equal(
            before.spikes.reshape(STEPS, -1), after.spikes.reshape(STEPS, -1)
        )
        np.testing.assert_allclose(before.membrane, after.membrane, rtol=1e-9, atol=1e-9)
    return activities


@settings(max_examples=100)
@given(network=networks())
def test_any_graph_that_nir_can_hold_is_read_back(network):
    try:
        graph = to_graph(network)
    except GraphError:
        return
    assert_same(network, interpret(graph))


def build(neuron, *links, shape=(6, 3), target=None, delay=0):
    transform = links[0] if len(links) == 1 else Chain(links)
    target = target or transform.shape(shape)
    return Network(
        (Population("input", shape, Input()), Population("out", target, neuron)),
        (Connection("input", "out", transform, delay),),
    )


NEURONS = [
    IF(0.7),
    IF(0.7, inclusive=True, reset="at once"),
    LIF(0.9, 0.7),
    LIF(1.0, 0.7),
    LIF(RNG.uniform(0.3, 1.0, 4), RNG.uniform(0.3, 0.9, 4), reset="before leak"),
    ResetLIF(0.75, 0.7, -0.25, reset="after input"),
    LI(0.95),
    LI(1.0),
    UnresetLIF(0.9, 0.7),
    UnresetLIF(1.0, 0.7),
    CubaLI(0.6, 0.9, 0.5),
    CubaLIF(0.6, 0.9, 0.5, 0.7),
    ResetCubaLIF(0.6, 0.9, 0.5, 0.7, reset_value=0.1, reset="at once"),
]


@pytest.mark.parametrize("neuron", NEURONS, ids=lambda neuron: type(neuron).__name__)
def test_every_neuron(neuron, tmp_path):
    network = build(neuron, Dense(RNG.normal(0.1, 0.5, (4, 18)), RNG.normal(0, 0.1, 4)))
    write(network, tmp_path / "n.nir")
    imported = read(tmp_path / "n.nir")
    activities = assert_same(network, imported)
    assert not neuron.spikes or 10 < activities[0]["out"].spikes.sum() < 90
    (found,) = imported.network.hidden
    for name, value in neuron.values.items():
        np.testing.assert_allclose(getattr(found.neuron, name, value), value, rtol=1e-15)


@given(decay=st.floats(1e-6, 1.0))
def test_a_decay_is_read_back(decay):
    (population,) = interpret(to_graph(build(LIF(decay), Dense(np.ones((1, 18)))))).network.hidden
    found = getattr(population.neuron, "decay", 1.0)
    assert abs(found - decay) <= 2**-52


LINKS = {
    "words": [
        Convolution(RNG.normal(0.2, 0.6, (4, 2, 3)), padding=1, stride=2, bias=np.ones(4) / 9)
    ],
    "summed": [SumPooling()],
    "windows": [SumPooling(2), Scaling(0.6)],
    "averages": [AveragePooling(3, 1)],
    "groups": [Convolution(RNG.normal(0.4, 0.9, (6, 2, 1)), groups=3, dilation=2)],
    "row": [Flattening(), Dense(RNG.normal(0.1, 0.5, (4, 18)))],
    "constant": [Dense(RNG.normal(0.1, 0.5, (4, 18))), Offset(np.arange(4) / 10)],
    "channels first": [Flattening((1, 0)), Scaling(0.8)],
}


@pytest.mark.parametrize("name", LINKS)
@pytest.mark.parametrize("delay", [0, 2])
def test_every_transform(name, delay):
    network = build(LIF(0.9, 0.7), *LINKS[name], delay=delay)
    activities = assert_same(network, interpret(to_graph(network)))
    assert activities[0]["out"].spikes.any()


def test_images():
    convolution = Convolution(RNG.normal(0.1, 0.4, (3, 2, 3, 2)), padding=((1, 1), (0, 0)))
    network = build(LIF(0.9, 0.7), convolution, AveragePooling((2, 1)), shape=(6, 5, 2))
    assert_same(network, interpret(to_graph(network)))


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (build(AdaptiveLIF(), SumPooling()), "neurons of type AdaptiveLIF"),
        (
            build(LIF(), Convolution(np.ones((1, 2, 3)), padding=((0, 1),))),
            "differs before and after",
        ),
        (build(LIF(), Flattening()), "keeps features last"),
        (build(LIF(), SumPooling(), Offset(1.0)), "a constant current behind something else"),
        (build(LIF(), Dense(np.ones((12, 18))), target=(4, 3)), "a row of currents onto neurons"),
    ],
)
def test_what_nir_cannot_hold_is_named(network, message):
    with pytest.raises(GraphError, match=message):
        to_graph(network)


def test_neurons_that_are_reset_at_other_times_are_refused():
    one = build(LIF(0.9), Dense(np.ones((3, 18))))
    other = Population("late", (3,), LIF(0.9, reset="at once"))
    both = Network(
        (*one.populations, other), (*one.connections, Connection("out", "late", Scaling()))
    )
    with pytest.raises(GraphError, match=r"differ in timing \(after leak, at once\)"):
        to_graph(both)


def test_conventions_are_in_the_metadata(tmp_path):
    for reset in RESETS:
        write(build(LIF(0.9, reset=reset), SumPooling()), tmp_path / "n.nir")
        imported = read(tmp_path / "n.nir")
        assert imported.conventions.name == "bionlp"
        assert imported.conventions.timing == reset
    graph = read_graph(tmp_path / "n.nir")
    for harmed in ("[]", "{", '{"reset": "never"}', '{"timing": 3}', '{"colour": "red"}'):
        bad = replace(graph, metadata={**graph.metadata, "conventions": harmed})
        with pytest.raises(GraphError, match="conventions"):
            interpret(bad)


def test_the_package_of_nir_reads_it(tmp_path):
    nir = pytest.importorskip("nir")
    path = tmp_path / "n.nir"
    links = Convolution(np.ones((4, 2, 3))), Flattening((1, 0)), Dense(np.ones((5, 20)))
    write(build(LIF(0.9), *links), path)
    graph = nir.read(path)
    assert {type(node).__name__ for node in graph.nodes.values()} == {
        "Input",
        "Conv1d",
        "Flatten",
        "Linear",
        "LIF",
        "Output",
    }
    assert float(graph.metadata["dt"]) == 1e-3
