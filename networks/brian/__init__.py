"""Spiking networks as live Brian 2 networks.

Each population of a description becomes a :class:`brian2.NeuronGroup` with equations of its own. By
default the input is one group that presents sentence after sentence
(:mod:`networks.brian.presentations`) and connections hold each weight once
(:mod:`networks.brian.shared_weights`). With ``synapses="stock"`` all is made of Brian 2's own
objects (:mod:`networks.brian.stock`). Building, running and recording are separate:

>>> import bionlp
>>> from networks.brian import BrianNetwork, PoissonStimulus, Recorder
>>> model = bionlp.load_classifier("mr")
>>> stimulus = PoissonStimulus.of_rates([model.read("a gripping film").rates], steps=10)
>>> with BrianNetwork(model.network, stimulus, backend="numpy") as network:
...     recorder = Recorder(network, membranes={"output": range(20)})
...     network.run(seed=1)
...     activity = recorder.activity(0)
>>> activity["output"].membrane.shape
(10, 20)

Time. Populations are computed one after the other within a step
(:mod:`networks.brian.slots`), so step n of the mathematics is step n of the simulation in each of
them. Devices with a schedule of their own let each population lag behind
(:mod:`networks.brian.lag`).
"""

from networks.brian.backends import (
    BACKENDS,
    EXTERNAL,
    GENN,
    BackendUnavailable,
    Unsupported,
    choose_backend,
    choose_synapses,
    missing,
)
from networks.brian.child import Job, run_in_child
from networks.brian.network import PRECISIONS, SYNAPSES, BrianNetwork
from networks.brian.neuron_model import ModelError, NeuronModel, refined
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
    "ModelError",
    "NeuronModel",
    "PoissonStimulus",
    "PoolingSynapses",
    "Recorded",
    "Recorder",
    "SpikeStimulus",
    "Stimulus",
    "Unsupported",
    "choose_backend",
    "choose_synapses",
    "missing",
    "refined",
    "run_in_child",
]
