"""Neurons as text: the same spikes where the text says the same, and errors that say where."""

import dataclasses
import logging
import shutil

import brian2
import numpy as np
import pytest
from brian2 import ms, mV
from hypothesis import given, settings
from hypothesis import strategies as st

from networks.brian import (
    BrianNetwork,
    ModelError,
    NeuronModel,
    Recorder,
    SpikeStimulus,
    Unsupported,
)
from networks.brian.neuron_files import shelf, shelf_model
from networks.description import Connection, Network, Population
from networks.neurons import LIF, Input
from networks.transforms import Dense
from tests.networks.encoders import attending

needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BIONLP_CACHE_DIR", str(tmp_path))


def simulate(network, presentations, neurons=None, backend="numpy", **options):
    stimulus = SpikeStimulus(presentations)
    with BrianNetwork(network, stimulus, backend=backend, neurons=neurons, **options) as brian:
        everybody = {p.name: range(p.size) for p in network.hidden}
        recorder = Recorder(brian, membranes=everybody)
        brian.run(seed=0)
        return [recorder.activity(number) for number in range(len(presentations))]


def assert_same(found, expected):
    for one, other in zip(found, expected, strict=True):
        for name, layer in other.items():
            np.testing.assert_array_equal(one[name].spikes, layer.spikes, err_msg=name)
            np.testing.assert_array_equal(one[name].membrane, layer.membrane, err_msg=name)


def one_population(size, *, bias, neuron=None, weight=0.0):
    """Return a network of an input neuron and others with constant currents."""
    dense = Dense(np.full((size, 1), weight), bias=np.broadcast_to(np.float64(bias), (size,)))
    return Network(
        (Population("input", (1, 1), Input()), Population("cells", (size,), neuron or LIF())),
        (Connection("input", "cells", dense),),
    )


def silence(steps):
    return np.zeros((steps, 1, 1), dtype=bool)


def objects(network, presentations, neurons=None):
    """Return what Brian 2 computes in each step of a network, by name."""
    stimulus = SpikeStimulus(presentations)
    with BrianNetwork(network, stimulus, backend="numpy", neurons=neurons) as brian:
        brian.run(seed=0)
        return sorted(
            part.name
            for held in brian.network.objects
            for part in (held, *held.contained_objects)
            if getattr(part, "code_objects", ())
        )


def test_the_trained_neuron_as_text_takes_no_step_more(make_network, make_spikes):
    presentations = [make_spikes(5)]
    lif = shelf_model("lif")
    expected = objects(make_network(), presentations)
    assert objects(make_network(), presentations, lif) == expected
    # Neurons that leak are integrated, and so are those that are refractory.
    leaky = set(objects(make_network(decay=0.9), presentations, lif))
    updaters = leaky - set(expected)
    assert updaters
    assert all(name.endswith("_stateupdater") for name in updaters)
    refractory = dataclasses.replace(lif, refractory="1*ms")
    assert set(objects(make_network(), presentations, refractory)) == leaky


@pytest.mark.parametrize(
    ("equation", "integrated"),
    [
        ("dv/dt = -v / tau_v : 1", False),
        ("dv/dt = -v / (1e20*second) : 1", False),
        ("dv/dt = -v / (1e10*second) : 1", True),
        ("dv/dt = -v / tau_v + 1e-30*Hz : 1", True),
        ("dv/dt = -v**3 / tau_v : 1", True),
        ("dv/dt = (w - v) / tau_v : 1\nw : 1", True),
        ("dv/dt = (w - v) / tau_v : 1\ndw/dt = -w / tau_v : 1", True),
        ("dv/dt = -v * leak : 1\nleak = 1 / tau_v : Hz", False),
        ("dv/dt = -v / tau_v : 1\ndw/dt = -w / tau_v : 1", False),
        ("dv/dt = -v / tau_v : 1\ndw/dt = -w / (10*ms) : 1", True),
    ],
)
def test_what_changes_between_inputs_is_integrated(make_spikes, equation, integrated):
    network = one_population(3, bias=0.3)
    model = NeuronModel(equation, "v > threshold", reset="v = v - threshold")
    names = objects(network, [silence(5)], model)
    assert ("cells_stateupdater" in names) == integrated


