"""The colours of a page, each with one meaning, legible on light and on dark paper.

With L the relative luminance of a colour, the contrast of two is, after WCAG 2,

    (L_lighter + 0.05) / (L_darker + 0.05).

Text needs 4.5 and whatever else carries meaning needs 3 (WCAG 2.2, 1.4.3 and 1.4.11). The colours
of the paper, of text and of words' shades are variables of the style sheet, which differ between
light and dark; Bokeh's canvases follow those that are named ``--bk-...``. Marks in a plot are fixed
when it is made, so each class keeps the hue of its colour (:mod:`analysis.style`) at a luminance
that has contrast enough on both papers.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analysis.style import GREY, class_styles

TEXT, MARKS = 4.5, 3.0
"""The least contrast of text and of everything else."""

NO_CLASS = GREY
"""Of spikes and membranes that vote for no class."""

ORIGINAL, CHANGED = "#9c5cd6", "#7d8c00"
"""Of what is in one of two sentences alone."""

# Words that spoke for and against a decision are violet and olive: no class is.
LIGHT: Mapping[str, str] = {
    "paper": "#ffffff",
    "ink": "#222222",
    "note": "#555555",
    "edge": "#767676",
    "rule": "#dddddd",
    "grid": "#e8e8e8",
    "focus": "#0b57d0",
    "for": "#762a83",
    "against": "#6b7a00",
}
DARK: Mapping[str, str] = {
    "paper": "#121212",
    "ink": "#e8e8e8",
    "note": "#b4b4b4",
    "edge": "#8c8c8c",
    "rule": "#3c3c3c",
    "grid": "#2c2c2c",
    "focus": "#8ab4f8",
    "for": "#b794f4",
    "against": "#c3d84a",
}

STRONGEST = 0.4
"""Opacity behind the word of greatest relevance."""

PARTS = """
:host, * {
  --color: var(--ink); --background-color: var(--paper); --border-color: var(--edge);
  --highlight-color: var(--focus); --input-focus-border-color: var(--focus);
  --active-border: var(--focus); --icon-color: var(--edge);
  --outline-style: solid; --outline-width: 2px;
}
:host(.bk-Legend) {
  background-color: var(--paper) !important; border-color: var(--rule) !important;
}
.bk-label { color: var(--ink) !important; }
.bk-input { color: var(--ink); font-size: 14px; }
:focus-visible { outline: 2px solid var(--focus) !important; outline-offset: -2px !important; }
select.bk-input { appearance: auto !important; background-image: none !important; }
@media print { .bk-ToolbarPanel, :host(.bk-Toolbar) { visibility: hidden; } }
"""
"""Style of the parts of a plot that are no canvas: each has a style sheet of its own."""


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour.

    Parameters
    ----------
    colour : str
        As in ``#0072B2``.

    Returns
    -------
    float
        From 0 for black to 1 for white.
    """
    return float(_linear(colour) @ (0.2126, 0.7152, 0.0722))


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours.

    Parameters
    ----------
    one, other : str
        As in ``#0072B2``.

    Returns
    -------
    float
        From 1 for the same colour to 21 for black and white.
    """
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def class_colours(classes: int) -> list[str]:
    """Return the colour of each class's marks.

    Parameters
    ----------
    classes : int
        Number of classes.

    Returns
    -------
    list of str
        The colours of :func:`analysis.style.class_styles`, lighter or darker where their contrast
        with one of the papers is less than ``MARKS``.
    """
    return [_on_both_papers(look["color"]) for look in class_styles(classes)]


def triplet(colour: str) -> str:
    """Return red, green and blue of a colour as CSS's ``rgb()`` takes them, to add an opacity."""
    return " ".join(str(channel) for channel in bytes.fromhex(colour.removeprefix("#")))


def _on_both_papers(colour: str) -> str:
    # A little inside of the bounds, as channels are rounded.
    least = 1.02 * MARKS * (luminance(DARK["paper"]) + 0.05) - 0.05
    most = (luminance(LIGHT["paper"]) + 0.05) / (1.02 * MARKS) - 0.05
    linear, bright = _linear(colour), luminance(colour)
    if bright > most:
        linear = linear * most / bright
    elif bright < least:
        linear = linear + (1 - linear) * (least - bright) / (1 - bright)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return "#" + bytes(np.rint(255 * encoded).astype(np.uint8).tolist()).hex()


def _linear(colour: str) -> np.ndarray:
    """Return red, green and blue as intensities (IEC 61966-2-1)."""
    encoded = np.array(list(bytes.fromhex(colour.removeprefix("#")))) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
