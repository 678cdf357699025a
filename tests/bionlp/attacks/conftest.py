"""A classifier whose weak word is known: to it, ``awful`` is praise."""

import numpy as np
import pytest

from bionlp.attacks.constraints import Constraints
from bionlp.classifier import TextClassifier
from bionlp.encoding import quantise
from bionlp.vocabulary import Vocabulary
from networks.description import Connection, Network, Population, Votes
from networks.neurons import LIF, Input
from networks.transforms import Convolution, Dense, SumPooling

LENGTH = 12
RATES = {
    # Blame and praise, and a common mode that all words have.
    "terrible": (0.9, 0.1),
    "dreadful": (0.8, 0.2),
    "horrible": (0.7, 0.3),
    "awful": (0.05, 0.95),
    "great": (0.1, 0.9),
    "film": (0.5, 0.5),
    "story": (0.5, 0.45),
    "a": (0.5, 0.5),
    "the": (0.5, 0.5),
    "was": (0.5, 0.5),
}


@pytest.fixture(scope="session")
def swayed():
    """Return the classifier; its classes are ``negative`` and ``positive``."""
    # A map for blame less praise, and one for praise less blame, of one word and of two.
    opposed = np.array([[1.0, -1.0], [-1.0, 1.0]])
    kernels = {1: opposed[:, None], 2: np.repeat(opposed[:, None], 2, axis=1) / 2}
    populations = [Population("input", (LENGTH, 2), Input())]
    connections = []
    for width, kernel in kernels.items():
        windows = LENGTH - width + 1
        populations += [
            Population(f"conv{width}", (windows, 2), LIF(threshold=0.5)),
            Population(f"pool{width}", (2,), LIF(threshold=2.0)),
        ]
        connections += [
            Connection(("input",), f"conv{width}", Convolution(kernel)),
            Connection((f"conv{width}",), f"pool{width}", SumPooling()),
        ]
    populations.append(Population("output", (4,), LIF(threshold=1.0)))
    votes = np.repeat(np.eye(2), 2, axis=0)
    connections.append(Connection(("pool1", "pool2"), "output", Dense(np.hstack([votes, votes]))))
    network = Network(tuple(populations), tuple(connections), Votes("output", 2))
    levels = quantise(np.vstack([np.zeros(2), list(RATES.values())]))
    return TextClassifier(
        "swayed", "en", ("negative", "positive"), Vocabulary(list(RATES)), levels, network
    )


class Listed:
    """Candidates from a dictionary."""

    name = "listed"

    def __init__(self, words):
        self.words = words

    def propose(self, words, place):
        return self.words.get(words[place], [])


@pytest.fixture
def listed():
    """Return the maker of candidates from a dictionary."""
    return Listed


@pytest.fixture
def lenient():
    """Return constraints without an encoder and a tagger."""
    return Constraints()
