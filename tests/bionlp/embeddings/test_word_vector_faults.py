"""Files that once failed, or were taken for something else: each stands for its kind."""

import gzip
import os
import zlib

import numpy as np
import pytest
from gensim.models import KeyedVectors

from bionlp.embeddings import detect_format, load_word_vectors, read_word_vectors
from bionlp.errors import EmbeddingError

VALUES = " 0.1 -0.25 3e-2"
ROW = np.array([0.1, -0.25, 3e-2], dtype=np.float32)


@pytest.fixture
def written(tmp_path):
    """Return a function that writes a file and returns its path."""

    def write(content, name="vectors"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def _rows(*words, header=True):
    rows = "".join(f"{word}{VALUES}\n" for word in words)
    return f"{len(words)} 3\n{rows}" if header else rows


def _binary(*words, values=ROW):
    rows = b"".join(word + b" " + values.astype("<f4").tobytes() for word in words)
    return b"%d %d\n" % (len(words), len(values)) + rows


def _words(path, **options):
    vectors = load_word_vectors(path, **options)
    assert np.array_equal(vectors.vectors, np.tile(ROW, (len(vectors), 1)))
    return vectors.index_to_key


def _error(path, **options):
    with pytest.raises(EmbeddingError) as caught:
        load_word_vectors(path, **options)
    message = str(caught.value)
    assert message.isprintable()
    assert str(path) in message
    return message


MANY = [f"word{number}" for number in range(200)]


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("odd", [["new york"], [". . ."], ["at name@domain.com"], ["windows 10"]])
@pytest.mark.parametrize("place", [0, 1, 200])
def test_a_blank_in_a_word(header, odd, place, written):
    words = [*MANY[:place], *odd, *MANY[place:]]
    assert _words(written(_rows(*words, header=header))) == words


def test_a_blank_in_the_only_word(written):
    assert _words(written(_rows("new york"))) == ["new york"]
    assert _words(written(_rows("new york", header=False))) == ["new york"]


@pytest.mark.parametrize("row", ["film 0.1 0.2", "film 0.1 0.2 0.3 0.4", "film", "film 0.1 x 0.3"])
@pytest.mark.parametrize("place", [0, 1, 200])
@pytest.mark.parametrize("header", [True, False])
def test_a_row_of_the_wrong_length(row, place, header, written):
    lines = _rows(*MANY, header=header).splitlines()
    lines.insert(place + header, row)
    if header:
        lines[0] = "201 3"
    path = written("\n".join(lines))
    assert detect_format(path) == ("word2vec text" if header else "GloVe text")
    assert f"line {place + header + 1}: should be a word and 3 numbers" in _error(path)


@pytest.mark.parametrize(
    "row", ["film 0.1 0.2", "film 0.1 0.2 0.3 0.4", "once upon a time", "film"]
)
def test_the_only_row_is_of_the_wrong_length(row, written):
    assert "line 2: should be a word and 3 numbers" in _error(written(f"1 3\n{row}\n"))


def test_a_number_too_many_is_no_word(written):
    integers = _rows(*MANY, header=False).replace(VALUES, " 1 2 3")
    assert "line 201: " in _error(written(integers + "film 7 1 2 3\n"))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("blank", ["", "\n", " \r\n\n\t\n"])
@pytest.mark.parametrize("header", [True, False])
def test_marks_blank_lines_and_line_ends(end, mark, blank, header, written):
    rows = _rows("the", "film", "好吃", header=header).replace("\n", end + blank)
    path = written(mark + blank + rows + blank)
    assert _words(path) == ["the", "film", "好吃"]
    assert _words(written(gzip.compress(path.read_bytes()))) == ["the", "film", "好吃"]


@pytest.mark.parametrize("separator", ["\t", "  ", " \t"])
def test_other_blanks_between_fields(separator, written):
    assert _words(written(_rows(*MANY).replace(" ", separator))) == MANY


def test_the_line_ends_of_old_macs(written):
    path = written(_rows("the", "film").replace("\n", "\r"))
    assert "carriage return" in _error(path)


@pytest.mark.parametrize(
    "make", [_rows, lambda *words: _binary(*(word.encode() for word in words))]
)
def test_duplicates_and_rows_without_a_word(make, written):
    path = written(make("the", "film", "the", "", "the", "end"))
    found = read_word_vectors(path)
    assert found.vectors.index_to_key == ["the", "film", "end"]
    assert found.vectors.key_to_index == {"the": 0, "film": 1, "end": 2}
    assert (found.left_out.duplicates, found.left_out.unnamed) == (2, 1)
    assert found.left_out.remarks() == [
        "left out 2 rows whose word came before",
        "left out 1 row without a word",
    ]


def test_of_duplicates_the_first_is_kept(written):
    vectors = load_word_vectors(written("3 2\na 1.5 2\nb 3 4\na 5 6\n"))
    assert vectors["a"].tolist() == [1.5, 2]
    assert vectors.vectors.shape == (2, 2)


LATIN = "naïve".encode("latin-1")
UNDECODABLE = {
    "text": (b"3 3\nthe 1 2 3\n" + LATIN + b" 4 5 6\nfilm 7 8 9\n", "line 3"),
    "GloVe": (b"the 1 2 3\n" + LATIN + b" 4 5 6\nfilm 7 8 9\n", "line 2"),
    "binary": (_binary(b"the", LATIN, b"film"), "byte 20"),
}


@pytest.mark.parametrize("kind", UNDECODABLE)
def test_a_word_that_is_not_utf8(kind, written):
    content, place = UNDECODABLE[kind]
    path = written(content)
    message = _error(path)
    assert f"{place}: the word " in message
    assert "--skip-undecodable" in message
    found = read_word_vectors(path, skip_undecodable=True)
    assert found.vectors.index_to_key == ["the", "film"]
    assert found.left_out.remarks() == ["left out 1 row whose word is not UTF-8"]


@pytest.mark.parametrize("encoding", ["gbk", "utf-16"])
def test_another_encoding(encoding, written):
    path = written(_rows("味道", "不错", "好吃").encode(encoding))
    assert "UTF-8" in _error(path, skip_undecodable=True)


@pytest.mark.parametrize(
    "header",
    [
        "9999999999999999999999 8",
        "8 9999999999999999999999",
        "9" * 5000 + " 8",
        "999999999999 300",
        "2 999999999999",
        "2 1048577",
        "2 0",
        "2 00",
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_header_that_no_file_holds(header, pack, written):
    _error(written(pack(f"{header}\nthe{VALUES}\nfilm{VALUES}\n".encode())))


@pytest.mark.parametrize("announced", [1, 3, 5])
def test_a_wrong_number_of_words(announced, written):
    rows = _rows(*MANY[:4]).replace("4 3\n", f"{announced} 3\n")
    if announced != 4:
        assert f"announces {announced} words but has 4 rows" in _error(written(rows))
    content = _binary(*(word.encode() for word in MANY[:4]))
    content = content.replace(b"4 3\n", b"%d 3\n" % announced)
    assert f" {announced} words" in _error(written(content))


def test_binary_of_another_dimension(written):
    content = _binary(b"the", b"film", b"end", values=np.full(50, 0.1))
    assert "byte " in _error(written(content.replace(b"3 50", b"3 25")))
    assert "too short" in _error(written(content.replace(b"3 50", b"3 99")))


@pytest.mark.parametrize("value", ["nan", "inf", "-Infinity", "1e39", "1e999"])
@pytest.mark.parametrize("header", [True, False])
def test_text_with_values_that_are_not_finite(value, header, written):
    rows = _rows("the", "film", "end", header=header).replace("film 0.1", f"film {value}")
    assert f"line {2 + header}: the vector of 'film'" in _error(written(rows))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_binary_with_values_that_are_not_finite(value, written):
    path = written(_binary(b"the", b"film", values=np.array([0.5, value])))
    assert "byte 4: the vector of 'the'" in _error(path)


def test_numbers_as_python_writes_them(written):
    assert "'1_0.5' is no number" in _error(written(f"2 3\nthe{VALUES}\nfilm 1_0.5 2 3\n"))


def test_words_with_underscores(written):
    assert _words(written(_rows("new_york", "the"))) == ["new_york", "the"]


@pytest.mark.parametrize("filling", [b"\0", b"0", b" ", b"x", b"1 "])
def test_three_gigabytes_in_one_line(filling, written):
    packer = zlib.compressobj(1, wbits=31)
    # 16 MiB are enough: reading ends long before.
    content = b"".join(packer.compress(filling * (1 << 20)) for _ in range(16)) + packer.flush()
    _error(written(content))
    start = gzip.compress(_rows(*MANY[:4]).replace("4 3", "999 3").encode())
    if filling != b" ":
        assert "line 6: longer than 4 MiB" in _error(written(start + content))


@pytest.mark.parametrize(
    "make", [_rows, lambda *words: _binary(*(word.encode() for word in words))]
)
def test_gigabytes_of_blank_lines(make, written):
    content = make("the", "film")
    content = content if isinstance(content, bytes) else content.encode()
    blank = b"\n" * (3 << 20)
    _error(written(gzip.compress(content + blank, 1)))
    assert _words(written(gzip.compress(content + blank[:9999], 1))) == ["the", "film"]


def test_packed_data_that_is_damaged(written):
    content = gzip.compress(_rows(*MANY).encode())
    assert "truncated: its packed data ends early" in _error(written(content[: len(content) // 2]))
    assert "truncated" in _error(written(content[:-4]))
    damaged = bytearray(content)
    damaged[-6] ^= 1
    assert "damaged packed data" in _error(written(bytes(damaged)))


def test_packed_files_are_known_by_their_content(written):
    assert _words(written(gzip.compress(_rows(*MANY).encode()), "vectors.txt")) == MANY
    assert _words(written(_rows(*MANY), "vectors.txt.gz")) == MANY
    assert "zip archive; unpack it" in _error(written(b"PK\x03\x04" + bytes(100), "glove.zip"))


@pytest.mark.parametrize("content", ["5 3\n", "5 3", "\n\n", "\ufeff", " ", "0 3\n", "0 0\n"])
def test_without_a_vector(content, written):
    _error(written(content))


def test_only_rows_without_a_word(written):
    assert "has no words" in _error(written(_rows("", "")))


def test_a_folder_a_pipe_and_what_cannot_be_read(tmp_path, written):
    assert "is a folder" in _error(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert "is a pipe" in _error(tmp_path / "pipe")
    assert "there are no word vectors" in _error(tmp_path / ("x" * 300))
    assert "there are no word vectors" in _error(written(_rows("a")) / "b")
    with pytest.raises(EmbeddingError, match=r"there are no word vectors a\\x00b"):
        load_word_vectors("a\0b")
    with pytest.raises(EmbeddingError, match=r"there are no word vectors a\\nb"):
        load_word_vectors("a\nb")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_file_without_permission(written):
    path = written(_rows("a"))
    path.chmod(0)
    assert "permission denied" in _error(path)


def test_what_the_system_cannot_read(written, monkeypatch):
    path = written(_rows("a"))

    def _refuse(*arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", _refuse)
    assert "cannot read" in _error(path)


def test_binary_values(written):
    for values in (np.linspace(-1, 1, 50), np.full(50, 0.1), np.zeros(50), np.ones(1)):
        content = _binary(*(word.encode() for word in MANY), values=values)
        vectors = load_word_vectors(written(content))
        assert vectors.index_to_key == MANY
        assert np.array_equal(vectors.vectors[7], values.astype(np.float32))


@pytest.mark.parametrize(
    "content",
    [
        b"3 1\ne \\{g?\n._._. &\xa0\xcc>\nat_a@b.c \xb5T|>\n",
        b"1 2\nnan 4\nx>\xbe\xebp?\n",
        b"3 1\nat_a@b.c .7\n@33 \xb7#\xe9\xbdnew_york \x90\xe9\xb1\xbf",
        b"1 2\nna\xc3\xafve 0\nM>\xd7\xca0\xbe\n",
    ],
)
def test_a_few_binary_values_whose_bytes_look_like_text(content, written):
    path = written(content)
    assert detect_format(path) == "word2vec binary"
    expected = KeyedVectors.load_word2vec_format(str(path), binary=True)
    loaded = load_word_vectors(path)
    assert loaded.index_to_key == expected.index_to_key
    assert np.array_equal(loaded.vectors, expected.vectors)


def test_a_long_row_at_the_beginning(written):
    values = " ".join(["0.5"] * 30_000)
    for text in (f"2 30000\nthe {values}\nfilm {values}\n", f"\nthe {values}\nfilm {values}\n"):
        vectors = load_word_vectors(written(text))
        assert vectors.vectors.shape == (2, 30_000)


def test_tables_of_many_blocks(written, monkeypatch):
    monkeypatch.setattr("bionlp.embeddings.table._BLOCK_VALUES", 21)
    vectors = load_word_vectors(written(_rows(*MANY, header=False)))
    assert vectors.index_to_key == MANY
    assert np.array_equal(vectors.vectors, np.tile(ROW, (200, 1)))
    broken = _rows(*MANY, header=False).replace("word99 0.1", "word99 inf")
    assert "line 100: the vector of 'word99'" in _error(written(broken))
