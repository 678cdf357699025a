"""Taggers: the part of speech of each word of a text, in universal tags (Petrov et al. 2012).

The tags are NOUN, PROPN, PRON, VERB, AUX, ADJ, ADV, DET, ADP, CONJ, NUM, PART, PUNCT and X. A
tagger that does not part names from nouns, or auxiliaries from verbs, has NOUN and VERB for both.
All of them are models or dictionaries, and err on some words in a hundred.

    denckring  the averaged perceptron of the PyPI package denckring-en-pos, trained on UD
               English EWT (its weights are under CC BY-SA 4.0); of the package only the model
               is loaded
    nltk       NLTK's averaged perceptron, where its data averaged_perceptron_tagger_eng is
    jieba      the dictionary and the hidden Markov model of jieba.posseg, for Chinese
"""

from __future__ import annotations

import gzip
import importlib
import json
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import Any, Protocol

from bionlp.errors import PartError
from bionlp.nltk_data import find_data

DENCKRING, NLTK, JIEBA = "denckring", "nltk", "jieba"
TAGGERS = {"en": (DENCKRING, NLTK), "zh": (JIEBA,)}
"""The taggers of each language, the one to be preferred first."""
_NLTK_MODEL = "averaged_perceptron_tagger_eng"
_KEPT = 1 << 16

_FROM_UD = {"CCONJ": "CONJ", "SCONJ": "CONJ", "SYM": "X", "INTJ": "X"}
_FROM_PENN = {
    **dict.fromkeys(("NN", "NNS"), "NOUN"),
    **dict.fromkeys(("NNP", "NNPS"), "PROPN"),
    **dict.fromkeys(("PRP", "PRP$", "WP", "WP$", "EX"), "PRON"),
    **dict.fromkeys(("VB", "VBD", "VBG", "VBN", "VBP", "VBZ"), "VERB"),
    **dict.fromkeys(("JJ", "JJR", "JJS"), "ADJ"),
    **dict.fromkeys(("RB", "RBR", "RBS", "WRB"), "ADV"),
    **dict.fromkeys(("DT", "PDT", "WDT"), "DET"),
    **dict.fromkeys(("TO", "POS", "RP"), "PART"),
    **dict.fromkeys((".", ",", ":", "``", "''", "(", ")", "-LRB-", "-RRB-", "$", "#"), "PUNCT"),
    "MD": "AUX",
    "IN": "ADP",
    "CC": "CONJ",
    "CD": "NUM",
}
# The first letter of ICTCLAS' tags says the part of speech; a few two-letter ones are others.
_FROM_ICTCLAS = {
    **dict.fromkeys("nsft", "NOUN"),
    **dict.fromkeys("abz", "ADJ"),
    **{"v": "VERB", "d": "ADV", "r": "PRON", "m": "NUM", "q": "NOUN", "p": "ADP", "c": "CONJ"},
    **{"u": "PART", "y": "PART", "w": "PUNCT", "vd": "ADV", "ad": "ADV", "an": "NOUN"},
    **{"vn": "NOUN", "nr": "PROPN", "ns": "PROPN", "nt": "PROPN", "nz": "PROPN"},
}


class Tagger(Protocol):
    """Tells parts of speech.

    Attributes
    ----------
    name : str
        What it is called on the command line.
    """

    name: str

    def tag(self, words: Sequence[str]) -> list[str]:
        """Return the universal tag of each word of a text.

        Parameters
        ----------
        words : sequence of str
            The words of the text.

        Returns
        -------
        list of str
            As many tags.
        """


class CachedTagger:
    """A tagger that remembers the texts that it was asked about last.

    Parameters
    ----------
    name : str
        Its name.
    tag_words : callable
        Gives the tags of a tuple of words.
    """

    def __init__(self, name: str, tag_words: Callable[[tuple[str, ...]], list[str]]):
        self.name = name
        self._tagged = lru_cache(maxsize=_KEPT)(lambda words: tuple(tag_words(words)))

    def tag(self, words: Sequence[str]) -> list[str]:
        """Return the universal tag of each word, see :class:`Tagger`."""
        return list(self._tagged(tuple(words)))


def load_tagger(name: str) -> Tagger:
    """Load a tagger by its name.

    Parameters
    ----------
    name : {"denckring", "nltk", "jieba"}
        The name.

    Returns
    -------
    Tagger
        It.

    Raises
    ------
    PartError
        If it is not installed.
    """
    load = {DENCKRING: _denckring, NLTK: _nltk, JIEBA: _jieba}[name]
    return CachedTagger(name, load())


def is_there(name: str) -> bool:
    """Tell whether a tagger is installed."""
    if name == DENCKRING:
        return find_spec("denckring_en_pos") is not None
    return name == JIEBA or _nltk_folder() is not None


def _denckring() -> Callable[[tuple[str, ...]], list[str]]:
    spec = find_spec("denckring_en_pos")
    if spec is None:
        raise PartError(
            "the tagger denckring is missing; pip install 'bionlp[attacks]' (Python 3.11 or "
            "newer), or take NLTK's: python -m nltk.downloader " + _NLTK_MODEL
        )
    folder = Path((spec.submodule_search_locations or [])[0])
    stored = json.loads(gzip.decompress((folder / "data" / "tagger.json.gz").read_bytes()))
    model = _perceptron(spec).Tagger(
        weights=stored["weights"],
        tagdict=stored["tagdict"],
        classes=stored["classes"],
        vocabulary=frozenset(stored["vocabulary"]),
    )

    def tag(words: tuple[str, ...]) -> list[str]:
        # The model has seen no punctuation marks.
        found = (label.partition("|")[0] for label in model.tag(words))
        return [
            _FROM_UD.get(label, label) if any(map(str.isalnum, word)) else "PUNCT"
            for word, label in zip(words, found, strict=True)
        ]

    return tag


def _perceptron(spec: Any) -> Any:
    """Import the perceptron alone; the package itself would import dictionaries, too."""
    package = spec.name
    before = sys.modules.get(package)
    if before is None:
        sys.modules[package] = module_from_spec(spec)
    try:
        return importlib.import_module(f"{package}.perceptron")
    finally:
        if before is None:
            del sys.modules[package]


def _nltk() -> Callable[[tuple[str, ...]], list[str]]:
    if _nltk_folder() is None:
        raise PartError(
            f"NLTK's tagger has no data here; python -m nltk.downloader {_NLTK_MODEL}, or pip "
            "install 'bionlp[attacks]' for --tagger denckring"
        )
    from nltk.tag.perceptron import PerceptronTagger

    model = PerceptronTagger()
    return lambda words: [_FROM_PENN.get(tag, "X") for _, tag in model.tag(words)]


def _nltk_folder() -> Any:
    return find_data(f"taggers/{_NLTK_MODEL}", f"{_NLTK_MODEL}.weights.json")


def _jieba() -> Callable[[tuple[str, ...]], list[str]]:
    import warnings

    from bionlp.text import jieba_tokenizer

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in bionlp.text
        from jieba import posseg
    model = posseg.POSTokenizer(jieba_tokenizer())

    def tag(words: tuple[str, ...]) -> list[str]:
        # Word by word, since it would cut a whole text anew, and perhaps elsewhere.
        return [_ictclas(model.lcut(word)[-1].flag, word) for word in words]

    return tag


def _ictclas(flag: str, word: str) -> str:
    if not any(map(str.isalnum, word)):
        return "PUNCT"
    return _FROM_ICTCLAS.get(flag, _FROM_ICTCLAS.get(flag[:1], "X"))
