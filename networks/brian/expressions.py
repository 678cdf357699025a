"""Constant expressions with units, such as ``C * (V_th - E_L) / (2 * ms)``.

They come from files, so they are not handed to Python: an expression is numbers, names, the four
operations, powers, brackets and a few functions, and nothing else.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any, cast

import brian2
import numpy as np
from brian2.core.namespace import DEFAULT_UNITS
from brian2.units.fundamentalunits import DIMENSIONLESS, Dimension, get_dimensions, get_unit

FUNCTIONS: dict[str, Callable[..., Any]] = {"exp": brian2.exp, "log": brian2.log, "sqrt": np.sqrt}
OPERATIONS: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}


def evaluate(text: str, names: Mapping[str, Any]) -> Any:
    """Work out a constant expression.

    Parameters
    ----------
    text : str
        The expression.
    names : mapping of str to float, numpy.ndarray or brian2.Quantity
        What names stand for; those of Brian 2's units are known besides.

    Returns
    -------
    float, numpy.ndarray or brian2.Quantity
        Its value, finite.

    Raises
    ------
    ValueError
        If it is no such expression, a name is unknown, units do not fit, or it has no finite value.
    """
    try:
        with np.errstate(all="ignore"):
            value = _value(ast.parse(text.strip(), mode="eval").body, names)
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(f"{text!r} is no expression") from error
    except brian2.DimensionMismatchError as error:
        raise ValueError(f"{text!r}: {error}") from error
    except ArithmeticError as error:
        raise ValueError(f"{text!r} has no finite value") from error
    if np.iscomplexobj(value) or not np.all(np.isfinite(np.asarray(value))):
        raise ValueError(f"{text!r} has no finite value")
    return value


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return float(cast(float, node.value))
    if isinstance(node, ast.Name):
        return _named(node.id, names)
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATIONS:
        return OPERATIONS[type(node.op)](_value(node.left, names), _value(node.right, names))
    if isinstance(node, ast.UnaryOp) and type(node.op) in OPERATIONS:
        return OPERATIONS[type(node.op)](_value(node.operand, names))
    if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        function = FUNCTIONS.get(getattr(node.func, "id", ""))
        if function is not None:
            return function(_value(node.args[0], names))
    raise ValueError(
        f"{ast.unparse(node)!r} is not understood; there are numbers, names, + - * / ** and "
        f"{', '.join(FUNCTIONS)}"
    )


def _named(name: str, names: Mapping[str, Any]) -> Any:
    if name in names:
        return names[name]
    if name in DEFAULT_UNITS:
        return DEFAULT_UNITS[name]
    known = f"; besides units there are {', '.join(names)}" if names else ""
    raise ValueError(f"there is no {name!r}{known}")


def as_text(quantity: brian2.Quantity | float) -> str | float:
    """Return a number as it is, or a quantity as an expression of the very same value.

    Raises
    ------
    TypeError
        If it is neither.
    """
    number = np.asarray(quantity)
    if number.ndim or number.dtype.kind not in "fiu":
        raise TypeError(f"{quantity!r} is no number, quantity or expression")
    dimensions = get_dimensions(quantity)
    if dimensions is DIMENSIONLESS:
        return float(number)
    return f"{float(number)!r} * {unit_name(dimensions)}"


def unit_name(dimensions: Dimension) -> str:
    """Return how equations write the SI unit of some dimensions."""
    return repr(get_unit(dimensions))
