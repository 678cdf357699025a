"""From recordings of spiking networks to numbers and pictures.

A recording is an :class:`xarray.DataTree` with a node per layer, as :mod:`bionlp.recording`
writes it. Nothing here runs or trains a network.

>>> import analysis
>>> analysis.proportion_interval(80, 100).estimate
0.8

The names that are used most are offered here. They are looked up when they are asked for, so
importing this costs nothing.
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from networks.names import offered as _offered

_MODULES = {
    "analysis.attribution": ("Relevance", "erase_words", "relevance"),
    "analysis.comparison": ("Difference", "compare", "compare_activity"),
    "analysis.confusion": ("plot_confusion",),
    "analysis.counts": ("cumulative_class_counts", "plot_class_counts"),
    "analysis.energy": ("CostModel", "price"),
    "analysis.raster": ("plot_raster",),
    "analysis.ratemap": ("plot_ratemap",),
    "analysis.report": ("make_report",),
    "analysis.statistics": (
        "Interval",
        "Paired",
        "label_agreement",
        "mean_interval",
        "paired_difference",
        "proportion_interval",
        "relative_difference",
    ),
    "analysis.style": ("PaperFigure",),
    "analysis.traces": ("choose_neurons", "plot_traces"),
    "analysis.view": ("View",),
}
if _TYPE_CHECKING:  # which cannot look names up when they are asked for
    from analysis.attribution import Relevance as Relevance
    from analysis.attribution import erase_words as erase_words
    from analysis.attribution import relevance as relevance
    from analysis.comparison import Difference as Difference
    from analysis.comparison import compare as compare
    from analysis.comparison import compare_activity as compare_activity
    from analysis.confusion import plot_confusion as plot_confusion
    from analysis.counts import cumulative_class_counts as cumulative_class_counts
    from analysis.counts import plot_class_counts as plot_class_counts
    from analysis.energy import CostModel as CostModel
    from analysis.energy import price as price
    from analysis.raster import plot_raster as plot_raster
    from analysis.ratemap import plot_ratemap as plot_ratemap
    from analysis.report import make_report as make_report
    from analysis.statistics import Interval as Interval
    from analysis.statistics import Paired as Paired
    from analysis.statistics import label_agreement as label_agreement
    from analysis.statistics import mean_interval as mean_interval
    from analysis.statistics import paired_difference as paired_difference
    from analysis.statistics import proportion_interval as proportion_interval
    from analysis.statistics import relative_difference as relative_difference
    from analysis.style import PaperFigure as PaperFigure
    from analysis.traces import choose_neurons as choose_neurons
    from analysis.traces import plot_traces as plot_traces
    from analysis.view import View as View

__getattr__, __dir__ = _offered(__name__, _MODULES)
__all__ = sorted(name for names in _MODULES.values() for name in names)
