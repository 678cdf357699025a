"""What a network is shown: sentences one after the other, each a presentation.

All that lasts is cleared when the next presentation starts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

import numpy as np


@dataclass(frozen=True)
class PoissonStimulus:
    """Sentences as word ids with a table of rates; Brian 2 draws the spikes.

    Attributes
    ----------
    table : numpy.ndarray, shape (entries, features)
        Probability of a spike in a step, for each word.
    ids : sequence of numpy.ndarray of int, each of shape (words,)
        For each sentence, the rows of its words.
    durations : tuple of int
        Steps each sentence is presented for.
    numbers : tuple of int
        What the spikes of each sentence are seeded by, together with the seed of a run: its number
        in the experiment, so that a part of an experiment has the same spikes as the whole.

    Raises
    ------
    ValueError
        If a rate is no probability, or the parts do not have the same number of sentences.

    Examples
    --------
    >>> import numpy as np
    >>> from networks.brian import PoissonStimulus
    >>> stimulus = PoissonStimulus.of_rates([np.full((3, 300), 0.5)], steps=50)
    >>> stimulus.durations, stimulus.words, stimulus.features
    ((50,), [3], {300})
    """

    table: np.ndarray
    ids: Sequence[np.ndarray]
    durations: tuple[int, ...]
    numbers: tuple[int, ...]

    def __post_init__(self) -> None:
        if not (np.all(self.table >= 0) and np.all(self.table <= 1)):
            raise ValueError("rates are probabilities of a spike in a step, from 0 to 1")
        if not len(self.ids) == len(self.durations) == len(self.numbers):
            raise ValueError("each sentence has its ids, its duration and its number")

    def __repr__(self) -> str:
        words, features = self.table.shape
        return f"<PoissonStimulus of {_lengths(self)}, of {words:,} words, {features} features>"

    @classmethod
    def of_words(
        cls,
        table: np.ndarray,
        ids: Sequence[np.ndarray],
        steps: int,
        numbers: Sequence[int] | None = None,
    ) -> PoissonStimulus:
        """Present sentences, all for the same number of steps, numbered from 0 if not given."""
        numbers = range(len(ids)) if numbers is None else numbers
        return cls(table, ids, (steps,) * len(ids), tuple(numbers))

    @classmethod
    def of_rates(cls, rates: Sequence[np.ndarray], steps: int) -> PoissonStimulus:
        """Present sentences given as rates, each of shape (words, features)."""
        ends = np.cumsum([len(sentence) for sentence in rates])
        ids = [
            np.arange(end - len(sentence), end) for end, sentence in zip(ends, rates, strict=True)
        ]
        return cls.of_words(np.concatenate(rates), ids, steps)

    def refined(self, parts: int) -> PoissonStimulus:
        """Return it with each step parted, at the same rate (:mod:`networks.description.refining`).

        Parameters
        ----------
        parts : int
            Into how many.
        """
        durations = tuple(parts * steps for steps in self.durations)
        return replace(self, table=self.table / parts, durations=durations)

    @property
    def words(self) -> list[int]:
        """Number of words of each sentence."""
        return [len(ids) for ids in self.ids]

    @property
    def features(self) -> set[int]:
        """All numbers of features that words have: one, if it is to be presented."""
        return {self.table.shape[1]}


@dataclass(frozen=True)
class SpikeStimulus:
    """Sentences as given spikes.

    Attributes
    ----------
    spikes : sequence of numpy.ndarray of bool, each of shape (steps, positions, ...)
        Input spikes of each presentation; what follows the positions is the input's.

    Examples
    --------
    >>> import numpy as np
    >>> from networks.brian import SpikeStimulus
    >>> stimulus = SpikeStimulus([np.zeros((50, 3, 300), dtype=bool)])
    >>> stimulus.durations, stimulus.words, stimulus.features
    ((50,), [3], {300})
    """

    spikes: Sequence[np.ndarray]

    def __repr__(self) -> str:
        return f"<SpikeStimulus of {_lengths(self)}, {sum(map(np.sum, self.spikes)):,} spikes>"

    def refined(self, parts: int) -> SpikeStimulus:
        """Return it with each step parted; what spiked in a step spikes in the first part of it."""
        fine = []
        for spikes in self.spikes:
            parted = np.zeros((len(spikes) * parts, *spikes.shape[1:]), dtype=bool)
            parted[::parts] = spikes
            fine.append(parted)
        return SpikeStimulus(fine)

    @cached_property
    def durations(self) -> tuple[int, ...]:
        """Steps each sentence is presented for."""
        return tuple(len(spikes) for spikes in self.spikes)

    @property
    def words(self) -> list[int]:
        """Number of words of each sentence."""
        return [spikes.shape[1] for spikes in self.spikes]

    @property
    def features(self) -> set[int]:
        """All numbers of features that words have: one, if it is to be presented."""
        return {prod(spikes.shape[2:]) for spikes in self.spikes}


Stimulus = PoissonStimulus | SpikeStimulus


def _lengths(stimulus: Stimulus) -> str:
    """Say how many presentations there are, and how long all of them take."""
    return f"{len(stimulus.durations):,} presentations in {sum(stimulus.durations):,} steps"
