"""Weight normalisation: scaling the weights of a converted network so that no neuron saturates.

A neuron fires at most once a step, so an activation above 1 cannot become a rate. Scaling all
weights of a layer by one factor scales its activations and, with ReLU and without a bias, changes
no decision. Diehl et al. (2015) give two ways to find the factors, layer by layer from the input:

    model-based   f = max over neurons of  sum over inputs of max(0, w)
                  w <- w / f
    data-based    f = max(largest weight, largest activation over the training set)
                  w <- w * f_before / f

The first is a bound on any input in [0, 1], the second is what inputs really reach; f_before, the
factor of the layer before, makes up for the activations that are already smaller. Layers of the
same depth, the kernels of all widths in a TextCNN, feed the same neurons, so they share a factor,
as the neurons of one layer do. Pooling has no weights to scale and hands the factor on. The depth
of a population is therefore the number of connections with weights between it and the input, and
all that a population hears has to come from one depth.

P. U. Diehl, D. Neil, J. Binas, M. Cook, S.-C. Liu & M. Pfeiffer, Fast-classifying, high-accuracy
spiking deep networks through weight and threshold balancing, IJCNN 2015, algorithms 1 and 2.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from networks.description import Connection, Network, crop
from networks.neurons import IF, LIF
from networks.pytorch.fitting import silence_behind
from networks.pytorch.transforms import currents
from networks.transforms import (
    AveragePooling,
    Convolution,
    Dense,
    Flattening,
    SumPooling,
    Transform,
)


def normalise_by_model(network: Network) -> Network:
    """Normalise the weights of a network by the weights alone.

    Parameters
    ----------
    network : Network
        A converted network.

    Returns
    -------
    Network
        The same network with smaller weights; one whose weights are all negative is left alone.

    Raises
    ------
    ValueError
        If the network is none of layers of rectified units without a bias.

    Notes
    -----
    Algorithm 1 of Diehl et al. (2015).

    Examples
    --------
    >>> import torch
    >>> from networks import TailoredTextCNN, convert, normalise_by_model
    >>> network = convert(TailoredTextCNN(torch.rand(9, 6), 2, 7, widths=(3,), maps=4))
    >>> kernel = normalise_by_model(network).weights["conv3"]
    >>> float(kernel.clip(0).sum(axis=(1, 2)).max().round(6))  # the most that a map can be given
    1.0
    """
    depths = _depths(network)
    factors = _by_depth(network, depths, lambda _, weight: _largest_input(weight))
    return _scaled(network, depths, lambda depth: 1 / (factors[depth] or 1.0))


def normalise_by_data(network: Network, activations: Mapping[str, float]) -> Network:
    """Normalise the weights of a network by the activations that real input causes.

    Parameters
    ----------
    network : Network
        A converted network.
    activations : mapping of str to float
        Largest activation of each population with weights, see :func:`largest_activations`.

    Returns
    -------
    Network
        The same network with other weights.

    Raises
    ------
    ValueError
        If the network is none of layers of rectified units without a bias.

    Notes
    -----
    Algorithm 2 of Diehl et al. (2015).

    Examples
    --------
    >>> import torch
    >>> from networks import TailoredTextCNN, convert, largest_activations, normalise_by_data
    >>> network = convert(TailoredTextCNN(torch.rand(9, 6), 2, 7, widths=(3,), maps=4))
    >>> sentences = torch.rand(10, 7, 6)
    >>> found = normalise_by_data(network, largest_activations(network, [sentences]))
    >>> largest_activations(found, [sentences])["conv3"] < 1.0001
    True
    """
    depths = _depths(network)
    factors = _by_depth(
        network, depths, lambda name, weight: max(float(weight.max()), activations[name])
    )
    before = {1: 1.0} | {depth + 1: factor or 1.0 for depth, factor in factors.items()}
    return _scaled(network, depths, lambda depth: before[depth] / (factors[depth] or 1.0))


@torch.no_grad()
def largest_activations(network: Network, rates: Iterable[Tensor]) -> dict[str, float]:
    r"""Find the largest activation of each population with weights, as rectified units.

    Parameters
    ----------
    network : Network
        A converted network.
    rates : iterable of Tensor, each of shape (batch, \*shape of the input)
        Input, in [0, 1], perhaps on fewer positions; sentences are padded with zeros to the longest
        of their batch.

    Returns
    -------
    dict of str to float
        At least 0 for each population with weights.

    Raises
    ------
    ValueError
        If the network is none of layers of rectified units without a bias.

    Examples
    --------
    >>> import torch
    >>> from networks import TailoredTextCNN, convert, largest_activations
    >>> network = convert(TailoredTextCNN(torch.rand(9, 6), 2, 7, widths=(3,), maps=4))
    >>> sorted(largest_activations(network, [torch.rand(10, 7, 6)]))
    ['conv3', 'output']
    """
    _depths(network)
    largest = dict.fromkeys(_weighted(network), 0.0)
    for batch in rates:
        cropped = crop(network, batch.shape[1])
        activations = {network.input.name: silence_behind(batch, cropped.input.shape[0], axis=1)}
        for population in cropped.hidden:
            name = population.name
            activations[name] = _activation(network, cropped, name, activations)
            if name in largest:
                largest[name] = max(largest[name], float(activations[name].max()))
    return largest


def _activation(
    network: Network, cropped: Network, name: str, activations: Mapping[str, Tensor]
) -> Tensor:
    (connection,) = cropped.into(name)
    transform = connection.transform
    sources = [activations[source] for source in connection.sources]
    heard = sources[0]
    if len(sources) > 1:
        heard = torch.cat([source.flatten(1) for source in sources], dim=1)
    weights = {
        field: torch.tensor(getattr(transform, field)).to(heard)
        for field in transform.trained
        if getattr(transform, field) is not None
    }
    activation = currents(transform, weights, heard)
    if isinstance(transform, SumPooling):
        # Positions that were left out are silent, and part of the average all the same.
        return activation / transform.size(network.source_shape(network.into(name)[0]))
    return functional.relu(activation) if weights else activation


def _largest_input(weight: np.ndarray) -> float:
    """Return the most that inputs in [0, 1] can give to a neuron of a population."""
    return float(np.maximum(weight, 0).reshape(len(weight), -1).sum(axis=1, dtype=float).max())


def _weighted(network: Network) -> dict[str, str]:
    """Return the populations whose connection has weights, and the names of these weights."""
    return {
        connection.target: key
        for key, connection in zip(network.keys, network.connections, strict=True)
        if _has_weights(connection.transform)
    }


def _has_weights(transform: Transform) -> bool:
    return isinstance(transform, Convolution | Dense)


def _depths(network: Network) -> dict[str, int]:
    """Count the connections with weights between the input and each population.

    Raises
    ------
    ValueError
        If something in the network is not scaled as its input is, so that scaling weights would
        change decisions.
    """
    depths = {network.input.name: 0}
    for name in (population.name for population in network.hidden):
        incoming = network.into(name)
        if len(incoming) != 1:
            raise _refusal(f"{len(incoming)} connections onto {name!r}, and needs one")
        if type(network[name].neuron) not in (IF, LIF):
            raise _refusal(f"{type(network[name].neuron).__name__} neurons, {name!r}")
        _check_connection(incoming[0])
        if any(source not in depths for source in incoming[0].sources):
            raise _refusal(f"a cycle, closed by {incoming[0]}")
        found = {depths[source] for source in incoming[0].sources}
        if len(found) > 1:
            raise _refusal(f"sources of unequal depth, in {incoming[0]}")
        depths[name] = found.pop() + _has_weights(incoming[0].transform)
    return depths


def _check_connection(connection: Connection) -> None:
    transform = connection.transform
    kinds = (Convolution, Dense, SumPooling, AveragePooling, Flattening)
    if not isinstance(transform, kinds):
        raise _refusal(f"the transform {type(transform).__name__} in {connection}")
    if getattr(transform, "bias", None) is not None:
        raise _refusal(f"a bias in {connection}")


def _refusal(what: str) -> ValueError:
    return ValueError(
        f"weights can be normalised in layers of rectified units without a bias, and this network "
        f"has {what}; leave the normalisation out"
    )


def _by_depth(
    network: Network, depths: Mapping[str, int], factor: Callable[[str, np.ndarray], float]
) -> dict[int, float]:
    """Return the largest factor among the weights at each depth."""
    factors: dict[int, float] = defaultdict(float)
    for name, key in _weighted(network).items():
        depth = depths[name]
        factors[depth] = max(factors[depth], factor(name, network.weights[key]))
    return factors


def _scaled(network: Network, depths: Mapping[str, int], scale: Callable[[int], float]) -> Network:
    """Multiply the weights onto each population by the scale of its depth."""
    weights = network.weights
    return network.with_weights(
        {
            key: (weights[key] * scale(depths[name])).astype(np.float32)
            for name, key in _weighted(network).items()
        }
    )