def test_equations_that_change_nothing_are_still_held_against_units():
    wrong = NeuronModel("dv/dt = -v / (1e30*meter) : 1", "v > 1", reset="v = 0")
    with pytest.raises(ModelError, match="'cells', equations: .*unit"):
        simulate(one_population(1, bias=0.0), [silence(3)], wrong)


@settings(max_examples=10)
@given(
    decay=st.one_of(st.just(1.0), st.floats(0.05, 1)),
    threshold=st.floats(0.2, 3),
    precision=st.sampled_from(["double", "single"]),
    seed=st.integers(0, 1000),
)
def test_the_trained_neuron_as_text_is_the_trained_neuron(
    make_network, make_spikes, decay, threshold, precision, seed
):
    network = make_network(widths=(2,), decay=decay, threshold=threshold, seed=seed)
    presentations = [make_spikes(words, steps=15, seed=seed + words) for words in (4, 7)]
    expected = simulate(network, presentations, precision=precision)
    found = simulate(network, presentations, shelf_model("lif"), precision=precision)
    assert_same(found, expected)


@pytest.mark.slow
@needs_compiler
@pytest.mark.parametrize("backend", ["cython", "cpp_standalone"])
def test_the_same_on_compiled_backends(make_network, make_spikes, backend):
    network = make_network(widths=(2,), decay=0.9)
    if backend == "cython":
        network = Network(network.populations[:3], network.connections[:2])
    neurons = {"conv2": shelf_model("lif"), "pool2": shelf_model("lif_refractory")}
    presentations = [make_spikes(words, seed=words) for words in (5, 7, 1)]
    expected = simulate(network, presentations, neurons)
    found = simulate(network, presentations, neurons, backend)
    for one, other in zip(found, expected, strict=True):
        for name, layer in other.items():
            np.testing.assert_array_equal(one[name].spikes, layer.spikes, err_msg=name)
            np.testing.assert_allclose(one[name].membrane, layer.membrane, rtol=1e-9, atol=1e-12)
        assert other["pool2"].spikes.any()


@pytest.mark.parametrize("name", shelf())
def test_a_presentation_does_not_depend_on_those_before_it(network, make_spikes, name):
    model = shelf_model(name)
    dt = 1 * ms if model.longest_step is None else 0.1 * ms
    # A refractory neuron at the end of one sentence is not refractory in the next.
    sentence, loud = make_spikes(4, seed=1), make_spikes(7, seed=2, rate=0.9)
    alone = simulate(network, [sentence], {"conv2": model, "conv3": model}, dt=dt)
    stream = simulate(network, [loud, sentence, loud, sentence], {"all": model}, dt=dt)
    mixed = simulate(network, [loud, sentence], {"conv2": model, "conv3": model}, dt=dt)
    assert_same(mixed[1:], alone)
    assert_same([stream[3]], [stream[1]])
    assert any(layer.spikes.any() for layer in mixed[0].values())


def test_a_refractory_neuron_is_ready_again_when_a_sentence_begins():
    model = dataclasses.replace(shelf_model("lif"), refractory=100 * ms)
    network = one_population(1, bias=0.6)
    first, second = simulate(network, [silence(5), silence(5)], model)
    assert np.flatnonzero(first["cells"].spikes).tolist() == [1]
    assert_same([second], [first])


def test_a_current_that_is_held_acts_in_its_step():
    tau, drive = 10.0, 3.0
    model = NeuronModel(
        "dv/dt = (I - v) / tau : volt\nI : volt",
        "v > 1*volt",
        receives="I",
        method="exact",
        parameters={"tau": tau * ms},
        scale=drive * mV,
    )
    network = one_population(1, bias=0.0, weight=1.0)
    given = silence(6)
    given[2] = True
    (found,) = simulate(network, [given], model)
    decay = np.exp(-1 / tau)
    pulse = drive * 1e-3 * (1 - decay)
    expected = [0, 0, pulse, pulse * decay, pulse * decay**2, pulse * decay**3]
    np.testing.assert_allclose(found["cells"].membrane[:, 0], expected, rtol=1e-12)


