"""A described spiking network as a PyTorch module, to fine-tune and to compare with.

The module holds the weights. How a presentation is computed is told in
:mod:`networks.pytorch.presentation`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import singledispatch
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from networks.activity import Activity, Membranes
from networks.description import Network, Potentials, Readout, Votes
from networks.description.weights import weight_names
from networks.intervention import Intervention, intervene
from networks.pytorch.convolution import centre
from networks.pytorch.fitting import Fitted, fit
from networks.pytorch.neurons import scan
from networks.pytorch.presentation import Presentation, Trace
from networks.transforms import Convolution


class SpikingNetwork(nn.Module):
    """A :class:`~networks.description.Network` with trainable weights.

    It runs in single precision if any weight is given in that, unless it is turned into another
    (``model.double()``).

    Parameters
    ----------
    network : Network
        The network; its weights are copied.
    dropout : float
        Probability that a spike train into a dense transform is dropped in training. A train is
        dropped for all steps of a presentation, or the network would see the average instead.
    neurons : callable
        What runs populations that are on no cycle: :func:`networks.pytorch.neurons.scan`, or one
        that takes and gives the same.
    interventions : iterable of Intervention, optional
        What is done to neurons in some steps of each presentation (:mod:`networks.intervention`).

    Attributes
    ----------
    weights : nn.ParameterDict
        All weights, by the names that the network gives them.

    Examples
    --------
    >>> import torch
    >>> from networks import SpikingNetwork, TailoredTextCNN, convert
    >>> network = convert(TailoredTextCNN(torch.rand(9, 6), 2, 7, widths=(3,), maps=4))
    >>> model = SpikingNetwork(network).eval()
    >>> spikes = torch.ones(10, 1, 7, 6)  # 10 steps of a sentence of 7 words
    >>> model(spikes).shape  # votes for two classes in each step
    torch.Size([10, 1, 2])
    >>> model.describe() == network
    True
    """

    def __init__(
        self,
        network: Network,
        *,
        dropout: float = 0.5,
        neurons: Callable[..., Trace] = scan,
        interventions: Iterable[Intervention] = (),
    ):
        super().__init__()
        network = intervene(network, interventions)
        self.dropout = dropout
        self.weights = _parameters(network)
        # A network without any weight has a precision, too, which ``double()`` changes.
        dtype = next((w.dtype for w in self.weights.values()), torch.get_default_dtype())
        self.register_buffer("_precision", torch.zeros(0, dtype=dtype), persistent=False)
        self._network, self._scan = network, neurons
        self._scales = {p.name: float(network.unit(p.name)) for p in network.hidden}
        self._fitted: dict[int, Fitted] = {}

    @property
    def voting(self) -> Votes:
        """The readout of a network whose answer is votes."""
        return self._network.voting

    def describe(self) -> Network:
        """Return the description of the network with its present weights."""
        return self._network.with_weights(
            {name: weight.detach().cpu().numpy() for name, weight in self.weights.items()}
        )

    def traces(self, spikes: Tensor, known: Mapping[str, Tensor] | None = None) -> dict[str, Trace]:
        r"""Run the network and keep spikes and membranes of every population.

        Parameters
        ----------
        spikes : Tensor, shape (steps, batch, \*shape of the input)
            Input spikes, 0 or 1. There may be fewer positions along the first axis of the shape;
            the others are silent.
        known : mapping of str to Tensor, optional
            Spikes of populations that are not computed but taken as they are, in the shape in which
            they are returned.

        Returns
        -------
        dict of str to (Tensor, Tensor)
            For each population that was computed, not the input, in the order of the network,
            spikes and membranes of shape (steps, batch, \*shape), without neurons that silence
            cannot wake (:func:`networks.description.crop`).

        Raises
        ------
        ValueError
            If the spikes do not fit the input.
        """
        fitted = self._fit(spikes)
        presentation = Presentation(
            fitted.network,
            fitted.weights(dict(self.weights.items())),
            scan=self._scan,
            scales=self._scales,
            dropout=self.dropout if self.training else 0.0,
        )
        return presentation.run(fitted.padded(spikes), known)

    @torch.no_grad()
    def activity(
        self, spikes: np.ndarray, membranes: Membranes | None = None
    ) -> dict[str, Activity]:
        r"""Make one presentation and report it as any simulator does.

        Where a margin of votes ends it early, nothing is told of later steps.

        Parameters
        ----------
        spikes : numpy.ndarray of bool, shape (steps, \*shape of the input)
            Input spikes, perhaps on fewer positions.
        membranes : mapping of str to iterable of int, optional
            Neurons whose membrane voltage is kept.

        Returns
        -------
        dict of str to Activity
            For each population, the input first.
        """
        given = torch.from_numpy(spikes).to(self._dtype).unsqueeze(1)
        traces, end = self.traces(given), len(spikes)
        if self._network.margin is not None:
            voting = self._network.voting
            (end,) = voting.ends(_grouped(voting, traces[voting.population][0]).numpy())
        shown, nothing = spikes[:end], np.zeros(0, dtype=int)
        activity = {self._network.input.name: Activity(shown, np.zeros((end, 0)), nothing)}
        for name, (fired, membrane) in traces.items():
            chosen = np.sort(np.fromiter((membranes or {}).get(name, ()), dtype=int))
            chosen = chosen[chosen < fired[0].numel()]
            activity[name] = Activity(
                fired[:end].squeeze(1).numpy().astype(bool),
                membrane[:end].flatten(1).numpy()[:, chosen].astype(np.float64),
                chosen,
            )
        return activity

    def forward(self, spikes: Tensor) -> Tensor:
        r"""Run the network and read its answer.

        Parameters
        ----------
        spikes : Tensor, shape (steps, batch, \*shape of the input)
            Input spikes, 0 or 1, perhaps on fewer positions.

        Returns
        -------
        Tensor, shape (steps, batch, groups)
            In each step, spikes of each group's neurons, summed, where they vote, and none when a
            margin of votes has ended the presentation; their membranes, averaged, where potentials
            are read.

        Raises
        ------
        ValueError
            If the network has no readout.
        """
        readout = self._network.readout
        if readout is None:
            raise ValueError(
                "the network has no readout, so it has no answer: describe it with Votes or "
                "Potentials, or look at its traces"
            )
        return answer(readout, *self.traces(spikes)[readout.population])

    def constrain(self) -> None:
        """Centre the kernels (:func:`networks.pytorch.convolution.centre`) after a step."""
        for key, connection in zip(self._network.keys, self._network.connections, strict=True):
            for name, link, field in weight_names(key, connection.links):
                if isinstance(link, Convolution) and field == "weight":
                    centre(self.weights[name])

    @property
    def _dtype(self) -> torch.dtype:
        return cast(Tensor, self._precision).dtype

    def _fit(self, spikes: Tensor) -> Fitted:
        """Return the network for an input of this length."""
        shape = self._network.input.shape
        if spikes.ndim != 2 + len(shape) or spikes.shape[3:] != shape[1:]:
            raise ValueError(
                f"spikes have the shape {tuple(spikes.shape)}, and the network takes (steps, "
                f"batch, {', '.join(map(str, shape))}), or fewer than {shape[0]} positions"
            )
        positions = spikes.shape[2]
        if positions not in self._fitted:
            self._fitted[positions] = fit(self._network, positions)
        return self._fitted[positions]


@singledispatch
def answer(readout: Readout, spikes: Tensor, membrane: Tensor) -> Tensor:
    r"""Read the answer from a population.

    Parameters
    ----------
    readout : Readout
        What is read.
    spikes, membrane : Tensor, shape (steps, batch, \*shape)
        What the population did.

    Returns
    -------
    Tensor, shape (steps, batch, groups)
        The answer in each step.
    """
    raise TypeError(
        f"PyTorch does not know the readout {type(readout).__name__}: register a function for it "
        "with @answer.register in networks/pytorch/spiking.py"
    )


@answer.register
def _(readout: Votes, spikes: Tensor, membrane: Tensor) -> Tensor:
    votes = _grouped(readout, spikes)
    if readout.margin is None:
        return votes
    ends = torch.from_numpy(readout.ends(votes.detach().cpu().numpy())).to(votes.device)
    going_on = torch.arange(len(votes), device=votes.device)[:, None] < ends
    return votes * going_on.unsqueeze(-1)


@answer.register
def _(readout: Potentials, spikes: Tensor, membrane: Tensor) -> Tensor:
    grouped: Tensor = membrane.flatten(2).unflatten(-1, (readout.groups, -1))
    return grouped.mean(dim=-1)


def _grouped(readout: Votes, spikes: Tensor) -> Tensor:
    """Return the votes of each step, of the whole input."""
    grouped: Tensor = spikes.flatten(2).unflatten(-1, (readout.groups, -1))
    return grouped.sum(dim=-1)


def _parameters(network: Network) -> nn.ParameterDict:
    """Return copies of all weights, in one precision."""
    weights = network.weights
    single = any(weight.dtype == np.float32 for weight in weights.values())
    dtype = torch.float32 if single else torch.float64
    try:
        return nn.ParameterDict(
            {name: nn.Parameter(torch.tensor(w, dtype=dtype)) for name, w in weights.items()}
        )
    except KeyError as error:
        raise ValueError(
            f"PyTorch needs a name of a population for itself, {error}; choose another"
        ) from error
