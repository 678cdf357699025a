"""Parts of speech, and words that are no places."""

import nltk.data
import pytest
from nltk.tag.perceptron import PerceptronTagger

from bionlp.attacks.parts import is_place, open_tagger
from bionlp.errors import PartError
from bionlp.nltk_data import VARIABLE
from bionlp.text import tokenize
from tests.bionlp.attacks.parts.conftest import SENTENCE

TAGS = {
    *("NOUN", "PROPN", "PRON", "VERB", "AUX", "ADJ", "ADV"),
    *("DET", "ADP", "CONJ", "NUM", "PART", "PUNCT", "X"),
}
CHINESE = "这家餐厅的味道非常好，服务员也很热情。"


def test_english(tagger):
    tags = dict(zip(SENTENCE, tagger.tag(SENTENCE), strict=True))
    assert set(tags.values()) <= TAGS
    expected = {"films": "NOUN", "terrible": "ADJ", "quickly": "ADV", "wandered": "VERB"}
    assert {word: tags[word] for word in expected} == expected
    assert (tags["the"], tags["were"], tags["and"], tags["."]) == ("DET", "AUX", "CONJ", "PUNCT")
    assert tagger.tag([]) == []


def test_the_tag_depends_on_the_sentence(tagger):
    assert tagger.tag(["they", "film", "it"])[1] == "VERB"
    assert tagger.tag(["the", "film", "is"])[1] == "NOUN"


def test_what_is_given_out_is_a_list_of_ones_own(tagger):
    tagger.tag(SENTENCE).clear()
    assert len(tagger.tag(SENTENCE)) == len(SENTENCE)


def test_chinese():
    words = tokenize(CHINESE, "zh")
    tagger = open_tagger(None, "zh")
    assert tagger.name == "jieba"
    tags = dict(zip(words, tagger.tag(words), strict=True))
    assert set(tags.values()) <= TAGS
    expected = {"餐厅": "NOUN", "的": "PART", "非常": "ADV", "好": "ADJ", "。": "PUNCT"}
    assert {word: tags[word] for word in expected} == expected


def test_nltk_where_its_data_is(tmp_path, monkeypatch):
    name = "averaged_perceptron_tagger_eng"
    model = PerceptronTagger(load=False)
    model.train([[("the", "DT"), ("film", "NN"), ("moves", "VBZ"), (".", ".")]] * 5)
    folder = tmp_path / "taggers" / name
    monkeypatch.setattr(nltk.data, "path", [str(tmp_path)])
    model.save_to_json("eng", str(folder))
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    tagger = open_tagger("nltk", "en")
    assert tagger.tag(["the", "film", "moves", "."]) == ["DET", "NOUN", "VERB", "PUNCT"]


def test_what_there_is_not(monkeypatch):
    with pytest.raises(PartError, match=r"no tagger 'jieba' for language 'en'; choose denckring"):
        open_tagger("jieba", "en")
    with pytest.raises(PartError, match=r"for language 'fr'; choose en or zh \(--tagger NAME\)"):
        open_tagger(None, "fr")
    monkeypatch.setattr("bionlp.attacks.parts.taggers.find_data", lambda *_: None)
    with pytest.raises(PartError, match=r"no data here; python -m nltk.downloader"):
        open_tagger("nltk", "en")
    monkeypatch.setattr("bionlp.attacks.parts.taggers.find_spec", lambda _: None)
    with pytest.raises(PartError, match=r"denckring is missing; pip install 'bionlp\[attacks\]'"):
        open_tagger(None, "en")


def test_places():
    places = [word for word in SENTENCE if is_place(word, "en")]
    assert places[:4] == ["films", "terrible", "actors", "quickly"]
    assert places[4:] == ["wandered", "funny", "smart", "story"]
    assert not any(
        is_place(word, "en") for word in ["n't", "'s", "not", "1999", "...", '"', "[SEP]"]
    )
    places = [word for word in tokenize(CHINESE, "zh") if is_place(word, "zh")]
    assert {"餐厅", "味道", "非常", "好", "服务员", "热情"} <= set(places)
    assert not {"的", "也", "很", "，", "。"} & set(places)
    with pytest.raises(PartError, match="no stop words for 'fr'"):
        is_place("le", "fr")
