"""What a dataset is: texts with class indices, in three parts that never overlap."""

from dataclasses import dataclass

from bionlp.errors import DatasetError

SPLITS = ("train", "dev", "test", "all")


@dataclass(frozen=True)
class Example:
    """One labelled text.

    Attributes
    ----------
    text : str
        The text as it stands in the file, without surrounding blanks.
    label : int
        The index of its class, from 0.
    """

    text: str
    label: int


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
    """

    name: str
    language: str
    label_names: tuple[str, ...]
    train: tuple[Example, ...]
    dev: tuple[Example, ...]
    test: tuple[Example, ...]
    skipped: int = 0

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
