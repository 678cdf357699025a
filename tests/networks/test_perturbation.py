"""Perturbations of networks and of their input, and that every simulator sees the same ones."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from networks.brian import BrianNetwork, Recorder, SpikeStimulus
from networks.description import crop
from networks.neurons import IF, LIF
from networks.neurons.adaptive import AdaptiveLIF
from networks.neurons.integrator import LI
from networks.neurons.stochastic import MODULI, StochasticLIF
from networks.perturbation import Perturbations, parse, perturbation_kinds
from networks.perturbation.model import OUT_OF_REACH, synaptic_weights
from networks.perturbation.weights import quantised
from networks.pytorch import SpikingNetwork
from networks.pytorch.stepping import step_through
from tests.networks.conftest import build_network

NEUTRAL = [
    *("threshold=0", "leak=0", "mismatch=0", "dead=0", "maps=0", "range=1", "fan-in=1000"),
    *("noise=0", "failure=0", "jitter=0", "delay=0"),
]
SOME = [
    *("threshold=0.3", "leak=0.1", "mismatch=0.5", "dead=0.3", "maps=0.4", "maps=conv2:1-2"),
    *("range=0.4", "fan-in=4", "bits=4", "bits=8", "bits-per-map=3", "integer=6", "noise=0.2"),
    *("failure=0.3", "jitter=2", "delay=2"),
]
RANDOM = [text for text in SOME if text.split("=")[0] in ("threshold", "leak", "mismatch", "dead")]

weights = arrays(
    np.float64, (4, 6), elements=st.floats(-5, 5, allow_subnormal=False).map(lambda x: x or 0.5)
)
bits = st.integers(2, 12)


def perturbed(network, *texts, seed=0):
    return parse(texts, seed).network(network)


def threshold_of(network, name):
    return np.broadcast_to(network[name].neuron.threshold, network.shapes[name])


# --- the transforms ---


@pytest.mark.parametrize("text", NEUTRAL)
def test_nothing_changes_at_the_level_that_does_nothing(network, make_spikes, text):
    found, spikes = parse([text]), make_spikes(5)
    assert found.network(network) == network
    np.testing.assert_array_equal(found.input(spikes, seed=0, number=0), spikes)


@pytest.mark.parametrize("text", SOME)
def test_the_same_seed_does_the_same(network, text):
    network = replace_weights(network, np.float32)
    assert perturbed(network, text, seed=3) == perturbed(network, text, seed=3)


@pytest.mark.parametrize("text", RANDOM)
def test_another_seed_does_another_thing(network, text):
    assert perturbed(network, text, seed=3) != perturbed(network, text, seed=4)


@pytest.mark.parametrize("text", RANDOM)
def test_what_is_random_does_not_depend_on_what_stands_beside_it(network, text):
    alone, beside = perturbed(network, text), perturbed(network, "delay=1", text)
    assert replace(beside, connections=network.connections) == replace(
        alone, connections=network.connections
    )
    for a, b in zip(alone.connections, beside.connections, strict=True):
        assert a.transform == b.transform


def replace_weights(network, dtype):
    return network.with_weights({k: w.astype(dtype) for k, w in network.weights.items()})


@pytest.mark.parametrize("text", ["bits=4", "mismatch=0.3", "range=0.5", "fan-in=3"])
def test_weights_keep_their_precision(network, text):
    for dtype in (np.float32, np.float64):
        found = perturbed(replace_weights(network, dtype), text)
        assert {weight.dtype for weight in found.weights.values()} == {np.dtype(dtype)}


def test_perturbations_are_done_in_order(network):
    one = perturbed(network, "range=0.3", "bits=3")
    assert one != perturbed(network, "bits=3", "range=0.3")
    by_hand = perturbed(perturbed(network, "range=0.3"), "bits=3")
    assert one == by_hand


@given(weights, bits)
def test_weights_of_n_bits(weight, bits):
    found = quantised(weight, bits)
    levels = np.unique(np.abs(found))
    assert len(np.unique(found)) <= 2**bits - 1
    assert np.abs(found).max() == np.abs(weight).max()
    step = np.abs(weight).max() / (2 ** (bits - 1) - 1)
    assert (np.abs(found - weight) <= step / 2 * (1 + 1e-9)).all()
    np.testing.assert_array_equal(quantised(found, bits), found)
    np.testing.assert_array_equal(quantised(-weight, bits), -found)
    assert len(levels) <= 2 ** (bits - 1)


@given(weights.map(lambda w: w.astype(np.float32)), bits)
def test_rounding_twice_is_rounding_once_in_single_precision(weight, bits):
    once = quantised(weight.astype(np.float64), bits).astype(np.float32)
    twice = quantised(once.astype(np.float64), bits).astype(np.float32)
    np.testing.assert_array_equal(once, twice)


def test_a_scale_for_each_map_keeps_the_largest_weight_of_each(network):
    whole, each = perturbed(network, "bits=3"), perturbed(network, "bits-per-map=3")
    for name, weight in synaptic_weights(network).items():
        largest = [np.abs(w.reshape(len(w), -1)).max(axis=1) for w in (weight, each.weights[name])]
        np.testing.assert_array_equal(*largest)
        assert len(np.unique(whole.weights[name])) <= 7
        assert all(len(np.unique(row)) <= 7 for row in each.weights[name])


@given(st.integers(1, 20))
def test_fan_in_keeps_the_largest_weights_of_each_target(limit):
    network = build_network()
    for name, weight in synaptic_weights(perturbed(network, f"fan-in={limit}")).items():
        before = np.abs(network.weights[name].reshape(len(weight), -1))
        rows = weight.reshape(len(weight), -1)
        kept = rows != 0
        np.testing.assert_array_equal(kept.sum(axis=1), min(limit, rows.shape[1]))
        np.testing.assert_array_equal(np.abs(rows)[kept], before[kept])
        for row, which in zip(before, kept, strict=True):
            assert which.all() or row[which].min() >= row[~which].max()


def test_the_range_of_weights_is_limited(network):
    found = perturbed(network, "range=0.25")
    for name, weight in synaptic_weights(network).items():
        bound = 0.25 * np.abs(weight).max()
        np.testing.assert_array_equal(found.weights[name], np.clip(weight, -bound, bound))


def test_factors_have_the_mean_and_the_deviation_that_are_asked_for(make_network):
    network = make_network(length=40, maps=100)
    for name, of in (("threshold", lambda p: p.neuron.threshold), ("tau", None)):
        if name == "tau":
            network = network.with_neurons({"conv2": LIF(decay=0.9)})
        found = perturbed(network, f"{name}=0.3")["conv2"]
        factor = of(found) if of else np.log(0.9) / np.log(found.neuron.decay)
        assert factor.min() > 0
        np.testing.assert_allclose(factor.mean(), 1, atol=0.02)
        np.testing.assert_allclose(factor.std(), 0.3, atol=0.02)


def test_leaks_have_the_mean_that_is_asked_for(make_network):
    found = perturbed(make_network(length=40, maps=100), "leak=0.05")["conv2"]
    np.testing.assert_allclose(-np.log(found.neuron.decay).mean(), 0.05, rtol=0.05)


def test_dead_neurons_are_nested_and_never_fire(network, make_spikes):
    few, many = perturbed(network, "dead=0.2"), perturbed(network, "dead=0.6")
    activity = SpikingNetwork(many).double().eval().activity(make_spikes(7))
    for population in network.hidden:
        dead = [threshold_of(n, population.name) == OUT_OF_REACH for n in (few, many)]
        assert (dead[1] | ~dead[0]).all()
        assert not activity[population.name].spikes[:, dead[1]].any()
    assert any((threshold_of(few, p.name) == OUT_OF_REACH).any() for p in network.hidden)


def test_maps_are_silenced_by_number(network):
    dead = threshold_of(perturbed(network, "maps=conv2:0,2-3"), "conv2") == OUT_OF_REACH
    np.testing.assert_array_equal(dead, np.broadcast_to([True, False, True, True], dead.shape))
    others = perturbed(network, "maps=conv2:0,2-3")
    assert all(others[p.name] == p for p in network.populations if p.name != "conv2")


def test_input_spikes_are_lost(make_spikes):
    spikes, failure = make_spikes(50, steps=100), parse(["failure=0.3"])
    found = failure.input(spikes, seed=1, number=2)
    assert not (found & ~spikes).any()
    np.testing.assert_allclose(found.sum() / spikes.sum(), 0.7, atol=0.02)
    np.testing.assert_array_equal(found, failure.input(spikes, seed=1, number=2))
    assert (found != failure.input(spikes, seed=1, number=3)).any()


def test_input_spikes_are_moved(make_spikes):
    spikes = np.zeros((101, 300, 4), dtype=bool)
    spikes[50] = True
    moved = np.nonzero(parse(["jitter=3"]).input(spikes, seed=0, number=0))[0]
    assert len(moved) == 300 * 4
    np.testing.assert_allclose([moved.mean() - 50, moved.std()], [0, 3], atol=0.3)


def test_connections_deliver_later(network):
    assert {c.delay for c in perturbed(network, "delay=3").connections} == {3}


# --- what is stochastic ---


def run_noise(steps=4000, **values):
    """Step one population of 200 stochastic neurons without input; return spikes and membranes."""
    rng = np.random.default_rng(0)
    first = {name: rng.integers(1, modulus, 200).astype(float) for name, modulus in MODULI.items()}
    neuron = StochasticLIF(**first | values)
    spikes, membranes = step_through(neuron, torch.zeros(steps, 1, 200, dtype=torch.float64))
    return spikes.numpy()[:, 0], membranes.numpy()[:, 0]


def test_noise_has_the_moments_of_its_equation():
    persistence, deviation = np.exp(-1 / 5), 0.4
    kick = deviation * np.sqrt(1 - persistence**2)
    _, membrane = run_noise(persistence=persistence, kick=kick, threshold=1e9)
    eta = np.diff(membrane, axis=0)[100:]
    np.testing.assert_allclose(eta.mean(), 0, atol=0.005)
    np.testing.assert_allclose(eta.std(), deviation, rtol=0.02)
    lags = [(eta[lag:] * eta[:-lag]).mean() / eta.var() for lag in (1, 5, 20)]
    np.testing.assert_allclose(lags, persistence ** np.array([1, 5, 20]), atol=0.02)
    between = np.corrcoef(eta.T)[np.triu_indices(200, 1)]
    assert np.abs(between.mean()) < 0.01


def test_lost_spikes_reset_the_neuron_all_the_same():
    current = torch.full((2000, 1, 50), 0.37, dtype=torch.float64)
    first = {"first_c": np.arange(1.0, 51.0) * 500}
    plain, _ = step_through(LIF(decay=0.9), current)
    lossy, _ = step_through(StochasticLIF(decay=0.9, loss=0.25, **first), current)
    assert not (lossy > plain).any()
    np.testing.assert_allclose(lossy.sum() / plain.sum(), 0.75, atol=0.02)


def test_noise_and_losses_go_together_in_any_order(network):
    one = perturbed(network, "noise=0.1", "failure=0.2")["conv2"].neuron
    assert np.all(one.kick > 0)
    assert one.loss == 0.2
    other = perturbed(network, "failure=0.2", "noise=0.1")["conv2"].neuron
    np.testing.assert_array_equal([one.kick, one.loss], [other.kick, other.loss])
    assert perturbed(network, "noise=0")["conv2"].neuron == LIF()
    twice = perturbed(network, "failure=0.2", "failure=0.5")
    np.testing.assert_allclose(twice["conv2"].neuron.loss, 0.6)


def test_dead_neurons_hear_no_noise(network):
    neuron = perturbed(network, "dead=0.5", "noise=0.1")["conv2"].neuron
    np.testing.assert_array_equal(neuron.kick == 0, neuron.threshold == OUT_OF_REACH)


def test_a_noisy_population_is_not_cropped(network):
    noisy = crop(perturbed(network, "noise=0.1"), 3)
    assert noisy.shapes == network.shapes | {"input": (3, 6)}
    lossy = crop(perturbed(network, "failure=0.1"), 3)
    assert lossy.shapes == crop(network, 3).shapes


# --- all simulators see the same ---


def in_brian(network, presentations, **options):
    everyone = {p.name: range(p.size) for p in network.hidden}
    with BrianNetwork(network, SpikeStimulus(presentations), backend="numpy", **options) as brian:
        recorder = Recorder(brian, membranes=everyone)
        brian.run(seed=0)
        return recorder.read().activities()


@pytest.mark.parametrize("text", SOME)
@pytest.mark.parametrize("decay", [1.0, 0.9])
def test_brian_and_pytorch_are_equal(make_network, make_spikes, text, decay):
    if text.startswith("integer") and decay < 1:
        pytest.skip("whole numbers do not leak")
    network, done = make_network(decay=decay), parse([text], seed=5)
    found = done.network(network)
    presentations = [
        done.input(make_spikes(words, seed=words), seed=0, number=words) for words in (7, 4)
    ]
    activities = in_brian(found, presentations)
    model = SpikingNetwork(found).double().eval()
    for spikes, activity in zip(presentations, activities, strict=True):
        for name, expected in model.activity(spikes).items():
            np.testing.assert_array_equal(
                crop_to(activity[name].spikes, expected.spikes), expected.spikes, err_msg=name
            )
            assert activity[name].spikes.sum() == expected.spikes.sum()
    assert any(activity["conv2"].spikes.any() for activity in activities)


def crop_to(found, expected):
    return found[tuple(slice(size) for size in expected.shape)]


def test_whole_numbers_are_those_of_integer_arithmetic(network, make_spikes):
    found, spikes = perturbed(network, "integer=5"), make_spikes(7)
    fired = {"input": spikes.reshape(len(spikes), -1).astype(np.int64)}
    (activity,) = in_brian(found, [spikes])
    for population in found.hidden:
        (connection,) = found.into(population.name)
        matrix = connection.transform.matrix(found.source_shape(connection)).toarray()
        weight, threshold = matrix.astype(np.int64), np.int64(population.neuron.threshold)
        np.testing.assert_array_equal(weight, matrix)
        current = np.hstack([fired[source] for source in connection.sources]) @ weight.T
        membrane, spiked, membranes = np.zeros(population.size, np.int64), 0, []
        fired[population.name] = np.zeros_like(current)
        for n, given_current in enumerate(current):
            membrane = membrane + given_current - threshold * spiked
            spiked = (membrane > threshold).astype(np.int64)
            fired[population.name][n] = spiked
            membranes.append(membrane)
        one = activity[population.name]
        np.testing.assert_array_equal(one.spikes.reshape(len(spikes), -1), fired[population.name])
        np.testing.assert_array_equal(one.membrane, membranes)
    assert all(fired[p.name].any() for p in found.hidden)


# --- what is refused ---


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bits", "a perturbation is WHAT=LEVEL, as bits=4 is, not 'bits'"),
        ("bit=4", "unknown perturbation 'bit'; choose one of bits, bits-per-map, dead"),
        ("bits=four", "the level of bits is a number, not 'four'"),
        ("bits=1", "the level of bits is a number from 2 to 24, not 1.0"),
        ("bits=3.5", "level of bits must be a whole number"),
        ("dead=1.5", "the level of dead is a number from 0 to 1, not 1.5"),
        ("noise=-1", "the level of noise is a number from 0 on, not -1.0"),
        ("noise=nan", "the level of noise is a number from 0 on, not nan"),
        ("noise=inf", "the level of noise is a number from 0 on, not inf"),
        ("range=0", "the level of range is a number from 1e-06 to 1, not 0.0"),
        ("maps=", "the level of maps is a number, not ''"),
    ],
)
def test_wrong_texts_are_refused(text, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        parse([text])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "neuron", "message"),
    [
        ("tau=0.1", IF(), "integrate without a leak, so their time constants are infinite"),
        ("maps=conv9:1", IF(), "maps: 'conv9' has no feature maps, only conv2, conv3"),
        ("maps=conv2:1,x", IF(), "maps: 'x' is no map of conv2, which has 0 to 3"),
        ("maps=conv2:4", IF(), "maps: '4' is no map of conv2, which has 0 to 3"),
        ("maps=conv2:3-1", IF(), "maps: '3-1' is no map of conv2, which has 0 to 3"),
        ("noise=0.1", AdaptiveLIF(), "noise: neurons of 'output' are AdaptiveLIF; this is for LIF"),
        ("failure=0.1", LIF(reset="at once"), "failure: neurons of 'output' are LIF; this is for"),
        ("integer=8", LIF(decay=0.9), "integer: 'output' has LIF neurons; whole numbers are for"),
        ("integer=8", AdaptiveLIF(), "integer: 'output' has AdaptiveLIF neurons; whole numbers"),
    ],
)
def test_what_a_network_lacks_is_said(network, text, neuron, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        perturbed(network.with_neurons({"output": neuron}), text)
    assert "\n" not in str(caught.value)


def test_every_perturbation_is_tested_here():
    assert {text.split("=")[0] for text in (*SOME, "tau=1")} == set(perturbation_kinds())


def test_neurons_without_what_is_perturbed_stay(network):
    readout = replace(network, readout=None).with_neurons({"output": LI()})
    for text in ("threshold=0.2", "dead=0.5"):
        assert perturbed(readout, text)["output"].neuron == LI()


def test_what_was_done_is_told():
    done = parse(["bits=4", "maps=conv2:1", "noise=0.05"], seed=7)
    assert str(done) == "bits=4, maps=conv2:1, noise=0.05 (seed 7)"
    assert done.document["steps"][1] == {"what": "maps", "level": "conv2:1"}
    assert not Perturbations(()).changes_input
    assert not parse(["jitter=0"]).changes_input
    assert parse(["bits=4", "jitter=1"]).changes_input
