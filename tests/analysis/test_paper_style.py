"""Fonts are found by the characters they have, and a figure keeps its style."""

import os
import subprocess
import sys
from pathlib import Path

import matplotlib
import matplotlib.image
import pytest
from matplotlib import font_manager

from analysis.fonts import LATIN, Fonts, choose_fonts
from analysis.recordings import NO_LABEL
from analysis.style import PaperFigure, class_styles, headline

ROOT = Path(__file__).parents[2]


def test_latin_text_needs_no_foreign_font():
    fonts = choose_fonts(["a gripping film , θ · −3\n\u3000"])
    assert not fonts.foreign
    assert not fonts.missing
    assert fonts.families[-1] == "DejaVu Sans"
    assert set(fonts.families) <= set(LATIN)


def test_the_font_that_has_the_characters_is_added(chinese_font):
    fonts = choose_fonts(["菜很好吃"])
    assert fonts.families == ("DejaVu Sans", chinese_font)
    assert fonts.foreign
    assert fonts.can_draw("菜很")


def test_a_word_with_one_missing_character_is_numbered(chinese_font):
    fonts = choose_fonts(["菜", "很快", "film"])
    assert fonts.missing == {"快"}
    assert fonts.labels(["菜", "很快", "film"], "w") == ["菜", "w2", "film"]


def test_a_font_of_boxes_is_no_font(chinese_font, make_font, tmp_path):
    make_font(tmp_path / "boxes.ttf", "快", family="Last Resort")
    font_manager.fontManager.addfont(tmp_path / "boxes.ttf")
    assert choose_fonts(["快"]).missing == {"快"}


def test_a_font_that_was_removed_is_no_font(chinese_font, tmp_path):
    (tmp_path / "chinese.ttf").unlink()
    assert choose_fonts(["菜"]).missing == {"菜"}


def test_the_style_lasts_until_the_file_is_written(tmp_path):
    before = dict(matplotlib.rcParams)
    figure = PaperFigure(3, 2)
    with figure.style():
        ax = figure.subplots()
        ax.plot([0, 1000])
    figure.savefig(tmp_path / "figure.png")
    assert {label.get_fontsize() for label in ax.get_yticklabels()} == {6.5}
    figure.savefig(tmp_path / "figure.pdf")
    assert b"/Type0" in (tmp_path / "figure.pdf").read_bytes()
    assert dict(matplotlib.rcParams) == before


def write_pdf(text, path):
    """Return a PDF of a figure with a text, its streams not compressed."""
    figure = PaperFigure(3, 2, [text])
    with figure.style():
        figure.suptitle(f"film {text}")
        figure.subplots().set_xlabel("Time (ms)")
    with matplotlib.rc_context({"pdf.compression": 0}):
        figure.savefig(path)
    return path.read_bytes()


def test_foreign_glyphs_are_embedded_as_truetype(chinese_font, tmp_path):
    content = write_pdf("菜", tmp_path / "figure.pdf")
    assert b"/Subtype /Type3" not in content
    assert b"TestChinese" in content


def test_glyphs_with_postscript_outlines_are_drawn_as_outlines(chinese_cff_font, tmp_path):
    fonts = choose_fonts(["菜 film"])
    assert fonts.families[-1] == chinese_cff_font
    assert fonts.unembeddable == {"菜"}
    content = write_pdf("菜", tmp_path / "figure.pdf")
    assert b"/Subtype /Type3" not in content
    assert b"TestChinese" not in content
    assert b"OTTO" not in content
    # Other text is still text, and the triangle of the glyph is a path more than without it.
    assert b"DejaVuSans" in content
    without = write_pdf("", tmp_path / "without.pdf")
    assert content.count(b" m\n") > without.count(b" m\n")


def test_a_truetype_font_is_preferred(chinese_cff_font, make_font, tmp_path, monkeypatch):
    for family, truetype in (("Noto Sans CJK SC", False), ("WenQuanYi Micro Hei", True)):
        file = tmp_path / f"{truetype}.font"
        make_font(file, "菜", truetype=truetype, family=family)
        font_manager.fontManager.addfont(file)
    assert choose_fonts(["菜"]).families[-1] == "WenQuanYi Micro Hei"


