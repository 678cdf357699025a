"""Neurons given as text are driven by currents, and fitted to trained ones."""

import brian2
import numpy as np
import pytest
import torch
from brian2 import ms
from brian2.utils.logger import catch_logs
from hypothesis import given, settings
from hypothesis import strategies as st

from networks.brian import NeuronModel, refined
from networks.brian.driving import drive
from networks.brian.fitting import choose, fit_neurons, fitted, repeat
from networks.brian.neuron_files import parse_neurons, shelf, shelf_model, write_neurons
from networks.brian.neuron_model import ModelError
from networks.description import Connection, Network, Population
from networks.neurons import LIF, Input
from networks.pytorch import SpikingNetwork
from networks.pytorch.currents import input_currents
from networks.pytorch.neurons import scan
from networks.transforms import Dense

LIF_TEXT = shelf_model("lif")


def counted(neuron, currents):
    spikes, _ = scan(neuron, torch.from_numpy(currents)[:, None])
    return spikes.sum(dim=0)[0].numpy().astype(int)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([0.5, 0.9, 1.0]))
def test_driven_neurons_fire_as_the_trained_ones_do(seed, decay):
    rng = np.random.default_rng(seed)
    currents = rng.normal(0.3, 0.6, size=(40, 12))
    neuron = LIF(decay, threshold=rng.uniform(0.5, 1.5, 12))
    got = drive(Population("layer", (12,), neuron), LIF_TEXT, currents, 1 * ms)
    assert got.tolist() == counted(neuron, currents).tolist()


@pytest.mark.parametrize("name", [n for n in shelf() if n != "hodgkin_huxley"])
def test_more_current_calls_forth_no_fewer_spikes(name):
    currents = np.tile(np.linspace(0, 3, 7), (100, 1))
    population = Population("layer", (7,), LIF(1.0))
    counts = drive(population, shelf_model(name), currents, 1 * ms)
    assert counts[0] == 0
    assert counts[-1] > 0
    assert (np.diff(counts) >= 0).all()


def test_what_leaves_all_bounds_has_no_count_and_is_no_answer():
    wild = NeuronModel("dv/dt = v**3 / ms : 1", "v > 1e300", "", method="euler")
    population = Population("layer", (2,), LIF())
    currents = np.tile([0.0, 1.0], (50, 1))
    with catch_logs() as logs:
        counts = drive(population, wild, currents, 1 * ms)
    assert not logs  # what it says is in the counts
    assert counts[0] == 0
    assert np.isnan(counts[1])
    with pytest.raises(ModelError, match="'layer' left all bounds with every gain and bias"):
        fit_neurons(population, wild, currents + 1, np.zeros(2), 1 * ms)


def test_currents_are_what_neurons_fire_from():
    rng = np.random.default_rng(0)
    network = Network(
        (
            Population("input", (5,), Input()),
            Population("middle", (7,), LIF(0.9)),
            Population("out", (3,), LIF(0.5, threshold=rng.uniform(0.5, 1, 3))),
        ),
        (
            Connection("input", "middle", Dense(rng.normal(0.3, 0.5, (7, 5)), np.full(7, 0.1))),
            Connection("middle", "out", Dense(rng.normal(0.3, 0.5, (3, 7)))),
            Connection("input", "out", Dense(rng.normal(0, 0.3, (3, 5))), delay=2),
        ),
    )
    activity = SpikingNetwork(network).double().eval().activity(rng.random((30, 5)) < 0.4)
    currents = input_currents(network, activity)
    for name in ("middle", "out"):
        spikes, _ = scan(network[name].neuron, torch.from_numpy(currents[name])[:, None])
        assert np.array_equal(spikes[:, 0].numpy().astype(bool), activity[name].spikes)
    part = input_currents(network, {name: activity[name] for name in ("input",)})
    assert list(part) == ["middle"]
    assert np.array_equal(part["middle"], currents["middle"])


def test_currents_of_a_loop_are_not_known():
    looped = Network(
        (Population("input", (2,), Input()), Population("loop", (2,), LIF())),
        (
            Connection("input", "loop", Dense(np.eye(2))),
            Connection("loop", "loop", Dense(np.eye(2)), delay=1),
        ),
    )
    activity = SpikingNetwork(looped).eval().activity(np.ones((3, 2), dtype=bool))
    with pytest.raises(ValueError, match="'loop' hears itself"):
        input_currents(looped, activity)


