"""Spiking networks as live Brian 2 networks.

Each layer of a description becomes a :class:`brian2.NeuronGroup` with equation-defined dynamics,
each connection :class:`brian2.Synapses`, the input a :class:`brian2.PoissonGroup` or, when spikes
are given, a :class:`brian2.SpikeGeneratorGroup`. Building, running and recording are separate:

>>> with BrianNetwork(description, PoissonStimulus([rates], steps=50)) as network:  # doctest: +SKIP
...     recorder = Recorder(network, membranes={"output": range(20)})
...     network.run(seed=1)
...     activity = recorder.activity(0)

Time. PyTorch computes a step of all layers at once; in Brian 2 a spike is delivered after the
threshold test of its step, so each layer lags one step behind its sources. In the default schedule
(groups, thresholds, synapses, resets), input added in the synapses slot and the reset decay once
before the next test. So synapses add ``w / decay`` and the reset subtracts ``threshold / decay``;
step n of the mathematics is then step n + latency of the simulation, exactly.
"""

from networks.brian.backends import BACKENDS, BackendUnavailable, choose_backend
from networks.brian.network import BrianNetwork
from networks.brian.recorder import Recorder
from networks.brian.stimulus import PoissonStimulus, SpikeStimulus

__all__ = [
    "BACKENDS",
    "BackendUnavailable",
    "BrianNetwork",
    "PoissonStimulus",
    "Recorder",
    "SpikeStimulus",
    "choose_backend",
]
