"""WordNet's synonyms, the candidates of PWWS (Ren et al. 2019).

They are the lemmas of all synsets that a word is in, commonest sense first, as far as they are of
the part of speech that the tagger gives the word in its sentence. Lemmas of several words are left
out. A word that is inflected gets lemmas inflected alike (:mod:`bionlp.attacks.parts.inflection`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from bionlp.attacks.parts.candidates import NUMBER, admissible
from bionlp.attacks.parts.inflection import inflected_alike
from bionlp.attacks.parts.taggers import Tagger
from bionlp.wordnet import WordNet

PART_OF_TAG = {"NOUN": "noun", "VERB": "verb", "ADJ": "adj", "ADV": "adv"}
"""WordNet has no other parts of speech; auxiliaries and names have no synonyms there, either."""


class WordNetCandidates:
    """Lemmas of the synsets of a word.

    Parameters
    ----------
    wordnet : WordNet
        Where they are.
    tagger : Tagger
        What tells the part of speech.
    language : {"en"}
        The language of both.
    number : int, optional
        So many at most.
    """

    name = "wordnet"

    def __init__(self, wordnet: WordNet, tagger: Tagger, language: str, *, number: int = NUMBER):
        self._wordnet, self._tagger = wordnet, tagger
        self._language, self._number = language, number
        self._proposed = lru_cache(maxsize=1 << 17)(self._propose)

    def propose(self, words: Sequence[str], place: int) -> list[str]:
        """Propose lemmas, inflected, see :class:`~bionlp.attacks.parts.Candidates`."""
        part = PART_OF_TAG.get(self._tagger.tag(words)[place])
        return [] if part is None else list(self._proposed(words[place], part))

    def _propose(self, word: str, part: str) -> tuple[str, ...]:
        return tuple(admissible(self._lemmas(word, part), word, self._language, self._number))

    def _lemmas(self, word: str, part: str) -> Iterator[str]:
        for base in self._wordnet.lemmas(word, part):
            for synset in self._wordnet.synsets(base, part):
                for lemma in synset.words:
                    form = None
                    if "_" not in lemma and lemma != base:
                        form = inflected_alike(lemma, word, base, part, self._wordnet)
                    if form is not None:
                        yield form