FRESH = """
from analysis.style import PaperFigure
figure = PaperFigure(3, 2, ["\u83dc"])
figure.explain_missing_glyphs("No glyph")
print(figure.fonts.families[-1], figure.get_supxlabel()[:8], sep="|")
"""


def test_a_font_is_found_as_soon_as_it_is_installed(make_font, tmp_path):
    """The list that Matplotlib keeps of fonts need not be cleared by hand."""
    home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    cache = {"MPLCONFIGDIR": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)}

    def fresh():
        result = subprocess.run(
            [sys.executable, "-c", FRESH],
            env=os.environ | home | cache,
            capture_output=True,
            text=True,
            check=True,
        )
        return result.stdout.strip()

    if not fresh().endswith("|No glyph"):
        pytest.skip("a font of this machine has the character")
    assert list((tmp_path / "cache").glob("fontlist*.json"))
    (tmp_path / "data" / "fonts").mkdir(parents=True)
    make_font(tmp_path / "data" / "fonts" / "new.ttf", "菜", family="Test New")
    assert fresh() == "Test New|"


def test_files_that_are_no_fonts_are_passed_over(without_chinese_fonts, tmp_path, monkeypatch):
    file = tmp_path / "broken.ttf"
    file.write_bytes(b"no font")
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [str(file)])
    assert choose_fonts(["菜"]).missing == {"菜"}


def test_long_labels_are_cut_where_they_would_be_too_wide():
    fonts = choose_fonts([])
    assert fonts.labels(["excellent", "味道味道味道", "bad"], "", 6) == [
        "excell…",
        "味道味…",
        "bad",
    ]


def test_classes_look_different_in_colour_and_in_grey():
    styles = class_styles(20)
    assert len({(style["color"], style["marker"]) for style in styles}) == 20
    for count in (2, 5):
        assert len({style["color"] for style in styles[:count]}) == count
        assert len({style["marker"] for style in styles[:count]}) == count
        assert len({style["linestyle"] for style in styles[:count]}) == count


@pytest.mark.parametrize(
    ("words", "lines"), [(["film"], 1), (["a", "longer", "sentence"] * 10, 2), (["long"] * 99, 3)]
)
def test_titles_are_broken_into_at_most_three_lines(make_sample, words, lines):
    recording = make_sample(words, length=100)
    title = headline(choose_fonts(words), recording, inches=7)
    assert len(title.splitlines()) == lines
    assert title.startswith(f"“{words[0]}")
    assert title.endswith(f"→ {recording.attrs['label_name'] or NO_LABEL}")


def test_a_title_of_ones_own(recording, without_chinese_fonts):
    fonts = choose_fonts([])
    assert headline(fonts, recording, inches=7, title="") == ""
    assert headline(fonts, recording, inches=7, title="Spikes") == "Spikes"
    with pytest.raises(ValueError, match="no installed font can draw"):
        headline(choose_fonts(["菜"]), recording, inches=7, title="菜")


def test_labels_are_cut_at_their_width_however_long_they_are():
    fonts = Fonts(("DejaVu Sans",), frozenset())
    names = ["short", "x" * 10**6, "好" * 10**6, "x" * 40, "x" * 41]
    assert fonts.labels(names, "w", 40) == [
        "short",
        "x" * 40 + "…",
        "好" * 20 + "…",
        "x" * 40,
        "x" * 40 + "…",
    ]


def test_a_figure_that_was_written_is_as_it_was(tmp_path):
    figure = PaperFigure(2, 1)
    figure.subplots().plot([1, 2])
    engine = figure.get_layout_engine()
    for dpi, width in ((None, 600), (100, 200), ("figure", 300)):
        figure.savefig(tmp_path / "figure.png", dpi=dpi)
        assert matplotlib.image.imread(tmp_path / "figure.png").shape[1] == width
        assert (figure.dpi, figure.get_layout_engine()) == (150, engine)
