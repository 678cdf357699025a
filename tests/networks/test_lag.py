"""Devices with a schedule of their own: what they cannot carry, and that what they can is exact.

None of them is needed: Brian 2's usual schedule is that of Brian2CUDA, and one in which spikes are
delivered at the beginning of the next step is GeNN's.
"""

import brian2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from networks.brian import (
    BackendUnavailable,
    BrianNetwork,
    PoissonStimulus,
    Recorder,
    SpikeStimulus,
    Unsupported,
)
from networks.brian.builder import LaggingBuilder
from networks.brian.lag import latencies
from networks.description import Connection, Network, Population
from networks.neurons import IF, LIF, Input, neuron_models
from networks.neurons.model import INTEGRATIONS, RESETS
from networks.transforms import Dense, SumPooling
from tests.networks.graphs import GRAPHS
from tests.networks.stepping import step_through

SIZES = {"input": 6, "a": 5, "b": 5, "output": 4}
GENN = ["start", "synapses", "groups", "thresholds", "resets", "end"]


def weight(source, target, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(0.5, 1, (SIZES[target], SIZES[source])) / np.sqrt(SIZES[source])


def dense(source, target, bias=None, delay=0):
    return Connection(source, target, Dense(weight(source, target), bias), delay)


def build(*connections, **neurons):
    """A network of the populations in :data:`SIZES`, of IF neurons where nothing else is said."""
    populations = [
        Population(name, (size,), Input() if name == "input" else neurons.get(name, IF()))
        for name, size in SIZES.items()
    ]
    return Network(tuple(populations), connections)


CHAIN = (dense("input", "a"), dense("a", "b"), dense("b", "output"))


def test_a_population_lags_a_step_for_each_connection_before_it():
    assert latencies(build(*CHAIN), "cuda") == {"input": 0, "a": 1, "b": 2, "output": 3}
    both = Connection(("a", "b"), "output", Dense(np.ones((4, 10))))
    network = build(dense("input", "a"), dense("input", "b"), both)
    assert latencies(network, "cuda") == {"input": 0, "a": 1, "b": 1, "output": 2}


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        (build(*CHAIN, dense("a", "output")), "the paths to 'output' are not equally long"),
        (build(*CHAIN, dense("input", "b")), "the paths to 'b' are not equally long"),
        (build(*CHAIN, dense("b", "a", delay=1)), "populations a, b hear one another"),
        (build(*CHAIN, dense("a", "a", delay=1)), "populations a hear one another"),
        (
            build(*CHAIN[:2], dense("b", "output", delay=2)),
            "a connection onto 'output' has a delay",
        ),
        (build(dense("input", "a", np.ones(5)), *CHAIN[1:]), "'a' has a constant current"),
        *(
            (build(*CHAIN, output=model()), f"neurons of type {name} have no form with a lag")
            for name, model in neuron_models().items()
            if model not in (IF, LIF, Input)
        ),
    ],
)
def test_what_a_device_cannot_carry_is_refused(network, reason):
    for refuse in (
        lambda: latencies(network, "genn-cpu"),
        lambda: LaggingBuilder(network, np.float64, backend="genn-cpu", gated=1),
    ):
        with pytest.raises(Unsupported) as caught:
            refuse()
        message = str(caught.value)
        assert f"backend 'genn-cpu' cannot run this network: {reason}, and spikes" in message
        assert "choose numpy, cython or cpp_standalone" in message
        assert "\n" not in message
    assert issubclass(Unsupported, BackendUnavailable)


CARRIED = ("convolutions_in_a_row", "hidden_dense", "images")


@pytest.mark.parametrize("graph", sorted(set(GRAPHS) - set(CARRIED)))
def test_a_network_that_is_refused_leaves_nothing_behind(graph, monkeypatch):
    monkeypatch.setattr("networks.brian.network.choose_backend", lambda name, *_: name)
    network, before = GRAPHS[graph](), brian2.get_device()
    stimulus = SpikeStimulus([np.ones((3, *network.input.shape), dtype=bool)])
    for backend in ("genn", "genn-cpu", "cuda"):
        with pytest.raises(Unsupported, match=f"backend '{backend}' cannot run this network"):
            BrianNetwork(network, stimulus, backend=backend)
    assert brian2.get_device() is before


# --- what they can carry ---


def run(network, stimulus, monkeypatch, device, seed=0):
    """Run the objects for a device on NumPy, in the schedule of the device."""
    gated = 1 if device == "genn" else 0

    def lagging(description, backend, synapses, dtype, texts):
        return LaggingBuilder(description, dtype, backend=device, gated=gated)

    with monkeypatch.context() as patch:
        patch.setattr("networks.brian.network.suited_builder", lagging)
        patch.setattr(BrianNetwork, "records_after_reset", device == "genn")
        with BrianNetwork(network, stimulus, backend="numpy") as brian:
            if device == "genn":
                brian.network.schedule = GENN
            recorder = Recorder(brian, membranes={p.name: range(p.size) for p in network.hidden})
            brian.run(seed=seed)
            depth = max(brian.latency.values())
            assert np.diff(brian.begin).tolist() == [
                steps + depth + gated for steps in stimulus.durations
            ]
            return recorder.read().activities()


