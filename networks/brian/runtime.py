"""Where a built network runs: in this process, in a compiled program, or on a device of others.

    open_runtime(backend) -> building() ... Brian 2's objects are made ...  -> run() -> close()

Each run begins at time 0, and what monitors hold afterwards is that run.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import brian2
import numpy as np
from threadpoolctl import threadpool_limits

from networks.brian.backends import EXTERNAL, check_device_is_free, codegen_target
from networks.brian.external import ExternalProject
from networks.brian.private import forget_sizes, rewind
from networks.brian.program import StandaloneProject
from networks.brian.schedule import Schedule
from networks.brian.shared_weights import SharedWeightSynapses

Advance = Callable[[float], None]


class Runtime(ABC):
    """Where a network runs, open from before it is built until :meth:`close`."""

    records_after_reset = False
    """Whether membranes can only be recorded at the end of a step, after the reset."""
    own_clock = True
    """Whether a network may have a clock of its own."""

    def building(self) -> AbstractContextManager[None]:
        """Return the circumstances in which objects are made."""
        return nullcontext()

    @abstractmethod
    def run(
        self,
        network: brian2.Network,
        steps: int,
        dt: brian2.Quantity,
        *,
        plan: Schedule | None,
        advance: Advance | None,
    ) -> None:
        """Run a network from time 0.

        Parameters
        ----------
        network : brian2.Network
            The same in every call.
        steps : int
            Duration.
        dt : brian2.Quantity
            Duration of a step.
        plan : Schedule or None
            What is presented, if the network reads it.
        advance : callable, optional
            Called now and then with the fraction done.
        """

    @abstractmethod
    def close(self) -> None:
        """Give back what is held."""


class InProcess(Runtime):
    """Brian 2's own loop, with code for NumPy or Cython.

    Parameters
    ----------
    target : {"numpy", "cython"}
        What code is generated for.
    """

    def __init__(self, target: str):
        self._target, self._ran = target, False

    def building(self) -> AbstractContextManager[None]:
        """Set the target."""
        return codegen_target(self._target)

    def run(
        self,
        network: brian2.Network,
        steps: int,
        dt: brian2.Quantity,
        *,
        plan: Schedule | None,
        advance: Advance | None,
    ) -> None:
        """Run the loop."""
        if self._ran:
            rewind(network)
            for counting in network.objects:
                if isinstance(counting, SharedWeightSynapses):
                    counting.variables["events"].set_value(0)
        self._ran = True

        def report(_elapsed: Any, completed: float, _start: Any, _duration: Any) -> None:
            if advance:
                advance(completed)

        # The matrix products of a step are so small that threads would mostly wait for each other.
        blas = threadpool_limits(1, user_api="blas")
        with codegen_target(self._target), blas:
            period = 1 * brian2.second
            # All names are known to the groups; those of functions here would only hide some.
            network.run(steps * dt, report=report, report_period=period, namespace={})

    def close(self) -> None:
        """Nothing is held."""


class Compiled(Runtime):
    """A C++ program of Brian 2's standalone device (:mod:`networks.brian.program`)."""

    def __init__(self) -> None:
        self._project = StandaloneProject()

    def run(
        self,
        network: brian2.Network,
        steps: int,
        dt: brian2.Quantity,
        *,
        plan: Schedule | None,
        advance: Advance | None,
    ) -> None:
        """Compile the program where that is needed, and run it."""
        forget_sizes(network)
        self._project.run(network, steps, dt, plan=plan, advance=advance)

    def close(self) -> None:
        """Give Brian 2 its runtime device back."""
        self._project.close()


class External(Runtime):
    """GeNN or CUDA (:mod:`networks.brian.external`), once in the life of a process."""

    own_clock = False

    def __init__(self, backend: str, dt: brian2.Quantity, dtype: type[np.floating]):
        self._project = ExternalProject(backend, dt=dt, dtype=dtype)
        self.records_after_reset = self._project.records_after_reset

    def run(
        self,
        network: brian2.Network,
        steps: int,
        dt: brian2.Quantity,
        *,
        plan: Schedule | None,
        advance: Advance | None,
    ) -> None:
        """Compile the program and run it."""
        self._project.run(network, steps * dt)

    def close(self) -> None:
        """Give Brian 2 its runtime device back."""
        self._project.close()


def open_runtime(backend: str, dt: brian2.Quantity, dtype: type[np.floating]) -> Runtime:
    """Open the runtime of a backend.

    Parameters
    ----------
    backend : str
        One of :data:`networks.brian.BACKENDS`.
    dt : brian2.Quantity
        Duration of a step.
    dtype : type
        Precision of the neurons' variables.

    Returns
    -------
    Runtime
        To be closed.

    Raises
    ------
    BackendUnavailable
        If another device is in use in this process.
    """
    check_device_is_free()
    if backend in EXTERNAL:
        return External(backend, dt, dtype)
    return Compiled() if backend == "cpp_standalone" else InProcess(backend)
