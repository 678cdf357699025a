"""The two packages that belong to bionlp, whatever a working folder holds.

They stand beside it under plain names, ``analysis`` and ``networks``, and Python looks into the
folder of a script, or the one it was started in, first: a file ``analysis.py`` there is found in
their place. So they are looked up when bionlp is imported, and taken from where they belong if
Python finds something else of that name:

- The script that was started, a folder without code, and any file while ``bionlp`` itself is the
  program: nobody imports these, and nothing is said.
- A file that may be imported later: a warning names it and what hides it.
- A module that was imported before: an error names it, since one name is one module.
"""

from __future__ import annotations

import importlib.util
import re
import sys
import warnings
from pathlib import Path
from types import ModuleType

NEIGHBOURS = ("networks", "analysis")
ROOT = Path(__file__).parents[1]
"""Where all three packages lie."""


def settle() -> None:
    """Have the names of both packages stand for them.

    Raises
    ------
    ImportError
        If a package is missing, or another module of its name was imported before.
    """
    for name in NEIGHBOURS:
        own = ROOT / name / "__init__.py"
        if name in sys.modules:
            _check_imported(sys.modules[name], own)
            continue
        found = importlib.util.find_spec(name)
        origin = found and found.origin
        if origin and _same(origin, own):
            continue
        if not own.exists():
            raise ImportError(f"bionlp's package {name!r} is not installed; install bionlp again")
        if origin and not _is_started(origin):
            warnings.warn(
                f"bionlp's package {name!r} hides {origin}: rename that file to import it",
                stacklevel=3,
            )
        _load(name, own)


def _check_imported(module: ModuleType, own: Path) -> None:
    """See that a module is the package of its name, and not another."""
    file = getattr(module, "__file__", None)
    if file and _same(file, own):
        return
    place = file or next(iter(getattr(module, "__path__", ())), "a module without a file")
    raise ImportError(
        f"{place} was imported in place of bionlp's package {own.parent.name!r}: rename it, or "
        "leave it out of programs that import bionlp"
    )


def _load(name: str, own: Path) -> None:
    """Import a package from where it belongs, as ``import`` does."""
    spec = importlib.util.spec_from_file_location(name, own)
    if spec is None or spec.loader is None:
        raise ImportError(f"{own} cannot be read as a package; install bionlp again")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise


def _is_started(origin: str) -> bool:
    """Tell whether a file is the program that runs, or the program is ``bionlp`` itself."""
    # Processes that a script starts read it again, under the second name.
    programs = (sys.modules.get(name) for name in ("__main__", "__mp_main__"))
    files = [file for file in (getattr(program, "__file__", None) for program in programs) if file]
    if any(_same(file, origin) or Path(file).stem == "bionlp" for file in files):
        return True
    # While the packages of a module are imported that was started with -m, it has no file yet.
    started = sys.argv[:1] == ["-m"]
    return started and any(re.fullmatch(r"(-m)?bionlp(\..+)?", word) for word in sys.orig_argv)


def _same(file: str, other: str | Path) -> bool:
    return Path(file).resolve() == Path(other).resolve()