def check(network, presentations, activities):
    fired = set()
    for spikes, activity in zip(presentations, activities, strict=True):
        missing = network.input.shape[0] - spikes.shape[1]
        silence = [(0, 0), (0, missing), *[(0, 0)] * (spikes.ndim - 2)]
        for name, (expected, membrane) in step_through(network, np.pad(spikes, silence)).items():
            one = activity[name]
            reached = tuple(slice(size) for size in one.spikes.shape)
            shaped = expected.reshape(len(spikes), *network.shapes[name])
            np.testing.assert_array_equal(one.spikes, shaped[reached], err_msg=name)
            np.testing.assert_allclose(
                one.membrane, membrane[:, one.recorded], rtol=1e-9, atol=1e-9, err_msg=name
            )
            fired |= {name} if expected.any() else set()
    return fired


def draw(steps, seed, shape=(6,), rate=0.5):
    return np.random.default_rng(seed).random((steps, *shape)) < rate


each_device = pytest.mark.parametrize("device", ["cuda", "genn"])


@each_device
@pytest.mark.parametrize("graph", CARRIED)
def test_named_graphs(graph, device, monkeypatch):
    network = GRAPHS[graph]()
    presentations = [draw(12, seed, network.input.shape) for seed in range(2)]
    found = run(network, SpikeStimulus(presentations), monkeypatch, device)
    assert check(network, presentations, found) == {p.name for p in network.hidden}


@each_device
@pytest.mark.parametrize("reset", RESETS)
@pytest.mark.parametrize("integration", INTEGRATIONS)
@pytest.mark.parametrize("arrays", [False, True])
def test_leaky_neurons_with_every_reset(device, reset, integration, arrays, monkeypatch):
    rng = np.random.default_rng(1)
    neurons = {
        name: LIF(
            decay=rng.uniform(0.4, 1, size) if arrays else 0.8,
            threshold=rng.uniform(0.4, 0.9, size) if arrays else 0.6,
            inclusive=name == "b",
            reset=reset,
            integration=integration,
        )
        for name, size in SIZES.items()
    }
    network = build(*CHAIN, **neurons)
    presentations = [draw(12, seed, rate=0.7) for seed in range(3)]
    found = run(network, SpikeStimulus(presentations), monkeypatch, device)
    assert check(network, presentations, found) == {"a", "b", "output"}


@each_device
def test_neurons_that_do_not_leak_and_some_that_do(device, monkeypatch):
    mixed = LIF(decay=np.array([1, 0.5, 1, 0.9, 1]), threshold=0.5)
    # Halves are added without rounding, so membranes meet the inclusive threshold exactly.
    halves = Dense(np.array([[0.5, 0.5, -0.5, 1, 0.5]] * 4))
    network = build(
        *CHAIN[:2],
        Connection("b", "output", halves),
        a=IF(threshold=np.linspace(0.4, 0.8, 5), reset="at once"),
        b=mixed,
        output=IF(threshold=1.5, inclusive=True),
    )
    presentations = [draw(15, seed, rate=0.7) for seed in range(3)]
    found = run(network, SpikeStimulus(presentations), monkeypatch, device)
    assert check(network, presentations, found) == {"a", "b", "output"}


@each_device
@settings(max_examples=15)
@given(
    decay=st.sampled_from([1.0, 0.9, 0.5]),
    reset=st.sampled_from(RESETS),
    words=st.lists(st.integers(1, 7), min_size=2, max_size=3),
    seed=st.integers(0, 100),
)
def test_a_textcnn_in_a_stream(device, make_network, decay, reset, words, seed):
    network = make_network(decay=decay, seed=seed)
    network = network.with_neurons(
        {
            p.name: LIF(decay=decay, threshold=p.neuron.threshold * 0.97, reset=reset)
            for p in network.hidden
        }
    )
    # Many neurons are far above their threshold at the end, and would go on into the next sentence.
    presentations = [draw(8, seed + n, (count, 6), 0.8) for n, count in enumerate(words)]
    with pytest.MonkeyPatch.context() as patch:
        check(network, presentations, run(network, SpikeStimulus(presentations), patch, device))


@each_device
def test_poisson_input_is_that_of_shared_weights(device, network, monkeypatch):
    rates = [np.random.default_rng(n).random((n, 6)) for n in (3, 7)]
    stimulus = PoissonStimulus.of_rates(rates, 20)
    found = run(network, stimulus, monkeypatch, device, seed=5)
    with BrianNetwork(network, stimulus, backend="numpy") as brian:
        recorder = Recorder(brian)
        brian.run(seed=5)
        expected = recorder.read().activities()
    for one, other in zip(found, expected, strict=True):
        assert other["input"].spikes.any()
        for name in other:
            np.testing.assert_array_equal(one[name].spikes, other[name].spikes, err_msg=name)


def test_synapses_of_several_sources_have_their_parts_of_the_weight(make_network):
    network = make_network(decay=0.5)
    builder = LaggingBuilder(network, np.float64, backend="cuda")
    assert isinstance(network.into("pool2")[0].transform, SumPooling)
    clock = brian2.Clock(1 * brian2.ms)
    built = builder.build(SpikeStimulus([draw(3, 0, (7, 6))]), clock)
    brian2.Network(*built.groups.values(), *built.synapses.values())
    found = np.concatenate(
        [built.synapses[source, "output"].w[:].reshape(-1, 6).T for source in ("pool2", "pool3")],
        axis=1,
    )
    np.testing.assert_allclose(found, network.weights["output"] / 0.5)
    assert built.schedule is None
    for group in built.groups.values():
        assert group.clock is clock
