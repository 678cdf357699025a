"""What differs between two recordings, against counts over all neurons and steps."""

import numpy as np
import pytest
import xarray as xr

from analysis.alignment import align
from analysis.changes import (
    both_spikes,
    check_alike,
    layer_changes,
    lead,
    place_changes,
    pushes,
    recorded_in_both,
    votes,
    word_changes,
)
from analysis.recordings import words

LONGER = ("a", "truly", "gripping", ",", "funny", "film")
OTHER = ("a", "gripping", ",", "dull", "film")


@pytest.fixture(scope="module", params=[OTHER, LONGER], ids=["replaced", "put in"])
def both(request, make_sample):
    """Return recordings of two sentences, of one length and of two."""
    # The sample's rates belong to places, so it is the seed that makes other spikes.
    return make_sample(hidden=5), make_sample(request.param, hidden=5, seed=2)


def times_and_neurons(recording, layer):
    """Return the spikes of a layer as a set of step, place, feature, ..."""
    return set(zip(*np.nonzero(recording[layer]["spikes"].values), strict=True))


def test_spikes_of_layers_are_sets(both):
    original, changed = both
    found = layer_changes(original, changed)
    assert [change.layer for change in found] == original.attrs["layers"]
    assert all(change.lost or change.gained for change in found[:3])
    for change in found:
        before, after = (times_and_neurons(r, change.layer) for r in both)
        assert (change.original, change.changed) == (len(before), len(after))
        assert change.common == len(before & after)
        assert (change.lost, change.gained) == (len(before - after), len(after - before))
        assert change.share == pytest.approx(len(before & after) / len(before | after))
        assert change.first == min((step for step, *_ in before ^ after), default=None)


def test_the_same_recording_differs_in_nothing(both):
    for recording in both:
        for change in layer_changes(recording, recording):
            assert (change.lost, change.gained, change.first, change.share) == (0, 0, None, 1)
        assert lead(recording, recording).original == lead(recording, recording).changed


def test_places_that_a_sentence_lacks_are_silent(both):
    original, changed = both
    for layer in original.attrs["layers"]:
        before, after = both_spikes(original, changed, layer)
        assert before.shape == after.shape
        assert before.sum() == original[layer].attrs["spike_count"]
        assert after.sum() == changed[layer].attrs["spike_count"]


def spikes_at(spikes, place):
    """Return steps and features of a word's spikes as a set; none for no word."""
    return set() if place is None else set(map(tuple, np.argwhere(spikes[:, place])))


def test_words_are_compared_with_what_they_became(both):
    original, changed = both
    pairs = align(words(original), words(changed))
    found = word_changes(original, changed, pairs)
    before, after = (r["input"]["spikes"].values for r in both)
    for pair, change in zip(pairs, found, strict=True):
        was = spikes_at(before, pair.original)
        now = spikes_at(after, pair.changed)
        assert (change.original, change.changed) == (len(was), len(now))
        assert change.common == len(was & now)


def test_places_add_up_to_layers(both):
    for change in layer_changes(*both):
        if change.layer.startswith("conv"):
            found = place_changes(*both, change.layer).sum(axis=(0, 1))
            assert found.tolist() == [change.lost, change.gained]


def test_the_lead_is_of_the_first_answer_over_the_second(both):
    original, changed = both
    found = lead(original, changed)
    before, after = votes(original), votes(changed)
    assert before.tolist() == original["output"]["spikes"].sum(("time", "neuron")).values.tolist()
    assert {found.label, found.rival} == {0, 1}
    assert before[found.label] >= before[found.rival]
    assert found.original == before[found.label] - before[found.rival]
    assert found.changed == after[found.label] - after[found.rival]


def test_a_rival_is_the_new_answer_or_the_runner_up(make_sample):
    labels = ("bad", "fair", "good")
    original, changed = make_sample(labels=labels, hidden=2), make_sample(LONGER, labels, hidden=2)
    for one, other in ((original, changed), (changed, original), (original, original)):
        found, after = lead(one, other), votes(other)
        assert found.label == votes(one).argmax()
        rest = [count for label, count in enumerate(after) if label != found.label]
        assert after[found.rival] == max(rest)


@pytest.mark.parametrize("hidden", [0, 5])
def test_pushes_add_up_to_the_change_of_current(make_sample, make_network, hidden):
    original, changed = make_sample(hidden=hidden), make_sample(OTHER, hidden=hidden, seed=3)
    network, found = make_network(2, 8, hidden), lead(original, changed)
    told = pushes(network, original, changed, found)
    weight = network.weights["output"]
    sources = ["hidden"] if hidden else ["pool2", "pool3"]
    counts = [
        np.concatenate([r[name]["spikes"].values.sum(axis=0).ravel() for name in sources])
        for r in (original, changed)
    ]
    currents = weight @ (counts[1].astype(int) - counts[0].astype(int))
    by_class = currents.reshape(2, -1).sum(axis=1)
    assert told
    assert sum(push.current for push in told) == pytest.approx(
        by_class[found.label] - by_class[found.rival]
    )
    sizes = [abs(push.current) for push in told]
    assert sizes == sorted(sizes, reverse=True)
    for push in told:
        spikes = [
            int(r[push.layer]["spikes"].values.sum(axis=0).ravel()[push.index])
            for r in (original, changed)
        ]
        assert [push.original, push.changed] == spikes


def test_membranes_of_neurons_that_both_recorded(make_sample):
    original = make_sample(membranes={"output": [0, 2, 3]})
    changed = make_sample(OTHER, membranes={"output": [1, 2, 3]}, seed=2)
    found = recorded_in_both(original, changed, "output")
    assert [index for index, *_ in found] == [2, 3]
    _, before, after = found[0]
    assert before.tolist() == original["output"]["membrane"].values[:, 1].tolist()
    assert after.tolist() == changed["output"]["membrane"].values[:, 1].tolist()
    assert recorded_in_both(original, changed, "conv2") == []


def test_what_does_not_belong_together_is_named(make_sample):
    original = make_sample()
    for name, value in (("model", "big"), ("steps", 7), ("dt_ms", 0.5), ("encoding_version", 9)):
        other = original.copy(deep=True)
        other.attrs[name] = value
        with pytest.raises(ValueError, match=f"differ in {name}"):
            check_alike(original, other)
    other = original.copy(deep=True)
    other["pool2"].attrs["decay"] = 0.5
    with pytest.raises(ValueError, match="differ in decay of 'pool2'"):
        check_alike(original, other)
    with pytest.raises(ValueError, match="differ in layers"):
        check_alike(original, make_sample(hidden=3))
    with pytest.raises(ValueError, match="differ in their classes"):
        check_alike(original, make_sample(labels=("bad", "good")))
    other = original.copy(deep=True)
    other["conv2"] = xr.DataTree(other["conv2"].to_dataset().isel(feature=slice(3)))
    with pytest.raises(ValueError, match="shape of 'conv2'"):
        check_alike(original, other)
    check_alike(original, make_sample(LONGER, seed=4))
