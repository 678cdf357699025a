"""Files that are read whole or not at all, and written whole or not at all.

A result is written under a temporary name in the folder of its target and renamed at the end.
Renaming within one folder is atomic, so a crash or a full disk never leaves half a file under the
real name, and a reader never meets one.
"""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from bionlp.errors import BionlpError, OutputError


@contextlib.contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Yield a temporary path that becomes ``target`` if the body succeeds.

    Parameters
    ----------
    target : Path
        The file to write or replace. Missing parent folders are created.

    Yields
    ------
    Path
        A path in the same folder with the same suffix, because some writers choose the format
        by the suffix or append one that is missing.

    Raises
    ------
    OutputError
        If the folder or the file cannot be written. Nothing is left behind, and an older
        ``target`` stays as it was.
    """
    target = Path(target)
    temporary = target.with_name(f".{target.stem}.{secrets.token_hex(4)}{target.suffix}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        os.replace(temporary, target)
    except OSError as error:
        raise OutputError(
            f"cannot write {target}: {reason(error)}; choose another place or free this one"
        ) from error
    finally:
        # Whatever prevented writing may prevent deleting; the first error is the one to report.
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder for results before the work that fills it.

    Parameters
    ----------
    folder : Path
        The folder; missing parents are made too.

    Raises
    ------
    OutputError
        If it cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot write to {folder}: {reason(error)}; choose another folder"
        ) from error
    if not os.access(folder, os.W_OK):
        raise OutputError(f"cannot write to {folder}: permission denied; choose another folder")


def read_utf8(path: Path, error_class: type[BionlpError]) -> str:
    r"""Read a whole text file as UTF-8, without a byte order mark.

    Line ends are left as they are; split at ``"\n"``, since ``str.splitlines`` also splits at
    characters that occur inside sentences, such as U+0085.

    Parameters
    ----------
    path : Path
        The file.
    error_class : type of BionlpError
        The error to raise.

    Returns
    -------
    str
        The text.

    Raises
    ------
    error_class
        If the file cannot be read or is not UTF-8; in the second case it names the line.
    """
    raw = read_bytes(path, error_class)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise error_class(
            f"{path}, line {line}: not UTF-8; save the file as UTF-8 and try again"
        ) from error


def read_bytes(path: Path, error_class: type[BionlpError]) -> bytes:
    """Read a whole file, with one clear error.

    Parameters
    ----------
    path : Path
        The file.
    error_class : type of BionlpError
        The error to raise.

    Returns
    -------
    bytes
        The content.

    Raises
    ------
    error_class
        If the file is missing or cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except FileNotFoundError as error:
        raise error_class(f"there is no file {path}; check the path") from error
    except OSError as error:
        raise error_class(f"cannot read {path}: {reason(error)}") from error


def reason(error: OSError) -> str:
    """Say in a few words why the operating system refused.

    Parameters
    ----------
    error : OSError
        What was caught.

    Returns
    -------
    str
        Its text without number and path, in lower case, for the middle of a sentence.
    """
    return (error.strerror or str(error) or type(error).__name__).lower()
