"""What fuzzing programs share: a clock, a limit for each input, and a count of messages."""

from __future__ import annotations

import argparse
import collections
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

HANG_SECONDS = 10
LONGEST_MESSAGE = 1500
SHOWN = 90
"""Characters by which messages are told apart."""
VALUES = re.compile(r"(?<=columns ).*(?=, (none|but))|'.*'|\".*\"|\(.*\)|\d+")
"""What differs from input to input."""


class Finding(Exception):
    """Something that must not happen, in words."""


class Fuzzer:
    """Reads inputs, counts messages of expected errors, and keeps inputs that led to a finding.

    Parameters
    ----------
    expected : type of Exception
        The error that a reader may raise, in one line that names the file.
    keep : Path
        Folder of inputs that led to a finding.
    """

    def __init__(self, expected: type[Exception], keep: Path):
        self._expected, self._keep = expected, keep
        self.messages: collections.Counter[str] = collections.Counter()
        self.findings: list[str] = []
        self.inputs = self.read = 0

    def run(self, path: Path, read: Callable[[], None]) -> None:
        """Read one input; ``read`` raises what the reader does, or a :class:`Finding`."""
        self.inputs += 1
        signal.setitimer(signal.ITIMER_REAL, HANG_SECONDS)
        try:
            read()
            self.read += 1
        except self._expected as error:
            self._message(str(error), path)
        except KeyboardInterrupt:
            raise
        except BaseException:
            self._finding(traceback.format_exc(), path)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _message(self, message: str, path: Path) -> None:
        if not message.isprintable() or len(message) > LONGEST_MESSAGE or str(path) not in message:
            self._finding(f"a message that is not one line naming the file: {message!r}", path)
        short = message.replace(str(path), "FILE")
        self.messages[VALUES.sub("#", short)[:SHOWN]] += 1

    def _finding(self, text: str, path: Path) -> None:
        self._keep.mkdir(parents=True, exist_ok=True)
        name = self._keep / f"finding-{len(self.findings)}{path.suffix}"
        if path.exists():
            shutil.copy(path, name)
        self.findings.append(f"{name}\n{text}")
        print(self.findings[-1], file=sys.stderr, flush=True)


def fuzz(
    doc: str,
    expected: type[Exception],
    step: Callable[[random.Random, Path, Fuzzer], None],
    arguments: list[str] | None = None,
) -> int:
    """Fuzz for a while, print what was found, and return the exit code.

    Parameters
    ----------
    doc : str
        What the program does.
    expected : type of Exception
        As of :class:`Fuzzer`.
    step : callable
        Makes one input in a folder and has it read.
    arguments : list of str, optional
        Instead of the command line.

    Returns
    -------
    int
        1 if there was a finding.
    """
    parser = argparse.ArgumentParser(description=doc.split("\n\n")[0])
    parser.add_argument("--seconds", type=float, default=60, help="how long to go on")
    parser.add_argument("--seed", type=int, default=0, help="of the inputs")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"), help="for findings")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGALRM, _interrupt)
    rng, fuzzer = random.Random(options.seed), Fuzzer(expected, options.keep)
    with tempfile.TemporaryDirectory() as folder:
        end = time.monotonic() + options.seconds
        while time.monotonic() < end:
            step(rng, Path(folder), fuzzer)
    for message, count in fuzzer.messages.most_common():
        print(f"{count:8} {message}")
    print(
        f"{fuzzer.inputs} inputs, {fuzzer.read} of them read, {len(fuzzer.messages)} different "
        f"messages, {len(fuzzer.findings)} findings"
    )
    return 1 if fuzzer.findings else 0


def _interrupt(*_: object) -> None:
    raise TimeoutError(f"reading took longer than {HANG_SECONDS} seconds")
