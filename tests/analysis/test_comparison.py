"""Differences between two runs, layer by layer."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.comparison import Difference, compare, compare_activity
from networks.activity import Activity

SHAPE = (6, 2, 3)
spikes = arrays(bool, SHAPE)
membranes = arrays(np.float64, (6, 4), elements=st.floats(-1e6, 1e6))
recorded = st.lists(st.integers(0, 5), min_size=4, max_size=4, unique=True).map(np.array)
activities = st.builds(Activity, spikes, membranes, recorded)
differences = st.builds(
    Difference,
    st.integers(0, 1000),
    st.integers(0, 1000),
    st.one_of(st.just(math.nan), st.floats(0, 100)),
)


def same(a, b):
    return (a.spikes, a.differing) == (b.spikes, b.differing) and (
        a.membrane == b.membrane or (math.isnan(a.membrane) and math.isnan(b.membrane))
    )


@given(activities)
def test_a_run_does_not_differ_from_itself(activity):
    difference = compare_activity({"layer": activity}, {"layer": activity})["layer"]
    assert difference == Difference(int(activity.spikes.sum()), 0, 0.0)


@given(activities, activities)
def test_differing_spikes_are_in_exactly_one_run(a, b):
    difference = compare_activity({"layer": a}, {"layer": b})["layer"]
    only_a, only_b = (a.spikes & ~b.spikes).sum(), (b.spikes & ~a.spikes).sum()
    assert difference.differing == only_a + only_b
    assert difference.spikes == a.spikes.sum()
    back = compare_activity({"layer": b}, {"layer": a})["layer"]
    assert back.differing == difference.differing
    assert same(replace(back, spikes=0), replace(difference, spikes=0))


@given(activities, activities)
def test_membranes_are_compared_neuron_by_neuron(a, b):
    difference = compare_activity({"layer": a}, {"layer": b})["layer"]
    largest = [
        abs(a.membrane[:, i] - b.membrane[:, j]).max()
        for i, neuron in enumerate(a.recorded)
        for j, other in enumerate(b.recorded)
        if neuron == other
    ]
    assert difference.membrane == max(largest)


def test_without_common_neurons_the_membranes_do_not_count():
    a = Activity(np.zeros((2, 4), bool), np.ones((2, 1)), np.array([0]))
    b = Activity(np.zeros((2, 4), bool), np.zeros((2, 1)), np.array([3]))
    assert math.isnan(compare_activity({"x": a}, {"x": b})["x"].membrane)


def test_a_potential_that_is_no_number_does_not_pass_for_equal():
    a = Activity(np.zeros((2, 4), bool), np.full((2, 1), np.nan), np.array([0]))
    assert compare_activity({"x": a}, {"x": a})["x"].membrane == math.inf


@given(differences, differences, differences)
def test_differences_add_up_in_any_order(a, b, c):
    assert same(a + b, b + a)
    assert same((a + b) + c, a + (b + c))
    assert same(a + Difference(), a)
    total = sum((b, c), a)
    assert total.spikes == a.spikes + b.spikes + c.spikes
    assert total.differing == a.differing + b.differing + c.differing
    potentials = [d.membrane for d in (a, b, c) if not math.isnan(d.membrane)]
    assert same(total, replace(total, membrane=max(potentials, default=math.nan)))


def test_recordings_of_the_same_spikes_are_equal(recording, make_sample):
    difference = compare(recording, make_sample())
    assert list(difference) == recording.attrs["layers"]
    for name, layer in difference.items():
        membrane = math.nan if name == "input" else 0.0
        assert same(layer, Difference(recording[name].attrs["spike_count"], 0, membrane))


def test_recordings_of_other_spikes_differ(recording, make_sample):
    difference = compare(recording, make_sample(seed=2))
    for layer in difference.values():
        assert layer.differing > 0
    assert difference["conv2"].membrane > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"text": "another"}, "differ in their text: 'a gripping , funny film' and 'another'"),
        (
            {"words": ["a", "gripping", ",", "dull", "film"], "text": "a gripping , funny film"},
            "differ in their words",
        ),
        ({"labels": ("a", "b", "c")}, "layer 'output' differs in shape"),
    ],
)
def test_recordings_that_do_not_fit(recording, make_sample, change, message):
    with pytest.raises(ValueError, match=message):
        compare(recording, make_sample(**change))


def test_recordings_of_other_steps_do_not_fit(recording):
    slower = recording.copy()
    slower.attrs = recording.attrs | {"dt_ms": 5.0}
    with pytest.raises(ValueError, match="differ in their dt_ms: 2.0 and 5.0"):
        compare(recording, slower)


def test_other_layers_do_not_fit():
    with pytest.raises(ValueError, match="layers differ: a, b and a"):
        compare_activity({"a": None, "b": None}, {"a": None})
