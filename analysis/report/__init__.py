"""A page about one sentence, or about two, that opens in any browser, without a network.

    recording, relevance of words, work --> one HTML file

The sentence is shaded by what each word did for the decision; a raster of all spikes and the votes
over time can be zoomed and asked what lies under the pointer; membrane traces are picked; energy is
a table. Of two sentences, one of which became the other by a few words, a page shows what differs.
Pictures are Bokeh's, whose JavaScript goes into the file.
"""

from analysis.report.comparison import Comparison, make_comparison
from analysis.report.page import make_report

__all__ = ["Comparison", "make_comparison", "make_report"]
