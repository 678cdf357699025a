"""What of a chip's limits a classifier keeps, and what it costs to make it keep more.

Weights are rounded to the bits of the chip, and each neuron keeps the largest weights that the
chip has synapses for; that can always be done. Too many neurons, inputs or outputs cannot be
mended here. Weights of a convolution are counted as synapses once for each use, since only some
chips share them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log2
from typing import Any, cast

import numpy as np

from bionlp.classifier import TextClassifier
from bionlp.datasets import Example
from bionlp.errors import TextError, UsageError
from networks.description import Network
from networks.perturbation import Perturbations, parse
from networks.perturbation.chips import CHIPS, Chip, Limit
from networks.pytorch import SpikingNetwork

MEASURED = 10
"""Sentences whose membranes are looked at."""
MENDED = {"fan_in": "fan-in", "weight_bits": "bits"}
"""Limits that a network can be made to keep, and the perturbation that does it."""


@dataclass(frozen=True)
class Finding:
    """A limit beside what a network needs.

    Attributes
    ----------
    name : str
        Field of :class:`networks.perturbation.chips.Chip`.
    needed : int or None
        What the network needs; None if that was not measured.
    limit : Limit or None
        The most that the chip has; None if no source says.
    fitted : int or None
        What the network needs when it has been made to fit.
    """

    name: str
    needed: int | None
    limit: Limit | None
    fitted: int | None

    def fits(self, needed: int | None) -> bool | None:
        """Tell whether so much fits, None if one of the two is not known."""
        return None if needed is None or self.limit is None else needed <= self.limit.most

    @property
    def document(self) -> dict[str, Any]:
        """The finding, ready for JSON."""
        return {
            "needed": self.needed,
            "most": self.limit and self.limit.most,
            "fits": self.fits(self.needed),
            "fitted": self.fitted,
            "fits_then": self.fits(self.fitted),
            "source": self.limit and self.limit.source,
        }


def choose_chip(name: str) -> Chip:
    """Return a chip.

    Raises
    ------
    UsageError
        If there is none of this name.
    """
    if name not in CHIPS:
        raise UsageError(f"unknown chip {name!r}; choose one of {', '.join(CHIPS)}")
    return CHIPS[name]


def fitting(chip: Chip) -> Perturbations:
    """Return what makes a network keep the limits that it can be made to keep."""
    limits = [(what, chip.limits[n]) for n, what in MENDED.items()]
    wanted = [f"{what}={limit.most}" for what, limit in limits if limit]
    return parse(wanted)


def judge(
    classifier: TextClassifier, fitted: TextClassifier, chip: Chip, examples: Sequence[Example]
) -> list[Finding]:
    """Compare what a classifier needs with the limits of a chip.

    Parameters
    ----------
    classifier : TextClassifier
        As it is.
    fitted : TextClassifier
        As it is after :func:`fitting`.
    chip : Chip
        Where it is to run.
    examples : sequence of Example
        Sentences whose membranes are looked at; none if they are not to be.

    Returns
    -------
    list of Finding
        For each limit.
    """
    before, after = _needs(classifier.network), _needs(fitted.network)
    # Weights of double or single precision have more bits than any chip has.
    before["weight_bits"] = 8 * next(iter(classifier.network.weights.values())).dtype.itemsize
    bits = chip.weight_bits
    after["weight_bits"] = bits.most if bits else before["weight_bits"]
    if bits and examples:
        found = _membrane_bits(fitted, bits.most, examples[:MEASURED])
        if found is not None:
            after["membrane_bits"] = found
    return [
        Finding(name, before.get(name), limit, after.get(name))
        for name, limit in chip.limits.items()
    ]


def _needs(network: Network) -> dict[str, int]:
    """Return what a network needs of each limit that follows from its description."""
    fan_in = {population.name: np.zeros(population.size, int) for population in network.hidden}
    for connection in network.connections:
        matrix = connection.transform.matrix(network.source_shape(connection)).tocsr()
        matrix.eliminate_zeros()
        fan_in[connection.target] += np.diff(matrix.indptr)
    return {
        "inputs": network.input.size,
        "neurons": sum(population.size for population in network.hidden),
        "outputs": network[network.voting.population].size,
        "synapses": int(sum(counts.sum() for counts in fan_in.values())),
        "fan_in": int(max(counts.max() for counts in fan_in.values())),
        "delay": max(connection.delay for connection in network.connections),
    }


def _membrane_bits(
    classifier: TextClassifier, bits: int, examples: Sequence[Example]
) -> int | None:
    """Measure the bits of the largest membrane in units of a weight's last bit, and its sign."""
    try:
        whole = parse([f"integer={bits}"]).network(classifier.network)
    except ValueError:  # neurons that leak have no whole numbers
        return None
    model, largest = SpikingNetwork(whole).double().eval(), 0.0
    for number, example in enumerate(examples):
        try:
            sentence = classifier.read(example.text)
        except TextError:
            continue
        spikes = classifier.draw_spikes(
            cast(np.ndarray, sentence.rates), classifier.steps, seed=0, sentence=number
        )
        everyone = {p.name: range(p.size) for p in whole.hidden}
        for activity in model.activity(spikes, everyone).values():
            largest = max(largest, float(np.abs(activity.membrane).max(initial=0)))
    return ceil(log2(largest + 1)) + 1
