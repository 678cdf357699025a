"""What the packages below say by their loggers, as lines on standard error."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator
from typing import TextIO

PACKAGE = "networks"
"""Whose loggers they are."""


class Lines(logging.StreamHandler):
    """Writes each message as one line to what is standard error at that time.

    A progress bar takes its place while it is shown, to write lines above itself. Warnings are
    called so, and the rest stands as it is.
    """

    @property
    def stream(self) -> TextIO:
        """Standard error."""
        return sys.stderr

    @stream.setter
    def stream(self, _stream: TextIO) -> None:
        pass

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        text = super().format(record)
        return text if record.levelno < logging.WARNING else f"warning: {text}"


@contextlib.contextmanager
def messages_shown() -> Iterator[None]:
    """Print what networks have to say while the block runs, from the level INFO on."""
    logger, handler = logging.getLogger(PACKAGE), Lines()
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(before)
        logger.removeHandler(handler)
