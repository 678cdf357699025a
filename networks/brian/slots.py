"""When each population is computed: slots of its own in Brian 2's schedule.

In Brian 2's usual schedule all groups are integrated, then tested, then spikes are delivered, so a
spike acts one step later on each population that it passes, and a population that hears another
over paths of different length hears different steps of it. Here the populations of a network are
computed one after the other within a step, in the network's order:

    leak, input, drive, test  of the first population,  leak, input, drive, test  of the next, ...

so that step n of all populations is step n of the simulation. The reset has its slot where the
neuron says (:data:`networks.neurons.model.RESETS`): before the test of a step, it resets the
neurons that fired in the step before. Neurons that are given as text
(:mod:`networks.brian.neuron_model`) may hold the current of a step while they are integrated; they
"leak" after the drive.

A spike of a population that is computed later, or that hears itself, is delivered in the next step:
when its synapses act, the spikes of the step before are still there. That is one step of its delay.
"""

from __future__ import annotations

from collections.abc import Mapping

from networks.description import Network
from networks.neurons import Neuron

STEPS = {
    "before leak": ("reset", "leak", "input", "drive", "test"),
    "after leak": ("leak", "reset", "input", "drive", "test"),
    "after input": ("leak", "input", "drive", "reset", "test"),
    "at once": ("leak", "input", "drive", "test", "reset"),
}
"""What happens to a population within a step, by the time of its reset."""
HOLDING = ("input", "drive", "leak", "test", "reset")
"""The same where the current of the step flows while the neurons are integrated."""


def slot(step: str, population: str) -> str:
    """Return the name of the slot in which something happens to a population."""
    return f"{step}_{population}"


def schedule_of(network: Network, steps: Mapping[str, tuple[str, ...]] | None = None) -> list[str]:
    """Return the slots of a network, with Brian 2's own around them for everything else.

    Parameters
    ----------
    network : Network
        The network.
    steps : mapping of str to tuple of str, optional
        What happens within a step to populations that are not as the network describes them.

    Returns
    -------
    list of str
        For :attr:`brian2.Network.schedule`.
    """
    own = [
        slot(step, population.name)
        for population in network.hidden
        for step in (steps or {}).get(population.name) or STEPS[time_of_reset(population.neuron)]
    ]
    return ["start", *own, "groups", "thresholds", "synapses", "resets", "end"]


def time_of_reset(neuron: Neuron) -> str:
    """Return when a neuron is reset; one that never fires is never reset, at any time."""
    return getattr(neuron, "reset", "at once")


def silence(network: Network) -> int:
    """Count the steps in which a network must not fire before its next presentation.

    What has happened in a presentation acts on the next one through resets that come in the next
    step and through spikes in flight. Devices that cannot forget these have to wait.
    """
    late = any(
        population.neuron.spikes and time_of_reset(population.neuron) != "at once"
        for population in network.hidden
    )
    longest = max((connection.delay for connection in network.connections), default=0)
    return max(1, longest) if late or longest else 0
