"""``bionlp report``: pages of models and recordings, opened in a real browser."""

import re

import pytest

from bionlp.checkpoint import load_classifier
from bionlp.engine import Engine
from bionlp.membranes import DEFAULT
from bionlp.recording import open_recording, save_recording
from bionlp.report import write_report
from bionlp.simulation import simulate

# Where on the screen the first spike of a layer is drawn.
FIND_MARK = """(layer) => {
    const document = Bokeh.documents[0]
    const plots = document.get_model_by_name("raster").children.map(([plot]) => plot)
    const has = (plot) => plot.renderers.some((renderer) => renderer.name === layer)
    const view = Bokeh.index.find_one(plots.find(has))
    view.el.scrollIntoView({block: "center"})
    const {time, row} = document.get_model_by_name(layer).data_source.data
    const {left, top} = view.el.getBoundingClientRect()
    const {x_scale, y_scale} = view.frame
    return [left + x_scale.compute(time[0]), top + y_scale.compute(row[0]), time[0]]
}"""


# A word of each class, unknown ones, one that is too long for a narrow page, and brackets.
EVERYTHING = (
    "a good , bad film <b>is</b> [not] & pneumonoultramicroscopicsilicovolcanoconiosis "
    + 8 * "film "
)

# The colours in the corner of each canvas, where nothing is drawn.
PAPERS = """() => [...Bokeh.index.query((view) => view.model.type === "Figure")].map((view) => {
    const corner = new OffscreenCanvas(1, 1).getContext("2d")
    corner.drawImage(view.canvas_view.primary.canvas, 2, 2, 1, 1, 0, 0, 1, 1)
    return Array.from(corner.getImageData(0, 0, 1, 1).data).slice(0, 3)
})"""
ALL_OF_COLOUR = f"""(paper) => ({PAPERS})().every(
    (corner) => corner.every((value, i) => Math.abs(value - paper[i]) <= 1)
)"""

UNFOLD = "all => all.forEach((one) => { one.open = true })"

PLOTS = """() => [...Bokeh.index.query((view) => view.model.type === "Figure")]
    .map((view) => view.el.getBoundingClientRect().width)"""

# What has the focus, in whichever shadow, and how that is shown.
FOCUS = """() => {
    let focused = document.activeElement
    while (focused.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement
    const {outlineStyle, outlineWidth} = getComputedStyle(focused)
    return [focused.tagName, outlineStyle, outlineWidth]
}"""


def point_at(page, layer):
    """Move the pointer to a spike; return what the page says of it, and when it was."""
    x, y, time = page.evaluate(FIND_MARK, layer)
    page.mouse.move(x + 3, y)
    page.mouse.move(x, y)
    value = page.locator(".bk-tooltip-row-value")
    value.first.wait_for()
    return value.all_inner_texts(), time


@pytest.mark.parametrize(
    ("model", "text", "words"),
    [
        ("mr", "not a dull moment in this gripping film", "not a dull"),
        ("waimai", "送餐超级慢，味道很好", "送餐 超级 慢"),
    ],
)
def test_pages_load_and_answer_the_pointer(cli, open_page, tmp_path, model, text, words):
    path = tmp_path / "page.html"
    code, out, _ = cli("report", model, "--text", text, "--seed=1", "--out", path)
    assert (code, out.strip()) == (0, str(path))
    page = open_page(path)
    assert text in page.title()
    assert page.locator(".word").all_inner_texts()[0].startswith(words.split()[0])
    (name, time), at = point_at(page, "conv3")
    assert re.fullmatch(r"conv3: w\d+ “.+”, map \d+", name)
    assert time == f"{at:g} ms"
    (name, _), _ = point_at(page, "output")
    assert re.fullmatch(r"output: (negative|positive), neuron \d", name)
    page.mouse.move(0, 0)
    screenshot = page.screenshot(full_page=True, path=tmp_path / "page.png")
    # A page without its pictures is nearly empty.
    assert len(screenshot) > 100_000


