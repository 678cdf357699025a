"""Neurons that a user asks for: a file, or a model of the shelf."""

from __future__ import annotations

from pathlib import Path

from bionlp.errors import UsageError
from bionlp.files import is_file
from bionlp.strict import read_file
from networks.brian.neuron_files import parse_neurons, shelf, shelf_model
from networks.brian.neuron_model import ALL, ModelError, NeuronModel

MOST_BYTES = 1_000_000


def find_neurons(source: str) -> dict[str, NeuronModel]:
    """Return the neurons that a user names.

    Parameters
    ----------
    source : str
        A model of the shelf, or a TOML file (:mod:`networks.brian.neuron_files`).

    Returns
    -------
    dict of str to NeuronModel
        By layer; ``all`` for layers that are not named.

    Raises
    ------
    UsageError
        If there is neither, or the file cannot be read.
    """
    if source in shelf():
        return {ALL: shelf_model(source)}
    path = Path(source)
    if not is_file(source):
        raise UsageError(
            f"there are no neurons {source!r}: name a TOML file, or one of {', '.join(shelf())}"
        )
    try:
        return parse_neurons(read_file(path, UsageError, MOST_BYTES).decode("utf-8"))
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: it is not UTF-8") from error
    except ModelError as error:
        raise UsageError(f"{path}: {error}") from error
