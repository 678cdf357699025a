"""The models of the shelf: rates against constant currents, and what theory says of them."""

import numpy as np
import pytest
from brian2 import ms
from brian2.utils.logger import catch_logs
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from networks.brian import BrianNetwork, ModelError, Recorder, SpikeStimulus
from networks.brian.neuron_files import parse_neurons, shelf, shelf_model, shelf_text
from networks.description import Connection, Network, Population
from networks.neurons import LIF, Input
from networks.transforms import Dense

FINE = 0.05


def run(name, inputs, duration, dt=1.0, neuron=None):
    """Return spikes (time, input) and membranes under constant input, in steps of dt ms."""
    size = len(inputs)
    network = Network(
        (Population("input", (1, 1), Input()), Population("cells", (size,), neuron or LIF())),
        (Connection("input", "cells", Dense(np.zeros((size, 1)), bias=np.float64(inputs))),),
    )
    silence = np.zeros((round(duration / dt), 1, 1), dtype=bool)
    options = {"backend": "numpy", "neurons": shelf_model(name), "dt": dt * ms}
    with BrianNetwork(network, SpikeStimulus([silence]), **options) as brian:
        recorder = Recorder(brian, membranes={"cells": range(size)})
        brian.run(seed=0)
        found = recorder.activity(0)["cells"]
    return found.spikes, found.membrane


def intervals(spikes, dt):
    """Return the time between spikes of one neuron that fires more than three times, in ms."""
    found = np.diff(np.flatnonzero(spikes)) * dt
    assert len(found) >= 3
    return found


def leaky_period(drive, level, tau, refractory):
    """Return 1 / f of a leaky neuron that is driven towards ``drive``, from 0 to ``level``."""
    return refractory + tau * np.log(drive / (drive - level))


