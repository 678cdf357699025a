"""Over generated files: what is valid is read as gensim reads it, what is not is refused."""

import contextlib
import gzip
import importlib.util
import random
import string
import tempfile
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bionlp.embeddings import detect_format, load_word_vectors, read_word_vectors
from bionlp.errors import EmbeddingError

_FUZZ = Path(__file__).parents[2] / "fuzz" / "fuzz_vectors.py"
_spec = importlib.util.spec_from_file_location("fuzz_vectors", _FUZZ)
fuzz = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(fuzz)

KINDS = ["word2vec text", "GloVe text", "word2vec binary", "gensim"]
words = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters=string.whitespace + "\ufeff"),
    min_size=1,
    max_size=12,
)


@st.composite
def tables(draw, least=1):
    """Draw distinct words and their vectors."""
    names = draw(st.lists(words, min_size=1, max_size=8, unique=True))
    dimension = draw(st.integers(least, 9))
    numbers = st.floats(width=32, allow_nan=False, allow_infinity=False)
    values = draw(hnp.arrays(np.float32, (len(names), dimension), elements=numbers))
    vectors = KeyedVectors(dimension)
    vectors.add_vectors(names, values)
    return vectors


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Return a file that each example writes anew."""
    return tmp_path_factory.mktemp("generated") / "vectors"


def _write(vectors, kind, path):
    if kind == "gensim":
        vectors.save(str(path))
    else:
        header = kind != "GloVe text"
        binary = kind == "word2vec binary"
        vectors.save_word2vec_format(str(path), binary=binary, write_header=header)
    return path.read_bytes()


def _gensim(path, kind):
    if kind == "gensim":
        return KeyedVectors.load(str(path))
    return KeyedVectors.load_word2vec_format(
        str(path), binary=kind == "word2vec binary", no_header=kind == "GloVe text"
    )


def _same(first, second):
    assert first.index_to_key == second.index_to_key
    assert first.key_to_index == second.key_to_index
    np.testing.assert_array_equal(first.vectors, second.vectors)
    assert first.vectors.dtype == second.vectors.dtype


def _read(path, content, **options):
    """Read a file that may be damaged: sound vectors that stand in it, or one clear error."""
    path.write_bytes(content)
    try:
        found = read_word_vectors(path, **options)
    except EmbeddingError as error:
        message = str(error)
    else:
        fuzz.check(found, content)
        return found
    assert message.isprintable()
    assert str(path) in message
    return None


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=50)
@given(vectors=tables())
def test_valid_files_are_read_as_gensim_reads_them(kind, path, vectors):
    content = _write(vectors, kind, path)
    assert detect_format(path) == kind
    expected = _gensim(path, kind)
    _same(load_word_vectors(path), expected)
    if kind != "gensim":
        path.write_bytes(gzip.compress(content))
        _same(load_word_vectors(path), expected)
        path.write_bytes(content.rstrip(b"\n") if "text" in kind else content + b"\n")
        _same(load_word_vectors(path), expected)


@settings(max_examples=60)
@given(
    tables(),
    st.sampled_from([" ", "  ", "\t", " \t "]),
    st.sampled_from(["\n", "\r\n"]),
    st.lists(st.sampled_from(["", " ", "\t"]), max_size=3),
    st.booleans(),
    st.booleans(),
)
def test_blanks_and_line_ends_do_not_matter(path, vectors, blank, end, between, header, mark):
    content = _write(vectors, "word2vec text" if header else "GloVe text", path).decode()
    expected = load_word_vectors(path)
    lines = [blank.join(line.split(" ")) for line in content.rstrip("\n").split("\n")]
    text = "".join(end.join([line, *between]) + end for line in lines)
    path.write_bytes((("\ufeff" if mark else "") + text).encode())
    _same(load_word_vectors(path), expected)


@settings(max_examples=50)
@given(tables(least=2), st.lists(st.sampled_from("abc.,-@"), min_size=2, max_size=4))
def test_words_with_blanks(path, vectors, parts):
    phrase = " ".join(parts)
    content = _write(vectors, "word2vec text", path).decode().split("\n")
    shape, rows = content[0].split(), content[1:]
    values = rows[0].rsplit(" ", int(shape[1]))[1:]
    rows.insert(0, " ".join([phrase, *values]))
    path.write_text("\n".join([f"{int(shape[0]) + 1} {shape[1]}", *rows]), encoding="utf-8")
    loaded = load_word_vectors(path)
    assert loaded.index_to_key == [phrase, *vectors.index_to_key]
    np.testing.assert_array_equal(loaded.vectors[0], loaded.vectors[1])


def _lengths(content):
    """Return where to cut off a file: everywhere near its end, at some places before that."""
    near = max(0, len(content) - 15)
    return [*range(0, near, max(1, near // 25)), *range(near, len(content))]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=10)
@given(vectors=tables())
def test_truncated_anywhere(kind, path, vectors):
    content = _write(vectors, kind, path)
    for length in _lengths(content):
        found = _read(path, content[:length])
        # Text can end after any digit; all else shows that it is cut off.
        assert found is None or "text" in kind
        if found:
            kept = found.vectors.index_to_key
            assert kept == vectors.index_to_key[: len(kept)]
            assert kind == "GloVe text" or len(kept) == len(vectors)


@settings(max_examples=10)
@given(tables(), st.sampled_from(KINDS[:3]))
def test_packed_and_truncated_anywhere(path, vectors, kind):
    content = gzip.compress(_write(vectors, kind, path))
    for length in _lengths(content):
        assert _read(path, content[:length]) is None


@pytest.mark.filterwarnings("error")
@settings(max_examples=200)
@given(st.integers(0, 2**64), st.booleans())
def test_damaged_files(path, seed, skip_undecodable):
    content, beside, intact = fuzz.draw(random.Random(seed))
    other = Path(f"{path}.vectors.npy")
    other.unlink(missing_ok=True)
    if beside is not None:
        other.write_bytes(beside)
    assert _read(path, content, skip_undecodable=skip_undecodable) or not intact


@settings(max_examples=100)
@given(st.binary(max_size=200), st.sampled_from([b"", b"1 1\n", b"2 3\n", b"\x80\x04", b"a 1\n"]))
@example(b"once upon a time\n", b"1 3\n")
def test_random_bytes(path, content, start):
    _read(path, start + content)


@settings(max_examples=100)
@given(tables(), st.integers(0, 2**64), st.sampled_from(KINDS[:3]))
def test_what_gensim_reads_too_is_the_same(path, vectors, seed, kind):
    content = fuzz.damaged(random.Random(seed), _write(vectors, kind, path))
    found = _read(path, content)
    if found is None or found.left_out.unnamed or content.startswith(b"\xef\xbb\xbf"):
        return
    with contextlib.suppress(Exception):
        theirs = _gensim(path, found.format)
        if len(theirs) == len(found.vectors):
            same = (theirs.vectors == found.vectors.vectors).all()
            assert same or theirs.index_to_key != found.vectors.index_to_key


@pytest.mark.parametrize("seed", [1, 2])
def test_the_fuzzer_finds_nothing(seed, capsys):
    with tempfile.TemporaryDirectory() as keep:
        assert fuzz.main(["--seconds", "0.3", f"--seed={seed}", f"--keep={keep}"]) == 0
        assert not list(Path(keep).iterdir())
    assert " 0 findings" in capsys.readouterr().out
