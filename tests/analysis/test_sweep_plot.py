"""Every point of a sweep is where it belongs."""

import pytest
from matplotlib.colors import to_hex

from analysis.sweeps import Panel, plot_sweeps

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
    assert [text.get_text() for text in legend.get_texts()] == ["Converted", "Fine-tuned"]


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
        (line,) = [line for line in figure.axes[0].lines if line.get_gid() == "Fine-tuned"]
        colours.append(to_hex(line.get_color()))
        (legend,) = figure.legends
        assert [text.get_text() for text in legend.get_texts()] == list(lines)
    assert colours[0] == colours[1]
