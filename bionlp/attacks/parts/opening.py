"""Opening the parts of an attack: by name, from a file or folder, or whatever is installed."""

from __future__ import annotations

from pathlib import Path

from bionlp.attacks.parts.candidates import NUMBER, Candidates
from bionlp.attacks.parts.encoders import ENCODERS, Encoder, FolderEncoder, load_encoder
from bionlp.attacks.parts.encoders import is_there as encoder_is_there
from bionlp.attacks.parts.taggers import TAGGERS, Tagger, load_tagger
from bionlp.attacks.parts.taggers import is_there as tagger_is_there
from bionlp.errors import PartError

SYNONYMS, WORDNET, MISSPELLINGS = "synonyms", "wordnet", "misspellings"
MINILM, MASKED, CILIN = "minilm", "masked-lm", "cilin"
CANDIDATES = {
    SYNONYMS: ("en", "zh"),
    WORDNET: ("en",),
    MISSPELLINGS: ("en",),
    MINILM: ("en",),
    MASKED: ("en", "zh"),
    CILIN: ("zh",),
}
"""All names of candidates, and the languages of each."""


def open_candidates(
    name: str,
    language: str,
    *,
    number: int = NUMBER,
    source: str | None = None,
    tagger: Tagger | None = None,
) -> Candidates:
    """Open what proposes replacements.

    Parameters
    ----------
    name : {"synonyms", "wordnet", "misspellings", "minilm", "masked-lm", "cilin"}
        What it is.
    language : {"en", "zh"}
        The language of the texts.
    number : int, optional
        Replacements of a word at most.
    source : str, optional
        Of ``synonyms``, a table of neighbours or a file of word vectors; of ``wordnet``, a
        folder; of ``minilm`` and ``masked-lm``, a folder of a model, or a name that
        ``transformers`` knows.
    tagger : Tagger, optional
        What tells ``wordnet`` the parts of speech; the one that is installed, if none is given.

    Returns
    -------
    Candidates
        It.

    Raises
    ------
    PartError
        If the name is unknown, is none for the language, or what it needs is not there.
    EmbeddingError
        If word vectors cannot be read.
    """
    if name not in CANDIDATES:
        raise PartError(f"there are no candidates {name!r}; choose one of {', '.join(CANDIDATES)}")
    if language not in CANDIDATES[name]:
        fit = [other for other, languages in CANDIDATES.items() if language in languages]
        raise PartError(
            f"the candidates {name} are not for language {language!r}; choose one of "
            f"{', '.join(fit) or 'en, zh'}"
        )
    if name == SYNONYMS:
        return _synonyms(source, language, number)
    if name == WORDNET:
        from bionlp.attacks.parts.wordnet import WordNetCandidates
        from bionlp.wordnet import find_wordnet

        tagger = tagger or open_tagger(None, language)
        return WordNetCandidates(find_wordnet(source), tagger, language, number=number)
    _refuse_source(name, source)
    if name == MISSPELLINGS:
        from bionlp.attacks.parts.misspellings import Misspellings

        return Misspellings(language, number=number)
    if name == CILIN:
        from bionlp.attacks.parts.cilin import Cilin

        return Cilin(number=number)
    if name == MASKED and source is None:
        raise PartError(
            "masked-lm needs a masked language model; name its folder, or one that transformers "
            "knows, such as bert-base-uncased"
        )
    from bionlp.attacks.parts.contextual import open_contextual

    return open_contextual(name, source, language, number)


def open_encoder(source: str | None, language: str) -> Encoder:
    """Open a sentence encoder.

    Parameters
    ----------
    source : str or None
        ``use``, ``minilm``, or a folder of sentence-transformers; the first of the two that is
        installed, if ``None``.
    language : {"en", "zh"}
        The language of the texts; ``minilm`` is for English.

    Returns
    -------
    Encoder
        It.

    Raises
    ------
    PartError
        If there is none.
    """
    fit = ENCODERS if language == "en" else ENCODERS[:1]
    if source is None:
        return load_encoder(next(filter(encoder_is_there, fit), fit[0]))
    if source in fit:
        return load_encoder(source)
    if Path(source).is_dir():
        return FolderEncoder(Path(source), source)
    raise PartError(
        f"there is no sentence encoder {source!r} for language {language!r}; choose "
        f"{' or '.join(fit)}, or name a folder of sentence-transformers (--encoder NAME_OR_FOLDER)"
    )


def open_tagger(source: str | None, language: str) -> Tagger:
    """Open a tagger.

    Parameters
    ----------
    source : {"denckring", "nltk", "jieba"} or None
        Its name; the first that is installed, if ``None``.
    language : {"en", "zh"}
        The language of the texts.

    Returns
    -------
    Tagger
        It.

    Raises
    ------
    PartError
        If it is unknown, is none for the language, or is not installed.
    """
    fit = TAGGERS.get(language, ())
    if not fit or (source is not None and source not in fit):
        raise PartError(
            f"there is no tagger {source or ''!r} for language {language!r}; choose "
            f"{' or '.join(fit) or 'en or zh'} (--tagger NAME)"
        )
    return load_tagger(source or next(filter(tagger_is_there, fit), fit[0]))


def _synonyms(source: str | None, language: str, number: int) -> Candidates:
    from bionlp.attacks.parts.synonyms import open_synonyms

    if source is None and language != "en":
        raise PartError(
            "this package brings synonyms for English only; name a table of neighbours or word "
            "vectors of that language (--synonyms FILE)"
        )
    return open_synonyms(None if source is None else Path(source), language, number)


def _refuse_source(name: str, source: str | None) -> None:
    if source is not None and name in (MISSPELLINGS, CILIN):
        raise PartError(f"the candidates {name} are opened from no file; leave out {source!r}")
