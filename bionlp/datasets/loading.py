"""From a name or a path to a dataset in three parts.

Names are looked up in the folder that was asked for, else in the one that the environment
variable ``BIONLP_DATA_DIR`` names, else in the user's cache folder. SST comes with its own parts;
all others are parted by :func:`bionlp.datasets.splits.stratified_split`.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from bionlp.datasets.model import Dataset
from bionlp.datasets.readers import (
    LabelledTexts,
    read_class_files,
    read_labelled_lines,
    read_table,
)
from bionlp.datasets.registry import KNOWN, KnownDataset
from bionlp.datasets.splits import stratified_split
from bionlp.errors import DatasetError
from bionlp.text import LANGUAGES, guess_language

DATA_VARIABLE = "BIONLP_DATA_DIR"
TABLE_SUFFIXES = (".csv", ".tsv")


def load_dataset(
    name_or_path: str | Path,
    *,
    data_dir: Path | None = None,
    seed: int = 0,
    language: str | None = None,
    label_names: Sequence[str] | None = None,
) -> Dataset:
    """Load a known dataset by its name or a user's table by its path.

    Parameters
    ----------
    name_or_path : str or Path
        A name in :data:`bionlp.datasets.registry.KNOWN`, or a CSV or TSV file.
    data_dir : Path, optional
        Where the known datasets lie; see :func:`data_folder`.
    seed : int, optional
        The seed of the split, for datasets without parts of their own.
    language : {"en", "zh"}, optional
        The language of a user's table; guessed from its characters by default. A known
        dataset has its own.
    label_names : sequence of str, optional
        The classes of a model that a user's table must fit; see
        :func:`bionlp.datasets.readers.read_table`. A known dataset has its own.

    Returns
    -------
    Dataset
        Its three parts. To evaluate on a whole table take ``split("all")``: the parts of a small
        one may be empty.

    Raises
    ------
    DatasetError
        If the dataset is unknown, missing or malformed.
    """
    known = KNOWN.get(str(name_or_path))
    if known is not None:
        return _load_known(known, data_folder(data_dir), seed)
    return _load_table(_existing_table(name_or_path), seed, language, label_names)


def data_folder(data_dir: Path | None = None) -> Path:
    """Return the folder of the known datasets.

    Parameters
    ----------
    data_dir : Path, optional
        The folder that was asked for.

    Returns
    -------
    Path
        That one, else ``BIONLP_DATA_DIR``, else ``data`` in the user's cache folder. It need not
        exist.
    """
    if data_dir is not None:
        return Path(data_dir)
    if os.environ.get(DATA_VARIABLE):
        return Path(os.environ[DATA_VARIABLE])
    from platformdirs import user_cache_path

    return user_cache_path("bionlp") / "data"


def is_present(known: KnownDataset, folder: Path) -> bool:
    """Tell whether all files of a known dataset are in a folder.

    Parameters
    ----------
    known : KnownDataset
        The dataset.
    folder : Path
        The data folder.

    Returns
    -------
    bool
        Their content is not looked at.
    """
    return all((folder / file.path).is_file() for file in known.files)


def _load_known(known: KnownDataset, folder: Path, seed: int) -> Dataset:
    if not is_present(known, folder):
        raise DatasetError(
            f"dataset {known.name} is not in {folder}; run: bionlp data fetch {known.name}"
        )
    paths = [folder / file.path for file in known.files]
    if known.layout == "splits":
        texts = [read_labelled_lines(path, known.label_names) for path in paths]
        parts = tuple(text.examples for text in texts)
        return Dataset(known.name, known.language, known.label_names, *parts)
    if known.layout == "classes":
        texts = read_class_files(paths, known.label_names)
    else:
        texts = read_table(paths[0], known.label_names)
    return _parted(known.name, known.language, texts, seed)


def _load_table(
    path: Path, seed: int, language: str | None, label_names: Sequence[str] | None
) -> Dataset:
    if language not in (None, *LANGUAGES):
        raise DatasetError(f"unknown language {language!r}; choose one of {', '.join(LANGUAGES)}")
    texts = read_table(path, label_names)
    language = language or guess_language(example.text for example in texts.examples)
    return _parted(path.stem, language, texts, seed)


def _parted(name: str, language: str, texts: LabelledTexts, seed: int) -> Dataset:
    parts = stratified_split(texts.examples, seed)
    return Dataset(name, language, texts.label_names, *parts, skipped=texts.skipped)


def _existing_table(path: str | Path) -> Path:
    table = Path(path)
    if table.is_file():
        return table
    if table.suffix.lower() in TABLE_SUFFIXES:
        raise DatasetError(f"there is no file {table}; check the path")
    raise DatasetError(
        f"unknown dataset {str(path)!r}; choose one of {', '.join(KNOWN)} or give a CSV file"
    )