@pytest.mark.parametrize(("octaves", "bias"), [(0, 0), (2, 0), (-1, 0.1), (1.5, -0.05)])
def test_gain_and_bias_that_were_taken_away_are_found_again(octaves, bias):
    rng = np.random.default_rng(1)
    currents = rng.normal(0.2, 0.5, size=(50, 60))
    neuron = LIF(0.9, threshold=2.0)
    population = Population("layer", (60,), neuron)
    gain = 2.0**octaves
    model = NeuronModel(
        "dv/dt = -v / tau_v : 1",
        "v > threshold",
        "v -= threshold",
        method="exact",
        scale=1 / gain,
        bias=-bias * 2.0 / gain,
        reset_when="after leak",
    )
    found = fit_neurons(population, model, currents, counted(neuron, currents), 1 * ms)
    assert found.error_after == 0
    assert found.gain == pytest.approx(gain, rel=0.1)
    assert found.bias == pytest.approx(2 * bias, abs=0.02)
    again = drive(population, fitted(model, found), currents, 1 * ms)
    assert again.tolist() == counted(neuron, currents).tolist()
    assert found.trained == found.after == again.mean()


@pytest.mark.parametrize("name", ["lif_adaptive", "lif_exp_current", "adex"])
def test_a_fit_in_smaller_steps_holds_in_smaller_steps(name):
    rng = np.random.default_rng(3)
    currents = rng.normal(0.2, 0.3, size=(100, 40))
    population = Population("layer", (40,), LIF(0.9))
    trained = counted(LIF(0.9), currents) + 3
    model = shelf_model(name)
    found = fit_neurons(population, model, currents, trained, 0.5 * ms, parts=2)
    assert found.bias != 0
    counts = drive(population, refined(fitted(model, found), 2), currents, 0.5 * ms)
    assert counts.mean() == pytest.approx(found.after)


def test_a_fit_that_changes_nothing_leaves_the_model_as_it_is():
    currents = np.random.default_rng(2).normal(0.3, 0.4, size=(30, 20))
    population = Population("layer", (20,), LIF())
    found = fit_neurons(population, LIF_TEXT, currents, counted(LIF(), currents), 1 * ms)
    assert (found.gain, found.bias, found.error_before) == (1, 0, 0)
    assert fitted(LIF_TEXT, found) == LIF_TEXT


def test_chosen_neurons_keep_their_parameters():
    thresholds = np.array([[1.0, 2.0], [3.0, 4.0]])
    population = Population("layer", (2, 2), LIF(0.5, threshold=thresholds))
    chosen = choose([(population, np.array([3, 0])), (population, np.array([3]))])
    assert chosen.shape == (3,)
    assert chosen.neuron.threshold.tolist() == [4, 1, 4]
    assert repeat(chosen, 2).neuron.threshold.tolist() == [4, 1, 4, 4, 1, 4]
    plain = Population("layer", (4,), LIF(0.5))
    assert choose([(plain, np.array([1, 2]))]).neuron == LIF(0.5)


@pytest.mark.parametrize("name", shelf())
def test_written_neurons_are_read_as_the_same(name):
    models = {"conv3": shelf_model(name), "all": shelf_model("lif")}
    assert parse_neurons(write_neurons(models)) == models


@given(
    st.dictionaries(st.from_regex(r"[a-zA-Z]\w{0,5}", fullmatch=True), st.floats(-1e9, 1e9)),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.lists(st.sampled_from(["a", '"', "\\", "\n", "\t", "'"]), max_size=8).map("".join),
)
def test_any_text_and_numbers_are_written_as_they_are(parameters, title, reset):
    model = NeuronModel("dv/dt = -v / ms : 1", "v > 1", reset, parameters=parameters, title=title)
    assert parse_neurons(write_neurons({"all": model})) == {"all": model}


def test_fitting_takes_no_time_of_its_own_clock():
    before = brian2.defaultclock.dt
    drive(Population("layer", (1,), LIF()), LIF_TEXT, np.ones((3, 1)), 0.5 * ms)
    assert brian2.defaultclock.dt == before
