"""Neuromorphic chips as data: what of their limits is published, and by whom.

What no source says is None, and is then not judged. Limits that follow from a shared memory, which
more neurons leave less of for weights, are none here: sources give the largest of each alone.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from networks.described import Described


@dataclass(frozen=True)
class Limit:
    """The most that a chip has of something.

    Attributes
    ----------
    most : int
        How much.
    source : str
        Who says so.
    """

    most: int
    source: str


@dataclass(frozen=True, eq=False)
class Chip(Described):
    """What a chip can hold.

    Attributes
    ----------
    title : str
        What it is called.
    cores : Limit or None
        Cores of neurons.
    inputs : Limit or None
        Input channels.
    neurons : Limit or None
        Neurons of the chip behind the input.
    neurons_per_core : Limit or None
        Neurons of a core.
    outputs : Limit or None
        Neurons that are read.
    synapses : Limit or None
        Synapses, or weights, of the chip.
    fan_in : Limit or None
        Synapses onto a neuron.
    weight_bits : Limit or None
        Bits of a weight, its sign included.
    membrane_bits : Limit or None
        Bits of a membrane, its sign included.
    delay : Limit or None
        Steps from a spike to its current.
    """

    title: str
    cores: Limit | None = None
    inputs: Limit | None = None
    neurons: Limit | None = None
    neurons_per_core: Limit | None = None
    outputs: Limit | None = None
    synapses: Limit | None = None
    fan_in: Limit | None = None
    weight_bits: Limit | None = None
    membrane_bits: Limit | None = None
    delay: Limit | None = None

    @property
    def limits(self) -> dict[str, Limit | None]:
        """All limits by name."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "title"}


OPEN_NEUROMORPHIC = "Open Neuromorphic, open-neuromorphic.org/neuromorphic-computing/hardware/{}"
_LOIHI = OPEN_NEUROMORPHIC.format("loihi-2-intel")
_XYLO = OPEN_NEUROMORPHIC.format("xylo-synsense")
_ROCKPOOL = "SynSense, Rockpool documentation, rockpool.ai/devices/xylo-overview.html"
_SAMNA = "SynSense, samna documentation, Speck 2e, key features"
_SINABS = "SynSense, sinabs documentation, Speck, overview"

CHIPS: dict[str, Chip] = {
    "loihi2": Chip(
        "Intel Loihi 2",
        cores=Limit(128, _LOIHI),
        neurons=Limit(1_000_000, _LOIHI),
        synapses=Limit(120_000_000, _LOIHI),
        weight_bits=Limit(
            8, 'Intel, Lava, lava.proc.dense.process: "full 8 bit precision" of weights'
        ),
        membrane_bits=Limit(
            24, "Intel, Lava, lava.proc.lif.models, bit-accurate: u and v are 24 bits wide"
        ),
    ),
    "spinnaker2": Chip(
        "SpiNNaker 2",
        cores=Limit(
            152, "University of Manchester, SpiNNaker2 datasheet 0.03, 2021: 152 Arm Cortex M4F"
        ),
    ),
    "xylo": Chip(
        "SynSense Xylo Audio 2",
        inputs=Limit(16, _ROCKPOOL),
        neurons=Limit(1008, f"{_ROCKPOOL}: 1000 hidden and 8 output neurons"),
        outputs=Limit(8, _ROCKPOOL),
        synapses=Limit(64_000, _XYLO),
        fan_in=Limit(63, _XYLO),
        weight_bits=Limit(8, _ROCKPOOL),
        membrane_bits=Limit(16, _XYLO),
    ),
    "speck": Chip(
        "SynSense Speck 2e",
        cores=Limit(9, _SINABS),
        neurons=Limit(320_000, _SAMNA),
        outputs=Limit(15, f"{_SAMNA}: 15 classes and 1 idle class"),
        weight_bits=Limit(8, _SAMNA),
        membrane_bits=Limit(16, _SAMNA),
    ),
}
"""All chips by the names that they are asked for by."""
