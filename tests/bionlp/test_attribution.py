"""Attribution of words in networks where the answer is known, and in the bundled models."""

import numpy as np
import pytest

from bionlp.attribution import attribute
from bionlp.checkpoint import load_classifier
from bionlp.encoding import poisson_spikes
from bionlp.engine import Engine
from networks.description import Connection, Network, Population, Votes
from networks.neurons import LIF, Input
from networks.transforms import Dense

STEPS = 20


def test_words_that_drive_a_class_alone_have_all_of_its_spikes():
    # Word 1 drives class 0, word 2 class 1, word 3 nothing, and word 4 holds class 0 back, which
    # would fire in every step without it.
    weight = np.array([[1.5, 0.0, 0.0, -0.75], [0.0, 0.5, 0.0, 0.0]])
    network = Network(
        (Population("input", (4, 1), Input()), Population("output", (2,), LIF())),
        (Connection(("input",), "output", Dense(weight)),),
        Votes("output", 2),
    )
    spikes = np.ones((STEPS, 4, 1), dtype=bool)
    found, fired = attribute(network, spikes, engine=Engine("numpy"))
    first, second = count_spikes(0.75), count_spikes(0.5)
    assert fired.sum(axis=0).tolist() == [first, second]
    assert (found.label, found.margin) == (0, first - second)
    assert found.words.tolist() == [first, -second, 0, first - STEPS]


def count_spikes(current):
    """Count the spikes of a neuron with threshold 1, no leak and a constant input."""
    membrane, spikes = 0.0, 0
    for _ in range(STEPS):
        membrane += current
        if membrane > 1:
            membrane, spikes = membrane - 1, spikes + 1
    return spikes


def explain(model, text, seed=0):
    classifier = load_classifier(model)
    sentence = classifier.read(text)
    found, _ = attribute(
        classifier.network,
        poisson_spikes(sentence.rates, 50, seed=seed),
        engine=Engine("numpy"),
    )
    words = dict(zip(sentence.words, found.words.tolist(), strict=True))
    return classifier.label_names[found.label], words


@pytest.mark.parametrize(
    ("model", "text", "label", "strongest"),
    [
        ("mr", "good", "positive", "good"),
        ("mr", "it is great", "positive", "great"),
        ("mr", "the movie was terrible", "negative", "terrible"),
        ("waimai", "好吃", "positive", "好吃"),
        ("waimai", "一点都不好吃", "negative", "不"),
        ("waimai", "送餐超级慢", "negative", "慢"),
    ],
)
def test_one_strong_word_decides_and_is_said_to(model, text, label, strongest):
    decided, words = explain(model, text)
    assert decided == label
    assert max(words, key=words.get) == strongest
    assert words[strongest] > 0


def test_a_negation_speaks_against_what_it_negates():
    # docs/howto/report.md: the English model feels the "not", but too weakly to turn it round.
    for seed in range(3):
        _, words = explain("mr", "not a good film", seed)
        assert words["not"] < 0 < words["good"]
