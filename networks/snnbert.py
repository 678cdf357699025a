r"""A spiking transformer that reads a word a step, after SNN-BERT.

*SNN-BERT: Training-efficient Spiking Neural Networks for energy-efficient BERT* (Neural Networks
180, 2024, 106630) has neither code nor equations that are public. From the paper come individual
coding (each word has a time step of its own), neurons that look both ways and are computed for all
steps at once, and direct training of a network shaped like BERT; how the parts are put together is
our own:

    r = E[word]                                        the residual current
    block:  s = fire(r)
            q, k, v = fire(W_q s), fire(W_k s), fire(W_v s)
            r = r + W_o fire(q (sum over steps of k^T v))           no softmax, per head
            r = r + W_2 fire(W_1 fire(r))
    votes of a class = spikes of its neurons in fire(W fire(r)), over all steps

    fire(x): U = K (norm(x)),  S = U > threshold       K as in networks.pytorch.bidirectional

``norm`` is batch normalisation over words, which becomes part of weights and constant currents
(:mod:`networks.folding`). Layer normalisation, GELU and softmax have no such form and are not used.
Causal neurons leave out what comes later, and causal attention, too. The non-spiking twin, which
the network is held against, has the same weights and filters, and max(U, 0) in place of spikes.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from networks.pytorch.attention import associate
from networks.pytorch.bidirectional import BothWays, both_ways
from networks.pytorch.packing import Packing

Layer = Callable[[int], "Normalised"]

PADDING = 0
"""Id of no word: it has no step."""
SLOPE = 2.0
"""Of the surrogate gradient, whose unit is the spread of a normalised current."""
DECAY = 0.5
THRESHOLD = 1.0
LEAST_THRESHOLD = 0.01
GAIN = 5.0
"""Of the share of votes as a logit, at the beginning."""


class Normalised(nn.Module):
    """A layer of neurons, with the batch normalisation before it.

    Parameters
    ----------
    neurons : int
        How many.

    Attributes
    ----------
    norm : torch.nn.BatchNorm1d
        Of the current of each neuron, over words.
    """

    def __init__(self, neurons: int):
        super().__init__()
        self.norm = nn.BatchNorm1d(neurons)

    def normalised(self, current: Tensor) -> Tensor:
        """Normalise the currents of all words, shape (words, neurons)."""
        if len(current) > 1 or not self.training:
            normed: Tensor = self.norm(current)
            return normed
        # A single word has no variance, so it is normalised as when nothing is learnt.
        norm = self.norm
        return functional.batch_norm(
            current, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps
        )


class Firing(Normalised):
    """A layer of parallel spiking neurons.

    Parameters
    ----------
    neurons : int
        How many.
    causal : bool
        Whether only what came before counts.
    spiking : bool
        Whether the answers are spikes, or what exceeds zero.

    Attributes
    ----------
    threshold : torch.nn.Parameter, shape (neurons,)
        Of each neuron.
    """

    def __init__(self, neurons: int, *, causal: bool, spiking: bool):
        super().__init__(neurons)
        self.causal, self.spiking = causal, spiking
        self.threshold = nn.Parameter(torch.full((neurons,), THRESHOLD))
        logit = torch.logit(torch.tensor(DECAY))
        self._forward = nn.Parameter(logit.clone())
        self._backward = None if causal else nn.Parameter(logit.clone())

    @property
    def forward_decay(self) -> Tensor:
        """Factor per step on what came before, in (0, 1)."""
        return self._forward.sigmoid()

    @property
    def backward_decay(self) -> Tensor | None:
        """Factor per step on what comes after; None for causal neurons."""
        return None if self._backward is None else self._backward.sigmoid()

    def forward(self, current: Tensor, packing: Packing) -> Tensor:
        """Fire.

        Parameters
        ----------
        current : Tensor, shape (words, neurons)
            What comes in.
        packing : Packing
            Where the words stand.

        Returns
        -------
        Tensor, shape (words, neurons)
            Spikes, 0 or 1.
        """
        normed = self.normalised(current)
        decays = self.forward_decay, self.backward_decay
        if not self.spiking:
            return packing.pack(both_ways(packing.pad(normed), *decays)).relu()
        spikes: Tensor = BothWays.apply(normed, packing, *decays, self.threshold, SLOPE)
        return spikes


class Block(nn.Module):
    """Attention and a feed-forward part, each with a residual current around it.

    Parameters
    ----------
    width, heads, hidden : int
        Neurons of the residual current, parts of the attention, neurons of the feed-forward part.
    causal : bool
        Whether attention meets only what came before.
    layer : callable
        Makes a layer of so many neurons.
    """

    def __init__(self, width: int, heads: int, hidden: int, causal: bool, layer: Layer):
        super().__init__()
        self.heads, self.causal = heads, causal
        self.read = layer(width)
        self.projections = nn.ModuleList(nn.Linear(width, width, bias=False) for _ in range(3))
        self.asked = nn.ModuleList(layer(width) for _ in range(3))
        self.found = layer(width)
        self.mixed = nn.Linear(width, width, bias=False)
        self.again = layer(width)
        self.widen = nn.Linear(width, hidden, bias=False)
        self.hidden = layer(hidden)
        self.narrow = nn.Linear(hidden, width, bias=False)

    def forward(
        self, residual: Tensor, packing: Packing, dropout: nn.Module
    ) -> tuple[Tensor, list[Tensor]]:
        """Return the residual current behind the block, and the spikes of all layers."""
        read = self.read(residual, packing)
        asked = [
            fire(project(read), packing)
            for project, fire in zip(self.projections, self.asked, strict=True)
        ]
        heads = [packing.pad(spikes).unflatten(-1, (self.heads, -1)) for spikes in asked]
        met = associate(*heads, causal=self.causal).flatten(-2)
        found = self.found(packing.pack(met), packing)
        residual = residual + self.mixed(dropout(found))
        again = self.again(residual, packing)
        hidden = self.hidden(self.widen(again), packing)
        residual = residual + self.narrow(dropout(hidden))
        return residual, [read, *asked, found, again, hidden]


class SpikingEncoder(nn.Module):
    """The whole network, from word ids to the votes of classes.

    Parameters
    ----------
    embeddings : Tensor, shape (words + 1, dimension)
        Vectors of the words, which stay as they are; row 0 is no word.
    classes : int
        Number of classes.
    width, blocks, heads, hidden, neurons_per_class : int
        Its shape.
    causal : bool
        Whether a word is only told of what came before.
    spiking : bool
        Whether it spikes, or is the twin that does not.
    dropout : float
        Probability that a spike is dropped on its way into the residual current, in training.
    word_dropout : float
        Probability that a word is left out, in training.

    Attributes
    ----------
    vectors : torch.nn.Parameter, shape (words + 1, dimension)
        Of the words; at the beginning with a mean of zero and a variance of one.
    projection : torch.nn.Linear
        From a vector to the current of its word, which words that are rare in training share with
        those that are not. So vectors are to be trained slowly, if at all.
    gain : torch.nn.Parameter, shape ()
        Factor on the share of votes, for the loss.

    Raises
    ------
    ValueError
        If the width cannot be divided among the heads.

    Examples
    --------
    >>> import torch
    >>> from networks import SpikingEncoder
    >>> model = SpikingEncoder(torch.rand(9, 6), 2, width=4, blocks=1, heads=2, hidden=8).eval()
    >>> model.votes(torch.tensor([[3, 7, 1]])).shape  # a sentence of three words, two classes
    torch.Size([1, 2])
    """

    def __init__(
        self,
        embeddings: Tensor,
        classes: int,
        *,
        width: int = 128,
        blocks: int = 2,
        heads: int = 4,
        hidden: int = 512,
        neurons_per_class: int = 10,
        causal: bool = False,
        spiking: bool = True,
        dropout: float = 0.4,
        word_dropout: float = 0.2,
    ):
        super().__init__()
        if width % heads:
            raise ValueError(f"a width of {width} cannot be divided among {heads} heads")
        self.classes, self.causal, self.word_dropout = classes, causal, word_dropout
        self.spiking = spiking
        self.vectors = nn.Parameter(_standardised(embeddings))
        self.projection = nn.Linear(embeddings.shape[1], width, bias=False)
        layer = self._layer
        self.blocks = nn.ModuleList(
            Block(width, heads, hidden, causal, layer) for _ in range(blocks)
        )
        self.last = layer(width)
        self.classifier = nn.Linear(width, classes * neurons_per_class, bias=False)
        self.output = layer(classes * neurons_per_class)
        self.gain = nn.Parameter(torch.tensor(GAIN))
        self.dropout = nn.Dropout(dropout)

    def _layer(self, neurons: int) -> Normalised:
        return Firing(neurons, causal=self.causal, spiking=self.spiking)

    def spikes(self, ids: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Read sentences.

        Parameters
        ----------
        ids : Tensor of int, shape (batch, words)
            Word ids; 0 has no step, wherever it stands.

        Returns
        -------
        words : Tensor of bool, shape (batch, steps)
            Which steps have a word.
        spikes : list of Tensor, each of shape (batch, steps, neurons)
            Of all layers, the last of which votes.
        """
        packing, fired = self.read(ids)
        trains = [self._by_sentence(packing.pad(spikes)) for spikes in fired]
        return self._by_sentence(packing.words.T).T, [train.transpose(0, 1) for train in trains]

    def read(self, ids: Tensor) -> tuple[Packing, list[Tensor]]:
        """Read sentences, and say nothing of padding, which is cheaper.

        Parameters
        ----------
        ids : Tensor of int, shape (batch, words)
            As of :meth:`spikes`.

        Returns
        -------
        packing : Packing
            Where the words stand.
        spikes : list of Tensor, each of shape (words, neurons)
            Of all layers.
        """
        if self.training and self.word_dropout:
            kept = torch.rand(ids.shape, device=ids.device) >= self.word_dropout
            ids = torch.where(kept, ids, PADDING)
        ids = _together(ids)
        packing = Packing(ids != PADDING)
        return self._read(self.projection(self._look_up(packing.pack(ids.T))), packing)

    def _look_up(self, ids: Tensor) -> Tensor:
        vectors: Tensor = functional.embedding(ids, self.vectors, PADDING)
        return vectors

    def _read(self, residual: Tensor, packing: Packing) -> tuple[Packing, list[Tensor]]:
        fired = []
        for block in self.blocks:
            residual, spikes = block(residual, packing, self.dropout)
            fired += spikes
        fired.append(self.last(residual, packing))
        fired.append(self.output(self.classifier(self.dropout(fired[-1])), packing))
        return packing, fired

    def _by_sentence(self, rows: Tensor) -> Tensor:
        """Return what rows of the batch have, shape (steps, rows, ...), for each sentence."""
        return rows

    @torch.no_grad()
    def constrain(self) -> None:
        """Keep thresholds positive after a step: silence is no reason to fire."""
        for layer in self.modules():
            if isinstance(layer, Firing):
                layer.threshold.clamp_(min=LEAST_THRESHOLD)

    @torch.no_grad()
    def currents(self) -> Tensor:
        """Return the current of each word, shape (words + 1, width)."""
        currents: Tensor = self.projection(self.vectors)
        return currents

    def votes(self, ids: Tensor) -> Tensor:
        """Return the spikes of each class, shape (batch, classes)."""
        packing, fired = self.read(ids)
        return self._votes(packing, fired[-1])

    def forward(self, ids: Tensor) -> Tensor:
        """Return logits, shape (batch, classes): the share of possible votes, times the gain."""
        packing, fired = self.read(ids)
        return self.logits(packing, fired[-1])

    def logits(self, packing: Packing, output: Tensor) -> Tensor:
        """Return the logits of sentences that were read, from the spikes of the output."""
        words = self._by_sentence(packing.words.T).sum(0).clamp(min=1)
        possible = words[:, None] * output.shape[-1] / self.classes
        return self.gain * self._votes(packing, output) / possible

    def _votes(self, packing: Packing, output: Tensor) -> Tensor:
        by_class = self._by_sentence(packing.pad(output)).sum(0).unflatten(-1, (self.classes, -1))
        votes: Tensor = by_class.sum(-1)
        return votes


def _together(ids: Tensor) -> Tensor:
    """Move what is no word to the end of each sentence."""
    order = (ids == PADDING).int().argsort(dim=1, stable=True)
    together = ids.gather(1, order)
    return together[:, : max(1, int((ids != PADDING).sum(1).max()))]


def _standardised(embeddings: Tensor) -> Tensor:
    """Return vectors with a mean of zero and a variance of one, but for that of no word."""
    known = embeddings[1:]
    standard = (embeddings - known.mean()) / known.std().clamp(min=1e-6)
    standard[PADDING] = 0
    return standard
