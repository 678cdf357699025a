"""Counter-fitting, and tables of neighbours."""

import zipfile

import numpy as np
import pytest
from gensim.models import KeyedVectors
from hypothesis import given
from hypothesis import strategies as st

from bionlp.embeddings import load_word_vectors
from bionlp.embeddings.counterfit import counterfit, plain_words, wordnet_pairs
from bionlp.embeddings.neighbours import (
    near_pairs,
    nearest_neighbours,
    read_neighbours,
    save_neighbours,
    unit,
)
from bionlp.errors import EmbeddingError, OutputError
from bionlp.wordnet import DEBIAN_FOLDER, find_wordnet

GOOD, BAD, FINE, POOR, TABLE, CHAIR, FAR = range(7)
SYNONYMS, ANTONYMS = np.array([[GOOD, FINE], [BAD, POOR]]), np.array([[GOOD, BAD]])


@pytest.fixture
def toy():
    """Return seven vectors: antonyms near, synonyms less so, two near each other, one alone."""
    return np.array(
        [
            [1.0, 0.1, 0.0, 0.0],
            [1.0, -0.1, 0.0, 0.0],
            [1.0, 1.5, 0.0, 0.0],
            [1.0, -1.5, 0.0, 0.0],
            [0.0, 0.0, 1.0, 0.1],
            [0.0, 0.0, 1.0, -0.1],
            [0.0, 0.0, 0.0, 1.0],
        ],
        np.float32,
    )


def cosine(vectors, one, other):
    vectors = unit(vectors)
    return float(vectors[one] @ vectors[other])


def left_of_distance(before, after, one, other):
    return (1 - cosine(after, one, other)) / (1 - cosine(before, one, other))


def test_synonyms_come_no_nearer_than_they_have_to(toy):
    moved = counterfit(toy, SYNONYMS, ANTONYMS[:0], epochs=60)
    for one, other in SYNONYMS:
        assert 0.2 < left_of_distance(toy, moved, one, other) < 0.31


def test_antonyms_part_synonyms_meet_and_the_rest_stays(toy):
    moved = counterfit(toy, SYNONYMS, ANTONYMS, epochs=60)
    np.testing.assert_allclose(np.linalg.norm(moved, axis=1), 1, atol=1e-6)
    assert cosine(toy, GOOD, BAD) > 0.9
    assert cosine(moved, GOOD, BAD) < 0.05
    for one, other in SYNONYMS:
        assert left_of_distance(toy, moved, one, other) < 0.31
    np.testing.assert_array_equal(moved[[TABLE, CHAIR, FAR]], unit(toy)[[TABLE, CHAIR, FAR]])


def test_near_words_that_are_parted_are_brought_back(toy):
    # The table flees from a word on the side of the chair, and would leave the chair behind.
    antonyms = np.array([[TABLE, FAR]])
    toy[FAR] = [0, 0, 0.5, -1]
    moved = counterfit(toy, SYNONYMS[:0], antonyms, epochs=60)
    assert cosine(moved, TABLE, FAR) < 0.05 < cosine(toy, TABLE, FAR)
    assert cosine(moved, TABLE, CHAIR) > 0.95
    assert not np.array_equal(moved[CHAIR], unit(toy)[CHAIR])


def test_synonyms_of_a_rare_sense_are_not_believed(toy):
    moved = counterfit(toy, np.array([[GOOD, FAR]]), ANTONYMS[:0])
    np.testing.assert_array_equal(moved, unit(toy))


