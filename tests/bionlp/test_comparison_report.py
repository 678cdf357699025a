"""``bionlp report --compare``: pages about two sentences, from Brian 2 to a browser."""

import re
from pathlib import Path

import numpy as np
import pytest

from analysis.alignment import align
from analysis.changes import lead
from analysis.recordings import words
from bionlp import comparison_report
from bionlp.checkpoint import load_classifier
from bionlp.cli.output import load_model
from bionlp.comparison_report import write_comparison
from bionlp.engine import Engine
from bionlp.recording import open_recording, save_recording
from bionlp.simulation import simulate

ORIGINAL = "it is a charming comedy that never loses its way"
CHANGED = "it is a cute comedy that never loses its way"
NUMPY = Engine("numpy")
ROOT = Path(__file__).parents[2]

# Where on the screen the first of some marks is drawn.
FIND_MARK = """(name) => {
    const document = Bokeh.documents[0]
    const plots = document.get_model_by_name("raster").children.map(([plot]) => plot)
    const has = (plot) => plot.renderers.some((renderer) => renderer.name === name)
    const view = Bokeh.index.find_one(plots.find(has))
    view.el.scrollIntoView({block: "center"})
    const {time, row} = document.get_model_by_name(name).data_source.data
    const {left, top} = view.el.getBoundingClientRect()
    const {x_scale, y_scale} = view.frame
    return [left + x_scale.compute(time[0]), top + y_scale.compute(row[0]), time[0]]
}"""
UNFOLD = "all => all.forEach((one) => { one.open = true })"


def rows_of(path, name):
    """Return the cells of a table of a page, without its header."""
    page = path.read_text(encoding="utf-8")
    table = page.partition(f'aria-label="{name}"')[2].partition("</table>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", table, flags=re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]
    return cells[1:]


def number(cell):
    return float(cell.replace(",", "").replace("−", "-").replace("+", ""))


@pytest.fixture
def few_draws(monkeypatch):
    """Present sentences with other noise only twice, as that takes most of the time."""
    monkeypatch.setattr(comparison_report, "DRAWS", 2)


@pytest.fixture(scope="module")
def both():
    """Return the bundled model's recordings of a sentence and of one that it answers otherwise."""
    classifier = load_classifier("mr")
    return [simulate(classifier, text, engine=NUMPY)[0] for text in (ORIGINAL, CHANGED)]


@pytest.fixture(scope="module")
def turned(both, tmp_path_factory):
    """Return the page about them."""
    path = tmp_path_factory.mktemp("pages") / "page.html"
    write_comparison(*both, load_classifier("mr"), path, engine=NUMPY)
    return path


def test_unchanged_words_have_the_very_same_spikes(both):
    before, after = (recording["input"]["spikes"].values for recording in both)
    same = [place for place in range(10) if place != 3]
    assert np.array_equal(before[:, same], after[:, same])
    assert not np.array_equal(before[:, 3], after[:, 3])


def test_the_page_tells_what_was_counted(both, turned):
    classifier = load_classifier("mr")
    page = " ".join(turned.read_text(encoding="utf-8").split())
    votes = [r["output"]["spikes"].sum(("time", "neuron")).values for r in both]
    chances = [classifier.probabilities(counts, 50).max() for counts in votes]
    first, second = (f"{100 * chance:.0f} %" for chance in chances)
    assert f"<h1>positive ({first}) → negative ({second})</h1>" in page
    assert "1 of 10 words changed:" in page
    leads = [int(counts[1]) - int(counts[0]) for counts in votes]
    for row, counts, margin in zip(rows_of(turned, "Answers"), votes, leads, strict=True):
        assert [number(cell) for cell in row[2:]] == [*counts, margin]
    for name, *cells, first in rows_of(turned, "Spikes of each layer"):
        before, after = (r[name]["spikes"].values.astype(bool) for r in both)
        counted = [spikes.sum() for spikes in (before, after, before & after)]
        counted += [(before & ~after).sum(), (after & ~before).sum()]
        assert [number(cell) for cell in cells] == counted
        steps = np.nonzero((before != after).reshape(50, -1).any(axis=1))[0]
        assert float(first) == steps[0]
    before, after = (r["input"]["spikes"].values.astype(bool) for r in both)
    share = 100 * (before & after).sum() / (before | after).sum()
    assert f"{share:.1f} % are common to both" in page
    same = [place for place in range(10) if place != 3]
    assert f"9 words stay at their places, with the very same {before[:, same].sum():,} spi" in page


