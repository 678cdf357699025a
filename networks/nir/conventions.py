"""What NIR files do not say, and each library means: conventions, as data.

A file does not say its time step, how a spike resets, or whether a neuron fires at its threshold.
Each record below is what a library computes with the network that it writes, found by comparing
spikes. All have in common that a spike is a pulse of height 1 and one step, that a current of a
step acts in it, also through a synaptic current, and that a way back takes a step.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from networks.neurons.model import RESETS

KEY = "conventions"
"""Where a file says them in its metadata, as JSON, if it does."""


@dataclass(frozen=True)
class Conventions:
    """How the equations of a file become steps.

    Attributes
    ----------
    name : str
        What the record is called.
    library, versions : str
        Whose it is, and the versions it was found to hold for.
    dt : float or None
        Time step in the unit of the file; None if the file has to say it.
    reset : {"value", "subtract"}
        Whether a spike sets the membrane to ``v_reset``, or takes ``v_threshold`` off it.
    timing, recurrent_timing : str
        When, see :data:`networks.neurons.model.RESETS`; the second for neurons that hear
        themselves.
    inclusive : bool
        Whether a neuron fires at the threshold, too.
    plain_input : bool
        Whether neurons add their input as it is. Files of such libraries say R dt / tau = 1 and
        w_in dt / tau_syn = 1, up to the rounding of the factors.
    w_in_of : {"time", "step"}
        Whether input of a synaptic current is w_in dt / tau_syn in each step, or w_in.
    tau_unit : {"time", "time dt"}
        What time constants are in.
    """

    name: str
    library: str = ""
    versions: str = ""
    dt: float | None = None
    reset: str = "value"
    timing: str = "at once"
    recurrent_timing: str = "at once"
    inclusive: bool = False
    plain_input: bool = False
    w_in_of: str = "time"
    tau_unit: str = "time"

    def __post_init__(self) -> None:
        if self.reset not in ("value", "subtract") or self.tau_unit not in ("time", "time dt"):
            raise ValueError(f"conventions {self.name!r}: no such reset or unit")
        if self.w_in_of not in ("time", "step"):
            raise ValueError(f"conventions {self.name!r}: no such w_in")
        if not {self.timing, self.recurrent_timing} <= set(RESETS):
            raise ValueError(f"conventions {self.name!r}: no such timing")

    def described(self) -> dict[str, str]:
        """Return the record in words."""
        reset = "to v_reset" if self.reset == "value" else "by v_threshold"
        timing = self.timing
        if self.recurrent_timing != timing:
            timing += f", recurrent {self.recurrent_timing}"
        return {
            "step": "of the file" if self.dt is None else f"{self.dt:g}",
            "reset": f"{reset}, {timing}",
            "fires at": "v >= threshold" if self.inclusive else "v > threshold",
            "input": "as it is" if self.plain_input else "times R dt / tau",
            "input of a current": "times w_in dt / tau_syn"
            if self.w_in_of == "time"
            else "times w_in",
            "time constants": "as written" if self.tau_unit == "time" else "divided by dt",
        }


def to_metadata(conventions: Conventions, dt: float) -> dict[str, Any]:
    """Return what a file is to say of its conventions."""
    return {"dt": dt, KEY: json.dumps(asdict(replace(conventions, dt=dt)))}


def from_metadata(metadata: Mapping[str, Any]) -> Conventions | None:
    """Return the conventions that a file says it has; None if it says nothing.

    Raises
    ------
    ValueError
        If it says something else there.
    """
    said = metadata.get(KEY)
    if said is None:
        return None
    try:
        values = json.loads(said)
        known = {field.name: field.type for field in fields(Conventions)}
        if not isinstance(values, dict) or not values.keys() <= known.keys():
            raise ValueError("it has other fields")
        for name, value in values.items():
            number = name == "dt" and (value is None or type(value) in (int, float))
            flag = known[name] == "bool" and type(value) is bool
            if not (number or flag or (known[name] == "str" and type(value) is str)):
                raise ValueError(f"{name} is {value!r}")
        return Conventions(**values)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"the conventions in its metadata are none: {error}") from error


NIR = Conventions("nir", "NIR's equations by Euler's method", "1.0")
SNNTORCH = Conventions(
    "snntorch",
    "snnTorch",
    "0.9 to 1.0",
    dt=1e-4,
    reset="subtract",
    timing="after leak",
    recurrent_timing="after leak",
    plain_input=True,
)
SNNTORCH_ZERO = replace(
    SNNTORCH,
    name="snntorch-zero",
    library='snnTorch, reset_mechanism="zero"',
    reset="value",
    timing="before leak",
    recurrent_timing="after input",
)
CONVENTIONS = {
    record.name: record
    for record in (
        NIR,
        SNNTORCH,
        SNNTORCH_ZERO,
        replace(
            SNNTORCH_ZERO,
            name="snntorch-zero-now",
            library='snnTorch, reset_mechanism="zero", reset_delay=False',
            timing="at once",
            recurrent_timing="at once",
        ),
        Conventions("norse", "Norse", "1.1", dt=1e-3, w_in_of="step", tau_unit="time dt"),
        Conventions(
            "sinabs", "sinabs, SingleSpike", "3.1", dt=1.0, reset="subtract", inclusive=True
        ),
        Conventions("spikingjelly", "SpikingJelly", "2.0", dt=1e-4, inclusive=True),
    )
}
"""All records by name."""
