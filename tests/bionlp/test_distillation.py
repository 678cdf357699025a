"""What teachers teach with, and how far a pupil is from them."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from bionlp.training import distillation
from bionlp.training.batches import Batch, Encoded
from bionlp.training.distillation import LABELS_WEIGHT, Lesson, Teachers, piece_together
from networks.textcnn import TextCNN

SENTENCES = [np.arange(start, start + words) for start, words in ((1, 1), (10, 2), (20, 9))]


def contains(sentence, span):
    return any(np.array_equal(sentence[i : i + len(span)], span) for i in range(len(sentence)))


@pytest.fixture
def teachers():
    torch.manual_seed(0)
    models = [TextCNN(torch.rand(40, 6), 3, 9, maps=4, dropout=0).eval() for _ in range(2)]
    return Teachers(models, Encoded(SENTENCES, np.array([0, 1, 2])), pieces=2)


@given(st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_pieces_are_made_of_known_words_and_fit(longest, seed):
    known = set(np.concatenate(SENTENCES)) | {0}
    made = piece_together(SENTENCES, 5, longest, np.random.default_rng(seed))
    assert len(made) == 5
    for piece in made:
        assert 1 <= len(piece) <= longest
        assert set(piece) <= known


@given(st.integers(0, 2**32 - 1))
def test_a_piece_is_a_span_of_one_sentence_or_two(seed):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distillation, "GAPPY", 0)
        patch.setattr(distillation, "JOINED", 0)
        (piece,) = piece_together(SENTENCES, 1, 20, np.random.default_rng(seed))
        assert any(contains(sentence, piece) for sentence in SENTENCES)
        patch.setattr(distillation, "JOINED", 1)
        (piece,) = piece_together(SENTENCES, 1, 20, np.random.default_rng(seed))
    assert any(
        contains(first, piece[:cut]) and contains(second, piece[cut:])
        for cut in range(1, len(piece))
        for first in SENTENCES
        for second in SENTENCES
    )


def test_pieces_leave_the_sentences_alone():
    before = [sentence.copy() for sentence in SENTENCES]
    piece_together(SENTENCES, 200, 20, np.random.default_rng(0))
    for sentence, was in zip(SENTENCES, before, strict=True):
        assert np.array_equal(sentence, was)


def test_a_lesson_has_the_labelled_sentences_first(teachers):
    batch = Batch(np.array([2, 0]), np.stack([SENTENCES[2], np.zeros(9, int)]), np.array([2, 0]))
    torch.manual_seed(1)
    lesson = teachers.lesson(batch)
    assert lesson.ids.shape == (6, 9)
    assert torch.equal(lesson.ids[:2], torch.from_numpy(batch.ids))
    assert lesson.labels.tolist() == [2, 0]
    first, second = (model(lesson.ids).softmax(1) for model in teachers.models)
    assert torch.allclose(lesson.answers, (first * second).sqrt().log(), atol=1e-6)
    torch.manual_seed(1)
    assert torch.equal(teachers.lesson(batch).ids, lesson.ids)
    assert not torch.equal(teachers.lesson(batch).ids, lesson.ids)


@pytest.mark.parametrize("steps", [(), (7,)])
def test_without_answers_the_loss_is_the_cross_entropy_of_the_labels(steps):
    logits, labels = torch.randn(*steps, 4, 3), torch.tensor([0, 2, 1, 1])
    loss = Lesson(torch.zeros(4, 5, dtype=int), labels).loss(logits)
    wanted = -logits.log_softmax(-1)[..., torch.arange(4), labels].mean()
    assert loss == pytest.approx(wanted.item())


@pytest.mark.parametrize("steps", [(), (7,)])
def test_a_pupil_that_says_what_its_teachers_say_has_only_the_loss_of_the_labels(steps):
    answers, labels = torch.randn(6, 3).log_softmax(1), torch.tensor([0, 2])
    lesson = Lesson(torch.zeros(6, 5, dtype=int), labels, answers)
    logits = (answers + 5).expand(*steps, 6, 3)
    entropy = functional.cross_entropy(answers[:2], labels)
    assert lesson.loss(logits) == pytest.approx(LABELS_WEIGHT * entropy.item(), abs=1e-6)


def test_the_divergence_is_that_of_softened_answers():
    answers = torch.tensor([[0.8, 0.2], [0.5, 0.5]]).log()
    logits = torch.tensor([[0.0, 0.0], [2.0, 0.0]])
    loss = Lesson(torch.zeros(2, 5, dtype=int), torch.tensor([0]), answers).loss(logits)
    # At temperature 2, odds of 4 to 1 become 2 to 1, and logits of 2 and 0 are odds of e to 1.
    q = 1 / (1 + np.exp(-1))
    first = 2 / 3 * np.log(2 / 3 / 0.5) + 1 / 3 * np.log(1 / 3 / 0.5)
    second = 0.5 * np.log(0.5 / q) + 0.5 * np.log(0.5 / (1 - q))
    assert loss.item() == pytest.approx(4 * (first + second) / 2 + 0.5 * np.log(2), rel=1e-5)
