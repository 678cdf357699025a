"""Operations, counted by hand, by loops and in Brian 2, and what they cost."""

import numpy as np
import pytest

from analysis.energy import COST_MODELS, Work, price, synapses, textcnn_macs
from analysis.report.tables import cost_rows
from networks.activity import synaptic_events
from networks.brian import BrianNetwork, PoissonStimulus, Recorder
from networks.description import Connection, Network, Population, Votes, crop
from networks.neurons import LIF, Input
from networks.transforms import Convolution, Dense, SumPooling

LENGTH, FEATURES, MAPS, WIDTH, CLASSES, NEURONS = 6, 5, 4, 3, 2, 3
WINDOWS = LENGTH - WIDTH + 1


def build_network(hidden=0):
    """Return a network with random weights, perhaps with hidden neurons before the output."""
    rng = np.random.default_rng(0)
    populations = [
        Population("input", (LENGTH, FEATURES), Input()),
        Population("conv", (WINDOWS, MAPS), LIF()),
        Population("pool", (MAPS,), LIF(threshold=WINDOWS)),
    ]
    kernel = Convolution(rng.normal(0.2, 0.5, (MAPS, WIDTH, FEATURES)))
    connections = [
        Connection(("input",), "conv", kernel),
        Connection(("conv",), "pool", SumPooling()),
    ]
    source, inputs = "pool", MAPS
    if hidden:
        populations.append(Population("hidden", (hidden,), LIF()))
        connections.append(
            Connection(("pool",), "hidden", Dense(rng.normal(0.3, 0.5, (hidden, MAPS))))
        )
        source, inputs = "hidden", hidden
    populations.append(Population("output", (CLASSES * NEURONS,), LIF()))
    dense = Dense(rng.normal(0.3, 0.5, (CLASSES * NEURONS, inputs)))
    connections.append(Connection((source,), "output", dense))
    return Network(tuple(populations), tuple(connections), Votes("output", CLASSES))


@pytest.fixture(scope="module")
def network():
    return build_network()


@pytest.mark.parametrize(("words", "windows"), [(6, 4), (3, 3), (1, 1)])
def test_multiplications_of_a_layer(network, words, windows):
    assert textcnn_macs(crop(network, words)) == {
        "conv": windows * MAPS * WIDTH * FEATURES,
        "output": MAPS * CLASSES,
    }


def test_synapses_of_a_connection(network):
    assert [synapses(network, connection) for connection in network.connections] == [
        WINDOWS * MAPS * WIDTH * FEATURES,
        WINDOWS * MAPS,
        MAPS * CLASSES * NEURONS,
    ]


@pytest.mark.parametrize("hidden", [7, 8])
def test_hidden_neurons_are_no_neurons_of_a_class(hidden):
    macs = textcnn_macs(build_network(hidden))
    assert macs["hidden"] == hidden * MAPS
    assert macs["output"] == hidden * CLASSES


def run(network, words, rate, steps=20):
    """Return what was done for a sentence, and what the recorded spikes say of it."""
    stimulus = PoissonStimulus.of_rates([np.full((words, FEATURES), rate)], steps)
    with BrianNetwork(network, stimulus, backend="numpy") as brian:
        recorder = Recorder(brian)
        brian.run(seed=1)
        activity = recorder.activity(0)
        events = brian.synaptic_events()
        spikes = {name: int(np.sum(m.count)) for name, m in recorder.spikes.items()}
    return Work(network, np.array([words]), steps, spikes, events), activity


def test_the_estimate_is_exact_where_all_rates_are_alike(network):
    work, _ = run(network, LENGTH, 1.0)
    assert work.events["conv"] == 20 * synapses(network, network.connections[0])
    for layer, counted in work.events.items():
        assert work.estimates[layer] == pytest.approx(counted), layer


@pytest.mark.parametrize("words", [2, 4, 6])
def test_operations_counted_in_brian_are_those_of_the_spikes(network, words):
    work, activity = run(network, words, 0.5)
    by_spikes = synaptic_events(network, activity)
    assert by_spikes == {"input": 0} | work.events
    assert all(work.events.values())
    assert work.estimates["pool"] == pytest.approx(work.events["pool"])
    assert work.estimates["output"] == pytest.approx(work.events["output"])


def test_sums_over_sentences_of_different_lengths(network):
    work = Work(network, np.array([1, 6, 6]), 10, {}, {})
    conv = MAPS * WIDTH * FEATURES
    assert work.macs == {"conv": 9 * conv, "output": 3 * MAPS * CLASSES}
    others = MAPS + CLASSES * NEURONS
    assert work.neuron_updates == 10 * (9 * MAPS + 3 * others)


def test_each_sentence_has_the_updates_of_its_own_steps(network):
    words, steps = np.array([1, 6, 6]), np.array([10, 3, 4])
    own = [Work(network, words[n : n + 1], int(steps[n]), {}, {}) for n in range(3)]
    together = Work(network, words, steps, {}, {}).neuron_updates
    assert together == sum(work.neuron_updates for work in own) > 0


def test_cost_models():
    paper, bare, memory, bytes_alone, bytes_kept = COST_MODELS
    assert paper.textcnn(1e6) == pytest.approx(12.5e-6)
    assert paper.spiking(1e6, 1e9) == pytest.approx(77e-9)
    assert bare.textcnn(1) == pytest.approx(4.6e-12)
    assert bare.spiking(1, 1) == pytest.approx(0.9e-12)
    assert memory.textcnn(1) == pytest.approx(14.6e-12)
    assert memory.spiking(1, 0) == pytest.approx(15.9e-12)
    assert memory.spiking(0, 1) == pytest.approx(15.5e-12)
    assert bytes_alone.textcnn(1) == pytest.approx(0.3e-12)
    assert bytes_alone.spiking(1, 1) == pytest.approx(0.1e-12)
    assert bytes_kept.textcnn(1) == pytest.approx(2.8e-12)
    assert bytes_kept.spiking(1, 0) == pytest.approx(11.35e-12)
    assert bytes_kept.spiking(0, 1) == pytest.approx(13.2e-12)
    assert all(model.source for model in COST_MODELS)


def test_counts_are_priced_by_every_model_beside_what_they_are_held_against():
    counts = {"macs": 3e6, "synaptic_operations": 5e6, "neuron_updates": 7e3}
    for row, model in zip(price(counts), COST_MODELS, strict=True):
        assert row["cost_model"] == model.name
        assert row["textcnn_joules"] == model.textcnn(3e6)
        assert row["spiking_joules"] == model.spiking(5e6, 7e3)
        assert row["ratio"] == row["spiking_joules"] / row["textcnn_joules"]
    twin = price(counts | {"reference": "twin"})
    assert [row["twin_joules"] for row in twin] == [row["textcnn_joules"] for row in price(counts)]


def test_costs_of_silence_are_shown():
    work = [{"cost_model": "m", "textcnn_joules": 2e-6, "spiking_joules": 0.0, "ratio": 0.0}]
    assert cost_rows(work, "TextCNN") == [["m", "2.000", "0.000", "0.00"]]
