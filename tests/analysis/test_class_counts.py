"""The vote over time ends in the counts and the label of the recording."""

import numpy as np
import pytest

from analysis.counts import cumulative_class_counts, plot_class_counts
from analysis.view import View
from bionlp.decision import predict_labels


def test_counts_add_up_to_the_votes(recording):
    counts = cumulative_class_counts(recording)
    assert counts.dims == ("class", "time")
    assert list(counts["class"].values) == ["negative", "positive"]
    np.testing.assert_array_equal(counts["time"], recording["time"])
    votes = recording["output"]["spikes"].sum(("time", "neuron"))
    np.testing.assert_array_equal(counts.isel(time=-1), votes)
    assert predict_labels(counts.values[:, -1]) == recording.attrs["label"]
    assert (counts.diff("time") >= 0).all()
    first = recording["output"]["spikes"].isel(time=0).sum("neuron")
    np.testing.assert_array_equal(counts.isel(time=0), first)


def test_every_class_has_a_line_and_the_label_is_marked(make_sample, draw):
    classes = ["terrible", "bad", "neutral", "good", "excellent"]
    recording = make_sample(labels=classes, seed=9)
    figure = plot_class_counts(recording)
    draw(figure)
    (ax,) = figure.axes
    counts = cumulative_class_counts(recording).values
    for line, expected in zip(ax.lines, counts, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), expected)
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    label = recording.attrs["label"]
    assert legend == [
        f"{name}: {count[-1]}" + " (label)" * (number == label)
        for number, (name, count) in enumerate(zip(classes, counts, strict=True))
    ]
    sizes = [line.get_markersize() for line in ax.lines]
    assert np.argmax(sizes) == label
    assert sizes.count(max(sizes)) == 1
    assert ax.get_xlabel() == "Time (ms)"


def test_a_window_counts_from_the_first_step(recording, draw):
    figure = plot_class_counts(recording, View(start=20, end=40, title="Votes", width=7.2))
    draw(figure)
    (ax,) = figure.axes
    counts = cumulative_class_counts(recording).values
    for line, expected in zip(ax.lines, counts, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), expected[10:20])
    assert ax.get_title() == "Votes"
    assert ax.get_xlim()[0] == 20


@pytest.mark.parametrize("view", [View(neurons=2), View(layers=["output"])])
def test_votes_are_those_of_all_output_neurons(recording, view):
    with pytest.raises(ValueError, match="no others can be chosen"):
        plot_class_counts(recording, view)


def test_chinese_classes(chinese_recording, chinese_font, draw):
    figure = plot_class_counts(chinese_recording)
    for suffix in ("png", "pdf", "svg"):
        draw(figure, suffix)
    legend = figure.axes[0].get_legend().get_texts()
    assert [text.get_text().partition(":")[0] for text in legend] == ["差评", "好评"]


def test_chinese_classes_are_numbered_where_no_font_has_them(
    chinese_recording, without_chinese_fonts, draw
):
    figure = plot_class_counts(chinese_recording)
    draw(figure)
    legend = figure.axes[0].get_legend().get_texts()
    assert [text.get_text().partition(":")[0] for text in legend] == ["class 1", "class 2"]