def test_the_guide_tells_what_the_page_does(turned):
    guide = ROOT / "docs" / "howto" / "report.md"
    guide = " ".join(guide.read_text(encoding="utf-8").split())
    page = " ".join(turned.read_text(encoding="utf-8").split())
    assert f'"{ORIGINAL}" \\ "{CHANGED}"' in guide
    (answers,) = re.findall("<h1>(.*?)</h1>", page)
    assert f'here "{answers}", one word of ten' in guide
    (spikes,) = re.findall("with the very same ([0-9,]+) spikes in both", page)
    assert f"the very same {spikes} input spikes" in guide
    fresh = [row[1:4] for row in rows_of(turned, "Answers with other noise")]
    assert fresh == [["0", "20", "0"], ["20", "0", "0"]]
    assert "20 of 20 each" in guide


def test_currents_on_the_page_are_those_of_the_weights(both, turned):
    weights = load_classifier("mr").network.weights["output"]
    lead_of_positive = weights[10:].sum(axis=0) - weights[:10].sum(axis=0)
    counts = [
        np.concatenate([r[f"pool{width}"]["spikes"].values.sum(axis=0) for width in (3, 4, 5)])
        for r in both
    ]
    currents = (counts[1].astype(int) - counts[0].astype(int)) * lead_of_positive
    table = rows_of(turned, "What the output hears")
    assert len(table) == 12
    for rank, (name, width, spikes, *_, current, label) in enumerate(table):
        feature_map = int(name.partition("map ")[2])
        neuron = (int(width) - 3) * 100 + feature_map
        assert abs(currents[neuron]) == pytest.approx(np.sort(np.abs(currents))[::-1][rank])
        assert number(current) == pytest.approx(currents[neuron], abs=0.05)
        assert spikes == f"{counts[0][neuron]} → {counts[1][neuron]}"
        assert label == ("positive" if currents[neuron] > 0 else "negative")
    assert f"All together brought {currents.sum():+.1f}".replace("-", "−") in turned.read_text(
        encoding="utf-8"
    )


def test_a_single_word_moved_the_whole_lead(both, turned):
    found = lead(*both)
    moved = [row[-1] for row in rows_of(turned, "Words")]
    assert [place for place, cell in enumerate(moved) if cell] == [3]
    assert number(moved[3]) == found.changed - found.original < 0


@pytest.mark.usefixtures("few_draws")
def test_words_are_put_back_and_noise_is_drawn_anew(small_model, tmp_path):
    classifier, path = load_classifier(small_model), tmp_path / "page.html"
    texts = ("the film is good and warm .", "the film is bad and dull .")
    original, changed = (simulate(classifier, text, engine=NUMPY)[0] for text in texts)
    write_comparison(original, changed, classifier, path, engine=NUMPY)
    found = lead(original, changed)
    told = {row[0]: row[-1] for row in rows_of(path, "Words") if row[-1]}
    assert list(told) == ["good → bad", "warm → dull"]
    # The noise belongs to places, so putting a word back is to simulate with that word.
    for name, text in zip(
        told, ("the film is good and dull .", "the film is bad and warm ."), strict=True
    ):
        (back,) = simulate(classifier, text, engine=NUMPY)
        assert number(told[name]) == found.changed - lead_of(back, found)
    # Number 0 is the page's own, and simulate() numbers from there.
    table = rows_of(path, "Answers with other noise")
    for (_, *cells), text in zip(table, texts, strict=True):
        drawn = simulate(classifier, [text] * 3, engine=NUMPY)[1:]
        labels = [recording.attrs["label"] for recording in drawn]
        leads = [lead_of(recording, found) for recording in drawn]
        assert [int(cell) for cell in cells[:3]] == [labels.count(n) for n in (0, 1, -1)]
        assert number(cells[3]) == pytest.approx(np.mean(leads), abs=0.05)
        assert [number(cell) for cell in cells[4:]] == [min(leads), max(leads)]


