"""gensim's own format: all that gensim writes is read, and nothing in a file is run."""

import io
import os
import pickle
import sys

import numpy as np
import pytest
from gensim.models import KeyedVectors
from gensim.models.keyedvectors import CompatVocab
from scipy import sparse

from bionlp.embeddings import load_word_vectors, read_word_vectors
from bionlp.errors import EmbeddingError

WORDS = ["the", "film", "好吃", "n't"]


@pytest.fixture
def stored(tmp_path):
    """Return a function that stores word vectors with some attributes replaced, and the path."""

    def store(separately=(), protocol=4, dtype=np.float32, **attributes):
        vectors = KeyedVectors(5, dtype=dtype)
        values = np.random.default_rng(0).normal(size=(4, 5)).astype(dtype)
        vectors.add_vectors(list(WORDS), values)
        for name, value in attributes.items():
            if value is ...:
                delattr(vectors, name)
            else:
                vars(vectors)[name] = value
        path = tmp_path / "mine.kv"
        vectors.save(str(path), separately=list(separately), pickle_protocol=protocol)
        return path

    return store


def _error(path):
    with pytest.raises(EmbeddingError) as caught:
        load_word_vectors(path)
    assert str(caught.value).isprintable()
    return str(caught.value)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("separately", [(), ("vectors",)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f4"])
def test_what_gensim_writes(protocol, separately, dtype, stored):
    path = stored(separately, protocol, dtype)
    loaded, expected = load_word_vectors(path), KeyedVectors.load(str(path))
    assert loaded.index_to_key == expected.index_to_key == WORDS
    assert loaded.key_to_index == expected.key_to_index
    assert loaded.vectors.dtype == np.dtype(dtype).newbyteorder("=")
    assert np.array_equal(loaded.vectors, expected.vectors)
    assert loaded.vectors.flags.writeable
    assert loaded.most_similar("film") == expected.most_similar("film")


def test_columns_first(stored):
    values = np.asfortranarray(np.arange(20, dtype=np.float32).reshape(4, 5))
    assert np.array_equal(load_word_vectors(stored(vectors=values)).vectors, values)
    path = stored(("vectors",))
    np.save(f"{path}.vectors.npy", values)
    assert np.array_equal(load_word_vectors(path).vectors, values)


def test_attributes_of_a_users_own(stored):
    path = stored(
        expandos={"tag": np.array(["a", "b", "c", "d"], dtype=object)}, mine={"a": (1, 2)}
    )
    assert load_word_vectors(path).index_to_key == WORDS


def test_the_names_of_older_gensims(stored):
    values = np.ones((4, 5), dtype=np.float32)
    path = stored(vectors=..., index_to_key=..., syn0=values, index2word=WORDS)
    assert np.array_equal(load_word_vectors(path).vectors, values)


def test_what_older_gensims_wrote(stored):
    """They kept an object for each word instead of its place."""
    vocabulary = {word: CompatVocab(index=place, count=1) for place, word in enumerate(WORDS)}
    path = stored(
        protocol=2, key_to_index=..., index_to_key=..., index2word=WORDS, vocab=vocabulary
    )
    path.write_bytes(path.read_bytes().replace(b"\nCompatVocab\n", b"\nVocab\n"))
    assert load_word_vectors(path).key_to_index == {word: i for i, word in enumerate(WORDS)}
    vocabulary["film"].index = 0
    path = stored(
        protocol=2, key_to_index=..., index_to_key=..., index2word=WORDS, vocab=vocabulary
    )
    path.write_bytes(path.read_bytes().replace(b"\nCompatVocab\n", b"\nVocab\n"))
    assert "another place for 'film'" in _error(path)


SENSELESS = {
    "vectors": [None, "text", 7, [[0.1] * 5] * 4, {"a": 1}, b"bytes"],
    "index_to_key": [None, WORDS[:3], [*WORDS, "more"], "text", [1, 2, 3, 4], [None] * 4, {}],
    "key_to_index": [None, {}, {"the": 0}, dict.fromkeys(WORDS, 0), dict.fromkeys(WORDS, 99), "x"],
}
ARRAYS = [
    np.ones((4, 5), dtype=complex),
    np.ones((4, 5), dtype=int),
    np.ones((4, 5), dtype=bool),
    np.ones((4, 5), dtype=np.longdouble),
    np.full((4, 5), "a"),
    np.full((4, 5), None),
    np.ones((4, 5), dtype="M8[s]"),
    np.ones((4, 5), dtype="V4"),
    np.ones((4, 5), dtype=[("a", "f4")]),
    np.ones((3, 5)),
    np.ones((5, 5)),
    np.ones((0, 5)),
    np.ones((4, 0)),
    np.ones(4),
    np.ones(()),
    np.ones((4, 5, 1)),
    np.full((4, 5), np.nan),
    np.full((4, 5), np.inf),
    np.full((4, 5), 1e300),
]


@pytest.mark.parametrize(("name", "value"), [(k, v) for k, vs in SENSELESS.items() for v in vs])
def test_other_content(name, value, stored):
    assert "mine.kv" in _error(stored(**{name: value}))


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype}{array.shape}")
def test_arrays_that_are_no_vectors(array, stored):
    assert "mine.kv" in _error(stored(vectors=array))
    path = stored(("vectors",), vectors=array)
    assert "mine.kv" in _error(path)


@pytest.mark.parametrize("name", ["vectors", "index_to_key", "key_to_index"])
def test_missing_attributes(name, stored):
    assert "mine.kv" in _error(stored(**{name: ...}))


def test_damage_beside_the_file(stored, tmp_path):
    path = stored(("vectors",))
    beside = tmp_path / "mine.kv.vectors.npy"
    content = beside.read_bytes()
    for damaged in (
        b"",
        b"x",
        content[:20],
        content[:-1],
        content + b"x",
        content[:6] + b"\xff" * 90,
    ):
        beside.write_bytes(damaged)
        assert "mine.kv.vectors.npy cannot be read" in _error(path)
    huge = content.replace(b"(4, 5), }    ", b"(4, 5000000),")
    assert huge != content
    beside.write_bytes(huge)
    assert "mine.kv.vectors.npy cannot be read" in _error(path)
    beside.unlink()
    os.mkfifo(beside)
    assert "is a pipe" in _error(path)


def test_duplicates_and_surrogates(stored):
    words = ["the", "film", "the", ""]
    path = stored(index_to_key=words, key_to_index={"the": 2, "film": 1, "": 3})
    found = read_word_vectors(path)
    assert found.vectors.index_to_key == ["the", "film"]
    assert np.array_equal(found.vectors.vectors, KeyedVectors.load(str(path)).vectors[:2])
    assert (found.left_out.duplicates, found.left_out.unnamed) == (1, 1)
    words = ["the", "film", "\ud800", "end"]
    path = stored(index_to_key=words, key_to_index={word: i for i, word in enumerate(words)})
    assert "word 3: the word" in _error(path)
    found = read_word_vectors(path, skip_undecodable=True)
    assert found.vectors.index_to_key == ["the", "film", "end"]
    assert found.left_out.undecodable == 1


class Trap:
    """An object whose pickle writes a file when it is opened."""

    def __init__(self, path, function=open, args=("w",)):
        self.path, self.function, self.args = path, function, args

    def __reduce__(self):
        return self.function, (str(self.path), *self.args)


@pytest.fixture
def sprung(tmp_path, monkeypatch):
    """Return a path, and see that there is no file of that name, nor any new one, in the end."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "sprung"
    folder.mkdir()
    yield folder / "file"
    assert not list(folder.iterdir())


def test_a_pickle_with_code(sprung, tmp_path):
    path = tmp_path / "trap.kv"
    path.write_bytes(pickle.dumps(Trap(sprung)))
    assert "trap.kv: a pickle with io.open in it" in _error(path)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("attribute", ["vectors", "norms", "mine"])
@pytest.mark.parametrize("function", [open, os.mkdir, np.save, np.load, sparse.save_npz, exec])
def test_a_trap_in_an_attribute(function, attribute, protocol, stored, sprung):
    args = {np.save: ([1],), sparse.save_npz: (None,), open: ("w",)}.get(function, ())
    path = stored(protocol=protocol, **{attribute: Trap(sprung, function, args)})
    assert "more than word vectors and not opened" in _error(path)


def test_a_trap_in_an_array_of_objects(stored, sprung):
    trapped = np.full((4, 5), Trap(sprung))
    assert "not opened" in _error(stored(vectors=trapped))
    path = stored(("vectors",), vectors=trapped)
    assert "not of floating-point numbers" in _error(path)


def test_a_trap_beside_the_file(stored, sprung, tmp_path):
    path = stored(("vectors",))
    (tmp_path / "mine.kv.vectors.npy").write_bytes(pickle.dumps(Trap(sprung)))
    assert "is no .npy file of numbers" in _error(path)


@pytest.mark.parametrize("name", ["vectors", "mine"])
def test_a_sparse_array_beside_the_file(name, stored, sprung, tmp_path):
    matrix = sparse.csr_matrix(np.eye(4, 5, dtype=np.float32))
    path = stored((name,), **{name: matrix})
    assert "no plain array, so opening it could run code" in _error(path)
    # This is what gensim would open.
    (tmp_path / f"mine.kv.{name}.npy").write_bytes(pickle.dumps(Trap(sprung)))
    assert "no plain array, so opening it could run code" in _error(path)


def _with_lists(path, **lists):
    """Replace the lists of names in a stored file, as no method of gensim's would."""
    state = vars(pickle.loads(path.read_bytes()))
    state.update(lists)
    forged = KeyedVectors.__new__(KeyedVectors)
    vars(forged).update(state)
    path.write_bytes(pickle.dumps(forged))
    return path


@pytest.mark.parametrize("names", ["__numpys", "__scipys", "__recursive_saveloads", "__ignoreds"])
@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "..", "a/b", "a\0b", 7, None])
def test_names_that_lead_elsewhere(names, name, stored, tmp_path, monkeypatch):
    folder = tmp_path / "mine.kv"
    np.save(tmp_path / "outside.npy", np.full((4, 5), 7, dtype=np.float32))
    path = _with_lists(stored(), **{names: [name]})
    opened = []
    real = os.open
    monkeypatch.setattr(os, "open", lambda file, *rest: opened.append(file) or real(file, *rest))
    assert "no names of attributes" in _error(path)
    assert opened == [folder]


