"""Brian 2 on many cores, as :func:`bionlp.votes.count_votes` runs it."""

from __future__ import annotations

from typing import Any

from bionlp.bench.engines import Conditions, EngineSpec
from bionlp.bench.timing import costs, repeat, timed
from bionlp.bench.workload import Workload
from bionlp.engine import Engine
from bionlp.votes import count_votes


def measure(workload: Workload, spec: EngineSpec, conditions: Conditions) -> dict[str, Any]:
    """Measure the votes of all sentences, one worker a core, starting the workers included.

    Parameters
    ----------
    workload : Workload
        The sentences.
    spec : EngineSpec
        Its options are those of :class:`bionlp.engine.Engine`.
    conditions : Conditions
        How it is measured.

    Returns
    -------
    dict
        What is measured here of a row. Memory is not, as it is held by the workers.
    """
    options: dict[str, Any] = {"seed": workload.seed, "engine": Engine(**spec.options)}
    # Compiles the program, which is then found in the cache. Another number of steps, so that
    # nothing of it could be taken for votes of the run that is measured.
    count_votes(workload.classifier, workload.ids[:1], steps=1, **options)

    def count():
        return count_votes(
            workload.classifier,
            workload.ids,
            steps=workload.steps,
            workers=conditions.threads,
            **options,
        ).votes

    warm = repeat(lambda: timed(count), conditions.repeats)
    row = costs(warm, len(workload), build=None, compiling=None, start=None)
    return row | {"peak_mib": None}