def lead_of(recording, found):
    votes = recording["output"]["spikes"].sum(("time", "neuron")).values
    return votes[found.label] - votes[found.rival]


@pytest.mark.usefixtures("few_draws")
def test_sentences_of_two_lengths(cli, small_model, tmp_path):
    path = tmp_path / "page.html"
    texts = ("the film is good .", "the film is not good .")
    code, out, err = cli("report", small_model, "--compare", *texts, "--out", path)
    assert (code, out.strip()) == (0, str(path))
    assert "unknown words stay silent: not" in err
    page = " ".join(path.read_text(encoding="utf-8").split())
    assert "1 put in:" in page
    assert "3 words stay at their places" in page
    assert "2 words moved to another" in page
    classifier = load_classifier(small_model)
    recordings = [simulate(classifier, text, engine=NUMPY)[0] for text in texts]
    assert [pair.stays for pair in align(*map(words, recordings))].count(True) == 3
    for name, original, changed, *_ in rows_of(path, "Spikes of each layer"):
        counts = [recording[name].attrs["spike_count"] for recording in recordings]
        assert [number(original), number(changed)] == counts


@pytest.mark.usefixtures("few_draws")
def test_another_threshold_has_no_confidence(cli, small_model, tmp_path):
    path = tmp_path / "page.html"
    texts = ("the film is good .", "the film is bad .")
    options = ("--decay=0.95", "--seed=2", "--steps=40")
    assert cli("report", small_model, "--compare", *texts, *options, "--out", path)[0] == 0
    assert re.search(r"<h1>\w+ → \w+</h1>", path.read_text("utf-8"))


@pytest.fixture
def recorded(small_model, tmp_path):
    """Return a function that records a sentence and returns its file."""

    def record(name, text, *, decay=None, **options):
        classifier, path = load_model(str(small_model), decay), tmp_path / f"{name}.nc"
        (recording,) = simulate(classifier, text, engine=NUMPY, **options)
        save_recording(recording, path)
        return path

    return record


@pytest.mark.usefixtures("few_draws")
def test_recordings_are_compared(cli, small_model, recorded, tmp_path):
    path, texts = tmp_path / "page.html", ("a good film", "a bad film")
    good, bad = (recorded(text[2:], text, decay=0.9) for text in texts)
    arguments = ("--compare", good, bad, "--model", small_model, "--out", path)
    assert cli("report", *arguments)[0] == 0
    from_recordings = path.read_text(encoding="utf-8")
    # Confidence was measured with other neurons.
    assert "<h1>1 → 0</h1>" in from_recordings
    options = ("--decay=0.9", "--out", path)
    assert cli("report", small_model, "--compare", *texts, *options)[0] == 0
    assert main_of(from_recordings) == main_of(path.read_text(encoding="utf-8"))


def main_of(page):
    """Return what a page tells, without the numbers that Bokeh gives its parts."""
    main = page.partition("<main>")[2].partition("</main>")[0]
    return re.sub(r'(id|data-root-id)="[^"]*"', "", main)


