"""Names that a package offers, each looked up in its module when it is asked for.

So ``import networks`` costs nothing, and what a name needs (PyTorch, Brian 2, Matplotlib) is
imported with that name.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module


def offered(
    package: str, modules: Mapping[str, tuple[str, ...]]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return what a package needs, to offer names of its modules.

    Parameters
    ----------
    package : str
        Its name.
    modules : mapping of str to tuple of str
        The names, by the module that each is defined in.

    Returns
    -------
    getattr, dir : callable
        Its ``__getattr__``, and its ``__dir__``, which lists its ``__all__``.
    """
    homes = {name: module for module, names in modules.items() for name in names}

    def get(name: str) -> object:
        if name not in homes:
            raise AttributeError(
                f"module {package!r} has no attribute {name!r}",
                name=name,
                obj=sys.modules[package],
            )
        return getattr(import_module(homes[name]), name)

    def listed() -> list[str]:
        own = vars(sys.modules[package])
        return sorted({*own, *own["__all__"]})

    return get, listed
