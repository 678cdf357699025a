"""Fuzz the readers of word vectors: ``python tests/fuzz/fuzz_vectors.py --seconds 600 --seed 0``.

Files that are valid are made and then damaged, and programs for the machine that reads pickles are
made at random. Each is read. It is a finding, and the exit code is 1, if

- anything but an ``EmbeddingError`` of one line that names the file is raised,
- vectors come out that a plain second reader does not find in the file, or a valid file is refused,
- there is a warning,
- reading takes longer than a bound, or more memory than one,
- any file outside the temporary folder is opened, anything is written, run, or looked up by name.

Inputs that led to a finding are kept. The same seed gives the same inputs.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import gzip
import pickle
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

import numpy as np

from bionlp.embeddings import WordVectors, read_word_vectors
from bionlp.errors import EmbeddingError

HANG_SECONDS = 10
MEMORY_MOST = 512 << 20
WORDS = [
    "the",
    "film",
    "好吃",
    "n't",
    ". . .",
    "new york",
    "33",
    "1.5",
    "naïve",
    "at a@b.c",
    "nan",
    "e",
    "\x1f",
    "\x7f\x00",
    "\x80",
]
TOKENS = [
    *(
        b" ",
        b"  ",
        b"\t",
        b"\n",
        b"\r\n",
        b"\r",
        b"\n\n",
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\x1f\x8b",
    ),
    *(
        b"nan",
        b"inf",
        b"1e39",
        b"1e999",
        b"1_0",
        b"-",
        b".",
        b"0",
        b"9" * 30,
        b"0x1p3",
        b"\x80\x04",
    ),
    *(b"9999999999999999999999 8\n", b"3 2\n", b"0 0\n", b"999999 300\n", b"1 1\n", b"x" * 70_000),
]
# What differs between messages of one kind.
VARYING = re.compile(
    r"(?<=a pickle with ).*(?= in it is)|(?<=the word ).*(?= is not)"
    r"|(?<=begins with ).*(?= and ends)|(?<=vector of ).*(?= has values)|(?<=numbers \().*(?=\))"
    r"|(?<=data \().*(?=\))|(?<=place for ).*(?= than)|(?<!\w)'[^']*'|\d+"
)
FORBIDDEN = {
    *("os.system", "os.exec", "os.fork", "os.posix_spawn", "subprocess.Popen", "socket.connect"),
    *("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate"),
    *("shutil.copyfile", "shutil.rmtree", "pickle.find_class", "import", "exec"),
}


def valid(rng: random.Random) -> tuple[bytes, bytes | None]:
    """Make a valid file, and what lies beside it, if that is what gensim would do."""
    dimension = rng.choice([1, 2, 3, 8, 50])
    words = rng.sample(WORDS, rng.randint(1, len(WORDS)))
    values = np.array(
        [[rng.gauss(0, 1) for _ in range(dimension)] for _ in words], dtype=np.float32
    )
    kind = rng.choice(["text", "glove", "binary", "stored", "aside"])
    if kind in ("stored", "aside"):
        return stored(rng, words, values, kind == "aside")
    header = b"%d %d\n" % values.shape
    if kind == "binary":
        end = rng.choice([b"", b"\n"])
        rows = (
            word.replace(" ", "_").encode() + b" " + row.tobytes() + end
            for word, row in zip(words, values, strict=True)
        )
        return header + b"".join(rows), None
    rows = (
        f"{word} {' '.join(map(str, row.tolist()))}\n".encode()
        for word, row in zip(words, values, strict=True)
    )
    return (header if kind == "text" else b"") + b"".join(rows), None


def stored(
    rng: random.Random, words: list[str], values: np.ndarray, aside: bool
) -> tuple[bytes, bytes | None]:
    """Make a file as gensim stores it."""
    from gensim.models import KeyedVectors

    vectors = KeyedVectors(values.shape[1], dtype=rng.choice([np.float16, np.float32, np.float64]))
    vectors.add_vectors(words, values)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.kv"
        vectors.save(
            str(path),
            separately=["vectors"] if aside else [],
            pickle_protocol=rng.choice([2, 3, 4, 5]),
        )
        beside = Path(f"{path}.vectors.npy")
        return path.read_bytes(), beside.read_bytes() if aside else None


def program(rng: random.Random) -> bytes:
    """Make a random program for the machine that reads pickles."""
    names = [b"cgensim.models.keyedvectors\nKeyedVectors\n", b"cos\nsystem\n", b"cbuiltins\nexec\n"]
    names += [b"cnumpy\ndtype\n", b"cnumpy.core.multiarray\n_reconstruct\n", b"c_codecs\nencode\n"]
    names += [
        b"cnumpy\nndarray\n",
        b"cnumpy._core.numeric\n_frombuffer\n",
        b"\x8c\x02os\x8c\x01x\x93",
    ]
    texts = [b"\x8c\x07vectors", b"\x8c\x0cindex_to_key", b"\x8c\x0ckey_to_index", b"\x8c\x02f4"]
    texts += [
        b"\x8c\x08__numpys",
        b"\x8c\x08__scipys",
        b"\x8c\x05../up",
        b"\x8c\x06latin1",
        b"C\x01a",
    ]
    single = [
        bytes([code])
        for code in b"(.012NR})]abdelopstuQ\x81\x85\x86\x87\x88\x89\x8f\x90\x91\x92\x93"
    ]
    single += [b"\x94", b"h\x00", b"h\x01", b"j\xff\xff\xff\xff", b"r\xff\xff\xff\x7f", b"K\x05"]
    single += [
        b"\x96" + b"\xff" * 8,
        b"\x8e\0\0\0\0\x01\0\0\0",
        b"\x95" + b"\0" * 8,
        b"\x82\x01",
        b"Px\n",
    ]
    pool = [names, texts, single, single]
    body = b"".join(rng.choice(rng.choice(pool)) for _ in range(rng.randint(1, 60)))
    return b"\x80" + bytes([rng.randint(0, 6)]) + body + rng.choice([b".", b""])


def damaged(rng: random.Random, content: bytes) -> bytes:
    """Change a few places of a file."""
    for _ in range(rng.choice([0, 1, 1, 2, 4])):
        content = changed(rng, content)
    return content


def changed(rng: random.Random, content: bytes) -> bytes:
    """Change one place of a file."""
    place = rng.randint(0, len(content) if rng.random() < 0.7 else min(40, len(content)))
    before, after = content[:place], content[place:]
    token, some = rng.choice(TOKENS), rng.randint(1, 8)
    ways = [
        before,
        before + after[some:],
        before + rng.randbytes(some) + after,
        before + rng.randbytes(1) + after[1:],
        before + token + after,
        before + after.replace(b" ", token, 1),
        before + after.replace(b"\n", token, 1),
        before + content[rng.randint(0, place) :],
    ]
    return rng.choice(ways)


def draw(rng: random.Random) -> tuple[bytes, bytes | None, bool]:
    """Make an input: a file, what lies beside it, and whether it is as valid as it was made."""
    if rng.random() < 0.2:
        return program(rng), None, False
    content, beside = made = valid(rng)
    if beside is not None and rng.random() < 0.5:
        beside = damaged(rng, beside)
    if rng.random() < 0.05:
        content += damaged(rng, valid(rng)[0])
    content = damaged(rng, content)
    intact = (content, beside) == made
    if rng.random() < 0.2:
        packed = gzip.compress(content, 1, mtime=0)
        content = damaged(rng, packed)
        intact = intact and content == packed and not made[0].startswith(b"\x80")
    return content, beside, intact


def found_in(content: bytes, found: WordVectors) -> dict[str, np.ndarray] | None:
    """Read a file of text or binary in the plainest way; ``None`` for gensim's own format."""
    if found.format == "gensim":
        return None
    if content.startswith(b"\x1f\x8b"):
        content = gzip.decompress(content)
    content = content.removeprefix(b"\xef\xbb\xbf")
    if found.format == "word2vec binary":
        return _binary(*content.lstrip().split(b"\n", 1))
    lines = [line for line in content.split(b"\n") if line.strip()]
    # Without a header, the dimension is that of most rows.
    count, dimension = len(lines), found.vectors.vector_size
    if found.format == "word2vec text":
        count, dimension = map(int, lines.pop(0).split())
    assert count == len(lines), "the header announces another number of words"
    return dict(reversed([_row(line, dimension) for line in lines]))


