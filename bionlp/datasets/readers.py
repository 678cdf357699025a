"""From files to examples: the original formats of the known datasets.

All readers return :class:`bionlp.datasets.labels.LabelledTexts` and say in one sentence which line
of which file is wrong.
"""

from collections.abc import Sequence
from pathlib import Path

from bionlp.datasets.labels import LabelledTexts, Row, label_rows, no_examples
from bionlp.datasets.model import Example
from bionlp.errors import DatasetError
from bionlp.files import read_bytes, read_utf8


def read_class_files(paths: Sequence[Path], label_names: Sequence[str]) -> LabelledTexts:
    """Read a dataset that has one file a class, one sentence a line (MR and Subj).

    Parameters
    ----------
    paths : sequence of Path
        The file of class ``i`` at index ``i``; in cp1252, as these two datasets were published.
    label_names : sequence of str
        Their names.

    Returns
    -------
    LabelledTexts
        Class by class.

    Raises
    ------
    DatasetError
        If a file is missing, not in cp1252 or empty.
    """
    examples = []
    for label, path in enumerate(paths):
        lines = (line.strip() for line in _decode_cp1252(path).split("\n"))
        found = [Example(line, label) for line in lines if line]
        if not found:
            raise no_examples(path)
        examples += found
    return LabelledTexts(tuple(examples), tuple(label_names))


def read_labelled_lines(path: Path, label_names: Sequence[str]) -> LabelledTexts:
    """Read a file whose lines are a class index, a space and a sentence (SST).

    Parameters
    ----------
    path : Path
        The file, in UTF-8.
    label_names : sequence of str
        The names of the classes.

    Returns
    -------
    LabelledTexts
        In the order of the file.

    Raises
    ------
    DatasetError
        If the file is missing, not UTF-8, empty, or a line has no label of the range.
    """
    rows = []
    for number, line in enumerate(read_utf8(path, DatasetError).split("\n"), start=1):
        if line.strip():
            label, _, text = line.partition(" ")
            rows.append(Row(f"{path}, line {number}", number, label, text))
    return label_rows(rows, label_names, path)


def _decode_cp1252(path: Path) -> str:
    raw = read_bytes(path, DatasetError)
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DatasetError(
            f"{path}, line {line}: not in the encoding cp1252 of the original; fetch it again"
        ) from error
