"""What proposes replacements for a word."""

import numpy as np
import pytest
from gensim.models import KeyedVectors
from hypothesis import given
from hypothesis import strategies as st

from bionlp.attacks.parts import is_place, open_candidates
from bionlp.attacks.parts.inflection import inflected_alike
from bionlp.attacks.parts.misspellings import Misspellings
from bionlp.errors import EmbeddingError, PartError
from bionlp.text import tokenize
from bionlp.wordnet import find_wordnet
from tests.bionlp.attacks.parts.conftest import SENTENCE


def proposed(candidates, word, sentence=SENTENCE):
    return candidates.propose(sentence, sentence.index(word))


@pytest.fixture(scope="module")
def synonyms():
    return open_candidates("synonyms", "en")


def test_synonyms_of_the_table_that_is_shipped(synonyms):
    near = proposed(synonyms, "terrible")
    assert {"dreadful", "horrific", "awful"} <= set(near)
    assert len(near) <= 15
    assert "movie" in proposed(synonyms, "films")
    assert {"tedious", "dull"} <= set(proposed(synonyms, "boring", ["boring"]))
    assert proposed(synonyms, "qwerty", ["qwerty"]) == []


@pytest.mark.parametrize(
    ("word", "antonym"),
    [
        ("good", "bad"),
        ("best", "worst"),
        ("beautiful", "ugly"),
        ("love", "hate"),
        ("happy", "sad"),
        ("smart", "stupid"),
        ("increase", "decrease"),
        ("interesting", "boring"),
    ],
)
def test_antonyms_are_no_synonyms(synonyms, word, antonym):
    assert antonym not in proposed(synonyms, word, [word])
    assert word not in proposed(synonyms, antonym, [antonym])


def test_function_words_are_no_synonyms(synonyms):
    near = [word for name in SENTENCE for word in proposed(synonyms, name)]
    assert near
    assert all(is_place(word, "en") for word in near)


def test_synonyms_among_any_word_vectors(tmp_path):
    vectors = KeyedVectors(2)
    words = ["film", "movie", "the", "n't", "flick", "end"]
    table = np.array([[1, 0], [1, 0.5], [1, 0.1], [1, 0.2], [1, 0.3], [0, 1]], np.float32)
    vectors.add_vectors(words, table)
    vectors.save_word2vec_format(str(tmp_path / "few.bin"), binary=True)
    opened = open_candidates("synonyms", "en", source=str(tmp_path / "few.bin"), number=2)
    assert opened.propose(["a", "film"], 1) == ["flick", "movie"]
    assert opened.propose(["a", "end"], 1) == []
    assert opened.propose(["a", "end"], 0) == []
    with pytest.raises(EmbeddingError, match=r"there are no word vectors .*none.bin"):
        open_candidates("synonyms", "en", source=str(tmp_path / "none.bin"))


def test_lemmas_of_wordnet_are_inflected(tagger, debian_wordnet):
    opened = open_candidates("wordnet", "en", source=str(debian_wordnet), tagger=tagger, number=9)
    assert proposed(opened, "films")[:4] == ["movies", "pictures", "pics", "flicks"]
    assert {"awful", "dire", "dreadful"} <= set(proposed(opened, "terrible"))
    assert {"rapidly", "speedily"} <= set(proposed(opened, "quickly"))
    assert {"roamed", "strayed", "drifted"} <= set(
        open_candidates("wordnet", "en", source=str(debian_wordnet), tagger=tagger).propose(
            SENTENCE, SENTENCE.index("wandered")
        )
    )
    assert proposed(opened, "the") == []
    assert len(proposed(opened, "funny")) == 9


