"""Fonts that can draw the words of a sentence.

A font is a partial map from characters to glyphs. A figure is set in one Latin typeface, plus the
one installed font that has the most of the characters that the Latin typeface lacks: that is how
Chinese words get their glyphs. What no font can draw is replaced by a number instead of by boxes.

Glyphs are outlines of quadratic curves (TrueType) or of cubic ones (CFF, also called PostScript
outlines). Matplotlib can embed the first kind in a PDF as a font that publishers accept, Type 42,
but not the second, so a TrueType font is taken where both kinds are installed.

Matplotlib keeps its list of fonts in a cache that it does not renew when a font is installed. Where
characters are missing, the fonts that are installed by now are looked through.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, takewhile
from pathlib import Path

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
    unembeddable : frozenset of str
        Characters of the figure whose glyphs cannot be embedded in a PDF as a TrueType font.
    """

    families: tuple[str, ...]
    missing: frozenset[str]
    unembeddable: frozenset[str] = frozenset()

    @property
    def foreign(self) -> bool:
        """Whether a family beside the Latin ones is needed."""
        return not set(self.families) <= set(LATIN)

    def can_draw(self, text: str) -> bool:
        """Whether no character of ``text`` would come out as a box."""
        return self.missing.isdisjoint(text)

    def labels(self, names: Sequence[str], prefix: str, longest: int = LONGEST) -> list[str]:
        """Return ``names``, with those that cannot be drawn replaced by their number from 1.

        Of longer ones than ``longest`` letters the beginning is returned; a Chinese character is as
        wide as two letters.
        """
        return [
            _cut(" ".join(name.split()), longest) if self.can_draw(name) else f"{prefix}{number}"
            for number, name in enumerate(names, start=1)
        ]


def letters(text: str) -> int:
    """Return the width of a text in letters; Chinese characters are twice as wide."""
    return sum(map(_width, text))


def beginning(text: str, longest: int) -> str:
    """Return as much of a text as has room in so many letters."""
    # Not a letter more is looked at than is kept: a word may have a million.
    return text[: sum(1 for _ in takewhile(longest.__ge__, accumulate(map(_width, text))))]


def _width(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _cut(name: str, longest: int) -> str:
    kept = beginning(name, longest)
    return name if kept == name else f"{kept}…"


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
    wanted = frozenset("".join(" ".join(texts).split()))
    families, missing = _choose(wanted)
    if missing and _notice_new_fonts():
        families, missing = _choose(wanted)
    installed = _installed()
    unembeddable = wanted - missing
    for family in families:
        if _is_truetype(installed[family]):
            unembeddable -= _characters(installed[family])
    return Fonts(families, missing, unembeddable)


def _choose(wanted: frozenset[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the Latin families and a foreign one if it helps, and what all of them lack."""
    installed = _installed()
    latin = [family for family in LATIN if family in installed and _is_truetype(installed[family])]
    # DejaVu Sans has the mathematical signs that some others lack.
    families = list(dict.fromkeys((latin[0], LATIN[-1])))
    missing = wanted
    for family in families:
        missing -= _characters(installed[family])
    foreign, missing = _best_font(missing, installed)
    return (*families, *foreign), missing


def _best_font(
    wanted: frozenset[str], installed: dict[str, str]
) -> tuple[list[str], frozenset[str]]:
    """Return the font that lacks the fewest wanted characters, if any helps, and what it lacks."""
    best, fewest = [], wanted
    preferred = [family for family in CHINESE if family in installed]
    preferred.sort(key=lambda family: not _is_truetype(installed[family]))
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
        # The cache also lists fonts that were removed since.
        and Path(font.fname).exists()
    }


def _notice_new_fonts() -> bool:
    """Add fonts that were installed after Matplotlib made its list; tell whether there are any."""
    manager = font_manager.fontManager
    known = {font.fname for font in manager.ttflist}
    before = len(manager.ttflist)
    for file in sorted(set(font_manager.findSystemFonts()) - known - _UNREADABLE):
        try:
            manager.addfont(file)
        except Exception:  # whatever is wrong with it, it is no font that could be drawn with
            _UNREADABLE.add(file)
    return len(manager.ttflist) > before


_UNREADABLE: set[str] = set()
"""Files that Matplotlib cannot read as fonts: those of bitmaps, say."""


@cache
def _characters(file: str) -> frozenset[str]:
    return frozenset(map(chr, FT2Font(file).get_charmap()))


@cache
def _is_truetype(file: str) -> bool:
    """Tell whether the glyphs of a font, or of the first in a collection, are TrueType outlines."""
    with Path(file).open("rb") as stream:
        tag = stream.read(4)
        if tag == b"ttcf":
            # Behind the tag: version, number of fonts, and where the first one begins.
            stream.seek(12)
            stream.seek(int.from_bytes(stream.read(4), "big"))
            tag = stream.read(4)
    return tag in (b"\0\1\0\0", b"true")
