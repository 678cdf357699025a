"""What a document of finished cells has to say, as pydantic models."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from bionlp.experiments.cells import (
    ATTACKED,
    CONTENDERS,
    DATASETS,
    ENCODERS,
    EXPERIMENTS,
    FIGURES,
    METHODS,
    READ,
    STEPS,
)
from bionlp.limits import MOST_SEED
from bionlp.strict import OneOf, Open
from bionlp.training.settings import RECIPES

Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=0)]
Setting = float | int | str | bool | list[int] | None


class Dev(Open):
    """How often a network was right on dev."""

    accuracy: Share


class Scores(Dev):
    """How often it was right on test."""

    macro_f1: Share
    majority: Share
    n: Count


class Energy(Open):
    """What a sentence costs."""

    sentences: Count
    steps: Count
    macs: Positive
    synaptic_operations: Amount
    neuron_updates: Amount
    spikes: dict[str, Amount]


class AfterSteps(Open):
    """How often a network was right after some steps, and what that took."""

    steps: Annotated[int, Field(gt=0)]
    accuracy: Share
    operations: Amount


class Early(Open):
    """How often a network was right whose presentations end early, and what that took."""

    longest: Annotated[int, Field(gt=0)]
    margin: Annotated[int, Field(gt=0)]
    dev_accuracy: Share
    accuracy: Share
    steps: Positive
    operations: Amount


class Identified(Open):
    """What every finished cell says of itself."""

    dataset: Annotated[str, OneOf(DATASETS)]
    method: Annotated[str, OneOf(METHODS)]
    recipe: Annotated[str, OneOf(RECIPES)]
    embeddings: str
    seed: Annotated[int, Field(ge=0, le=MOST_SEED)]
    settings: dict[str, Setting]
    seconds: Amount
    command: str
    versions: dict[str, str]


class Cell(Identified):
    """A finished cell."""

    changes: dict[str, float | int] = Field(default_factory=dict)
    dev: Dev
    test: Scores
    brian2: Scores | None = None
    best_epoch: Count | None = None
    dev_by_epoch: list[float] | None = None
    energy: Energy | None = None
    active_neurons: Share | None = None
    by_steps: Annotated[list[AfterSteps], Field(min_length=1)] | None = None
    early: Annotated[list[Early], Field(min_length=1)] | None = None


class Clean(Open):
    """How often a victim is right before it is attacked."""

    accuracy: Share
    interval: tuple[Share, Share]
    fresh: Share
    unstable: Share


class Robust(Open):
    """How often it is right afterwards, by one definition."""

    robust: Share
    interval: tuple[Share, Share]
    success: Share | None


Digits = Annotated[str, Field(pattern="^[01]+$")]


class Flags(Open):
    """A digit a sentence: whether it is right, and robust by each definition."""

    right: Digits
    once: Digits
    lasting: Digits
    insisting: Digits


class Attacked(Open):
    """What an attack with a share of the words came to."""

    n: Annotated[int, Field(ge=1)]
    right: Count
    clean: Clean
    once: Robust
    lasting: Robust
    insisting: Robust
    known: Share | None
    fresh_accuracy: Share
    undone: Share | None
    queries: Amount | None
    changed: Amount | None
    similarity: float | None
    unknown: Share | None
    flags: Flags


class AttackedCell(Identified):
    """An attack on a network."""

    attack: str
    noise: str
    plan: dict[str, Any]
    sentences_per_s: Amount
    words: Annotated[dict[str, Attacked], Field(min_length=1)]


class EncoderEnergy(Open):
    """What a sentence costs an encoder."""

    sentences: Count
    macs: Positive
    synaptic_operations: Amount
    neuron_updates: Amount
    spikes: dict[str, Amount]


class Taught(Open):
    """How a teacher was trained."""

    dev_accuracy: Share
    seconds: Amount


class EncoderCell(Identified):
    """A trained encoder."""

    dataset: Annotated[str, OneOf(READ)]
    method: Annotated[str, OneOf(CONTENDERS)]
    dev: Dev
    test: Scores
    metrics: dict[str, float]
    device: str
    kept_mib: Amount
    teacher: Taught | None
    energy: EncoderEnergy | None


class Document(Open):
    """All finished cells of a table or a figure."""

    table: Annotated[str, OneOf(EXPERIMENTS)]
    cells: list[Cell]


class AttackDocument(Open):
    """All finished attacks."""

    table: Annotated[str, OneOf([ATTACKED])]
    cells: list[AttackedCell]


class EncoderDocument(Open):
    """All trained encoders."""

    table: Annotated[str, OneOf([ENCODERS])]
    cells: list[EncoderCell]


KINDS: dict[str, type[Open]] = {ATTACKED: AttackDocument, ENCODERS: EncoderDocument}
"""What tables hold that are not of methods by datasets."""

SHOWN = {STEPS: ("by_steps", "early")} | dict.fromkeys(FIGURES, ("active_neurons",))
"""What must have been measured of every cell of an experiment."""


def check_document(raw: bytes, table: str) -> None:
    """See that a document is one of a table, with all that a page says of its cells.

    Parameters
    ----------
    raw : bytes
        The document, as JSON.
    table : str
        One of :data:`bionlp.experiments.cells.EXPERIMENTS`.

    Raises
    ------
    pydantic.ValidationError
        If a field is missing, or of another type.
    ValueError
        If it is of another table, or lacks what this one shows.
    """
    from bionlp.experiments.sweeps import SWEEPS  # which knows records

    document: Any = KINDS.get(table, Document).model_validate_json(raw)
    if document.table != table:
        raise ValueError(f"table: {document.table!r} is not {table!r}")
    swept = [sweep.setting for sweep in SWEEPS.get(table, ())]
    for number, cell in enumerate(document.cells):
        for name in ("length", *swept):
            if name not in cell.settings:
                raise ValueError(f"cells[{number}].settings.{name}: is missing")
        for name in swept:
            if type(cell.settings[name]) not in (int, float):
                raise ValueError(f"cells[{number}].settings.{name}: is no number")
        for name in SHOWN.get(table, ()):
            if getattr(cell, name) is None:
                raise ValueError(f"cells[{number}].{name}: is missing")
