"""A folder for what can be computed again: compiled programs and code, unfinished work.

Nothing in it is needed. Where it cannot be written, a temporary folder takes its place.
"""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path

import platformdirs

CACHE_VARIABLE = "BIONLP_CACHE_DIR"
_PROBE = 2**12

_substitute: tempfile.TemporaryDirectory[str] | None = None
_told: set[Path] = set()
_logger = logging.getLogger(__name__)


def cache_folder() -> Path:
    """Return the folder for what can be computed again: $BIONLP_CACHE_DIR, or the usual place."""
    return Path(os.environ.get(CACHE_VARIABLE) or platformdirs.user_cache_dir("bionlp"))


def usable_cache_folder(part: str) -> Path:
    """Return a folder of the cache, or one in a temporary folder if it takes no files.

    That is a warning of this module's logger, once for each cache.

    Parameters
    ----------
    part : str
        Name of the folder in the cache.

    Returns
    -------
    Path
        A folder that exists. A temporary one is removed when the process ends.

    Raises
    ------
    OSError
        If not even a temporary folder can be made.
    """
    global _substitute
    folder = cache_folder() / part
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as stream:
            stream.write(bytes(_PROBE))
    except OSError as error:
        warn_of_cache(error)
        if _substitute is None:
            _substitute = tempfile.TemporaryDirectory(
                prefix="bionlp-cache-", ignore_cleanup_errors=True
            )
        folder = Path(_substitute.name) / part
        folder.mkdir(exist_ok=True)
    return folder


def cache_variables(*parts: str) -> dict[str, str]:
    """Return environment variables by which further processes share some folders of the cache.

    Parameters
    ----------
    *parts : str
        The folders.

    Returns
    -------
    dict of str to str
        None, but if one of the folders is a temporary one.
    """
    folders = {usable_cache_folder(part).parent for part in parts}
    if _substitute is None or folders <= {cache_folder()}:
        return {}
    return {CACHE_VARIABLE: _substitute.name}


def warn_of_cache(error: OSError) -> None:
    """Say that the cache cannot be written, unless that has been said."""
    folder = cache_folder()
    if folder in _told:
        return
    _told.add(folder)
    _logger.warning(
        "cannot write to the cache, %s: %s; going on without it, so nothing is kept for the next "
        "time; set %s to a folder that can be written",
        folder,
        (error.strerror or str(error)).lower(),
        CACHE_VARIABLE,
    )
