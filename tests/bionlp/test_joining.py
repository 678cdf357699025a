"""Word vectors of different origin become one table."""

import numpy as np
import pytest
from gensim.models import KeyedVectors
from hypothesis import given, settings
from hypothesis import strategies as st

from bionlp.embeddings import load_word_vectors, save_word_vectors
from bionlp.embeddings.joining import join_word_vectors
from bionlp.errors import EmbeddingError, UsageError

WORDS = [f"w{number}" for number in range(60)]


def table(words, vectors):
    made = KeyedVectors(vectors.shape[1])
    made.add_vectors(list(words), vectors.astype(np.float32))
    return made


def cosines(vectors):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit @ unit.T


def aligned(vectors):
    centred = vectors - vectors.mean(axis=0)
    return centred / np.linalg.norm(centred, axis=1).mean()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.floats(0.01, 100))
def test_all_dimensions_keep_all_angles_whatever_the_units(seed, unit):
    rng = np.random.default_rng(seed)
    one, two = rng.normal(size=(60, 4)), unit * rng.normal(3, 1, size=(60, 3))
    joined = join_word_vectors([table(WORDS, one), table(WORDS, two)], 7)
    assert joined.index_to_key == WORDS
    expected = cosines(np.hstack([aligned(one), aligned(two)]))
    assert cosines(joined.vectors.astype(float)) == pytest.approx(expected, abs=1e-4)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_what_a_word_lacks_is_said_by_what_it_has(seed):
    rng = np.random.default_rng(seed)
    one = rng.normal(size=(60, 4))
    two = one @ rng.normal(size=(4, 3))  # so it is known exactly
    lacking = join_word_vectors([table(WORDS, one), table(WORDS[5:], two[5:] + 1)], 7)
    assert lacking.index_to_key == WORDS
    # Then all words, the first five with them, lie in as many dimensions as the first table has.
    spread = lacking.vectors.std(axis=0)
    assert (spread[:4] > 1e-3).all()
    assert (spread[4:] < 1e-5).all()


def test_words_that_only_later_tables_have_come_last():
    rng = np.random.default_rng(0)
    one = table(WORDS[:50], rng.normal(size=(50, 3)))
    two = table(WORDS[::-1], rng.normal(size=(60, 3)))
    joined = join_word_vectors([one, two], 5)
    assert joined.index_to_key == WORDS[:50] + WORDS[:49:-1]
    assert joined.vectors.dtype == np.float32
    assert np.isfinite(joined.vectors).all()
    assert np.abs(joined.vectors.mean(axis=0)).max() < 1e-6


def test_fewer_dimensions_are_the_leading_ones():
    rng = np.random.default_rng(1)
    tables = [table(WORDS, rng.normal(size=(60, 3))) for _ in range(3)]
    many, few = join_word_vectors(tables, 9), join_word_vectors(tables, 4)
    assert many.vectors[:, :4] == pytest.approx(few.vectors, abs=1e-5)
    spread = many.vectors.std(axis=0)
    assert (np.diff(spread) <= 1e-6).all()


def test_what_cannot_be_joined_is_refused():
    rng = np.random.default_rng(2)
    one, other = (table(words, rng.normal(size=(30, 5))) for words in (WORDS[:30], WORDS[27:57]))
    with pytest.raises(EmbeddingError, match="share 3 words"):
        join_word_vectors([one, other], 5)
    with pytest.raises(UsageError, match="together have 10 dimensions; 11 cannot"):
        join_word_vectors([one, one], 11)
    with pytest.raises(UsageError, match="takes two"):
        join_word_vectors([one], 3)
    with pytest.raises(EmbeddingError, match="all the same"):
        join_word_vectors([one, table(WORDS, np.ones((60, 2)))], 3)


def test_the_command_writes_what_can_be_read(cli, tmp_path):
    rng = np.random.default_rng(3)
    paths = []
    for number, words in enumerate((WORDS[:50], WORDS[5:])):
        paths.append(tmp_path / f"{number}.bin")
        save_word_vectors(table(words, rng.normal(size=(len(words), 4))), paths[-1])
    out = tmp_path / "both.bin"
    code, said, err = cli("embeddings", "join", *paths, "--dimension", "6", "--out", out)
    assert code == 0, err
    assert "60 words of dimension 6" in said
    assert load_word_vectors(out).index_to_key == WORDS
    code, _, err = cli("embeddings", "join", paths[0], "--out", tmp_path / "one.bin")
    assert code == 2
    assert "takes two tables" in err
    assert not (tmp_path / "one.bin").exists()
    code, _, err = cli("embeddings", "join", *paths, "--dimension", "9", "--out", out)
    assert code == 2
    assert "9 cannot be kept" in err
