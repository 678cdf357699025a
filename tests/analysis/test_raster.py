"""The raster shows every spike at its time, under readable labels."""

import numpy as np
import pytest
from matplotlib.collections import LineCollection

from analysis.raster import plot_raster
from analysis.recordings import NO_LABEL

LONG = [f"word{number}" for number in range(39)]


def marks(figure):
    """Return times and rows of the marks of each layer, drawn as lines or as points."""
    found = {}
    for ax in figure.axes:
        for artist in (*ax.lines, *ax.collections):
            if isinstance(artist, LineCollection):
                points = [segment.mean(axis=0) for segment in artist.get_segments()]
            elif artist.get_gid():
                points = artist.get_xydata()
            else:
                continue
            found.setdefault(artist.get_gid(), []).extend(points)
    return {layer: np.reshape(points, (-1, 2)) for layer, points in found.items()}


def labels(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def test_every_spike_is_drawn_once(recording):
    drawn = marks(plot_raster(recording))
    assert list(drawn) == recording.attrs["layers"]
    for name, points in drawn.items():
        assert len(points) == recording[name].attrs["spike_count"] > 0
        assert len(np.unique(points, axis=0)) == len(points)


def test_a_spike_is_at_its_time_and_in_its_row(recording):
    drawn = marks(plot_raster(recording))
    step, position, feature = np.nonzero(recording["input"]["spikes"].values)
    features = recording["input"].sizes["feature"]
    expected = np.column_stack([step * 2.0, position * features + feature + 0.5])
    assert {*map(tuple, drawn["input"])} == {*map(tuple, expected)}


def test_panels_and_bands_are_labelled(recording):
    figure = plot_raster(recording)
    assert [ax.get_ylabel() for ax in figure.axes] == ["Input", "Convolution", "Pooling", "Output"]
    assert [labels(ax) for ax in figure.axes] == [
        ["a", "gripping", ",", "funny", "film"],
        ["width 2", "width 3"],
        ["width 2", "width 3"],
        ["negative", "positive"],
    ]
    assert figure.axes[-1].get_xlabel() == "Time (ms)"
    title = figure.axes[0].get_title(loc="left")
    assert title == f"“a gripping , funny film” → {recording.attrs['label_name'] or NO_LABEL}"


def test_beside_each_band_is_its_number_of_spikes(recording):
    output = plot_raster(recording).axes[-1]
    counts = recording["output"]["spikes"].sum(("time", "neuron")).values
    assert [text.get_text() for text in output.texts] == [f"{count:,}" for count in counts]


@pytest.mark.parametrize("words", [["brilliant"], LONG])
def test_no_panel_is_crushed_by_another(make_sample, draw, words):
    classes = ["terrible", "bad", "neutral", "good", "excellent"]
    figure = plot_raster(make_sample(words, classes, length=40))
    draw(figure)
    heights = [ax.get_window_extent().height / figure.dpi for ax in figure.axes]
    assert min(heights) > 0.3
    assert figure.get_figheight() < 9.5
    assert labels(figure.axes[0]) == words
    assert labels(figure.axes[-1]) == classes


def test_words_may_look_like_mathematics(make_sample, draw):
    words = ["$5", "or", "$6", "^", "_", "\\frac"]
    figure = plot_raster(make_sample(words))
    draw(figure)
    assert labels(figure.axes[0]) == words


@pytest.mark.parametrize("suffix", ["pdf", "svg"])
def test_vector_files_stay_small(make_sample, draw, suffix):
    figure = plot_raster(make_sample(LONG, length=40))
    assert draw(figure, suffix).stat().st_size < 500_000


def test_a_silent_network_can_be_drawn(make_sample, draw):
    silent = make_sample().copy()
    for name in silent.attrs["layers"]:
        silent[name]["spikes"] = silent[name]["spikes"] & False
    draw(plot_raster(silent))


def test_chinese_words_are_drawn_where_a_font_has_them(chinese_recording, chinese_font, draw):
    figure = plot_raster(chinese_recording)
    draw(figure)
    assert labels(figure.axes[0]) == ["菜", "很", "好吃", "！"]
    assert labels(figure.axes[-1]) == ["差评", "好评"]
    assert "“菜很好吃！” → " in figure.axes[0].get_title(loc="left")
    assert figure.get_supxlabel() == ""


def test_chinese_words_are_numbered_where_no_font_has_them(
    chinese_recording, without_chinese_fonts, draw
):
    figure = plot_raster(chinese_recording)
    draw(figure)
    assert labels(figure.axes[0]) == ["w1", "w2", "w3", "w4"]
    assert labels(figure.axes[-1]) == ["class 1", "class 2"]
    assert figure.axes[0].get_title(loc="left").startswith("A text of 4 words → class ")
    assert "install a font" in figure.get_supxlabel()


@pytest.mark.parametrize("hidden", [7, 8])
def test_hidden_neurons_have_a_panel_of_their_own(make_sample, draw, hidden):
    figure = plot_raster(make_sample(hidden=hidden))
    draw(figure)
    panels = [ax.get_ylabel() for ax in figure.axes]
    assert panels == ["Input", "Convolution", "Pooling", "Dense", "Output"]
    assert labels(figure.axes[3]) == ["hidden"]
    assert figure.axes[3].get_ylim() == (hidden, 0)


def test_a_kind_that_is_new_has_a_usual_height(make_sample, draw):
    recording = make_sample().copy()
    recording["pool2"].attrs["kind"] = "unheard"
    figure = plot_raster(recording)
    draw(figure)
    panels = [ax.get_ylabel() for ax in figure.axes]
    assert panels == ["Input", "Convolution", "Unheard", "Pooling", "Output"]
