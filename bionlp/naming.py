"""What models are called; folders are called after them."""

from __future__ import annotations

import re

LONGEST = 100
LONGEST_BYTES = 200
"""In UTF-8; file systems allow 255, and folders are called after names and numbers."""
NAME = rf"[\w-][\w.-]{{0,{LONGEST - 1}}}"
"""What names of models look like."""


def name_of(text: str) -> str:
    """Make a name for a model of any text, by putting ``_`` for what names do not have."""
    name = re.sub(r"[^\w.-]+", "_", text).lstrip(".")[:LONGEST]
    return name.encode()[:LONGEST_BYTES].decode(errors="ignore") or "model"
