from dataclasses import replace

import brian2
import numpy as np
import pytest

from networks.brian import (
    BrianNetwork,
    ConvolutionalSynapses,
    PoissonStimulus,
    Recorder,
    SpikeStimulus,
)
from networks.brian.backends import codegen_target
from networks.brian.presentations import Presentations
from networks.brian.schedule import beginnings, schedule
from networks.description import crop

FEATURES = 6


@pytest.fixture(scope="module")
def table():
    return np.random.default_rng(5).random((20, FEATURES))


@pytest.fixture(scope="module")
def sentences(table):
    """Seven sentences, each with its own duration."""
    rng = np.random.default_rng(6)
    words = (3, 7, 1, 5, 7, 2, 4)
    return PoissonStimulus(
        table,
        [rng.integers(0, len(table), count) for count in words],
        (12, 5, 20, 9, 1, 15, 7),
        tuple(range(7)),
    )


def choose(stimulus, chosen):
    """A part of a stimulus, in any order, each sentence with the number it has there."""
    if isinstance(stimulus, SpikeStimulus):
        return SpikeStimulus([stimulus.spikes[k] for k in chosen])
    return replace(
        stimulus,
        ids=[stimulus.ids[k] for k in chosen],
        durations=tuple(stimulus.durations[k] for k in chosen),
        numbers=tuple(stimulus.numbers[k] for k in chosen),
    )


def spikes_of(brian, recorder):
    return [
        {name: layer.spikes for name, layer in recorder.activity(number).items()}
        for number in range(len(brian.stimulus.words))
    ]


def present(network, stimulus, seed=1, **options):
    with BrianNetwork(network, stimulus, backend="numpy", **options) as brian:
        recorder = Recorder(brian)
        brian.run(seed=seed)
        return spikes_of(brian, recorder)


