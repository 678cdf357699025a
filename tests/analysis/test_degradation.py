"""What damage costs: degradation points, and the figure."""

import numpy as np

from analysis.degradation import Damage, DamagePanel, plot_damage


def damage(levels, losses, **options):
    intact = np.array([0.8, 0.9])
    accuracies = np.array([intact - np.array([-0.01, 0.01]) - loss / 100 for loss in losses])
    return Damage(tuple(levels), accuracies, intact, **options)


def test_degradation_points_are_interpolated():
    found = damage([0.2, 0.4, 0.6], [0, 2, 10], neutral=0.0)
    np.testing.assert_allclose(found.losses, [0, 2, 10], atol=1e-12)
    np.testing.assert_allclose([found.point(1), found.point(5)], [0.3, 0.475])
    assert found.point(11) is None
    np.testing.assert_allclose(damage([0.2], [4], neutral=0.0).point(1), 0.05)
    falling = damage([8, 4, 3], [0, 1, 7])
    np.testing.assert_allclose([falling.point(1), falling.point(4)], [4, 3.5])
    assert damage([8, 4], [3, 4]).point(1) == 8
    geometric = damage([100, 25], [0, 10], logarithmic=True)
    np.testing.assert_allclose(geometric.point(5), 50)


def test_the_figure_shows_means_and_intervals(tmp_path):
    lines = {"MR": damage([8, 4, 2], [0, 1, 20]), "Waimai": damage([8, 4, 2], [0, 0, 5])}
    figure = plot_damage([DamagePanel("Bits", "bits", lines)], ["MR", "Waimai"])
    (axes,) = figure.axes
    drawn = {c.get_label(): c for c in axes.containers}
    line, _, (bars,) = drawn["MR"]
    np.testing.assert_allclose(line.get_ydata(), [85, 84, 65])
    low, high = np.array(bars.get_segments())[0][:, 1]
    assert low < 85 < high
    assert axes.xaxis_inverted()
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["2", "4", "8"]
    figure.savefig(tmp_path / "figure.pdf")
