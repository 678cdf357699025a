"""Spiking networks as live Brian 2 networks.

Each layer of a description becomes a :class:`brian2.NeuronGroup` with equation-defined dynamics.
By default the input is one group that presents sentence after sentence
(:mod:`networks.brian.presentations`) and connections hold each weight once
(:mod:`networks.brian.shared_weights`). With ``synapses="stock"`` all is made of Brian 2's own
objects (:mod:`networks.brian.stock`). Building, running and recording are separate:

>>> stimulus = PoissonStimulus.of_rates([rates], steps=50)  # doctest: +SKIP
>>> with BrianNetwork(description, stimulus) as network:  # doctest: +SKIP
...     recorder = Recorder(network, membranes={"output": range(20)})
...     network.run(seed=1)
...     activity = recorder.activity(0)

Time. PyTorch computes a step of all layers at once; in Brian 2 a spike is delivered after the
threshold test of its step, so each layer lags one step behind its sources. In the default schedule
(groups, thresholds, synapses, resets), input added in the synapses slot and the reset decay once
before the next test. So synapses add ``w / decay`` and the reset subtracts ``threshold / decay``;
step n of the mathematics is then step n + latency of the simulation, exactly.
"""

from networks.brian.backends import (
    BACKENDS,
    EXTERNAL,
    GENN,
    BackendUnavailable,
    choose_backend,
    choose_synapses,
    missing,
)
from networks.brian.child import Job, run_in_child
from networks.brian.network import PRECISIONS, SYNAPSES, BrianNetwork
from networks.brian.recorded import Recorded
from networks.brian.recorder import Recorder
from networks.brian.shared_weights import ConvolutionalSynapses, PoolingSynapses
from networks.brian.stimulus import PoissonStimulus, SpikeStimulus, Stimulus

__all__ = [
    "BACKENDS",
    "EXTERNAL",
    "GENN",
    "PRECISIONS",
    "SYNAPSES",
    "BackendUnavailable",
    "BrianNetwork",
    "ConvolutionalSynapses",
    "Job",
    "PoissonStimulus",
    "PoolingSynapses",
    "Recorded",
    "Recorder",
    "SpikeStimulus",
    "Stimulus",
    "choose_backend",
    "choose_synapses",
    "missing",
    "run_in_child",
]
