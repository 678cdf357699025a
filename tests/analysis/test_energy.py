"""Operations, counted by hand, by loops and in Brian 2, and what they cost."""

import numpy as np
import pytest

from analysis.energy import COST_MODELS, Work, connections, textcnn_macs
from networks.activity import synaptic_events
from networks.brian import BrianNetwork, PoissonStimulus, Recorder
from networks.description import Convolution, Dense, Input, NetworkDescription, Pooling

LENGTH, FEATURES, MAPS, WIDTH, CLASSES, NEURONS = 6, 5, 4, 3, 2, 3


@pytest.fixture(scope="module")
def network():
    rng = np.random.default_rng(0)
    convolution = Convolution("conv", "input", rng.normal(0.2, 0.5, (MAPS, WIDTH, FEATURES)))
    pooling = Pooling("pool", "conv", LENGTH - WIDTH + 1)
    output = Dense("output", ("pool",), rng.normal(0.3, 0.5, (CLASSES * NEURONS, MAPS)))
    layers = (convolution, pooling, output)
    return NetworkDescription(Input("input", LENGTH, FEATURES), layers, CLASSES)


@pytest.mark.parametrize(("words", "windows"), [(None, 4), (6, 4), (3, 3), (1, 1)])
def test_operations_of_a_layer(network, words, windows):
    assert connections(network, words) == {
        "conv": windows * MAPS * WIDTH * FEATURES,
        "pool": windows * MAPS,
        "output": MAPS * CLASSES * NEURONS,
    }
    assert textcnn_macs(network, words) == {
        "conv": windows * MAPS * WIDTH * FEATURES,
        "output": MAPS * CLASSES,
    }


def run(network, words, rate, steps=20):
    """Return what was done for a sentence, and what the recorded spikes say of it."""
    stimulus = PoissonStimulus.of_rates([np.full((words, FEATURES), rate)], steps)
    with BrianNetwork(network, stimulus, backend="numpy") as brian:
        recorder = Recorder(brian)
        brian.run(seed=1)
        activity = recorder.activity(0)
        events = {target: int(s.events[:]) for (_, target), s in brian.synapses.items()}
        spikes = {name: int(np.sum(m.count)) for name, m in recorder.spikes.items()}
    return Work(network, np.array([words]), steps, spikes, events), activity


def test_the_estimate_is_exact_where_all_rates_are_alike(network):
    work, _ = run(network, LENGTH, 1.0)
    assert work.events["conv"] == 20 * connections(network)["conv"]
    for layer, counted in work.events.items():
        assert work.estimates[layer] == pytest.approx(counted), layer


@pytest.mark.parametrize("words", [2, 4, 6])
def test_operations_counted_in_brian_are_those_of_the_spikes(network, words):
    work, activity = run(network, words, 0.5)
    by_spikes = synaptic_events(network, activity)
    assert work.events["conv"] == by_spikes["conv"] > 0
    # Neurons go on after the presentation until the last spikes have gone through.
    for layer in ("pool", "output"):
        assert by_spikes[layer] <= work.events[layer] <= 1.2 * by_spikes[layer] + 6
    assert work.estimates["pool"] == pytest.approx(work.events["pool"])
    assert work.estimates["output"] == pytest.approx(work.events["output"])


def test_sums_over_sentences_of_different_lengths(network):
    work = Work(network, np.array([1, 6, 6]), 10, {}, {})
    conv = MAPS * WIDTH * FEATURES
    assert work.macs == {"conv": 9 * conv, "output": 3 * MAPS * CLASSES}
    others = MAPS + CLASSES * NEURONS
    assert work.neuron_updates == 10 * (9 * MAPS + 3 * others)


def test_cost_models():
    paper, bare, memory = COST_MODELS
    assert paper.textcnn(1e6) == pytest.approx(12.5e-6)
    assert paper.spiking(1e6, 1e9) == pytest.approx(77e-9)
    assert bare.textcnn(1) == pytest.approx(4.6e-12)
    assert bare.spiking(1, 1) == pytest.approx(0.9e-12)
    assert memory.textcnn(1) == pytest.approx(14.6e-12)
    assert memory.spiking(1, 0) == pytest.approx(15.9e-12)
    assert memory.spiking(0, 1) == pytest.approx(15.5e-12)
    assert all(model.source for model in COST_MODELS)
