"""The page about two sentences: its words, its numbers, its marks."""

import re

import numpy as np
import pytest
from bokeh.models import CustomJS, Select

from analysis.alignment import align
from analysis.changes import both_spikes, layer_changes, lead, pushes, word_changes
from analysis.recordings import words
from analysis.report import Comparison, make_comparison
from analysis.report.colours import (
    CHANGED,
    DARK,
    LIGHT,
    MARKS,
    NO_CLASS,
    ORIGINAL,
    class_colours,
    contrast,
)
from analysis.report.comparison_membranes import both_membranes_panel
from analysis.report.comparison_raster import difference_panel
from analysis.report.comparison_tables import (
    MOST_PUSHES,
    both_circumstances,
    both_vote_rows,
    fresh_rows,
    noise_note,
    place_labels,
    place_names_of_both,
    place_rows,
    push_rows,
    summary,
)
from analysis.report.comparison_votes import both_votes_panel
from analysis.style import COLOURS

FUNNY = ("a", "gripping", ",", "funny", "film")
DULL = ("a", "gripping", ",", "dull", "film")
LONGER = ("a", "truly", "gripping", ",", "funny", "film")


def compared(make_network, original, changed, **known):
    """Return what a page tells of two samples."""
    pairs, found = align(words(original), words(changed)), lead(original, changed)
    classes = original["output"].sizes["class"]
    hidden = original["hidden"].sizes["neuron"] if "hidden" in original.children else 0
    given = {
        "moved": [None if pair.same else -7 for pair in pairs],
        "pushes": pushes(make_network(classes, 8, hidden), original, changed, found),
        "probabilities": None,
        "fresh": np.ones((2, 3, classes), dtype=int),
        "fresh_labels": np.full((2, 3), -1),
    }
    return Comparison(original, changed, pairs, found, **(given | known))


@pytest.fixture
def page(make_network):
    """Return a function that makes a page without its scripts, on one line."""

    def make(original, changed, **known):
        text = make_comparison(compared(make_network, original, changed, **known))
        return " ".join(re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL).split())

    return make


@pytest.fixture(scope="module")
def original(make_sample):
    return make_sample(FUNNY, hidden=3)


@pytest.fixture(scope="module")
def changed(make_sample):
    return make_sample(DULL, hidden=3, seed=4)


def test_the_top_tells_answers_and_changes(page, original, changed):
    assert original.attrs["label_name"] == "positive"
    shown = page(original, changed, probabilities=np.array([[0.39, 0.61], [0.26, 0.74]]))
    assert "<h1>positive (61 %) → positive (74 %)</h1>" in shown
    assert "1 of 5 words changed:" in shown
    assert '“<span lang="en">funny</span>” → “<span lang="en">dull</span>”' in shown
    assert '<del class="word original" lang="en">funny</del>' in shown
    assert '<ins class="word changed" lang="en">dull</ins><small>−7</small>' in shown


def test_without_label_and_membranes_the_page_says_so(page, make_sample):
    one, other = (make_sample(membranes={}, seed=seed) for seed in (3, 6))
    assert one.attrs["label"] == other.attrs["label"] == -1
    shown = page(one, other, probabilities=np.array([[0.5, 0.5], [0.26, 0.74]]))
    assert "<h1>undecided → undecided</h1>" in shown
    assert "None was recorded under both sentences" in shown


def test_words_that_were_put_in(page, original, make_sample):
    shown = page(original, make_sample(LONGER, hidden=3))
    assert '1 put in: “<span lang="en">truly</span>” put in</p>' in shown
    assert '<ins class="word changed" lang="en">truly</ins>' in shown
    assert "Noise belongs to places, and 4 words moved to another" in shown
    assert "<h1>positive → positive</h1>" in shown


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("a b", "a c", "1 of 2 words changed"),
        ("a", "c", "1 of 1 word changed"),
        ("a b", "a b", "0 of 2 words changed"),
        ("a b", "a x b", "1 put in"),
        ("a b c", "d b", "1 of 3 words changed, 1 left out"),
    ],
)
def test_changes_are_counted(before, after, said):
    assert summary(align(before.split(), after.split()), len(before.split())) == said


