"""The attacks by name: an order of words, and where their replacements come from.

Both are names, too, so that a command line can offer the attacks without what they import.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """An attack.

    Attributes
    ----------
    title : str
        What tables call it.
    source : str
        Who proposed it.
    order : str
        In which order words are visited (:data:`bionlp.attacks.search.ORDERS`).
    candidates : dict of str to tuple of str
        For a language, the names of the parts that propose words
        (:data:`bionlp.attacks.parts.opening.CANDIDATES`).
    """

    title: str
    source: str
    order: str
    candidates: dict[str, tuple[str, ...]]


ATTACKS = {
    "textfooler": Recipe(
        "TextFooler",
        "Jin et al. 2020",
        "importance",
        {"en": ("synonyms",), "zh": ("cilin",)},
    ),
    "pwws": Recipe(
        "PWWS",
        "Ren et al. 2019",
        "saliency",
        {"en": ("wordnet",), "zh": ("cilin",)},
    ),
    "textbugger": Recipe(
        "TextBugger",
        "Li et al. 2019",
        "importance",
        {"en": ("misspellings", "synonyms")},
    ),
    "textbugger-words": Recipe(
        "TextBugger, words",
        "Li et al. 2019, without its misspellings",
        "importance",
        {"en": ("synonyms",)},
    ),
    "bert-attack": Recipe(
        "BERT-Attack",
        "Li et al. 2020",
        "importance",
        {"en": ("masked-lm",), "zh": ("masked-lm",)},
    ),
    "minilm": Recipe(
        "MiniLM candidates",
        "word vectors of all-MiniLM-L6-v2 beside what it makes of the sentence",
        "importance",
        {"en": ("minilm",)},
    ),
}
"""The attacks that ``bionlp attack`` knows."""