@pytest.mark.parametrize("name", shelf())
def test_rates_rise_with_the_input_and_are_zero_without(name):
    dt = 0.1 if shelf_model(name).longest_step else 1.0
    inputs = np.array([0, 0.01, 0.05, 0.1, 0.25, 0.4, 0.6])
    spikes, membranes = run(name, inputs, 200 if dt < 1 else 800, dt)
    rates = spikes[len(spikes) // 4 :].sum(axis=0)
    assert rates[0] == 0
    assert (np.diff(rates) >= 0).all()
    assert rates[-1] > rates[-3] > 0
    assert np.isfinite(membranes).all()


@pytest.mark.parametrize("name", shelf())
def test_no_inhibition_makes_a_neuron_fire_or_leave_all_bounds(name):
    # Weights of a trained network inhibit by many thresholds a step.
    dt = 0.1 if shelf_model(name).longest_step else 1.0
    spikes, membranes = run(name, np.array([-1, -5, -20, -100, -1000]), 60, dt)
    assert not spikes.any()
    assert np.isfinite(membranes).all()


def test_equations_may_have_the_step_in_them_without_a_warning():
    assert "dt" in shelf_model("izhikevich").equations
    with catch_logs() as logged:
        run("izhikevich", [1.0], 20)
    assert not logged


def test_trained_neurons_fire_once_for_each_threshold_that_has_come_in():
    inputs, threshold = np.array([0.1, 0.25, 0.5]), 2.0
    spikes, _ = run("lif", inputs, 1000, neuron=LIF(threshold=threshold))
    np.testing.assert_allclose(spikes.sum(axis=0), 1000 * inputs / threshold, atol=1)
    # With a leak, the membrane of the mathematics settles at I / (1 - decay).
    leaky = LIF(decay=0.9, threshold=1.0)
    spikes, membranes = run("lif", [0.099, 0.101], 1000, neuron=leaky)
    assert spikes.sum(axis=0).astype(bool).tolist() == [False, True]
    np.testing.assert_allclose(membranes[-1, 0], 0.99, rtol=1e-9)


def test_leaky_neurons_with_a_refractory_period():
    # f = 1 / (t_ref + tau ln(R I / (R I - theta))), Neuronal Dynamics, section 1.3
    # An input of 1 is 4 nA, and R is 100 megaohm: 400 mV.
    inputs = np.array([0.049, 0.06, 0.1, 0.5])
    spikes, _ = run("lif_refractory", inputs, 300, FINE)
    assert not spikes[:, 0].any()
    for fired, drive in zip(spikes.T[1:], 400 * inputs[1:], strict=True):
        expected = leaky_period(drive, 20, tau=20, refractory=2)
        np.testing.assert_allclose(intervals(fired, FINE), expected, atol=2 * FINE)


def test_exponential_synapses_carry_the_same_charge():
    # An input of x a step is a mean current of x C (V_th - E_L) / dt: 200 pF * 10 mV.
    inputs = np.array([0.049, 0.08, 0.3]) * FINE
    spikes, _ = run("lif_exp_current", inputs, 200, FINE)
    drives = inputs / FINE * 200  # mV: R is tau_m / C, so an input of 1 a ms is tau_m 10 mV / ms
    assert drives[0] < 10
    assert not spikes[:, 0].any()
    for fired, drive in zip(spikes.T[1:], drives[1:], strict=True):
        expected = leaky_period(drive, 10, tau=20, refractory=5)
        np.testing.assert_allclose(intervals(fired, FINE)[-3:], expected, atol=3 * FINE)


def test_conductances_pull_towards_their_potentials():
    inputs = np.array([-2.0, 0.02, 0.1, 1.0])
    spikes, membranes = run("lif_exp_conductance", inputs, 300, FINE)
    leak, rest, level = 10.0, -60.0, -50.0  # nS, mV
    # In equilibrium a conductance is what comes in, times its time constant (of which w is a part).
    inhibition = 200 * (level - rest) / (rest + 80) * 2.0
    expected = (leak * rest + inhibition * -80) / (leak + inhibition)
    np.testing.assert_allclose(membranes[-1, 0] * 1e3, expected, rtol=1e-4)
    assert not spikes[:, :2].any()
    for fired, arriving in zip(spikes.T[2:], inputs[2:], strict=True):
        excitation = 200 * (level - rest) / (0 - rest) * arriving
        tau = 200 / (leak + excitation)
        drive = leak * rest / (leak + excitation) - rest
        expected = leaky_period(drive, level - rest, tau, refractory=5)
        np.testing.assert_allclose(intervals(fired, FINE)[-3:], expected, atol=3 * FINE)


def test_adaptation_slows_a_neuron_down_to_its_period():
    current, tau, tau_w, refractory, b = 0.6, 20.0, 100.0, 2.0, 0.02  # nA and ms
    resistance, level = 100.0, 20.0  # megaohm, mV
    (spikes,) = run("lif_adaptive", [current / 4], 700, FINE)[0].T

    def at_the_end(period):
        """How far the membrane is above its threshold at the end of a period that repeats."""
        begin = b / (1 - np.exp(-period / tau_w)) * np.exp(-refractory / tau_w)
        time = period - refractory
        leak, slow = np.exp(-time / tau), np.exp(-time / tau_w)
        driven = resistance * current * (1 - leak)
        return driven - resistance * begin * (slow - leak) / (1 - tau / tau_w) - level

    expected = brentq(at_the_end, refractory + 1, 500)
    found = intervals(spikes, FINE)
    first = np.flatnonzero(spikes)[0] * FINE
    np.testing.assert_allclose(first, leaky_period(60, 20, 20, 0), atol=2 * FINE)
    np.testing.assert_allclose(found[-5:], expected, rtol=0.01)
    assert found[0] < found[5] < found[-1]


def reference(derivative, state, duration, cut, after):
    """Integrate a neuron with SciPy from spike to spike; return the times of these in ms."""
    times, now = [], 0.0

    def reached(_time, state):
        return state[0] - cut

    reached.terminal, reached.direction = after is not None, 1
    while now < duration:
        done = solve_ivp(
            derivative, (now, duration), state, "LSODA", events=reached, rtol=1e-8, atol=1e-8
        )
        times += list(done.t_events[0])
        if done.status != 1:
            break
        now, state = done.t[-1], after(done.y[:, -1])
    return np.array(times)


def test_adex_begins_to_fire_at_its_rheobase_and_fires_like_its_equations():
    leak, a, rest, level, sharpness = 30.0, 4.0, -70.6, -50.4, 2.0  # nS and mV
    # Touboul & Brette (2008), section 2: where the equilibrium with w disappears.
    rheobase = (leak + a) * (level - rest - sharpness + sharpness * np.log(1 + a / leak)) * 1e-3
    unit = 281 * (level - rest) * 1e-3  # nA of an input of 1
    inputs = np.array([0.9 * rheobase, 1.05 * rheobase, 1.0]) / unit
    spikes, _ = run("adex", inputs, 600, FINE)
    late = spikes[len(spikes) // 2 :].any(axis=0)
    assert late.tolist() == [False, True, True]

    def derivative(_time, state):
        v, w = state
        spike = leak * sharpness * np.exp((v - level) / sharpness)
        return [(leak * (rest - v) + spike - w + 1000) / 281, (a * (v - rest) - w) / 144]

    expected = reference(
        derivative, [rest, 0], 600, level + 5 * sharpness, lambda state: [rest, state[1] + 80.5]
    )
    assert abs(spikes[:, 2].sum() - len(expected)) <= 1
    np.testing.assert_allclose(
        intervals(spikes[:, 2], FINE)[-3:], np.diff(expected)[-3:], rtol=0.02
    )


def test_izhikevich_begins_to_fire_where_its_equilibrium_ends():
    # 0.04 v^2 + 5 v + 140 - 0.2 v + I has no zero above I = 4, and below it one that is stable
    # up to I = 3.8, where 0.08 v + 5 = a.
    inputs = np.array([3.7, 4.1, 10.0]) / 18
    spikes, _ = run("izhikevich", inputs, 600, FINE)
    assert spikes[len(spikes) // 2 :].any(axis=0).tolist() == [False, True, True]

    def derivative(_time, state):
        v, u = state
        return [0.04 * v**2 + 5 * v + 140 - u + 10, 0.02 * (0.2 * v - u)]

    expected = reference(derivative, [-70, -14], 600, 30, lambda state: [-65, state[1] + 8])
    assert abs(spikes[:, 2].sum() - len(expected)) <= 1
    np.testing.assert_allclose(
        intervals(spikes[:, 2], FINE)[-3:], np.diff(expected)[-3:], rtol=0.02
    )


@pytest.mark.slow
def test_hodgkin_huxley_fires_like_its_equations():
    unit = 200 * 15 * 1e-3  # nA of an input of 1
    currents = np.array([0.0, 0.3, 1.0])
    spikes, membranes = run("hodgkin_huxley", currents / unit, 200, FINE)
    assert membranes[:, 1:].max() > 0.03  # V: a whole action potential

    def derivative(_time, state, current):
        v, m, h, n = state
        u = v + 63
        rates = [
            (0.32 * (13 - u) / np.expm1((13 - u) / 4), 0.28 * (u - 40) / np.expm1((u - 40) / 5), m),
            (0.128 * np.exp((17 - u) / 18), 4 / (1 + np.exp((40 - u) / 5)), h),
            (0.032 * (15 - u) / np.expm1((15 - u) / 5), 0.5 * np.exp((10 - u) / 40), n),
        ]
        channels = 10 * (-65 - v) + 20_000 * m**3 * h * (50 - v) + 6_000 * n**4 * (-90 - v)
        gates = [alpha * (1 - gate) - beta * gate for alpha, beta, gate in rates]
        return [(channels + 1000 * current) / 200, *gates]

    begin = [-65, 0.0097, 0.9976, 0.0271]
    for fired, current in zip(spikes.T, currents, strict=True):

        def driven(time, state, current=current):
            return derivative(time, state, current)

        expected = reference(driven, begin, 200, -20, None)
        # Exponential Euler's error is of first order in the step.
        assert abs(fired.sum() - len(expected)) <= 2
        if len(expected) > 3:
            np.testing.assert_allclose(
                intervals(fired, FINE)[-3:], np.diff(expected)[-3:], rtol=0.07
            )


def test_every_model_of_the_shelf_says_where_it_is_from():
    for name in shelf():
        model = shelf_model(name)
        assert model.title
        assert any(year in model.source for year in map(str, range(1990, 2024))), name
        assert parse_neurons(shelf_text(name)) == {"all": model}


def test_a_file_begins_with_a_model_of_the_shelf():
    text = """
    [all]
    model = "adex"
    scale = "2*nA"
    [all.parameters]
    tau_w = "100*ms"
    [output]
    equations = "dv/dt = -v / (10*ms) : 1"
    threshold = "v > threshold"
    """
    models, adex = parse_neurons(text), shelf_model("adex")
    assert models["all"].scale == "2*nA"
    assert models["all"].equations == adex.equations
    assert models["all"].parameters == {**adex.parameters, "tau_w": "100*ms"}
    assert models["output"].threshold == "v > threshold"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no table"),
        ("v = 2", "'v' is no table"),
        ("[all", "no TOML"),
        ("[all]\nmodel = 'adex'\ntreshold = 'v > 1'", r"\[all\]: there is no field 'treshold'"),
        ("[all]\nmodel = 'adx'", "no model 'adx' of neurons, only adex"),
        ("[all]\nmodel = 2", "no model '2'"),
        ("[conv3]\nreset = 'v = 0'", r"\[conv3\]: equations is missing"),
        ("[all]\nmodel = 'adex'\nparameters = 2", r"\[all\]: parameters"),
        ("[all]\nmodel = 'adex'\nreset = 2", r"\[all\]: reset is text"),
        ("[all]\nmodel = 'adex'\nscale = true", r"\[all\]: scale"),
        ("[all]\nmodel = 'adex'\n[all.initial]\nv = []", r"\[all\]: initial.v"),
    ],
)
def test_a_file_that_is_none_says_where(text, said):
    with pytest.raises(ModelError, match=said):
        parse_neurons(text)
