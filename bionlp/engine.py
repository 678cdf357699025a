"""How Brian 2 runs a network: backend, synapses, precision, neurons, and the duration of a step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from brian2 import ms

from bionlp.classifier import TextClassifier
from bionlp.errors import BackendError, UsageError
from networks.brian import (
    EXTERNAL,
    PRECISIONS,
    SYNAPSES,
    BackendUnavailable,
    ModelError,
    NeuronModel,
    choose_backend,
    choose_synapses,
    refined,
)
from networks.brian.cython_cache import CYTHON
from networks.brian.program import PROGRAMS

DT_MS = 1.0
"""Duration of a step that networks are trained for."""
MOST_PARTS, PARTED = 1000, 1e-6


@dataclass(frozen=True)
class Engine:
    """How Brian 2 runs a network; see :class:`networks.brian.BrianNetwork`.

    Attributes
    ----------
    backend : str
        One of :data:`networks.brian.BACKENDS`, or ``auto``.
    synapses : str
        ``shared``, ``stock``, or ``auto`` for what is best for the backend.
    precision : str
        ``double`` or ``single``.
    neurons : mapping of str to NeuronModel, optional
        Neurons in place of the trained ones, by layer, see :mod:`networks.brian.neuron_model`;
        ``all`` for layers that are not named.
    dt_ms : float
        Duration of a step in milliseconds: 1, for which networks are trained, or a whole part of
        it, see :func:`networks.description.refine`.

    Raises
    ------
    UsageError
        If synapses or precision do not exist, or the step is no such part.

    Examples
    --------
    >>> from bionlp import Engine, load_classifier, simulate
    >>> engine = Engine("numpy", dt_ms=0.5)
    >>> (recording,) = simulate(load_classifier("mr"), "a gripping film", steps=10, engine=engine)
    >>> recording.sizes["time"]
    20
    """

    backend: str = "auto"
    synapses: str = "auto"
    precision: str = "double"
    neurons: Mapping[str, NeuronModel] | None = None
    dt_ms: float = DT_MS

    def __post_init__(self):
        exact = DT_MS / self.dt_ms if self.dt_ms > 0 else 0
        if not (1 <= round(exact) <= MOST_PARTS and abs(exact - round(exact)) < PARTED * exact):
            raise UsageError(
                f"a step lasts {DT_MS:g} ms divided by a whole number up to {MOST_PARTS}, such as "
                f"0.5 or 0.1, not {self.dt_ms:g}"
            )
        known = {"synapses": ("auto", *SYNAPSES), "precision": tuple(PRECISIONS)}
        for name, choices in known.items():
            if getattr(self, name) not in choices:
                raise UsageError(
                    f"unknown {name} {getattr(self, name)!r}; choose one of {', '.join(choices)}"
                )

    def chosen(self, presentations: int) -> Engine:
        """Return the engine with ``auto`` replaced by what is best for so many sentences.

        One that is presented in ten times as many steps is as good as ten of them.
        """
        synapses = None if self.synapses == "auto" else self.synapses
        with backend_errors():
            backend = choose_backend(self.backend, presentations * self.parts, synapses)
        return replace(self, backend=backend, synapses=synapses or choose_synapses(backend))

    @property
    def parts(self) -> int:
        """How many parts of a trained step there are."""
        return round(DT_MS / self.dt_ms)

    @property
    def options(self) -> dict[str, Any]:
        """What :class:`networks.brian.BrianNetwork` is told."""
        neurons = None
        if self.neurons is not None:
            neurons = {name: refined(model, self.parts) for name, model in self.neurons.items()}
        own = {name: getattr(self, name) for name in ("backend", "synapses", "precision")}
        return own | {"neurons": neurons, "dt": self.dt_ms * ms}

    @property
    def document(self) -> dict[str, Any]:
        """The same for JSON, with the titles of neurons."""
        own = {name: getattr(self, name) for name in ("backend", "synapses", "precision")}
        neurons = {name: model.called for name, model in (self.neurons or {}).items()}
        return own | {"dt_ms": self.dt_ms, "neurons": neurons or None}

    @property
    def as_trained(self) -> bool:
        """Whether networks are run with the neurons and steps that they were trained with."""
        return self.neurons is None and self.parts == 1

    def require_trained(self, what: str) -> None:
        """See that the network is run as it was trained.

        Raises
        ------
        UsageError
            If it has other neurons or steps.
        """
        if not self.as_trained:
            raise UsageError(
                f"{what} PyTorch, which has the trained neurons and steps alone; leave --neurons "
                "and --dt out"
            )

    @property
    def caches(self) -> tuple[str, ...]:
        """Folders of the cache that the backend compiles into, for :class:`bionlp.workers.Work`."""
        return {"cpp_standalone": (PROGRAMS,), "cython": (CYTHON,)}.get(self.backend, ())

    @property
    def once_a_process(self) -> bool:
        """Whether the backend can run a single network in the life of a process."""
        return self.backend in EXTERNAL


DEFAULT_ENGINE = Engine()


def as_run(classifier: TextClassifier, engine: Engine) -> TextClassifier:
    """Return a classifier without what was measured of the trained neurons, if it has others."""
    return classifier if engine.as_trained else replace(classifier, calibration=None)


@contextmanager
def backend_errors() -> Iterator[None]:
    """Turn what a backend cannot do into an error for users.

    Raises
    ------
    BackendError
        If the block finds that the backend cannot run here.
    UsageError
        If it finds that neurons that are given cannot be simulated.
    """
    try:
        yield
    except BackendUnavailable as error:
        raise BackendError(str(error)) from error
    except ModelError as error:
        raise UsageError(str(error)) from error
