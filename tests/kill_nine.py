"""Kill trainings, evaluations and recordings again and again, and see that nothing is lost.

    python tests/kill_nine.py                          20 kills of each, about an hour
    python tests/kill_nine.py --kills 3 --backend numpy

``bionlp train``, ``evaluate`` and ``record`` are ended by ``kill -9`` at random moments, half of
the times alone and half of the times with all that they have started, and are then started again,
as a user would. In the end a model has the same weights, words and measurements, an evaluation the
same figures, and a store the same files, as without any kill. Leaves with code 1 if they have not,
or if a run fails.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from gensim.models import KeyedVectors

GOOD, BAD = ("good", "fine", "warm", "clever"), ("bad", "dull", "cold", "boring")
THINGS = ("film", "story", "cast", "plot", "end")
TRAINING = [
    *("--maps=20", "--neurons-per-class=3", "--steps=20", "--teachers=1", "--batch-size=10"),
    *("--tailored-epochs=8", "--tailored-rate=0.01", "--finetuning-epochs=8", "--quiet"),
]
LEFT_TO_END = 30
"""Seconds that what a killed command has started may take to end by itself."""


def main() -> int:
    """Do it; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20, help="of each command")
    parser.add_argument("--backend", default="cython", help="that evaluates")
    parser.add_argument("--steps", type=int, default=100, help="of an evaluation")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="kill-nine-") as name:
        folder = Path(name)
        write_data(folder)
        trained = Trial("train", folder, chance, train, read_model)
        failures = trained.run(options.kills)
        shutil.copytree(trained.reference_place / "model", folder / "model")

        def evaluate(place: Path) -> list[str]:
            return evaluation(folder, options.backend, options.steps)

        failures += Trial("evaluate", folder, chance, evaluate, read_answer).run(options.kills)
        if find_spec("zarr") is not None:

            def record(place: Path) -> list[str]:
                return recording(folder, place, options.backend, options.steps)

            failures += Trial("record", folder, chance, record, read_store).run(options.kills)
    return int(failures > 0)


