"""What is attacked answers as the whole network does, under the noise that was asked for."""

import numpy as np
import pytest
import torch

from bionlp.attacks.noise import AVERAGED, JUDGING, MOST_AVERAGED, Noise
from bionlp.attacks.victims import SpikingVictim, TextCNNVictim, label_of
from bionlp.decision import UNDECIDED
from bionlp.encoding import dequantise
from bionlp.errors import UsageError
from bionlp.evaluation import predict_spiking
from bionlp.vocabulary import Vocabulary
from networks.pytorch import SpikingNetwork
from networks.textcnn import TextCNN

WORDS = ("the", "film", "was", "a", "terrible", "story")
CHANGES = [(1, "great"), (4, "awful"), (4, None), (5, "unheard-of"), (0, "great")]


def votes_of(classifier, words, *, number, seed):
    """Return the votes of PyTorch for a sentence, as ``evaluate`` has them."""
    ids = classifier.vocabulary.ids(word or "" for word in words)
    model = SpikingNetwork(classifier.network).eval()
    rates = [dequantise(classifier.levels[ids])]
    return predict_spiking(model, rates, classifier.steps, seed=seed, numbers=[number])[1][0]


def changed(words, change):
    place, word = change
    return (*words[:place], word, *words[place + 1 :])


def shares(votes):
    return (votes + 1) / (votes.sum() + len(votes))


def test_common_noise_is_that_of_an_evaluation(swayed):
    reading = SpikingVictim(swayed, seed=3).read(WORDS, number=7)
    expected = [
        shares(votes_of(swayed, changed(WORDS, change), number=7, seed=3)) for change in CHANGES
    ]
    np.testing.assert_array_equal(reading.answers(CHANGES), expected)
    np.testing.assert_array_equal(
        reading.answer(), shares(votes_of(swayed, WORDS, number=7, seed=3))
    )
    assert reading.queries == len(CHANGES) + 1


def test_an_average_is_over_common_noise(swayed):
    reading = SpikingVictim(swayed, seed=3, noise=Noise("mean", 3)).read(WORDS, number=1)
    seeds = (3, 3 + AVERAGED + 1, 3 + AVERAGED + 2)
    for change, answer in zip(CHANGES, reading.answers(CHANGES), strict=True):
        words = changed(WORDS, change)
        votes = sum(votes_of(swayed, words, number=1, seed=seed) for seed in seeds)
        np.testing.assert_array_equal(answer, shares(votes))


def test_fresh_noise_is_another_one_for_each_query(swayed):
    reading = SpikingVictim(swayed, noise=Noise("fresh")).read(WORDS, number=0)
    answers = reading.answers([(4, "horrible")] * 12)
    assert len(np.unique(answers, axis=0)) > 1
    again = SpikingVictim(swayed, noise=Noise("fresh")).read(WORDS, number=0)
    np.testing.assert_array_equal(again.answers([(4, "horrible")] * 12), answers)


def test_a_change_stays(swayed):
    for noise in (Noise(), Noise("mean", 2), Noise("fresh")):
        reading = SpikingVictim(swayed, noise=noise).read(WORDS, number=0)
        reading.change(4, "great")
        assert reading.words[4] == "great"
        assert reading.answers([(1, "story")])[0, 1] > 0.5


@pytest.mark.parametrize("noise", [Noise(), Noise("mean", 2)], ids=str)
def test_a_network_of_another_kind_is_presented_as_a_whole(make_classifier, noise):
    classifier = make_classifier()
    victim = SpikingVictim(classifier, noise=noise)
    assert not victim.can_substitute
    words = ("a", "good", "film")
    answers = victim.read(words, number=2).answers([(1, "bad"), (2, None)])
    for answer, sentence in zip(answers, (("a", "bad", "film"), ("a", "good", None)), strict=True):
        votes = sum(votes_of(classifier, sentence, number=2, seed=seed) for seed in noise.seeds(0))
        np.testing.assert_array_equal(answer, shares(votes))


def test_words_beyond_the_length_change_nothing(swayed):
    words = ("film",) * swayed.length + ("terrible",)
    reading = SpikingVictim(swayed).read(words, number=0)
    same = reading.answers([(swayed.length, "great")])[0]
    np.testing.assert_array_equal(same, reading.answer())
    reading.change(swayed.length, "great")
    np.testing.assert_array_equal(same, reading.answer())


def test_a_sentence_without_a_known_word_is_undecided(swayed):
    victim = SpikingVictim(swayed)
    reading = victim.read(("terrible",), number=0)
    assert label_of(reading.answers([(0, None)]))[0] == UNDECIDED
    assert (victim.draws([("unheard-of",)], 0, JUDGING, 4) == UNDECIDED).all()
    assert label_of(victim.read((), number=0).answer()) == UNDECIDED


def test_draws_are_those_of_an_evaluation_with_other_seeds(swayed):
    victim = SpikingVictim(swayed, seed=5)
    sentences = [WORDS, changed(WORDS, (4, "horrible"))]
    labels = victim.draws(sentences, 9, JUDGING, 40)
    assert labels.shape == (2, 40)
    for row, words in zip(labels, sentences, strict=True):
        expected = [
            int(label_of(votes_of(swayed, words, number=9, seed=5 + JUDGING + draw)))
            for draw in range(40)
        ]
        assert row.tolist() == expected
    np.testing.assert_array_equal(victim.draws(sentences[:1], 9, JUDGING, 40), labels[:1])


def test_a_textcnn_has_no_noise():
    torch.manual_seed(1)
    model = TextCNN(torch.randn(4, 6), 3, 8, widths=(2,), maps=5)
    victim = TextCNNVictim("original", "en", Vocabulary(["a", "good", "film"]), model)
    reading = victim.read(("a", "good", "film"), number=0)
    with torch.no_grad():
        logits = victim.model(torch.tensor([[1, 2, 3], [1, 0, 3]]))
    expected = logits.double().softmax(dim=-1).numpy()
    np.testing.assert_allclose(reading.answers([(0, "a"), (1, None)]), expected, rtol=1e-12)
    labels = victim.draws([("a", "good", "film"), ("film",)], 0, JUDGING, 20)
    assert labels.shape == (2, 1)
    assert labels[0] == expected[0].argmax()


@pytest.mark.parametrize("text", ["", "mean", "mean:", "mean:1", "mean:x", "fixed:2", "FIXED"])
def test_noise_that_does_not_exist(text):
    with pytest.raises(UsageError, match="fixed, fresh or mean:K"):
        Noise.parse(text)
    with pytest.raises(UsageError):
        Noise.parse(f"mean:{MOST_AVERAGED + 1}")


@pytest.mark.parametrize("text", ["fixed", "fresh", "mean:8"])
def test_noise_is_written_as_it_is_read(text):
    assert str(Noise.parse(text)) == text


def test_a_lead_that_shrinks_is_seen_where_the_others_have_no_vote(swayed):
    words = ("terrible", "terrible", "dreadful", "terrible")
    victim = SpikingVictim(swayed)
    votes = [
        votes_of(swayed, changed(words, change), number=0, seed=0)
        for change in ((0, "terrible"), (1, None))
    ]
    assert votes[0][1] == votes[1][1] == 0
    assert votes[0][0] > votes[1][0] > 0
    before, after = victim.read(words, number=0).answers([(0, "terrible"), (1, None)])[:, 0]
    assert after < before < 1