def test_a_name_of_another_attribute_leads_to_no_file(stored, sprung, tmp_path):
    path = _with_lists(stored(), __numpys=["norms"])
    (tmp_path / "mine.kv.norms.npy").write_bytes(pickle.dumps(Trap(sprung)))
    assert load_word_vectors(path).index_to_key == WORDS


def _pickled(*instructions):
    return b"\x80\x04" + b"".join(instructions) + b"."


def _nested(depth):
    return b"\x8c\x01a" + b"2\x86" * depth


KEYED = b"cgensim.models.keyedvectors\nKeyedVectors\n"
MALICIOUS = {
    "a place in the memo that takes 32 GB": _pickled(b"Nr\xff\xff\xff\x7f"),
    "bytes that take 8 EB": _pickled(b"\x8e" + b"\xff" * 7 + b"\x7f"),
    "a bytearray of 64 GB": _pickled(b"\x96" + (1 << 36).to_bytes(8, "little")),
    "text of 64 GB": _pickled(b"\x8d" + (1 << 36).to_bytes(8, "little")),
    "a frame of 64 GB": _pickled(b"\x95" + (1 << 36).to_bytes(8, "little")),
    "a number of 2 GB": _pickled(b"\x8b\xff\xff\xff\x7f"),
    "a key that takes forever to hash": _pickled(b"}" + _nested(60) + b"Ns"),
    "attributes set on a class": _pickled(KEYED + b"N}X\x03\x00\x00\x00newNs\x86b"),
    "an object called": _pickled(KEYED + b")R)R"),
    "an extension": _pickled(b"\x82\x01"),
    "a persistent name": _pickled(b"Pname\n"),
    "the instruction INST": _pickled(b"(ios\nsystem\n"),
    "nothing": _pickled(),
    "only its first byte": b"\x80",
    "a name with a new line": _pickled(b"\x8c\x03a\nb\x8c\x01c\x93"),
    "names that are numbers": _pickled(b"NN\x93"),
    "a class alone": _pickled(KEYED),
    "no attributes": _pickled(KEYED + b")\x81"),
    "a list as attributes": _pickled(KEYED + b")\x81]b"),
    "nested too deeply": _pickled(b"(" * 100_000),
    "a protocol to come": b"\x80\x63.",
}


