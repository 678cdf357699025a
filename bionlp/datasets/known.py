"""What is known of a published dataset."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DataFile:
    """One file of a dataset.

    Attributes
    ----------
    path : str
        Where it lies below the data folder.
    url : str or None
        Where it is published, by itself or inside an archive; ``None`` if nowhere as it is.
    sha256 : str
        The digest of the file (not of the archive), in hexadecimal.
    size : int
        Its length in bytes.
    member : str or None
        Its name inside the archive, without folders; ``None`` if ``url`` is the file itself.
    """

    path: str
    url: str | None
    sha256: str
    size: int
    member: str | None = None


@dataclass(frozen=True)
class Treebank:
    """Labelled trees of the training sentences of a dataset.

    Attributes
    ----------
    path : str
        Where the file lies below the data folder.
    classes : tuple of (int or None)
        The class of each label; None for labels that the dataset leaves out.
    """

    path: str
    classes: tuple[int | None, ...]


@dataclass(frozen=True)
class TabbedColumns:
    """What files hold whose cells are parted by tabs, and in which quotation marks mean nothing.

    Attributes
    ----------
    names : tuple of str
        All columns, in their order.
    label : str
        The column of the labels, or of the scores.
    texts : tuple of str
        The column of the sentence, or those of a pair.
    header : bool
        Whether the first line has the names.
    """

    names: tuple[str, ...]
    label: str
    texts: tuple[str, ...]
    header: bool = True


@dataclass(frozen=True)
class KnownDataset:
    """A published dataset.

    Attributes
    ----------
    name : str
        What the command line calls it.
    title : str
        What people call it.
    language : {"en", "zh"}
        Which tokenizer it needs.
    label_names : tuple of str
        The name of class ``i`` at index ``i``.
    layout : {"classes", "splits", "table", "tabbed"}
        One file a class; or train, dev and test files; or one table; or a file to learn from and
        one to report, whose cells are parted by tabs.
    files : tuple of DataFile
        In the order of the classes or of the splits.
    citation : str
        Whom to cite.
    trees : Treebank or None
        Labelled phrases of the training sentences, if there are any. They are no part of what is
        fetched.
    columns : TabbedColumns or None
        What tabbed files hold.
    scored : bool
        Whether class ``i`` stands for the score ``i``, and files have scores.
    metrics : tuple of str
        What answers are measured by besides accuracy (:data:`bionlp.metrics.METRICS`).
    chance_allowed : bool
        As of :class:`bionlp.datasets.model.Dataset`.
    by_hand : str
        How files are obtained that are published nowhere as they are.
    """

    name: str
    title: str
    language: str
    label_names: tuple[str, ...]
    layout: str
    files: tuple[DataFile, ...]
    citation: str
    trees: Treebank | None = None
    columns: TabbedColumns | None = None
    scored: bool = False
    metrics: tuple[str, ...] = ()
    chance_allowed: bool = False
    by_hand: str = ""
