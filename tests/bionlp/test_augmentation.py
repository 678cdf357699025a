"""Words of lessons that are replaced by synonyms."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bionlp.attacks.parts import open_candidates
from bionlp.datasets import load_dataset
from bionlp.errors import UsageError
from bionlp.training.augmentation import Augmented, Replacements, augmented, neighbour_ids
from bionlp.training.batches import Batch, Encoded
from bionlp.training.corpus import encode_corpus
from bionlp.training.distillation import Labels, Teachers
from bionlp.training.settings import TrainingSettings
from bionlp.vocabulary import Vocabulary
from networks.textcnn import TextCNN

NEIGHBOURS = np.array([[0, 0, 0], [2, 3, 4], [1, 0, 0], [0, 0, 0], [2, 1, 0]])
WORDS = ("the", "film", "movie", "funny", "hilarious", "amusing", "xyzzy", "flick", "not")
BATCH = Batch(np.array([0, 1]), np.array([[1, 2, 4], [3, 1, 0]]), np.array([0, 1]))
ids_of_words = st.lists(st.integers(0, 4), min_size=1, max_size=30)


@given(ids_of_words, st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_a_word_stays_or_becomes_one_of_its_neighbours(ids, share, seed):
    torch.manual_seed(seed)
    drawn = Replacements(NEIGHBOURS, share).draw(torch.tensor([ids]))
    for word, new in zip(ids, drawn[0].tolist(), strict=True):
        assert new == word or new in set(NEIGHBOURS[word]) - {0}


@given(ids_of_words, st.integers(0, 2**32 - 1))
def test_the_share_bounds_what_is_replaced(ids, seed):
    torch.manual_seed(seed)
    ids = torch.tensor(ids)
    assert torch.equal(Replacements(NEIGHBOURS, 0.0).draw(ids), ids)
    changed = Replacements(NEIGHBOURS, 1.0).draw(ids) != ids
    assert torch.equal(changed, torch.from_numpy(NEIGHBOURS)[ids, 0] != 0)


def test_neighbours_are_equally_likely_and_replaced_as_often_as_asked():
    torch.manual_seed(0)
    drawn = Replacements(NEIGHBOURS, 0.3).draw(torch.ones(200, 300, dtype=torch.int64))
    counts = torch.bincount(drawn.flatten(), minlength=5) / drawn.numel()
    # Five standard errors of a share of 60,000.
    assert counts.tolist() == pytest.approx([0, 0.7, 0.1, 0.1, 0.1], abs=0.01)


def test_replacements_are_those_that_the_attack_proposes():
    vocabulary = Vocabulary(WORDS)
    table = neighbour_ids(vocabulary, "en")
    attack = open_candidates("synonyms", "en")
    for number, word in enumerate(WORDS, start=1):
        found = [WORDS[other - 1] for other in table[number] if other]
        if word in ("the", "not"):
            assert found == []
        else:
            assert found == [w for w in attack.propose([word], 0) if w in WORDS]
    assert {"hilarious", "amusing"} <= {WORDS[other - 1] for other in table[4]}
    assert not table[0].any()


@pytest.mark.parametrize("pieces", [0, 2])
def test_what_was_said_of_a_sentence_stays_when_its_words_are_replaced(pieces):
    torch.manual_seed(0)
    model = TextCNN(torch.rand(5, 6), 2, 9, maps=4, dropout=0).eval()
    train = Encoded([np.array([1, 2, 4]), np.array([3, 1])], np.array([0, 1]))
    teachers = Teachers([model], train, pieces)
    lessons = Augmented(teachers, Replacements(NEIGHBOURS, 1.0))
    torch.manual_seed(1)
    plain = teachers.lesson(BATCH)
    torch.manual_seed(1)
    lesson = lessons.lesson(BATCH)
    assert lesson.ids.shape == plain.ids.shape == (2 + 2 * pieces, 3)
    assert torch.equal(lesson.ids != plain.ids, torch.from_numpy(NEIGHBOURS)[plain.ids, 0] != 0)
    assert torch.equal(lesson.answers, plain.answers)
    assert torch.equal(lesson.labels, plain.labels)
    assert len(lessons.without_pieces().lesson(BATCH).ids) == 2


def test_the_seed_of_an_epoch_decides_what_is_replaced():
    lessons = Augmented(Labels(), Replacements(NEIGHBOURS, 0.5))
    torch.manual_seed(3)
    first, second = lessons.lesson(BATCH).ids, lessons.lesson(BATCH).ids
    torch.manual_seed(3)
    assert torch.equal(lessons.lesson(BATCH).ids, first)
    assert not torch.equal(first, second)


def test_nothing_is_replaced_unless_it_is_asked_for(reviews):
    settings = TrainingSettings()
    words = ["dull", "film", "boring"]
    corpus = encode_corpus(load_dataset(reviews / "reviews.csv"), words, settings)
    assert augmented(Labels(), corpus, settings) == Labels()
    found = augmented(Labels(), corpus, replace(settings, augment="synonyms", augment_share=1.0))
    dull, boring = corpus.vocabulary.ids(["dull", "boring"])
    batch = Batch(np.array([0]), np.array([[dull, boring]]), np.array([1]))
    assert found.lesson(batch).ids.tolist() == [[boring, dull]]


def test_senseless_settings_are_refused():
    with pytest.raises(UsageError, match="unknown augment 'noise'; choose one of none, synonyms"):
        TrainingSettings(augment="noise")
    with pytest.raises(UsageError, match="augment_share must lie in"):
        TrainingSettings(augment_share=1.5)