def assert_same(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one.keys() == other.keys()
        for name in one:
            np.testing.assert_array_equal(one[name], other[name], err_msg=name)


# --- presentations do not depend on one another ---


@pytest.fixture(scope="module")
def given(make_spikes):
    durations = (12, 5, 20, 9, 1, 15, 7)
    words = (3, 7, 1, 5, 7, 2, 4)
    return SpikeStimulus(
        [
            make_spikes(count, steps=steps, seed=steps)
            for count, steps in zip(words, durations, strict=True)
        ]
    )


@pytest.mark.parametrize("kind", ["sentences", "given"])
def test_a_sentence_has_the_same_spikes_anywhere_in_a_stream(network, request, kind):
    stimulus = request.getfixturevalue(kind)
    whole = present(network, stimulus)
    assert sum(spikes["output"].sum() for spikes in whole) > 0
    for order in ([3], [3, 0, 1], [0, 3, 2], [6, 1, 3]):
        found = present(network, choose(stimulus, order))
        assert_same(found, [whole[number] for number in order])


@pytest.mark.parametrize("kind", ["sentences", "given"])
def test_what_is_padded_changes_nothing(network, request, kind):
    stimulus = choose(request.getfixturevalue(kind), [0, 2, 5])
    assert max(stimulus.words) == 3
    assert_same(present(network, stimulus), present(crop(network, 3), stimulus))


@pytest.mark.parametrize("kind", ["sentences", "given"])
def test_a_network_presents_other_sentences(network, request, kind):
    stimulus = request.getfixturevalue(kind)
    first, second = choose(stimulus, [1, 0]), choose(stimulus, [5, 3, 2])
    with BrianNetwork(network, first, backend="numpy") as brian:
        recorder = Recorder(brian)
        brian.run(seed=3)
        assert_same(spikes_of(brian, recorder), present(network, first, seed=3))
        counts = recorder.counts("output")
        brian.run(seed=4, stimulus=second)
        assert_same(spikes_of(brian, recorder), present(network, second, seed=4))
        brian.run(seed=3, stimulus=first)
        assert_same(spikes_of(brian, recorder), present(network, first, seed=3))
        np.testing.assert_array_equal(recorder.counts("output"), counts)


def test_membranes_are_those_of_the_run_that_was_last(network, sentences):
    first, second = choose(sentences, [1, 0]), choose(sentences, [5, 3])

    def membranes(*stimuli):
        with BrianNetwork(network, stimuli[0], backend="numpy") as brian:
            recorder = Recorder(brian, membranes={"conv2": range(16)})
            for stimulus in stimuli:
                brian.run(seed=4, stimulus=stimulus)
            return [recorder.activity(number)["conv2"].membrane for number in range(2)]

    for found, expected in zip(membranes(first, second), membranes(second), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_a_part_has_the_spikes_that_it_has_in_the_whole(network, sentences):
    whole = present(network, sentences, seed=9)
    part = PoissonStimulus(
        sentences.table, sentences.ids[5:], sentences.durations[5:], numbers=(5, 6)
    )
    assert_same(present(network, part, seed=9), whole[5:])


def test_rates_need_not_come_from_the_same_table(network, sentences):
    part = choose(sentences, [4, 3])
    rates = [sentences.table[ids] for ids in part.ids]
    renumbered = PoissonStimulus.of_rates(rates, 10)
    own_table = PoissonStimulus.of_words(sentences.table, part.ids, 10)
    assert_same(present(network, renumbered), present(network, own_table))


def test_the_input_group_says_what_is_presented(network, sentences):
    begin = np.cumsum([0, *sentences.durations])
    with BrianNetwork(network, sentences, backend="numpy") as brian:
        recorder = Recorder(brian, layers=[])
        group = brian.groups["input"]
        monitor = brian2.StateMonitor(group, "presentation", record=[0], clock=brian.clock)
        brian.network.add(monitor)
        brian.run(seed=0)
        np.testing.assert_array_equal(brian.begin, begin)
        expected = np.repeat(np.arange(7), np.diff(begin))
        np.testing.assert_array_equal(np.ravel(monitor.presentation), expected)
        assert recorder.spikes == {}


def steps_and_neurons(monitor, dt):
    step = np.rint(np.asarray(monitor.t / dt)).astype(int)
    return sorted(zip(step.tolist(), np.array(monitor.i).tolist(), strict=True))


def test_presentations_follow_each_other_at_once(network, table):
    stimulus = PoissonStimulus(np.ones_like(table), [[0] * 7, [1]], (4, 2), (0, 1))
    with BrianNetwork(network, stimulus, backend="numpy") as brian:
        recorder = Recorder(brian, layers=["input"])
        brian.run(seed=0)
        found = steps_and_neurons(recorder.spikes["input"], brian.dt)
    expected = [(n, i) for n in range(4) for i in range(42)]
    assert found == expected + [(4 + n, i) for n in range(2) for i in range(6)]


def test_the_input_is_silent_in_a_pause(table):
    stimulus = PoissonStimulus(np.ones_like(table), [[0, 2], [1]], (4, 2), (0, 1))
    with codegen_target("numpy"):
        clock = brian2.Clock(1 * brian2.ms)
        group = Presentations(42, FEATURES, poisson=True, clock=clock, name="words*")
        group.schedule = schedule(stimulus, beginnings(stimulus, pause=3), seed=0)
        monitor = brian2.SpikeMonitor(group)
        brian2.Network(group, monitor).run(12 * clock.dt)
    expected = [(n, i) for n in range(4) for i in range(12)]
    expected += [(7 + n, i) for n in range(2) for i in range(6)]
    assert steps_and_neurons(monitor, clock.dt) == expected


def test_slices_of_the_input_spike_and_are_recorded(make_spikes):
    spikes = make_spikes(4, features=2, steps=20)
    with codegen_target("numpy"):
        clock = brian2.Clock(1 * brian2.ms)
        group = Presentations(8, 2, poisson=False, clock=clock, name="words*")
        stimulus = SpikeStimulus([spikes])
        group.schedule = schedule(stimulus, beginnings(stimulus, pause=1), seed=0)
        part = group[2:6]
        target = brian2.NeuronGroup(6, "v : 1", clock=clock)
        synapses = ConvolutionalSynapses(part, target, np.ones((3, 1, 2)))
        monitor = brian2.SpikeMonitor(part)
        brian2.Network(group, part, target, synapses, monitor).run(21 * clock.dt)
    inner = spikes.reshape(20, 8)[:, 2:6]
    step, neuron = np.nonzero(inner)
    np.testing.assert_array_equal(monitor.i, neuron)
    np.testing.assert_array_equal(np.rint(np.asarray(monitor.t / clock.dt)), step)
    np.testing.assert_array_equal(target.v, np.repeat(inner.sum(axis=0).reshape(2, 2).sum(1), 3))
    for item in (2, slice(0, 8, 2), slice(3, 3)):
        with pytest.raises((TypeError, IndexError), match="contiguous slices"):
            group[item]


def test_networks_leave_nothing_behind(network, sentences):
    def names():
        with BrianNetwork(network, sentences, backend="numpy") as brian:
            recorder = Recorder(brian)
            brian.run(seed=0)
            recorder.activity(0)
            return [brian.clock.name, *(group.name for group in brian.groups.values())]

    assert names() == names() == ["steps", *network.order]


def test_names_of_networks_that_nobody_holds_are_free(network, sentences):
    with BrianNetwork(network, sentences, backend="numpy") as brian:
        cycle = [brian]
        cycle.append(cycle)
    del brian, cycle
    with BrianNetwork(network, sentences, backend="numpy") as brian:
        assert [group.name for group in brian.groups.values()] == list(network.order)


# --- what is refused ---


@pytest.mark.parametrize("rate", [-0.1, 1.1, np.nan])
def test_rates_are_probabilities(rate):
    with pytest.raises(ValueError, match="from 0 to 1"):
        PoissonStimulus.of_rates([np.full((2, 3), rate)], 10)


def test_each_sentence_has_a_duration_and_a_number(table):
    with pytest.raises(ValueError, match="each sentence"):
        PoissonStimulus(table, [np.arange(3)], (10, 10), (0,))
    with pytest.raises(ValueError, match="each sentence"):
        PoissonStimulus.of_words(table, [np.arange(3)], 10, numbers=(1, 2))


def test_sentences_have_to_fit_what_was_built(network, make_spikes, table):
    with pytest.raises(ValueError, match="3 positions, and a presentation 5"):
        BrianNetwork(crop(network, 3), SpikeStimulus([make_spikes(5)]), backend="numpy")
    with pytest.raises(ValueError, match="7 positions, and a presentation 8"):
        BrianNetwork(network, SpikeStimulus([make_spikes(8)]), backend="numpy")
    with pytest.raises(ValueError, match="7 positions, and a presentation 0"):
        BrianNetwork(network, SpikeStimulus([make_spikes(0)]), backend="numpy")
    with BrianNetwork(crop(network, 3), SpikeStimulus([make_spikes(3)]), backend="numpy") as brian:
        with pytest.raises(ValueError, match="3 positions, and a presentation 4"):
            brian.run(seed=0, stimulus=SpikeStimulus([make_spikes(1), make_spikes(4)]))
        with pytest.raises(ValueError, match="built for a SpikeStimulus"):
            brian.run(seed=0, stimulus=PoissonStimulus.of_words(table, [np.arange(2)], 5))
        brian.run(seed=0)


def test_a_presentation_lasts_and_there_is_one(network, make_spikes):
    for durations in ([0], [4, 0, 4]):
        stimulus = SpikeStimulus([make_spikes(3, steps=steps) for steps in durations])
        for synapses in ("shared", "stock"):
            with pytest.raises(ValueError, match="at least one step"):
                BrianNetwork(network, stimulus, backend="numpy", synapses=synapses)
    with pytest.raises(ValueError, match="at least one presentation"):
        BrianNetwork(network, SpikeStimulus([]), backend="numpy")


@pytest.mark.parametrize("features", [3, 12])
def test_words_have_the_features_of_the_network(network, make_spikes, features):
    of_rates = PoissonStimulus.of_rates([np.full((3, features), 0.5)], 5)
    of_spikes = SpikeStimulus([make_spikes(3), make_spikes(3, features=features)])
    for stimulus in (of_rates, of_spikes):
        with pytest.raises(ValueError, match="6 features"):
            BrianNetwork(network, stimulus, backend="numpy")


def test_stock_synapses_present_what_they_were_built_with_once(network, make_spikes, sentences):
    with pytest.raises(ValueError, match="same number of steps"):
        BrianNetwork(network, sentences, backend="numpy", synapses="stock")
    stimulus = SpikeStimulus([make_spikes(3)])
    with BrianNetwork(network, stimulus, backend="numpy", synapses="stock") as brian:
        with pytest.raises(ValueError, match="present what they were built with"):
            brian.run(seed=0, stimulus=stimulus)
        brian.run(seed=0)
        with pytest.raises(ValueError, match="once"):
            brian.run(seed=0)


def test_a_stimulus_is_one_of_the_two():
    with pytest.raises(TypeError, match="no stimulus"):
        schedule(type("Other", (), {"durations": (1,)})(), np.arange(2), seed=0)
