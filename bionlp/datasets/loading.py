"""From a name or a path to a dataset in three parts.

Names are looked up in the folder that was asked for, else in the one that the environment
variable ``BIONLP_DATA_DIR`` names, else in the user's cache folder. SST comes with its own parts,
and tasks of GLUE with a file to learn from and one to report
(:mod:`bionlp.datasets.glue`); all others are parted by
:func:`bionlp.datasets.splits.stratified_split`.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from bionlp.datasets.columns import Wanted
from bionlp.datasets.known import KnownDataset, TabbedColumns, Treebank
from bionlp.datasets.labels import LabelledTexts
from bionlp.datasets.model import Dataset, digest_of
from bionlp.datasets.readers import read_class_files, read_labelled_lines
from bionlp.datasets.registry import KNOWN, TREES_URL
from bionlp.datasets.splits import carve_dev, stratified_split
from bionlp.datasets.tabbed import read_tabbed
from bionlp.datasets.tables import TABLE_SUFFIXES, read_table
from bionlp.datasets.trees import read_phrases
from bionlp.errors import AbsentDatasetError, DatasetError, UsageError
from bionlp.files import is_file
from bionlp.text import LANGUAGES, guess_language

DATA_VARIABLE = "BIONLP_DATA_DIR"


def load_dataset(
    name_or_path: str | Path,
    *,
    data_dir: Path | None = None,
    seed: int = 0,
    language: str | None = None,
    label_names: Sequence[str] | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
    phrases: bool = False,
) -> Dataset:
    """Load a known dataset by its name or a user's table by its path.

    Parameters
    ----------
    name_or_path : str or Path
        A name in :data:`bionlp.datasets.registry.KNOWN`, or a table: CSV, TSV or JSON
        lines.
    data_dir : Path, optional
        Where the known datasets lie; see :func:`data_folder`.
    seed : int, optional
        The seed of the split, for datasets without parts of their own.
    language : {"en", "zh"}, optional
        The language of a user's table; guessed from its characters by default. A known
        dataset has its own.
    label_names : sequence of str, optional
        The classes of a model that a user's table must fit; see
        :func:`bionlp.datasets.tables.read_table`. A known dataset has its own.
    text_column, label_column : str, optional
        Names of two columns of a user's table, if they are not the usual ones. A known dataset has
        its own.
    phrases : bool, optional
        Whether to read labelled phrases of its training sentences, too; SST has some.

    Returns
    -------
    Dataset
        Its three parts. To evaluate on a whole table take ``split("all")``: the parts of a small
        one may be empty.

    Raises
    ------
    DatasetError
        If the dataset is unknown, missing or malformed.
    UsageError
        If columns of a known dataset are asked for, one column for both, or phrases of a dataset
        that has none.

    Examples
    --------
    >>> from bionlp import load_dataset
    >>> with open("films.csv", "w") as file:
    ...     print("text,label", file=file)
    ...     for n in range(100):
    ...         print(f"film {n} is {('bad', 'good')[n % 2]},{n % 2}", file=file)
    >>> load_dataset("films.csv", label_names=["bad", "good"])
    <Dataset 'films' (en), 80 train, 10 dev, 10 test, 2 classes>
    """
    wanted = Wanted(text_column, label_column)
    known = KNOWN.get(str(name_or_path))
    if phrases and (known is None or known.trees is None):
        raise no_phrases(name_or_path)
    if known is not None:
        if wanted != Wanted():
            raise UsageError(f"columns are those of a table of your own; {known.name} has its own")
        folder = data_folder(data_dir)
        dataset = _load_known(known, folder, seed)
        return _with_phrases(dataset, known, folder) if phrases else dataset
    return _load_table(_existing_table(name_or_path), seed, language, label_names, wanted)


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
        train, dev, test = (text.examples for text in texts)
        digest = digest_of(example for part in (train, dev, test) for example in part)
        return Dataset(
            known.name, known.language, known.label_names, train, dev, test, digest=digest
        )
    if known.layout == "tabbed":
        return _load_tabbed(known, paths, seed)
    if known.layout == "classes":
        found = read_class_files(paths, known.label_names)
    else:
        found = read_table(paths[0], known.label_names)
    return _parted(known.name, known.language, found, seed)


def _load_tabbed(known: KnownDataset, paths: Sequence[Path], seed: int) -> Dataset:
    taught, reported = (
        read_tabbed(
            path, cast(TabbedColumns, known.columns), known.label_names, scored=known.scored
        ).examples
        for path in paths
    )
    return Dataset(
        known.name,
        known.language,
        known.label_names,
        *carve_dev(taught, seed),
        reported,
        digest=digest_of(taught + reported),
        chance_allowed=known.chance_allowed,
    )


def no_phrases(dataset: str | Path) -> UsageError:
    """Return the error of a dataset without phrases that were asked for."""
    having = " and ".join(known.name for known in KNOWN.values() if known.trees)
    return UsageError(f"{dataset} has no labelled phrases, {having} have; leave phrases out")


def _with_phrases(dataset: Dataset, known: KnownDataset, folder: Path) -> Dataset:
    trees = cast(Treebank, known.trees)
    path = folder / trees.path
    if not is_file(path):
        raise DatasetError(
            f"the trees of {known.name} are not in {path}; put {path.name} of {TREES_URL} there"
        )
    found = read_phrases(path, trees.classes, dataset)
    return replace(dataset, phrases=found.examples, held_out=found.held_out)


def _load_table(
    path: Path,
    seed: int,
    language: str | None,
    label_names: Sequence[str] | None,
    wanted: Wanted,
) -> Dataset:
    if language not in (None, *LANGUAGES):
        raise DatasetError(f"unknown language {language!r}; choose one of {', '.join(LANGUAGES)}")
    texts = read_table(path, label_names, wanted)
    language = language or guess_language(example.text for example in texts.examples)
    return _parted(path.stem, language, texts, seed)


def _parted(name: str, language: str, texts: LabelledTexts, seed: int) -> Dataset:
    parts = stratified_split(texts.examples, seed)
    digest = digest_of(texts.examples)
    return Dataset(name, language, texts.label_names, *parts, skipped=texts.skipped, digest=digest)


def _existing_table(path: str | Path) -> Path:
    table = Path(path)
    if is_file(table):
        return table
    if table.suffix.lower() in TABLE_SUFFIXES:
        raise AbsentDatasetError(f"there is no file {table}; check the path")
    raise DatasetError(
        f"unknown dataset {str(path)!r}; choose one of {', '.join(KNOWN)} or give a table: "
        f"{', '.join(TABLE_SUFFIXES)}"
    )
