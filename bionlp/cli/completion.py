"""What a shell offers when Tab is pressed: names that the program knows, and files.

Each function takes what has been typed of a word and returns what it may become. Shells offer
these instead of files of their own, so files and folders are among them where they are meant.
Nothing heavy is imported: an answer must come before the next key.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from bionlp.datasets.registry import KNOWN

Complete = Callable[[str], list[str]]
Wanted = Callable[[os.DirEntry], bool]

KINDS = ("all", "raster", "ratemap", "traces", "counts")
BACKENDS = ("auto", "numpy", "cython", "cpp_standalone", "genn", "genn-cpu", "cuda")
SYNAPSES = ("auto", "shared", "stock")
PRECISIONS = ("double", "single")
CONVENTIONS = (
    "file",
    "nir",
    "snntorch",
    "snntorch-zero",
    "snntorch-zero-now",
    "norse",
    "sinabs",
    "spikingjelly",
)
PERTURBATIONS = (
    *("bits", "bits-per-map", "dead", "delay", "failure", "fan-in", "integer", "jitter"),
    *("leak", "maps", "mismatch", "noise", "range", "tau", "threshold"),
)
INTERVENTIONS = ("clamp", "stimulate", "silence")
CHIPS = ("loihi2", "spinnaker2", "xylo", "speck")
TEACHERS = ("minilm",)
"""Names whose own modules take long to import; a test compares them."""

ROOT = Path(__file__).parents[2]
BUNDLED = ROOT / "bionlp" / "models"
NEURONS = tuple(sorted(path.stem for path in (ROOT / "networks/brian/shelf").glob("*.toml")))
SETTINGS = "settings.json"
TABLES = (".csv", ".tsv", ".jsonl")
VECTORS = (".bin", ".txt", ".kv")


def choices(names: Iterable[str]) -> Complete:
    """Return what completes names."""
    known = tuple(names)

    def complete(incomplete: str) -> list[str]:
        return [name for name in known if name.startswith(incomplete)]

    return complete


def assigned(names: Iterable[str]) -> Complete:
    """Return what completes names that a value is to be given to."""
    return choices(f"{name}=" for name in names)


def prefixed(names: Iterable[str]) -> Complete:
    """Return what completes names that more follows behind a colon."""
    return choices(f"{name}:" for name in names)


def listed(names: Iterable[str]) -> Complete:
    """Return what completes the last of names with commas between them, each once."""
    known = tuple(names)

    def complete(incomplete: str) -> list[str]:
        before, comma, last = incomplete.rpartition(",")
        taken = before.split(",")
        return [
            f"{before}{comma}{name}"
            for name in known
            if name.startswith(last) and name not in taken
        ]

    return complete


def files(*suffixes: str) -> Complete:
    """Return what completes paths of files with some suffixes, by way of folders."""

    def complete(incomplete: str) -> list[str]:
        return _with_paths([], incomplete, lambda entry: _ends(entry, suffixes))

    return complete


def models(incomplete: str) -> list[str]:
    """Complete bundled models and folders."""
    return _with_paths(_bundled(), incomplete, _is_model)


def neurons(incomplete: str) -> list[str]:
    """Complete models of neurons, and files of them."""
    return _with_paths(NEURONS, incomplete, lambda entry: _ends(entry, (".toml",)))


def datasets(incomplete: str) -> list[str]:
    """Complete known datasets and tables."""
    return _with_paths(KNOWN, incomplete, lambda entry: _ends(entry, TABLES))


def known_datasets(incomplete: str) -> list[str]:
    """Complete the names of known datasets."""
    return choices(KNOWN)(incomplete)


def recordings(incomplete: str) -> list[str]:
    """Complete recordings, and corpora of them."""
    return _with_paths([], incomplete, _is_recording)


def recordings_and_models(incomplete: str) -> list[str]:
    """Complete what a page can be made of."""
    return _with_paths(
        _bundled(), incomplete, lambda entry: _is_model(entry) or _is_recording(entry)
    )


def word_vectors(incomplete: str) -> list[str]:
    """Complete files of word vectors, those in $BIONLP_EMBEDDINGS_DIR by their name."""
    folder = os.environ.get("BIONLP_EMBEDDINGS_DIR")
    named = [entry.name for entry in _entries(folder) if _ends(entry, VECTORS)] if folder else []
    return _with_paths(sorted(named), incomplete, lambda entry: _ends(entry, VECTORS))


def transformers(incomplete: str) -> list[str]:
    """Complete transformers that teach, by name or by folder."""
    return _with_paths(TEACHERS, incomplete, lambda entry: False)


def _bundled() -> list[str]:
    return sorted(path.parent.name for path in BUNDLED.glob(f"*/{SETTINGS}"))


def _is_model(entry: os.DirEntry) -> bool:
    return os.path.isfile(os.path.join(entry.path, SETTINGS))


def _is_recording(entry: os.DirEntry) -> bool:
    from bionlp.cli.output import CORPUS

    return _ends(entry, (".nc",)) or (entry.name.endswith(CORPUS) and entry.is_dir())


def _ends(entry: os.DirEntry, suffixes: tuple[str, ...]) -> bool:
    return entry.name.lower().endswith(suffixes) and entry.is_file()


def _entries(folder: str) -> list[os.DirEntry]:
    try:
        with os.scandir(os.path.expanduser(folder)) as entries:
            return list(entries)
    except OSError:  # there is none
        return []


def _with_paths(names: Iterable[str], incomplete: str, wanted: Wanted) -> list[str]:
    """Return names, and what is wanted in folders, as the word that was begun may go on.

    A shell puts a space behind the only word that it is offered, so of a single folder the
    contents are.
    """
    found = [*choices(names)(incomplete), *_paths(incomplete, wanted)]
    if len(found) == 1 and found[0].endswith(os.sep):
        return _with_paths([], found[0], wanted) or found
    return found


def _paths(incomplete: str, wanted: Wanted) -> list[str]:
    """Return what is wanted, and the folders on the way, whose path begins as it was typed."""
    parent, begun = os.path.split(incomplete)
    found = []
    for entry in _entries(parent or os.curdir):
        hidden = entry.name.startswith(".") and not begun
        if entry.name.startswith(begun) and not hidden:
            path = os.path.join(parent, entry.name)
            if wanted(entry):
                found.append(path)
            elif entry.is_dir():
                found.append(path + os.sep)
    return sorted(found)
