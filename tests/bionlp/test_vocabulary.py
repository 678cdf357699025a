import numpy as np
import pytest

from bionlp.checkpoint import load_classifier
from bionlp.errors import TextError
from bionlp.vocabulary import Vocabulary, choose_words


def test_zero_is_padding_and_unknown():
    vocabulary = Vocabulary(["a", "b"])
    assert vocabulary.ids(["b", "x", "a"]) == [2, 0, 1]
    with pytest.raises(ValueError, match="twice"):
        Vocabulary(["a", "a"])


def test_frequent_training_words_come_first_and_the_table_fills_up():
    sentences = [["b", "a", "x"], ["b", "c"]]
    assert choose_words(sentences, ["d", "c", "b", "a", "e"], 4) == ("b", "a", "c", "d")
    assert choose_words(sentences, ["d", "c", "b", "a", "e"], 9) == ("b", "a", "c", "d", "e")


def test_reading_a_sentence(small_model):
    classifier = load_classifier(small_model)
    sentence = classifier.read("the zyzzyva is good")
    assert sentence.words == ("the", "zyzzyva", "is", "good")
    assert sentence.unknown == ("zyzzyva",)
    assert not sentence.rates[1].any()
    assert sentence.rates[[0, 2, 3]].all(axis=1).any()
    assert classifier.length == 7
    long = classifier.read("good " * 9)
    assert (len(long.words), long.cut) == (7, 2)
    assert len(long.warnings) == 1
    np.testing.assert_array_equal(long.rates, np.repeat(long.rates[:1], 7, axis=0))
    for text in ("", " \n", "zyzzyva"):
        with pytest.raises(TextError):
            classifier.read(text)
