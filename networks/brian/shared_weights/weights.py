"""Weights as users have them, from lists to the parameters of a PyTorch network."""

from __future__ import annotations

from typing import Any

import numpy as np
from brian2 import Quantity
from brian2.units.fundamentalunits import DIMENSIONLESS, get_dimensions


def as_weights(values: Any) -> np.ndarray | Quantity:
    """Take weights of any array-like type.

    Parameters
    ----------
    values : array_like
        Numbers: nested lists (also of quantities), NumPy arrays, quantities, variables of Brian 2,
        PyTorch tensors and parameters, xarray's arrays, ...

    Returns
    -------
    numpy.ndarray or brian2.Quantity
        A copy in double precision, with its unit if there is one.

    Raises
    ------
    TypeError
        If they are no real numbers.
    ValueError
        If rows differ in length.
    """
    if callable(getattr(values, "detach", None)):  # PyTorch's, perhaps with gradients or on a GPU
        values = values.detach().cpu().double().numpy()
    elif callable(getattr(values, "to_numpy", None)):  # xarray's and pandas'
        values = values.to_numpy()
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"weights are an array with rows of the same length: {error}") from error
    if array.dtype.kind not in "biuf":
        raise TypeError(f"weights are real numbers, not {array.dtype}")
    dim = get_dimensions(values)  # None of variables by their name with an underscore
    return Quantity(np.array(array, dtype=np.float64), dim=DIMENSIONLESS if dim is None else dim)


def as_given(weights: np.ndarray | Quantity, dtype: np.dtype) -> np.ndarray | Quantity:
    """See that weights survive in the type of the variable that they are added to.

    Parameters
    ----------
    weights : numpy.ndarray or brian2.Quantity
        Of any shape.
    dtype : numpy.dtype
        Type of the variable.

    Returns
    -------
    numpy.ndarray or brian2.Quantity
        The same weights.

    Raises
    ------
    ValueError
        If the variable is an integer and a weight is not.
    """
    if np.issubdtype(dtype, np.integer) and (np.asarray(weights) % 1 != 0).any():
        raise ValueError("weights onto an integer variable are whole numbers")
    return weights
