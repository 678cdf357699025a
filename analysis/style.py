"""One look for all figures, made for print.

Widths are those of a journal's column, so that a figure is printed at its own size and its 6 to
8 pt type stays 6 to 8 pt. Classes differ in colour (Okabe & Ito 2008, told apart by colour-blind
readers), and also in lightness, marker and line style, so that they differ in grey print too.

Figures know nothing of :mod:`matplotlib.pyplot`: no display is needed and no state is shared.

Letters are embedded in PDF files as TrueType fonts (Type 42), since publishers refuse Type 3. What
cannot be embedded so, text in a font with PostScript outlines, is drawn as outlines instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import cycle, islice
from textwrap import fill, wrap
from typing import Any

import xarray as xr
from matplotlib import rc_context, rcParams
from matplotlib.figure import Figure
from matplotlib.patheffects import Normal
from matplotlib.text import Text

from analysis.fonts import ADVICE, Fonts, choose_fonts, letters
from analysis.recordings import NO_LABEL, class_names, is_decided, words

SINGLE_COLUMN = 3.5
DOUBLE_COLUMN = 7.2
"""Widths of a figure in inches."""

TITLE_LETTERS, LABEL_LETTERS, NOTE_LETTERS = 14, 17, 19
"""Letters of 8, of 6.5 and of 6 pt that safely fit in an inch."""

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
    "pdf.fonttype": 42,
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

    Examples
    --------
    >>> from analysis import PaperFigure
    >>> figure = PaperFigure(3.5, 2.0)
    >>> with figure.style():
    ...     lines = figure.subplots().plot([0, 1], [0.5, 0.8])
    >>> figure.savefig("accuracy.pdf")
    """

    def __init__(self, width: float, height: float, texts: Iterable[str] = ()):
        self.fonts: Fonts = choose_fonts(texts)
        self._rc: dict[Any, Any] = STYLE | {"font.family": list(self.fonts.families)}
        with self.style():
            super().__init__(figsize=(width, height), layout="constrained")

    def style(self) -> AbstractContextManager[None]:
        """Return the context in which everything of this figure is to be made."""
        return rc_context(self._rc)

    def draw(self, renderer):
        """Draw the figure in its style; see :meth:`matplotlib.figure.Figure.draw`."""
        with self.style():
            for text in self.findobj(Text) if self.fonts.unembeddable else ():
                if not self.fonts.unembeddable.isdisjoint(text.get_text()):
                    # Text with an effect, be it none, is drawn as outlines.
                    text.set_path_effects([Normal()])
            super().draw(renderer)

    def savefig(self, *args, dpi=None, **kwargs):
        """Write the figure in its style; see :meth:`matplotlib.figure.Figure.savefig`."""
        with self.style():
            dpi = self.dpi if dpi == "figure" else dpi or rcParams["savefig.dpi"]
            with self._laid_out(dpi):
                super().savefig(*args, dpi=dpi, **kwargs)

    @contextmanager
    def _laid_out(self, dpi: float) -> Iterator[None]:
        """Lay the figure out for the block, in which Matplotlib would draw it twice to do so."""
        engine, own = self.get_layout_engine(), self.dpi
        try:
            if engine is not None:
                self.dpi = dpi
                engine.execute(self)
                self.dpi = own
                self.set_layout_engine(None)
            yield
        finally:
            self.dpi = own
            self.set_layout_engine(engine)

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


def foreign_texts(recording: xr.DataTree, title: str | None = None) -> list[str]:
    """Return all that a figure of a recording may have to write in foreign characters."""
    return [recording.attrs["text"], *words(recording), *class_names(recording), title or ""]


def headline(
    fonts: Fonts, recording: xr.DataTree, *, inches: float, title: str | None = None
) -> str:
    """Return the title of a figure: by default the sentence in quotation marks, and its label.

    Parameters
    ----------
    fonts : Fonts
        Of the figure.
    recording : xarray.DataTree
        What it shows. The number of words stands in for a text that cannot be drawn.
    inches : float
        Width of the title; longer ones are broken into lines, at most three.
    title : str, optional
        Another title; an empty one is none.

    Returns
    -------
    str
        The title.

    Raises
    ------
    ValueError
        If no font can draw the other title.
    """
    if title is not None:
        if not fonts.can_draw(title):
            raise ValueError(f"no installed font can draw the title {title!r}; choose another")
        return _broken(title, inches)
    text = f"“{' '.join(recording.attrs['text'].split())}”"
    if not fonts.can_draw(text):
        text = f"A text of {len(words(recording))} words"
    label = NO_LABEL
    if is_decided(recording):
        label = fonts.labels(class_names(recording), "class ")[int(recording.attrs["label"])]
    return f"{_broken(text, inches)} → {label}"


def _broken(text: str, inches: float) -> str:
    """Return a text in lines."""
    columns = inches * TITLE_LETTERS * len(text) / max(letters(text), 1)
    return "\n".join(wrap(text, max(int(columns), 1), max_lines=3, placeholder=" …"))
