"""From text to words.

English is cut by NLTK's word tokenizer, which follows the Penn Treebank (``don't`` becomes ``do``
and ``n't``) and needs no download; Chinese, which has no spaces, by jieba. Both are stable: what
has been tokenised and joined by spaces, as the sentences of MR, SST and Subj are, comes out as it
went in.

NLTK's tokenizer expects one sentence and cuts a full stop only at its end. A text of several
sentences would keep words such as ``bad.``, which no embedding knows, so a full stop inside a text
is cut as well, unless the word is a usual abbreviation.

A pair of sentences is one text with a separator between them (Devlin et al. 2019, section 3). The
separator is a token of its own wherever it stands, and each sentence is cut by itself.

Both libraries take a second to import, so each is imported when it is first needed, and of NLTK
only the tokenizer (:mod:`bionlp.penn`).
"""

import functools
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bionlp.errors import TextError, TextTypeError
from bionlp.files import read_utf8

LANGUAGES = ("en", "zh")

SEPARATOR = "[SEP]"
"""The token between the sentences of a pair, in capitals: ``[sep]`` is text like any other."""

_ABBREVIATIONS = frozenset(
    (  # noqa: SIM905, a list would take forty lines
        "al. bros. capt. co. corp. dr. etc. gen. gov. inc. jr. lt. ltd. "
        "mr. mrs. ms. mt. no. prof. rev. sen. sept. sgt. sr. st. vs. wash."
    ).split()
)
_CLOSED_WORD = re.compile(r"[a-z]{2,}\.")
_STRAIGHT_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"'})
_PENN_QUOTES = frozenset(("``", "''"))
_CHINESE_CHARACTER = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SHOWN = 60
"""Characters of a text that a message shows."""


def check_text(text: str) -> str:
    """See that a text can be read, written and printed.

    Parameters
    ----------
    text : str
        Any text; NumPy's strings are strings, too.

    Returns
    -------
    str
        The same, as Python's own string.

    Raises
    ------
    TextError
        If it is no text, was not in UTF-8, or has a character U+0000, which files cannot hold.
    """
    if not isinstance(text, str):
        raise TextTypeError(f"a text is a string, not {type(text).__name__}: {shown(text)}")
    text = str(text)
    if "\0" in text:
        raise TextError(f"the text {shown(text)} has a character U+0000; take it out")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise TextError(
            f"the text {shown(text)} is not UTF-8, at its character {error.start + 1}; write it "
            "in UTF-8"
        ) from error
    return text


def shown(text: object) -> str:
    """Return a text as a message shows it: in quotes, on one line, and not too long.

    Parameters
    ----------
    text : object
        The text, or what was given instead of one.

    Returns
    -------
    str
        Its beginning, if it is long.
    """
    if isinstance(text, str) and len(text) > _SHOWN:
        return f"{str(text[:_SHOWN])!r}... ({len(text):,} characters)"
    return repr(str(text) if isinstance(text, str) else text)


def printable(text: str) -> str:
    r"""Escape control characters, which would steer a terminal or begin another line.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        The text on one line; an escape character is ``\x1b`` in it.
    """
    return _CONTROL.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


def tokenize(text: str, language: str) -> list[str]:
    """Cut a text into words.

    Parameters
    ----------
    text : str
        One or more sentences.
    language : {"en", "zh"}
        English words come out in lower case with straight quotes; Chinese text keeps its case.

    Returns
    -------
    list of str
        The words and punctuation marks; empty if the text is blank. :data:`SEPARATOR` is one.

    Raises
    ------
    TextError
        If the language is not known.
    """
    cutters = {"en": _english, "zh": _chinese}
    if language not in cutters:
        raise TextError(f"unknown language {language!r}; choose one of {', '.join(LANGUAGES)}")
    first, *others = unicodedata.normalize("NFC", text).split(SEPARATOR)
    words = cutters[language](first)
    for sentence in others:
        words += [SEPARATOR, *cutters[language](sentence)]
    return words


def guess_language(texts: Iterable[str]) -> str:
    """Guess the language of some texts from their characters.

    Parameters
    ----------
    texts : iterable of str
        The texts.

    Returns
    -------
    {"en", "zh"}
        Chinese if at least half of the texts have a Chinese character, so that a single foreign
        name among English reviews changes nothing.
    """
    found = [bool(_CHINESE_CHARACTER.search(text)) for text in texts]
    return "zh" if found and 2 * sum(found) >= len(found) else "en"


def read_texts(path: Path) -> list[str]:
    """Read a file of texts, one a line, in UTF-8.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    list of str
        The lines without surrounding blanks. Blank lines are left out.

    Raises
    ------
    TextError
        If the file cannot be read, is not UTF-8 (names the line) or has no text.
    """
    lines = (line.strip() for line in read_utf8(path, TextError).split("\n"))
    texts = [line for line in lines if line]
    if not texts:
        raise TextError(f"{path} has no text; write one sentence a line")
    return texts


def _english(text: str) -> list[str]:
    words = _treebank().tokenize(text.translate(_STRAIGHT_QUOTES).lower())
    # The tokenizer turns a double quote into `` or '' by a guess at its direction that fails
    # between spaces. One sign for both makes a second pass change nothing.
    words = ['"' if word in _PENN_QUOTES else word for word in words]
    return [part for word in words for part in _cut_full_stop(word)]


def _cut_full_stop(word: str) -> tuple[str, ...]:
    if _CLOSED_WORD.fullmatch(word) and word not in _ABBREVIATIONS:
        return word[:-1], "."
    return (word,)


def _chinese(text: str) -> list[str]:
    return [word for word in jieba_tokenizer().lcut(text) if not word.isspace()]


@functools.cache
def _treebank() -> Any:
    from bionlp.penn import word_tokenizer

    return word_tokenizer()


@functools.cache
def jieba_tokenizer() -> Any:
    """Return jieba's tokenizer, with its own dictionary in memory."""
    import logging
    import warnings

    with warnings.catch_warnings():
        # jieba imports pkg_resources, which warns about itself.
        warnings.simplefilter("ignore")
        import jieba
    jieba.setLogLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    # Left alone, it would look for a copy of its dictionary in the temporary folder, where anybody
    # may put one, and leave one of 5 MB there; reading its own file takes no longer.
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    return tokenizer
