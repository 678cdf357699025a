"""The command line knows the limits of figures without importing what draws them."""

from analysis import view
from bionlp import limits


def test_the_command_line_has_the_limits_of_views():
    assert (limits.LEAST_INCHES, limits.MOST_INCHES) == (view.LEAST_INCHES, view.MOST_INCHES)
