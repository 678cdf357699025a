"""The nodes of NIR: which fields each type has, and what they are in words.

    Input, Output                        shape
    Linear, Affine, Scale                y = W x,   W x + b,   s x
    Conv1d, Conv2d                       channels first: weight (maps, channels / groups, ...)
    SumPool2d, AvgPool2d, Flatten
    Delay                                y(t) = x(t - delay)
    Threshold                            1 where x > threshold
    I, LI                                dv/dt = R x,   tau dv/dt = v_leak - v + R x
    IF, LIF                              the same, and v := v_reset where v > v_threshold
    CubaLI, CubaLIF                      the same of a current, tau_syn di/dt = -i + w_in x

(Pedersen et al. 2024, Nature Communications 15:8122, table 1). A field that a type does not have is
an error, and so is a type that is not here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from networks.nir.container import GraphError, Node

NEURONS = ("I", "IF", "LI", "LIF", "CubaLI", "CubaLIF")
SPIKING = ("IF", "LIF", "CubaLIF", "Threshold")
WINDOWS = ("stride", "padding", "dilation", "groups")


@dataclass(frozen=True)
class Type:
    """Fields of a type of nodes.

    Attributes
    ----------
    required, optional : tuple of str
        Names of fields.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()


TYPES = {
    "Input": Type(("shape",)),
    "Output": Type(("shape",)),
    "Linear": Type(("weight",)),
    "Affine": Type(("weight", "bias")),
    "Scale": Type(("scale",)),
    "Conv1d": Type(("weight", *WINDOWS), ("bias", "input_shape")),
    "Conv2d": Type(("weight", *WINDOWS), ("bias", "input_shape")),
    "SumPool2d": Type(("kernel_size", "stride", "padding")),
    "AvgPool2d": Type(("kernel_size", "stride", "padding")),
    "Flatten": Type(("start_dim", "end_dim"), ("input_type",)),
    "Delay": Type(("delay",)),
    "Threshold": Type(("threshold",)),
    "I": Type(("r",)),
    "IF": Type(("r", "v_threshold"), ("v_reset",)),
    "LI": Type(("tau", "r", "v_leak")),
    "LIF": Type(("tau", "r", "v_leak", "v_threshold"), ("v_reset",)),
    "CubaLI": Type(("tau_syn", "tau_mem", "r", "v_leak"), ("w_in",)),
    "CubaLIF": Type(("tau_syn", "tau_mem", "r", "v_leak", "v_threshold"), ("v_reset", "w_in")),
}
MAY_BE_INFINITE = ("tau", "tau_mem", "tau_syn", "r", "w_in")
"""Of neurons that do not leak; snnTorch writes an infinite resistance for them."""


def check_node(name: str, node: Node) -> None:
    """See that a node has the fields of its type, and numbers in them.

    Parameters
    ----------
    name : str
        Of the node, for the error.
    node : Node
        What a file says of it.

    Raises
    ------
    GraphError
        If the type is unknown, or a field is missing, unknown or holds no such numbers.
    """
    if node.type not in TYPES:
        raise GraphError(
            f"node {name!r} is of type {node.type!r}, and those that are known are "
            f"{', '.join(TYPES)}"
        )
    fields = TYPES[node.type]
    for field in fields.required:
        if field not in node.fields:
            raise GraphError(f"node {name!r}, {node.type}: {field} is missing")
    for field, value in node.fields.items():
        if field not in (*fields.required, *fields.optional):
            raise GraphError(f"node {name!r}: {node.type} has no field {field!r}")
        _check_value(f"node {name!r}, {node.type}: {field}", field, value)


def _check_value(what: str, field: str, value: np.ndarray | str) -> None:
    if isinstance(value, str):
        if field != "padding":
            raise GraphError(f"{what} is the text {value!r}, and numbers are expected")
        if value not in ("same", "valid"):
            raise GraphError(f"{what} is {value!r}, and may be 'same', 'valid' or numbers")
        return
    if value.size == 0:
        raise GraphError(f"{what} is empty")
    if np.isnan(value).any() or (np.isinf(value).any() and field not in MAY_BE_INFINITE):
        raise GraphError(f"{what} holds a number that is not finite")


def whole(name: str, node: Node, field: str, count: int, least: int) -> tuple[int, ...]:
    """Return a field of whole numbers, one for each axis.

    Parameters
    ----------
    name : str
        Of the node, for the error.
    node : Node
        The node.
    field : str
        The field; a single number counts for all axes.
    count : int
        Axes.
    least : int
        What each is at least.

    Raises
    ------
    GraphError
        If they are others.
    """
    values = np.asarray(node.fields[field])
    flat = np.atleast_1d(values).ravel()
    if values.dtype.kind == "U" or flat.size not in (1, count):
        raise GraphError(
            f"node {name!r}, {node.type}: {field} has {flat.size} numbers for {count} axes"
        )
    flat = np.broadcast_to(flat, (count,))
    if (flat != np.floor(flat)).any() or (flat < least).any():
        raise GraphError(
            f"node {name!r}, {node.type}: {field} is {flat.tolist()}, and whole numbers of at "
            f"least {least} are expected"
        )
    return tuple(int(number) for number in flat)