def test_what_the_noise_does_is_counted(original, changed, make_sample):
    both = [r["input"]["spikes"].values.astype(bool) for r in (original, changed)]
    share = 100 * (both[0] & both[1]).sum() / (both[0] | both[1]).sum()
    said = noise_of(original, changed)
    assert f"Of the input spikes that either sentence has, {share:.1f} % are common" in said
    stay = [place for place in range(5) if place != 3]
    differ = (both[0] != both[1])[:, stay].sum()
    assert "The noise is another (seed 1, number 0; seed 4, number 0): 4 words stay" in said
    assert f"with {differ:,} spikes that only one of the sentences has" in said
    same = noise_of(original, make_sample(DULL, hidden=3))
    assert "The noise is the same (seed 1, number 0): 4 words stay at their places, with" in same
    assert f"the very same {both[0][:, stay].sum():,} spikes in both" in same
    assert "No word stays at its place" in noise_of(make_sample(("a",)), make_sample(("b",)))


def noise_of(original, changed):
    pairs = align(words(original), words(changed))
    inputs = word_changes(original, changed, pairs)
    whole, *_ = layer_changes(original, changed)
    return noise_note(pairs, inputs, whole, (original, changed))


def test_text_is_text(page, make_sample):
    hostile = ("<b>bold</b>", "</script>", "&amp;", '"quoted"', "'")
    text = "</script><script>window.harm = 1</script>"
    labels = ("<i>bad</i>", "good")
    one = make_sample(hostile, labels, text=text)
    shown = page(one, make_sample(hostile[::-1], labels, text=text, seed=2))
    for harm in ("<b>bold", "<i>bad", "<script>window.harm"):
        assert harm not in shown
    assert "&lt;b&gt;bold&lt;/b&gt;" in shown


def test_foreign_words_have_their_language(page, chinese_recording):
    chinese = chinese_recording.copy(deep=True)
    chinese.attrs["language"] = "zh"
    shown = page(chinese, chinese)
    assert '<span class="word" lang="zh">好吃</span>' in shown
    assert '<th scope="row" lang="zh">好吃</th>' in shown
    assert '<html lang="en">' in shown


@pytest.mark.parametrize("sentence", [DULL, LONGER])
def test_every_spike_is_one_mark(make_sample, sentence):
    original, changed = make_sample(FUNNY), make_sample(sentence, seed=2)
    panel = difference_panel(original, changed)
    dt = original.attrs["dt_ms"]
    places = max(len(FUNNY), len(sentence))
    first = {"conv3": places * 5, "pool3": 5}
    for layer in original.attrs["layers"]:
        before, after = (
            spikes.reshape(len(spikes), -1) for spikes in both_spikes(original, changed, layer)
        )
        for part, wanted in (
            ("both", before & after),
            ("original", before & ~after),
            ("changed", after & ~before),
        ):
            marks = panel.select_one({"name": f"{layer} {part}"}).data_source.data
            step, row = np.nonzero(wanted)
            np.testing.assert_allclose(marks["time"], step * dt)
            np.testing.assert_allclose(marks["row"], row + first.get(layer, 0) + 0.5)


def test_places_have_the_words_of_both(original, changed, make_sample):
    assert place_labels(original, changed) == ["a", "gripping", ",", "funny → dull", "film"]
    names = place_names_of_both(original, changed, "input")
    assert names[3] == "w4 “funny” → “dull”, feature "
    assert names[4] == "w5 “film”, feature "
    conv = place_names_of_both(original, changed, "conv2")
    assert conv[2] == "w3 “, funny” → “, dull”, map "
    longer = make_sample(LONGER, hidden=3)
    assert place_names_of_both(original, longer, "input")[5] == "w6 “film”, feature "
    assert place_labels(original, longer)[4:] == ["film → funny", "film"]
    assert place_names_of_both(original, changed, "output") == [
        *("negative, neuron ", "positive, neuron ")
    ]


def test_votes_of_both_are_drawn_to_their_last_count(original, changed):
    plot = both_votes_panel(original, changed)
    said = [item.label.value for item in plot.legend[0].items]
    counts = [r["output"]["spikes"].sum(("time", "neuron")).values for r in (original, changed)]
    assert said == [
        f"{name}, {sentence}: {counts[number][label]}"
        for label, name in enumerate(("negative", "positive"))
        for number, sentence in enumerate(("original", "changed"))
    ]
    columns, rows = both_vote_rows(original, changed)
    assert columns[1:] == [
        f"{name}, {sentence}"
        for sentence in ("original", "changed")
        for name in ("negative", "positive")
    ]
    assert rows[-1][1:] == [str(count) for of_sentence in counts for count in of_sentence]


