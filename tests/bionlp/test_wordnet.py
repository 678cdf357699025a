"""WordNet's own files, those of Debian's package."""

import shutil
import zipfile

import pytest

from bionlp.errors import PartError
from bionlp.nltk_data import VARIABLE
from bionlp.wordnet import DEBIAN_FOLDER, WordNet, find_wordnet


@pytest.fixture(scope="module")
def wordnet():
    if not (DEBIAN_FOLDER / "index.noun").is_file():
        pytest.skip("needs WordNet: apt-get install wordnet-base")
    return find_wordnet(DEBIAN_FOLDER)


def test_synsets_of_a_small_one(small_wordnet):
    wordnet = WordNet(small_wordnet)
    (film,) = wordnet.synsets("film", "noun")
    assert film.words == ("film", "movie")
    ((word, opposite, synset),) = wordnet.antonyms(film)
    assert (word, opposite, synset.words) == ("movie", "play", ("play",))
    assert wordnet.lemmas("plays", "noun") == ["play"]
    assert wordnet.synsets("actor", "noun") == []
    assert [synset.words for _, _, synset in wordnet.all_synsets()] == [film.words, ("play",)]


def test_a_zip_of_nltk(small_wordnet, tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("nltk") / "corpora"
    folder.mkdir()
    with zipfile.ZipFile(folder / "wordnet.zip", "w") as packed:
        for file in small_wordnet.iterdir():
            packed.write(file, f"wordnet/{file.name}")
    monkeypatch.setenv(VARIABLE, str(folder.parent))
    found = find_wordnet()
    assert found.synsets("movie", "noun") == WordNet(small_wordnet).synsets("movie", "noun")
    assert str(folder) in str(found.folder)


def test_a_folder_of_nltk_comes_before_that_of_debian(small_wordnet, tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("nltk")
    shutil.copytree(small_wordnet, folder / "corpora" / "wordnet")
    monkeypatch.setenv(VARIABLE, str(folder))
    assert find_wordnet().folder == folder / "corpora" / "wordnet"


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("data.noun", "06 n 02", "06 n ff"),
        ("data.noun", "06 n 02", "06 n zz"),
        ("data.noun", "! ", "! x"),
        ("data.noun", " n 0201", " n 0901"),
        ("data.noun", " n 0201", " q 0201"),
        ("index.noun", "film n 1 1", "film n 1 x"),
        ("index.noun", "film n 1 1 ! 1 0 00000010", "film"),
        ("index.noun", "film n 1 1 ! 1 0 0", "film n 1 1 ! 1 0 9"),
    ],
)
def test_damage_is_said_in_one_line(small_wordnet, name, old, new):
    text = (small_wordnet / name).read_text()
    assert old in text
    (small_wordnet / name).write_text(text.replace(old, new, 1))
    with pytest.raises(PartError, match=rf"{name[-4:]}.*wordnet-base") as caught:
        WordNet(small_wordnet).synsets("film", "noun")
    assert "\n" not in str(caught.value)


def test_an_antonym_that_is_not_there(small_wordnet):
    text = (small_wordnet / "data.noun").read_text()
    (small_wordnet / "data.noun").write_text(text.replace(" n 0201", " n 0209"))
    wordnet = WordNet(small_wordnet)
    with pytest.raises(PartError, match=r"data.noun is damaged at byte"):
        list(wordnet.antonyms(*wordnet.synsets("film", "noun")))


def test_a_folder_that_is_none(tmp_path):
    with pytest.raises(PartError, match=r"no WordNet, since it has no index.noun; apt-get"):
        find_wordnet(tmp_path)


def test_without_any(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, "")
    monkeypatch.setattr("bionlp.wordnet.DEBIAN_FOLDER", tmp_path)
    monkeypatch.setattr("bionlp.wordnet.find_data", lambda *_: None)
    with pytest.raises(PartError, match=r"no WordNet here; apt-get install wordnet-base"):
        find_wordnet()


def test_forms_and_lemmas(wordnet):
    assert wordnet.lemmas("films", "noun") == ["film"]
    assert wordnet.lemmas("films", "verb") == ["film"]
    assert wordnet.lemmas("saw", "verb") == ["saw", "see"]
    assert wordnet.lemmas("better", "adj") == ["better", "good", "well"]
    assert wordnet.lemmas("stopped", "verb") == ["stop"]
    assert wordnet.lemmas("qwerty", "noun") == []
    assert set(wordnet.irregular_forms("write", "verb")) == {"wrote", "written"}


def test_facts(wordnet):
    assert any("movie" in synset.words for synset in wordnet.synsets("film", "noun"))
    pairs = [
        (word, opposite)
        for synset in wordnet.synsets("good", "adj")
        for word, opposite, _ in wordnet.antonyms(synset)
    ]
    assert ("good", "bad") in pairs
    similar = [
        word
        for near in wordnet.synsets("good", "adj")[0].similar
        for word in wordnet.synset(*near).words
    ]
    assert "bang-up" in similar
    # Its mark of where it stands, galore(ip), is no part of the word.
    assert "galore" in wordnet.synsets("galore", "adj")[0].words
