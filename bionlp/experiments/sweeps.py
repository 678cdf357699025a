"""The paper's figures: one setting is varied, all others are the recipe's.

Hyper-parameters are chosen by such figures, so what is drawn is accuracy on dev. The teachers and
the tailored TextCNN are trained once, with the recipe's own settings; the TextCNN is converted with
the changed one, and fine-tuned with it. A point at the recipe's own value is the cell without
changes, which all sweeps share, and its training is that of the tables. Fine-tuning for no epochs
is conversion. Time steps change no training: all points are the same two networks, presented for
shorter or longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bionlp.experiments.cells import Cell, list_cells
from bionlp.experiments.results import changes_of
from bionlp.experiments.store import Record

EPOCHS = "finetuning_epochs"


@dataclass(frozen=True)
class Sweep:
    """One setting and its values.

    Attributes
    ----------
    title : str
        What is varied.
    setting : str
        A field of :class:`bionlp.training.settings.TrainingSettings`.
    values : tuple of float
        Where it is measured.
    methods : tuple of str
        Some of :data:`bionlp.experiments.cells.METHODS`.
    active_neurons : bool
        Whether the share of active neurons is shown, too.
    logarithmic : bool
        Whether values differ by factors.
    """

    title: str
    setting: str
    values: tuple[float, ...]
    methods: tuple[str, ...] = ("converted", "finetuned")
    active_neurons: bool = False
    logarithmic: bool = False

    def cell(self, plain: Cell, value: float) -> Cell:
        """Return the point of a cell without changes at a value."""
        if self.setting == EPOCHS and value == 0:
            return replace(plain, method="converted")
        if getattr(plain.settings, self.setting) == value:
            return plain
        return replace(plain, changes=((self.setting, value),))

    def place(self, record: Record) -> tuple[str, float] | None:
        """Return the method whose line a finished cell lies on, and the value of the setting.

        None if another setting was changed.
        """
        if not changes_of(record).keys() <= {self.setting}:
            return None
        if self.setting == EPOCHS and record["method"] == "converted":
            return "finetuned", 0
        return record["method"], record["settings"][self.setting]


SWEEPS: dict[str, tuple[Sweep, ...]] = {
    "fig3": (
        Sweep("Neurons per class", "neurons_per_class", (1, 2, 5, 10, 20), logarithmic=True),
        Sweep("Decay", "decay", (0.5, 0.7, 0.9, 0.95, 1.0)),
    ),
    "fig4": (Sweep("Threshold", "threshold", (0.5, 0.75, 1.0, 1.5, 2.0), active_neurons=True),),
    "fig5": (
        Sweep("Epochs of fine-tuning", EPOCHS, (0, 1, 2, 3, 5, 8), methods=("finetuned",)),
        Sweep("Time steps", "steps", (2, 5, 10, 20, 30, 50, 75, 100), logarithmic=True),
    ),
}
"""For each of :data:`bionlp.experiments.cells.FIGURES`, what it varies."""

SWEPT = tuple(
    dict.fromkeys(
        method for sweeps in SWEEPS.values() for sweep in sweeps for method in sweep.methods
    )
)
"""The methods that occur in any of them."""


def list_points(
    figure: str,
    datasets: Sequence[str],
    seeds: Sequence[int],
    recipes: Sequence[str],
    embeddings: dict[str, str | None],
) -> list[Cell]:
    """List the points of a figure as cells, those of one training behind each other.

    Parameters
    ----------
    figure : str
        One of :data:`SWEEPS`.
    datasets, seeds, recipes, embeddings
        As of :func:`bionlp.experiments.cells.list_cells`.

    Returns
    -------
    list of Cell
        Each once, also if several sweeps have it.

    Raises
    ------
    UsageError
        If something of that name does not exist, or word vectors are missing.
    """
    sweeps = SWEEPS[figure]
    methods = list(dict.fromkeys(method for sweep in sweeps for method in sweep.methods))
    points = (
        sweep.cell(plain, value)
        for plain in list_cells(figure, datasets, methods, seeds, recipes, embeddings)
        for sweep in sweeps
        if plain.method in sweep.methods
        for value in sweep.values
    )
    return list(dict.fromkeys(points))
