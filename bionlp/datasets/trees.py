"""Labelled phrases: what people said of the parts of a sentence, besides the whole.

A line of a treebank is the tree of a sentence (Socher et al. 2013), here of four words:

    (3 (2 (2 A) (4 charming)) (3 (2 little) (2 film)))

Each node has a label and spans a phrase. Phrases of the training sentences are further examples to
learn from (Kim 2014, section 3); dev and test stay sentences.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bionlp.datasets.model import Dataset, Example
from bionlp.datasets.wording import shown
from bionlp.errors import DatasetError
from bionlp.files import read_utf8

# Words may hold spaces that are not breaking, so these are no blanks here.
_TOKEN = re.compile(r"[()]|[^() ]+")

Phrase = tuple[str, str]
"""Text and label."""
Tree = tuple[Phrase, ...]
"""All phrases of a sentence, itself the last."""


@dataclass(frozen=True)
class Phrases:
    """Phrases to learn from.

    Attributes
    ----------
    examples : tuple of Example
        Each phrase once for each class that it was given.
    held_out : int
        How many were left out because they are, or belong to, a sentence of dev or test.
    """

    examples: tuple[Example, ...]
    held_out: int


def read_phrases(path: Path, classes: Sequence[int | None], dataset: Dataset) -> Phrases:
    """Read the phrases of the training sentences of a dataset.

    Parameters
    ----------
    path : Path
        The trees, one a line, in UTF-8.
    classes : sequence of int or None
        The class of each label; phrases whose label has none are left out.
    dataset : Dataset
        The sentences. Training sentences are left out of the phrases, since they are examples
        already, and all that is seen in dev and test: phrases that are one of their sentences,
        and trees of one of their sentences, with all phrases.

    Returns
    -------
    Phrases
        In the order of the file, in lower case as the sentences.

    Raises
    ------
    DatasetError
        If the file is missing, not UTF-8, malformed, or has no phrase that is not left out.
    """
    held = {example.text for example in (*dataset.dev, *dataset.test)}
    known = held | {example.text for example in dataset.train}
    found: dict[Example, None] = {}
    held_out = set()
    for tree in read_trees(path, len(classes)):
        for text, label in tree:
            chosen = classes[int(label)]
            if chosen is None:
                continue
            if tree[-1][0] in held or text in held:
                held_out.add((text, chosen))
            elif text not in known:
                found[Example(text, chosen)] = None
    if not found:
        raise DatasetError(
            f"{path} has no phrase of a training sentence of {dataset.name}; give the trees of its "
            "training part"
        )
    return Phrases(tuple(found), len(held_out))


def read_trees(path: Path, labels: int) -> Iterator[Tree]:
    """Read a treebank.

    Parameters
    ----------
    path : Path
        The trees, one a line, in UTF-8.
    labels : int
        Labels are 0 to ``labels - 1``.

    Yields
    ------
    Tree
        The phrases of a sentence, in lower case.

    Raises
    ------
    DatasetError
        If the file is missing, not UTF-8, or a line is no tree.
    """
    for number, line in enumerate(read_utf8(path, DatasetError).split("\n"), start=1):
        if line.strip():
            try:
                yield _tree(line.strip().lower(), labels)
            except ValueError as error:
                raise DatasetError(
                    f"{path}, line {number}: no tree ({error}); get the file again"
                ) from error


def _tree(line: str, labels: int) -> Tree:
    """Return the phrases of a tree; raises ValueError if it is none."""
    phrases: list[tuple[str, str]] = []
    words: list[str] = []
    open_nodes: list[tuple[str, int]] = []
    tokens = iter(_TOKEN.findall(line))
    for token in tokens:
        if phrases and not open_nodes:
            raise ValueError(f"{shown(token)} follows its end")
        if token == "(":
            label = next(tokens, "")
            if label not in map(str, range(labels)):
                raise ValueError(f"label {shown(label)} is not one of 0 to {labels - 1}")
            open_nodes.append((label, len(words)))
        elif not open_nodes:
            raise ValueError(f"{shown(token)} stands outside of brackets")
        elif token == ")":
            label, first = open_nodes.pop()
            if first == len(words):
                raise ValueError("a phrase has no words")
            phrases.append((" ".join(words[first:]), label))
        else:
            words.append(token)
    if open_nodes:
        raise ValueError("a bracket is not closed")
    return tuple(phrases)
