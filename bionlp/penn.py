"""NLTK's word tokenizer, without the rest of NLTK.

``import nltk`` imports all of it, and with it :mod:`scipy.stats`: a second, where a sentence takes
a millisecond. A module of a package needs no more of the package than where its files are, so the
package is given as a bare one with that path while the tokenizer is imported. What was imported
that way is taken out again: whoever imports NLTK afterwards gets it whole.
"""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec
from typing import Any

PACKAGE = "nltk"


def word_tokenizer() -> Any:
    """Return NLTK's word tokenizer, which follows the Penn Treebank.

    Returns
    -------
    nltk.tokenize.destructive.NLTKWordTokenizer
        Whose ``tokenize`` cuts a sentence into words.
    """
    if _imported(PACKAGE):
        return _tokenizer()
    # The specification of a package has its path; its code is not run.
    sys.modules[PACKAGE] = module_from_spec(_specification(PACKAGE))
    bare = f"{PACKAGE}.tokenize"
    sys.modules[bare] = module_from_spec(_specification(bare))
    try:
        return _tokenizer()
    finally:
        for name in _imported(PACKAGE):
            del sys.modules[name]


def _tokenizer() -> Any:
    return importlib.import_module(f"{PACKAGE}.tokenize.destructive").NLTKWordTokenizer()


def _imported(package: str) -> list[str]:
    return [name for name in sys.modules if name == package or name.startswith(f"{package}.")]


def _specification(name: str) -> ModuleSpec:
    found = find_spec(name)
    if found is None:
        raise ModuleNotFoundError(f"there is no module {name}", name=name)
    return found
