"""Silence and ties are no labels: in votes, evaluations, recordings, figures and pages."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.counts import plot_class_counts
from analysis.recordings import is_decided
from bionlp.checkpoint import load_classifier, save_classifier
from bionlp.datasets.model import Example
from bionlp.decision import REASONS, UNDECIDED, predict_labels, why_undecided
from bionlp.engine import Engine
from bionlp.errors import RecordingError
from bionlp.evaluation import evaluate, judge
from bionlp.recording import open_recording, save_recording
from bionlp.recording.schema import check
from bionlp.report import write_report
from bionlp.simulation import simulate

NUMPY = Engine("numpy")
TEXT = "the film is good ."


@pytest.fixture(scope="module")
def small(small_model):
    return load_classifier(small_model)


@pytest.fixture(scope="module")
def torn(small):
    """Return the small classifier with the same weights for both classes: always a tie."""
    weight = small.network.weights["output"].copy()
    weight[:3] = weight[3:]
    return replace(small, name="torn", network=small.network.with_weights({"output": weight}))


@pytest.fixture(scope="module")
def silent(small):
    """Return the small classifier with output neurons that never fire."""
    output = small.network["output"].neuron
    network = small.network.with_neurons({"output": replace(output, threshold=1e9)})
    return replace(small, name="silent", network=network)


@pytest.fixture
def folder(tmp_path, request):
    """Return a function that writes one of these classifiers."""

    def write(name):
        save_classifier(request.getfixturevalue(name), tmp_path / name)
        return tmp_path / name

    return write


@given(st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=1, max_size=20))
def test_a_label_is_a_class_that_has_more_votes_than_all_others(votes):
    votes = np.array(votes)
    for label, counts in zip(predict_labels(votes), votes, strict=True):
        winners = np.flatnonzero(counts == counts.max())
        decided = len(winners) == 1 and counts.any()
        assert label == (winners[0] if decided else UNDECIDED)
        assert why_undecided(counts) == (None if decided else "tie" if counts.any() else "silent")


def test_one_class_needs_a_vote():
    assert predict_labels(np.array([[0], [2]])).tolist() == [UNDECIDED, 0]


def test_what_is_undecided_is_counted_and_not_right():
    votes = np.array([[3, 1], [0, 0], [2, 2], [0, 0], [5, 1]])
    known = np.array([True, True, True, False, False])
    result = judge(np.zeros(5, dtype=int), votes, known)
    assert result.predictions.tolist() == [0, -1, -1, -1, -1]
    assert result.undecided == {"unknown_words": 2, "silent": 1, "tie": 1}
    assert (result.accuracy, result.majority, result.n) == (0.2, 1, 5)
    assert result.macro_f1 == pytest.approx(2 / 6)


@pytest.mark.parametrize("engine", [None, NUMPY])
@pytest.mark.parametrize(("name", "reason"), [("torn", "tie"), ("silent", "silent")])
def test_both_engines_see_it(engine, name, reason, request):
    classifier = request.getfixturevalue(name)
    examples = [Example(TEXT, 0), Example("a warm and clever end .", 0), Example("zyzzyva", 0)]
    result = evaluate(classifier, examples, steps=20, seed=0, engine=engine)
    assert result.accuracy == 0
    assert result.undecided == dict.fromkeys(REASONS, 0) | {"unknown_words": 1, reason: 2}


@pytest.mark.parametrize("engine", ["torch", "brian"])
def test_evaluate_says_so(cli, small_model, tmp_path, engine):
    table = tmp_path / "table.csv"
    rows = ["0,zyzzyva", "0,qux", "0,!?", "1,the film is good ."]
    table.write_text("\n".join(["label,text", *rows]), encoding="utf-8")
    arguments = ("evaluate", small_model, "--dataset", table, "--engine", engine)
    code, out, err = cli(*arguments, "--json")
    assert code == 0
    document = json.loads(out)
    assert document["accuracy"] == 0.25
    assert document["undecided"] == {"unknown_words": 3, "silent": 0, "tie": 0}
    assert (
        "warning: 3 of 4 sentences are undecided, and not right: 3 without a word that the model"
        in err
    )
    assert "undecided: 3)" in cli(*arguments)[1]


@pytest.mark.parametrize(("name", "reason"), [("torn", "tie"), ("silent", "silent")])
def test_simulate_gives_no_label(cli, folder, name, reason, tmp_path):
    model = folder(name)
    options = ("--steps=20", "--out", tmp_path / "out", "--record=none")
    code, out, err = cli("simulate", model, TEXT, *options, "--json")
    assert code == 0
    (entry,) = json.loads(out)
    assert (entry["label"], entry["label_index"], entry["undecided"]) == (None, None, reason)
    assert len(set(entry["counts"].values())) == 1
    assert "warning: sentence 1 is undecided: " in err
    recording = open_recording(tmp_path / "out" / f"{name}-01" / "recording.nc")
    assert (recording.attrs["label"], recording.attrs["label_name"]) == (UNDECIDED, "")
    assert f"undecided ({reason})" in cli("simulate", model, TEXT, "--steps=20")[1]


def test_a_decided_sentence_says_so(cli, small_model):
    (entry,) = json.loads(cli("simulate", small_model, TEXT, "--json")[1])
    assert (entry["label"], entry["label_index"], entry["undecided"]) == ("1", 1, None)


def test_recordings_figures_and_pages(torn, tmp_path):
    (recording,) = simulate(torn, [TEXT], steps=20, engine=NUMPY)
    assert not is_decided(recording)
    save_recording(recording, tmp_path / "recording.nc")
    assert open_recording(tmp_path / "recording.nc").identical(recording)
    (axes,) = plot_class_counts(recording).axes
    assert axes.get_title().endswith("→ undecided")
    assert "(label)" not in " ".join(text.get_text() for text in axes.get_legend().get_texts())
    write_report(recording, torn, tmp_path / "page.html", engine=NUMPY)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert '<h1>“<span lang="en">the film is good .</span>” → undecided</h1>' in page
    assert "No class has the most, so the network decides nothing." in page


@pytest.mark.parametrize(
    ("label", "name"), [(-1, "0"), (-2, ""), (0, ""), (2, ""), (-1, "undecided")]
)
def test_a_recording_with_another_label_is_refused(small, tmp_path, label, name):
    (recording,) = simulate(small, [TEXT], steps=5, engine=NUMPY, record=["none"])
    recording.attrs |= {"label": label, "label_name": name}
    with pytest.raises(RecordingError, match="label"):
        check(recording)
