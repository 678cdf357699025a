"""Fonts that can draw the words of a sentence.

A font is a partial map from characters to glyphs. A figure is set in one Latin typeface, plus the
one installed font that has the most of the characters that the Latin typeface lacks: that is how
Chinese words get their glyphs. What no font can draw is replaced by a number instead of by boxes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

LATIN = ("Arial", "Helvetica", "Liberation Sans", "DejaVu Sans")
"""Typefaces for all but foreign words, best first; the last comes with Matplotlib."""

CHINESE = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Noto Sans CJK JP",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Heiti TC",
    "STHeiti",
    "Arial Unicode MS",
)
"""Typefaces with Chinese glyphs, best first; any other installed font is tried after them."""

LONGEST = 40
"""Letters of a label."""
ADVICE = "To see the words themselves, install a font that has them, such as Noto Sans CJK."


@dataclass(frozen=True)
class Fonts:
    """Font families in the order in which a glyph is looked for, and what they can draw.

    Attributes
    ----------
    families : tuple of str
        Names for Matplotlib's ``font.family``.
    missing : frozenset of str
        Characters of the figure that none of the families has.
    """

    families: tuple[str, ...]
    missing: frozenset[str]

    @property
    def foreign(self) -> bool:
        """Whether a family beside the Latin ones is needed."""
        return not set(self.families) <= set(LATIN)

    def can_draw(self, text: str) -> bool:
        """Whether no character of ``text`` would come out as a box."""
        return self.missing.isdisjoint(text)

    def labels(self, names: Sequence[str], prefix: str) -> list[str]:
        """Return ``names``, with those that cannot be drawn replaced by their number from 1.

        Of longer ones than a figure has room for, the beginning is returned.
        """
        return [
            _cut(" ".join(name.split())) if self.can_draw(name) else f"{prefix}{number}"
            for number, name in enumerate(names, start=1)
        ]


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[:LONGEST]}…"


def choose_fonts(texts: Iterable[str]) -> Fonts:
    """Choose installed fonts that have the glyphs of ``texts``.

    Parameters
    ----------
    texts : iterable of str
        All foreign strings of a figure: words, class names, the sentence.

    Returns
    -------
    Fonts
        The families; Latin ones come first.
    """
    installed = _installed()
    # DejaVu Sans has the mathematical signs that some others lack.
    families = [next(family for family in LATIN if family in installed)]
    if families[0] != LATIN[-1]:
        families.append(LATIN[-1])
    missing = frozenset("".join(" ".join(texts).split()))
    for family in families:
        missing -= _characters(installed[family])
    foreign, missing = _best_font(missing, installed)
    return Fonts((*families, *foreign), missing)


def _best_font(
    wanted: frozenset[str], installed: dict[str, str]
) -> tuple[list[str], frozenset[str]]:
    """Return the font that lacks the fewest wanted characters, if any helps, and what it lacks."""
    best, fewest = [], wanted
    preferred = [family for family in CHINESE if family in installed]
    for family in (*preferred, *sorted(installed.keys() - set(CHINESE))):
        if not fewest:
            break
        left = wanted - _characters(installed[family])
        if len(left) < len(fewest):
            best, fewest = [family], left
    return best, fewest


def _installed() -> dict[str, str]:
    """Return the file of each family that has a regular upright face."""
    return {
        font.name: font.fname
        for font in font_manager.fontManager.ttflist
        if font.style == "normal"
        and font.weight in (400, "normal", "regular")
        # These have a glyph for every character: a box.
        and not font.name.startswith("Last Resort")
    }


@cache
def _characters(file: str) -> frozenset[str]:
    return frozenset(map(chr, FT2Font(file).get_charmap()))
