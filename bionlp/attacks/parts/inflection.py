"""English inflection: a lemma in the form that another word has.

WordNet knows lemmas only, and a sentence about ``films`` wants ``movies``. The form of a word is
told from its ending, or from WordNet's list of irregular forms; the lemma then gets the same
ending by the usual rules of spelling (``-s`` or ``-es``, ``y`` to ``i``, a mute ``e`` dropped),
unless that list has a form of it; the last letter of one syllable is doubled (``planned``). The
past tense and the participle of irregular verbs often differ, and no ending tells which is meant:
a verb of which the list has several forms is left out there, as are lemmas whose form WordNet
would not lead back to them.
"""

from __future__ import annotations

import re

from bionlp.wordnet import WordNet

_PLURAL, _THIRD, _PAST, _PARTICIPLE = "plural", "third person", "past", "-ing"
_COMPARATIVE, _SUPERLATIVE = "comparative", "superlative"
_ENDING_OF = {
    _PLURAL: "s",
    _THIRD: "s",
    _PAST: "ed",
    _PARTICIPLE: "ing",
    _COMPARATIVE: "er",
    _SUPERLATIVE: "est",
}
_HISSING = ("s", "x", "z", "ch", "sh")
_VOWELS = "aeiou"
# Verbs whose past is as their present, which no list of exceptions names.
_UNCHANGED = frozenset(
    (  # noqa: SIM905, a list would take twenty lines
        "bet bid burst cast cost cut hit hurt let put quit rid set shed shut split spread thrust "
        "upset wed"
    ).split()
)
_DOUBLING = re.compile("[^aeiou]*[aeiou][^aeiouwxy]")
"""A lemma of one syllable that doubles its last letter: ``plan``, ``planned``."""
_LONGEST_COMPARED = 5
"""Letters of an adjective that may still take -er and -est; longer ones have more and most."""


def inflected_alike(lemma: str, word: str, base: str, part: str, wordnet: WordNet) -> str | None:
    """Give a lemma the form that a word has.

    Parameters
    ----------
    lemma : str
        The lemma to be inflected, such as ``movie``.
    word : str
        The word whose form it gets, such as ``films``.
    base : str
        The lemma of that word, such as ``film``.
    part : {"noun", "verb", "adj", "adv"}
        The part of speech of both.
    wordnet : WordNet
        What knows irregular forms.

    Returns
    -------
    str or None
        The inflected lemma; ``None`` if there is no such form, or it is not sure.
    """
    if word == base:
        return lemma
    form = _form_of(word, part)
    if form is None:
        return None
    irregular = [
        other for other in wordnet.irregular_forms(lemma, part) if _form_of(other, part) == form
    ]
    if len(irregular) > 1:
        return None
    inflected = irregular[0] if irregular else _regular(lemma, form)
    return inflected if inflected and lemma in wordnet.lemmas(inflected, part) else None


def _form_of(word: str, part: str) -> str | None:
    """Tell which form an inflected word is."""
    if part == "noun":
        return _PLURAL
    if part == "verb":
        if word.endswith("ing"):
            return _PARTICIPLE
        return _THIRD if word.endswith("s") else _PAST
    if part == "adj":
        if word.endswith(("er", "re", "rse")):  # better, more, worse
            return _COMPARATIVE
        return _SUPERLATIVE if word.endswith("st") else None
    return None


def _regular(lemma: str, form: str) -> str | None:
    if form in (_COMPARATIVE, _SUPERLATIVE) and len(lemma) > _LONGEST_COMPARED:
        return None
    if form == _PAST and lemma in _UNCHANGED:
        return lemma
    ending = _ENDING_OF[form]
    after_consonant = len(lemma) > 1 and lemma[-2] not in _VOWELS
    if ending == "s":
        if lemma.endswith(_HISSING):
            return f"{lemma}es"
        return f"{lemma[:-1]}ies" if lemma.endswith("y") and after_consonant else f"{lemma}s"
    if _DOUBLING.fullmatch(lemma):
        return lemma + lemma[-1] + ending
    if lemma.endswith("y") and after_consonant and ending != "ing":
        return f"{lemma[:-1]}i{ending}"
    if lemma.endswith("ie") and ending == "ing":
        return f"{lemma[:-2]}ying"
    if lemma.endswith("e") and not lemma.endswith(("ee", "oe", "ye")):
        return lemma[:-1] + ending
    return lemma + (ending[1:] if lemma.endswith("e") and ending != "ing" else ending)
