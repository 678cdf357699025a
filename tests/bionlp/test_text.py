"""Tokenisers and files of texts."""

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bionlp.datasets import load_dataset
from bionlp.errors import TextError
from bionlp.text import SEPARATOR, guess_language, read_texts, tokenize


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I don't like it.", ["i", "do", "n't", "like", "it", "."]),
        (
            "they do n't like the film 's end",
            ["they", "do", "n't", "like", "the", "film", "'s", "end"],
        ),
        ("-lrb- good -rrb- !", ["-lrb-", "good", "-rrb-", "!"]),
        (
            "a . . . well-made film -- no ?",
            ["a", ".", ".", ".", "well-made", "film", "--", "no", "?"],
        ),
        ('He said "no"', ["he", "said", '"', "no", '"']),
        ("`` new conan ''", ['"', "new", "conan", '"']),
        ("“It’s fine”", ['"', "it", "'s", "fine", '"']),
        (
            "It is bad. Really bad. Mr. Smith slept.",
            ["it", "is", "bad", ".", "really", "bad", ".", "mr.", "smith", "slept", "."],
        ),
        ("cre\u0300me", ["cr\u00e8me"]),
    ],
)
def test_english(text, words):
    assert tokenize(text, "en") == words


def test_chinese():
    assert tokenize("味道很不错，WiFi 也快", "zh") == [
        "味道", "很", "不错", "，", "WiFi", "也", "快",
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("blank", ["", " ", "\n\t ", "\u3000"])
def test_a_blank_text_has_no_words(language, blank):
    assert tokenize(blank, language) == []


@pytest.mark.parametrize("name", ["mr", "sst5", "subj"])
def test_tokenised_sentences_stay_as_they_are(name, data_dir):
    for example in load_dataset(name, data_dir=data_dir).test:
        words = tokenize(example.text, "en")
        assert tokenize(" ".join(words), "en") == words


@given(st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True)))
def test_plain_words_are_kept(words):
    kept = "".join(tokenize(" ".join(words), "en"))
    assert kept == "".join(words)


@given(st.text())
def test_any_text_gives_words_without_blanks(text):
    for word in tokenize(text, "en"):
        assert word
        assert word == word.strip()
        assert " " not in word


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It is. [SEP] Is it?", ["it", "is", ".", "[SEP]", "is", "it", "?"]),
        ("a[SEP]b", ["a", "[SEP]", "b"]),
        ("[SEP]", ["[SEP]"]),
        ("[SEP] [SEP] a", ["[SEP]", "[SEP]", "a"]),
        ("He left Mr. [SEP] Smith", ["he", "left", "mr", ".", "[SEP]", "smith"]),
        ("a [sep] b", ["a", "[", "sep", "]", "b"]),
        ("a [ SEP ] b", ["a", "[", "sep", "]", "b"]),
        ("a [CLS] b", ["a", "[", "cls", "]", "b"]),
    ],
)
def test_the_separator_is_a_word(text, words):
    assert tokenize(text, "en") == words


@pytest.mark.parametrize("language", ["en", "zh"])
@given(st.lists(st.text(), min_size=1, max_size=4))
def test_sentences_with_a_separator_are_cut_one_by_one(language, texts):
    expected = tokenize(texts[0], language)
    for text in texts[1:]:
        expected += ["[SEP]", *tokenize(text, language)]
    assert tokenize(" [SEP] ".join(texts), language) == expected


@pytest.mark.parametrize("name", ["mrpc", "stsb"])
def test_pairs_stay_as_they_are(name, data_dir):
    for example in load_dataset(name, data_dir=data_dir).test:
        words = tokenize(example.text, "en")
        assert words.count(SEPARATOR) == 1
        assert tokenize(" ".join(words), "en").count(SEPARATOR) == 1


def test_an_unknown_language():
    with pytest.raises(TextError, match="unknown language 'fr'; choose one of en, zh"):
        tokenize("bonjour", "fr")


def test_the_language_is_that_of_most_texts():
    assert guess_language(["fine", "good", "味道 in it"]) == "en"
    assert guess_language(["很好", "OK"]) == "zh"
    assert guess_language([]) == "en"


def test_texts_are_lines(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_bytes("\ufeffone\r\n\r\n  two … \x85 three\n".encode())
    assert read_texts(path) == ["one", "two … \x85 three"]


def test_a_file_without_text(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text(" \n\n")
    with pytest.raises(TextError, match="texts.txt has no text"):
        read_texts(path)


def test_a_file_that_is_not_utf8(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_bytes(b"one\ntw\xff\n")
    with pytest.raises(TextError, match="texts.txt, line 2: not UTF-8"):
        read_texts(path)


def test_the_import_is_fast():
    code = "import sys, bionlp.text; print({'nltk', 'jieba', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_jieba_is_silent():
    code = "from bionlp.text import tokenize; tokenize('很好', 'zh')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""


def test_jieba_reads_and_leaves_no_file_in_the_temporary_folder(tmp_path):
    (tmp_path / "jieba.cache").write_bytes(b"damaged, or of another user")
    code = "from bionlp.text import tokenize; print(*tokenize('味道很不错', 'zh'))"
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout == "味道 很 不错\n"
    assert done.stderr == ""
    assert [path.name for path in tmp_path.iterdir()] == ["jieba.cache"]
