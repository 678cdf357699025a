"""A network in smaller steps: what holds for all of them together."""

import numpy as np
import pytest
from brian2 import ms
from hypothesis import given, settings
from hypothesis import strategies as st

from networks.brian import BrianNetwork, NeuronModel, PoissonStimulus, Recorder, SpikeStimulus
from networks.brian.neuron_files import shelf_model
from networks.brian.neuron_model import refined
from networks.description import Connection, Network, Population, refine
from networks.neurons import LIF, Input
from networks.neurons.adaptive import AdaptiveLIF
from networks.neurons.bpsn import BPSN
from networks.neurons.cuba import CubaLI
from networks.transforms import Chain, Dense, Offset


def cell(neuron, *, bias=0.0, weight=1.0, delay=0):
    link = Chain((Dense(np.full((1, 1), weight)), Offset(bias)))
    return Network(
        (Population("input", (1, 1), Input()), Population("cell", (1,), neuron)),
        (Connection("input", "cell", link, delay=delay),),
    )


def membrane(network, spikes, parts=1, **options):
    stimulus = SpikeStimulus([spikes]).refined(parts)
    options |= {"backend": "numpy", "dt": ms / parts}
    with BrianNetwork(refine(network, parts), stimulus, **options) as brian:
        recorder = Recorder(brian, membranes={"cell": [0]})
        brian.run(seed=0)
        found = recorder.activity(0)["cell"]
    return found.membrane[:, 0], found.spikes[:, 0]


@settings(max_examples=5)
@given(
    decay=st.floats(0.3, 0.99),
    parts=st.integers(2, 10),
    delay=st.integers(0, 2),
    seed=st.integers(0, 100),
)
def test_a_membrane_is_the_same_at_the_beginning_of_each_step(decay, parts, delay, seed):
    spikes = np.random.default_rng(seed).random((12, 1, 1)) < 0.5
    network = cell(LIF(decay=decay, threshold=1e9), delay=delay)
    whole, _ = membrane(network, spikes)
    fine, _ = membrane(network, spikes, parts)
    np.testing.assert_allclose(fine[::parts], whole, rtol=1e-9, atol=1e-9)


def test_euler_keeps_the_time_constant():
    neuron = refine(cell(LIF(decay=0.9, integration="euler")), 5)["cell"].neuron
    assert 0.2 / (1 - neuron.decay) == pytest.approx(1 / (1 - 0.9))


@pytest.mark.parametrize("parts", [2, 10])
def test_a_constant_current_and_rates_are_kept(parts):
    network = cell(LIF(threshold=1.0), bias=0.13)
    silence = np.zeros((400, 1, 1), dtype=bool)
    _, whole = membrane(network, silence)
    _, fine = membrane(network, silence, parts)
    assert whole.sum() == pytest.approx(52, abs=1)
    assert fine.sum() == pytest.approx(whole.sum(), abs=1)


def test_what_drives_all_the_time_does_so_in_each_part():
    network = cell(CubaLI(synaptic_decay=0.8, decay=0.95, gain=0.5))
    spikes = np.zeros((40, 1, 1), dtype=bool)
    spikes[0] = True
    whole, _ = membrane(network, spikes)
    fine, _ = membrane(network, spikes, 20)
    area = fine.reshape(-1, 20).mean(axis=1).sum()
    assert area == pytest.approx(whole.sum(), rel=0.2)


def test_an_adaptation_is_forgotten_as_fast():
    neuron = AdaptiveLIF(decay=0.9, adaptation_decay=0.5)
    again = refine(cell(neuron), 4)["cell"].neuron
    assert (again.decay**4, again.adaptation_decay**4) == pytest.approx((0.9, 0.5))
    assert again.threshold == neuron.threshold


def test_one_part_is_the_same_network():
    network = cell(LIF())
    assert refine(network, 1) is network
    model = shelf_model("adex")
    assert refined(model, 1) is model


def test_what_has_no_smaller_steps_is_refused():
    with pytest.raises(ValueError, match="neurons of 'cell' are of type BPSN"):
        refine(cell(BPSN()), 2)


def test_poisson_input_keeps_its_rate():
    stimulus = PoissonStimulus.of_rates([np.full((3, 50), 0.4)], steps=200).refined(10)
    assert stimulus.durations == (2000,)
    network = Network(
        (Population("input", (3, 50), Input()), Population("cell", (1,), LIF())),
        (),
    )
    with BrianNetwork(network, stimulus, backend="numpy", dt=0.1 * ms) as brian:
        recorder = Recorder(brian)
        brian.run(seed=1)
        spikes = recorder.activity(0)["input"].spikes
    assert spikes.mean() * 10 == pytest.approx(0.4, rel=0.02)


@pytest.mark.parametrize("parts", [1, 5])
def test_the_charge_of_an_input_is_kept(parts):
    spikes = np.zeros((3, 1, 1), dtype=bool)
    spikes[0] = True
    held = NeuronModel(
        "dv/dt = I / (1*ms) : 1\nI : 1", "v > 100", receives="I", scale="3", bias=0.5
    )
    jump = NeuronModel("dv/dt = 0/second : 1", "v > 100", scale="3", bias=0.5)
    for model in (held, jump):
        found, _ = membrane(cell(LIF()), spikes, parts, neurons=refined(model, parts))
        assert found[-1] == pytest.approx(3 + 3 * 0.5)


def test_trained_neurons_as_text_keep_their_time_constant():
    network, spikes = cell(LIF(decay=0.7, threshold=0.9)), np.ones((30, 1, 1), dtype=bool)
    for parts in (1, 4):
        text = {"neurons": refined(shelf_model("lif"), parts)}
        for one, other in zip(
            membrane(network, spikes, parts), membrane(network, spikes, parts, **text), strict=True
        ):
            np.testing.assert_array_equal(one, other)
