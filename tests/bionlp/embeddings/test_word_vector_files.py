"""Reading word vectors in all formats, and refusing what is damaged."""

import gzip
import pickle

import numpy as np
import pytest
from gensim.models import KeyedVectors, Word2Vec

from bionlp.embeddings import detect_format, find_word_vectors, load_word_vectors
from bionlp.errors import EmbeddingError

WORDS = ["the", "film", "好吃", "n't"]


@pytest.fixture
def vectors():
    """Return four words of dimension five."""
    vectors = KeyedVectors(5)
    values = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)
    vectors.add_vectors(WORDS, values)
    return vectors


def _as_binary(vectors, path):
    vectors.save_word2vec_format(str(path), binary=True)


def _as_text(vectors, path):
    vectors.save_word2vec_format(str(path), binary=False)


def _as_glove(vectors, path):
    vectors.save_word2vec_format(str(path), binary=False, write_header=False)


def _as_gensim(vectors, path):
    vectors.save(str(path))


WRITERS = {
    "word2vec binary": _as_binary,
    "word2vec text": _as_text,
    "GloVe text": _as_glove,
    "gensim": _as_gensim,
}


@pytest.mark.parametrize("kind", WRITERS)
def test_every_format_under_any_name(kind, vectors, tmp_path):
    path = tmp_path / "vectors.data"
    WRITERS[kind](vectors, path)
    assert detect_format(path) == kind
    loaded = load_word_vectors(path)
    assert loaded.index_to_key == WORDS
    np.testing.assert_allclose(loaded.vectors, vectors.vectors, atol=1e-6)


@pytest.mark.parametrize("kind", ["word2vec binary", "word2vec text", "GloVe text"])
def test_gzipped(kind, vectors, tmp_path):
    path = tmp_path / "vectors.gz"
    WRITERS[kind](vectors, tmp_path / "plain")
    path.write_bytes(gzip.compress((tmp_path / "plain").read_bytes()))
    assert detect_format(path) == kind
    assert load_word_vectors(path).index_to_key == WORDS


def test_large_gensim_files_have_companions(vectors, tmp_path):
    vectors.save(str(tmp_path / "big.kv"), separately=["vectors"])
    assert len(load_word_vectors(tmp_path / "big.kv")) == 4
    (tmp_path / "big.kv.vectors.npy").unlink()
    with pytest.raises(EmbeddingError, match="it needs .*big.kv.vectors.npy beside it"):
        load_word_vectors(tmp_path / "big.kv")


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_truncated_file(kind, share, vectors, tmp_path):
    path = tmp_path / "vectors"
    WRITERS[kind](vectors, path)
    content = path.read_bytes()
    if kind == "GloVe text":
        # It announces no length: only a broken line can show.
        share = content.rindex(b" ") / len(content)
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(EmbeddingError, match="truncated|too short"):
        load_word_vectors(path)


def test_a_header_that_asks_for_too_much_memory(tmp_path):
    path = tmp_path / "vectors.bin"
    path.write_bytes(b"999999999999 300\nthe \x00\x00")
    with pytest.raises(EmbeddingError, match="too short for the 999999999999 words"):
        load_word_vectors(path)


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"once upon a time\n", b"\x7fELF\x02\x01", b"label,text\n1,good\n"]
)
def test_a_foreign_file(content, tmp_path):
    path = tmp_path / "foreign"
    path.write_bytes(content)
    with pytest.raises(EmbeddingError, match="foreign is no file of word vectors"):
        load_word_vectors(path)


def test_no_words(tmp_path):
    path = tmp_path / "none.txt"
    path.write_text("0 5\n")
    with pytest.raises(EmbeddingError, match=r"none.txt has no words"):
        load_word_vectors(path)


def test_a_whole_gensim_model(tmp_path):
    path = tmp_path / "whole.model"
    Word2Vec([["a", "b"]] * 10, vector_size=2).save(str(path))
    with pytest.raises(EmbeddingError, match=r"model.wv.save"):
        load_word_vectors(path)


def test_a_pickle_of_something_else(tmp_path):
    path = tmp_path / "other.kv"
    path.write_bytes(pickle.dumps({"the": [0.1, 0.2]}))
    with pytest.raises(EmbeddingError, match=r"other.kv looks like gensim.* but cannot be read"):
        load_word_vectors(path)


def test_a_bare_name_is_looked_up(vectors, tmp_path, monkeypatch):
    _as_binary(vectors, tmp_path / "mine.bin")
    with pytest.raises(EmbeddingError, match=r"no word vectors mine.bin; give a file"):
        load_word_vectors("mine.bin")
    monkeypatch.setenv("BIONLP_EMBEDDINGS_DIR", str(tmp_path))
    assert find_word_vectors("mine.bin") == tmp_path / "mine.bin"
    with pytest.raises(EmbeddingError):
        find_word_vectors("./mine.bin")


def test_only_names_of_gensim_go_to_the_network(monkeypatch):
    asked = []

    def _offline(name, return_path):
        asked.append(name)
        raise OSError("no network")

    monkeypatch.setattr("gensim.downloader.load", _offline)
    with pytest.raises(EmbeddingError, match=r"cannot download it: no network"):
        load_word_vectors("glove-wiki-gigaword-300")
    for name in ("my-vectors", "text8", "glove-mine.bin"):
        with pytest.raises(EmbeddingError, match="there are no word vectors"):
            load_word_vectors(name)
    assert asked == ["glove-wiki-gigaword-300"]


def test_the_download_does_not_touch_standard_output(vectors, tmp_path, monkeypatch, capsys):
    path = tmp_path / "glove-twitter-25.gz"
    vectors.save_word2vec_format(str(path))

    def _download(name, return_path):
        print("100% done")
        # Without it, gensim runs a program that comes with the vectors.
        assert return_path
        return str(path)

    monkeypatch.setattr("gensim.downloader.load", _download)
    assert load_word_vectors("glove-twitter-25").index_to_key == WORDS
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "100% done\n")


@pytest.mark.parametrize(
    ("name", "words", "dimension"),
    [("en-minilm-300d.w2v.bin", 45_395, 300), ("zh-tencent-char-200d.w2v.bin", 4_758, 200)],
)
def test_real_vectors(name, words, dimension, embeddings_dir):
    loaded = load_word_vectors(embeddings_dir / name)
    assert loaded.vectors.shape == (words, dimension)
