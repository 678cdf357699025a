"""The state of a training between two epochs, as a file.

The first line says what it is and has the SHA-256 of the rest, which PyTorch wrote. The rest is
looked at only if that fits, and nothing in it is ever run.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import torch
from pydantic import ConfigDict, Field, JsonValue, ValidationError
from torch import Tensor

from bionlp.errors import CheckpointError, OutputError
from bionlp.files import atomic_path
from bionlp.limits import LARGEST
from bionlp.strict import Strict, first_fault, one_line, read_file
from bionlp.training.origin import differences

if TYPE_CHECKING:
    from bionlp.training.fit import FitSettings

MAGIC = b"bionlp-training-state 1 "
MOMENTS = "state"
"""What optimisers call their memory of each weight."""
VARYING = ("lr", "last_epoch", "_step_count", "_last_lr")
"""What a training changes of optimisers and schedules, besides that."""
ADVICE = "choose another folder, or remove it to start the stage again"

Numbers = Annotated[list[float], Field(min_length=1)]
Weights = dict[str, Tensor]
Kept = TypeVar("Kept", bound=Strict)


class Past(Strict):
    """What happened, epoch by epoch; a loss may be no number where a training went astray."""

    model_config = ConfigDict(allow_inf_nan=True)

    loss: Numbers
    dev_accuracy: Numbers
    seconds: Numbers


class State(Strict):
    """All that a training needs to go on."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    settings: dict[str, bool | int | float]
    origin: dict[str, JsonValue]
    history: Past
    best: Weights
    model: Weights | None = None
    optimization: list[dict[str, Any]] | None = None


def state_folder(out: Path) -> Path:
    """Return where a training keeps its states, in the folder that its model will be in.

    Parameters
    ----------
    out : Path
        Folder of the model.

    Returns
    -------
    Path
        A folder in it, which may be missing.

    Raises
    ------
    OutputError
        If there is a finished model.
    """
    if os.path.lexists(out / "settings.json"):
        raise OutputError(f"{out} already holds a trained model; choose another folder")
    return out / "state"


def write_state(path: Path, **state: Any) -> None:
    """Write a state in place of an older one.

    Parameters
    ----------
    path : Path
        The file.
    **state
        The fields of :class:`State`, or of what else is kept, as plain values and tensors.

    Raises
    ------
    OutputError
        If it cannot be written; the older one stays.
    """
    stream = io.BytesIO()
    torch.save(state, stream)
    raw = stream.getvalue()
    with atomic_path(path) as temporary:
        temporary.write_bytes(MAGIC + hashlib.sha256(raw).hexdigest().encode() + b"\n" + raw)


def read_state(
    path: Path,
    settings: FitSettings,
    origin: Mapping[str, Any],
    expected: Mapping[str, Tensor],
    parts: int,
) -> State:
    """Read a state, if it belongs to a training.

    Parameters
    ----------
    path : Path
        The file.
    settings : FitSettings
        How long and how fast it is trained.
    origin : mapping of str to Any
        What it is trained with (:mod:`bionlp.training.origin`).
    expected : mapping of str to Tensor
        Weights of the network.
    parts : int
        How many optimisers and schedules there are.

    Returns
    -------
    State
        What to go on with.

    Raises
    ------
    CheckpointError
        If it is damaged, or of another training. The message says what differs.
    """
    state = read_kept(path, State)
    begun = _settings(path, state, settings)
    other = [field.name for field in fields(begun) if _differ(begun, settings, field.name)]
    changed = ([f"settings ({', '.join(other)})"] if other else []) + differences(
        state.origin, origin
    )
    refuse_others(path, changed)
    lengths = {len(numbers) for numbers in state.history.model_dump().values()}
    done = len(state.history.loss)
    if lengths != {done} or done > settings.epochs:
        raise no_state(path, f"history: not one entry for each of up to {settings.epochs} epochs")
    _check_weights(path, "best", state.best, expected)
    if done < settings.epochs:
        _check_weights(path, "model", state.model, expected)
        if len(state.optimization or ()) != parts:
            raise no_state(path, f"optimization: not of {parts} parts")
    return state


def read_kept(path: Path, kind: type[Kept]) -> Kept:
    """Read what :func:`write_state` wrote.

    Parameters
    ----------
    path : Path
        The file.
    kind : type of Strict
        The fields that it must have.

    Returns
    -------
    Strict
        Its content.

    Raises
    ------
    CheckpointError
        If it is damaged, or of another kind.
    """
    raw = _intact(path)
    try:
        document = torch.load(io.BytesIO(raw), weights_only=True)
    except Exception as error:  # whatever PyTorch makes of a file that is none
        raise no_state(path, one_line(error)) from error
    if not isinstance(document, dict):
        raise no_state(path, "it has no fields")
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        raise no_state(path, first_fault(error, document)) from error


