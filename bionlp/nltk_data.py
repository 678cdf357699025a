"""Where NLTK's data lies, without NLTK, which takes seconds to import.

NLTK looks into the folders that the variable ``NLTK_DATA`` names, then into ``nltk_data`` of the
user's home, and last into a few of the system. A package there is a folder, or a zip file that was
not unpacked.
"""

from __future__ import annotations

import os
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

VARIABLE = "NLTK_DATA"
_SYSTEM = ("/usr/share", "/usr/local/share", "/usr/lib", "/usr/local/lib")


def find_data(name: str, file: str) -> Path | zipfile.Path | None:
    """Find a package of NLTK's data.

    Parameters
    ----------
    name : str
        The package, such as ``corpora/wordnet``.
    file : str
        A file that it must have.

    Returns
    -------
    Path or zipfile.Path or None
        Its folder; ``None`` if no folder has it.
    """
    for folder in _folders():
        package = folder / name
        if (package / file).is_file():
            return package
        packed = package.with_name(f"{package.name}.zip")
        if packed.is_file() and zipfile.is_zipfile(packed):
            inside = zipfile.Path(packed, f"{package.name}/")
            if (inside / file).is_file():
                return inside
    return None


def _folders() -> Iterator[Path]:
    named = os.environ.get(VARIABLE, "").split(os.pathsep)
    yield from (Path(folder).expanduser() for folder in named if folder)
    roots = [sys.prefix, f"{sys.prefix}/share", f"{sys.prefix}/lib", *_SYSTEM]
    for root in (os.path.expanduser("~"), *roots):
        yield Path(root) / "nltk_data"
