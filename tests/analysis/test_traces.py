"""Traces show recorded potentials, their threshold and spikes."""

import numpy as np
import pytest

from analysis.traces import choose_neurons, plot_traces
from analysis.view import View


def line(ax, gid):
    (found,) = (line for line in ax.lines if line.get_gid() == gid)
    return found


def titles(figure):
    return [ax.get_title(loc="left") for ax in figure.axes]


def test_potentials_fall_by_the_threshold_at_each_spike(recording):
    figure = plot_traces(recording, {"pool3": [2]})
    layer = recording["pool3"]
    membrane = layer["membrane"].values[:, 2]
    spikes = layer["spikes"].values[:, 2]
    assert spikes.any()
    expected = []
    for time, value, fired in zip(recording["time"].values, membrane, spikes, strict=True):
        expected.append((time, value))
        if fired:
            expected.append((time, value - layer.attrs["threshold"]))
    drawn = line(figure.axes[0], "membrane").get_xydata()
    np.testing.assert_allclose(drawn, expected)


def test_threshold_and_spikes_are_marked(recording):
    for name in recording.attrs["layers"][1:]:
        (ax,) = plot_traces(recording, {name: [1]}).axes
        threshold = recording[name].attrs["threshold"]
        assert {*line(ax, "threshold").get_ydata()} == {threshold}
        assert ax.texts[0].get_text() == f"θ = {threshold:g}"
        spikes = recording[name]["spikes"].values.reshape(30, -1)[:, 1]
        times = recording["time"].values[spikes]
        np.testing.assert_array_equal(line(ax, "spikes").get_xdata(), times)


def test_neurons_are_named(recording):
    figure = plot_traces(recording, {"conv3": [7], "pool2": [4], "output": [4]})
    assert titles(figure) == [
        "conv3 · 'gripping , funny' · map 2",
        "pool2 · map 4",
        "output · positive · neuron 1",
    ]
    assert figure.axes[-1].get_xlabel() == "Time (ms)"


def test_a_window_beyond_the_end_is_named_by_the_words_in_it(make_sample):
    recording = make_sample(["funny"])
    assert titles(plot_traces(recording, {"conv3": [0]})) == ["conv3 · 'funny' · map 0"]


def test_by_default_the_choose_neurons_of_each_layer_and_class_are_shown(recording, draw):
    figure = plot_traces(recording)
    draw(figure)
    chosen = choose_neurons(recording)
    assert {name: len(neurons) for name, neurons in chosen.items()} == {
        "input": 0,
        "conv2": 1,
        "conv3": 1,
        "pool2": 1,
        "pool3": 1,
        "output": 2,
    }
    assert len(figure.axes) == 6
    for name in ("conv2", "conv3", "pool2", "pool3"):
        counts = recording[name]["spikes"].values.reshape(30, -1).sum(axis=0)
        fewer = np.minimum(counts, 30 - counts)
        assert fewer[chosen[name][0]] == fewer[recording[name]["index"].values].max()
    assert [neuron // 3 for neuron in chosen["output"]] == [0, 1]


def test_layers_narrow_the_default_choice(recording):
    figure = plot_traces(recording, view=View(layers=["pool2"], neurons=3))
    assert len(figure.axes) == 3
    assert all(title.startswith("pool2 · map ") for title in titles(figure))


def test_neurons_that_were_left_out_are_not_chosen(make_sample):
    recording = make_sample(membranes={"conv2": [3, 9], "output": [5]})
    chosen = choose_neurons(recording, per_layer=5)
    assert sorted(chosen["conv2"]) == [3, 9]
    assert chosen["output"] == [5]


@pytest.mark.parametrize("number", [0, 31])
def test_a_figure_has_room_for_some_neurons(recording, number):
    with pytest.raises(ValueError, match=f"1 to 30 neurons, not {number}"):
        plot_traces(recording, {"output": [0] * number})


def test_a_window_has_its_steps(recording, draw):
    figure = plot_traces(recording, {"pool3": [2]}, view=View(start=10, end=20, width=3.5))
    draw(figure)
    (ax,) = figure.axes
    times = line(ax, "membrane").get_xdata()
    assert (times.min(), times.max()) == (10, 18)
    assert ax.get_xlim() == (10, 20)
    column = recording["pool3"]["index"].values.tolist().index(2)
    first = recording["pool3"]["membrane"].values[5, column]
    assert line(ax, "membrane").get_ydata()[0] == first


def test_the_height_that_is_said_to_be_enough_is(recording, draw):
    with pytest.raises(ValueError, match="6 neurons do not fit into 2 inches") as error:
        plot_traces(recording, view=View(height=2))
    enough = float(str(error.value).split("; ")[1].split()[0])
    draw(plot_traces(recording, view=View(height=enough)))


def test_without_membranes_the_message_says_what_to_do(make_sample):
    with pytest.raises(ValueError, match="no membrane potentials .* --record"):
        plot_traces(make_sample(membranes={}))


def test_a_neuron_that_was_not_recorded_is_named(recording):
    with pytest.raises(ValueError, match="neuron 30 of conv2 was not recorded.* conv2:30"):
        plot_traces(recording, {"conv2": [30]})


@pytest.mark.parametrize("choice", [{"neurons": {"conv9": [0]}}, {"view": View(layers=["conv9"])}])
def test_an_unknown_layer_is_named(recording, choice):
    with pytest.raises(ValueError, match="no layer 'conv9', only input, conv2"):
        plot_traces(recording, **choice)


def test_chinese_windows_are_numbered_where_no_font_has_them(
    chinese_recording, without_chinese_fonts, draw
):
    figure = plot_traces(chinese_recording, {"conv2": [6], "output": [3]})
    draw(figure)
    assert titles(figure) == ["conv2 · 'w2 w3' · map 1", "output · class 2 · neuron 0"]
    assert "install a font" in figure.get_supxlabel()


@pytest.mark.parametrize("hidden", [7, 8])
def test_hidden_neurons_are_numbered_and_have_no_class(make_sample, draw, hidden):
    recording = make_sample(hidden=hidden)
    figure = plot_traces(recording, {"hidden": [hidden - 1]})
    draw(figure)
    assert titles(figure) == [f"hidden · neuron {hidden - 1}"]
    assert len(choose_neurons(recording)["hidden"]) == 1


def test_each_neuron_has_its_own_threshold(make_sample):
    recording = make_sample(hidden=3)
    first, second = plot_traces(recording, {"conv2": [1, 7]}).axes
    thresholds = recording["conv2"]["threshold"].values.ravel()
    assert line(first, "threshold").get_ydata()[0] == thresholds[1]
    assert line(second, "threshold").get_ydata()[0] == thresholds[7]


def test_neurons_without_a_threshold_have_no_line(make_sample, draw):
    recording = make_sample().copy()
    attrs = recording["pool2"].attrs
    recording["pool2"].attrs = attrs | {"parameters": "decay"}
    figure = plot_traces(recording, {"pool2": [1]})
    draw(figure)
    assert {line.get_gid() for line in figure.axes[0].lines} == {"membrane", "spikes"}
