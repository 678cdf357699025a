"""What ``settings.json`` says in version 2, as pydantic models.

A neuron, a transform or a readout is ``{"type": CLASS, FIELD: VALUE, ...}``, where the class is
looked up among all that the description knows and the fields are those of its dataclass; so a new
class needs no change here. Arrays lie in ``model.safetensors`` and are referred to.
"""

from __future__ import annotations

import types
from dataclasses import fields
from functools import lru_cache
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin, get_type_hints

import numpy as np
from pydantic import AfterValidator, Field, StringConstraints, create_model

from bionlp.limits import MOST_SEED, MOST_STEPS
from bionlp.naming import NAME, name_of
from bionlp.strict import OneOf, Open, Strict
from networks.described import LATER, Described, Kinds
from networks.description import readout_kinds
from networks.neurons import neuron_models
from networks.transforms import transform_kinds

FORMAT = "bionlp-model"
VERSION = 2

RATES, WORDS = "rates", "words"
"""How sentences are shown: as Poisson spikes of all words in every step, which is so where nothing
is said, or as a spike a word, each in a step of its own."""

MOST_POSITIONS = 10**7
"""Along one axis of a population, and any other number that counts something."""
MOST_DELAY = 10_000
"""Steps: spikes of so many are kept."""


def _short_enough(name: str) -> str:
    if name_of(name) != name:
        raise ValueError("it is too long for the name of a folder")
    return name


Checksum = Annotated[str, StringConstraints(pattern=r"\A[0-9a-f]{64}\Z")]
ModelName = Annotated[str, StringConstraints(pattern=rf"\A{NAME}\Z"), AfterValidator(_short_enough)]
PartName = Annotated[str, StringConstraints(max_length=100)]
Positive = Annotated[int, Field(ge=1, le=MOST_POSITIONS)]
Whole = Annotated[int, Field(ge=-MOST_POSITIONS, le=MOST_POSITIONS)]
Seed = Annotated[int, Field(ge=0, le=MOST_SEED)]


class Reference(Strict):
    """An array of ``model.safetensors``."""

    array: Annotated[str, StringConstraints(max_length=300)]
    dtype: Literal["float32", "float64"]
    shape: Annotated[tuple[Annotated[int, Field(ge=0, le=2**62)], ...], Field(max_length=32)]


class Checksums(Strict):
    """SHA-256 of the other files."""

    arrays: Checksum = Field(alias="model.safetensors")
    words: Checksum = Field(alias="vocabulary.json")

    @property
    def by_file(self) -> dict[str, str]:
        """Checksums by the name of the file."""
        return self.model_dump(by_alias=True)


class Presentations(Open):
    """What is asked of the settings of a training."""

    steps: Annotated[int, Field(ge=1, le=MOST_STEPS)] = 1
    split_seed: Seed = 0


class Training(Open):
    """How a model was made; only some of it is ever asked for."""

    settings: Presentations = Presentations()
    dataset: str = ""
    dataset_sha256: Checksum | None = None
    scored: bool = False


class Common(Strict):
    """What all versions have, but for the network."""

    format: Annotated[str, OneOf([FORMAT])]
    name: str
    language: Literal["en", "zh"]
    label_names: Annotated[tuple[str, ...], Field(min_length=1, max_length=10_000)]
    training: Training
    sha256: Checksums


def settings_schema() -> type[Common]:
    """Return the model of a whole file, with all classes that are known now."""
    kinds = neuron_models(), transform_kinds(), readout_kinds()
    return _settings_schema(*(tuple(kind.items()) for kind in kinds))


@lru_cache(maxsize=1)
def _settings_schema(*kinds: tuple[tuple[str, type[Described]], ...]) -> type[Common]:
    neuron, transform, readout = (_one_of(dict(kind)) for kind in kinds)
    population = _model(
        "Population",
        name=PartName,
        shape=Annotated[tuple[Positive, ...], Field(min_length=1, max_length=8)],
        neuron=neuron,
    )
    connection = _model(
        "Connection",
        sources=Annotated[tuple[PartName, ...], Field(min_length=1)],
        target=PartName,
        delay=Annotated[int, Field(ge=0, le=MOST_DELAY)],
        transforms=Annotated[_several(transform), Field(min_length=1)],
    )
    network = _model(
        "Network",
        populations=_several(population),
        connections=_several(connection),
        readout=readout | None,
    )
    coding: Any = Literal["rates", "words"]
    asked = {"version": Literal[VERSION], "name": ModelName, "network": network}
    made = _model("Settings", Common, **asked, coding=(coding, RATES))
    return cast(type[Common], made)


def _model(name: str, base: type[Strict] = Strict, /, **asked: Any) -> type[Strict]:
    """Make a model in which nothing may be left out but what is asked with a default, as a pair."""
    fields: dict[str, Any] = {
        key: kind if isinstance(kind, tuple) else (kind, ...) for key, kind in asked.items()
    }
    made: type[Strict] = create_model(name, __base__=base, **fields)
    return made


def _several(kind: Any) -> Any:
    """Return the type of tuples of any length."""
    return tuple[kind, ...]


def _one_of(kinds: Kinds) -> Any:
    """Return the type of a part that is of one of several classes, by the name of its class."""
    models = tuple(_part(name, kind) for name, kind in kinds.items() if _is_open(kind))
    return Annotated[Union[models], Field(discriminator="type")]  # noqa: UP007


def _is_open(kind: type[Described]) -> bool:
    """Tell whether the types of a class's fields can be looked up by others.

    Those of a class that is made within a function cannot. It stands in no file, and must not keep
    others from being read.
    """
    try:
        get_type_hints(kind)
    except NameError:
        return False
    return True


def _part(name: str, kind: type[Described]) -> type[Strict]:
    hints = get_type_hints(kind)
    asked = {field.name: _written(hints[field.name]) for field in fields(kind)}
    asked |= {
        field.name: (asked[field.name], field.default)
        for field in fields(kind)
        if field.metadata == LATER
    }
    return _model(name, type=Literal[name], **asked)


def _written(hint: Any) -> Any:
    """Return the type that a field has in the file: references for arrays, numbers with bounds."""
    if hint is np.ndarray:
        return Reference
    if hint is int:
        return Whole
    if get_origin(hint) in (Union, types.UnionType):
        return Union[tuple(map(_written, get_args(hint)))]  # noqa: UP007
    if get_origin(hint) is tuple:
        parts: Any = tuple(part if part is ... else _written(part) for part in get_args(hint))
        return tuple[parts]
    return hint
