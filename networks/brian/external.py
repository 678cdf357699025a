"""A network on a simulator of another package: GeNN, through Brian2GeNN, or Brian2CUDA.

Both generate and compile a program for the whole network, for an NVIDIA GPU, or for the CPU in
GeNN's case. They have Brian 2's own objects only, and run one network in the life of a process;
:mod:`networks.brian.child` gives each run its own. Input is a :class:`brian2.SpikeGeneratorGroup`
in any case: Poisson spikes are drawn beforehand (:mod:`networks.brian.presentations`), so they are
those of every other backend. All runs on Brian 2's default clock: GeNN knows no other, and what
Brian2CUDA writes for synapses reads it whatever clock they have.

On GeNN two things more are different from Brian 2's own devices:

- A spike is delivered at the beginning of the next step, by way of a buffer that clearing the
  membranes does not clear. So each presentation ends with :data:`GATED` steps in which no neuron
  may fire: what is on its way arrives in it, and the membranes are cleared after it.
- Membranes can be recorded at the end of a step, after the reset, which is added again.
"""

from __future__ import annotations

import importlib
import tempfile
from contextlib import ExitStack
from typing import Any

import brian2
import numpy as np
from brian2.devices.device import reset_device

from networks.brian.backends import check_device_is_free, preferences

GATED = 1
"""Steps at the end of a presentation in which no neuron may fire, on GeNN."""

DEVICES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "genn": ("brian2genn", "genn", {"use_GPU": True}),
    "genn-cpu": ("brian2genn", "genn", {"use_GPU": False}),
    "cuda": ("brian2cuda", "cuda_standalone", {}),
}
"""The package of each backend, Brian 2's name of its device, and the options of that."""

CUDA_FLAGS = {
    # C++11, which Brian2CUDA asks for, is too old for the headers of CUDA 13; of two -std, the
    # last counts. And Brian2CUDA's own flags have -use_fast_math, which is not exact.
    "devices.cuda_standalone.cuda_backend.extra_compile_args_nvcc": ["-w", "-std=c++17"],
    "codegen.cpp.extra_compile_args_gcc": ["-w", "-O3", "-std=c++17"],
}


class ExternalProject:
    """Brian 2's device is that of another package until it is closed.

    Parameters
    ----------
    backend : str
        One of :data:`DEVICES`.
    dt : brian2.Quantity
        Duration of a step.
    dtype : type
        Precision of everything.

    Raises
    ------
    BackendUnavailable
        If another device is in use in this process.
    """

    def __init__(self, backend: str, *, dt: brian2.Quantity, dtype: type[np.floating]):
        check_device_is_free()
        package, device, options = DEVICES[backend]
        importlib.import_module(package)  # registers the device
        self._held = ExitStack()
        # Removed at the latest when the process ends.
        folder = self._held.enter_context(
            tempfile.TemporaryDirectory(prefix=f"bionlp-{backend}-", ignore_cleanup_errors=True)
        )
        flags = CUDA_FLAGS if backend == "cuda" else {}
        self._held.enter_context(preferences({"core.default_float_dtype": dtype, **flags}))
        brian2.set_device(device, directory=folder, **options)
        brian2.defaultclock.dt = dt
        self.records_after_reset = package == "brian2genn"

    def run(self, network: brian2.Network, duration: brian2.Quantity) -> None:
        """Compile a network and run it, once in the life of the process."""
        network.run(duration, namespace={})

    def close(self) -> None:
        """Give Brian 2 its runtime device and preferences back, and remove the program."""
        self._held.close()
        reset_device()