def test_lost_and_gained_spikes_of_places(original, changed):
    columns, rows = place_rows(original, changed)
    assert columns == ["window from", "input", "conv2", "conv3"]
    before, after = both_spikes(original, changed, "conv3")
    for place, (name, *_, told) in enumerate(rows):
        lost = (before & ~after)[:, place].sum()
        gained = (after & ~before)[:, place].sum()
        minus = f"−{lost}" if lost else "0"
        plus = f"+{gained}" if gained else "0"
        assert told == (f"{minus} {plus}" if lost or gained else "0")
        assert name.startswith(f"w{place + 1} ")


def test_feature_maps_name_the_window_that_changed_most(make_sample, make_network):
    original, changed = make_sample(FUNNY), make_sample(LONGER, seed=5)
    comparison = compared(make_network, original, changed)
    rows = push_rows(original, changed, comparison.pushes, comparison.lead)
    assert rows
    assert len(rows) == min(MOST_PUSHES, len(comparison.pushes))
    for push, row in zip(comparison.pushes, rows, strict=False):
        name, width, spikes, window, there, current, label = row
        width_of_layer = push.layer.removeprefix("pool")
        assert (name, width) == (f"{push.layer}, map {push.index}", width_of_layer)
        assert spikes == f"{push.original} → {push.changed}"
        before, after = both_spikes(original, changed, f"conv{width_of_layer}")
        before, after = before[..., push.index], after[..., push.index]
        apart = (before != after).sum(axis=0)
        place = apart.argmax()
        assert window.startswith(f"w{place + 1} ")
        assert there == f"{before[:, place].sum()} → {after[:, place].sum()}"
        assert float(current.replace("−", "-")) == pytest.approx(push.current, abs=0.05)
        classes = ("negative", "positive")
        found = comparison.lead
        assert label == classes[found.label if push.current > 0 else found.rival]


def test_draws_with_other_noise_are_counted(original, changed):
    votes = np.array([[[1, 5], [2, 8], [3, 3]], [[9, 1], [0, 0], [2, 1]]])
    labels = np.array([[1, 1, -1], [0, -1, 0]])
    found = lead(original, changed)
    assert (found.label, found.rival) == (1, 0)
    assert fresh_rows(votes, labels, ("bad", "good"), found) == [
        ["original", "0", "2", "1", "+3.3", "0", "+6"],
        ["changed", "2", "0", "1", "−3.0", "−8", "0"],
    ]


def test_membranes_open_on_the_output_neuron_that_differs_most(make_sample):
    original = make_sample(FUNNY, hidden=3)
    changed = make_sample(DULL, hidden=3, seed=4)
    panel = both_membranes_panel(original, changed)
    picked = {choice.title: choice for choice in panel.select({"type": Select})}
    assert picked["Layer"].value == "output"
    before, after = both_spikes(original, changed, "output")
    differ = (before != after).reshape(len(before), -1).sum(axis=0)
    assert differ[int(picked["Neuron"].value)] == differ.max() > 0
    pick = next(iter(panel.select({"type": CustomJS})))
    for number, sentence in enumerate(("original", "changed")):
        recording = (original, changed)[number]
        drawn = panel.select_one({"name": f"membrane, {sentence}"}).data_source.data
        column = recording["output"]["index"].values.tolist().index(int(picked["Neuron"].value))
        assert (
            drawn["membrane"].tolist() == recording["output"]["membrane"].values[:, column].tolist()
        )
        steps = pick.args["steps"][sentence]["output"][picked["Neuron"].value]
        spikes = recording["output"]["spikes"].values.reshape(30, -1)
        assert steps == np.flatnonzero(spikes[:, int(picked["Neuron"].value)]).tolist()


def test_circumstances_that_differ_have_both_values(original, changed):
    told = dict(both_circumstances(original, changed))
    assert told["seed"] == "1 / 4"
    assert told["steps"] == "30"


def test_colours_of_sentences_are_seen_on_both_papers_and_are_no_class():
    for colour in (ORIGINAL, CHANGED):
        for paper in (LIGHT, DARK):
            assert contrast(colour, paper["paper"]) >= MARKS
        assert colour not in {*class_colours(7), *COLOURS, NO_CLASS}