def test_another_membrane_can_be_picked(cli, small_model, open_page, tmp_path):
    path = tmp_path / "page.html"
    arguments = ("--text", "the film is good", "--record=conv3:0-4", "--record=pool3")
    assert cli("report", small_model, *arguments, "--out", path)[0] == 0
    page = open_page(path)
    shown = """() => Bokeh.documents[0].get_model_by_name("membrane").renderers
        .map((renderer) => Array.from(renderer.data_source.data.membrane))"""
    layer, neuron = page.locator("select").all()
    assert layer.input_value() == "pool3"
    before = page.evaluate(shown)
    layer.select_option("conv3")
    assert "w1 “the film is”, map 0" in neuron.inner_text()
    neuron.select_option(label="w1 “the film is”, map 4")
    trace, spikes = page.evaluate(shown)
    assert [trace, spikes] != before
    recording = simulate(
        load_classifier(small_model), ["the film is good"], record=["conv3:0-4", "pool3"]
    )[0]
    membrane = recording["conv3"]["membrane"].values[:, 4]
    assert trace == pytest.approx(membrane.tolist())
    assert spikes == [value for value in trace if value > recording["conv3"].attrs["threshold"]]


@pytest.fixture(scope="module")
def everything(small_model, tmp_path_factory):
    """Return a page of a long sentence with all kinds of words."""
    path = tmp_path_factory.mktemp("pages") / "page.html"
    classifier, engine = load_classifier(small_model), Engine()
    (recording,) = simulate(classifier, [EVERYTHING], record=DEFAULT, engine=engine)
    write_report(recording, classifier, path, engine=engine)
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_no_barriers(cli, small_model, open_page, everything, tmp_path, scheme):
    """Pages with and without a decision, on wide and on narrow screens, tables unfolded."""
    from axe_playwright_python.sync_playwright import Axe

    undecided = tmp_path / "undecided.html"
    assert cli("report", small_model, "--text=is", "--steps=1", "--out", undecided)[0] == 0
    for path in (everything, undecided):
        page = open_page(path)
        page.emulate_media(color_scheme=scheme)
        for width in (1200, 420):
            page.set_viewport_size({"width": width, "height": 900})
            page.locator("details").evaluate_all(UNFOLD)
            results = Axe().run(page)
            assert results.violations_count == 0, results.generate_report()
    assert page.locator("main").count() == 1
    assert "decides nothing" in page.locator("main").inner_text()
    # Bokeh hangs what it says of a mark on the body, and so outside of the landmark `main`.
    page = open_page(everything)
    page.emulate_media(color_scheme=scheme)
    point_at(page, "conv3")
    results = Axe().run(page)
    found = [(rule["id"], node["target"][0][0]) for rule, node in violations(results)]
    assert set(found) == {("region", ".bk-Tooltip")}, results.generate_report()


def violations(results):
    """Return each rule that is broken with each element that breaks it."""
    rules = results.response["violations"]
    return [(rule, node) for rule in rules for node in rule["nodes"]]


def test_votes_answer_the_pointer(open_page, everything):
    page = open_page(everything)
    plot = page.locator(".bk-Figure").first
    plot.hover(position={"x": 500, "y": 150})
    page.locator(".bk-tooltip-row-value").first.wait_for(timeout=10_000)
    said = page.locator(".bk-tooltip-row-value").all_inner_texts()
    classes = [line.split(":")[0] for line in page.locator(".votes li").all_inner_texts()]
    assert [line.split(":")[0] for line in said[::2]] == classes
    assert len(set(said[1::2])) == 1


def test_axe_finds_what_is_wrong(open_page, everything):
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(everything)
    page.evaluate("document.documentElement.style.setProperty('--note', '#aaaaaa')")
    assert [found["id"] for found in Axe().run(page).response["violations"]] == ["color-contrast"]


@pytest.mark.parametrize("width", [420, 320])
def test_pages_fit_a_phone(open_page, everything, width):
    page = open_page(everything)
    before = page.evaluate(PLOTS)
    page.set_viewport_size({"width": width, "height": 800})
    page.wait_for_function(f"({PLOTS})().every((plot) => plot <= {width})")
    page.locator("details").evaluate_all(UNFOLD)
    # A busy machine lays out later.
    page.wait_for_function(f"document.documentElement.scrollWidth == {width}")
    # Plots use the room that there is.
    assert min(page.evaluate(PLOTS)) > 0.85 * width
    assert min(before) > 1000


def test_a_finger_scrolls_past_plots(open_page, everything):
    page = open_page(everything)
    touch = page.locator(".bk-events").evaluate_all("all => all.map(one => one.style.touchAction)")
    assert len(touch) == 6
    assert set(touch) == {"pan-y pinch-zoom"}