@pytest.mark.parametrize("content", MALICIOUS.values(), ids=MALICIOUS)
def test_malicious_pickles(content, tmp_path):
    path = tmp_path / "mine.kv"
    path.write_bytes(content)
    assert "mine.kv" in _error(path)


def test_strings_that_grow(tmp_path):
    """A string that is written once and encoded over and over would fill the memory."""
    text = b"a" * (1 << 20)
    start = b"c_codecs\nencode\n\x94X" + len(text).to_bytes(4, "little") + text
    start += b"X\x06\x00\x00\x00latin1\x86\x940("
    path = tmp_path / "mine.kv"
    path.write_bytes(_pickled(start, b"h\x00h\x01R" * 100_000, b"l"))
    assert "malformed" in _error(path)


@pytest.mark.skipif(sys.platform != "linux", reason="measures as Linux does")
def test_nothing_is_imported(tmp_path):
    name = "antigravity"
    path = tmp_path / "mine.kv"
    path.write_bytes(_pickled(f"c{name}\nfly\n".encode()))
    assert f"{name}.fly" in _error(path)
    assert name not in sys.modules


def test_vectors_written_in_one_piece(stored):
    """Protocol 5 with arrays in the pickle writes them as a buffer."""
    path = stored(protocol=5)
    assert b"_frombuffer" in path.read_bytes()
    assert load_word_vectors(path).index_to_key == WORDS
    stream = io.BytesIO(path.read_bytes())
    assert pickle.load(stream).index_to_key == WORDS
