"""``bionlp report``: pages of models and recordings, opened in a real browser."""

import os
import re
import shutil

import pytest

from bionlp.checkpoint import load_classifier
from bionlp.recording import open_recording, save_recording
from bionlp.simulation import simulate

BROWSERS = ("chromium", "chromium-browser", "google-chrome")

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


@pytest.fixture
def browser():
    """Return a browser without a network, or skip the test."""
    programs = [os.environ.get("BIONLP_BROWSER"), *map(shutil.which, BROWSERS)]
    program = next(filter(None, programs), None)
    if program is None:
        pytest.skip(f"needs a browser: install {BROWSERS[0]}, or set BIONLP_BROWSER to one")
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=flags)
        yield running.new_context(offline=True, viewport={"width": 1200, "height": 900})
        running.close()


@pytest.fixture
def open_page(browser):
    """Return a function that opens a page and fails at the end if anything in it did."""
    complaints = []

    def visit(path):
        page = browser.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text) if message.type in ("error", "warning") else None
            ),
        )
        page.on("requestfailed", lambda request: complaints.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_function("window.Bokeh?.documents[0]?.is_idle")
        return page

    yield visit
    assert complaints == []


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
    assert re.fullmatch(r"w\d+ “.+”, map \d+", name)
    assert time == f"{at:g} ms"
    (name, _), _ = point_at(page, "output")
    assert re.fullmatch(r"(negative|positive), neuron \d", name)
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
    assert "“a good film”" in path.read_text(encoding="utf-8")


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
