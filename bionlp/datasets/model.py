"""What a dataset is: texts with class indices, in three parts that never overlap; and questions."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from bionlp.errors import DatasetError
from networks.brief import Brief

SPLITS = ("train", "dev", "test", "all")


@dataclass(frozen=True)
class Example(Brief):
    """One labelled text.

    Attributes
    ----------
    text : str
        The text as it stands in the file, without surrounding blanks.
    label : int
        The index of its class, from 0.
    row : int, optional
        The number of its row in its file; no part of what it is.
    score : float, optional
        The score that its class was rounded from, where classes are whole scores.

    Examples
    --------
    >>> from bionlp import Example
    >>> Example("a gripping film", 1)
    Example(text='a gripping film', label=1)
    """

    text: str
    label: int
    row: int | None = field(default=None, compare=False)
    score: float | None = None


@dataclass(frozen=True)
class Dataset:
    """Labelled texts in three parts.

    Attributes
    ----------
    name : str
        A known name such as ``mr``, or the stem of the user's file.
    language : {"en", "zh"}
        Which tokenizer the texts need.
    label_names : tuple of str
        The name of class ``i`` at index ``i``.
    train, dev, test : tuple of Example
        What to learn from, what to choose the best epoch on, and what to report.
    skipped : int
        How many rows were left out because their text is empty.
    digest : str
        SHA-256 of all labels and texts in the order of the file (:func:`digest_of`). Two files with
        the same one are parted alike.
    phrases : tuple of Example
        Parts of training sentences to learn from, too, if they were asked for
        (:mod:`bionlp.datasets.trees`); no part of what is split.
    held_out : int
        How many phrases were left out for the sake of dev and test.
    chance_allowed : bool
        Whether a network that is no better than always answering the largest class is a result,
        of which a warning tells, and no failed training.

    Examples
    --------
    >>> from bionlp import Dataset, Example
    >>> films = [Example("a gripping film", 1), Example("a dull film", 0)]
    >>> Dataset("films", "en", ("bad", "good"), tuple(films), (), ())
    <Dataset 'films' (en), 2 train, 0 dev, 0 test, 2 classes>
    """

    name: str
    language: str
    label_names: tuple[str, ...]
    train: tuple[Example, ...]
    dev: tuple[Example, ...]
    test: tuple[Example, ...]
    skipped: int = 0
    digest: str = ""
    phrases: tuple[Example, ...] = ()
    held_out: int = 0
    chance_allowed: bool = False

    @property
    def scored(self) -> bool:
        """Whether classes are whole scores: class ``i`` stands for the score ``i``."""
        return any(example.score is not None for example in self.train)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{len(self.split(part)):,} {part}" for part in SPLITS[:-1])
        return (
            f"<Dataset {self.name!r} ({self.language}), {sizes}, {len(self.label_names)} classes>"
        )

    def split(self, name: str) -> tuple[Example, ...]:
        """Return one part by its name.

        Parameters
        ----------
        name : {"train", "dev", "test", "all"}
            The part; ``all`` is the three one after another.

        Returns
        -------
        tuple of Example
            Its examples.

        Raises
        ------
        DatasetError
            If there is no such part.
        """
        if name not in SPLITS:
            raise DatasetError(f"unknown split {name!r}; choose one of {', '.join(SPLITS)}")
        if name == "all":
            return self.train + self.dev + self.test
        return getattr(self, name)


@dataclass(frozen=True)
class Question:
    """A text without a label.

    Attributes
    ----------
    number : int
        Of its line or row, from 1.
    text : str
        As far as it could be read.
    id : str, optional
        What the table calls it.
    fault : str
        Why it could not be read; empty if it could.
    """

    number: int
    text: str
    id: str | None = None
    fault: str = ""


def digest_of(examples: Iterable[Example]) -> str:
    """Return the SHA-256 of labels and texts, in hexadecimal.

    Parameters
    ----------
    examples : iterable of Example
        In the order of their file.

    Returns
    -------
    str
        The same for the same rows in another format.
    """
    digest = hashlib.sha256()
    for example in examples:
        content = example.text.encode()
        digest.update(f"{example.label} {len(content)} ".encode() + content)
    return digest.hexdigest()