@pytest.mark.parametrize(
    ("lemma", "word", "base", "part", "expected"),
    [
        ("movie", "films", "film", "noun", "movies"),
        ("story", "tales", "tale", "noun", "stories"),
        ("boy", "kids", "kid", "noun", "boys"),
        ("box", "cases", "case", "noun", "boxes"),
        ("man", "guys", "guy", "noun", "men"),
        ("movie", "film", "film", "noun", "movie"),
        ("move", "goes", "go", "verb", "moves"),
        ("move", "going", "go", "verb", "moving"),
        ("move", "went", "go", "verb", "moved"),
        ("stop", "ended", "end", "verb", "stopped"),
        ("plan", "intended", "intend", "verb", "planned"),
        # WordNet does not lead swanned back to swan.
        ("swan", "wandered", "wander", "verb", None),
        ("cast", "wandered", "wander", "verb", "cast"),
        ("make", "did", "do", "verb", "made"),
        ("lie", "resting", "rest", "verb", "lying"),
        ("see", "watching", "watch", "verb", "seeing"),
        ("agree", "consented", "consent", "verb", "agreed"),
        ("cry", "wept", "weep", "verb", "cried"),
        # sang or sung: no ending tells.
        ("sing", "hummed", "hum", "verb", None),
        ("nice", "finer", "fine", "adj", "nicer"),
        ("happy", "glader", "glad", "adj", "happier"),
        ("good", "finer", "fine", "adj", "better"),
        ("beautiful", "finer", "fine", "adj", None),
    ],
)
def test_inflection(lemma, word, base, part, expected, debian_wordnet):
    wordnet = find_wordnet(debian_wordnet)
    assert inflected_alike(lemma, word, base, part, wordnet) == expected


def test_inflections_lead_back_to_their_lemmas(debian_wordnet):
    wordnet = find_wordnet(debian_wordnet)
    models = {"noun": ["films"], "verb": ["ended", "ending", "ends"], "adj": ["finer", "finest"]}
    bases = {"noun": "film", "verb": "end", "adj": "fine"}
    for part, words in models.items():
        lemmas = [lemma for lemma in wordnet._index(part) if lemma.isalpha()][::400]
        forms = [
            (lemma, inflected_alike(lemma, word, bases[part], part, wordnet))
            for lemma in lemmas
            for word in words
        ]
        given_forms = [(lemma, form) for lemma, form in forms if form is not None]
        assert len(given_forms) > len(lemmas) / 20
        assert all(lemma in wordnet.lemmas(form, part) for lemma, form in given_forms)


WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=14)


@given(WORDS, st.integers(1, 20), st.integers(0, 3))
def test_misspellings(word, number, seed):
    found = Misspellings("en", number=number, seed=seed).propose(["a", word], 1)
    assert found == Misspellings("en", number=number, seed=seed).propose([word], 0)
    assert len(found) == len(set(found)) <= number
    for bug in found:
        assert bug != word
        assert len(bug) in (len(word), len(word) - 1)
        assert tokenize(bug, "en") == [bug]
        # One swap, or one letter: nothing else is touched.
        differing = sum(a != b for a, b in zip(bug, word, strict=False))
        assert len(bug) < len(word) or differing <= 2


def test_misspellings_of_a_word():
    found = Misspellings("en", number=100).propose(["terrible"], 0)
    assert {"terrbile", "terible", "terrib1e", "tertible"} <= set(found)
    quick = Misspellings("en", number=4).propose(["quickly"], 0)
    assert [len(bug) for bug in quick] == [7, 6, 7, 7]
    assert sorted(quick[0]) == sorted("quickly")
    assert any(map(str.isdigit, quick[2]))
    assert found != Misspellings("en", number=100, seed=1).propose(["terrible"], 0)
    assert set(found) == set(Misspellings("en", number=100, seed=1).propose(["terrible"], 0))
    assert Misspellings("en").propose(["bad", "n't", "1999", "."], 0) == []


@pytest.mark.parametrize(
    ("name", "language", "said"),
    [
        ("antonyms", "en", "there are no candidates 'antonyms'; choose one of synonyms, wordnet"),
        ("wordnet", "zh", "wordnet are not for language 'zh'; choose one of synonyms, masked-lm"),
        ("cilin", "en", "cilin are not for language 'en'; choose one of synonyms, wordnet, miss"),
        ("synonyms", "zh", r"synonyms for English only; name .* \(--synonyms FILE\)"),
        ("masked-lm", "en", "needs a masked language model; name its folder"),
        ("synonyms", "fr", "not for language 'fr'; choose one of en, zh"),
    ],
)
def test_what_there_is_not(name, language, said):
    with pytest.raises(PartError, match=said):
        open_candidates(name, language)


def test_a_source_that_is_of_no_use():
    with pytest.raises(PartError, match="misspellings are opened from no file; leave out 'x.txt'"):
        open_candidates("misspellings", "en", source="x.txt")
