"""What is done to a network while it reads: clamped, stimulated and silenced neurons."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from networks.brian import BrianNetwork, PoissonStimulus, Recorder, SpikeStimulus, Unsupported
from networks.brian.neuron_files import shelf_model
from networks.brian.neuron_model import ModelError
from networks.description import Connection, Network, Population, Votes, crop, refine
from networks.intervention import KINDS, Intervention, intervene, parse, untouched
from networks.neurons import IF, LIF, Input, neuron_models
from networks.neurons.adaptive import AdaptiveLIF
from networks.neurons.bpsn import BPSN
from networks.neurons.integrator import LI
from networks.neurons.intervened import Influence, IntervenedNeuron, undisturbed
from networks.neurons.model import RESETS
from networks.perturbation import parse as parse_perturbations
from networks.pytorch import SpikingNetwork
from networks.pytorch.stepping import step_through
from networks.transforms import Dense
from tests.networks.graphs import GRAPHS, draw_input, networks

ALONE = [
    *("silence:conv2:maps=1,3:from=10", "silence:output:until=12", "silence:pool3:neurons=0-2"),
    *("clamp:conv2:maps=0:value=1.5:from=5:until=15", "clamp:output:value=0:from=20"),
    *("clamp:pool2:maps=1-2:value=0.6:from=3:until=18", "stimulate:output:current=0.3:from=7"),
    "stimulate:conv3:neurons=0-5,9:current=0.45:from=4:until=21",
    *("stimulate:pool2:current=0.1", "stimulate:output:neurons=1-3:current=-0.7:from=11"),
]
TOGETHER = [
    *("clamp:output:neurons=0-2:value=1.2:from=3:until=9", "stimulate:output:current=0.25"),
    *("silence:output:neurons=1:from=5:until=8", "silence:conv2:maps=0:from=9"),
    *("clamp:output:neurons=2:value=0:from=6:until=14", "stimulate:conv2:current=0.2:until=13"),
]


def intervened(network, *texts):
    return intervene(network, parse(texts))


def both(network, presentations, *, backend="numpy", **options):
    """Return what a network does in Brian 2 and in PyTorch, with all membranes."""
    everyone = {p.name: range(p.size) for p in network.hidden}
    stimulus = SpikeStimulus(presentations)
    with BrianNetwork(network, stimulus, backend=backend, **options) as brian:
        recorder = Recorder(brian, membranes=everyone)
        brian.run(seed=0)
        in_brian = recorder.read().activities()
    model = SpikingNetwork(network).double().eval()
    return in_brian, [model.activity(spikes, everyone) for spikes in presentations]


def assert_equal(network, presentations, **options):
    in_brian, expected = both(network, presentations, **options)
    for activity, other in zip(in_brian, expected, strict=True):
        for name in other:
            np.testing.assert_array_equal(activity[name].spikes, other[name].spikes, err_msg=name)
            np.testing.assert_allclose(
                activity[name].membrane, other[name].membrane, atol=1e-12, err_msg=name
            )
    return in_brian


# --- all simulators do the same ---


@pytest.mark.parametrize("decay", [1.0, 0.9])
@pytest.mark.parametrize("texts", [*([text] for text in ALONE), TOGETHER])
def test_brian_and_pytorch_are_equal(make_network, make_spikes, texts, decay):
    network = make_network(decay=decay)
    presentations = [make_spikes(words, seed=words) for words in (7, 4)]
    changed = assert_equal(intervened(network, *texts), presentations)
    model = SpikingNetwork(network).double().eval()
    before = [model.activity(spikes) for spikes in presentations]
    assert any(
        (one[name].spikes.shape != other[name].spikes.shape)
        or (one[name].spikes != other[name].spikes).any()
        for one, other in zip(before, changed, strict=True)
        for name in one
    )


def test_stock_synapses_are_equal(make_network, make_spikes):
    presentations = [make_spikes(words, seed=words) for words in (7, 4)]
    network = intervened(make_network(decay=0.9), *TOGETHER)
    assert_equal(network, presentations, synapses="stock")


@pytest.mark.parametrize("backend", ["cpp_standalone"])
def test_a_compiled_program_is_equal(backend, make_spikes):
    network = Network(
        (Population("input", (3, 2), Input()), Population("output", (4,), LIF(decay=0.9))),
        (Connection("input", "output", Dense(np.linspace(-0.4, 0.9, 24).reshape(4, 6))),),
    )
    texts = (
        *("clamp:output:neurons=0:value=0.7:from=3:until=9", "silence:output:neurons=1:from=5"),
        *("stimulate:output:neurons=2-3:current=0.4:from=6:until=20",),
    )
    spikes = [make_spikes(3, features=2, seed=seed) for seed in (1, 2)]
    assert_equal(intervened(network, *texts), spikes, backend=backend)


def test_both_networks_take_interventions(network, make_spikes):
    spikes, done = make_spikes(7), parse(TOGETHER)
    model = SpikingNetwork(network, interventions=done).double().eval()
    expected = model.activity(spikes)
    with BrianNetwork(
        network, SpikeStimulus([spikes]), backend="numpy", interventions=done
    ) as brian:
        recorder = Recorder(brian)
        brian.run(seed=0)
    found = recorder.activity(0)
    for name, other in expected.items():
        np.testing.assert_array_equal(found[name].spikes, other.spikes)
    assert model.describe() == intervene(network, done)


@st.composite
def some_interventions(draw, network, steps):
    """Draw interventions that fit a network."""
    found = []
    for _ in range(draw(st.integers(1, 3))):
        population = draw(st.sampled_from(network.hidden))
        fits = [kind for kind in KINDS if fitting(population.neuron, kind)]
        if not fits:
            continue
        kind = draw(st.sampled_from(fits))
        start = draw(st.integers(0, steps))
        options = {"start": start, "stop": draw(st.none() | st.integers(start + 1, steps + 5))}
        if draw(st.booleans()):
            numbers = st.integers(0, population.size - 1)
            options["neurons"] = draw(st.lists(numbers, min_size=1, max_size=4))
        if KINDS[kind]:
            options[KINDS[kind]] = draw(st.floats(-1.5, 1.5).map(lambda x: round(x, 3) + 0.0007))
        found.append(Intervention(kind, population.name, **options))
    return found


def fitting(neuron, kind):
    return neuron.spikes if kind == "silence" else "threshold" in neuron.values


@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_network_with_any_interventions_is_equal(data):
    network = data.draw(networks())
    done = data.draw(some_interventions(network, 12))
    presentations = [draw_input(network, 12, seed) for seed in (1, 2)]
    assert_equal(intervene(network, done), presentations)
    assert parse(map(str, done)) == tuple(done)


@pytest.mark.parametrize("name", ["feedback", "currents", "adaptation", "chance", "images"])
def test_graphs_with_interventions_are_equal(name):
    network = GRAPHS[name]()
    done = [
        Intervention("stimulate", "p0", current=0.4, start=2, stop=9),
        Intervention("clamp", "p1", neurons=[0, 2], value=1.3, start=4, stop=11),
        Intervention("silence", "p0", neurons=1, start=5),
    ]
    done = done if name != "images" else [*done, Intervention("clamp", "p0", maps=1, value=0)]
    assert_equal(intervene(network, done), [draw_input(network, 15, seed) for seed in (1, 2)])


# --- what is done ---


def ran(neuron, current, *influences):
    """Step one population of three neurons; return spikes and membranes, (steps, 3)."""
    given_current = torch.full((12, 1, 3), current, dtype=torch.float64)
    spikes, membranes = step_through(IntervenedNeuron(neuron, influences), given_current)
    return spikes.numpy()[:, 0], membranes.numpy()[:, 0]


@pytest.mark.parametrize("reset", RESETS)
@pytest.mark.parametrize("kind", [LIF, AdaptiveLIF, neuron_models()["ResetLIF"]])
def test_a_clamped_membrane_is_what_it_was_set_to(kind, reset):
    chosen = np.array([1.0, 1.0, 0.0])
    held = np.array([0.37, 8.1, 0.0])
    clamp = Influence("membrane", held, chosen, 3, 9)
    neuron = kind(decay=0.83, reset=reset)
    spikes, membranes = ran(neuron, 0.61, clamp)
    np.testing.assert_array_equal(membranes[3:9, :2], np.broadcast_to(held[:2], (6, 2)))
    assert not spikes[3:9, 0].any()
    assert spikes[3:9, 1].all()
    alone = step_through(neuron, torch.full((12, 1, 3), 0.61, dtype=torch.float64))
    for found, expected in zip((spikes, membranes), alone, strict=True):
        np.testing.assert_array_equal(found[:, 2], expected.numpy()[:, 0, 2])
        np.testing.assert_array_equal(found[:3], expected.numpy()[:3, 0])


def test_a_clamped_neuron_goes_on_from_the_value():
    spikes, membranes = ran(LIF(decay=0.5), 0.25, Influence("membrane", 0.8, stop=4))
    assert not spikes[:4].any()
    np.testing.assert_array_equal(membranes[4], 0.5 * 0.8 + 0.25)
    spikes, membranes = ran(LIF(decay=0.5), 0.25, Influence("membrane", 1.5, stop=4))
    assert spikes[:4].all()
    np.testing.assert_array_equal(membranes[4], 0.5 * 1.5 + 0.25 - 1)


def test_a_current_is_in_thresholds(network):
    found = intervened(network, "stimulate:pool2:current=0.5:neurons=1")["pool2"].neuron
    np.testing.assert_array_equal(found.influences[0].amount, [0, 3, 0, 0])
    spikes, membranes = ran(IF(), 0.0, Influence("current", 0.25, start=2, stop=5))
    expected = np.array([0, 0, 0.25, 0.5, *[0.75] * 8])
    np.testing.assert_array_equal(membranes, np.repeat(expected[:, None], 3, axis=1))
    assert not spikes.any()


def test_silence_is_that_of_silenced_maps(network, make_spikes):
    presentations = [make_spikes(words, seed=words) for words in (7, 4)]
    perturbed = parse_perturbations(["maps=conv2:0,2-3"]).network(network)
    expected, _ = both(perturbed, presentations)
    found, _ = both(intervened(network, "silence:conv2:maps=0,2-3"), presentations)
    for one, other in zip(found, expected, strict=True):
        for name in other:
            np.testing.assert_array_equal(one[name].spikes, other[name].spikes)
            np.testing.assert_array_equal(one[name].membrane, other[name].membrane)


def test_a_silenced_neuron_fires_what_it_has_added_up():
    blocked = Influence("level", 1e30, start=2, stop=6)
    spikes, _ = ran(IF(), 0.5, blocked)
    assert not spikes[2:6].any()
    np.testing.assert_array_equal(spikes[6:, 0], [1, 1, 1, 1, 1, 0])
    plain, _ = ran(IF(), 0.5)
    np.testing.assert_array_equal(spikes[:2], plain[:2])


@pytest.mark.parametrize("kind", KINDS)
def test_what_begins_after_the_last_step_changes_nothing(network, make_spikes, kind):
    strength = f":{KINDS[kind]}=3" if KINDS[kind] else ""
    presentations = [make_spikes(words, seed=words, steps=20) for words in (7, 4)]
    done = [f"{kind}:{p.name}{strength}:from=20" for p in network.hidden]
    found, _ = both(intervened(network, *done), presentations)
    expected, _ = both(network, presentations)
    for one, other in zip(found, expected, strict=True):
        for name, activity in other.items():
            size = activity.spikes.shape[1]
            np.testing.assert_array_equal(one[name].spikes[:, :size], activity.spikes)
            assert not one[name].spikes[:, size:].any()
            neurons = activity.membrane.shape[1]
            np.testing.assert_array_equal(one[name].membrane[:, :neurons], activity.membrane)


def test_each_sentence_begins_anew(network, make_spikes):
    stimuli = [make_spikes(5, seed=seed, steps=steps) for seed, steps in ((1, 20), (2, 9), (1, 20))]
    found = intervened(network, *TOGETHER)
    first, _, third = assert_equal(found, stimuli)
    (alone,), _ = both(found, stimuli[:1])
    for name in alone:
        np.testing.assert_array_equal(first[name].spikes, third[name].spikes)
        np.testing.assert_array_equal(first[name].spikes, alone[name].spikes)
        np.testing.assert_array_equal(first[name].membrane, third[name].membrane)


def test_another_stimulus_begins_anew(network):
    def stimulus(seed):
        rates = np.random.default_rng(seed).random((5, 6))
        return PoissonStimulus.of_rates([rates], 15)

    with BrianNetwork(
        network, stimulus(1), backend="numpy", interventions=parse(TOGETHER)
    ) as brian:
        recorder = Recorder(brian)
        found = []
        for seed in (1, 2, 1):
            brian.run(seed=4, stimulus=stimulus(seed))
            found.append(recorder.activity(0)["output"].spikes)
    np.testing.assert_array_equal(found[0], found[2])
    assert (found[0] != found[1]).any()


def test_the_last_clamp_counts_and_currents_add_up():
    both_currents = Influence("current", 0.25), Influence("current", 0.5, start=1)
    _, membranes = ran(IF(threshold=100), 0.0, *both_currents)
    np.testing.assert_array_equal(membranes[:3, 0], [0.25, 1.0, 1.75])
    clamps = Influence("membrane", 0.3), Influence("membrane", 0.6, start=2, stop=3)
    _, membranes = ran(IF(), 0.0, *clamps)
    np.testing.assert_array_equal(membranes[:4, 0], [0.3, 0.3, 0.6, 0.3])


# --- the description ---


def test_only_what_may_fire_without_input_keeps_its_size(network):
    small = crop(network, 3).shapes
    for text in (
        "silence:conv2",
        "stimulate:conv2:current=-1",
        "clamp:conv2:value=0",
        "clamp:conv2:maps=1:value=-2",
    ):
        assert crop(intervened(network, text), 3).shapes == small
    whole = crop(intervened(network, "stimulate:conv2:current=0.1"), 3).shapes
    assert whole == small | {"conv2": network.shapes["conv2"]}


def test_a_cropped_network_has_its_part(network, make_spikes):
    texts = ["silence:conv2:neurons=1,20:from=3", "clamp:conv3:maps=1:value=0:until=9"]
    found = intervened(network, *texts)
    whole = SpikingNetwork(found).double().eval()
    spikes = make_spikes(3)
    padded = np.zeros((len(spikes), 7, 6), dtype=bool)
    padded[:, :3] = spikes
    short, long = whole.activity(spikes), whole.activity(padded)
    np.testing.assert_array_equal(short["output"].spikes, long["output"].spikes)
    assert short["conv2"].spikes.shape[1] < long["conv2"].spikes.shape[1]


def test_smaller_steps_keep_times_and_charges(network):
    texts = ["stimulate:output:current=0.5:from=3:until=7", "clamp:output:value=0.5:from=9"]
    current, clamp = refine(intervened(network, *texts), 10)["output"].neuron.influences
    assert (current.amount, current.start, current.stop) == (0.05, 30, 70)
    assert (clamp.amount, clamp.start, clamp.stop) == (0.5, 90, None)


def test_what_is_done_can_be_undone(network):
    found = intervened(network, *TOGETHER)
    assert found != network
    assert untouched(found) == network
    assert undisturbed(found["output"].neuron) == network["output"].neuron
    assert intervened(intervened(network, *TOGETHER[:3]), *TOGETHER[3:]) == found


def test_a_dead_neuron_stays_dead(network, make_spikes):
    dead = parse_perturbations(["maps=conv2:1"]).network(network)
    found = intervened(dead, "stimulate:conv2:current=2", "clamp:conv2:value=3:from=9")
    (activity,), _ = both(found, [make_spikes(7)])
    assert not activity["conv2"].spikes[..., 1].any()
    assert activity["conv2"].spikes[9:, :, 0].all()


def test_it_is_no_model_that_a_file_could_name():
    assert "IntervenedNeuron" not in neuron_models()


# --- how it is said ---


@pytest.mark.parametrize("text", [*ALONE, *TOGETHER, "clamp:conv2:value=0.1:until=3"])
def test_what_is_typed_is_read_and_written(text):
    (found,) = parse([text])
    assert str(found) == text
    assert parse([str(found)]) == (found,)


def test_python_has_numbers_of_all_forms():
    one = Intervention("silence", "a", neurons=[3, slice(5, 9), range(0, 4, 2), np.int64(7)])
    assert str(one) == "silence:a:neurons=3,5-8,0,2,7"
    assert str(Intervention("silence", "a", maps=4)) == "silence:a:maps=4"
    assert str(Intervention("silence", "a", maps=slice(2))) == "silence:a:maps=0-1"
    assert parse(["silence:a:from=20ms:until=30ms"]) == parse(["silence:a:from=20:until=30"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("silence", "'silence' names no population; write KIND:POPULATION, as in silence:conv3"),
        ("quiet:conv2", "unknown intervention 'quiet'; choose one of clamp, stimulate, silence"),
        ("silence:conv9", "there is no population 'conv9'; choose one of conv2, pool2, conv3"),
        ("silence:input", "there is no population 'input'; choose one of conv2, pool2, conv3"),
        ("silence:conv2:maps=4", "silence:conv2 has maps 0 to 3, and no 4"),
        ("silence:conv2:neurons=2,24", "silence:conv2 has neurons 0 to 23, and no 24"),
        ("silence:conv2:maps=3-1", "'3-1' is no number of maps; write numbers as in 0-9,40"),
        ("silence:output:maps=1", "'output' has no feature maps; name neurons instead"),
        ("silence:conv2:maps=1:neurons=1", "names neurons and maps; leave out one"),
        ("silence:conv2:from=1:from=2", "says from twice; leave out one"),
        ("silence:conv2:from=9:until=9", "is from step 9 until step 9; the end comes after"),
        ("silence:conv2:from=-1", "from is a step, as 20 or 20ms is, not '-1'"),
        ("silence:conv2:since=1", "'since=1' of 'silence:conv2:since=1' is none of neurons=, maps"),
        ("silence:conv2:value=1", "silence:conv2 has no value; leave it out"),
        ("stimulate:conv2", "stimulate:conv2 needs a current, in thresholds, as in current=0.5"),
        ("clamp:conv2", "clamp:conv2 needs a value, in thresholds, as in value=0.5"),
        ("clamp:conv2:value=x", "value is a number of thresholds, not 'x'"),
        ("clamp:conv2:value=nan", "the value of clamp is a number from -1e+06 to 1e+06, not nan"),
    ],
)
def test_what_cannot_be_done_is_said(network, text, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        intervened(network, text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"neurons": []}, "neurons of silence are at least one"),
        ({"neurons": "3"}, "neurons of silence are whole numbers, slices or ranges, not '3'"),
        ({"neurons": 1.5}, "neurons of silence are whole numbers, slices or ranges, not 1.5"),
        ({"neurons": [-1]}, "each of neurons of silence must be a whole number of at least 0"),
        ({"neurons": slice(3, None)}, "a slice needs an end"),
        ({"maps": range(-3, 2)}, "are counted from 0 on"),
        ({"start": 1.5}, "the first step of silence must be a whole number"),
    ],
)
def test_python_is_told_what_is_wrong(options, message):
    with pytest.raises(ValueError, match=message):
        Intervention("silence", "conv2", **options)


def test_neurons_that_cannot_take_it_are_refused():
    def one(neuron, readout=None):
        populations = Population("input", (2,), Input()), Population("out", (2,), neuron)
        return Network(populations, (Connection("input", "out", Dense(np.eye(2))),), readout)

    with pytest.raises(ValueError, match="silence:out: neurons of type LI never fire"):
        intervened(one(LI()), "silence:out")
    with pytest.raises(
        ValueError, match="value is in thresholds, and neurons of type LI have none"
    ):
        intervened(one(LI()), "clamp:out:value=0")
    with pytest.raises(ValueError, match="neurons of type BPSN look both ways in time"):
        intervened(one(BPSN()), "silence:out")
    with pytest.raises(ValueError, match="something is done to a neuron of its own"):
        IntervenedNeuron(intervened(one(LIF()), "silence:out")["out"].neuron, ())


def test_other_neurons_as_text_are_refused_where_something_is_done(network, make_spikes):
    lif, stimulus = shelf_model("lif"), SpikeStimulus([make_spikes(7)])
    options = {"backend": "numpy", "interventions": parse(["silence:output"])}
    with pytest.raises(ModelError) as caught:
        BrianNetwork(network, stimulus, neurons=lif, **options)
    assert "neurons of layer 'output', interventions: are of the neurons that were" in str(
        caught.value
    )
    BrianNetwork(network, stimulus, neurons={"conv2": lif}, **options).close()


def test_devices_with_a_lag_are_refused(network, make_spikes, monkeypatch):
    monkeypatch.setattr("networks.brian.network.choose_backend", lambda name, *_: name)
    found = intervened(network, "silence:output")
    with pytest.raises(Unsupported, match="neurons of type IntervenedNeuron have no form with a"):
        BrianNetwork(found, SpikeStimulus([make_spikes(7)]), backend="genn-cpu")


def test_a_readout_still_votes(network):
    found = intervened(network, "silence:output:neurons=0-2")
    assert found.readout == Votes("output", 2)
    assert replace(found, readout=None) != found
