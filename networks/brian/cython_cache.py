"""Compiled Cython code: Brian 2 keeps it, and takes whatever it finds for whole.

It compiles into a folder in the home directory and loads what lies there from then on. A process
that is killed while a linker runs leaves half a file there, and where there is no home, nothing can
be compiled.
"""

from __future__ import annotations

import os
import struct
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from brian2.codegen.runtime.cython_rt.extension_manager import (
    cython_extension_manager,
    get_cython_cache_dir,
)

from networks.brian.cache import usable_cache_folder
from networks.brian.compiling import tell_of_cython

CYTHON = "cython"
"""The folder of our own cache that takes the place of Brian 2's."""
CACHE_PREFERENCE = "codegen.runtime.cython.cache_dir"


def cython_folder() -> str:
    """Return the folder that Brian 2 compiles into, or another one if it takes no files."""
    folder = Path(os.path.expanduser(get_cython_cache_dir()))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return str(folder)
    except OSError:
        return str(usable_cache_folder(CYTHON))


@contextmanager
def whole_modules() -> Iterator[None]:
    """Have Brian 2 compile again what is damaged, while the block runs."""
    load = cython_extension_manager._load_module
    # An attribute of the one object hides the method of its class, until it is deleted.
    if "_load_module" in vars(cython_extension_manager):
        yield
        return
    cython_extension_manager._load_module = _loading_whole(load)
    try:
        yield
    finally:
        del cython_extension_manager._load_module


def _loading_whole(load: Callable[..., Any]) -> Callable[..., Any]:
    def load_whole(module_path: str, **options: Any) -> Any:
        # Nobody else does: Brian 2 holds a lock for this module.
        path = Path(module_path)
        if path.exists() and not is_whole(path):
            path.unlink()
        found = path.exists()
        if not found:
            tell_of_cython()
        try:
            return load(module_path=module_path, **options)
        except ImportError:
            if not found:
                raise
            path.unlink(missing_ok=True)
            tell_of_cython()
            return load(module_path=module_path, **options)

    return load_whole


def is_whole(library: Path) -> bool:
    """Tell whether a shared library is not cut off; one that is may kill who loads it.

    Parameters
    ----------
    library : Path
        The file. In ELF, of Linux, a table whose place the header tells is at the end.

    Returns
    -------
    bool
        False also if it is no file, or next to nothing; True for what is not ELF.
    """
    if not library.is_file():
        return False
    header = library.read_bytes()[:64]
    if len(header) < 64:
        return False
    if not header.startswith(b"\x7fELF"):
        return any(header)
    if header[4] != 2:  # of 32 bits
        return True
    (table,) = struct.unpack_from("<Q", header, 40)
    size, entries = struct.unpack_from("<HH", header, 58)
    return bool(0 < table + size * entries <= library.stat().st_size)