def _row(line: bytes, dimension: int) -> tuple[str, np.ndarray]:
    fields = line.rsplit(None, dimension)
    if len(fields) == dimension:
        fields.insert(0, b"")
    with np.errstate(over="ignore"):
        values = np.array([float(field) for field in fields[1:]]).astype(np.float32)
    assert len(values) == dimension, "a row has another number of values"
    return fields[0].decode("utf-8", "surrogateescape").strip(" \t\r\n\v\f"), values


def _binary(header: bytes, rows: bytes) -> dict[str, np.ndarray]:
    count, dimension = map(int, header.split())
    pairs = []
    for _ in range(count):
        word, _, rows = rows.partition(b" ")
        values, rows = np.frombuffer(rows[: 4 * dimension], "<f4"), rows[4 * dimension :]
        assert len(values) == dimension, "a vector is cut off"
        pairs.append((word.decode("utf-8", "surrogateescape").lstrip("\n"), values))
    assert not rows.strip(), "the file goes on after the last vector"
    return dict(reversed(pairs))


def check(found: WordVectors, content: bytes) -> None:
    """See that what was read is sound, and is what the file holds."""
    vectors = found.vectors
    words, values = vectors.index_to_key, vectors.vectors
    assert words, "there are no words"
    assert all(type(word) is str and word for word in words), "a word is empty or no text"
    assert vectors.key_to_index == {word: row for row, word in enumerate(words)}, "duplicates"
    assert values.shape == (len(words), vectors.vector_size), "another shape"
    assert values.dtype.kind == "f", "another type"
    assert np.isfinite(values).all(), "values that are not finite"
    "".join(words).encode("utf-8")
    plain = found_in(content, found)
    if plain is None:
        return
    for word, row in zip(words, values, strict=True):
        # A word may be read with the blanks at its ends.
        expected = plain[word if word in plain else word.strip(" \t\r\n\v\f")]
        assert np.array_equal(row, expected), f"another vector of {word!r}"
    total = len(plain) + found.left_out.duplicates
    left = len(words) + found.left_out.duplicates + found.left_out.undecodable
    assert left <= total + found.left_out.undecodable, "more words than in the file"