def test_a_jump_is_scaled_and_shifted_in_the_unit_of_the_variable():
    model = NeuronModel(
        "dv/dt = 0*volt/second : volt",
        "v > 10*mV",
        "v = 0*volt",
        scale="threshold * 2*mV",
        bias=1 * mV,
        initial={"v": -3 * mV},
    )
    network = one_population(2, bias=[0.0, 0.5], neuron=LIF(threshold=np.array([2.0, 3.0])))
    (found,) = simulate(network, [silence(3)], model)
    expected = np.array([[-2, 1], [-1, 5], [0, 9]])
    np.testing.assert_allclose(found["cells"].membrane * 1e3, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("backend", ["numpy", "cython", "cpp_standalone"])
def test_neurons_may_begin_with_values_of_their_own(backend):
    threshold = np.array([2.0, 3.0, 5.0])
    model = NeuronModel(
        "dv/dt = -v / (10*ms) : volt",
        "v > 1*volt",
        method="exact",
        scale="1*volt",
        initial={"v": "-threshold * 2*mV"},
    )
    network = one_population(3, bias=0.0, neuron=LIF(threshold=threshold))
    found = simulate(network, [silence(4), silence(3)], model, backend=backend)
    for activity, steps in zip(found, (4, 3), strict=True):
        expected = -2e-3 * threshold * np.exp(-np.arange(1, steps + 1) / 10)[:, np.newaxis]
        np.testing.assert_allclose(activity["cells"].membrane, expected, rtol=1e-12)


def test_text_may_name_what_was_trained_neuron_by_neuron():
    decay, threshold = np.array([0.5, 1.0, 0.9]), np.array([0.9, 3.0, 2.0])
    network = one_population(3, bias=0.7, neuron=LIF(decay=decay, threshold=threshold))
    assert_same(
        simulate(network, [silence(20)], shelf_model("lif")), simulate(network, [silence(20)])
    )


def test_spikes_come_back_with_delays_and_over_loops():
    neuron = LIF(decay=0.9)
    dense = Dense(np.array([[0.0, 0.6], [0.7, 0.0]]))
    network = Network(
        (Population("input", (1, 1), Input()), Population("cells", (2,), neuron)),
        (
            Connection("input", "cells", Dense(np.array([[1.2], [0.1]]))),
            Connection("cells", "cells", dense, delay=2),
        ),
    )
    given = np.ones((30, 1, 1), dtype=bool)
    expected = simulate(network, [given, given])
    assert_same(simulate(network, [given, given], shelf_model("lif")), expected)
    # Through a buffer, too: all the same, but for rounding.
    scaled = dataclasses.replace(shelf_model("lif"), scale="2 * 0.5", bias=1e-300)
    for one, other in zip(simulate(network, [given, given], scaled), expected, strict=True):
        np.testing.assert_array_equal(one["cells"].spikes, other["cells"].spikes)
        np.testing.assert_allclose(one["cells"].membrane, other["cells"].membrane, rtol=1e-12)


def test_other_sentences_can_be_shown_to_what_was_built(network, make_spikes):
    model = shelf_model("adex")
    one, other = (SpikeStimulus([make_spikes(4, seed=seed)]) for seed in (1, 2))
    with BrianNetwork(network, one, backend="numpy", neurons=model) as brian:
        recorder = Recorder(brian)
        brian.run(seed=0)
        first = recorder.activity(0)["conv2"].spikes
        brian.run(seed=0, stimulus=other)
        assert not np.array_equal(first, recorder.activity(0)["conv2"].spikes)
        brian.run(seed=0, stimulus=one)
        np.testing.assert_array_equal(first, recorder.activity(0)["conv2"].spikes)
        assert brian.units == dict.fromkeys(p.name for p in network.hidden) | dict.fromkeys(
            brian.units, "V"
        )


HELD = "dv/dt = (I - v) / tau_v : 1\n"
LEAKY = {"equations": "dv/dt = -v / tau_v : 1", "threshold": "v > threshold", "reset": "v = 0"}

WRONG = {
    "no unit fits": ({"equations": "dv/dt = -v / tau_v + 1*nA : 1"}, r"equations: .*\+ 1 \* nA"),
    "unit of a threshold": ({"threshold": "v > 2*mV"}, r"threshold 'v > 2\*mV': .*2 \* mV"),
    "unit of a reset": ({"reset": "v = 2*mV"}, r"reset 'v = 2\*mV': .*expected unit 1"),
    "unit of a scale": ({"scale": 2 * mV}, "scale: v has the unit 1, and 0.002 .* volt"),
    "unit of a bias": ({"bias": "2*mV"}, "bias: v has the unit 1"),
    "unit of a beginning": ({"initial": {"v": "2*mV"}}, "initial.v: v has the unit 1"),
    "unit of a refractory period": ({"refractory": "2*mV"}, "has units m"),
    "a unit that is no base unit": ({"equations": "dv/dt = -v/tau_v : mV"}, "'volt' instead"),
    "a variable that is missing": ({"equations": "dv/dt = -v / tau : 1"}, "there is no 'tau'"),
    "one in the threshold": ({"threshold": "v > V_th"}, "threshold: there is no 'V_th'"),
    "one in the reset": ({"reset": "v = V_r"}, "reset: there is no 'V_r'"),
    "a variable that is not declared": ({"reset": "V = 0"}, "reset: sets 'V'"),
    "no membrane": ({"equations": "dw/dt = -w/tau_v : 1"}, "no membrane 'v'"),
    "a membrane that is not stored": (
        {"equations": "dw/dt = -w/tau_v : 1\nv = 2*w : 1"},
        "no membrane 'v' with an equation or a line of its own, only w",
    ),
    "what receives": ({"receives": "I"}, "receives: there is no variable 'I'"),
    "no equation": ({"equations": "dv/dt = -v / tau_v"}, "equations: .*Expected"),
    "a bracket": ({"equations": "dv/dt = -v / (tau_v : 1"}, r"equations: .*never closed"),
    "no condition": ({"threshold": "v >"}, "threshold: 'v >' is no expression"),
    "no truth": ({"threshold": "v"}, "threshold 'v': .*boolean"),
    "no statement": ({"reset": "v = "}, "reset 'v = '"),
    "no method": ({"method": "magic"}, "method: there is no 'magic'; choose one of .*euler"),
    "a method that cannot": (
        {"equations": "dv/dt = (exp(v) - v) / tau_v : 1", "method": "exact"},
        "equations: .*linear",
    ),
    "noise": ({"equations": "dv/dt = -v/tau_v + xi*ms**-0.5 : 1"}, "noise"),
    "random numbers": ({"reset": "v = rand()"}, "reset: noise"),
    "time": ({"threshold": "v > t/second"}, "threshold: the time"),
    "a name that is taken": ({"equations": "dv/dt = -v/tau_v : 1\ninput_scale : 1"}, "input_scale"),
    "a parameter for nothing": ({"parameters": {"tau": "2*ms"}}, "parameters.tau: is used nowhere"),
    "a parameter of what": ({"parameters": {"a": "2*b"}, "reset": "v = a"}, "parameters.a: .*'b'"),
    "a parameter that varies": ({"parameters": {"v": 2}}, "parameters.v: is a variable"),
    "a beginning of what": ({"initial": {"w": 0}}, "initial.w: there is no such variable, only v"),
    "a threshold for nobody": ({"threshold": None}, "threshold: the layer fires"),
    "too long a step": ({"longest_step": 0.1 * ms}, r"these neurons need 100. us .* --dt 0.1"),
    "a step that is none": ({"longest_step": "2*mV"}, "longest_step: is a time"),
    "a reset at another time": (
        {
            "equations": f"{HELD}I : 1",
            "receives": "I",
            "reset_when": "after leak",
        },
        "reset_when: is 'at once'",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_simulated_names_layer_and_part_in_one_line(wrong, network, make_spikes):
    changed, said = WRONG[wrong]
    with pytest.raises(ModelError, match=f"^neurons of layer 'conv2', .*{said}") as caught:
        simulate(network, [make_spikes(4)], {"conv2": NeuronModel(**(LEAKY | changed))})
    assert "\n" not in str(caught.value)
    assert brian2.get_device().__class__.__name__ == "RuntimeDevice"


@pytest.mark.parametrize(
    "changed",
    [
        {"parameters": {"a": [1, 2]}},
        {"parameters": {1: 2}},
        {"initial": ["v"]},
        {"scale": None},
        {"equations": 2},
        {"threshold": 2},
        {"reset_when": "never"},
    ],
)
def test_fields_that_are_none_are_refused(changed):
    with pytest.raises(ValueError, match=next(iter(changed))):
        NeuronModel(**(LEAKY | changed))


def test_layers_and_models_that_there_are_none_of(network, make_spikes):
    with pytest.raises(ModelError, match="'conv9': there is no such layer, only conv2, pool2"):
        simulate(network, [make_spikes(4)], {"conv9": shelf_model("lif")})
    with pytest.raises(ModelError, match="'conv2' are a NeuronModel, not 'lif'"):
        simulate(network, [make_spikes(4)], {"conv2": "lif"})


def test_what_cannot_carry_text_refuses_it(network, make_spikes):
    with pytest.raises(Unsupported, match="shared weights, on numpy, cython and cpp_standalone"):
        simulate(network, [make_spikes(4)], shelf_model("lif"), synapses="stock")
    encoder = attending(np.random.default_rng(0), causal=False)
    spikes = np.zeros((3, *encoder.input.shape), dtype=bool)
    with pytest.raises(Unsupported, match="looks both ways"):
        simulate(encoder, [spikes], shelf_model("lif"))


def test_a_layer_that_never_fires_is_told_of_once(network, make_spikes, caplog):
    deaf = dataclasses.replace(shelf_model("lif"), threshold="v > 1e6")
    stimulus = SpikeStimulus([make_spikes(4)])
    with (
        caplog.at_level(logging.WARNING, "networks"),
        BrianNetwork(network, stimulus, backend="numpy", neurons={"pool3": deaf}) as brian,
    ):
        brian.run(seed=0)
        brian.run(seed=0)
    (message,) = [record.getMessage() for record in caplog.records]
    assert message.startswith("layer pool3 never fired; lower its threshold")


@pytest.mark.parametrize(
    ("steps", "fires", "backend"),
    [
        (1, 0, "numpy"),
        (5, 0, "numpy"),
        (5, 4, "numpy"),
        pytest.param(5, 4, "cython", marks=[pytest.mark.slow, needs_compiler]),
        pytest.param(5, 4, "cpp_standalone", marks=[pytest.mark.slow, needs_compiler]),
    ],
)
def test_a_layer_that_fires_once_is_not_told_of(steps, fires, backend, caplog):
    network = one_population(2, bias=0.0, weight=2.0)
    once, never = silence(steps), silence(steps)
    once[fires] = True
    with (
        caplog.at_level(logging.WARNING, "networks"),
        BrianNetwork(
            network, SpikeStimulus([once]), backend=backend, neurons=shelf_model("lif")
        ) as brian,
    ):
        brian.run(seed=0)
        assert not caplog.records
        brian.run(seed=0, stimulus=SpikeStimulus([once, never]))
        assert not caplog.records
        # The spikes of one run say nothing of the next one.
        brian.run(seed=0, stimulus=SpikeStimulus([never]))
    (message,) = [record.getMessage() for record in caplog.records]
    assert message.startswith("layer cells never fired")


def test_an_unstable_step_is_an_error_that_says_what_to_try():
    model = NeuronModel("dv/dt = -v**3 / (1*ms) : 1", "v > 1e300", initial={"v": 50})
    network = one_population(1, bias=0.0)
    stimulus = SpikeStimulus([silence(20)])
    with (
        BrianNetwork(network, stimulus, backend="numpy", neurons=model) as brian,
        pytest.raises(ModelError, match=r"'cells', .*'v' left all bounds .*; try --dt 0.1"),
    ):
        brian.run(seed=0)
    # In a stream the last sentence may have recovered; what was recorded tells.
    given = silence(20)
    given[0] = True
    rare = dataclasses.replace(model, scale=50.0, initial={})
    network = one_population(1, bias=0.0, weight=1.0)
    with pytest.raises(ModelError, match="left all bounds"):
        simulate(network, [given, silence(3)], rare)
