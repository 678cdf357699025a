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
from typing import TYPE_CHECKING as _TYPE_CHECKING

from bionlp.neighbours import settle as _settle

_settle()

# Only now is it certain whose this is.
from networks import names as _names  # noqa: E402

_MODULES = {
    "bionlp.checkpoint": ("bundled_models", "load_classifier", "save_classifier"),
    "bionlp.classifier": ("TextClassifier",),
    "bionlp.corpora": ("record_corpus",),
    "bionlp.datasets": ("Dataset", "Example", "load_dataset"),
    "bionlp.embeddings": ("load_word_vectors",),
    "bionlp.energy": ("measure_energy",),
    "bionlp.errors": ("BionlpError",),
    "bionlp.evaluation": ("evaluate",),
    "bionlp.prediction": ("predict",),
    "bionlp.recording": ("open_corpus", "open_recording", "save_recording", "take_sentence"),
    "bionlp.engine": ("Engine",),
    "bionlp.sentences": ("Sentence",),
    "bionlp.simulation": ("simulate",),
    "bionlp.training.recipe": ("train",),
    "bionlp.training.settings": ("TrainingSettings",),
    "bionlp.validation": ("compare_with_pytorch",),
}
if _TYPE_CHECKING:  # which cannot look names up when they are asked for
    from bionlp.checkpoint import bundled_models as bundled_models
    from bionlp.checkpoint import load_classifier as load_classifier
    from bionlp.checkpoint import save_classifier as save_classifier
    from bionlp.classifier import TextClassifier as TextClassifier
    from bionlp.corpora import record_corpus as record_corpus
    from bionlp.datasets import Dataset as Dataset
    from bionlp.datasets import Example as Example
    from bionlp.datasets import load_dataset as load_dataset
    from bionlp.embeddings import load_word_vectors as load_word_vectors
    from bionlp.energy import measure_energy as measure_energy
    from bionlp.engine import Engine as Engine
    from bionlp.errors import BionlpError as BionlpError
    from bionlp.evaluation import evaluate as evaluate
    from bionlp.prediction import predict as predict
    from bionlp.recording import open_corpus as open_corpus
    from bionlp.recording import open_recording as open_recording
    from bionlp.recording import save_recording as save_recording
    from bionlp.recording import take_sentence as take_sentence
    from bionlp.sentences import Sentence as Sentence
    from bionlp.simulation import simulate as simulate
    from bionlp.training.recipe import train as train
    from bionlp.training.settings import TrainingSettings as TrainingSettings
    from bionlp.validation import compare_with_pytorch as compare_with_pytorch

_offered, __dir__ = _names.offered(__name__, _MODULES)
__all__ = ["__version__", *sorted(name for names in _MODULES.values() for name in names)]


def __getattr__(name: str) -> object:
    if name == "__version__":
        return _importlib.import_module("importlib.metadata").version("bionlp")
    return _offered(name)
