"""Opening files of word vectors: regular files only, unpacked if need be, and read in bounds.

Whatever the operating system or the unpacking finds wrong becomes one sentence here.
"""

from __future__ import annotations

import contextlib
import errno
import gzip
import io
import os
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from bionlp.errors import BionlpError, EmbeddingError
from bionlp.files import reason

LINE_MOST = 1 << 22
"""Bytes that a line may have; a vector of dimension 300 takes about 3,000."""
_GZIP_START = b"\x1f\x8b"
# Deflate cannot make data smaller than by this factor.
_GZIP_FACTOR = 1032
_BUFFER_BYTES = 1 << 20
_SHOWN_CHARACTERS = 60


@dataclass
class Content:
    """The content of an open file.

    Attributes
    ----------
    name : str
        The file's path, for messages.
    stream : io.BufferedReader
        The content, unpacked.
    compressed : bool
        Whether the file is gzipped.
    most : int
        No more bytes than this can come.
    """

    name: str
    stream: io.BufferedReader
    compressed: bool
    most: int

    def line(self, number: int) -> bytes:
        """Read the next line.

        Parameters
        ----------
        number : int
            Its number, for the message.

        Returns
        -------
        bytes
            The line with its end; nothing at the end of the file.

        Raises
        ------
        EmbeddingError
            If it is longer than ``LINE_MOST``.
        """
        line = self.stream.readline(LINE_MOST)
        if len(line) == LINE_MOST and not line.endswith(b"\n"):
            raise EmbeddingError(
                f"{self.name}, line {number}: longer than {LINE_MOST >> 20} MiB, so no row of "
                "word vectors; give a file with one word a line"
            )
        return line


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Content]:
    """Open a file of word vectors for the length of a block.

    Parameters
    ----------
    path : Path
        The file.

    Yields
    ------
    Content
        Its content.

    Raises
    ------
    EmbeddingError
        If it is no regular file, cannot be read, or its compressed data is damaged; also if the
        block runs out of memory.
    """
    name = shown(path)
    try:
        with contextlib.ExitStack() as stack:
            raw = stack.enter_context(_regular(path))
            size = os.fstat(raw.fileno()).st_size
            compressed = raw.read(len(_GZIP_START)) == _GZIP_START
            raw.seek(0)
            if not compressed:
                yield Content(name, cast(io.BufferedReader, raw), False, size)
                return
            unpacked = stack.enter_context(gzip.GzipFile(fileobj=raw))
            buffered: Any = io.BufferedReader(unpacked, _BUFFER_BYTES)
            stream = stack.enter_context(buffered)
            yield Content(name, stream, True, size * _GZIP_FACTOR)
    except BionlpError:
        raise
    except EOFError as error:
        raise EmbeddingError(
            f"{name} is truncated: its packed data ends early; get it again"
        ) from (error)
    except (gzip.BadGzipFile, zlib.error) as error:
        raise EmbeddingError(
            f"{name} has damaged packed data ({shown(error)}); get it again"
        ) from error
    except OSError as error:
        raise EmbeddingError(f"cannot read {name}: {reason(error)}; check the path") from error
    except MemoryError as error:
        raise EmbeddingError(
            f"{name} takes more memory than there is; give a file of fewer words"
        ) from error


def shown(thing: object) -> str:
    """Return the text of something for a message: one line, and not a long one.

    Parameters
    ----------
    thing : object
        A path, a word, an error. What cannot be printed is escaped; of a long text the end is left
        out, except for paths.

    Returns
    -------
    str
        The text.
    """
    text = str(thing)
    if not text.isprintable():
        text = repr(text)[1:-1]
    if isinstance(thing, Path) or len(text) <= _SHOWN_CHARACTERS:
        return text
    return f"{text[:_SHOWN_CHARACTERS]}…"


def is_regular(path: Path) -> bool | None:
    """Tell whether a path is a regular file.

    Parameters
    ----------
    path : Path
        The path.

    Returns
    -------
    bool or None
        Whether it is one; ``None`` if there is nothing.

    Raises
    ------
    EmbeddingError
        If the operating system does not tell.
    """
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    except OSError as error:
        if error.errno in (errno.ENAMETOOLONG, errno.ELOOP):
            return None
        raise EmbeddingError(
            f"cannot read {shown(path)}: {reason(error)}; check the path"
        ) from error


def refuse_irregular(path: Path) -> None:
    """Raise the error that says what a path is instead of a regular file.

    Parameters
    ----------
    path : Path
        A folder, a pipe, a device.

    Raises
    ------
    EmbeddingError
        Always.
    """
    what = "a folder" if path.is_dir() else "a pipe, a device or a socket"
    raise EmbeddingError(f"{shown(path)} is {what}; give a file of word vectors")


def _regular(path: Path) -> IO[bytes]:
    # Opening a pipe would wait for its writer.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if is_regular(path) is False:
        refuse_irregular(path)
    stream = os.fdopen(os.open(path, flags), "rb", buffering=_BUFFER_BYTES)
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        refuse_irregular(path)
    return stream
