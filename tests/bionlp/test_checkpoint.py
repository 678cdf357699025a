import json
import shutil

import numpy as np
import pytest

from bionlp.checkpoint import load_classifier, save_classifier
from bionlp.errors import CheckpointError


def test_what_is_saved_is_loaded(small_model, tmp_path):
    classifier = load_classifier(small_model)
    save_classifier(classifier, tmp_path / "copy")
    copy = load_classifier(tmp_path / "copy")
    assert copy.vocabulary.words == classifier.vocabulary.words
    assert copy.training == classifier.training
    np.testing.assert_array_equal(copy.levels, classifier.levels)
    assert copy.network.input == classifier.network.input
    for ours, theirs in zip(copy.network.layers, classifier.network.layers, strict=True):
        assert type(ours) is type(theirs)
        for name, value in vars(theirs).items():
            np.testing.assert_array_equal(getattr(ours, name), value)


@pytest.fixture
def copied(small_model, tmp_path):
    """Return a copy of the small model that a test may harm."""
    return shutil.copytree(small_model, tmp_path / "harmed")


def harm_json(folder, **changes):
    path = folder / "settings.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda folder: shutil.rmtree(folder), "there is no model"),
        (lambda folder: (folder / "model.safetensors").unlink(), "there is no file"),
        (
            lambda folder: (folder / "model.safetensors").write_bytes(
                (folder / "model.safetensors").read_bytes()[:-100]
            ),
            "truncated",
        ),
        (lambda folder: (folder / "vocabulary.json").write_text("[]"), "was changed"),
        (lambda folder: (folder / "settings.json").write_text('{"format": "bio'), "truncated"),
        (lambda folder: (folder / "settings.json").write_text("[1]"), "does not describe"),
        (lambda folder: harm_json(folder, format="other"), "does not describe"),
        (lambda folder: harm_json(folder, version=99), "version 99"),
        (lambda folder: harm_json(folder, sha256=None), "no checksums"),
        (lambda folder: harm_json(folder, network={}), "no complete model"),
    ],
)
def test_harmed_models_are_refused(cli, copied, harm, message):
    harm(copied)
    with pytest.raises(CheckpointError, match=message):
        load_classifier(copied)
    code, out, err = cli("simulate", "good", "--model", copied)
    assert (code, out) == (6, "")
    assert "Traceback" not in err


def test_unknown_names_list_the_bundled_ones():
    with pytest.raises(CheckpointError, match="mr, waimai"):
        load_classifier("no-such-model")
