"""Princeton's WordNet, read from its own files.

A folder of WordNet (wndb(5WN)) has, for each part of speech, three files that matter here:

    index.POS   lemma ... offset offset ...      the synsets of a lemma, commonest sense first
    data.POS    offset ... words ... pointers    a synset a line, at the byte that its offset names
    POS.exc     form lemma ...                   irregular forms

Regular forms are led back to lemmas by the endings of morphy(7WN). Debian's package
``wordnet-base`` has the files, and so has NLTK's ``corpora/wordnet``. NLTK has a reader of its own
for them; it takes seconds to import, opens no folder outside NLTK's own path, wants a file that
Debian's package lacks and has no public way to all lemmas of a form, so the files are read here.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path

from bionlp.errors import PartError
from bionlp.files import reason
from bionlp.nltk_data import find_data

PARTS_OF_SPEECH = ("noun", "verb", "adj", "adv")
DEBIAN_FOLDER = Path("/usr/share/wordnet")
NLTK_CORPUS = "corpora/wordnet"
ADVICE = (
    "apt-get install wordnet-base, or name a folder that has index.noun, data.noun and their "
    "like (--wordnet FOLDER)"
)

_ENDINGS = {
    "noun": (
        *(("s", ""), ("ses", "s"), ("ves", "f"), ("xes", "x"), ("zes", "z")),
        *(("ches", "ch"), ("shes", "sh"), ("men", "man"), ("ies", "y")),
    ),
    "verb": (
        *(("s", ""), ("ies", "y"), ("es", "e"), ("es", "")),
        *(("ed", "e"), ("ed", ""), ("ing", "e"), ("ing", "")),
    ),
    "adj": (("er", ""), ("est", ""), ("er", "e"), ("est", "e")),
    "adv": (),
}
_LETTERS = {"n": "noun", "v": "verb", "a": "adj", "r": "adv", "s": "adj"}
_ANTONYM, _SIMILAR = "!", "&"


@dataclass(frozen=True)
class Synset:
    """Words that share a meaning.

    Attributes
    ----------
    words : tuple of str
        Its lemmas in lower case; several words of one lemma are joined by ``_``.
    antonyms : tuple of tuple
        Of each word that has an antonym: its place here, the antonym's part of speech, its synset's
        offset, and its place there.
    similar : tuple of tuple
        Of adjectives, part of speech and offset of the synsets whose meaning is near.
    """

    words: tuple[str, ...]
    antonyms: tuple[tuple[int, str, int, int], ...]
    similar: tuple[tuple[str, int], ...]


class WordNet:
    """The files of one folder, each read when it is first needed.

    Parameters
    ----------
    folder : Path or zipfile.Path
        The folder; nothing is written to it.

    Raises
    ------
    PartError
        If a file is missing there.
    """

    def __init__(self, folder: Path | zipfile.Path):
        self.folder = folder
        needed = [f"{kind}.{part}" for part in PARTS_OF_SPEECH for kind in ("index", "data")]
        for name in (*needed, *(f"{part}.exc" for part in PARTS_OF_SPEECH)):
            if not (self.folder / name).is_file():
                raise PartError(f"{self.folder} is no WordNet, since it has no {name}; {ADVICE}")

    def lemmas(self, form: str, part: str) -> list[str]:
        """Return the lemmas that a form may be one of, itself first if it is a lemma.

        Parameters
        ----------
        form : str
            A word in lower case.
        part : {"noun", "verb", "adj", "adv"}
            Its part of speech.

        Returns
        -------
        list of str
            Lemmas that WordNet has, without duplicates.
        """
        irregular = self._exceptions[part].get(form)
        if irregular is None:
            irregular = [
                form[: len(form) - len(ending)] + instead
                for ending, instead in _ENDINGS[part]
                if form.endswith(ending) and len(form) > len(ending)
            ]
        index = self._index(part)
        return [lemma for lemma in dict.fromkeys([form, *irregular]) if lemma in index]

    def irregular_forms(self, lemma: str, part: str) -> tuple[str, ...]:
        """Return the forms of a lemma that its list of exceptions has, such as ``wrote``."""
        return self._irregular[part].get(lemma, ())

    def offsets(self, lemma: str, part: str) -> list[int]:
        """Return the offsets of a lemma's synsets, commonest sense first; none if unknown."""
        line = self._index(part).get(lemma)
        if line is None:
            return []
        fields = line.split()
        # part of speech, number of synsets, number of pointers, the pointers, two numbers, offsets
        try:
            return [int(offset) for offset in fields[3 + int(fields[2]) + 2 :]]
        except (IndexError, ValueError) as error:
            raise self._damaged(f"index.{part}", lemma) from error

    def synset(self, part: str, offset: int) -> Synset:
        """Return the synset at an offset.

        Raises
        ------
        PartError
            If none is there, since index and data are of different editions.
        """
        data = self._data(part)
        end = data.find(b"\n", offset)
        line = data[offset : end if end >= 0 else None]
        if not line.startswith(b"%08d " % offset):
            raise PartError(
                f"{self.folder / f'data.{part}'} has no synset at byte {offset}, which "
                f"index.{part} names; {ADVICE}"
            )
        return self._parsed(part, offset, line)

    def synsets(self, lemma: str, part: str) -> list[Synset]:
        """Return the synsets of a lemma, commonest sense first."""
        return [self.synset(part, offset) for offset in self.offsets(lemma, part)]

    def antonyms(self, synset: Synset) -> Iterator[tuple[str, str, Synset]]:
        """Yield each word of a synset that has an antonym, the antonym, and its synset."""
        for source, part, offset, target in synset.antonyms:
            other = self.synset(part, offset)
            if not 0 <= target < len(other.words):
                raise self._damaged(f"data.{part}", f"byte {offset}")
            yield synset.words[source], other.words[target], other

    def all_synsets(self) -> Iterator[tuple[str, int, Synset]]:
        """Yield part of speech, offset and synset of all of them, in the order of the files."""
        for part in PARTS_OF_SPEECH:
            place = 0
            for line in self._data(part).splitlines(keepends=True):
                # The licence before the synsets is indented.
                if not line.startswith(b" "):
                    yield part, place, self._parsed(part, place, line)
                place += len(line)

    @cache  # noqa: B019, a WordNet lives as long as the process
    def _index(self, part: str) -> dict[str, str]:
        text = self._text(f"index.{part}")
        lines = (line for line in text.split("\n") if line and not line.startswith(" "))
        parted = (line.partition(" ") for line in lines)
        return {lemma: rest for lemma, _, rest in parted}

    @cache  # noqa: B019
    def _data(self, part: str) -> bytes:
        return self._bytes(f"data.{part}")

    @cached_property
    def _exceptions(self) -> dict[str, dict[str, list[str]]]:
        found = {}
        for part in PARTS_OF_SPEECH:
            lines = map(str.split, self._text(f"{part}.exc").splitlines())
            found[part] = {line[0]: line[1:] for line in lines if line}
        return found

    @cached_property
    def _irregular(self) -> dict[str, dict[str, tuple[str, ...]]]:
        found: dict[str, dict[str, tuple[str, ...]]] = {}
        for part, forms in self._exceptions.items():
            found[part] = {}
            for form, lemmas in forms.items():
                for lemma in lemmas:
                    found[part][lemma] = (*found[part].get(lemma, ()), form)
        return found

    def _text(self, name: str) -> str:
        return self._bytes(name).decode("utf-8", "replace")

    def _parsed(self, part: str, offset: int, line: bytes) -> Synset:
        try:
            return _parse(line)
        except (IndexError, KeyError, ValueError) as error:
            raise self._damaged(f"data.{part}", f"byte {offset}") from error

    def _damaged(self, name: str, where: str) -> PartError:
        return PartError(f"{self.folder / name} is damaged at {where}; {ADVICE}")

    def _bytes(self, name: str) -> bytes:
        try:
            return (self.folder / name).read_bytes()
        except OSError as error:
            raise PartError(f"cannot read {self.folder / name}: {reason(error)}") from error


