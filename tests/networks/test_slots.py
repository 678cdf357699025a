"""The order within a step, and the silence between presentations."""

import brian2
import numpy as np
import pytest

from networks.brian import BrianNetwork, Recorder, SpikeStimulus
from networks.brian.slots import schedule_of, silence
from networks.description import Connection, Network, Population
from networks.neurons import LIF, Input
from networks.neurons.integrator import LI
from networks.neurons.model import RESETS
from networks.transforms import Dense


def chain(*neurons, delays=()):
    """Populations of one neuron, each hears the one before."""
    populations = [Population("input", (1,), Input())]
    connections = []
    for number, neuron in enumerate(neurons):
        name, before = f"p{number}", populations[-1].name
        populations.append(Population(name, (1,), neuron))
        delay = delays[number] if delays else 0
        connections.append(Connection(before, name, Dense(np.ones((1, 1))), delay))
    return Network(tuple(populations), tuple(connections))


def test_populations_are_computed_one_after_the_other_each_with_its_reset():
    network = chain(*(LIF(reset=reset) for reset in RESETS), LI())
    assert schedule_of(network) == [
        "start",
        *("leak_p0", "input_p0", "drive_p0", "test_p0", "reset_p0"),
        *("reset_p1", "leak_p1", "input_p1", "drive_p1", "test_p1"),
        *("leak_p2", "reset_p2", "input_p2", "drive_p2", "test_p2"),
        *("leak_p3", "input_p3", "drive_p3", "reset_p3", "test_p3"),
        *("leak_p4", "input_p4", "drive_p4", "test_p4", "reset_p4"),
        *("groups", "thresholds", "synapses", "resets", "end"),
    ]


def test_the_order_is_that_of_the_network_and_not_of_the_list():
    network = chain(LIF(), LIF())
    turned = Network(network.populations[::-1], network.connections)
    assert schedule_of(turned) == schedule_of(network)


@pytest.mark.parametrize(
    ("reset", "delays", "steps"),
    [
        ("at once", (0, 0), 0),
        ("at once", (2, 0), 2),
        ("after leak", (0, 0), 1),
        ("before leak", (0, 0), 1),
        ("after input", (0, 3), 3),
    ],
)
def test_silence_lasts_as_long_as_what_has_happened_can_act(reset, delays, steps):
    network = chain(LIF(reset=reset), LIF(reset="at once"), delays=delays)
    assert silence(network) == steps
    presentations = SpikeStimulus([np.ones((4, 1), dtype=bool)] * 3)
    with BrianNetwork(network, presentations, backend="numpy", synapses="stock") as brian:
        assert brian.begin.tolist() == [n * (4 + steps) for n in range(4)]
    with BrianNetwork(network, presentations, backend="numpy", synapses="shared") as brian:
        assert brian.begin.tolist() == [0, 4, 8, 12]


@pytest.mark.parametrize("synapses", ["shared", "stock"])
def test_populations_that_hear_nothing_are_silent(synapses):
    populations = (Population("input", (2,), Input()), Population("alone", (3,), LIF(decay=0.5)))
    stimulus = SpikeStimulus([np.ones((4, 2), dtype=bool)] * 2)
    network = Network(populations, ())
    with BrianNetwork(network, stimulus, backend="numpy", synapses=synapses) as brian:
        recorder = Recorder(brian, membranes={"alone": range(3)})
        brian.run(seed=0)
        for activity in recorder.read().activities():
            assert not activity["alone"].spikes.any()
            np.testing.assert_array_equal(activity["alone"].membrane, np.zeros((4, 3)))
            assert activity["input"].spikes.all()


# Names that are also those of slots, of steps, of Brian 2's objects, or begin like one of ours.
NAMES = ("start", "synapses", "steps", "leak", "input_p0", "network", "N", "w", "v", "spikes")


@pytest.mark.parametrize("synapses", ["shared", "stock"])
def test_populations_may_have_any_name(synapses):
    populations = [Population("input", (1,), Input())]
    populations += [Population(name, (1,), LIF(threshold=0.5)) for name in NAMES]
    pairs = zip(("input", *NAMES), NAMES, strict=False)
    connections = [Connection(a, b, Dense(np.ones((1, 1)))) for a, b in pairs]
    network = Network(tuple(populations), tuple(connections))
    fired = np.array([[True], [False], [False]])
    with BrianNetwork(
        network, SpikeStimulus([fired] * 2), backend="numpy", synapses=synapses
    ) as brian:
        recorder = Recorder(brian, membranes={name: [0] for name in NAMES})
        brian.run(seed=0)
        for activity in recorder.read().activities():
            for name in network.shapes:
                np.testing.assert_array_equal(activity[name].spikes, fired, err_msg=name)


def test_brian_2_schedules_everything_else_around_them():
    network = chain(LIF(threshold=0.5), LIF(threshold=0.5))
    seen = {}
    with BrianNetwork(network, SpikeStimulus([np.ones((1, 1), dtype=bool)]), backend="numpy") as b:

        def look(when):
            def operation():
                seen[when] = [len(b.groups[name].spikes) for name in network.order]

            return brian2.NetworkOperation(operation, clock=b.clock, when=when, name=f"{when}_seen")

        moments = ("before_start", "after_start", "after_test_p0", "after_test_p1", "groups", "end")
        b.network.add([look(when) for when in moments])
        b.run(seed=0)
    assert seen == {
        "before_start": [0, 0, 0],
        "after_start": [1, 0, 0],
        "after_test_p0": [1, 1, 0],
        "after_test_p1": [1, 1, 1],
        "groups": [1, 1, 1],
        "end": [1, 1, 1],
    }
