"""Fonts are found by the characters they have, and a figure keeps its style."""

import matplotlib
import pytest
from matplotlib import font_manager

from analysis.fonts import LATIN, choose_fonts
from analysis.recordings import NO_LABEL
from analysis.style import PaperFigure, class_styles, headline


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


def test_a_font_of_boxes_is_no_font(without_chinese_fonts, monkeypatch):
    boxes = font_manager.FontEntry(fname="none", name="Last Resort", style="normal", weight=400)
    manager = font_manager.fontManager
    monkeypatch.setattr(manager, "ttflist", [*manager.ttflist, boxes])
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


def test_foreign_glyphs_are_embedded_as_outlines(chinese_font, tmp_path):
    figure = PaperFigure(3, 2, ["菜"])
    with figure.style():
        figure.suptitle("菜")
    figure.savefig(tmp_path / "figure.pdf")
    assert b"/Type3" in (tmp_path / "figure.pdf").read_bytes()


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
