"""How sure answers are: the mathematics, the file beside a model, the command."""

import json
import shutil
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bionlp.checkpoint import bundled_models, load_classifier, save_classifier
from bionlp.confidence import Calibration, calibrate
from bionlp.decision import UNDECIDED, predict_labels
from bionlp.errors import CheckpointError, DatasetError

FOUND = Calibration(2.0, 30.0, 50, "mr", "dev", 400, 0.3)

votes = arrays(
    np.int64, st.tuples(st.integers(1, 5), st.integers(2, 6)), elements=st.integers(0, 5000)
)


@given(votes, st.floats(1e-3, 100), st.floats(1e-3, 1e5))
def test_probabilities_add_up_and_keep_the_label(votes, exponent, offset):
    found = replace(FOUND, exponent=exponent, offset=offset).probabilities(votes)
    np.testing.assert_allclose(found.sum(axis=-1), 1)
    labels = predict_labels(votes)
    decided = labels != UNDECIDED
    best = found[decided].max(axis=1)
    np.testing.assert_array_equal(found[decided, labels[decided]], best)


def test_silence_is_not_sure_of_anything():
    np.testing.assert_allclose(FOUND.probabilities(np.zeros(4)), 0.25)
    few, many = FOUND.probabilities(np.array([[1, 0], [1000, 0]]))[:, 0]
    assert 0.5 < few < 0.55 < 0.99 < many


@pytest.mark.parametrize("classes", [2, 5])
def test_a_known_calibration_is_found_again(classes):
    rng = np.random.default_rng(0)
    votes = rng.poisson(rng.gamma(1, 60, (20_000, classes)))
    truth = FOUND.probabilities(votes)
    labels = (rng.random((len(votes), 1)) > truth.cumsum(axis=1)).sum(axis=1)
    found = calibrate(votes, labels, steps=50, dataset="drawn")
    assert np.abs(found.probabilities(votes) - truth).mean() < 0.01
    assert found.exponent == pytest.approx(2, rel=0.2)
    entropy = -np.log(truth[np.arange(len(votes)), labels]).mean()
    assert found.log_loss == pytest.approx(entropy, rel=0.01)
    assert (found.steps, found.dataset, found.split, found.sentences) == (
        50,
        "drawn",
        "dev",
        20_000,
    )


def test_sentences_that_are_all_right_do_not_make_it_certain():
    votes = np.array([[400, 0], [0, 400]] * 10)
    found = calibrate(votes, np.array([0, 1] * 10), steps=50, dataset="easy")
    assert found.probabilities(votes).max() == pytest.approx(21 / 22, abs=0.002)


def test_too_few_sentences():
    with pytest.raises(DatasetError, match=r"9 sentences .* are too few .* needs 10"):
        calibrate(np.ones((9, 2)), np.zeros(9, dtype=int), steps=50, dataset="few")


@pytest.fixture
def calibrated(make_classifier, tmp_path):
    """Return the folder of a model with a calibration."""
    save_classifier(replace(make_classifier(), calibration=FOUND), tmp_path / "odd")
    return tmp_path / "odd"


def test_it_is_stored_with_the_model(calibrated, make_classifier):
    classifier = load_classifier(calibrated)
    assert classifier.calibration == FOUND
    assert classifier.probabilities(np.array([3, 0]), 49) is None
    np.testing.assert_array_equal(
        classifier.probabilities(np.array([3, 0]), 50), FOUND.probabilities(np.array([3, 0]))
    )
    save_classifier(make_classifier(), calibrated)
    assert load_classifier(calibrated).calibration is None


WRONG = {
    "format": ("bionlp-model", None),
    "version": (2, "1"),
    "sha256": ("0" * 64, "x", 1),
    "exponent": (0, -1.0, 1e9, "2", None, True),
    "offset": (0, -1.0, 1e9, [], True),
    "steps": (0, 1.5, "50", 10**9),
    "dataset": (1, None, "x" * 2000),
    "split": (1, None),
    "sentences": (0, "many", 2.5),
    "log_loss": (-1.0, "low"),
}


@pytest.mark.parametrize("field", WRONG)
def test_each_field_is_checked(calibrated, field):
    path = calibrated / "calibration.json"
    document = json.loads(path.read_bytes())
    assert document.keys() == WRONG.keys()
    altered = [document | {field: value} for value in WRONG[field]]
    altered.append({key: value for key, value in document.items() if key != field})
    for changed in altered:
        path.write_text(json.dumps(changed))
        with pytest.raises(CheckpointError, match=f"calibration.json: {field}"):
            load_classifier(calibrated)


@pytest.mark.parametrize("content", ["", "{", "[]", "\0", '{"exponent": NaN}', '{"a": 1, "a": 1}'])
def test_a_damaged_file(calibrated, content):
    (calibrated / "calibration.json").write_text(content)
    with pytest.raises(CheckpointError, match=r"calibration\.json.*bionlp confidence"):
        load_classifier(calibrated)


def test_it_belongs_to_the_weights(calibrated, small_model, tmp_path):
    shutil.copytree(small_model, tmp_path / "other")
    shutil.copy(calibrated / "calibration.json", tmp_path / "other")
    with pytest.raises(CheckpointError, match="sha256: it is for other weights"):
        load_classifier(tmp_path / "other")


@pytest.mark.parametrize("name", bundled_models())
def test_bundled_models_are_calibrated(name):
    classifier = load_classifier(name)
    found = classifier.calibration
    assert (found.dataset, found.split, found.steps) == (name, "dev", classifier.steps)
    assert found.sentences > 800


def test_training_calibrates_on_dev(small_model):
    found = load_classifier(small_model).calibration
    assert (found.dataset, found.split, found.sentences, found.steps) == ("reviews", "dev", 18, 50)


def test_the_command_finds_what_training_found(cli, small_model, reviews, tmp_path):
    shutil.copytree(small_model, tmp_path / "copy")
    trained = load_classifier(small_model).calibration
    (tmp_path / "copy" / "calibration.json").unlink()
    arguments = ("confidence", tmp_path / "copy", "--dataset", reviews / "reviews.csv")
    code, out, err = cli(*arguments, "--json")
    assert code == 0, err
    again = load_classifier(tmp_path / "copy").calibration
    assert replace(again, dataset="reviews") == trained
    document = json.loads(out)
    assert {key: document[key] for key in asdict(again)} == asdict(again)
    assert cli(*arguments, "--steps=20")[0] == 0
    assert load_classifier(tmp_path / "copy").calibration.steps == 20


def test_what_the_command_refuses(cli, small_model, reviews, tmp_path):
    table = reviews / "reviews.csv"
    for model, split, code in (
        (small_model, "train", 2),
        (small_model, "all", 2),
        (small_model, "nonsense", 2),
        ("mr", "dev", 2),
        (tmp_path, "dev", 6),
    ):
        found, out, err = cli("confidence", model, "--dataset", table, "--split", split)
        assert (found, out) == (code, ""), (model, split)
        assert len([line for line in err.splitlines() if line.startswith("error: ")]) == 1, err
