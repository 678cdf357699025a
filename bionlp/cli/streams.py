"""Standard output and standard error as they are found: closed, full, or not in UTF-8.

While a command runs, both are replaced by streams that write to them and know what to do where
that fails, so that nothing that prints, be it typer, rich or a library, has to know.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
from collections.abc import Iterator
from typing import TextIO, cast

from bionlp.errors import OutputError
from bionlp.files import reason
from bionlp.messages import messages_shown

_PLAIN = str.maketrans(
    dict.fromkeys("╭╮╰╯┌┐└┘├┤┬┴┼╶╴", "+")
    | dict.fromkeys("─━╸╺╌", "-")
    | dict.fromkeys("│┃", "|")
    | {"…": "...", "×": "x", "±": "+-", "•": "*", "‘": "'", "’": "'", "“": '"', "”": '"'}
)
"""What stands for drawn lines and signs of typography where they cannot be written."""


class ReaderGone(OutputError):
    """Nobody reads standard output any more, or it was closed: no reason to say anything."""


class Results(io.TextIOBase):
    """Standard output: what cannot be encoded is escaped, what cannot be written is an error.

    It has no ``buffer``: click would take an ASCII stream for one that was set up wrongly, and
    write UTF-8 to it.

    Parameters
    ----------
    stream : file object or None
        What is written to; None if it is closed.
    """

    def __init__(self, stream: TextIO | None):
        self._stream = stream
        self._failure: OutputError | None = None

    @property
    def encoding(self) -> str:  # type: ignore[override]  # nobody may set it here
        """Encoding of what is written."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        """Write a text.

        Raises
        ------
        OutputError
            If that is impossible; :class:`ReaderGone` if nobody reads it.
        """
        if not isinstance(text, str):
            raise TypeError(f"text is written here, not {type(text).__name__}")
        if text:  # click writes nothing, to see what kind of stream this is
            with self._failing():
                if self._stream is None:
                    raise BrokenPipeError
                self._stream.write(encodable(text, self.encoding))
        return len(text)

    def flush(self) -> None:
        """Write what is waiting to be written."""
        if self._stream is not None:
            with self._failing():
                self._stream.flush()

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        if self._failure:
            raise self._failure
        try:
            yield
        except OSError as error:
            self._silence()
            if isinstance(error, BrokenPipeError):
                self._failure = ReaderGone("nobody reads standard output")
            else:
                self._failure = OutputError(
                    f"cannot write to standard output: {reason(error)}; send it to another place"
                )
            raise self._failure from error

    def _silence(self) -> None:
        """Lead what still waits to be written nowhere: Python tries again when it ends."""
        with contextlib.suppress(OSError, AttributeError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, cast(TextIO, self._stream).fileno())
            os.close(nowhere)

    def isatty(self) -> bool:
        """Tell whether a person reads it."""
        return self._stream is not None and self._stream.isatty()

    def fileno(self) -> int:
        """Return the number of the file that is written to."""
        if self._stream is None:
            raise io.UnsupportedOperation("standard output is closed")
        return self._stream.fileno()

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True


class Messages(Results):
    """Standard error: where it cannot be written, there is nobody to tell."""

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        with contextlib.suppress(OSError):
            yield


def encodable(text: str, encoding: str) -> str:
    r"""Escape what an encoding lacks, such as ``\u4f60``; lines that are drawn become plain ones.

    Parameters
    ----------
    text : str
        Any text, also with halves of characters.
    encoding : str
        Name of the encoding.

    Returns
    -------
    str
        A text that it can encode.
    """
    try:
        text.encode(encoding)
        return text
    except UnicodeEncodeError:
        return text.translate(_PLAIN).encode(encoding, "backslashreplace").decode(encoding)


@contextlib.contextmanager
def standard_streams() -> Iterator[None]:
    """Let a command print while the block runs; see that all has been written at its end.

    Raises
    ------
    OutputError
        If standard output cannot be written; :class:`ReaderGone` if nobody reads it.
    """
    _fill_gaps()
    before = sys.stdout, sys.stderr, sys.argv, logging.raiseExceptions
    sys.stdout, sys.stderr = Results(before[0]), Messages(before[1])
    # Brian 2 writes the command line to a file in UTF-8, and trainings keep it.
    sys.argv = [encodable(argument, "utf-8") for argument in sys.argv]
    # Brian 2 keeps a log in TMPDIR; that the disk is full is no news to those who read its errors.
    logging.raiseExceptions = False
    try:
        with messages_shown():
            yield
    finally:
        sys.stdout, sys.stderr, sys.argv, logging.raiseExceptions = before


def _fill_gaps() -> None:
    """Open what is closed, or the next file would be opened as standard output."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
