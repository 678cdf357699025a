"""Training word vectors."""

import numpy as np
import pytest

from bionlp.embeddings import load_word_vectors, save_word_vectors, train_word_vectors
from bionlp.errors import EmbeddingError, OutputError

SENTENCES = [["a", "good", "film"], ["a", "bad", "film"], ["no", "good", "end"]] * 30


def test_the_same_seed_gives_the_same_vectors():
    first, second = (train_word_vectors(SENTENCES, dimension=8, seed=3) for _ in range(2))
    assert first.index_to_key == second.index_to_key
    np.testing.assert_array_equal(first.vectors, second.vectors)
    assert not np.array_equal(
        first.vectors, train_word_vectors(SENTENCES, dimension=8, seed=4).vectors
    )


def test_epochs_are_reported():
    done = []
    train_word_vectors(SENTENCES, dimension=4, epochs=3, on_epoch=done.append)
    assert done == [1, 2, 3]


def test_rare_words_are_left_out():
    vectors = train_word_vectors([*SENTENCES, ["rare"]], dimension=4, min_count=2)
    assert sorted(vectors.index_to_key) == ["a", "bad", "end", "film", "good", "no"]
    with pytest.raises(EmbeddingError, match="no word occurs 999 times"):
        train_word_vectors(SENTENCES, min_count=999)


@pytest.mark.parametrize("suffix", [".bin", ".txt"])
def test_saved_vectors_can_be_read(suffix, tmp_path):
    vectors = train_word_vectors(SENTENCES, dimension=4)
    path = tmp_path / f"mine{suffix}"
    save_word_vectors(vectors, path)
    loaded = load_word_vectors(path)
    assert loaded.index_to_key == vectors.index_to_key
    np.testing.assert_allclose(loaded.vectors, vectors.vectors, atol=1e-6)
    assert list(tmp_path.iterdir()) == [path]


def test_an_unclear_suffix(tmp_path):
    with pytest.raises(OutputError, match="end its name in .bin"):
        save_word_vectors(train_word_vectors(SENTENCES, dimension=4), tmp_path / "mine.vec")
