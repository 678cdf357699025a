"""Every point of a sweep is where it belongs."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from analysis.sweeps import Panel, differs, plot_sweeps

LINES = {
    "Converted": {2.0: [0.6], 0.5: [0.5], 1.0: [0.7]},
    "Fine-tuned": {0.5: [0.70, 0.74], 1.0: [0.80]},
}
METHODS = list(LINES)
PANEL = Panel("MR", "Threshold", "Accuracy on dev (%)", LINES, 1.0)


def drawn(ax):
    """Return the points of each line, and its bars as (value, low, high)."""
    lines = {}
    for container in ax.containers:
        line, _, bars = container.lines
        if not line.get_gid():
            continue
        segments = bars[0].get_segments() if bars else []
        spread = [(s[0][0], s[0][1], s[1][1]) for s in segments if s[0][1] != s[1][1]]
        lines[container.get_label()] = (line.get_xydata().tolist(), spread)
    return lines


def test_points_are_means_in_order_and_bars_deviations(draw):
    figure = plot_sweeps([[PANEL]], METHODS)
    draw(figure)
    (ax,) = figure.axes
    lines = drawn(ax)
    points, spread = lines["Converted"]
    assert points == [[0.5, pytest.approx(50)], [1, pytest.approx(70)], [2, pytest.approx(60)]]
    assert not spread
    points, spread = lines["Fine-tuned"]
    assert points == [[0.5, pytest.approx(72)], [1, pytest.approx(80)]]
    deviation = 8**0.5
    assert spread == [(0.5, pytest.approx(72 - deviation), pytest.approx(72 + deviation))]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0.5", "1", "2"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Threshold", "Accuracy on dev (%)")
    (usual,) = [line for line in ax.lines if line.get_gid() == "usual"]
    assert set(usual.get_xdata()) == {1.0}


def test_panels_are_lettered_and_share_a_legend(draw):
    other = Panel("Subj", "Steps", "Active neurons (%)", {"Converted": {1: [0.1], 10: [0.2]}}, None)
    figure = plot_sweeps([[PANEL, other], [PANEL, other]], METHODS)
    draw(figure)
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert titles == ["(a) MR", "(b) Subj", "(c) MR", "(d) Subj"]
    (legend,) = figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["Converted", "Fine-tuned", "value used elsewhere"]
    assert figure.axes[0].get_ylim() == figure.axes[2].get_ylim()
    assert figure.axes[0].get_ylim() != figure.axes[1].get_ylim()


def mark_lines(ax):
    """Return the line of each method, which has its marks."""
    lines = [container.lines[0] for container in ax.containers]
    return {line.get_gid(): line for line in lines if line.get_gid()}


def bars_of(figure):
    (legend,) = figure.legends
    return legend.get_texts()[-1].get_text()


def test_one_seed_has_the_bar_of_its_sentences(draw):
    lines = {"Converted": {0.5: [0.7], 1: [0.9]}}
    panel = Panel("MR", "Decay", "Accuracy on dev (%)", lines, sentences=100)
    figure = plot_sweeps([[panel]], METHODS)
    draw(figure)
    _, spread = drawn(figure.axes[0])["Converted"]
    error = 100 * (0.7 * 0.3 / 100) ** 0.5
    assert spread[0] == (0.5, pytest.approx(70 - error), pytest.approx(70 + error))
    assert bars_of(figure) == "binomial standard error of 100 sentences (one seed)"


def test_points_are_joined_only_where_they_differ_by_more_than_chance(draw):
    lines = {
        "Converted": {0.5: [0.70], 1: [0.71], 2: [0.69]},
        "Fine-tuned": {0.5: [0.50], 1: [0.70], 2: [0.90]},
    }
    panel = Panel("MR", "Threshold", "Accuracy on dev (%)", lines, sentences=100)
    figure = plot_sweeps([[panel]], METHODS)
    draw(figure)
    lines = mark_lines(figure.axes[0])
    styles = {method: line.get_linestyle() for method, line in lines.items()}
    assert styles["Converted"] == "None"
    assert styles["Fine-tuned"] != "None"


def test_differences_are_those_that_the_chi_squared_test_finds():
    rng = np.random.default_rng(0)
    found = [differs(rng.normal(0, 2, 5), np.full(5, 2.0)) for _ in range(2_000)]
    assert np.mean(found) == pytest.approx(0.05, abs=0.015)
    assert not differs(np.array([70.0]), np.array([1.0]))
    assert not differs(np.array([70.0, 70.0]), np.zeros(2))
    assert differs(np.array([70.0, 70.1]), np.zeros(2))


def test_marks_of_two_methods_do_not_hide_each_other(draw):
    lines = {method: {1.0: [0.7], 2.0: [0.8]} for method in METHODS}
    figure = plot_sweeps([[Panel("MR", "Threshold", "Accuracy on dev (%)", lines)]], METHODS)
    draw(figure)
    places = [
        line.get_transform().transform(line.get_xydata())[0]
        for line in mark_lines(figure.axes[0]).values()
    ]
    assert places[1][0] - places[0][0] == pytest.approx(4 / 72 * figure.dpi)
    assert places[1][1] == places[0][1]


def test_values_that_were_measured_stand_where_they_are_on_an_axis_of_round_numbers(draw):
    lines = {method: {1.3: [0.7], 212.0: [0.8]} for method in METHODS}
    panel = Panel("MR", "Operations", "Accuracy (%)", lines, logarithmic=True, chosen=False)
    figure = plot_sweeps([[panel]], METHODS)
    draw(figure)
    (ax,) = figure.axes
    for line in mark_lines(ax).values():
        assert line.get_transform().transform(line.get_xydata()).tolist() == (
            ax.transData.transform(line.get_xydata()).tolist()
        )
    labels = {label.get_text() for label in ax.get_xticklabels() if label.get_text()}
    assert {"1", "10", "100"} <= labels
    assert not any("$" in label for label in labels)


def test_small_differences_are_not_blown_up(draw):
    flat = Panel("MR", "Decay", "Accuracy on dev (%)", {"Converted": {0.5: [0.7], 1: [0.701]}})
    figure = plot_sweeps([[flat]], METHODS)
    draw(figure)
    low, high = figure.axes[0].get_ylim()
    assert high - low >= 2


def test_a_sweep_that_has_just_begun_can_be_drawn(draw):
    figure = plot_sweeps([[PANEL, Panel("MR", "Decay", "Accuracy on dev (%)", {})]], METHODS)
    draw(figure)
    assert not figure.axes[1].containers


def test_a_method_looks_alike_in_every_figure(draw):
    colours = []
    for lines in (LINES, {"Fine-tuned": {1: [0.8]}}):
        figure = plot_sweeps([[Panel("MR", "Decay", "Accuracy on dev (%)", lines)]], METHODS)
        draw(figure)
        colours.append(to_hex(mark_lines(figure.axes[0])["Fine-tuned"].get_color()))
        (legend,) = figure.legends
        assert [text.get_text() for text in legend.get_texts()][: len(lines)] == list(lines)
    assert colours[0] == colours[1]
