"""Parts of attacks, where they are installed."""

from importlib.util import find_spec

import pytest

from bionlp.attacks.parts import open_tagger
from bionlp.wordnet import DEBIAN_FOLDER

SENTENCE = [
    *("the", "films", "were", "terrible", "and", "the", "actors", "quickly", "wandered", "off"),
    *(",", "a", "funny", "but", "smart", "story", "."),
]


def needs(module, extra):
    """Skip the test unless a module of an extra is installed."""
    if find_spec(module) is None:
        pytest.skip(f"needs {module}: pip install 'bionlp[{extra}]'")


@pytest.fixture(scope="session")
def tagger():
    """Return the tagger of the package denckring-en-pos, or skip the test."""
    needs("denckring_en_pos", "attacks")
    return open_tagger("denckring", "en")


@pytest.fixture(scope="session")
def debian_wordnet():
    """Return the folder of Debian's WordNet, or skip the test."""
    if not (DEBIAN_FOLDER / "index.noun").is_file():
        pytest.skip("needs WordNet: apt-get install wordnet-base")
    return DEBIAN_FOLDER