def test_plots_follow_light_and_dark_and_are_printed_light(open_page, everything):
    page = open_page(everything)
    ink = "() => getComputedStyle(document.body).color"
    light, dark = [255, 255, 255], [18, 18, 18]
    for scheme, media, paper in [
        *(("light", "screen", light), ("dark", "screen", dark), ("dark", "print", light)),
        *(("dark", "screen", dark), ("light", "screen", light)),
    ]:
        page.emulate_media(color_scheme=scheme, media=media)
        page.wait_for_function(ALL_OF_COLOUR, arg=paper, timeout=10_000)
        assert len(page.evaluate(PAPERS)) == 6
        assert page.evaluate(ink) == ("rgb(34, 34, 34)" if paper is light else "rgb(232, 232, 232)")


def test_shades_of_words_are_printed(open_page, everything):
    page = open_page(everything)
    page.emulate_media(media="print")
    shades = page.locator(".sentence .word").evaluate_all(
        "all => all.map(one => [getComputedStyle(one).printColorAdjust,"
        " getComputedStyle(one).backgroundColor])"
    )
    assert {adjust for adjust, _ in shades} == {"exact"}
    assert any(colour.startswith("rgba(118, 42, 131, 0.") for _, colour in shades)


def test_the_focus_of_the_keyboard_is_visible(open_page, everything):
    page = open_page(everything)
    seen = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        kind, outline, width = page.evaluate(FOCUS)
        if kind == "BODY":
            break
        seen.add(kind)
        assert (outline, width) == ("solid", "2px"), kind
    assert {"SUMMARY", "SELECT"} <= seen


@pytest.fixture
def recorded(cli, small_model, tmp_path):
    """Return the file of a recording."""
    arguments = (
        "simulate",
        "a good film",
        "--model",
        small_model,
        "--decay=0.9",
        "--out",
        tmp_path,
    )
    assert cli(*arguments)[0] == 0
    return tmp_path / "small-01" / "recording.nc"


def test_a_recording_is_replayed_with_its_own_neurons(cli, small_model, recorded, tmp_path):
    path = tmp_path / "page.html"
    code, _, _ = cli("report", recorded, "--model", small_model, "--out", path)
    assert code == 0
    assert '“<span lang="en">a good film</span>”' in path.read_text(encoding="utf-8")


def test_words_that_were_not_shown_are_named(cli, small_model, tmp_path):
    text = "a zyzzyva of a good film" + 40 * " good"
    arguments = (small_model, "--text", text, "--out", tmp_path / "page.html")
    code, _, err = cli("report", *arguments)
    assert code == 0
    assert "unknown words stay silent: zyzzyva" in err
    assert "the last" in err


def test_a_recording_of_another_model_is_refused(cli, small_model, recorded, tmp_path):
    page = tmp_path / "page.html"
    code, _, err = cli("report", recorded, "--out", page)
    assert code == 2
    assert "made by 'small', no bundled model: name its folder" in err
    code, _, err = cli("report", recorded, "--model=mr", "--out", page)
    assert code == 7
    assert "no recording of model 'mr'" in err
    changed = open_recording(recorded)
    changed["output"]["spikes"][-1, 0, 0] = ~changed["output"]["spikes"][-1, 0, 0]
    changed["output"].attrs["spike_count"] = int(changed["output"]["spikes"].sum())
    save_recording(changed, recorded)
    code, _, err = cli("report", recorded, "--model", small_model, "--out", page)
    assert code == 7
    assert "answers its input otherwise" in err
    assert not page.exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("missing.nc",), 7, "no recording missing.nc"),
        (("missing",), 6, "missing"),
        (("mr", "--text", "zyzzyva"), 3, "knows none"),
        (("mr", "--text", ""), 3, "empty"),
        (("mr", "--model=waimai"), 2, "is a model itself"),
        (("mr", "--out=/dev/null/page.html"), 9, "cannot write"),
    ],
)
def test_bad_input_is_one_line_and_a_code(cli, arguments, code, message):
    got, _, err = cli("report", *arguments)
    assert got == code
    (line,) = [line for line in err.splitlines() if line.startswith("error: ")]
    assert message in line


def test_a_recording_has_its_own_steps(cli, recorded):
    code, _, err = cli("report", recorded, "--steps=10")
    assert code == 2
    assert "a recording has its own steps" in err