def refuse_others(path: Path, changed: Sequence[str]) -> None:
    """Refuse the file of a training that differs in something.

    Raises
    ------
    CheckpointError
        If it does; the message says in what.
    """
    if changed:
        raise CheckpointError(
            f"{path} belongs to a training with other {' and '.join(changed)}; {ADVICE}"
        )


def take_up(path: Path, parts: Sequence[Any], saved: Sequence[Mapping[str, Any]]) -> None:
    """Put optimisers and schedules into the state that they were in.

    Raises
    ------
    CheckpointError
        If it is none of theirs.
    """
    try:
        for number, (part, state) in enumerate(zip(parts, saved, strict=True)):
            own = {name: value for name, value in part.state_dict().items() if name != MOMENTS}
            rest = {name: value for name, value in state.items() if name != MOMENTS}
            if not _alike(own, rest) or not _fit(part, state.get(MOMENTS, {})):
                raise ValueError(f"part {number} is of another kind")
            part.load_state_dict(state)
    except Exception as error:  # whatever PyTorch makes of a state that is none
        raise no_state(path, f"optimization: {one_line(error)}") from error


def _alike(own: Any, given: Any, varying: bool = False) -> bool:
    """Tell whether plain values are the same, but for numbers that a training changes."""
    if isinstance(own, dict):
        same = isinstance(given, dict) and own.keys() == given.keys()
        return same and all(_alike(own[name], given[name], name in VARYING) for name in own)
    if isinstance(own, list | tuple):
        same = type(own) is type(given) and len(own) == len(given)
        return same and all(_alike(*pair, varying) for pair in zip(own, given, strict=True))
    if varying:
        return type(given) in (int, float) and 0 <= given <= LARGEST
    return type(own) is type(given) and own == given


def _fit(part: Any, moments: Any) -> bool:
    """Tell whether what an optimiser remembers of weights has their shapes."""
    groups = getattr(part, "param_groups", [])
    weights = [weight for group in groups for weight in group["params"]]
    if not isinstance(moments, dict) or not moments.keys() <= set(range(len(weights))):
        return False
    return all(
        isinstance(of_one, dict)
        and of_one.keys() == {"step", "exp_avg", "exp_avg_sq"}
        and all(_is_moment(value, weights[number], name) for name, value in of_one.items())
        for number, of_one in moments.items()
    )


def _is_moment(value: Any, weight: Tensor, name: str) -> bool:
    if name == "step":
        single = type(value) is int or (isinstance(value, Tensor) and value.shape == ())
        return single and 0 < float(value) <= LARGEST
    return _is_like(value, weight)


def _intact(path: Path) -> bytes:
    raw = read_file(path, CheckpointError)
    head, _, rest = raw.partition(b"\n")
    if not head.startswith(MAGIC):
        raise no_state(path, "it does not begin like one")
    if head != MAGIC + hashlib.sha256(rest).hexdigest().encode():
        raise no_state(path, "it is truncated or was changed")
    return rest


def _settings(path: Path, state: State, settings: FitSettings) -> FitSettings:
    # A setting that a state lacks came later, and its default is what was done before.
    needed = {"epochs", "learning_rate", "batch_size", "seed"}
    unknown = state.settings.keys() - asdict(settings).keys()
    if unknown or not needed <= state.settings.keys():
        wrong = min(map(str, unknown or needed - state.settings.keys()))
        raise no_state(path, f"settings.{wrong}: is {'no setting' if unknown else 'missing'}")
    given: dict[str, Any] = state.settings
    return type(settings)(**given)


def _differ(a: Any, b: Any, name: str) -> bool:
    mine, theirs = getattr(a, name), getattr(b, name)
    return type(mine) is not type(theirs) or mine != theirs


def _check_weights(
    path: Path, name: str, given: Weights | None, expected: Mapping[str, Tensor]
) -> None:
    if given is None or given.keys() != expected.keys():
        raise no_state(path, f"{name}: {'is missing' if given is None else 'of other weights'}")
    for key, tensor in given.items():
        if not _is_like(tensor, expected[key]):
            raise no_state(path, f"{name}.{key}: of another shape or type of numbers")


def _is_like(value: Any, weight: Tensor) -> bool:
    """Tell whether something is a plain array of the shape and type of a weight."""
    plain = isinstance(value, Tensor) and value.layout == torch.strided
    return plain and value.shape == weight.shape and value.dtype == weight.dtype


def no_state(path: Path, why: str) -> CheckpointError:
    """Return the error of a file that is no state."""
    return CheckpointError(f"{path} is no training state of this version ({why}); {ADVICE}")
