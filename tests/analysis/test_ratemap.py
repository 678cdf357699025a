"""The rate map shows the rates of all neurons, and one scale for all of them."""

import numpy as np
import pytest

from analysis.ratemap import mean_rates, plot_ratemap
from analysis.view import View

LONG = [f"word{number}" for number in range(39)]


def images(figure):
    found = {}
    for ax in figure.axes:
        for image in ax.images:
            found.setdefault(image.get_gid(), []).append(image)
    return found


def headings(figure):
    return [ax.get_title(loc="left") for ax in figure.axes if ax.images]


def test_where_there_is_room_a_cell_is_a_neuron_in_a_step(recording, draw):
    figure = plot_ratemap(recording, View(neurons=200))
    draw(figure)
    drawn = images(figure)
    assert list(drawn) == recording.attrs["layers"]
    spikes = recording["input"]["spikes"].values
    for position, image in enumerate(drawn["input"]):
        np.testing.assert_array_equal(image.get_array(), spikes[:, position].T)
        assert image.get_extent() == [-1, 59, position + 1, position]
    assert headings(figure)[0] == "Input: 60 neurons"


def test_no_neuron_is_left_out(recording):
    spikes = recording["conv2"]["spikes"].values.reshape(30, -1)
    for columns, rows in ((30, 25), (30, 3), (7, 4), (1, 1)):
        rates = mean_rates(spikes, columns, rows)
        assert rates.shape == (columns, rows)
        assert 0 <= rates.min() <= rates.max() <= 1
    halves = mean_rates(spikes, 2, 5)
    expected = spikes.reshape(2, 15, 5, -1).mean(axis=(1, 3))
    np.testing.assert_allclose(halves, expected)
    uneven = mean_rates(spikes, 1, 2)[0]
    half = spikes.shape[1] // 2
    np.testing.assert_allclose(uneven, [spikes[:, :half].mean(), spikes[:, half:].mean()])


def test_a_map_says_how_many_neurons_share_a_row(make_sample, draw):
    figure = plot_ratemap(make_sample(LONG, length=40), View(width=3.5))
    draw(figure)
    assert headings(figure)[0] == "Input: 468 neurons in 117 rows"


def test_beside_each_band_is_its_mean_rate(recording):
    ax = [ax for ax in plot_ratemap(recording).axes if ax.images][-1]
    means = recording["output"]["spikes"].mean(("time", "neuron")).values
    assert [text.get_text() for text in ax.texts] == [f"{mean:.3f}" for mean in means]


def test_all_panels_share_a_scale_with_its_unit(recording):
    figure = plot_ratemap(recording)
    limits = {image.get_clim() for of in images(figure).values() for image in of}
    assert limits == {(0, 1)}
    (bar,) = [ax for ax in figure.axes if not ax.images]
    assert bar.get_ylabel() == "Spikes per neuron and step of 2 ms"


def test_a_window_has_its_steps(recording):
    figure = plot_ratemap(recording, View(start=10, end=20, layers=["input"], neurons=200))
    first = images(figure)["input"][0]
    assert first.get_extent() == [9, 19, 1, 0]
    expected = recording["input"]["spikes"].values[5:10, 0].T
    np.testing.assert_array_equal(first.get_array(), expected)


@pytest.mark.parametrize("width", [3.5, 7.2])
def test_a_silent_network_can_be_drawn(make_sample, draw, width):
    silent = make_sample().copy()
    for name in silent.attrs["layers"]:
        silent[name]["spikes"] = silent[name]["spikes"] & False
    draw(plot_ratemap(silent, View(width=width)))
