"""Networks of all kinds do the same in PyTorch, in Brian 2, and stepped with matrices."""

import shutil
from collections import Counter

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from networks.activity import synaptic_events
from networks.brian import SYNAPSES, BrianNetwork, PoissonStimulus, Recorder, SpikeStimulus
from networks.neurons import Input, neuron_models
from networks.neurons.model import RESETS
from networks.pytorch import SpikingNetwork
from networks.transforms import (
    Chain,
    Convolution,
    Pooling,
    Scaling,
)
from tests.networks.graphs import GRAPHS, draw_input, networks, side_by_side
from tests.networks.stepping import step_through

STEPS = 12

needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")
both_kinds = pytest.mark.parametrize("synapses", SYNAPSES)
each_graph = pytest.mark.parametrize("graph", list(GRAPHS))
seeds = st.integers(0, 1000)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BIONLP_CACHE_DIR", str(tmp_path))


def everyone(network):
    """All neurons, for their membranes."""
    return {population.name: range(population.size) for population in network.hidden}


def present(network, presentations, backend="numpy", **options):
    """What Brian 2 does in each presentation, with the membranes of all neurons."""
    with BrianNetwork(network, SpikeStimulus(presentations), backend=backend, **options) as brian:
        recorder = Recorder(brian, membranes=everyone(network))
        brian.run(seed=0)
        return recorder.read().activities()


def in_pytorch(network, presentations):
    """What PyTorch does in each presentation, in double precision."""
    model = SpikingNetwork(network).double().eval()
    return [model.activity(spikes, everyone(network)) for spikes in presentations]


def stepped(network, presentations):
    """What the description says; shorter presentations have silence behind them."""
    positions, *others = network.input.shape
    return [
        step_through(
            network,
            np.pad(spikes, [(0, 0), (0, positions - spikes.shape[1]), *[(0, 0)] * len(others)]),
        )
        for spikes in presentations
    ]


def check(network, found, expected):
    """Compare activities, perhaps of cropped populations, with those of whole populations."""
    for number, (activity, whole) in enumerate(zip(found, expected, strict=True)):
        for name, (spikes, membrane) in whole.items():
            what, one = f"{name} in presentation {number}", activity[name]
            reached = tuple(slice(size) for size in one.spikes.shape)
            shaped = spikes.reshape(len(spikes), *network.shapes[name])
            np.testing.assert_array_equal(one.spikes, shaped[reached], err_msg=what)
            assert one.spikes.sum() == spikes.sum(), what
            assert len(one.recorded) == one.spikes[0].size, what
            np.testing.assert_allclose(
                one.membrane, membrane[:, one.recorded], rtol=1e-9, atol=1e-9, err_msg=what
            )


