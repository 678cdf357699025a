"""Text classifiers as spiking networks in Brian 2.

>>> import bionlp
>>> classifier = bionlp.load_classifier("mr")
>>> (recording,) = bionlp.simulate(classifier, "a gripping , funny and moving film", seed=1)
>>> recording.attrs["label_name"]
'positive'

Names are looked up when they are asked for, so importing this costs nothing. The networks
themselves are in :mod:`networks`, figures and numbers of recordings in :mod:`analysis`.
"""

from __future__ import annotations

import importlib as _importlib
import importlib.util as _util
from pathlib import Path as _Path
from typing import TYPE_CHECKING as _TYPE_CHECKING

_MODULES = {
    "bionlp.checkpoint": ("bundled_models", "load_classifier", "save_classifier"),
    "bionlp.classifier": ("Sentence", "TextClassifier"),
    "bionlp.datasets": ("Dataset", "Example", "load_dataset"),
    "bionlp.embeddings": ("load_word_vectors",),
    "bionlp.energy": ("measure_energy",),
    "bionlp.errors": ("BionlpError",),
    "bionlp.evaluation": ("evaluate",),
    "bionlp.prediction": ("predict",),
    "bionlp.recording": ("open_recording", "save_recording"),
    "bionlp.engine": ("Engine",),
    "bionlp.simulation": ("simulate",),
    "bionlp.training.recipe": ("train",),
    "bionlp.training.settings": ("TrainingSettings",),
    "bionlp.validation": ("compare_with_pytorch",),
}
if _TYPE_CHECKING:  # which cannot look names up when they are asked for
    from bionlp.checkpoint import bundled_models as bundled_models
    from bionlp.checkpoint import load_classifier as load_classifier
    from bionlp.checkpoint import save_classifier as save_classifier
    from bionlp.classifier import Sentence as Sentence
    from bionlp.classifier import TextClassifier as TextClassifier
    from bionlp.datasets import Dataset as Dataset
    from bionlp.datasets import Example as Example
    from bionlp.datasets import load_dataset as load_dataset
    from bionlp.embeddings import load_word_vectors as load_word_vectors
    from bionlp.energy import measure_energy as measure_energy
    from bionlp.engine import Engine as Engine
    from bionlp.errors import BionlpError as BionlpError
    from bionlp.evaluation import evaluate as evaluate
    from bionlp.prediction import predict as predict
    from bionlp.recording import open_recording as open_recording
    from bionlp.recording import save_recording as save_recording
    from bionlp.simulation import simulate as simulate
    from bionlp.training.recipe import train as train
    from bionlp.training.settings import TrainingSettings as TrainingSettings
    from bionlp.validation import compare_with_pytorch as compare_with_pytorch

_HOME = {name: module for module, names in _MODULES.items() for name in names}

__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name: str) -> object:
    if name == "__version__":
        return _importlib.import_module("importlib.metadata").version("bionlp")
    if name not in _HOME:
        raise AttributeError(f"module 'bionlp' has no attribute {name!r}")
    return getattr(_importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*(name for name in globals() if name.startswith("__")), *__all__})


def _check_neighbours() -> None:
    """See that the two packages that belong to this one are not shadowed by a user's own files.

    Raises
    ------
    ImportError
        If one is, by a file or folder of that name that Python finds first.
    """
    for name in ("analysis", "networks"):
        found = _util.find_spec(name)
        if found is None:
            raise ImportError(f"bionlp's package {name!r} is not installed; install bionlp again")
        origin = _Path(found.origin or next(iter(found.submodule_search_locations or ())))
        ours = _Path(__file__).parents[1] / name / "__init__.py"
        if origin.resolve() != ours.resolve():
            raise ImportError(
                f"{origin} is found in place of bionlp's package {name!r}: rename it, or start "
                "Python in another folder"
            )


_check_neighbours()
