"""A run in a process of its own, for devices of Brian 2 that run once in a process.

It reads what to do from a file in a folder and leaves there what was recorded. Modules are those of
the process that started it, whatever files of their names lie in the working folder.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from networks.activity import Membranes
from networks.brian.backends import EXTERNAL
from networks.brian.compiling import tell_of_device
from networks.brian.lag import latencies
from networks.brian.network import BrianNetwork
from networks.brian.recorded import Recorded
from networks.brian.recorder import Recorder
from networks.brian.stimulus import Stimulus
from networks.brief import Brief
from networks.description import Network

JOB, RESULT, LOG = "job.pickle", "recorded.pickle", "log.txt"
ROOT = Path(__file__).parents[2]
"""Where the packages lie that this process has imported."""
START = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from networks.brian.child import main; main(sys.argv[2])"
)
SHOWN = 20
"""Lines of the log that an error shows."""


@dataclass(frozen=True)
class Job(Brief):
    """What to run, and what to record.

    Attributes
    ----------
    description : Network
        The network.
    stimulus : PoissonStimulus or SpikeStimulus
        What it is shown.
    options : dict
        Further arguments of :class:`networks.brian.BrianNetwork`.
    seed : int
        Of Poisson input.
    layers, membranes
        As of :class:`networks.brian.Recorder`.

    Examples
    --------
    >>> import numpy as np
    >>> from networks import Connection, Dense, Input, LIF, Network, Population
    >>> from networks.brian import Job, SpikeStimulus
    >>> network = Network(
    ...     (Population("input", (1, 3), Input()), Population("output", (2,), LIF(threshold=2))),
    ...     (Connection(("input",), "output", Dense(np.ones((2, 3)))),),
    ... )
    >>> stimulus = SpikeStimulus([np.ones((10, 1, 3), dtype=bool)])
    >>> Job(network, stimulus, {"backend": "numpy"}, seed=0).run().counts("output").tolist()
    [[10, 10]]
    """

    description: Network
    stimulus: Stimulus
    options: dict[str, Any]
    seed: int
    layers: Iterable[str] | None = None
    membranes: Membranes | None = None

    def run(self) -> Recorded:
        """Do it, in this process."""
        with BrianNetwork(self.description, self.stimulus, **self.options) as network:
            recorder = Recorder(network, self.layers, self.membranes)
            network.run(seed=self.seed)
            return recorder.read()


def run_in_child(job: Job) -> Recorded:
    """Do a job in another process.

    Parameters
    ----------
    job : Job
        What to do.

    Returns
    -------
    Recorded
        What was recorded.

    Raises
    ------
    Unsupported
        If the backend cannot carry the network.
    RuntimeError
        If it failed, with the end of what the process said.

    Examples
    --------
    >>> import numpy as np
    >>> from networks import Connection, Dense, Input, LIF, Network, Population
    >>> from networks.brian import Job, SpikeStimulus, run_in_child
    >>> network = Network(
    ...     (Population("input", (1, 3), Input()), Population("output", (2,), LIF(threshold=2))),
    ...     (Connection(("input",), "output", Dense(np.ones((2, 3)))),),
    ... )
    >>> stimulus = SpikeStimulus([np.ones((10, 1, 3), dtype=bool)])
    >>> run_in_child(Job(network, stimulus, {"backend": "numpy"}, seed=0)).counts("output").tolist()
    [[10, 10]]
    """
    backend = job.options.get("backend")
    if backend in EXTERNAL:
        latencies(job.description, backend)
        tell_of_device(backend)
    with tempfile.TemporaryDirectory(prefix="bionlp-child-") as name:
        folder = Path(name)
        (folder / JOB).write_bytes(pickle.dumps(job))
        with (folder / LOG).open("wb") as log:
            command = [sys.executable, "-c", START, str(ROOT), name]
            done = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False)
        if done.returncode:
            said = (folder / LOG).read_text(encoding="utf-8", errors="replace").splitlines()
            raise RuntimeError("the simulation failed:\n" + "\n".join(said[-SHOWN:]))
        recorded: Recorded = pickle.loads((folder / RESULT).read_bytes())
        return recorded


def main(name: str) -> None:
    """Do the job in a folder."""
    folder = Path(name)
    recorded = pickle.loads((folder / JOB).read_bytes()).run()
    (folder / RESULT).write_bytes(pickle.dumps(recorded))