def inputs(network, seed, steps=(STEPS, STEPS)):
    """Two presentations, the second on about half of the positions where the input has such."""
    positions, *others = network.input.shape
    return [
        draw_input(network, steps[0], seed),
        draw_input(network, steps[1], seed + 1, (positions + 1) // 2 if others else None),
    ]


# --- drawn at random ---


@settings(max_examples=100)
@given(network=networks(), seed=seeds)
def test_any_graph_in_pytorch(network, seed):
    presentations = inputs(network, seed)
    check(network, in_pytorch(network, presentations), stepped(network, presentations))


@settings(max_examples=60)
@given(network=networks(), seed=seeds, last=st.integers(1, STEPS))
def test_any_graph_with_shared_weights(network, seed, last):
    presentations = inputs(network, seed, (STEPS, last))
    with BrianNetwork(network, SpikeStimulus(presentations), backend="numpy") as brian:
        recorder = Recorder(brian, membranes=everyone(network))
        brian.run(seed=0)
        found = recorder.read().activities()
        events = brian.synaptic_events()
    check(network, found, stepped(network, presentations))
    # A spike whose delay takes it beyond the end of its presentation arrives nowhere.
    counted = [synaptic_events(network, activity) for activity in found]
    assert events == {name: sum(count[name] for count in counted) for name in events}


@settings(max_examples=40)
@given(network=networks(), seed=seeds)
def test_any_graph_with_stock_synapses(network, seed):
    presentations = inputs(network, seed)
    found = present(network, presentations, synapses="stock")
    check(network, found, stepped(network, presentations))


@both_kinds
@settings(max_examples=10)
@given(network=networks(), seed=seeds)
def test_any_graph_on_poisson_input(network, seed, synapses):
    rng = np.random.default_rng(seed)
    positions, *others = network.input.shape
    rates = [rng.random((n, int(np.prod(others)))) for n in (positions, (positions + 1) // 2)]
    stimulus = PoissonStimulus.of_rates(rates, STEPS)
    with BrianNetwork(network, stimulus, backend="numpy", synapses=synapses) as brian:
        recorder = Recorder(brian, membranes=everyone(network))
        brian.run(seed=seed)
        found = recorder.read().activities()
    drawn = [activity["input"].spikes for activity in found]
    for spikes, rate in zip(drawn, rates, strict=True):
        assert spikes[:, : len(rate)].any()
        assert not spikes[:, len(rate) :].any()
    check(network, found, stepped(network, drawn))


def features(network):
    """Name what there is in a graph."""
    order = network.order
    for population in network.hidden:
        neuron = population.neuron
        yield type(neuron).__name__
        if any(isinstance(value, np.ndarray) for value in neuron.values.values()):
            yield "parameters of each neuron"
        for choice in ("reset", "integration", "inclusive"):
            if hasattr(neuron, choice):
                yield f"{choice} {getattr(neuron, choice)}"
        heard = network.into(population.name)
        if len(heard) > 1:
            yield "several connections onto one population"
        if any(population.name in connection.sources for connection in heard):
            yield "self-recurrence"
    if any(len(component) > 1 for component in network.components):
        yield "cycle"
    yield f"input with {len(network.input.shape)} axes"
    for connection in network.connections:
        if len(connection.sources) > 1:
            yield "several sources"
        if connection.delay:
            yield f"delay of {connection.delay}"
        for source in connection.sources:
            if order.index(connection.target) - order.index(source) > 1:
                yield "skip"
        if isinstance(connection.transform, Chain):
            yield "chain"
        for link in connection.links:
            yield from features_of(link)


def features_of(link):
    kind = type(link).__name__
    if isinstance(link, Convolution | Pooling) and link.windows:
        kind = f"{kind} along {len(link.windows)} axes"
        for axis in link.windows:
            if axis.stride > 1 and isinstance(link, Convolution):
                yield f"{kind}, stride"
            if axis.before or axis.after:
                yield f"{kind}, padding"
            if axis.before != axis.after:
                yield f"{kind}, uneven padding"
            if axis.dilation > 1 and axis.width > 1:
                yield f"{kind}, dilation"
            if isinstance(link, Pooling) and axis.stride < axis.width:
                yield f"{kind}, overlap"
        if getattr(link, "groups", 1) > 1:
            yield f"{kind}, groups"
    if getattr(link, "bias", None) is not None:
        yield f"{kind}, bias"
    if isinstance(link, Scaling):
        kind = f"{kind} by {'each' if link.weight.ndim else 'one'}"
    yield kind


CONVOLUTION = ("", ", stride", ", padding", ", uneven padding", ", dilation", ", groups", ", bias")
POOLING = ("", ", overlap", ", padding")
EVERYTHING = {
    # Those that look both ways cannot be on cycles; they have graphs of their own (test_sweeping).
    *(n for n, model in neuron_models().items() if model is not Input and not model.hindsight),
    *(f"reset {reset}" for reset in RESETS),
    *("integration exact", "integration euler", "inclusive True", "inclusive False"),
    *("parameters of each neuron", "several connections onto one population", "self-recurrence"),
    *("cycle", "several sources", "skip", "chain", "delay of 1", "delay of 2", "delay of 3"),
    *(f"input with {axes} axes" for axes in (1, 2, 3)),
    *(f"Convolution along {axes} axes{what}" for axes in (1, 2) for what in CONVOLUTION),
    *(f"SumPooling along {axes} axes{what}" for axes in (1, 2) for what in POOLING),
    *(f"AveragePooling along {axes} axes" for axes in (1, 2)),
    *("SumPooling", "Dense", "Dense, bias", "Scaling by one", "Scaling by each", "Flattening"),
}


def test_graphs_at_random_have_everything():
    counted, spikes = Counter(), Counter()

    @settings(max_examples=500, phases=[Phase.generate], database=None)
    @given(network=networks())
    def count(network):
        counted.update(set(features(network)))
        (activity,) = stepped(network, inputs(network, 0)[:1])
        for population in network.hidden:
            if population.neuron.spikes:
                spikes["all"] += 1
                spikes["fired"] += activity[population.name][0].any()

    count()
    assert {name: counted[name] for name in EVERYTHING if counted[name] < 3} == {}
    assert spikes["fired"] > 0.75 * spikes["all"]


# --- named ones ---


@each_graph
def test_a_named_graph_in_pytorch(graph):
    network = GRAPHS[graph]()
    presentations = inputs(network, 1)
    expected = stepped(network, presentations)
    check(network, in_pytorch(network, presentations), expected)
    for population in network.hidden:
        if population.neuron.spikes:
            assert all(whole[population.name][0].any() for whole in expected)


@each_graph
@both_kinds
def test_a_named_graph_in_brian(graph, synapses):
    network = GRAPHS[graph]()
    presentations = inputs(network, 1)
    found = present(network, presentations, synapses=synapses)
    check(network, found, stepped(network, presentations))


# What is compiled costs the most where it begins: graphs with the same input are compiled as one.
ALIKE = {
    "flat": [name for name, make in GRAPHS.items() if make().input.shape == (6,)],
    "words": [name for name, make in GRAPHS.items() if make().input.shape == (9, 4)],
    "images": ["images"],
}


@pytest.mark.slow
@needs_compiler
@pytest.mark.parametrize(
    ("alike", "synapses", "backend"),
    [
        *((alike, "shared", "cython") for alike in ALIKE),
        *((alike, "shared", "cpp_standalone") for alike in ALIKE),
        ("recurrence", "stock", "cython"),
        ("feedback", "stock", "cpp_standalone"),
    ],
)
def test_named_graphs_are_compiled(alike, synapses, backend):
    network = side_by_side(ALIKE.get(alike, [alike]))
    presentations = inputs(network, 3)
    found = present(network, presentations, backend, synapses=synapses)
    check(network, found, stepped(network, presentations))


def test_every_named_graph_is_compiled():
    assert sorted(name for names in ALIKE.values() for name in names) == sorted(GRAPHS)
