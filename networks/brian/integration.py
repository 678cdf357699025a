"""State updates of neurons, worked out once.

Brian 2 turns differential equations and a method into code by computer algebra. That takes a second
or more for some models, and is done anew for each group, since groups differ in name and size. The
code depends on neither, so it is kept for all groups with the same equations and the same method.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import brian2
from brian2.core.variables import Variable
from brian2.stateupdaters.base import StateUpdateMethod

ASKED = ("constant", "scalar")
"""What a method asks of a variable, besides its name and its type; functions have neither."""


@cache
def integration(method: str) -> Integration:
    """Return the method of a name, which remembers what it has worked out."""
    return Integration(method)


class Integration:
    """A method of Brian 2 that works out each model once.

    Parameters
    ----------
    method : str
        A name that Brian 2 knows, such as ``"euler"``.
    """

    def __init__(self, method: str):
        self.__name__, self._method = method, StateUpdateMethod.stateupdaters[method]
        self._known: dict[tuple[str, frozenset[tuple[Any, ...]]], str] = {}

    def __call__(
        self,
        equations: brian2.Equations,
        variables: Mapping[str, Variable],
        method_options: Mapping[str, Any] | None = None,
    ) -> str:
        """Return the code of a step, as Brian 2 asks a method for it."""
        kinds = frozenset(
            (name, type(variable).__name__, *(getattr(variable, a, None) for a in ASKED))
            for name, variable in variables.items()
        )
        key = str(equations), kinds
        if key not in self._known:
            self._known[key] = self._method(equations, variables, method_options)
        return self._known[key]
