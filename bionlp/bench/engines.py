"""The engines that are compared, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bionlp.errors import UsageError
from bionlp.training.settings import TrainingSettings


@dataclass(frozen=True)
class EngineSpec:
    """One engine.

    Attributes
    ----------
    name : str
        What it is called in results.
    module : str
        Module of :mod:`bionlp.bench` that measures it.
    options : dict
        For that module.
    batch : int
        Sentences that it computes at once.
    reference : str, optional
        Engine that its speed is compared with.
    part : str
        Of the benchmark: ``inference``, inference with other ``neurons``, ``training``, ``queries``
        of an attack, or ``whole``, a test split on all cores.
    twice : bool
        Whether it compiles code inside its process, so that only a second process, which finds the
        code in the cache, shows what a network costs without a compiler.
    """

    name: str
    module: str
    options: dict[str, Any] = field(default_factory=dict)
    batch: int = 1
    reference: str | None = None
    part: str = "inference"
    twice: bool = False


@dataclass(frozen=True)
class Conditions:
    """What is the same for all engines of a comparison.

    Attributes
    ----------
    threads : int
        Cores that an engine may use.
    repeats : int
        Most warm runs, of which the fastest counts.
    cache : str, optional
        Folder for all that is compiled, instead of the user's caches.
    """

    threads: int = 1
    repeats: int = 3
    cache: str | None = None


def _brian(name: str, synapses: str, backend: str, reference: str | None = None) -> EngineSpec:
    options = {"synapses": synapses, "backend": backend}
    return EngineSpec(name, "brian", options, reference=reference, twice=backend == "cython")


def _neurons(model: str, backend: str, reference: str) -> EngineSpec:
    options = {"synapses": "shared", "backend": backend, "neurons": model}
    name = f"text-{model}-{backend.removesuffix('_standalone')}"
    return EngineSpec(name, "brian", options, 1, reference, "neurons", twice=backend == "cython")


def _training(name: str, model: str, batch: int, reference: str | None = None) -> EngineSpec:
    return EngineSpec(name, "training", {"model": model}, batch, reference, "training")


def _queries(way: str, reference: str | None = None) -> EngineSpec:
    return EngineSpec(f"query-{way}", "queries", {"way": way}, 1, reference, "queries")


_USUAL = TrainingSettings()

ENGINES = {
    spec.name: spec
    for spec in (
        _brian("stock-cython", "stock", "cython"),
        _brian("stock-cpp", "stock", "cpp_standalone"),
        _brian("shared-numpy", "shared", "numpy", "stock-cython"),
        _brian("shared-cython", "shared", "cython", "stock-cython"),
        _brian("shared-cpp", "shared", "cpp_standalone", "stock-cpp"),
        _brian("genn-cpu", "stock", "genn-cpu", "stock-cpp"),
        _brian("genn", "stock", "genn", "stock-cpp"),
        _brian("cuda", "stock", "cuda", "stock-cpp"),
        EngineSpec("snntorch-b1", "pytorch", {"model": "snntorch"}),
        EngineSpec("snntorch-b64", "pytorch", {"model": "snntorch"}, 64, "snntorch-b1"),
        EngineSpec("torch", "pytorch", {"model": "torch"}, 32, "snntorch-b1"),
        _neurons("lif", "numpy", "shared-numpy"),
        _neurons("lif", "cpp_standalone", "shared-cpp"),
        _neurons("adex", "numpy", "shared-numpy"),
        _neurons("adex", "cython", "shared-cython"),
        _neurons("adex", "cpp_standalone", "shared-cpp"),
        _training("finetune-snntorch", "snntorch", _USUAL.finetuning_batch_size),
        _training("finetune-torch", "torch", _USUAL.finetuning_batch_size, "finetune-snntorch"),
        _training("encoder-repeated", "repeated", _USUAL.encoder_batch_size),
        _training("encoder-twin", "twin", _USUAL.encoder_batch_size, "encoder-repeated"),
        _training("encoder-words", "encoder", _USUAL.encoder_batch_size, "encoder-repeated"),
        _queries("whole"),
        _queries("batch", "query-whole"),
        _queries("word", "query-whole"),
    )
}

_SHARED_CPP = ENGINES["shared-cpp"].options

WHOLE = (
    EngineSpec("shared-cpp-all", "cores", _SHARED_CPP, 1, "snntorch-b64-all", "whole"),
    EngineSpec("snntorch-b64-all", "pytorch", {"model": "snntorch"}, 64, None, "whole"),
)
"""Engines that label a whole test split on all cores."""

WORKERS = EngineSpec("shared-cpp", "cores", _SHARED_CPP)
"""The engine that is measured with more and more workers."""


def choose_engines(names: str | None) -> list[EngineSpec]:
    """Return the engines that were asked for.

    Parameters
    ----------
    names : str, optional
        Names with commas between them; all engines without it.

    Returns
    -------
    list of EngineSpec
        In the order of :data:`ENGINES`, each once.

    Raises
    ------
    UsageError
        If one does not exist, or none is named.
    """
    if names is None:
        return list(ENGINES.values())
    asked = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in asked if name not in ENGINES]
    if unknown:
        raise UsageError(f"unknown engine {unknown[0]!r}; choose among {', '.join(ENGINES)}")
    if not asked:
        raise UsageError(f"name at least one engine of {', '.join(ENGINES)}")
    return [spec for name, spec in ENGINES.items() if name in asked]
