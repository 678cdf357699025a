"""What hardware and biology do to a network, as transforms of its description and of its input.

>>> from networks.perturbation import parse
>>> print(parse(["threshold=0.1", "bits=4"], seed=3))
threshold=0.1, bits=4 (seed 3)

:mod:`networks.perturbation.model` says how one is written. Every module of this package is
imported, and every perturbation in it is known by its name.
"""

from collections.abc import Iterable, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import cast

from networks.described import kinds_of
from networks.perturbation.model import Perturbation
from networks.perturbation.sequence import Perturbations

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")


def perturbation_kinds() -> Mapping[str, type[Perturbation]]:
    """Return all perturbations by the names that they are asked for by."""
    kinds = cast(Mapping[str, type[Perturbation]], kinds_of(Perturbation)).values()
    return {kind.name: kind for kind in sorted(kinds, key=lambda kind: getattr(kind, "name", ""))}


def parse(texts: Iterable[str], seed: int = 0) -> Perturbations:
    """Read perturbations as they are typed, ``what=level``.

    Parameters
    ----------
    texts : iterable of str
        Each what and its level; they are done in this order.
    seed : int
        Of all that is random in them.

    Returns
    -------
    Perturbations
        What is to be done.

    Raises
    ------
    ValueError
        If there is no such perturbation, or the level is none.
    """
    kinds, steps = perturbation_kinds(), []
    for text in texts:
        name, equals, level = text.partition("=")
        if not equals:
            raise ValueError(f"a perturbation is WHAT=LEVEL, as bits=4 is, not {text!r}")
        if name not in kinds:
            raise ValueError(f"unknown perturbation {name!r}; choose one of {', '.join(kinds)}")
        steps.append(kinds[name].parse(level))
    return Perturbations(tuple(steps), seed)


__all__ = ["Perturbation", "Perturbations", "parse", "perturbation_kinds"]
