"""Any matrix of weights, held by its columns: what is neither a convolution nor pooling.

A network whose connections are chains of transforms needs the product of their matrices. There is
nothing to share in it, but it counts its events, forgets its spikes in flight and has a slot and a
delay as the other objects do.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from brian2 import Quantity
from brian2.core.spikesource import SpikeSource
from brian2.groups.group import Group
from scipy import sparse

from networks.brian.shared_weights.base import SharedWeightSynapses, check_groups


class SparseSynapses(SharedWeightSynapses):
    """A synapse for each entry of a matrix.

    Parameters
    ----------
    source, target, variable, delay, when, order, name
        As of :class:`~networks.brian.shared_weights.ConvolutionalSynapses`.
    matrix : scipy.sparse array or array_like, shape (target neurons, source neurons)
        Weights. A sparse matrix has a synapse for each entry that it stores, also for a zero; in a
        dense one, zeros are no synapses.

    Attributes
    ----------
    w : brian2.VariableView, shape (synapses,)
        Weights, source by source, in the order of the targets.

    Raises
    ------
    ValueError
        If the shape does not fit, there is no entry, or the groups have different time steps.
    TypeError
        If the source does not spike, or the target has no such variable.
    """

    def __init__(
        self,
        source: SpikeSource,
        target: Group,
        matrix: Any,
        *,
        variable: str = "v",
        delay: Quantity | None = None,
        when: str = "synapses",
        order: int = 0,
        name: str = "sparsesynapses*",
    ):
        check_groups(source, target, variable)
        columns = sparse.csc_array(matrix)
        columns.sort_indices()
        if columns.shape != (len(target), len(source)):
            raise ValueError(
                f"the matrix has the shape {columns.shape}; {target.name} and {source.name} have "
                f"{(len(target), len(source))} neurons"
            )
        if columns.nnz == 0:
            raise ValueError(f"no neuron of {source.name} is connected to one of {target.name}")
        super().__init__(
            source,
            target,
            function="scatter",
            # Source and target, then where the synapses of each source neuron begin, and whereto.
            geometry=[
                *(getattr(source, "start", 0), len(source), len(target)),
                *columns.indptr.tolist(),
                *columns.indices.tolist(),
            ],
            w=columns.data.astype(np.float64),
            names={},
            variable=variable,
            delay=delay,
            when=when,
            order=order,
            name=name,
        )
