r"""A network on GeNN, through Brian2GeNN.

GeNN generates code for one step of a whole network, for an NVIDIA GPU or for the CPU. Three things
are different from Brian 2's own devices:

- Input is a :class:`brian2.SpikeGeneratorGroup` in any case. Poisson spikes are drawn beforehand
  (:mod:`networks.brian.presentations`), so they are those of every other backend.
- A spike is delivered at the beginning of the next step, by way of a buffer that clearing the
  membranes does not clear. So each presentation ends with :data:`GATED` steps in which no neuron
  may fire: what is on its way arrives in it, and the membranes are cleared after it.
- Membranes can be recorded at the end of a step, after the reset, which is added again.

Brian2GeNN allows one run a process; :mod:`networks.brian.child` gives each run its own.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import brian2
import numpy as np
from brian2.devices.device import reset_device

from networks.brian.backends import check_device_is_free

GATED = 1
"""Steps at the end of a presentation in which no neuron may fire."""


class GennProject:
    """Brian 2's device is GeNN until it is closed.

    Parameters
    ----------
    use_gpu : bool
        Whether to run on an NVIDIA GPU.
    dt : brian2.Quantity
        Duration of a step.
    dtype : type
        Precision of everything.

    Raises
    ------
    BackendUnavailable
        If another device is in use in this process.
    """

    def __init__(self, *, use_gpu: bool, dt: brian2.Quantity, dtype: type[np.floating]):
        check_device_is_free()
        import brian2genn  # noqa: F401, registers the device

        self._folder = Path(tempfile.mkdtemp(prefix="bionlp-genn-"))
        self._dtype = brian2.prefs.core.default_float_dtype
        brian2.prefs.core.default_float_dtype = dtype
        brian2.set_device("genn", directory=str(self._folder), use_GPU=use_gpu)
        brian2.defaultclock.dt = dt

    def run(self, network: brian2.Network, duration: brian2.Quantity) -> None:
        """Compile a network and run it, once in the life of the process."""
        network.run(duration)

    def close(self) -> None:
        """Give Brian 2 its runtime device back and remove the program."""
        brian2.prefs.core.default_float_dtype = self._dtype
        reset_device()
        shutil.rmtree(self._folder, ignore_errors=True)
