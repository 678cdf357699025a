"""One look for all figures, made for print.

Widths are those of a journal's column, so that a figure is printed at its own size and its 6 to
8 pt type stays 6 to 8 pt. Classes differ in colour (Okabe & Ito 2008, told apart by colour-blind
readers), and also in lightness, marker and line style, so that they differ in grey print too.

Figures know nothing of :mod:`matplotlib.pyplot`: no display is needed and no state is shared.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from itertools import cycle, islice
from textwrap import fill, wrap

import xarray as xr
from matplotlib import rc_context
from matplotlib.figure import Figure

from analysis.fonts import ADVICE, Fonts, choose_fonts
from analysis.recordings import NO_LABEL, class_names, is_decided, words

SINGLE_COLUMN = 3.5
DOUBLE_COLUMN = 7.2
"""Widths of a figure in inches."""

TITLE_LETTERS, NOTE_LETTERS = 14, 19
"""Letters of 8 and of 6 pt that safely fit in an inch."""

INK = "#222222"
GREY = "#767676"
PALE = "#f1f1f1"

# Neighbouring colours differ in lightness. As the lists differ in length, no combination comes back
# before the 56th class.
COLOURS = ("#0072B2", "#E69F00", "#000000", "#CC79A7", "#009E73", "#D55E00", "#56B4E9")
MARKERS = ("o", "^", "s", "D", "v", "P", "X", "*")
LINES = ("-", (0, (4, 1.5)), (0, (1, 1)), (0, (5, 1, 1, 1)), (0, (8, 2)), (0, (3, 1, 1, 1, 1, 1)))

STYLE = {
    "font.size": 7,
    "axes.labelsize": 7,
    "axes.titlesize": 8,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5,
    "legend.frameon": False,
    "text.color": INK,
    "text.parse_math": False,  # a sentence may contain dollar signs
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.linewidth": 0.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.5,
    "ytick.major.width": 0.5,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.linewidth": 0.9,
    "lines.markersize": 3,
    "figure.dpi": 150,
    "savefig.dpi": 300,
}


class PaperFigure(Figure):
    """A figure that keeps its style wherever it is drawn.

    Matplotlib reads some settings only when a figure is drawn, so a style that ended with the
    plotting function would be half lost in the file.

    Parameters
    ----------
    width, height : float
        Size in inches.
    texts : iterable of str
        All foreign strings that it will show, to choose fonts for.
    """

    def __init__(self, width: float, height: float, texts: Iterable[str] = ()):
        self.fonts: Fonts = choose_fonts(texts)
        # Publishers refuse Type 3 fonts, but in Type 42 Matplotlib loses the glyphs of fonts with
        # PostScript outlines, and most Chinese ones are of that kind.
        fonttype = 3 if self.fonts.foreign else 42
        families = list(self.fonts.families)
        self._rc = STYLE | {"font.family": families, "pdf.fonttype": fonttype}
        with self.style():
            super().__init__(figsize=(width, height), layout="constrained")

    def style(self):
        """Return the context in which everything of this figure is to be made."""
        return rc_context(self._rc)

    def draw(self, renderer):
        """Draw the figure in its style; see :meth:`matplotlib.figure.Figure.draw`."""
        with self.style():
            super().draw(renderer)

    def savefig(self, *args, **kwargs):
        """Write the figure in its style; see :meth:`matplotlib.figure.Figure.savefig`."""
        with self.style():
            super().savefig(*args, **kwargs)

    def explain_missing_glyphs(self, replacement: str) -> None:
        """Say under the figure what stands in for text that no installed font can draw.

        Parameters
        ----------
        replacement : str
            What stands there instead. Nothing is said if all could be drawn.
        """
        if self.fonts.missing:
            note = fill(f"{replacement}. {ADVICE}", int(self.get_figwidth() * NOTE_LETTERS))
            self.supxlabel(note, fontsize=6, color=GREY, x=0.01, ha="left")


def class_styles(classes: int) -> list[dict]:
    """Return how the points or line of each class are drawn.

    Parameters
    ----------
    classes : int
        Number of classes.

    Returns
    -------
    list of dict
        ``color``, ``marker`` and ``linestyle`` for each.
    """
    styles = zip(cycle(COLOURS), cycle(MARKERS), cycle(LINES), strict=False)
    return [
        {"color": color, "marker": marker, "linestyle": line}
        for color, marker, line in islice(styles, classes)
    ]


def headline(fonts: Fonts, recording: xr.DataTree, *, inches: float) -> str:
    """Return the title of a figure: the sentence in quotation marks, and its label.

    Parameters
    ----------
    fonts : Fonts
        Of the figure.
    recording : xarray.DataTree
        What it shows. The number of words stands in for a text that cannot be drawn.
    inches : float
        Width of the title; longer ones are broken into lines, at most three.

    Returns
    -------
    str
        The title.
    """
    text = f"“{' '.join(recording.attrs['text'].split())}”"
    if not fonts.can_draw(text):
        text = f"A text of {len(words(recording))} words"
    label = NO_LABEL
    if is_decided(recording):
        label = fonts.labels(class_names(recording), "class ")[int(recording.attrs["label"])]
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    columns = (
        inches * TITLE_LETTERS / (1 + wide / len(text))
    )  # Chinese characters are twice as wide
    lines = wrap(text, int(columns), max_lines=3, placeholder=" …”")
    return "\n".join(lines) + f" → {label}"
