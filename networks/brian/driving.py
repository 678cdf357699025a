"""Neurons that are given as text, alone, with currents that are known.

How a model answers to currents is its f-I curve, and more than that if the currents change with
time. Here each neuron is handed a current of its own in each step, as if synapses had added it up,
and nothing else is there.
"""

from __future__ import annotations

import brian2
import numpy as np

from networks.brian.backends import codegen_target
from networks.brian.neuron_model import NeuronModel
from networks.brian.private import NamesApart, quiet_about_values, without_delay
from networks.brian.slots import slot
from networks.brian.text_neurons import TextNeurons, in_bounds
from networks.description import Population


def drive(
    population: Population, model: NeuronModel, currents: np.ndarray, dt: brian2.Quantity
) -> np.ndarray:
    """Count the spikes that currents call forth.

    Parameters
    ----------
    population : Population
        Whose neurons are replaced; text may refer to their parameters.
    model : NeuronModel
        By what.
    currents : numpy.ndarray, shape (steps, neurons)
        Input of each neuron in each step, as the network's weights have it.
    dt : brian2.Quantity
        Duration of a step.

    Returns
    -------
    numpy.ndarray of float, shape (neurons,)
        Spikes of each neuron; NaN where a variable left all bounds.

    Raises
    ------
    ModelError
        If the text makes no sense.
    """
    text, names = TextNeurons(population, model, dt), NamesApart()
    own = [slot(step, population.name) for step in text.steps]
    try:
        with names.choosing(), codegen_target("numpy"), np.errstate(all="ignore"):
            clock = brian2.Clock(dt)
            group = text.group(clock, constant=None, dtype=np.float64)
            # Those of refractoriness are so by themselves.
            for variable in text.initial.keys() - {"lastspike", "not_refractory"}:
                group.variables[variable].set_value(text.initial[variable])
            group.namespace["arriving"] = brian2.TimedArray(currents, dt=dt)
            group.run_regularly(
                f"{text.receives} += arriving(t, i)",
                clock=clock,
                when=slot("input", population.name),
            )
            fired = brian2.SpikeMonitor(group, record=False)
            network = brian2.Network(group, fired)
            network.schedule = ["start", *own, "groups", "thresholds", "synapses", "resets", "end"]
            with quiet_about_values([group.name]), without_delay():
                network.run(len(currents) * dt, namespace={})
            within = [in_bounds(group.variables[name].get_value()) for name in text.initial]
            return np.where(np.all(within, axis=0), fired.count, np.nan)
    finally:
        names.give_up()
