"""The most memory that a process ever held.

Linux keeps it per program image, as ``VmHWM``. What ``getrusage`` tells is no substitute there: it
survives ``exec``, so a program that was started by a large process seems to be as large itself.

As a script, ``python memory.py FILE COMMAND...`` runs a command and writes the most memory that it
held to a file, in bytes. Nothing but the standard library is imported here.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

POLL_SECONDS = 0.005
MIB = 2**20


def peak_bytes(process: str = "self") -> int | None:
    """Return the most memory that a process has held.

    Parameters
    ----------
    process : str
        Its number, or ``self``.

    Returns
    -------
    int or None
        Bytes; None where it cannot be known.
    """
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return _usage() if process == "self" else None
    lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    # A process that has ended, but that nobody has waited for, holds no memory any more.
    return int(lines["VmHWM"].split()[0]) * 1024 if "VmHWM" in lines else None


def _usage() -> int | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def watch(command: list[str]) -> tuple[int, int | None]:
    """Run a command.

    Parameters
    ----------
    command : list of str
        The command.

    Returns
    -------
    code : int
        Its exit code.
    peak : int or None
        Most memory it held, looked up every few milliseconds; None where it cannot be known.
    """
    peak = None
    with subprocess.Popen(command) as process:
        while process.poll() is None:
            peak = peak_bytes(str(process.pid)) or peak
            time.sleep(POLL_SECONDS)
    return process.returncode, peak


if __name__ == "__main__":
    code, held = watch(sys.argv[2:])
    Path(sys.argv[1]).write_text(str(held or ""))
    sys.exit(code)