def find_wordnet(folder: str | Path | None = None) -> WordNet:
    """Open the WordNet of a folder, or else that of this machine.

    Parameters
    ----------
    folder : str or Path, optional
        The folder. Without one, that of NLTK's data is taken, or that of Debian's package.

    Returns
    -------
    WordNet
        The same for the same folder.

    Raises
    ------
    PartError
        If there is none.
    """
    if folder is None:
        found = find_data(NLTK_CORPUS, "index.noun") or DEBIAN_FOLDER
        if not (found / "index.noun").is_file():
            raise PartError(f"there is no WordNet here; {ADVICE}")
        return _opened(found if isinstance(found, zipfile.Path) else Path(found))
    return _opened(Path(folder))


@lru_cache(maxsize=4)
def _opened(folder: Path | zipfile.Path) -> WordNet:
    return WordNet(folder)


@lru_cache(maxsize=1 << 16)
def _parse(line: bytes) -> Synset:
    """Read a synset's line; IndexError, KeyError and ValueError say that it is none."""
    fields = line.split(b" |", 1)[0].decode("utf-8", "replace").split()
    count = int(fields[3], 16)
    # Adjectives may carry a mark of where they stand, as in galore(ip).
    words = tuple(word.partition("(")[0].lower() for word in fields[4 : 4 + 2 * count : 2])
    rest = fields[5 + 2 * count :]
    antonyms, similar = [], []
    for number in range(int(fields[4 + 2 * count])):
        symbol, offset, letter, places = rest[4 * number : 4 * number + 4]
        if symbol == _ANTONYM:
            source, target = int(places[:2], 16) - 1, int(places[2:], 16) - 1
            if not 0 <= source < count:
                raise ValueError(places)
            antonyms.append((source, _LETTERS[letter], int(offset), target))
        elif symbol == _SIMILAR:
            similar.append((_LETTERS[letter], int(offset)))
    return Synset(words, tuple(antonyms), tuple(similar))