def write_data(folder: Path) -> None:
    """Write a table of sentences of two classes, and word vectors."""
    with (folder / "table.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["label", "text"])
        for label, words in enumerate((BAD, GOOD)):
            for first, second, thing, article in itertools.product(
                words, words, THINGS, ("the", "a")
            ):
                writer.writerow([label, f"{article} {thing} is {first} and {second}"])
    words = [*GOOD, *BAD, *THINGS, "the", "a", "is", "and"]
    vectors = KeyedVectors(60)
    numbers = np.random.default_rng(0).normal(size=(len(words), 60))
    vectors.add_vectors(words, numbers.astype(np.float32))
    vectors.save_word2vec_format(str(folder / "vectors.bin"), binary=True)


def train(place: Path) -> list[str]:
    """Return the command of a training."""
    data = [f"--dataset={place.parent / 'table.csv'}"]
    data += [f"--embeddings={place.parent / 'vectors.bin'}"]
    return ["train", *data, f"--out={place / 'model'}", *TRAINING]


def evaluation(folder: Path, backend: str, steps: int) -> list[str]:
    """Return the command of an evaluation."""
    table = f"--dataset={folder / 'table.csv'}"
    options = [f"--backend={backend}", f"--steps={steps}", "--workers=2", "--split=all", "--json"]
    return ["evaluate", str(folder / "model"), table, *options]


def recording(folder: Path, place: Path, backend: str, steps: int) -> list[str]:
    """Return the command that records a corpus."""
    options = [f"--dataset={folder / 'table.csv'}", f"--out={place / 'corpus.zarr'}"]
    options += [f"--backend={backend}", f"--steps={steps}", "--workers=2", "--split=all", "--json"]
    return ["record", str(folder / "model"), *options]


def read_store(place: Path, _output: str) -> dict:
    """Return all files of a store but those that were cut off while they had no name yet."""
    files = (file for file in (place / "corpus.zarr").rglob("*") if file.is_file())
    whole = (file for file in files if file.suffix != ".partial")
    return {str(file.relative_to(place)): file.read_bytes() for file in whole}


def read_model(place: Path, _output: str) -> dict:
    """Return all of a model but what tells the time or the place."""
    model = place / "model"
    settings = json.loads((model / "settings.json").read_text(encoding="utf-8"))
    settings["training"].pop("command")
    files = {name: (model / name).read_bytes() for name in ("model.safetensors", "vocabulary.json")}
    return {"settings": timeless(settings), **files}


def is_trained(place: Path) -> bool:
    """Tell whether a training was killed when all was done; it cannot be started again."""
    return (place / "model" / "settings.json").exists()


def read_answer(_place: Path, output: str) -> dict:
    """Return all of an evaluation but what tells the time."""
    return timeless(json.loads(output))


def timeless(document: object) -> object:
    """Leave out of a document how long things took."""
    if isinstance(document, dict):
        return {k: timeless(v) for k, v in document.items() if k not in ("seconds", "name")}
    return document


class Trial:
    """A command that is run once in peace, and then killed and started again.

    Parameters
    ----------
    name : str
        Of the command.
    folder : Path
        Where to work.
    chance : random.Random
        Chooses the moments.
    command : callable
        Returns the arguments of ``bionlp`` for a place of its own.
    read : callable
        Returns what may not differ, given the place and what was printed.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        chance: random.Random,
        command: Callable[[Path], list[str]],
        read: Callable[[Path, str], dict],
    ):
        self.name, self.folder, self.chance = name, folder, chance
        self.command, self.read = command, read
        self.reference_place = folder / f"{name}-reference"
        self.alone = self.group = self.left = self.failures = self.finished = 0

    def run(self, kills: int) -> int:
        """Kill so many times; return how often something was wrong."""
        started = time.monotonic()
        expected = self.read(self.reference_place, self._finish(self.reference_place))
        duration = time.monotonic() - started
        print(f"{self.name}: {duration:.0f} s in peace", flush=True)
        number = 0
        while self.alone + self.group < kills:
            # Compiled code is kept from one place to the next; all else begins anew.
            place = self.folder / f"{self.name}-{number}"
            number += 1
            for _ in range(self.chance.randint(2, 6)):
                if is_trained(place):
                    output = ""
                    break
                started = time.monotonic()
                process = self._start(place)
                try:
                    process.wait(self.chance.uniform(0, duration))
                except subprocess.TimeoutExpired:
                    self._kill(process)
                    continue
                # It was quicker than the first: code is compiled now.
                duration = min(duration, time.monotonic() - started)
                output = self._output(process, place)
                break
            else:
                output = self._finish(place)
            found = self.read(place, output)
            self.finished += 1
            if found != expected:
                self.failures += 1
                print(f"{self.name} {number}: differs", flush=True)
            shutil.rmtree(place)
        print(
            f"{self.name}: {self.alone} kills alone, {self.group} with all that was started; "
            f"{self.finished} results, {self.failures} of them different or failed; "
            f"{self.left} processes left behind",
            flush=True,
        )
        return self.failures + self.left

    def _start(self, place: Path) -> subprocess.Popen:
        place.mkdir(exist_ok=True)
        cache = self.reference_place if place == self.reference_place else self.folder / "killed"
        environment = {
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[1]),
            "OMP_NUM_THREADS": "1",
            "BIONLP_CACHE_DIR": str(cache / "cache"),
            "CYTHON_CACHE_DIR": str(cache / "cython"),
        }
        with (place / "out").open("wb") as out, (place / "err").open("wb") as err:
            return subprocess.Popen(
                [sys.executable, "-m", "bionlp", *self.command(place)],
                stdout=out,
                stderr=err,
                env=environment,
                start_new_session=True,
            )

    def _kill(self, process: subprocess.Popen) -> None:
        if self.chance.random() < 0.5:
            self.group += 1
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return
        self.alone += 1
        process.kill()
        process.wait()
        deadline = time.monotonic() + LEFT_TO_END
        while time.monotonic() < deadline:
            try:
                os.killpg(process.pid, 0)
            except ProcessLookupError:
                return
            time.sleep(0.1)
        self.left += 1
        os.killpg(process.pid, signal.SIGKILL)

    def _finish(self, place: Path) -> str:
        if is_trained(place):
            return ""
        process = self._start(place)
        process.wait()
        return self._output(process, place)

    def _output(self, process: subprocess.Popen, place: Path) -> str:
        if process.returncode:
            print((place / "err").read_text(encoding="utf-8"), flush=True)
            raise SystemExit(f"{self.name} failed with code {process.returncode}")
        return (place / "out").read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