@pytest.mark.usefixtures("few_draws")
def test_recordings_that_do_not_belong_together(cli, small_model, recorded, tmp_path):
    page, one = tmp_path / "page.html", recorded("one", "a good film")

    def refused(other, *model):
        code, _, err = cli("report", *model, "--compare", one, other, "--out", page)
        (line,) = [line for line in err.splitlines() if line.startswith("error: ")]
        assert not page.exists()
        return code, line

    code, line = refused(recorded("steps", "a bad film", steps=20), small_model)
    assert code == 7
    assert "the recordings differ in steps: 50 and 20" in line
    code, line = refused(recorded("decay", "a bad film", decay=0.9), small_model)
    assert code == 7
    assert "differ in decay of" in line
    code, line = refused(one)
    assert code == 2
    assert "made by 'small', no bundled model: name its folder" in line
    code, line = refused(one, "mr")
    assert code == 7
    assert "no recording of model 'mr'" in line
    other = recorded("other", "a bad film")
    changed = open_recording(other)
    changed["output"]["spikes"][-1, 0, 0] = ~changed["output"]["spikes"][-1, 0, 0]
    changed["output"].attrs["spike_count"] = int(changed["output"]["spikes"].sum())
    save_recording(changed, other)
    code, line = refused(other, small_model)
    assert code == 7
    assert "answers its input otherwise" in line


TWO = ("a good film", "a bad film")


@pytest.mark.usefixtures("few_draws")
@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("mr", "--compare", *TWO, "--text=good"), 2, "--compare has its own text"),
        (("mr", "--compare", "a.nc", "a bad film"), 2, "not one of each"),
        (("mr", "--compare", "a film", "b.nc"), 2, "not one of each"),
        (("--compare", *TWO), 2, "name a model for the two sentences"),
        ((), 2, "name a model or a recording"),
        (("a.nc", "--compare", *TWO), 2, "leave out the recording a.nc"),
        (("mr", "--compare", *TWO, "--model=mr"), 2, "both name a model"),
        (("--compare", *TWO, "--model=mr"), 2, "name the model first"),
        (("--compare", "a.nc", "b.nc", "--seed=1"), 2, "recordings have their own seed"),
        (("--compare", "a.nc", "b.nc", "--text=good"), 2, "recordings have their own text"),
        (("--compare", "a.nc", "b.nc"), 7, "no recording a.nc"),
        (("mr", "--compare", "", "a film"), 3, "empty"),
        (("mr", "--compare", "a film", "zyzzyva"), 3, "knows none"),
        (("mr", "--compare", "a film", "好吃"), 3, "knows none"),
        (("missing", "--compare", *TWO), 6, "missing"),
        (("mr", "--compare", *TWO, "--record=nonsense"), 2, "no layer 'nonsense'"),
        (("mr", "--compare", *TWO, "--out=/dev/null/page.html"), 9, "cannot write"),
    ],
)
def test_bad_input_is_one_line_and_a_code(cli, monkeypatch, tmp_path, arguments, code, message):
    monkeypatch.chdir(tmp_path)
    got, out, err = cli("report", *arguments)
    assert (got, out) == (code, "")
    (line,) = [line for line in err.splitlines() if line.startswith("error: ")]
    assert message in line


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_has_no_barriers_and_fits(open_page, turned, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(turned)
    page.emulate_media(color_scheme=scheme)
    for width in (1280, 420, 320):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(f"document.documentElement.scrollWidth <= {width}")
        page.locator("details").evaluate_all(UNFOLD)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        if width != 420:
            results = Axe().run(page)
            assert results.violations_count == 0, results.generate_report()


def test_the_page_answers_the_pointer_and_another_membrane(both, open_page, turned):
    page = open_page(turned)
    x, y, time = page.evaluate(FIND_MARK, "output changed")
    page.mouse.move(x + 3, y)
    page.mouse.move(x, y)
    value = page.locator(".bk-tooltip-row-value")
    value.first.wait_for()
    name, said, at = value.all_inner_texts()
    assert re.fullmatch(r"output: (negative|positive), neuron \d", name)
    assert (said, at) == ("in the changed one alone", f"{time:g} ms")
    layer, neuron = page.locator("select").all()
    assert layer.input_value() == "output"
    layer.select_option("pool3")
    neuron.select_option(label="map 7")
    for sentence, recording in zip(("original", "changed"), both, strict=True):
        shown = page.evaluate(
            "(name) => Array.from("
            "Bokeh.documents[0].get_model_by_name(name).data_source.data.membrane)",
            f"membrane, {sentence}",
        )
        assert shown == pytest.approx(recording["pool3"]["membrane"].values[:, 7].tolist())
