"""The convolutional networks for text that a spiking network is made from.

The original TextCNN (Kim 2014) convolves word embeddings with kernels several words wide, takes
the maximum over positions and classifies the result. The tailored one (Lv, Xu & Zheng 2023,
section 3.1) is what a spiking network can imitate: average pooling, since a maximum over spikes
needs a comparison that neurons do not make; ReLU, since rates are not negative; no bias, since a
bias would be a current without a spike; embeddings in [0, 1], since they are firing rates.

    h_w[p, m] = relu(sum over k, d of W_w[m, k, d] x[p + k, d])
    logits    = V dropout(concat over w of (1 / P_w) sum over p of h_w[p, m])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from networks.pytorch.convolution import centre, convolve

WIDTHS = (3, 4, 5)
MAPS = 100
GAIN = 5.0


class TextCNN(nn.Module):
    """The original TextCNN: biases, ReLU, max pooling (Kim 2014).

    Parameters
    ----------
    embeddings : Tensor, shape (words, dimension)
        Initial word embeddings. Row 0 is padding and stays zero.
    classes : int
        Number of classes.
    length : int
        Words that every sentence is padded to.
    widths : sequence of int
        Kernel widths, in words.
    maps : int
        Feature maps per width.
    dropout : float
        Probability that a pooled feature is dropped in training.

    Examples
    --------
    >>> import torch
    >>> from networks import TextCNN
    >>> model = TextCNN(torch.rand(9, 6), classes=2, length=7, maps=4)
    >>> model(torch.tensor([[3, 7, 1, 4, 1, 0, 0]])).shape  # a sentence of five words
    torch.Size([1, 2])
    """

    bias = True

    def __init__(
        self,
        embeddings: Tensor,
        classes: int,
        length: int,
        *,
        widths: Sequence[int] = WIDTHS,
        maps: int = MAPS,
        dropout: float = 0.5,
    ):
        super().__init__()
        self.length, self.widths = length, tuple(widths)
        # A sentence meets few of the words, so the gradient of the table is a sparse one.
        self.embedding = nn.Embedding.from_pretrained(
            embeddings.clone(), freeze=False, padding_idx=0, sparse=True
        )
        self.kernels = nn.ModuleList(
            nn.Linear(width * embeddings.shape[1], maps, bias=self.bias) for width in widths
        )
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(maps * len(widths), classes, bias=self.bias)

    def embed(self, ids: Tensor) -> Tensor:
        """Return the embeddings of words, shape (batch, words, dimension)."""
        embedded: Tensor = self.embedding(ids)
        return embedded

    def weight(self, width: int) -> Tensor:
        """Return the kernel of a width, shape (maps, width, dimension)."""
        kernel: Tensor = self._kernel(width).weight.unflatten(1, (width, -1))
        return kernel

    def _kernel(self, width: int) -> nn.Linear:
        return cast(nn.Linear, self.kernels[self.widths.index(width)])

    def features(self, embedded: Tensor, width: int) -> Tensor:
        """Return the pooled features of one width, shape (batch, maps)."""
        current = convolve(embedded, self.weight(width), self.length - embedded.shape[1])
        return functional.relu(current + self._kernel(width).bias).amax(dim=1)

    def constrain(self) -> None:
        """Bring parameters back into their allowed range after an optimiser step."""

    def forward(self, ids: Tensor) -> Tensor:
        """Classify sentences.

        Parameters
        ----------
        ids : Tensor of int, shape (batch, words)
            Word ids, 0 for padding; at most ``length`` words.

        Returns
        -------
        Tensor, shape (batch, classes)
            Logits.
        """
        embedded = self.embed(ids)
        pooled = [self.features(embedded, width) for width in self.widths]
        logits: Tensor = self.classifier(self.dropout(torch.cat(pooled, dim=1)))
        return logits


class TailoredTextCNN(TextCNN):
    """The TextCNN that a spiking network can imitate (Lv, Xu & Zheng 2023, section 3.1).

    Its kernels are kept centred (:func:`networks.pytorch.convolution.centre`), unless that is not
    wanted. The average of a few active windows is small, so the weights start larger than is usual.

    In training its input is as noisy as a presentation. A Poisson train of rate r that is counted
    over T steps has mean r and variance r (1 - r) / T; Gaussian noise of that variance is added,
    so that the network learns features that survive conversion.

    Parameters
    ----------
    embeddings, classes, length, widths, maps, dropout
        As of :class:`TextCNN`; embeddings are rates in [0, 1].
    noise_steps : int, optional
        T; without it there is no noise.
    gain : float
        Factor on the usual initial weights.
    centred : bool
        Whether kernels are kept centred.

    Examples
    --------
    >>> import torch
    >>> from networks import TailoredTextCNN
    >>> model = TailoredTextCNN(torch.rand(9, 6), classes=2, length=7, maps=4)
    >>> model.classifier.bias is None
    True
    >>> bool(model.weight(3).mean().abs() < 1e-6)  # kernels are centred
    True
    """

    bias = False

    def __init__(
        self,
        embeddings: Tensor,
        classes: int,
        length: int,
        *,
        noise_steps: int | None = None,
        gain: float = GAIN,
        centred: bool = True,
        **options: Any,
    ):
        super().__init__(embeddings, classes, length, **options)
        self.noise_steps, self.centred = noise_steps, centred
        with torch.no_grad():
            for width in self.widths:
                self._kernel(width).weight *= gain
            self.classifier.weight *= gain
        self.constrain()

    def embed(self, ids: Tensor) -> Tensor:
        """Return the rates of words, in training with the noise of their presentation."""
        rates = super().embed(ids)
        if not (self.training and self.noise_steps):
            return rates
        variance = (rates * (1 - rates)).detach() / self.noise_steps
        return rates + variance.sqrt() * torch.randn_like(rates)

    def features(self, embedded: Tensor, width: int) -> Tensor:
        """Return the pooled features of one width, shape (batch, maps).

        Windows that lie wholly in the padding are zero, so they are counted, not computed.
        """
        padding = min(self.length - embedded.shape[1], width - 1)
        current = convolve(embedded, self.weight(width), padding)
        return functional.relu(current).sum(dim=1) / (self.length - width + 1)

    @torch.no_grad()
    def constrain(self) -> None:
        """Clip the embeddings to [0, 1], where they are firing rates, and centre the kernels."""
        self.embedding.weight.clamp_(0, 1)
        if self.centred:
            for width in self.widths:
                centre(self.weight(width))