class Watch:
    """Notes what a reader does that it should not, through Python's audit events."""

    def __init__(self, folder: Path):
        self._folder, self._active, self.seen = str(folder), False, []
        sys.addaudithook(self._event)

    def _event(self, event: str, args: tuple) -> None:
        if not self._active:
            return
        if event in FORBIDDEN:
            self.seen.append(f"{event}{args[:2]!r:.80}")
        elif event == "open":
            # Opened by number: a file that was opened before.
            path, mode, flags = args
            writes = (mode and set(mode) & set("wax+")) or (flags or 0) & 0o1103
            if writes or not (isinstance(path, int) or str(path).startswith(self._folder)):
                self.seen.append(f"opened {str(path)!r:.80} {mode} {flags}")

    @contextlib.contextmanager
    def watching(self):
        """Watch during a block, and raise if anything was seen."""
        self.seen, self._active = [], True
        try:
            yield
        finally:
            self._active = False
        assert not self.seen, f"it did {self.seen}"


class Fuzzer:
    """Reads inputs and keeps what it finds."""

    def __init__(self, folder: Path, keep: Path):
        self._path, self._keep = folder / "input", keep
        self._watch = Watch(folder)
        self.messages: collections.Counter[str] = collections.Counter()
        self.findings: list[str] = []
        self.inputs = self.read = 0

    def run(self, content: bytes, beside: bytes | None, intact: bool, skip: bool) -> None:
        """Read one input."""
        self.inputs += 1
        self._path.write_bytes(content)
        other = Path(f"{self._path}.vectors.npy")
        other.unlink(missing_ok=True)
        if beside is not None:
            other.write_bytes(beside)
        signal.setitimer(signal.ITIMER_REAL, HANG_SECONDS)
        try:
            with self._watch.watching():
                found = read_word_vectors(self._path, skip_undecodable=skip)
            check(found, content)
            self.read += 1
        except EmbeddingError as error:
            self._message(str(error), intact)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            self._finding(traceback.format_exc())
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _message(self, message: str, intact: bool) -> None:
        if intact:
            self._finding(f"a valid file is refused: {message}")
        if not message.isprintable() or str(self._path) not in message or len(message) > 600:
            self._finding(f"a message that is not one line naming the file: {message!r}")
        message = message.replace(str(self._path), "FILE")
        self.messages[VARYING.sub("#", message)] += 1

    def _finding(self, text: str) -> None:
        name = self._keep / f"finding-{len(self.findings)}"
        self._keep.mkdir(parents=True, exist_ok=True)
        shutil.copy(self._path, name)
        other = Path(f"{self._path}.vectors.npy")
        if other.exists():
            shutil.copy(other, f"{name}.vectors.npy")
        self.findings.append(f"{name}\n{text}")
        print(self.findings[-1], file=sys.stderr)


def _warm_up(folder: Path, rng: random.Random) -> None:
    """Have everything imported before it is watched what is opened."""
    path = folder / "warm"
    for _ in range(50):
        content, beside = valid(rng)
        path.write_bytes(content)
        if beside is not None:
            Path(f"{path}.vectors.npy").write_bytes(beside)
        read_word_vectors(path)
    path.write_bytes(gzip.compress(b"1 1\na 0.5\n"))
    read_word_vectors(path)
    for broken in (b"", b"\x80\x04.", pickle.dumps(Path()), b"\xff", b"1 1\n\xff 1\n"):
        path.write_bytes(broken)
        with contextlib.suppress(EmbeddingError):
            read_word_vectors(path)


def _interrupt(*_: object) -> None:
    raise TimeoutError(f"reading took longer than {HANG_SECONDS} seconds")


def main(arguments: list[str] | None = None) -> int:
    """Fuzz for a while, print what was found, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seconds", type=float, default=60, help="how long to go on")
    parser.add_argument("--seed", type=int, default=0, help="of the inputs")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"), help="for findings")
    parser.add_argument("--messages", type=int, default=100, help="how many to print")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGALRM, _interrupt)
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _warm_up(folder, rng)
        fuzzer = Fuzzer(folder, options.keep)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        end = time.monotonic() + options.seconds
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            while time.monotonic() < end:
                fuzzer.run(*draw(rng), skip=rng.random() < 0.3)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10
    if grown > MEMORY_MOST:
        fuzzer.findings.append(f"memory grew by {grown >> 20} MiB")
    for message, count in fuzzer.messages.most_common(options.messages):
        print(f"{count:8} {message}")
    print(
        f"{fuzzer.inputs} inputs, {fuzzer.read} of them read, {len(fuzzer.messages)} different "
        f"messages, memory grew by {grown >> 20} MiB, {len(fuzzer.findings)} findings"
    )
    return 1 if fuzzer.findings else 0


if __name__ == "__main__":
    sys.exit(main())