def test_the_same_seed_gives_the_same_vectors(toy):
    first, second = (counterfit(toy, SYNONYMS, ANTONYMS, seed=3) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_epochs_are_reported(toy):
    done = []
    counterfit(toy, SYNONYMS, ANTONYMS, epochs=3, on_epoch=done.append)
    assert done == [1, 2, 3]


def test_plain_words():
    vectors = KeyedVectors(1)
    vectors.add_vectors(["the", "The", "a", "n't", "film", "3d"], np.arange(6)[:, None])
    words, found = plain_words(vectors, 5)
    assert (words, found.tolist()) == (["the", "film"], [[0], [4]])
    with pytest.raises(EmbeddingError, match="fewer than two lower-case words"):
        plain_words(vectors, 1)


def test_pairs_of_wordnet():
    if not (DEBIAN_FOLDER / "index.noun").is_file():
        pytest.skip("needs WordNet: apt-get install wordnet-base")
    words = ["good", "bad", "superb", "movie", "film", "increase", "decrease"]
    synonyms, antonyms = wordnet_pairs(find_wordnet(DEBIAN_FOLDER), words)

    def named(pairs):
        return {(words[one], words[other]) for one, other in pairs}

    assert named(synonyms) == {("movie", "film")}
    assert named(antonyms) == {("good", "bad"), ("bad", "superb"), ("increase", "decrease")}


@given(
    st.integers(2, 12),
    st.integers(1, 4),
    st.integers(1, 20),
    st.floats(-1, 1),
    st.integers(0, 1000),
)
def test_neighbours_are_those_of_all_cosines(words, dimension, number, least, seed):
    vectors = unit(np.random.default_rng(seed).normal(size=(words, dimension)))
    names = [f"w{place}" for place in range(words)]
    table = nearest_neighbours(names, vectors, number=number, least=least)
    cosines = vectors @ vectors.T
    for place, name in enumerate(names):
        others = [other for other in range(words) if other != place]
        others.sort(key=lambda other: -cosines[place, other])
        expected = [other for other in others if cosines[place, other] >= least][:number]
        assert [other for other, _ in table.nearest(name)] == [names[other] for other in expected]
    pairs, near = near_pairs(vectors, least)
    expected = {(a, b) for a in range(words) for b in range(a + 1, words) if cosines[a, b] >= least}
    assert set(map(tuple, pairs.tolist())) == expected
    np.testing.assert_array_equal(near, cosines[pairs[:, 0], pairs[:, 1]])


@given(st.integers(2, 30), st.integers(1, 9), st.floats(0, 1), st.integers(0, 1000))
def test_a_table_comes_back(tmp_path_factory, words, number, least, seed):
    vectors = np.random.default_rng(seed).normal(size=(words, 3))
    names = [f"wört{place}" for place in range(words)]
    table = nearest_neighbours(names, vectors, number=number, least=least)
    path = tmp_path_factory.mktemp("table") / "t.npz"
    save_neighbours(table, path)
    found = read_neighbours(path)
    for name in names:
        before, after = table.nearest(name), found.nearest(name)
        assert [word for word, _ in before] == [word for word, _ in after]
        near = [cosine for _, cosine in before], [cosine for _, cosine in after]
        np.testing.assert_allclose(*near, atol=0.5 / 255 + 1e-6)
    assert found.nearest("other") == []


@pytest.mark.parametrize("damage", ["text", "array", "cut", "missing", "beyond", "short", "pickle"])
def test_a_table_that_is_none(damage, tmp_path, toy):
    path = tmp_path / "t.npz"
    save_neighbours(nearest_neighbours(list("abcdefg"), toy, least=0), path)
    fields = dict(np.load(path))
    if damage == "text":
        path.write_text("no table")
    elif damage == "array":
        np.save(path.with_suffix(".npy"), toy)
        path.with_suffix(".npy").replace(path)
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-40])
    else:
        if damage == "missing":
            del fields["drops"]
        elif damage == "beyond":
            fields["neighbours"][0] = 7
        elif damage == "short":
            fields["drops"] = fields["drops"][1:]
        else:
            fields["words"] = np.array([None], object)
        np.savez(path, **fields)
    with pytest.raises(EmbeddingError, match=r"t.npz is no table of neighbours, or a damaged one"):
        read_neighbours(path)
    with pytest.raises(EmbeddingError, match=r"cannot read .*none.npz: no such file"):
        read_neighbours(tmp_path / "none.npz")


def test_a_table_says_nothing_of_when_it_was_made(tmp_path, toy):
    table = nearest_neighbours(list("abcdefg"), toy)
    save_neighbours(table, tmp_path / "a.npz")
    with zipfile.ZipFile(tmp_path / "a.npz") as packed:
        assert {entry.date_time[0] for entry in packed.infolist()} == {1980}


@pytest.mark.parametrize("suffix", [".bin", ".txt", ".npz"])
def test_the_command(suffix, cli, tmp_path, small_wordnet):
    rng = np.random.default_rng(0)
    vectors = KeyedVectors(20)
    words = ["movie", "play", "film", "chair", "The", "table"]
    table = rng.normal(size=(6, 20)).astype(np.float32)
    table[1] = table[0] + 0.1 * table[1]
    table[2] = table[0] + 1.2 * table[2]
    vectors.add_vectors(words, table)
    vectors.save_word2vec_format(str(tmp_path / "old.bin"), binary=True)
    out = tmp_path / f"new{suffix}"
    command = ("embeddings", "counterfit", tmp_path / "old.bin", "--out", out, "--epochs", "60")
    code, printed, _ = cli(*command, "--wordnet", small_wordnet)
    assert (code, printed) == (0, f"{out}: 5 words, 1 pairs of synonyms, 1 of antonyms\n")
    if suffix == ".npz":
        found = read_neighbours(out)
        assert [word for word, _ in found.nearest("film")] == ["movie"]
        assert found.nearest("chair") == []
        return
    found = load_word_vectors(out)
    assert found.similarity("film", "movie") > 0.8
    assert found.similarity("movie", "play") < 0.05
    assert "The" not in found


def test_faults_of_the_command(cli, tmp_path):
    out = tmp_path / "new.vec"
    code, _, said = cli("embeddings", "counterfit", "none.bin", "--out", out)
    assert (code, "end its name in .bin" in said) == (OutputError.exit_code, True)
    arguments = ("none.bin", "--out", tmp_path / "new.npz", "--wordnet", tmp_path)
    code, printed, said = cli("embeddings", "counterfit", *arguments)
    assert (code, printed) == (12, "")
    assert "is no WordNet, since it has no index.noun" in said
