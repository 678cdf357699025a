"""The process that one engine is measured in: ``python -m bionlp.bench.worker FOLDER``.

It reads its job from a file in the folder and writes a row there. So an engine inherits neither
memory nor threads nor compiled code from another, and one that is killed does not end the others.
"""

from __future__ import annotations

import importlib
import json
import pickle
import sys
from pathlib import Path
from typing import Any, cast

from bionlp.bench.engines import Conditions, EngineSpec
from bionlp.bench.memory import MIB, peak_bytes
from bionlp.bench.workload import Workload
from bionlp.errors import BionlpError

JOB, ROW = "job.pickle", "row.json"

Job = tuple[EngineSpec, Workload, Conditions]


def work(spec: EngineSpec, workload: Workload, conditions: Conditions) -> dict[str, Any]:
    """Measure one engine in this process.

    Parameters
    ----------
    spec : EngineSpec
        The engine.
    workload : Workload
        The sentences.
    conditions : Conditions
        How it is measured.

    Returns
    -------
    dict
        A row, less events; of an engine that cannot run here, why it was ``skipped``.
    """
    engine = importlib.import_module(f"bionlp.bench.{spec.module}")
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(conditions.threads)
    before = peak_bytes()
    try:
        row = engine.measure(workload, spec, conditions)
    except BionlpError as error:
        return {"skipped": str(error)}
    after, program = peak_bytes(), row.pop("program_bytes", 0)
    known = before is not None and after is not None
    python = (cast(int, after) - cast(int, before)) / MIB if known else None
    held = {
        "peak_mib": python + program / MIB if known else None,
        "program_mib": program / MIB,
    }
    return held | row


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    row = work(*pickle.loads((folder / JOB).read_bytes()))
    (folder / ROW).write_text(json.dumps(row), encoding="utf-8")
